package crawler

import (
	"context"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler/walk"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Stores finds the store for a URL and the key of the URL in it. *objstore.Set implements it.
type Stores interface {
	Resolve(ctx context.Context, url string) (objstore.Store, string, error)
}

// target is one target of a crawl and what a walk of it found.
type target struct {
	url   string
	store objstore.Store
	// prefix is the key prefix of the target: "" or one that ends in a slash; only is what of it is walked.
	prefix, only string
	found        *walk.Result
}

// location is the URL of a folder of the target, ending in a slash.
func (t *target) location(f *walk.Folder) string { return slashed(t.store.URL(t.prefix + f.Path())) }

func slashed(url string) string {
	if strings.HasSuffix(url, "/") {
		return url
	}
	return url + "/"
}

// normalURL is a location in the form in which locations are compared.
func normalURL(url string) string {
	if l, err := objstore.ParseURL(url); err == nil {
		url = l.String()
	}
	return slashed(url)
}

// covers reports whether the walk of the target says all about a location: it lies below what was walked, and below no
// folder that could not be listed.
func (t *target) covers(location string) bool {
	if !strings.HasPrefix(location, t.store.URL(t.only)) {
		return false
	}
	for _, f := range t.found.Failed {
		if strings.HasPrefix(location, t.store.URL(f.Prefix)) {
			return false
		}
	}
	return true
}

// label names the target's root, for a table without a folder of its own: the last folder, or the bucket.
func (t *target) label() string {
	p := strings.Trim(t.prefix, "/")
	if p == "" {
		p = strings.Trim(t.url, "/")
	}
	return p[strings.LastIndexByte(p, '/')+1:]
}

// level counts the target's root as Glue does: the bucket is 1.
func (t *target) level() int { return 1 + strings.Count(t.prefix, "/") }

// targets resolves the crawler's targets, cut to what only asks for. One inside another that is named before it is left out.
func (e *Engine) targets(ctx context.Context, s *settings, only string) ([]*target, error) {
	var out []*target
	for _, url := range s.targets {
		store, key, err := e.stores.Resolve(ctx, url)
		if err != nil {
			return nil, err
		}
		if key != "" {
			key = slashed(key)
		}
		t := &target{url: url, store: store, prefix: key, only: key}
		inside := func(o *target) bool { return strings.HasPrefix(t.store.URL(t.prefix), slashed(o.store.URL(o.prefix))) }
		if slices.ContainsFunc(out, inside) {
			continue
		}
		if only == "" || t.limit(only) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "the prefix %q lies in no target of crawler %s", only, s.name).
			WithHint("Its targets are %s.", strings.Join(s.targets, ", "))
	}
	return out, nil
}

// limit cuts the target to a prefix: a URL, or a key prefix relative to the target. It reports whether they meet.
func (t *target) limit(only string) bool {
	if !strings.Contains(only, "://") && !strings.HasPrefix(only, "file:") {
		t.only = t.prefix + strings.TrimPrefix(only, "/")
		return true
	}
	l, err := objstore.ParseURL(only)
	if err != nil {
		return false
	}
	want, root := l.String(), t.store.URL(t.prefix)
	switch {
	case strings.HasPrefix(root, want):
		return true
	case strings.HasPrefix(want, root):
		t.only = t.prefix + want[len(root):]
		return true
	}
	return false
}

// claim is a table that the catalog has for a folder.
type claim struct {
	table *catalog.Table
	// own says that this crawler made it and may change it.
	own bool
}

// claims maps the folders of a target to the tables that the catalog has for them. The table's own crawler wins over
// others.
func (t *target) claims(tables []*catalog.Table, s *settings) map[*walk.Folder]claim {
	out := map[*walk.Folder]claim{}
	root := slashed(t.store.URL(t.prefix))
	for _, table := range tables {
		if table.View != "" || table.Location == "" {
			continue
		}
		path, ok := strings.CutPrefix(normalURL(table.Location), root)
		if !ok {
			continue
		}
		own := table.CreatedBy == s.name
		if own && s.reclassify {
			continue
		}
		f := t.found.Root.Find(path)
		if f == nil || out[f].own {
			continue
		}
		out[f] = claim{table: table, own: own}
	}
	return out
}
