package crawler

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/crawler/infer"
	"github.com/tarnsql/tarn/crawler/layout"
	"github.com/tarnsql/tarn/crawler/naming"
	"github.com/tarnsql/tarn/crawler/walk"
)

// matchedValues is how many different folder names are compared with the files' columns.
const matchedValues = 6

// match is a file column that always equals the name of the folder at a level.
type match struct {
	layout.Match
	source string
}

// probe is a file together with the name of its folder at the level in question.
type probe struct {
	segment string
	sample  *sample
}

// matches finds, for each level of bare values, the column of the files that repeats the folders' names. It looks at files
// of several different names; with only one name in all, at several of its files.
func (g *grouper) matches(ctx context.Context, gr *group) (map[int]match, error) {
	out := map[int]match{}
	taken := map[string]bool{}
	for i, level := range gr.layout.Levels {
		if level.Kind != layout.Value {
			continue
		}
		probes, err := g.probes(ctx, gr, i)
		if err != nil {
			return nil, err
		}
		if m, ok := matchColumn(probes, taken); ok {
			out[i] = m
			taken[m.source] = true
		}
	}
	return out, nil
}

// probes looks into files below different names of a level.
func (g *grouper) probes(ctx context.Context, gr *group, level int) ([]probe, error) {
	first := map[string]*walk.Folder{}
	last := map[string]*walk.Folder{}
	var names []string
	for f, path := range gr.leaves() {
		if len(path) != len(gr.layout.Levels) {
			continue
		}
		name := path[level]
		if first[name] == nil {
			first[name] = f
			names = append(names, name)
		}
		last[name] = f
		if len(names) > 10_000 {
			break
		}
	}
	slices.Sort(names)
	var out []probe
	add := func(name string, f *walk.Folder) {
		if s := candidate(f, 0); s != nil {
			out = append(out, probe{segment: name, sample: s})
		}
	}
	for _, i := range spread(len(names), matchedValues) {
		add(names[i], first[names[i]])
		if len(names) < 3 && last[names[i]] != first[names[i]] {
			add(names[i], last[names[i]])
		}
	}
	files := make([]*sample, len(out))
	for i := range out {
		files[i] = out[i].sample
	}
	if err := g.sampler.take(ctx, files); err != nil {
		return nil, err
	}
	for i := range out {
		out[i].sample = files[i]
	}
	return slices.DeleteFunc(out, func(p probe) bool { return p.sample.got == nil }), nil
}

// matchColumn returns the first column that equals the folder's name in every probe.
func matchColumn(probes []probe, taken map[string]bool) (match, bool) {
	if len(probes) == 0 {
		return match{}, false
	}
	for i, f := range probes[0].sample.got.Fields {
		source := infer.SourceOf(f)
		t, ok := keyType(f.Type)
		if !ok || taken[source] {
			continue
		}
		if all(probes, source, t) {
			return match{Match: layout.Match{Name: naming.Column(source, i), Type: t}, source: source}, true
		}
	}
	return match{}, false
}

// keyType is the type of a partition column for a column of the files; only types that folders can name have one.
func keyType(t schema.Type) (schema.Type, bool) {
	switch {
	case t.IsString():
		return schema.Text, true
	case t.IsInteger(), t.Kind == schema.Date:
		return t, true
	}
	return t, false
}

func all(probes []probe, source string, t schema.Type) bool {
	for _, p := range probes {
		v, ok := constant(p.sample.got, source)
		if !ok {
			return false
		}
		if v == p.segment {
			continue
		}
		want, ok := layout.ParseValue(t, p.segment)
		if !ok || !want.Valid || want.Text() != v {
			return false
		}
	}
	return true
}

// constant returns the text of the one value that a column has in a file.
func constant(in *format.Inferred, source string) (string, bool) {
	i := slices.IndexFunc(in.Fields, func(f format.Field) bool { return infer.SourceOf(f) == source })
	if i < 0 {
		return "", false
	}
	if i < len(in.Columns) {
		c := in.Columns[i]
		if c.NullFraction > 0 {
			return "", false
		}
		if c.Min.Valid && c.Max.Valid {
			return c.Min.Text(), c.Min.Compare(c.Max) == 0
		}
	}
	if i >= len(in.Sample) || len(in.Sample[i]) == 0 {
		return "", false
	}
	for _, v := range in.Sample[i] {
		if v != in.Sample[i][0] {
			return "", false
		}
	}
	return in.Sample[i][0], true
}
