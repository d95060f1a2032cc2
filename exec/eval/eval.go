package eval

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Options are what an evaluation knows of the statement and the session.
type Options struct {
	Location *time.Location
	Start    time.Time
	Dialect  string
	Session  functions.Session
	// Outer holds the values of the columns of enclosing queries, which Apply sets; nil outside one.
	Outer *Outer
}

// Env returns the options as functions see them.
func (o Options) Env() *functions.Env {
	loc := o.Location
	if loc == nil {
		loc = time.UTC
	}
	return &functions.Env{Location: loc, Start: o.Start, Dialect: o.Dialect, Session: o.Session}
}

// Outer is the values of correlated columns. It is set between evaluations, by the operator that evaluates.
type Outer struct {
	parent *Outer
	values map[expr.ColumnID]schema.Value
}

// NewOuter returns an empty set inside another, which may be nil.
func NewOuter(parent *Outer) *Outer {
	return &Outer{parent: parent, values: map[expr.ColumnID]schema.Value{}}
}

// Set gives a column its value.
func (o *Outer) Set(id expr.ColumnID, v schema.Value) { o.values[id] = v }

func (o *Outer) get(id expr.ColumnID) (schema.Value, bool) {
	for ; o != nil; o = o.parent {
		if v, ok := o.values[id]; ok {
			return v, true
		}
	}
	return schema.Value{}, false
}

// Evaluator computes an expression. It is not safe for concurrent use.
type Evaluator struct {
	root node
	call call
	s    selector
	sel  []uint32
}

// call is one evaluation.
type call struct {
	ctx     context.Context //nolint:containedctx // of this one evaluation
	cols    []vector.Vector
	n       int
	lambdas map[lambdaKey]vector.Vector
}

type lambdaKey struct{ id, index int }

// node is a compiled expression. eval returns n rows of which those in sel (nil: all) have a value.
type node interface {
	eval(c *call, sel []uint32) (vector.Vector, error)
}

// Compile compiles an expression over InputRefs.
func Compile(e expr.Expr, o Options) (*Evaluator, error) {
	root, err := compile(e, &compiler{o: o, env: o.Env()})
	if err != nil {
		return nil, err
	}
	return &Evaluator{root: root}, nil
}

// Eval computes the expression for the selected rows of a batch.
func (e *Evaluator) Eval(ctx context.Context, b *vector.Batch) (vector.Vector, error) {
	return e.EvalRows(ctx, b.Cols, b.Len, b.Sel)
}

// EvalRows is Eval over columns and a selection.
func (e *Evaluator) EvalRows(ctx context.Context, cols []vector.Vector, n int, sel []uint32) (vector.Vector, error) {
	e.call = call{ctx: ctx, cols: cols, n: n}
	return e.root.eval(&e.call, sel)
}

// Select returns the rows among sel (nil: all n) for which the expression, a boolean, is true. The result is never nil and
// valid until the next call.
func (e *Evaluator) Select(ctx context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	e.call = call{ctx: ctx, cols: cols, n: n}
	out, err := e.s.pick(e.root, &e.call, sel, e.sel[:0])
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = make([]uint32, 0, 8)
	}
	e.sel = out
	return out, nil
}

type compiler struct {
	o   Options
	env *functions.Env
}

func compileAll(es []expr.Expr, c *compiler) ([]node, error) {
	out := make([]node, len(es))
	for i, e := range es {
		var err error
		if out[i], err = compile(e, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func compile(e expr.Expr, c *compiler) (node, error) {
	switch e := e.(type) {
	case *expr.InputRef:
		return &inputNode{index: e.Index}, nil
	case *expr.Const:
		return &constNode{v: vector.FromValue(e.Value, 0)}, nil
	case *expr.Compare:
		return compileCompare(e, c)
	case *expr.And:
		args, err := compileAll(e.Args, c)
		return &logicNode{args: args, and: true}, err
	case *expr.Or:
		args, err := compileAll(e.Args, c)
		return &logicNode{args: args}, err
	case *expr.Not:
		arg, err := compile(e.Arg, c)
		return &notNode{arg: arg}, err
	case *expr.IsNull:
		arg, err := compile(e.Arg, c)
		return &isNullNode{arg: arg, negated: e.Negated}, err
	case *expr.In:
		return compileIn(e, c)
	case *expr.Case:
		return compileCase(e, c)
	case *expr.Coalesce:
		args, err := compileAll(e.Args, c)
		return &coalesceNode{args: args, typ: e.Type()}, err
	case *expr.Cast:
		arg, err := compile(e.Arg, c)
		return &castNode{arg: arg, typ: e.Typ, try: e.Try, env: c.env}, err
	case *expr.Call:
		return compileCall(e, c)
	case *expr.LambdaRef:
		return &lambdaRefNode{key: lambdaKey{e.ID, e.Index}}, nil
	case *expr.Field:
		arg, err := compile(e.Arg, c)
		return &fieldNode{arg: arg, index: e.Index}, err
	case *expr.MakeRow:
		args, err := compileAll(e.Args, c)
		return &rowNode{args: args, typ: e.Typ}, err
	case *expr.MakeArray:
		args, err := compileAll(e.Args, c)
		return &arrayNode{args: args, typ: e.Typ}, err
	case *expr.OuterRef:
		return &outerNode{id: e.ID, typ: e.Typ, outer: c.o.Outer}, nil
	}
	return nil, sqlerr.New(sqlerr.InternalError, "expression %s cannot be evaluated", e)
}

type inputNode struct{ index int }

func (n *inputNode) eval(c *call, _ []uint32) (vector.Vector, error) { return c.cols[n.index], nil }

// constNode returns a constant of the batch's length.
type constNode struct{ v *vector.Const }

func (n *constNode) eval(c *call, _ []uint32) (vector.Vector, error) {
	if n.v.N != c.n {
		n.v = &vector.Const{Value: n.v.Value, N: c.n}
	}
	return n.v, nil
}

type outerNode struct {
	id    expr.ColumnID
	typ   schema.Type
	outer *Outer
}

func (n *outerNode) eval(c *call, _ []uint32) (vector.Vector, error) {
	v, ok := n.outer.get(n.id)
	if !ok {
		return nil, sqlerr.New(sqlerr.InternalError, "a column of an enclosing query has no value")
	}
	v.Type = n.typ
	return vector.FromValue(v, c.n), nil
}

type lambdaRefNode struct{ key lambdaKey }

func (n *lambdaRefNode) eval(c *call, _ []uint32) (vector.Vector, error) {
	v, ok := c.lambdas[n.key]
	if !ok {
		return nil, sqlerr.New(sqlerr.InternalError, "a parameter of a lambda has no value")
	}
	return v, nil
}

type fieldNode struct {
	arg   node
	index int
}

func (n *fieldNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	if err != nil {
		return nil, err
	}
	s, ok := kernel.Flatten(v).(*vector.Struct)
	if !ok {
		return nil, sqlerr.New(sqlerr.InternalError, "field of a value that is not a row")
	}
	child := s.Children[n.index]
	if s.Null == nil {
		return child, nil
	}
	return withNulls(child, s.Null), nil
}

// withNulls returns v with more NULLs.
func withNulls(v vector.Vector, null vector.Bitmap) vector.Vector {
	b := vector.NewBuilder(v.Type(), v.Len())
	for i := range v.Len() {
		if null.Get(i) {
			b.AppendNull()
		} else {
			b.AppendRows(v, []uint32{uint32(i)})
		}
	}
	return b.Build()
}

type rowNode struct {
	args []node
	typ  schema.Type
}

func (n *rowNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	out := &vector.Struct{Typ: n.typ, N: c.n, Children: make([]vector.Vector, len(n.args))}
	for i, a := range n.args {
		v, err := a.eval(c, sel)
		if err != nil {
			return nil, err
		}
		out.Children[i] = v
	}
	return out, nil
}

type arrayNode struct {
	args []node
	typ  schema.Type
}

func (n *arrayNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	args := make([]vector.Vector, len(n.args))
	for i, a := range n.args {
		v, err := a.eval(c, sel)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	child := vector.NewBuilder(n.typ.Elem(), c.n*len(args))
	offsets := make([]uint32, c.n+1)
	row := []uint32{0}
	next := 0
	err := kernel.EachRow(c.n, sel, func(i int) error {
		for ; next < i; next++ {
			offsets[next+1] = uint32(child.Len())
		}
		row[0] = uint32(i)
		for _, a := range args {
			child.AppendRows(a, row)
		}
		next = i + 1
		offsets[next] = uint32(child.Len())
		return nil
	})
	for ; next < c.n; next++ {
		offsets[next+1] = uint32(child.Len())
	}
	return &vector.List{Typ: n.typ, Offsets: offsets, Children: []vector.Vector{child.Build()}}, err
}
