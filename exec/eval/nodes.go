package eval

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// inNode tests membership: constants by a hash set (integers and strings) or by search, expressions one by one.
type inNode struct {
	arg     node
	ints    map[int64]struct{}
	strings map[string]struct{}
	set     []schema.Value
	setNull bool
	list    []node
	negated bool
	out     boolOut
	dict    struct {
		id uint64
		in []bool
	}
}

func compileIn(e *expr.In, c *compiler) (node, error) {
	arg, err := compile(e.Arg, c)
	if err != nil {
		return nil, err
	}
	list, err := compileAll(e.List, c)
	n := &inNode{arg: arg, set: e.Set, setNull: e.SetNull, list: list, negated: e.Negated}
	switch e.Arg.Type().Physical() {
	case schema.PhysInt32, schema.PhysInt64:
		n.ints = make(map[int64]struct{}, len(e.Set))
		for _, v := range e.Set {
			n.ints[v.I] = struct{}{}
		}
	case schema.PhysBytes:
		if k := e.Arg.Type().Kind; k != schema.Char && k != schema.JSONB { // equal values of these may have different bytes
			n.strings = make(map[string]struct{}, len(e.Set))
			for _, v := range e.Set {
				n.strings[v.S] = struct{}{}
			}
		}
	}
	return n, err
}

func (n *inNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	if err != nil {
		return nil, err
	}
	list := make([]vector.Vector, len(n.list))
	for i, l := range n.list {
		if list[i], err = l.eval(c, sel); err != nil {
			return nil, err
		}
	}
	out := n.out.reset(c.n)
	member := n.tester(v)
	err = kernel.EachRow(c.n, sel, func(i int) error {
		if vector.NullAt(v, i) {
			if len(n.set) > 0 || n.setNull || len(list) > 0 {
				markNull(out, c.n, i)
			} else {
				out.Values[i] = n.negated
			}
			return nil
		}
		found, null := member(i), n.setNull
		for _, l := range list {
			if found {
				break
			}
			if vector.NullAt(l, i) {
				null = true
			} else {
				found = kernel.Compare(v, i, l, i) == 0
			}
		}
		out.Values[i] = found != n.negated
		if !found && null {
			markNull(out, c.n, i)
		}
		return nil
	})
	return out, err
}

// tester returns the membership test of the constants for the rows of v.
func (n *inNode) tester(v vector.Vector) func(i int) bool {
	switch v := v.(type) {
	case *vector.Dict:
		if n.dict.id != v.ID {
			test := n.tester(v.Values)
			n.dict.id, n.dict.in = v.ID, make([]bool, v.Values.Len())
			for i := range n.dict.in {
				n.dict.in[i] = test(i)
			}
		}
		return func(i int) bool { return n.dict.in[v.Codes[i]] }
	case *vector.Const:
		test := n.tester(v.Value)
		return func(int) bool { return test(0) }
	case *vector.Flat[int32]:
		return func(i int) bool { _, ok := n.ints[int64(v.Values[i])]; return ok }
	case *vector.Flat[int64]:
		return func(i int) bool { _, ok := n.ints[v.Values[i]]; return ok }
	case *vector.Bytes:
		if n.strings != nil {
			return func(i int) bool { _, ok := n.strings[string(v.At(i))]; return ok }
		}
	}
	return func(i int) bool {
		x := vector.ValueAt(v, i)
		_, ok := slices.BinarySearchFunc(n.set, x, func(a, b schema.Value) int { return a.Compare(b) })
		return ok
	}
}

// caseNode evaluates conditions in order, each for the rows that are left.
type caseNode struct {
	conds, results []node
	otherwise      node
	typ            schema.Type
	s              selector
}

func compileCase(e *expr.Case, c *compiler) (node, error) {
	n := &caseNode{typ: e.Type()}
	for _, w := range e.Whens {
		cond, err := compile(w.Cond, c)
		if err != nil {
			return nil, err
		}
		result, err := compile(w.Result, c)
		if err != nil {
			return nil, err
		}
		n.conds, n.results = append(n.conds, cond), append(n.results, result)
	}
	var err error
	n.otherwise, err = compile(e.Else, c)
	return n, err
}

func (n *caseNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	left := allRows(c.n, sel)
	m := newMerger(n.typ, c.n)
	for i, cond := range n.conds {
		if len(left) == 0 {
			break
		}
		hit, err := n.s.pick(cond, c, left, make([]uint32, 0, len(left)))
		if err != nil {
			return nil, err
		}
		if len(hit) == 0 {
			continue
		}
		v, err := n.results[i].eval(c, hit)
		if err != nil {
			return nil, err
		}
		m.add(v, hit)
		left = without(left, hit)
	}
	if len(left) > 0 {
		v, err := n.otherwise.eval(c, left)
		if err != nil {
			return nil, err
		}
		m.add(v, left)
	}
	return m.result(), nil
}

// allRows is sel, or all rows spelled out.
func allRows(n int, sel []uint32) []uint32 {
	if sel != nil {
		return sel
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

// without returns the rows of a that are not in b; both ascend.
func without(a, b []uint32) []uint32 {
	out := make([]uint32, 0, len(a)-len(b))
	for _, r := range a {
		if len(b) > 0 && b[0] == r {
			b = b[1:]
			continue
		}
		out = append(out, r)
	}
	return out
}

// merger puts values of several vectors into the rows of one.
type merger struct {
	typ   schema.Type
	n     int
	parts []vector.Vector
	part  []int32 // of each row; -1 is none
}

func newMerger(t schema.Type, n int) *merger {
	m := &merger{typ: t, n: n, part: make([]int32, n)}
	for i := range m.part {
		m.part[i] = -1
	}
	return m
}

func (m *merger) add(v vector.Vector, rows []uint32) {
	// A later evaluation may reuse the memory of this one: what is not the first part is safe only if it is kept.
	for _, r := range rows {
		m.part[r] = int32(len(m.parts))
	}
	if _, ok := v.(*vector.Const); !ok && len(rows) < m.n {
		v = vector.CloneRows(v, nil)
	}
	m.parts = append(m.parts, v)
}

func (m *merger) result() vector.Vector {
	if len(m.parts) == 1 && !slices.Contains(m.part, -1) {
		return m.parts[0]
	}
	b := vector.NewBuilder(m.typ, m.n)
	run := make([]uint32, 0, 64)
	flush := func(p int32) {
		if len(run) == 0 {
			return
		}
		if p < 0 {
			for range run {
				b.AppendNull()
			}
		} else {
			b.AppendRows(m.parts[p], run)
		}
		run = run[:0]
	}
	last := int32(-2)
	for i, p := range m.part {
		if p != last {
			flush(last)
			last = p
		}
		run = append(run, uint32(i))
	}
	flush(last)
	return b.Build()
}

type coalesceNode struct {
	args []node
	typ  schema.Type
}

func (n *coalesceNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	left := allRows(c.n, sel)
	m := newMerger(n.typ, c.n)
	for i, a := range n.args {
		v, err := a.eval(c, left)
		if err != nil {
			return nil, err
		}
		if i == len(n.args)-1 {
			m.add(v, left)
			break
		}
		var hit []uint32
		for _, r := range left {
			if !vector.NullAt(v, int(r)) {
				hit = append(hit, r)
			}
		}
		m.add(v, hit)
		if left = without(left, hit); len(left) == 0 {
			break
		}
	}
	return m.result(), nil
}

type castNode struct {
	arg  node
	typ  schema.Type
	try  bool
	env  *functions.Env
	memo functions.Memo
	once dictOnce
}

func (n *castNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	switch {
	case err == nil:
		return n.cast(c, v, sel)
	case n.try && aboutData(err):
		return tryParts(c, sel, n.typ, func(rows []uint32) (vector.Vector, error) {
			v, err := n.arg.eval(c, rows)
			if err != nil {
				return nil, err
			}
			return n.cast(c, v, rows)
		})
	}
	return nil, err
}

func (n *castNode) cast(c *call, v vector.Vector, sel []uint32) (vector.Vector, error) {
	return n.once.apply(v, c.n, sel, func(v vector.Vector, rows int, sel []uint32, memo *functions.Memo) (vector.Vector, error) {
		return functions.Cast(&functions.Call{Ctx: c.ctx, Env: n.env, Args: []vector.Vector{v}, N: rows, Sel: sel, Type: n.typ, Memo: memo}, n.try)
	}, &n.memo)
}
