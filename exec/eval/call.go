package eval

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// dictOnce runs a function of one column once for each entry of a dictionary, and keeps the result while the dictionary
// stays the same.
type dictOnce struct {
	id     uint64
	values vector.Vector
	out    uint64
	memo   functions.Memo
}

type rowsFunc func(v vector.Vector, n int, sel []uint32, memo *functions.Memo) (vector.Vector, error)

func (d *dictOnce) apply(v vector.Vector, n int, sel []uint32, f rowsFunc, memo *functions.Memo) (vector.Vector, error) {
	dict, ok := v.(*vector.Dict)
	if !ok || n == 0 {
		return f(v, n, sel, memo)
	}
	if dict.ID != d.id {
		if dict.Values.Len() > n && sel != nil {
			return f(v, n, sel, memo)
		}
		d.memo = functions.Memo{}
		values, err := f(dict.Values, dict.Values.Len(), nil, &d.memo)
		if err != nil {
			return f(v, n, sel, memo) // the entry at fault may belong to no row
		}
		d.id, d.values, d.out = dict.ID, kernel.Flatten(values), vector.NewDictID()
	}
	switch d.values.(type) {
	case *vector.List, *vector.Struct:
		return f(v, n, sel, memo)
	}
	if d.values.Nulls() != nil {
		return f(v, n, sel, memo)
	}
	return &vector.Dict{Codes: dict.Codes, Values: d.values, ID: d.out, Null: dict.Null}, nil
}

// callNode calls a function.
type callNode struct {
	kernel  functions.Kernel
	fn      *expr.Function
	args    []node
	lambdas []*lambda // one for each argument, nil for those that are none; nil when there is no lambda
	typ     schema.Type
	env     *functions.Env
	memo    functions.Memo
	once    dictOnce
	// column is the only argument that is not a constant, -1 when there is no such one: then dictionaries are worked on
	// entry by entry.
	column int
	vecs   []vector.Vector
}

func compileCall(e *expr.Call, c *compiler) (node, error) {
	if _, ok := e.Fn.Impl.(functions.Try); ok {
		arg, err := compile(e.Args[0], c)
		return &tryNode{arg: arg, typ: e.Typ}, err
	}
	k, ok := e.Fn.Impl.(functions.Kernel)
	if !ok {
		return nil, sqlerr.New(sqlerr.InternalError, "function %s cannot be called here", e.Fn.Name)
	}
	n := &callNode{kernel: k, fn: e.Fn, typ: e.Typ, env: c.env, args: make([]node, len(e.Args)), column: -1, vecs: make([]vector.Vector, len(e.Args))}
	columns := 0
	for i, a := range e.Args {
		if l, ok := a.(*expr.LambdaExpr); ok {
			body, err := compileLambda(l, c)
			if err != nil {
				return nil, err
			}
			if n.lambdas == nil {
				n.lambdas = make([]*lambda, len(e.Args))
			}
			n.lambdas[i] = body
			continue
		}
		var err error
		if n.args[i], err = compile(a, c); err != nil {
			return nil, err
		}
		if _, ok := a.(*expr.Const); !ok {
			n.column = i
			columns++
		}
	}
	if columns != 1 || e.Fn.Volatility == expr.Volatile || !e.Fn.Strict || n.lambdas != nil {
		n.column = -1
	}
	return n, nil
}

func (n *callNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	for i, a := range n.args {
		if a == nil {
			continue
		}
		v, err := a.eval(c, sel)
		if err != nil {
			return nil, err
		}
		n.vecs[i] = v
		if k, ok := v.(*vector.Const); ok && n.fn.Strict && k.IsNull() {
			return kernel.NullConst(n.typ, c.n), nil
		}
	}
	if n.column >= 0 {
		return n.once.apply(n.vecs[n.column], c.n, sel, func(v vector.Vector, rows int, sel []uint32, memo *functions.Memo) (vector.Vector, error) {
			args := n.vecs
			if rows != c.n {
				args = make([]vector.Vector, len(n.vecs))
				for i, a := range n.vecs {
					if k, ok := a.(*vector.Const); ok {
						a = &vector.Const{Value: k.Value, N: rows}
					}
					args[i] = a
				}
			}
			saved := args[n.column]
			args[n.column] = v
			out, err := n.run(c, args, rows, sel, memo)
			args[n.column] = saved
			return out, err
		}, &n.memo)
	}
	return n.run(c, n.vecs, c.n, sel, &n.memo)
}

// run calls the kernel; a call whose arguments are all constant is made once.
func (n *callNode) run(c *call, args []vector.Vector, rows int, sel []uint32, memo *functions.Memo) (vector.Vector, error) {
	fc := &functions.Call{Ctx: c.ctx, Env: n.env, Args: args, N: rows, Sel: sel, Type: n.typ, Memo: memo}
	for i, l := range n.lambdas {
		if fc.Lambdas == nil {
			fc.Lambdas = make([]functions.Lambda, len(n.lambdas))
		}
		if l != nil {
			fc.Lambdas[i] = l.over(c)
		}
	}
	if n.fn.Volatility != expr.Volatile && rows > 1 && allConst(args) && n.closed() {
		one := make([]vector.Vector, len(args))
		for i, a := range args {
			if k, ok := a.(*vector.Const); ok {
				one[i] = &vector.Const{Value: k.Value, N: 1}
			}
		}
		fc.Args, fc.N, fc.Sel = one, 1, nil
		if sel != nil && len(sel) == 0 {
			return kernel.NullConst(n.typ, rows), nil
		}
		v, err := n.kernel(fc)
		if err != nil {
			return nil, err
		}
		return &vector.Const{Value: vector.CloneRows(kernel.Flatten(v), nil), N: rows}, nil
	}
	return n.kernel(fc)
}

// closed reports whether no lambda of the call has a value of its own for each row.
func (n *callNode) closed() bool {
	for _, l := range n.lambdas {
		if l != nil && (l.volatile || len(l.inputs) > 0 || len(l.outer) > 0) {
			return false
		}
	}
	return true
}

// allConst reports whether all arguments but lambdas are constant.
func allConst(args []vector.Vector) bool {
	for _, a := range args {
		if _, ok := a.(*vector.Const); !ok && a != nil {
			return false
		}
	}
	return true
}

// planning implements expr.Evaluator.
type planning struct{ o Options }

// New returns the evaluator that the planner uses.
func New(o Options) expr.Evaluator { return &planning{o: o} }

// Fold evaluates an expression without columns.
func (p *planning) Fold(ctx context.Context, e expr.Expr) (schema.Value, error) {
	ev, err := Compile(e, p.o)
	if err != nil {
		return schema.Value{}, err
	}
	v, err := ev.EvalRows(ctx, nil, 1, nil)
	if err != nil {
		return schema.Value{}, err
	}
	return vector.ValueAt(v, 0), nil
}

// Matcher compiles a filter.
func (p *planning) Matcher(e expr.Expr) (func() connectors.Matcher, error) {
	if _, err := Compile(e, p.o); err != nil {
		return nil, err
	}
	return func() connectors.Matcher {
		ev, err := Compile(e, p.o)
		return &matcher{ev: ev, err: err}
	}, nil
}

type matcher struct {
	ev  *Evaluator
	err error
}

// Match returns the rows for which the filter is true.
func (m *matcher) Match(ctx context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	if m.err != nil {
		return nil, m.err
	}
	return m.ev.Select(ctx, cols, n, sel)
}
