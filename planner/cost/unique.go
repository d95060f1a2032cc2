package cost

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// Unique reports whether no two rows of n have equal values in all of the columns.
func (e *Estimator) Unique(n logical.Node, cols expr.ColSet) bool {
	switch n := n.(type) {
	case *logical.Scan:
		return e.uniqueScan(n, cols)
	case *logical.Values:
		return len(n.Rows) < 2
	case *logical.Filter:
		return e.Unique(n.Input, withConstants(cols, n.Conds))
	case *logical.Project:
		below := expr.ColSet{}
		for _, it := range n.Items {
			if ref, ok := it.Expr.(*expr.ColumnRef); ok && cols.Has(it.Col.ID) {
				below.Add(ref.ID)
			}
		}
		return e.Unique(n.Input, below)
	case *logical.Aggregate:
		if n.Sets != nil {
			return false
		}
		for _, k := range n.Keys {
			if !cols.Has(k.Col.ID) {
				return false
			}
		}
		return true
	case *logical.Sort:
		return e.Unique(n.Input, cols)
	case *logical.Limit:
		return n.Count >= 0 && n.Count < 2 || e.Unique(n.Input, cols)
	case *logical.TopN:
		return n.Count < 2 && !n.WithTies || e.Unique(n.Input, cols)
	case *logical.DistinctOn:
		return expr.Columns(n.Keys...).SubsetOf(cols) || e.Unique(n.Input, cols)
	case *logical.Window:
		return e.Unique(n.Input, cols)
	case *logical.Join:
		return e.uniqueJoin(n, cols)
	case *logical.CTERef:
		below := expr.ColSet{}
		for i, c := range n.Cols {
			if cols.Has(c.ID) {
				below.Add(n.Def.Cols[n.From[i]].ID)
			}
		}
		return e.Unique(n.Def.Plan, below)
	}
	return false
}

// withConstants adds the columns that conditions fix to one value.
func withConstants(cols expr.ColSet, conds []expr.Expr) expr.ColSet {
	out := cols.Clone()
	for _, c := range conds {
		if cmp, ok := c.(*expr.Compare); ok && cmp.Op == expr.Eq {
			ref, isRef := cmp.Left.(*expr.ColumnRef)
			if _, constant := cmp.Right.(*expr.Const); constant && isRef {
				out.Add(ref.ID)
			}
		}
	}
	return out
}

func (e *Estimator) uniqueScan(n *logical.Scan, cols expr.ColSet) bool {
	for _, key := range e.Table(n.Table).UniqueKeys {
		all := len(key) > 0
		for _, ordinal := range key {
			found := false
			for i, o := range n.Ordinals {
				found = found || o == ordinal && cols.Has(n.Cols[i].ID)
			}
			all = all && found
		}
		if all {
			return true
		}
	}
	return false
}

func (e *Estimator) uniqueJoin(n *logical.Join, cols expr.ColSet) bool {
	if n.Kind.LeftOnly() || n.Kind == logical.Single {
		return e.Unique(n.Left, cols)
	}
	if n.Kind == logical.FullOuter || !e.Unique(n.Left, cols) {
		return false
	}
	// Each left row must have at most one match.
	var keys expr.ColSet
	left, right := logical.Out(n.Left), logical.Out(n.Right)
	for _, c := range n.On {
		if _, r, ok := KeyPair(c, left, right); ok {
			if ref, ok := r.(*expr.ColumnRef); ok {
				keys.Add(ref.ID)
			}
		}
	}
	return e.Unique(n.Right, keys)
}
