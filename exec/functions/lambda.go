package functions

import (
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// maxRun is how many elements of arrays a lambda is evaluated for at a time, unless a single row has more: a constant array
// is not repeated for all rows of a batch.
const maxRun = 1 << 16

// overElements makes a kernel of one that evaluates lambdas over the elements of its arguments. That one sees all rows of a
// call, without a selection, and arrays that hold the elements of its rows and no others, so that the body of a lambda is
// evaluated for wanted elements only.
func overElements(k Kernel) Kernel {
	return func(c *Call) (vector.Vector, error) {
		weight := elementCounts(c)
		total := 0
		if c.Sel == nil {
			for i := range c.N {
				total += weight(i)
			}
			if (total <= maxRun || c.N == 1) && allTight(c.Args) {
				run := *c
				run.Args = flatArgs(c.Args)
				return k(&run)
			}
		}
		out := vector.NewBuilder(c.Type, c.N)
		var rows []uint32
		total = 0
		flush := func() error {
			if len(rows) == 0 {
				return nil
			}
			v, err := k(c.part(rows))
			if err != nil {
				return err
			}
			spread(out, v, rows)
			rows, total = rows[:0], 0
			return nil
		}
		err := kernel.EachRow(c.N, c.Sel, func(i int) error {
			n := weight(i)
			if total+n > maxRun {
				if err := flush(); err != nil {
					return err
				}
			}
			rows, total = append(rows, uint32(i)), total+n
			return nil
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return nil, err
		}
		for out.Len() < c.N {
			out.AppendNull()
		}
		return out.Build(), nil
	}
}

// spread appends the rows of v as the given rows of out, and NULL for those between.
func spread(out *vector.Builder, v vector.Vector, rows []uint32) {
	for i, r := range rows {
		for out.Len() < int(r) {
			out.AppendNull()
		}
		if i == 0 && int(rows[len(rows)-1]-r) == len(rows)-1 {
			out.AppendRows(v, nil)
			return
		}
		out.AppendRows(v, []uint32{uint32(i)})
	}
}

// elementCounts returns how many elements the arrays and maps among the arguments have in a row.
func elementCounts(c *Call) func(i int) int {
	var lists []*vector.List
	fixed := 0
	for _, a := range c.Args {
		switch a := a.(type) {
		case *vector.List:
			lists = append(lists, a)
		case *vector.Const:
			if l, ok := a.Value.(*vector.List); ok {
				fixed += int(l.Offsets[1] - l.Offsets[0])
			}
		}
	}
	return func(i int) int {
		n := fixed
		for _, l := range lists {
			n += int(l.Offsets[i+1] - l.Offsets[i])
		}
		return n
	}
}

// allTight reports whether the arrays hold the elements of their rows, in order, and no others.
func allTight(args []vector.Vector) bool {
	for _, a := range args {
		l, ok := a.(*vector.List)
		if !ok {
			continue
		}
		if l.Offsets[0] != 0 || int(l.Offsets[l.Len()]) != l.Children[0].Len() {
			return false
		}
		for i := range l.Len() {
			if l.Null.Get(i) && l.Offsets[i] != l.Offsets[i+1] {
				return false
			}
		}
	}
	return true
}

func flatArgs(args []vector.Vector) []vector.Vector {
	out := make([]vector.Vector, len(args))
	for i, a := range args {
		if a != nil {
			out[i] = kernel.Flatten(a)
		}
	}
	return out
}

// part returns the call for the given rows alone.
func (c *Call) part(rows []uint32) *Call {
	out := *c
	out.N, out.Sel = len(rows), nil
	out.Args = make([]vector.Vector, len(c.Args))
	for i, a := range c.Args {
		if a != nil {
			out.Args[i] = kernel.Flatten(vector.CloneRows(a, rows))
		}
	}
	out.Lambdas = make([]Lambda, len(c.Lambdas))
	for i, l := range c.Lambdas {
		if l == nil {
			continue
		}
		out.Lambdas[i] = func(params []vector.Vector, n int, of []uint32) (vector.Vector, error) {
			mapped := make([]uint32, len(of))
			for j, r := range of {
				mapped[j] = rows[r]
			}
			return l(params, n, mapped)
		}
	}
	return &out
}

// elementRows returns the row of each element of a list.
func elementRows(l *vector.List) []uint32 {
	out := make([]uint32, 0, l.Children[0].Len())
	for i := range l.Len() {
		for range l.Offsets[i+1] - l.Offsets[i] {
			out = append(out, uint32(i))
		}
	}
	return out
}

// eachElement evaluates lambda i of the call once for each element of a list, or each entry of a map.
func (c *Call) eachElement(i int, l *vector.List) (vector.Vector, error) {
	return c.Lambdas[i](l.Children, l.Children[0].Len(), elementRows(l))
}

// truths returns the truth of a lambda's results.
func truths(v vector.Vector) kernel.Col[bool] {
	col := kernel.FlatCol[bool](v, nil)
	if col.AllNull {
		col.Null = kernel.Nulls(v, v.Len())
	}
	return col
}
