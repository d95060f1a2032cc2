package parquet

import (
	"slices"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
)

// plan is how a request reads one file: its fields bound to the file's columns. It is immutable.
type plan struct {
	f *file
	r *format.Request
	// used are the ordinals of the fields that are read, ascending; bound has an entry for each field of the request, nil
	// for those that are not used or not in the file.
	used  []int
	bound []*bound
	// leaves are the column chunks that are read.
	leaves []*node
}

func newPlan(f *file, r *format.Request) (*plan, error) {
	p := &plan{f: f, r: r, bound: make([]*bound, len(r.Fields))}
	p.used = usedFields(r)
	for _, i := range p.used {
		b, err := f.bindField(r.Table, r.Fields[i])
		if err != nil {
			return nil, err
		}
		p.bound[i] = b
		if b != nil {
			p.leaves = b.leaves(p.leaves)
		}
	}
	return p, nil
}

// usedFields returns the ordinals of the fields that a request reads.
func usedFields(r *format.Request) []int {
	used := slices.Clone(r.Output)
	for i := range r.Filters {
		used = append(used, r.Filters[i].Columns...)
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// stored returns the stored bytes of the columns that are read of a row group.
func (p *plan) stored(g int) int64 {
	n := int64(0)
	for _, l := range p.leaves {
		n += p.f.meta.RowGroups[g].Columns[l.leaf].Compressed
	}
	return n
}

// bounds returns what the footer says about a field in a row group; ok is false when that is nothing.
func (p *plan) bounds(g, field int) (b bounds, ok bool) {
	rows := p.f.meta.RowGroups[g].Rows
	x := p.bound[field]
	if x == nil {
		if !slices.Contains(p.used, field) {
			return bounds{}, false
		}
		return nothing(rows), true
	}
	if !x.node.flat() {
		return bounds{}, false
	}
	m := &p.f.meta.RowGroups[g].Columns[x.node.leaf]
	if m.Encrypted || m.Elsewhere {
		return bounds{}, false
	}
	return p.f.boundsOf(x, &m.Stats, rows), true
}

// excluded reports whether the statistics of a row group exclude all of its rows.
func (p *plan) excluded(g int) bool {
	for i := range p.r.Filters {
		for j := range p.r.Filters[i].Predicates {
			pred := &p.r.Filters[i].Predicates[j]
			if b, ok := p.bounds(g, pred.Column); ok && b.excludes(pred) {
				return true
			}
		}
	}
	for i := range p.r.Dynamic {
		if d := &p.r.Dynamic[i]; d.Await && p.excludedBy(g, d) {
			return true
		}
	}
	return false
}

// covered tells for each filter whether the statistics of a row group say that all of its rows pass.
func (p *plan) covered(g int) []bool {
	out := make([]bool, len(p.r.Filters))
	for i := range p.r.Filters {
		f := &p.r.Filters[i]
		out[i] = f.Exact && len(f.Predicates) > 0
		for j := range f.Predicates {
			b, ok := p.bounds(g, f.Predicates[j].Column)
			out[i] = out[i] && ok && b.covers(&f.Predicates[j])
		}
	}
	return out
}

// needed returns the fields that are read of a row group, of which some filters are covered.
func (p *plan) needed(covered []bool) []int {
	used := slices.Clone(p.r.Output)
	for i, c := range covered {
		if !c {
			used = append(used, p.r.Filters[i].Columns...)
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}

func (p *plan) excludedBy(g int, d *connectors.DynamicFilter) bool {
	set := d.Keys.Load()
	if set == nil {
		return false
	}
	b, ok := p.bounds(g, d.Column)
	return ok && b.excludedBy(set)
}
