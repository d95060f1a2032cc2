package op

import (
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// sealedGroups are groups of a worker to which no more rows come. They are divided into parts by the low bits of the hash of
// their keys, so that tasks merge parts of them at the same time, each touching its own groups alone.
type sealedGroups struct {
	*groups
	keys   []vector.Vector
	hashes []uint64
	mask   uint64 // of the hash's bits that are the part
	parts  partedRows
	seen   []partedRows // for each DISTINCT aggregate: what it has seen, by the part of its group
	kept   []partedRows // for each aggregate with an order: its rows
}

// partedRows are the numbers of rows, those of one part together.
type partedRows struct{ rows, bounds []uint32 }

// of returns the rows of a part.
func (p *partedRows) of(part uint64) []uint32 { return p.rows[p.bounds[part]:p.bounds[part+1]] }

// partRows divides n rows into parts, by counting; part says which one a row belongs to.
func partRows(n, parts int, part func(r int) uint64) partedRows {
	p := partedRows{rows: make([]uint32, n), bounds: make([]uint32, parts+1)}
	for r := range n {
		p.bounds[part(r)+1]++
	}
	for i := range parts {
		p.bounds[i+1] += p.bounds[i]
	}
	next := append([]uint32(nil), p.bounds...)
	for r := range n {
		to := part(r)
		p.rows[next[to]] = uint32(r)
		next[to]++
	}
	return p
}

// seal divides groups into parts, whose number is a power of two.
func seal(g *groups, parts int) *sealedGroups {
	s := &sealedGroups{groups: g, keys: g.table.built(), mask: uint64(parts - 1)}
	n := g.table.n
	s.hashes = make([]uint64, n)
	hashKeys(s.keys, n, nil, s.hashes)
	s.parts = partRows(n, parts, func(r int) uint64 { return s.hashes[r] & s.mask })
	s.seen, s.kept = make([]partedRows, len(g.accs)), make([]partedRows, len(g.accs))
	for i, acc := range g.accs {
		acc.Resize(n)
		if d := g.seen[i]; d != nil {
			d.prepare()
			of := d.groups()
			s.seen[i] = partRows(len(of), parts, func(r int) uint64 { return s.hashes[of[r]] & s.mask })
		}
		if o := g.kept[i]; o != nil {
			o.prepare()
			s.kept[i] = partRows(len(o.groups), parts, func(r int) uint64 { return s.hashes[o.groups[r]] & s.mask })
		}
	}
	return s
}

// groupMerger adds parts of sealed groups to groups. It is for one goroutine, with memory that lives with it: a part is small beside the
// tables that it comes from.
type groupMerger struct {
	rows    []uint32
	mapping []uint32 // the number here of each group of the other side
	keys    columnGatherer
	seen    columnGatherer
}

// columnGatherer gathers rows of some columns into memory that it reuses.
type columnGatherer struct {
	each []kernel.Gatherer
	cols []vector.Vector
}

// gather returns the rows of the columns, until the next call.
func (g *columnGatherer) gather(cols []vector.Vector, rows []uint32) []vector.Vector {
	for len(g.each) < len(cols) {
		g.each = append(g.each, kernel.Gatherer{})
	}
	g.cols = g.cols[:0]
	for i, c := range cols {
		g.cols = append(g.cols, g.each[i].Gather(c, rows, false))
	}
	return g.cols
}

// merge adds the groups whose hash has the given value in the bits of mask, which has those of the parts.
func (m *groupMerger) merge(out *groups, from *sealedGroups, mask, value uint64) error {
	part := value & from.mask
	rows := from.parts.of(part)
	if mask != from.mask {
		m.rows = someRows(m.rows)
		for _, r := range rows {
			if from.hashes[r]&mask == value {
				m.rows = append(m.rows, r)
			}
		}
		rows = m.rows
	}
	if len(rows) == 0 {
		return nil
	}
	ids := out.assign(m.keys.gather(from.keys, rows), len(rows), nil)
	if from.keepRows() {
		m.mapping = growIDs(m.mapping, from.table.n)
		for _, r := range from.parts.of(part) {
			m.mapping[r] = noGroup
		}
		for k, r := range rows {
			m.mapping[r] = ids[k]
		}
	}
	for i, acc := range out.accs {
		acc.Resize(out.table.n)
		var err error
		switch {
		case out.kept[i] != nil:
			out.kept[i].merge(from.groups.kept[i], from.kept[i].of(part), m.mapping)
		case out.seen[i] != nil:
			err = out.seen[i].merge(from.groups.seen[i], from.seen[i].of(part), m, acc)
		default:
			err = acc.Merge(from.accs[i], rows, ids)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
