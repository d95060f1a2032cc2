package parquet

import (
	"context"
	"math"
	"sort"
	"time"
	"unsafe"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// window is how many rows a pass decodes at once.
const window = 4096

// pass is one filter, or the key set of a join, applied to the rows that are left.
type pass struct {
	filter  int // its number, or -1 for the keys of a join
	mayFail bool
	cols    []int
	match   connectors.Matcher        // of a filter
	keys    *connectors.DynamicFilter // of a join
	set     *connectors.KeySet        // what keys holds, once it is there
	prior   float64                   // the guessed share of rows that pass
	off     bool                      // it kept nearly everything
	in      int64                     // rows it looked at
	out     int64                     // rows it kept
	spent   time.Duration             // for in
	vecs    []vector.Vector
	buf     []uint32
	dict    dictVerdict
}

// dictVerdict is a filter's answer for each entry of a dictionary.
type dictVerdict struct {
	id       uint64
	usable   bool
	keep     []uint8
	kept     int
	keepNull bool
}

// priorOf guesses which share of the rows passes a filter.
func priorOf(f *connectors.Filter) float64 {
	p := 1.0
	for i := range f.Predicates {
		switch f.Predicates[i].Op {
		case connectors.Eq:
			p *= 0.05
		case connectors.In, connectors.Prefix, connectors.IsNull:
			p *= 0.2
		case connectors.Lt, connectors.Le, connectors.Gt, connectors.Ge:
			p *= 0.4
		default:
			p *= 0.9
		}
	}
	if len(f.Predicates) == 0 {
		return 0.5
	}
	return p
}

// active reports whether the pass has something to do: the set of a join may come while the scan runs.
func (p *pass) active() bool {
	if p.keys == nil {
		return true
	}
	if p.set == nil {
		p.set = p.keys.Keys.Load()
	}
	return p.set != nil && !p.off
}

// begin forgets what belongs to a row group.
func (p *pass) begin() { p.dict = dictVerdict{} }

// rank is lower for passes that should come first: what a row costs, over the share of rows that it removes. Filters that
// may fail stay in their order, after all others.
func (p *pass) rank(x *reader) float64 {
	if p.mayFail {
		return math.Inf(1)
	}
	keep, cost := p.prior, 0.0
	if p.in >= window {
		keep = float64(p.out) / float64(p.in)
		cost = float64(p.spent.Nanoseconds()) / float64(p.in)
	} else {
		for _, c := range p.cols {
			cost += x.guessCost(c)
		}
	}
	return (cost + 0.5) / max(1-keep, 0.001)
}

// guessCost is about how many nanoseconds a value of a field takes to decode and test.
func (x *reader) guessCost(field int) float64 {
	c, ok := x.group.cols[field].(*flatColumn)
	switch {
	case !ok:
		return 30
	case c.m.AllDict || c.m.DictOffset > 0:
		return 2
	case c.width == 0:
		return 30
	}
	return 6
}

// filter runs the passes over a stripe.
func (x *reader) filter(ctx context.Context, stripe rowset) (rowset, error) {
	order := make([]*pass, 0, len(x.passes))
	for _, p := range x.passes {
		if p.filter >= 0 && x.group.covered[p.filter] || p.filter < 0 && x.group.cols[p.cols[0]] == nil {
			continue
		}
		if p.active() {
			order = append(order, p)
		}
	}
	if len(order) > 1 {
		ranks := make(map[*pass]float64, len(order))
		for _, p := range order {
			ranks[p] = p.rank(x)
		}
		sort.SliceStable(order, func(i, j int) bool { return ranks[order[i]] < ranks[order[j]] })
	}
	sel := stripe
	for i, p := range order {
		if sel.len() == 0 {
			break
		}
		// The keys of a join may have come after the row group was opened.
		if err := x.group.fetch(ctx, p.cols, sel); err != nil {
			return rowset{}, err
		}
		start, n := time.Now(), sel.len()
		next, err := x.run(ctx, p, sel, &x.pool[i&1])
		if err != nil {
			return rowset{}, err
		}
		sel = next
		p.learn(n, sel.len(), time.Since(start))
	}
	return sel, nil
}

// learn remembers how the pass did, with more weight on what was last.
func (p *pass) learn(in, out int, spent time.Duration) {
	if p.in > 1<<20 {
		p.in, p.out, p.spent = p.in/2, p.out/2, p.spent/2
	}
	p.in += int64(in)
	p.out += int64(out)
	p.spent += spent
	if p.keys != nil && p.in >= 1<<15 && p.out > p.in-p.in/16 {
		p.off = true // a join finds the few rows by itself
	}
}

// run applies a pass and returns the rows that are left; buf is memory for their list.
func (x *reader) run(ctx context.Context, p *pass, sel rowset, buf *[]uint32) (rowset, error) {
	done, all, err := x.wholeChunk(ctx, p)
	if err != nil || done {
		if !all {
			return rowset{from: sel.to, to: sel.to}, err
		}
		return sel, err
	}
	out := extend((*buf)[:0], sel.len())[:0]
	defer func() { *buf = out[:0] }()
	if sel.rows == nil {
		for at := sel.from; at < sel.to; at += window {
			part := rowset{from: at, to: min(at+window, sel.to)}
			if out, err = x.apply(ctx, p, part, nil, out); err != nil {
				return rowset{}, err
			}
		}
		return sel.kept(out), nil
	}
	for i := 0; i < len(sel.rows); {
		rest := sel.rows[i:]
		n := lowerBound(rest[:min(len(rest), window)], rest[0]+window)
		if run := int(rest[n-1]-rest[0]) + 1; run <= 2*n {
			part := rowset{from: int(rest[0]), to: int(rest[0]) + run, loose: true}
			out, err = x.apply(ctx, p, part, rest[:n], out)
		} else {
			n = min(len(rest), window)
			out, err = x.apply(ctx, p, sel.listed(rest[:n]), nil, out)
		}
		if err != nil {
			return rowset{}, err
		}
		i += n
	}
	return sel.kept(out), nil
}

// kept is listed, and keeps the list's memory reachable when it is not needed as a list.
func (s rowset) kept(rows []uint32) rowset {
	if s.rows == nil && len(rows) == s.to-s.from {
		return s
	}
	return s.listed(rows)
}

// apply tests the rows of part, or the listed ones of a dense part, and appends those that pass to out.
func (x *reader) apply(ctx context.Context, p *pass, part rowset, among, out []uint32) ([]uint32, error) {
	p.vecs = p.vecs[:0]
	for _, c := range p.cols {
		v, err := x.group.cols[c].read(scanCursor, part)
		if err != nil {
			return nil, err
		}
		p.vecs = append(p.vecs, v)
	}
	n := part.len()
	var sel []uint32
	if among != nil {
		p.buf = extend(p.buf[:0], len(among))
		for i, r := range among {
			p.buf[i] = r - uint32(part.from)
		}
		sel = p.buf
	}
	if len(p.vecs) == 1 {
		if d, ok := p.vecs[0].(*vector.Dict); ok && x.judge(ctx, p, d.ID, d.Values) {
			return p.dict.test(d, part, sel, out), nil
		}
	}
	var passed []uint32
	if p.set != nil {
		passed = p.set.Match(p.vecs[0], sel, extend(x.relSel[:0], n)[:0])
		x.relSel = passed[:0]
	} else {
		var err error
		if passed, err = p.match.Match(ctx, p.vecs, n, sel); err != nil {
			return nil, err
		}
	}
	if part.rows != nil {
		for _, r := range passed {
			out = append(out, part.rows[r])
		}
		return out, nil
	}
	base := uint32(part.from)
	for _, r := range passed {
		out = append(out, base+r)
	}
	return out, nil
}

// judge evaluates the pass on the entries of a dictionary, once, and reports whether that worked: a filter that fails on
// an entry is evaluated on the rows, which may not use it.
func (x *reader) judge(ctx context.Context, p *pass, id uint64, entries vector.Vector) bool {
	d := &p.dict
	if d.id == id {
		return d.usable
	}
	*d = dictVerdict{id: id, keep: d.keep}
	n := entries.Len()
	var passed []uint32
	if p.set != nil {
		passed = p.set.Match(entries, nil, nil)
	} else {
		var err error
		if passed, err = p.match.Match(ctx, []vector.Vector{entries}, n, nil); err != nil {
			return false
		}
	}
	d.keep = extend(d.keep[:0], n)
	clear(d.keep)
	for _, r := range passed {
		d.keep[r] = 1
	}
	d.kept = len(passed)
	if p.set == nil {
		null := vector.NewBuilder(entries.Type(), 1)
		null.AppendNull()
		passed, err := p.match.Match(ctx, []vector.Vector{&vector.Const{Value: null.Build(), N: 1}}, 1, nil)
		if err != nil {
			return false
		}
		d.keepNull = len(passed) > 0
	}
	d.usable = true
	return true
}

// test appends the rows whose code is kept.
func (d *dictVerdict) test(v *vector.Dict, part rowset, sel, out []uint32) []uint32 {
	k := len(out)
	n := len(v.Codes)
	if sel != nil {
		n = len(sel)
	}
	out = extend(out, n)
	keep := d.keep
	switch {
	case sel == nil && v.Null == nil && part.rows == nil:
		if n == 0 {
			return out[:k]
		}
		// Codes were checked against the dictionary when they were decoded, and keep has its length.
		table, dst := unsafe.Pointer(&keep[0]), unsafe.Pointer(&out[0])
		row := uint32(part.from)
		for _, c := range v.Codes {
			*(*uint32)(unsafe.Add(dst, k*4)) = row
			k += int(*(*uint8)(unsafe.Add(table, c)))
			row++
		}
	default:
		keepNull := 0
		if d.keepNull {
			keepNull = 1
		}
		for i := range n {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			out[k] = uint32(part.from + r)
			if part.rows != nil {
				out[k] = part.rows[r]
			}
			if v.Null.Get(r) {
				k += keepNull
			} else {
				k += int(keep[v.Codes[r]])
			}
		}
	}
	return out[:k]
}

// wholeChunk decides a pass by the dictionary alone when every page of the column uses it: done says that it could, all
// that every row passes, and otherwise none does.
func (x *reader) wholeChunk(ctx context.Context, p *pass) (done, all bool, err error) {
	if len(p.cols) != 1 {
		return false, false, nil
	}
	c, ok := x.group.cols[p.cols[0]].(*flatColumn)
	if !ok || !c.m.AllDict {
		return false, false, nil
	}
	if err := c.dictionaryPage(); err != nil {
		return false, false, err
	}
	if err := c.needDict(); err != nil {
		return false, false, c.corrupt(-1, err)
	}
	if c.dict == nil || c.dict.n == 0 || !x.judge(ctx, p, c.dict.id, c.dict.values) {
		return false, false, nil
	}
	noNulls := c.leaf.def == 0 || c.m.Stats.Nulls == 0
	switch {
	case p.dict.kept == 0 && (noNulls || !p.dict.keepNull):
		return true, false, nil
	case p.dict.kept == c.dict.values.Len() && (noNulls || p.dict.keepNull):
		return true, true, nil
	}
	return false, false, nil
}
