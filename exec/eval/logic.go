package eval

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// boolOut is the boolean result of a node.
type boolOut struct{ v vector.Flat[bool] }

func (o *boolOut) reset(n int) *vector.Flat[bool] {
	o.v.Typ = schema.T(schema.Boolean)
	o.v.Values = kernel.Grow(&o.v.Values, n)
	o.v.Null = nil
	return &o.v
}

func markNull(f *vector.Flat[bool], n, i int) {
	if f.Null == nil {
		f.Null = vector.NewBitmap(n)
	}
	f.Null.Set(i)
}

// compareNode compares two expressions.
type compareNode struct {
	op   expr.CompareOp
	l, r node
	out  boolOut
	rows []uint32
	s    kernel.Scratch
}

func compileCompare(e *expr.Compare, c *compiler) (node, error) {
	l, err := compile(e.Left, c)
	if err != nil {
		return nil, err
	}
	r, err := compile(e.Right, c)
	return &compareNode{op: e.Op, l: l, r: r}, err
}

func (n *compareNode) args(c *call, sel []uint32) (l, r vector.Vector, err error) {
	if l, err = n.l.eval(c, sel); err != nil {
		return nil, nil, err
	}
	r, err = n.r.eval(c, sel)
	return l, r, err
}

func (n *compareNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	l, r, err := n.args(c, sel)
	if err != nil {
		return nil, err
	}
	out := n.out.reset(c.n)
	clear(out.Values)
	n.rows = kernel.SelectCompare(n.op, l, r, c.n, sel, n.rows[:0], &n.s)
	for _, i := range n.rows {
		out.Values[i] = true
	}
	if n.op != expr.Distinct && n.op != expr.NotDistinct {
		out.Null = kernel.UnionNulls(nil, c.n, l, r)
	}
	return out, nil
}

func (n *compareNode) pick(c *call, sel, out []uint32) ([]uint32, error) {
	l, r, err := n.args(c, sel)
	if err != nil {
		return nil, err
	}
	return kernel.SelectCompare(n.op, l, r, c.n, sel, out, &n.s), nil
}

// picker is a node that yields a selection directly.
type picker interface {
	pick(c *call, sel, out []uint32) ([]uint32, error)
}

// selector evaluates predicates to selections.
type selector struct{}

// pick appends the rows of sel for which n is true to out.
func (selector) pick(n node, c *call, sel, out []uint32) ([]uint32, error) {
	if p, ok := n.(picker); ok {
		return p.pick(c, sel, out)
	}
	v, err := n.eval(c, sel)
	if err != nil {
		return nil, err
	}
	return trueRows(v, c.n, sel, out), nil
}

// trueRows appends the selected rows that are true.
func trueRows(v vector.Vector, n int, sel, out []uint32) []uint32 {
	switch v := v.(type) {
	case *vector.Const:
		if v.IsNull() || !v.Value.(*vector.Flat[bool]).Values[0] {
			return out
		}
		if sel != nil {
			return append(out, sel...)
		}
		for i := range n {
			out = append(out, uint32(i))
		}
		return out
	case *vector.Dict:
		vals := v.Values.(*vector.Flat[bool])
		in := vector.NewBitmap(len(vals.Values))
		for i, b := range vals.Values {
			if b {
				in.Set(i)
			}
		}
		return kernel.SelectCodes(v, in, n, sel, out)
	}
	f := v.(*vector.Flat[bool])
	if sel == nil {
		for i, b := range f.Values {
			if b && !f.Null.Get(i) {
				out = append(out, uint32(i))
			}
		}
		return out
	}
	for _, i := range sel {
		if f.Values[i] && !f.Null.Get(int(i)) {
			out = append(out, i)
		}
	}
	return out
}

// logicNode is AND or OR. Later arguments are evaluated only for rows that earlier ones did not decide.
type logicNode struct {
	args []node
	and  bool
	out  boolOut
	s    selector
	bufs [2][]uint32
	rest []uint32
}

// pick of AND narrows the selection argument by argument. Of OR it adds what the next argument finds among the rest.
func (n *logicNode) pick(c *call, sel, out []uint32) ([]uint32, error) {
	if !n.and {
		return n.pickOr(c, sel, out)
	}
	cur := sel
	for i, a := range n.args {
		if i == len(n.args)-1 {
			return n.s.pick(a, c, cur, out)
		}
		buf := &n.bufs[i%2]
		next, err := n.s.pick(a, c, cur, (*buf)[:0])
		if err != nil {
			return nil, err
		}
		if len(next) == 0 {
			return out, nil
		}
		*buf, cur = next, next
	}
	return out, nil
}

func (n *logicNode) pickOr(c *call, sel, out []uint32) ([]uint32, error) {
	v, err := n.eval(c, sel)
	if err != nil {
		return nil, err
	}
	return trueRows(v, c.n, sel, out), nil
}

func (n *logicNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	out := n.out.reset(c.n)
	for i := range out.Values {
		out.Values[i] = n.and
	}
	cur := sel
	for k, a := range n.args {
		v, err := a.eval(c, cur)
		if err != nil {
			return nil, err
		}
		rest := n.rest[:0]
		err = kernel.EachRow(c.n, cur, func(i int) error {
			switch {
			case vector.NullAt(v, i):
				markNull(out, c.n, i)
			case boolAt(v, i) != n.and:
				out.Values[i] = !n.and
				if out.Null != nil {
					out.Null.Clear(i)
				}
				return nil
			}
			rest = append(rest, uint32(i))
			return nil
		})
		if err != nil {
			return nil, err
		}
		if k < len(n.args)-1 {
			if len(rest) == 0 {
				break
			}
			// The rows are kept apart, because the buffer is filled again while they are read.
			n.bufs[k%2] = append(n.bufs[k%2][:0], rest...)
			cur, n.rest = n.bufs[k%2], rest
		}
	}
	return out, nil
}

func boolAt(v vector.Vector, i int) bool {
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return v.Values[i]
	case *vector.Const:
		return v.Value.(*vector.Flat[bool]).Values[0]
	case *vector.Dict:
		return v.Values.(*vector.Flat[bool]).Values[v.Codes[i]]
	}
	return false
}

type notNode struct {
	arg node
	out boolOut
}

func (n *notNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	if err != nil {
		return nil, err
	}
	out := n.out.reset(c.n)
	out.Null = kernel.Nulls(v, c.n)
	if f, ok := v.(*vector.Flat[bool]); ok {
		for i, b := range f.Values {
			out.Values[i] = !b
		}
		return out, nil
	}
	for i := range out.Values {
		out.Values[i] = !boolAt(v, i)
	}
	return out, nil
}

type isNullNode struct {
	arg     node
	negated bool
	out     boolOut
}

func (n *isNullNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	if err != nil {
		return nil, err
	}
	out := n.out.reset(c.n)
	null := kernel.Nulls(v, c.n)
	for i := range out.Values {
		out.Values[i] = null.Get(i) != n.negated
	}
	if s, ok := v.(*vector.Struct); ok {
		rowNulls(s, out, n.negated)
	}
	return out, nil
}

// rowNulls is PostgreSQL's rule for rows: IS NULL when all fields are, IS NOT NULL when none is.
func rowNulls(s *vector.Struct, out *vector.Flat[bool], negated bool) {
	for i := range s.N {
		if s.Null.Get(i) {
			continue
		}
		holds := true
		for _, ch := range s.Children {
			holds = holds && vector.NullAt(ch, i) != negated
		}
		out.Values[i] = holds
	}
}
