package logical

import "github.com/tarnsql/tarn/planner/expr"

// Values returns literal rows. One row without columns is what a SELECT without FROM reads; no row is an empty relation.
type Values struct {
	base
	Cols []Column
	Rows [][]expr.Expr
}

// OneRow returns the relation of one row without columns.
func OneRow() *Values { return &Values{Rows: [][]expr.Expr{{}}} }

// Empty returns the relation without rows that has the columns.
func Empty(cols []Column) *Values { return &Values{Cols: cols} }

// IsOneRow reports whether n is one row without columns.
func IsOneRow(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Cols) == 0 && len(v.Rows) == 1
}

// IsEmpty reports whether n is a relation that surely has no rows.
func IsEmpty(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Rows) == 0
}

// Columns returns the columns.
func (n *Values) Columns() []Column { return n.Cols }

// Inputs returns no node.
func (n *Values) Inputs() []Node { return nil }

// WithInputs returns n.
func (n *Values) WithInputs([]Node) Node { return n }

// Each calls f for every value.
func (n *Values) Each(f func(expr.Expr)) {
	for _, r := range n.Rows {
		for _, e := range r {
			f(e)
		}
	}
}

// Map returns the node with f applied to every value.
func (n *Values) Map(f func(expr.Expr) expr.Expr) Node {
	changed := false
	rows := make([][]expr.Expr, len(n.Rows))
	for i, r := range n.Rows {
		rows[i] = expr.MapList(r, f)
		changed = changed || len(r) > 0 && &rows[i][0] != &r[0]
	}
	if !changed {
		return n
	}
	return &Values{Cols: n.Cols, Rows: rows}
}

// String returns the plan as a tree.
func (n *Values) String() string { return Format(n) }
