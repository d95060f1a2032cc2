package op

import (
	"context"

	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/planner/expr"
)

// aggregate computes an aggregate over each row's frame.
func (c *windowColumn) aggregate(ctx context.Context) error {
	call := &expr.AggregateCall{Fn: c.call.Fn, Args: c.call.Args, Distinct: c.call.Distinct, Typ: c.call.Typ}
	acc, err := functions.NewAccumulator(call)
	if err != nil {
		return err
	}
	once := call.Distinct && !call.Fn.IgnoresDuplicates
	if call.Fn.OrderSensitive || once || c.call.Frame.Exclude != expr.ExcludeNothing || !functions.Fixed(acc) {
		return c.aggregateRows(ctx, call)
	}
	f := &frameStates{c: c, call: call}
	if c.filter != nil {
		f.passes = boolAt(c.filter)
	}
	return f.run(ctx)
}

// frameStates computes an aggregate over frames, a number of states at once. Rows whose frames are the same have one state; a
// frame that is the one before and more rows begins with the state before; others are put together from the rows or, where
// they are long, from the nodes of a tree (V. Leis et al., "Efficient Processing of Window Functions in Analytical SQL
// Queries", 2015).
type frameStates struct {
	c      *windowColumn
	call   *expr.AggregateCall
	passes func(row int) int // the call's filter, nil without one
	levels []functions.Accumulator

	before     functions.Accumulator // the states before the current ones
	beforeN    int
	start, end int32 // the frame of the last state

	states     []uint32 // of each row of the current part
	ids, rows  []uint32 // rows to add to states
	nodes      []nodeList
	grown      []uint32 // states that begin with the state before
	carry      bool     // the first of them begins with the last of the states before
	from, into []uint32
}

// nodeList is the nodes of a level of the tree to add to states.
type nodeList struct{ ids, nodes []uint32 }

// treeFan is how many rows or nodes a node of the tree has, longFrame the length from which frames are put together from it.
const (
	treeFan   = 16
	longFrame = 4 * treeFan
)

// statesAtOnce bounds the states, and rowsAtOnce the additions, that are collected before they are made.
const (
	statesAtOnce = 4096
	rowsAtOnce   = 1 << 17
)

func (f *frameStates) run(ctx context.Context) error {
	f.end = -1
	for i := 0; i < f.c.rows; {
		f.begin()
		n := 0
		for ; i < f.c.rows; i++ {
			s, e := f.c.start[i], f.c.end[i]
			if n > 0 && s == f.start && e == f.end {
				f.states = append(f.states, uint32(n-1))
				continue
			}
			if n == statesAtOnce || len(f.rows) > rowsAtOnce {
				break
			}
			if err := f.add(n, s, e); err != nil {
				return err
			}
			f.states = append(f.states, uint32(n))
			f.start, f.end = s, e
			n++
		}
		if err := f.finish(n); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (f *frameStates) begin() {
	f.states, f.ids, f.rows, f.grown, f.carry = f.states[:0], f.ids[:0], someRows(f.rows), f.grown[:0], false
	for i := range f.nodes {
		f.nodes[i].ids, f.nodes[i].nodes = f.nodes[i].ids[:0], f.nodes[i].nodes[:0]
	}
}

// add collects what makes state n that of the rows from s to e.
func (f *frameStates) add(n int, s, e int32) error {
	if s == f.start && e >= f.end && f.end > s {
		if n == 0 {
			f.carry = true
		} else {
			f.grown = append(f.grown, uint32(n))
		}
		f.addRows(n, int(f.end), int(e))
		return nil
	}
	if int(e-s) < longFrame || f.apart(s, e) {
		f.addRows(n, int(s), int(e))
		return nil
	}
	if f.levels == nil {
		if err := f.grow(); err != nil {
			return err
		}
	}
	f.addNodes(n, int(s), int(e))
	return nil
}

// apart says that a frame has no row of the frame before: rows of such frames are added once.
func (f *frameStates) apart(s, e int32) bool { return s >= f.end || e <= f.start }

func (f *frameStates) addRows(n, from, to int) {
	for r := from; r < to; r++ {
		if f.passes == nil || f.passes(r) == 1 {
			f.ids, f.rows = append(f.ids, uint32(n)), append(f.rows, uint32(r))
		}
	}
}

// addNodes adds the rows at the edges and, level by level, the largest nodes within.
func (f *frameStates) addNodes(n, s, e int) {
	next := func(at int) int { return (at + treeFan - 1) / treeFan * treeFan }
	f.addRows(n, s, min(next(s), e))
	f.addRows(n, max(e/treeFan*treeFan, next(s)), e)
	s, e = next(s)/treeFan, e/treeFan
	for level := 0; s < e; level++ {
		if level == len(f.levels)-1 {
			f.addLevel(level, n, s, e)
			return
		}
		f.addLevel(level, n, s, min(next(s), e))
		f.addLevel(level, n, max(e/treeFan*treeFan, next(s)), e)
		s, e = next(s)/treeFan, e/treeFan
	}
}

func (f *frameStates) addLevel(level, n, from, to int) {
	l := &f.nodes[level]
	for k := from; k < to; k++ {
		l.ids, l.nodes = append(l.ids, uint32(n)), append(l.nodes, uint32(k))
	}
}

// grow makes the tree: a node of the first level has the rows of a block, those above the nodes of one.
func (f *frameStates) grow() error {
	n := f.c.rows
	for n > treeFan {
		acc, err := functions.NewAccumulator(f.call)
		if err != nil {
			return err
		}
		acc.Resize((n + treeFan - 1) / treeFan)
		ids, rows := make([]uint32, 0, n), make([]uint32, 0, n)
		for i := range n {
			if len(f.levels) > 0 || f.passes == nil || f.passes(i) == 1 {
				ids, rows = append(ids, uint32(i/treeFan)), append(rows, uint32(i))
			}
		}
		if len(f.levels) == 0 {
			err = f.update(acc, ids, rows)
		} else {
			err = acc.Merge(f.levels[len(f.levels)-1], rows, ids)
		}
		if err != nil {
			return err
		}
		f.levels = append(f.levels, acc)
		n = (n + treeFan - 1) / treeFan
	}
	f.nodes = make([]nodeList, len(f.levels))
	return nil
}

func (f *frameStates) update(acc functions.Accumulator, ids, rows []uint32) error {
	if len(ids) == 0 {
		return nil
	}
	return acc.Update(ids, f.c.args, rows)
}

// finish computes n states and appends each row's result.
func (f *frameStates) finish(n int) error {
	acc, err := functions.NewAccumulator(f.call)
	if err != nil {
		return err
	}
	acc.Resize(n)
	if f.carry {
		f.from, f.into = append(f.from[:0], uint32(f.beforeN-1)), append(f.into[:0], 0)
		if err := acc.Merge(f.before, f.from, f.into); err != nil {
			return err
		}
	}
	if err := f.update(acc, f.ids, f.rows); err != nil {
		return err
	}
	for i := range f.nodes {
		if err := acc.Merge(f.levels[i], f.nodes[i].nodes, f.nodes[i].ids); err != nil {
			return err
		}
	}
	f.from = f.from[:0]
	for _, g := range f.grown {
		f.from = append(f.from, g-1)
	}
	if err := acc.Merge(acc, f.from, f.grown); err != nil {
		return err
	}
	v, err := acc.Result(0, n)
	if err != nil {
		return err
	}
	f.c.out.AppendRows(v, f.states)
	f.before, f.beforeN = acc, n
	return nil
}
