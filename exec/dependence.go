package exec

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// dependent reports whether a plan may give other rows when it runs again: it reads outer columns, the rows of a recursion's
// round, or calls volatile functions.
func (b *builder) dependent(n physical.Node) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dependentLocked(n)
}

func (b *builder) dependentLocked(n physical.Node) bool {
	if d, ok := b.depends[n]; ok {
		return d
	}
	d := false
	switch n := n.(type) {
	case *physical.WorkTable:
		d = true
	case *physical.Shared: // has no outer columns
	default:
		for _, e := range exprsOf(n) {
			d = d || e != nil && varies(e)
		}
		for _, in := range n.Inputs() {
			d = b.dependentLocked(in) || d
		}
	}
	b.depends[n] = d
	return d
}

func varies(e expr.Expr) bool {
	return expr.Any(e, func(e expr.Expr) bool {
		_, outer := e.(*expr.OuterRef)
		return outer
	}) || expr.IsVolatile(e)
}

// exprsOf lists the expressions of a node; some may be nil.
func exprsOf(n physical.Node) []expr.Expr {
	var out []expr.Expr
	switch n := n.(type) {
	case *physical.Values:
		for _, r := range n.Rows {
			out = append(out, r...)
		}
	case *physical.Filter:
		out = append(out, n.Cond)
	case *physical.Project:
		out = n.Exprs
	case *physical.HashJoin:
		out = append(append(append(out, n.LeftKeys...), n.RightKeys...), n.Residual)
	case *physical.NestedLoopJoin:
		out = append(out, n.Cond)
	case *physical.Apply:
		out = append(out, n.Cond)
	case *physical.Aggregate:
		out = append(out, n.Keys...)
		for i := range n.Aggs {
			n.Aggs[i].Each(func(e expr.Expr) { out = append(out, e) })
		}
	case *physical.Sort:
		out = keyExprs(n.Keys)
	case *physical.TopN:
		out = keyExprs(n.Keys)
	case *physical.DistinctOn:
		out = n.Keys
	case *physical.Window:
		out = append(append(out, n.Partition...), keyExprs(n.Order)...)
		for i := range n.Calls {
			n.Calls[i].Each(func(e expr.Expr) { out = append(out, e) })
		}
	case *physical.TableFunc:
		for i := range n.Calls {
			out = append(out, &n.Calls[i])
		}
	}
	return out
}

func keyExprs(keys []expr.SortKey) []expr.Expr {
	out := make([]expr.Expr, len(keys))
	for i, k := range keys {
		out[i] = k.Expr
	}
	return out
}

// columnsRead lists the input columns that an expression reads; nil reads none.
func columnsRead(e expr.Expr) []int {
	if e == nil {
		return nil
	}
	var out []int
	seen := map[int]bool{}
	expr.Walk(e, func(e expr.Expr) bool {
		if ref, ok := e.(*expr.InputRef); ok && !seen[ref.Index] {
			seen[ref.Index] = true
			out = append(out, ref.Index)
		}
		return true
	})
	return out
}
