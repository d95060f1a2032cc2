package mysql

import (
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/tarnsql/tarn/parser"
)

// anyRow makes of a column that stands beside aggregates in a query without GROUP BY the value of any row, under the column's name. Such
// a query has one row, and MySQL without the mode ONLY_FULL_GROUP_BY answers it so (MySQL 8.4 manual, section 14.19.3).
func anyRow(f *ast.SelectField, item parser.SelectItem) parser.SelectItem {
	c, ok := f.Expr.(*ast.ColumnNameExpr)
	if !ok {
		return item
	}
	item.Expr = call(item.Loc, "any_value", item.Expr)
	if item.Alias == "" {
		item.Alias = c.Name.Name.L
	}
	return item
}

// hasAggregates reports whether a select list has aggregates of its own.
func hasAggregates(fields []*ast.SelectField) bool {
	var v aggregateVisitor
	for _, f := range fields {
		if f.Expr != nil {
			f.Expr.Accept(&v)
		}
	}
	return v.found
}

type aggregateVisitor struct{ found bool }

// Enter looks at a node before its children, and not into subqueries and windows.
func (v *aggregateVisitor) Enter(n ast.Node) (ast.Node, bool) {
	switch n.(type) {
	case *ast.AggregateFuncExpr:
		v.found = true
		return n, true
	case *ast.SubqueryExpr, *ast.WindowFuncExpr:
		return n, true
	}
	return n, v.found
}

// Leave goes on.
func (v *aggregateVisitor) Leave(n ast.Node) (ast.Node, bool) { return n, true }
