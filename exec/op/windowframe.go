package op

import (
	"context"
	"math"
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// peerGroups is how the rows that a window works on at once lie in partitions and, within them, in groups of rows that are
// equal in the order. Rows and groups are numbered through all partitions.
type peerGroups struct {
	rows       int
	partitions []int32 // the first row of each, and the number of rows
	peer       []int32 // the group of each row
	first      []int32 // the first row of each group, and the number of rows
}

func newPeerGroups(partition, order []vector.Vector, n int) *peerGroups {
	g := &peerGroups{rows: n, peer: make([]int32, n)}
	begins := make([]bool, n)
	for _, c := range partition {
		markChanges(c, n, begins)
	}
	begins[0] = true
	for i, b := range begins {
		if b {
			g.partitions = append(g.partitions, int32(i))
		}
	}
	for _, c := range order {
		markChanges(c, n, begins)
	}
	for i, b := range begins {
		if b {
			g.first = append(g.first, int32(i))
		}
		g.peer[i] = int32(len(g.first) - 1)
	}
	g.partitions, g.first = append(g.partitions, int32(n)), append(g.first, int32(n))
	return g
}

// windowColumn computes one call over all partitions.
type windowColumn struct {
	*peerGroups
	call    *expr.WindowCall
	order   []vector.Vector
	keys    []expr.SortKey
	args    []vector.Vector
	filter  vector.Vector
	offsets [2]vector.Vector // of the start and the end of the frame
	out     *vector.Builder
	// start and end bound the frame of each row.
	start, end []int32
}

func (c *windowColumn) run(ctx context.Context) error {
	if err := c.frames(ctx); err != nil {
		return err
	}
	f, ok := functions.WindowOf(c.call.Fn)
	if !ok {
		return c.aggregate(ctx)
	}
	p := &functions.Partition{Args: c.args, Peer: c.peer, PeerStart: c.first, Start: c.start, End: c.end, Excluded: c.excluder(),
		IgnoreNulls: c.call.IgnoreNulls}
	for i, from := range c.partitions[:len(c.partitions)-1] {
		p.From, p.To = int(from), int(c.partitions[i+1])
		if err := f(p, c.out); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// excluder tells of two rows whether the first is left out of the frame of the second; nil leaves none out.
func (c *windowColumn) excluder() func(row, of int) bool {
	switch c.call.Frame.Exclude {
	case expr.ExcludeCurrentRow:
		return func(row, of int) bool { return row == of }
	case expr.ExcludeGroup:
		return func(row, of int) bool { return c.peer[row] == c.peer[of] }
	case expr.ExcludeTies:
		return func(row, of int) bool { return row != of && c.peer[row] == c.peer[of] }
	}
	return nil
}

// frames computes the frame of every row.
func (c *windowColumn) frames(ctx context.Context) error {
	c.start, c.end = make([]int32, c.rows), make([]int32, c.rows)
	f := &c.call.Frame
	for i, from := range c.partitions[:len(c.partitions)-1] {
		lo, hi := int(from), int(c.partitions[i+1])
		if err := c.bounds(f.Mode, f.Start, 0, lo, hi, c.start); err != nil {
			return err
		}
		if err := c.bounds(f.Mode, f.End, 1, lo, hi, c.end); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	for i, s := range c.start {
		c.end[i] = max(c.end[i], s)
	}
	return nil
}

// bounds computes the first row of the frames of a partition (side 0) or the row after their last (side 1).
func (c *windowColumn) bounds(mode expr.FrameMode, b expr.Bound, side, lo, hi int, out []int32) error {
	switch {
	case b.Kind == expr.UnboundedPreceding || b.Kind == expr.UnboundedFollowing:
		edge := int32(lo)
		if b.Kind == expr.UnboundedFollowing {
			edge = int32(hi)
		}
		for i := lo; i < hi; i++ {
			out[i] = edge
		}
	case b.Kind == expr.CurrentRow && mode == expr.Rows:
		for i := lo; i < hi; i++ {
			out[i] = int32(i + side)
		}
	case b.Kind == expr.CurrentRow:
		for i := lo; i < hi; i++ {
			out[i] = c.first[int(c.peer[i])+side]
		}
	default:
		return c.shiftedBounds(mode, b, side, lo, hi, out)
	}
	return nil
}

// shiftedBounds computes bounds that are an offset away from the current row.
func (c *windowColumn) shiftedBounds(mode expr.FrameMode, b expr.Bound, side, lo, hi int, out []int32) error {
	what := [...]string{"starting", "ending"}[side]
	near := lo
	for i := lo; i < hi; i++ {
		off := vector.ValueAt(c.offsets[side], i)
		if !off.Valid {
			return sqlerr.New("22004", "frame %s offset must not be null", what)
		}
		if mode == expr.Range {
			var err error
			if near, err = c.rangeBound(b, off, side, lo, hi, i, near); err != nil {
				return err
			}
			out[i] = int32(near)
			continue
		}
		if off.I < 0 {
			return sqlerr.New("22013", "frame %s offset must not be negative", what)
		}
		n := int(min(off.I, int64(hi-lo)))
		if b.Kind == expr.Preceding {
			n = -n
		}
		if mode == expr.Rows {
			out[i] = int32(min(max(i+n+side, lo), hi))
			continue
		}
		switch g := int(c.peer[i]) + n; {
		case g < int(c.peer[lo]):
			out[i] = int32(lo)
		case g > int(c.peer[hi-1]):
			out[i] = int32(hi)
		default:
			out[i] = c.first[g+side]
		}
	}
	return nil
}

// rangeBound finds the first row whose key is within an offset of that of row i, or the row after the last. It looks near a
// row first: the bounds of neighbours are neighbours mostly.
func (c *windowColumn) rangeBound(b expr.Bound, off schema.Value, side, lo, hi, i, near int) (int, error) {
	key, k := c.order[0], c.keys[0]
	if vector.NullAt(key, i) { // NULLs are peers of each other alone
		return int(c.first[int(c.peer[i])+side]), nil
	}
	at := vector.ValueAt(key, i)
	limit, err := functions.Shift(at, off, (b.Kind == expr.Preceding) != k.Descending)
	if err != nil {
		return 0, err
	}
	upward := (side == 0) != k.Descending // of the values from the limit on
	switch {
	case math.IsNaN(limit.F) && !math.IsNaN(at.F):
		// What lies infinitely before infinity is taken for all numbers, as by PostgreSQL.
		limit.F = math.Inf(1)
		if upward {
			limit.F = math.Inf(-1)
		}
	case upward && limit.Type.Kind == schema.Date && off.Type.Kind == schema.Interval && off.Interval().Micros%schema.MicrosPerDay != 0:
		limit.I++ // the limit is within a day, which begins before it
	}
	bound := vector.FromValue(limit, 1)
	// Rows before the frame's start compare less than the limit; rows of the frame's end at most equal.
	return searchNear(lo, hi, near, func(at int) bool {
		r := compareKey(key, at, bound, 0, k.Descending, k.NullsFirst)
		return side == 0 && r >= 0 || side == 1 && r > 0
	}), nil
}

// searchNear returns the first number from lo to hi for which f is true, hi if there is none, as sort.Search does: f is false,
// then true. It widens its steps from a number that may be near.
func searchNear(lo, hi, near int, f func(at int) bool) int {
	near = min(max(near, lo), hi)
	if near < hi && !f(near) {
		lo = near + 1
		for step := 1; lo+step <= hi; step *= 2 {
			if f(lo + step - 1) {
				hi = lo + step - 1
				break
			}
			lo += step
		}
	} else {
		hi = near
		for step := 1; hi-step >= lo; step *= 2 {
			if !f(hi - step) {
				lo = hi - step + 1
				break
			}
			hi -= step
		}
	}
	return lo + sort.Search(hi-lo, func(at int) bool { return f(lo + at) })
}
