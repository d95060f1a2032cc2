package kv

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// maxRanges is the greatest number of key ranges of a scan; beyond it fewer key columns are used.
const maxRanges = connectors.MaxListedKeys

// keyRange is the row keys from start (inclusive) to stop (exclusive; nil: to the end). A point has one key, start.
type keyRange struct {
	start, stop []byte
	point       bool
}

// access is how a scan reaches its rows: in Phoenix's words a point look-up, a range scan, a skip scan over several
// ranges, or a full scan. Ranges are sorted and do not overlap.
type access struct {
	ranges []keyRange
	kind   string
}

// String is the access in EXPLAIN.
func (a access) String() string {
	switch a.kind {
	case "POINT LOOKUP":
		return fmt.Sprintf("POINT LOOKUP of %d keys", len(a.ranges))
	case "SKIP SCAN":
		return fmt.Sprintf("SKIP SCAN of %d ranges", len(a.ranges))
	}
	return a.kind
}

// columnBounds is what predicates say of one key column.
type columnBounds struct {
	set        []schema.Value // sorted; nil when not restricted to a set
	restricted bool           // set counts, even if it is empty
	lo, hi     *connectors.Predicate
	prefix     *schema.Value
}

// planAccess derives key ranges from predicates, of which only those on key columns count.
func planAccess(def *Definition, preds []connectors.Predicate) access {
	prefixes := [][]byte{nil}
	for i, k := range def.Key {
		b, impossible := boundsOf(i, k.Type, preds)
		switch {
		case impossible:
			return access{kind: "NO ROWS"}
		case b.restricted && len(prefixes)*len(b.set) <= maxRanges:
			prefixes = extend(prefixes, b.set, k.Descending)
			if len(prefixes) == 0 {
				return access{kind: "NO ROWS"}
			}
		case b.restricted && len(b.set) > 0:
			lo := connectors.Predicate{Column: i, Op: connectors.Ge, Values: b.set[:1]}
			hi := connectors.Predicate{Column: i, Op: connectors.Le, Values: b.set[len(b.set)-1:]}
			return rangesOf(prefixes, k, columnBounds{lo: &lo, hi: &hi}, i)
		case b.lo != nil || b.hi != nil || b.prefix != nil:
			return rangesOf(prefixes, k, b, i)
		default:
			return prefixRanges(prefixes, i)
		}
	}
	a := access{kind: "POINT LOOKUP"}
	for _, p := range prefixes {
		a.ranges = append(a.ranges, keyRange{start: p, point: true})
	}
	return a.sorted()
}

// boundsOf collects the predicates on key column i. impossible says that no value meets them.
func boundsOf(i int, t schema.Type, preds []connectors.Predicate) (b columnBounds, impossible bool) {
	for n := range preds {
		p := &preds[n]
		if p.Column != i {
			continue
		}
		switch p.Op {
		case connectors.Eq, connectors.In:
			b.intersect(p.Values)
		case connectors.Gt, connectors.Ge:
			if b.lo == nil || tighter(p, b.lo, 1) {
				b.lo = p
			}
		case connectors.Lt, connectors.Le:
			if b.hi == nil || tighter(p, b.hi, -1) {
				b.hi = p
			}
		case connectors.Prefix:
			if t.Physical() == schema.PhysBytes && (b.prefix == nil || len(p.Values[0].S) > len(b.prefix.S)) {
				b.prefix = &p.Values[0]
			}
		case connectors.IsNull:
			return b, true
		}
	}
	return b, b.restricted && len(b.set) == 0
}

// tighter reports whether bound p is stronger than q; sign is 1 for lower bounds.
func tighter(p, q *connectors.Predicate, sign int) bool {
	c := p.Values[0].Compare(q.Values[0]) * sign
	return c > 0 || c == 0 && (p.Op == connectors.Gt || p.Op == connectors.Lt)
}

func (b *columnBounds) intersect(values []schema.Value) {
	if !b.restricted {
		b.set, b.restricted = slices.Clone(values), true
		return
	}
	b.set = slices.DeleteFunc(b.set, func(v schema.Value) bool {
		return !slices.ContainsFunc(values, func(w schema.Value) bool { return v.Compare(w) == 0 })
	})
}

func extend(prefixes [][]byte, set []schema.Value, descending bool) [][]byte {
	out := make([][]byte, 0, len(prefixes)*len(set))
	for _, p := range prefixes {
		for _, v := range set {
			out = append(out, appendKey(slices.Clip(p), v, descending))
		}
	}
	return out
}

// rangesOf makes a range of each prefix for bounds of the next column.
func rangesOf(prefixes [][]byte, k KeyColumn, b columnBounds, used int) access {
	a := access{}
	for _, p := range prefixes {
		r := keyRange{start: p, stop: successor(p)}
		if b.prefix != nil {
			r.narrow(prefixRange(p, b.prefix.S, k.Descending))
		}
		for _, bound := range []*connectors.Predicate{b.lo, b.hi} {
			if bound != nil {
				r.narrow(boundRange(p, *bound, k))
			}
		}
		if r.stop == nil || bytes.Compare(r.start, r.stop) < 0 {
			a.ranges = append(a.ranges, r)
		}
	}
	return a.named(used)
}

func (a access) named(used int) access {
	switch {
	case len(a.ranges) == 0:
		a.kind = "NO ROWS"
	case used == 0 && len(a.ranges) == 1 && len(a.ranges[0].start) == 0 && a.ranges[0].stop == nil:
		a.kind = "FULL SCAN"
	case len(a.ranges) == 1:
		a.kind = "RANGE SCAN"
	default:
		a.kind = "SKIP SCAN"
	}
	return a.sorted()
}

func prefixRanges(prefixes [][]byte, used int) access {
	a := access{}
	for _, p := range prefixes {
		a.ranges = append(a.ranges, keyRange{start: p, stop: successor(p)})
	}
	return a.named(used)
}

// prefixRange is the keys whose next part begins with s.
func prefixRange(p []byte, s string, descending bool) keyRange {
	start := appendEscaped(slices.Clip(p), []byte(s))
	if descending {
		invert(start[len(p):])
	}
	return keyRange{start: start, stop: successor(start)}
}

// boundRange is the keys whose next part meets a comparison. In a descending part greater values come first.
func boundRange(p []byte, bound connectors.Predicate, k KeyColumn) keyRange {
	at := appendKey(slices.Clip(p), bound.Values[0], k.Descending)
	after := successor(at)
	op := bound.Op
	if k.Descending {
		op = map[connectors.Op]connectors.Op{connectors.Ge: connectors.Le, connectors.Gt: connectors.Lt, connectors.Le: connectors.Ge, connectors.Lt: connectors.Gt}[op]
	}
	r := keyRange{start: p, stop: successor(p)}
	switch op {
	case connectors.Ge:
		r.start = at
	case connectors.Gt:
		r.start = after
	case connectors.Le:
		r.stop = after
	case connectors.Lt:
		r.stop = at
	}
	return r
}

func (r *keyRange) narrow(o keyRange) {
	if bytes.Compare(o.start, r.start) > 0 {
		r.start = o.start
	}
	if r.stop == nil || o.stop != nil && bytes.Compare(o.stop, r.stop) < 0 {
		r.stop = o.stop
	}
}

// sorted orders the ranges by their start and drops repeated ones.
func (a access) sorted() access {
	sort.Slice(a.ranges, func(i, j int) bool { return bytes.Compare(a.ranges[i].start, a.ranges[j].start) < 0 })
	a.ranges = slices.CompactFunc(a.ranges, func(x, y keyRange) bool { return bytes.Equal(x.start, y.start) })
	return a
}
