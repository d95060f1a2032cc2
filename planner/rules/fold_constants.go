package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// foldConstants evaluates what has no column: literals under casts, now() - interval '1 day'. An expression that fails is
// left as it is: it may stand in a branch that no row reaches.
func foldConstants(c *Context, n logical.Node) logical.Node {
	return rewrite(c, n, c.fold)
}

// fold evaluates constant parts of an expression from the inside out.
func (c *Context) fold(e expr.Expr) expr.Expr {
	switch e.(type) {
	case *expr.Const, *expr.ColumnRef, *expr.Param, *expr.LambdaRef, *expr.OuterRef:
		return e
	}
	e = expr.MapChildren(e, c.fold)
	if !constantParts(e) {
		return e
	}
	v, err := c.Evaluator.Fold(c.Ctx, e)
	if err != nil {
		return e
	}
	v.Type = e.Type()
	return &expr.Const{Value: v}
}

// constantParts reports whether an expression has constant operands only, and the same value each time.
func constantParts(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Subquery, *expr.LambdaExpr:
		return false
	case *expr.Call:
		if e.Fn.Volatility == expr.Volatile {
			return false
		}
	}
	for _, a := range expr.Children(e) {
		switch a := a.(type) {
		case *expr.Const:
		case *expr.LambdaExpr:
			if !expr.Columns(a.Body).Empty() || !closed(a) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// closed reports whether a lambda reads its own parameters alone and nothing that changes.
func closed(l *expr.LambdaExpr) bool {
	return expr.Walk(l.Body, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.LambdaRef:
			return e.ID == l.ID
		case *expr.LambdaExpr, *expr.Param, *expr.OuterRef, *expr.Subquery:
			return false
		case *expr.Call:
			return e.Fn.Volatility != expr.Volatile
		}
		return true
	})
}
