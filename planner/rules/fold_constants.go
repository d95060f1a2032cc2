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

// fold evaluates the largest constant parts of an expression.
func (c *Context) fold(e expr.Expr) expr.Expr {
	switch e.(type) {
	case *expr.Const, *expr.ColumnRef, *expr.Param, *expr.LambdaRef, *expr.LambdaExpr:
		return e
	}
	if !expr.IsFoldable(e) {
		return expr.MapChildren(e, c.fold)
	}
	v, err := c.Evaluator.Fold(c.Ctx, e)
	if err != nil {
		return expr.MapChildren(e, c.fold)
	}
	v.Type = e.Type()
	return &expr.Const{Value: v}
}
