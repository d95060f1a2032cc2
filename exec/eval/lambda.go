package eval

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// lambda is a compiled lambda argument. What its body reads from outside is repeated for the values it is evaluated for.
type lambda struct {
	body node
	typ  schema.Type
	id   int
	// inputs are the columns of the input that the body reads, outer the parameters of enclosing lambdas.
	inputs []int
	outer  []lambdaKey
	// volatile says that the body has another value each time.
	volatile bool
	repeats  []kernel.Gatherer // of the inputs, then of outer
}

func compileLambda(l *expr.LambdaExpr, c *compiler) (*lambda, error) {
	body, err := compile(l.Body, c)
	if err != nil {
		return nil, err
	}
	out := &lambda{body: body, typ: l.Body.Type(), id: l.ID, volatile: expr.IsVolatile(l.Body)}
	inside := []int{l.ID}
	expr.Walk(l.Body, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.LambdaExpr:
			inside = append(inside, e.ID)
		case *expr.InputRef:
			if !slices.Contains(out.inputs, e.Index) {
				out.inputs = append(out.inputs, e.Index)
			}
		case *expr.LambdaRef:
			if k := (lambdaKey{e.ID, e.Index}); !slices.Contains(inside, e.ID) && !slices.Contains(out.outer, k) {
				out.outer = append(out.outer, k)
			}
		}
		return true
	})
	out.repeats = make([]kernel.Gatherer, len(out.inputs)+len(out.outer))
	return out, nil
}

// over returns the lambda as functions call it, inside an evaluation.
func (l *lambda) over(c *call) functions.Lambda {
	return func(params []vector.Vector, n int, rows []uint32) (vector.Vector, error) {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		if n == 0 {
			return vector.NewBuilder(l.typ, 0).Build(), nil
		}
		if l.copies(c, rows) > maxCopies {
			return l.rowByRow(c, params, n, rows)
		}
		return l.evaluate(c, params, n, func(v vector.Vector, repeat *kernel.Gatherer) vector.Vector {
			return repeat.Gather(v, rows, false)
		})
	}
}

// evaluate computes the body for n values of the parameters. repeat gives what is read from outside its n values.
func (l *lambda) evaluate(c *call, params []vector.Vector, n int, repeat func(v vector.Vector, g *kernel.Gatherer) vector.Vector) (vector.Vector, error) {
	inner := &call{ctx: c.ctx, n: n, lambdas: make(map[lambdaKey]vector.Vector, len(params)+len(l.outer))}
	if len(l.inputs) > 0 {
		inner.cols = make([]vector.Vector, len(c.cols))
	}
	for i, index := range l.inputs {
		inner.cols[index] = repeat(c.cols[index], &l.repeats[i])
	}
	for i, key := range l.outer {
		inner.lambdas[key] = repeat(c.lambdas[key], &l.repeats[len(l.inputs)+i])
	}
	for i, p := range params {
		inner.lambdas[lambdaKey{l.id, i}] = p
	}
	return l.body.eval(inner, nil)
}

// maxCopies is how many elements of arrays read from outside are repeated in one evaluation.
const maxCopies = 1 << 20

// copies returns how many elements the arrays and maps that are read from outside have in all the rows.
func (l *lambda) copies(c *call, rows []uint32) int {
	n := 0
	for _, index := range l.inputs {
		n += elementsIn(c.cols[index], rows)
	}
	for _, key := range l.outer {
		n += elementsIn(c.lambdas[key], rows)
	}
	return n
}

// elementsIn returns how many elements the arrays and maps of v have in the rows; of those inside them it is the mean that counts.
func elementsIn(v vector.Vector, rows []uint32) int {
	switch v := v.(type) {
	case *vector.List:
		n := 0
		for _, r := range rows {
			n += int(v.Offsets[r+1] - v.Offsets[r])
		}
		return n * (1 + meanElements(v.Children))
	case *vector.Struct:
		n := 0
		for _, child := range v.Children {
			n += elementsIn(child, rows)
		}
		return n
	}
	return 0
}

// meanElements returns how many elements the arrays and maps among the vectors have in a row.
func meanElements(vs []vector.Vector) int {
	n := 0
	for _, v := range vs {
		switch v := v.(type) {
		case *vector.List:
			n += int(v.Offsets[v.Len()]-v.Offsets[0]) / max(v.Len(), 1) * (1 + meanElements(v.Children))
		case *vector.Struct:
			n += meanElements(v.Children)
		}
	}
	return n
}

// rowByRow computes the body for the values of one row after the other: what is read from outside is then a constant, which
// is not repeated.
func (l *lambda) rowByRow(c *call, params []vector.Vector, n int, rows []uint32) (vector.Vector, error) {
	out := vector.NewBuilder(l.typ, n)
	var span []uint32
	part := make([]vector.Vector, len(params))
	for from := 0; from < n; {
		span = span[:0]
		for to := from; to < n && rows[to] == rows[from]; to++ {
			span = append(span, uint32(to))
		}
		for i, p := range params {
			part[i] = vector.CloneRows(p, span)
		}
		row := rows[from : from+1]
		v, err := l.evaluate(c, part, len(span), func(v vector.Vector, _ *kernel.Gatherer) vector.Vector {
			if k, ok := v.(*vector.Const); ok {
				return &vector.Const{Value: k.Value, N: len(span)}
			}
			return &vector.Const{Value: kernel.Flatten(vector.CloneRows(v, row)), N: len(span)}
		})
		if err != nil {
			return nil, err
		}
		out.AppendRows(v, nil)
		from += len(span)
	}
	return out.Build(), nil
}
