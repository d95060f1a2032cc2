package lake

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// maxDiscovered bounds the partitions that one discovery returns.
const maxDiscovered = 1_000_000

// DiscoverPartitions returns the partitions whose folders are below a table's root in Hive's layout: a folder
// key=value for each key, in the keys' order. Names are compared without regard to case, values are percent-decoded, and
// __HIVE_DEFAULT_PARTITION__ is NULL. Folders of other names are passed over; a value that its key's type cannot hold is
// an error that names the folder. Only folders with files that hold data count. Partitions are ordered by their values.
func DiscoverPartitions(ctx context.Context, stores Stores, t *catalog.Table) ([]catalog.Partition, error) {
	if len(t.Keys) == 0 {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "table %q has no partition columns", t.Name)
	}
	root := strings.TrimSuffix(t.Location, "/") + "/"
	store, prefix, err := stores.Resolve(ctx, root)
	if err != nil {
		return nil, err
	}
	exclude, err := exclusionsOf(t)
	if err != nil {
		return nil, err
	}
	d := &discovery{table: t, root: root, found: map[string]int{}}
	for o, err := range store.List(ctx, prefix, objstore.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		if exclude.match(store, o.Key) {
			continue
		}
		if err := d.add(o.Key[len(prefix):], o); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(d.list, func(a, b catalog.Partition) int {
		for i := range a.Values {
			if c := a.Values[i].Compare(b.Values[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.Location, b.Location)
	})
	return d.list, nil
}

// discovery collects partitions.
type discovery struct {
	table *catalog.Table
	root  string
	list  []catalog.Partition
	// found has the place in list of each folder (below the root, with its slash); -1 is no partition.
	found map[string]int
}

func (d *discovery) add(rel string, o objstore.Object) error {
	folder, name := splitFolder(rel, len(d.table.Keys))
	if folder == "" || hidden(name) || !holdsData(o.Key, o.Size, o.StorageClass) {
		return nil
	}
	i, ok := d.found[folder]
	if !ok {
		values, err := d.values(folder)
		if err != nil {
			return err
		}
		i = -1
		if values != nil {
			if len(d.list) == maxDiscovered {
				return sqlerr.New(sqlerr.ProgramLimit, "more than %d partitions below %q", maxDiscovered, d.root)
			}
			i = len(d.list)
			d.list = append(d.list, catalog.Partition{Values: values, Location: d.root + folder, Stats: catalog.PartitionStats{Rows: -1}})
		}
		d.found[folder] = i
	}
	if i >= 0 {
		d.list[i].Stats.Files++
		d.list[i].Stats.Bytes += o.Size
	}
	return nil
}

// WithoutFiles returns the partitions whose folders hold no files of the table. Those at the place of key=value folders that
// DiscoverPartitions did not find hold none; the folders of the others are looked into.
func WithoutFiles(ctx context.Context, stores Stores, t *catalog.Table, list []catalog.Partition) ([]catalog.Partition, error) {
	exclude, err := exclusionsOf(t)
	if err != nil {
		return nil, err
	}
	d := &discovery{table: t, root: slashed(t.Location)}
	var out []catalog.Partition
	for _, p := range list {
		rel, below := strings.CutPrefix(slashed(p.Location), d.root)
		if folder, rest := splitFolder(rel, len(t.Keys)); below && folder != "" && rest == "" {
			if values, err := d.values(folder); err == nil && values != nil {
				out = append(out, p)
				continue
			}
		}
		holds, err := holdsFiles(ctx, stores, p.Location, exclude)
		if err != nil {
			return nil, err
		}
		if !holds {
			out = append(out, p)
		}
	}
	return out, nil
}

func holdsFiles(ctx context.Context, stores Stores, url string, exclude exclusions) (bool, error) {
	store, prefix, err := stores.Resolve(ctx, url)
	if err != nil {
		return false, err
	}
	for o, err := range store.List(ctx, prefix, objstore.ListOptions{}) {
		if err != nil {
			return false, err
		}
		if !hidden(o.Key[len(prefix):]) && holdsData(o.Key, o.Size, o.StorageClass) && !exclude.match(store, o.Key) {
			return true, nil
		}
	}
	return false, nil
}

// splitFolder cuts a path after n folders; it returns "" when there are fewer.
func splitFolder(rel string, n int) (folder, name string) {
	at := 0
	for range n {
		i := strings.IndexByte(rel[at:], '/')
		if i < 0 {
			return "", rel
		}
		at += i + 1
	}
	return rel[:at], rel[at:]
}

// values reads the folders; nil when they are not those of a partition.
func (d *discovery) values(folder string) ([]schema.Value, error) {
	var out []schema.Value
	for i, part := range strings.Split(strings.TrimSuffix(folder, "/"), "/") {
		name, text, ok := strings.Cut(part, "=")
		if !ok || !strings.EqualFold(unescape(name), d.table.Keys[i].Name) {
			return nil, nil
		}
		v, err := PartitionValue(d.table.Keys[i].Type, text)
		if err != nil {
			return nil, sqlerr.New(sqlerr.CodeOf(err), "folder %q: partition column %q: %w", d.root+folder, d.table.Keys[i].Name, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// PartitionValue reads the value of a partition key from a folder's name: percent-decoded, with Hive's spelling of NULL.
func PartitionValue(t schema.Type, text string) (schema.Value, error) {
	if text == catalog.NullPartition {
		return schema.NullOf(t), nil
	}
	return schema.ParseIn(t, unescape(text), time.UTC)
}

// unescape decodes %xx; text with a stray percent sign is taken as it is.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
