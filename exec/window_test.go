package exec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

func windowCall(t testing.TB, name string, frame expr.Frame, args ...expr.Expr) expr.WindowCall {
	r := func() *expr.Resolved {
		var list []expr.Arg
		for _, a := range args {
			list = append(list, expr.Arg{Type: a.Type()})
		}
		if r, err := registry.Resolve(expr.WindowFunction, name, list); err == nil {
			return r
		}
		return resolve(t, expr.Aggregate, name, args...)
	}()
	return expr.WindowCall{Fn: r.Fn, Args: args, Frame: frame, Typ: r.Result}
}

func offset(n int64) expr.Expr { return &expr.Const{Value: schema.IntValue(bigType, n)} }

// frames are one of each kind that the oracle below knows: by rows, groups and the values of the order key.
func frames() map[string]expr.Frame {
	current, start, end := expr.Bound{Kind: expr.CurrentRow}, expr.Bound{Kind: expr.UnboundedPreceding}, expr.Bound{Kind: expr.UnboundedFollowing}
	before := func(n int64) expr.Bound { return expr.Bound{Kind: expr.Preceding, Offset: offset(n)} }
	after := func(n int64) expr.Bound { return expr.Bound{Kind: expr.Following, Offset: offset(n)} }
	return map[string]expr.Frame{
		"running range":   {Mode: expr.Range, Start: start, End: current},
		"running rows":    {Mode: expr.Rows, Start: start, End: current},
		"remaining rows":  {Mode: expr.Rows, Start: current, End: end},
		"all":             {Mode: expr.Rows, Start: start, End: end},
		"sliding rows":    {Mode: expr.Rows, Start: before(2), End: after(1)},
		"past rows":       {Mode: expr.Rows, Start: before(4), End: before(2)},
		"future rows":     {Mode: expr.Rows, Start: after(1), End: after(3)},
		"groups":          {Mode: expr.Groups, Start: before(1), End: after(1)},
		"range":           {Mode: expr.Range, Start: before(2), End: after(1)},
		"without current": {Mode: expr.Rows, Start: before(3), End: after(3), Exclude: expr.ExcludeCurrentRow},
		"without group":   {Mode: expr.Rows, Start: start, End: end, Exclude: expr.ExcludeGroup},
		"without ties":    {Mode: expr.Groups, Start: before(1), End: current, Exclude: expr.ExcludeTies},
	}
}

// windowCase has columns partition (text), order (bigint), value (integer) and the row's number.
type windowCase struct {
	rows  []row // sorted by partition, order and number
	frame expr.Frame
	desc  bool
}

// peers returns the bounds of the rows from lo to hi that have row i's order key.
func (c *windowCase) peers(lo, hi, i int) (int, int) {
	from, to := i, i+1
	for from > lo && c.rows[from-1][1].Compare(c.rows[i][1]) == 0 {
		from--
	}
	for to < hi && c.rows[to][1].Compare(c.rows[i][1]) == 0 {
		to++
	}
	return from, to
}

// inFrame reports whether row j of the partition from lo to hi is in the frame of row i, by the definition of each mode.
func (c *windowCase) inFrame(lo, hi, i, j int) bool {
	pos := func(k int) (group int) {
		for at := lo; at < k; {
			_, to := c.peers(lo, hi, at)
			if to > k {
				break
			}
			at, group = to, group+1
		}
		return group
	}
	after := func(b expr.Bound, start bool) bool { // is j on the inner side of the bound
		sign := 1
		if !start {
			sign = -1
		}
		n := 0
		if b.Offset != nil {
			n = int(b.Offset.(*expr.Const).Value.I)
		}
		switch b.Kind {
		case expr.UnboundedPreceding, expr.UnboundedFollowing:
			return true
		case expr.Preceding:
			n = -n
		}
		switch c.frame.Mode {
		case expr.Rows:
			return sign*(j-(i+n)) >= 0
		case expr.Groups:
			return sign*(pos(j)-(pos(i)+n)) >= 0
		}
		x, y := c.rows[i][1], c.rows[j][1]
		if !x.Valid || !y.Valid {
			if x.Valid != y.Valid { // an infinite distance
				return false
			}
			return true
		}
		d := y.I - x.I
		if c.desc {
			d = -d
		}
		return int64(sign)*(d-int64(n)) >= 0
	}
	if !after(c.frame.Start, true) || !after(c.frame.End, false) {
		return false
	}
	from, to := c.peers(lo, hi, i)
	switch c.frame.Exclude {
	case expr.ExcludeCurrentRow:
		return j != i
	case expr.ExcludeGroup:
		return j < from || j >= to
	case expr.ExcludeTies:
		return j == i || j < from || j >= to
	}
	return true
}

func (c *windowCase) want() []row {
	var out []row
	for lo := 0; lo < len(c.rows); {
		hi := lo + 1
		for hi < len(c.rows) && c.rows[hi][0].Compare(c.rows[lo][0]) == 0 {
			hi++
		}
		for i := lo; i < hi; i++ {
			var sum, count int64
			first := schema.NullOf(intType)
			distinct := map[int64]bool{}
			begun := false
			for j := lo; j < hi; j++ {
				if !c.inFrame(lo, hi, i, j) {
					continue
				}
				v := c.rows[j][2]
				if !begun {
					first, begun = v, true
				}
				if v.Valid {
					sum, count = sum+v.I, count+1
					distinct[v.I] = true
				}
			}
			total := schema.NullOf(bigType)
			if count > 0 {
				total = schema.IntValue(bigType, sum)
			}
			from, _ := c.peers(lo, hi, i)
			lag := schema.NullOf(intType)
			if i-1 >= lo {
				lag = c.rows[i-1][2]
			}
			number := func(n int) schema.Value { return schema.IntValue(bigType, int64(n)) }
			out = append(out, append(slices.Clone(c.rows[i]), total, number(int(count)), number(len(distinct)), first, number(i-lo+1), number(from-lo+1), lag))
		}
		lo = hi
	}
	return out
}

func TestWindows(t *testing.T) {
	for name, frame := range frames() {
		for _, desc := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/desc=%v", name, desc), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(len(name)), 0))
				for k, s := range setups {
					testWindow(t, r, s, frame, desc, 30+60*k, false)
					testWindow(t, r, s, frame, desc, 30+60*k, true)
				}
			})
		}
	}
}

// testWindow compares calls over n rows with their definition. With many the plan is that of many rows, whose partitions are
// spread over the workers: no two rows have the same order key then, so that there is one answer.
func testWindow(t *testing.T, r *rand.Rand, s setup, frame expr.Frame, desc bool, n int, many bool) {
	rel := relation{types: []schema.Type{textType, bigType, intType}}
	keys := r.Perm(n)
	for i := range n {
		order := schema.IntValue(bigType, r.Int64N(12))
		if many {
			order = schema.IntValue(bigType, int64(keys[i]))
		} else if frame.Mode != expr.Range && r.IntN(6) == 0 {
			order = schema.NullOf(bigType)
		}
		rel.rows = append(rel.rows, row{randomValue(r, textType, 4), order, randomValue(r, intType, 9)})
	}
	rel = numbered(rel)
	// The number makes the order total for ROWS; RANGE and GROUPS need ties.
	order := []expr.SortKey{{Expr: ref(1, bigType), Descending: desc}}
	all := append([]expr.SortKey{{Expr: ref(0, textType)}}, order...)
	all = append(all, expr.SortKey{Expr: ref(3, bigType)})
	c := &windowCase{rows: sorted(rel.rows, all), frame: frame, desc: desc}
	value := ref(2, intType)
	count := windowCall(t, "count", frame, value)
	once := windowCall(t, "count", frame, value)
	once.Distinct = true
	calls := []expr.WindowCall{windowCall(t, "sum", frame, value), count, once, windowCall(t, "first_value", frame, value),
		windowCall(t, "row_number", frame), windowCall(t, "rank", frame), windowCall(t, "lag", frame, value)}
	types := append(slices.Clone(rel.types), bigType, bigType, bigType, intType, bigType, bigType, intType)
	sorted := relation{types: rel.types, rows: c.rows} // so that ties come in the order of their numbers
	if !many {
		s.workers = 1
	}
	p := &plan{t: t, setup: s}
	input := p.scan(sorted)
	if many {
		input.P.Rows = 1e6
	}
	got, err := p.run(&physical.Window{P: p.props(types...), Input: input, Partition: refs(rel.types, 0), Order: order, Calls: calls})
	if err != nil {
		t.Fatal(err)
	}
	byNumber := func(rows []row) []row {
		sort.SliceStable(rows, func(i, j int) bool { return rows[i][3].I < rows[j][3].I })
		return rows
	}
	inOrder(t, byNumber(got), byNumber(c.want()))
}

func TestWindowWithoutPartition(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(1, 0)), 5000, 10, intType))
	frame := frames()["running rows"]
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		got, err := p.run(&physical.Window{P: p.props(intType, bigType, bigType), Input: p.scan(rel),
			Order: []expr.SortKey{{Expr: ref(1, bigType)}}, Calls: []expr.WindowCall{windowCall(t, "row_number", frame)}})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got {
			if r[1].I != int64(i) || r[2].I != int64(i+1) {
				t.Fatalf("%s: row %d is %s", s, i, text(r))
			}
		}
	}
}

// TestWindowsOfLongFrames has frames that are put together from nodes of several levels, and more of them than are computed at
// once. The order is by the rows' numbers, so that a frame is told by positions.
func TestWindowsOfLongFrames(t *testing.T) {
	const rows, parts = 9000, 3
	current, first, last := expr.Bound{Kind: expr.CurrentRow}, expr.Bound{Kind: expr.UnboundedPreceding}, expr.Bound{Kind: expr.UnboundedFollowing}
	before := func(n int64) expr.Bound { return expr.Bound{Kind: expr.Preceding, Offset: offset(n)} }
	after := func(n int64) expr.Bound { return expr.Bound{Kind: expr.Following, Offset: offset(n)} }
	for name, f := range map[string]struct {
		frame    expr.Frame
		from, to int // relative to the row; to is in the frame
	}{
		"running":   {expr.Frame{Mode: expr.Rows, Start: first, End: current}, -rows, 0},
		"remaining": {expr.Frame{Mode: expr.Rows, Start: current, End: last}, 0, rows},
		"moving":    {expr.Frame{Mode: expr.Rows, Start: before(300), End: after(77)}, -300, 77},
		"wide":      {expr.Frame{Mode: expr.Range, Start: before(2500), End: before(3)}, -2500, -3},
		"ahead":     {expr.Frame{Mode: expr.Groups, Start: after(16), End: after(96)}, 16, 96},
		"all":       {expr.Frame{Mode: expr.Rows, Start: first, End: last}, -rows, rows},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(6, uint64(len(name))))
			rel := relation{types: []schema.Type{intType, intType, boolType}}
			for i := range rows {
				rel.rows = append(rel.rows, row{schema.IntValue(intType, int64(i*parts/rows)), randomValue(r, intType, 1000), randomValue(r, boolType, 3)})
			}
			rel = numbered(rel)
			value := ref(1, intType)
			filtered := windowCall(t, "sum", f.frame, value)
			filtered.Filter = ref(2, boolType)
			calls := []expr.WindowCall{windowCall(t, "sum", f.frame, value), filtered, windowCall(t, "min", f.frame, value), windowCall(t, "count", f.frame, value)}
			for _, s := range []setup{setups[0], setups[4]} {
				p := &plan{t: t, setup: s}
				got, err := p.run(&physical.Window{P: p.props(append(slices.Clone(rel.types), bigType, bigType, intType, bigType)...), Input: p.scan(rel),
					Partition: refs(rel.types, 0), Order: []expr.SortKey{{Expr: ref(3, bigType)}}, Calls: calls})
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != rows {
					t.Fatalf("%s: got %d rows, want %d", s, len(got), rows)
				}
				for i, x := range got {
					if i%97 != 0 && i > 200 {
						continue // each takes a walk through the frame
					}
					lo, hi := i*parts/rows*rows/parts, (i*parts/rows+1)*rows/parts
					want := longFrameOf(rel.rows[max(lo, i+f.from):max(min(hi, i+f.to+1), max(lo, i+f.from))])
					if text(x[4:]) != text(want) {
						t.Fatalf("%s: row %d has %s, want %s", s, i, text(x[4:]), text(want))
					}
				}
			}
		})
	}
}

// longFrameOf computes sum, sum of the rows whose third column is true, min and count over a frame.
func longFrameOf(rows []row) row {
	sum, some, least, n := schema.NullOf(bigType), schema.NullOf(bigType), schema.NullOf(intType), int64(0)
	for _, x := range rows {
		v := x[1]
		if !v.Valid {
			continue
		}
		n++
		sum = schema.IntValue(bigType, sum.I+v.I)
		if x[2].Valid && x[2].I != 0 {
			some = schema.IntValue(bigType, some.I+v.I)
		}
		if !least.Valid || v.I < least.I {
			least = v
		}
	}
	return row{sum, some, least, schema.IntValue(bigType, n)}
}

// TestNullsThatAreIgnored compares functions of rows around the current one with their definition: NULLs count as no rows.
func TestNullsThatAreIgnored(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	rel := relation{types: []schema.Type{intType, intType}}
	const rows, parts = 600, 4
	for i := range rows {
		v := schema.NullOf(intType)
		if r.IntN(3) == 0 {
			v = randomValue(r, intType, 50)
		}
		rel.rows = append(rel.rows, row{schema.IntValue(intType, int64(i*parts/rows)), v})
	}
	rel = numbered(rel)
	value := ref(1, intType)
	frame := expr.Frame{Mode: expr.Rows, Start: expr.Bound{Kind: expr.Preceding, Offset: offset(9)}, End: expr.Bound{Kind: expr.Following, Offset: offset(5)}}
	calls := []expr.WindowCall{windowCall(t, "lag", frame, value), windowCall(t, "lead", frame, value, offset(2)), windowCall(t, "lag", frame, value, offset(0)),
		windowCall(t, "first_value", frame, value), windowCall(t, "last_value", frame, value), windowCall(t, "nth_value", frame, value, offset(3))}
	for i := range calls {
		calls[i].IgnoreNulls = true
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		types := append(slices.Clone(rel.types), intType, intType, intType, intType, intType, intType)
		got, err := p.run(&physical.Window{P: p.props(types...), Input: p.scan(rel), Partition: refs(rel.types, 0),
			Order: []expr.SortKey{{Expr: ref(2, bigType)}}, Calls: calls})
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range got {
			lo, hi := i*parts/rows*rows/parts, (i*parts/rows+1)*rows/parts
			around := rel.rows[max(lo, i-9):min(hi, i+6)]
			backwards := slices.Clone(around)
			slices.Reverse(backwards)
			before := slices.Clone(rel.rows[lo:i])
			slices.Reverse(before)
			want := row{nthKnown(before, 1), nthKnown(rel.rows[i+1:hi], 2), rel.rows[i][1], nthKnown(around, 1), nthKnown(backwards, 1), nthKnown(around, 3)}
			if text(x[3:]) != text(want) {
				t.Fatalf("%s: row %d has %s, want %s", s, i, text(x[3:]), text(want))
			}
		}
	}
}

// nthKnown returns the n-th value of the second column that is not NULL.
func nthKnown(rows []row, n int) schema.Value {
	for _, x := range rows {
		if x[1].Valid {
			if n--; n == 0 {
				return x[1]
			}
		}
	}
	return schema.NullOf(intType)
}
