package rules

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// unnestSubqueries takes subqueries out of expressions. EXISTS and IN that are conjuncts of a WHERE become semi and anti
// joins; all others become a column of a join that the expression reads.
func unnestSubqueries(c *Context, n logical.Node) logical.Node {
	u := &unnester{c: c}
	return u.node(n)
}

type unnester struct{ c *Context }

func (u *unnester) node(n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		has := false
		n.Each(func(e expr.Expr) { has = has || expr.HasSubquery(e) })
		if !has {
			return n
		}
		u.c.fired()
		if f, ok := n.(*logical.Filter); ok {
			return u.filter(f)
		}
		return u.operator(n)
	})
}

// filter handles the conjuncts of a WHERE.
func (u *unnester) filter(f *logical.Filter) logical.Node {
	in := f.Input
	var plain []expr.Expr
	for _, cond := range f.Conds {
		if !expr.HasSubquery(cond) {
			plain = append(plain, cond)
		}
	}
	in = logical.Where(in, plain...)
	cols := in.Columns()
	for _, cond := range f.Conds {
		if !expr.HasSubquery(cond) {
			continue
		}
		negated := false
		if not, ok := cond.(*expr.Not); ok {
			cond, negated = not.Arg, true
		}
		if s, ok := cond.(*expr.Subquery); ok {
			if joined := u.semi(in, s, negated); joined != nil {
				in = joined
				continue
			}
		}
		if negated {
			cond = expr.NotOf(cond)
		}
		var e expr.Expr
		in, e = u.extract(in, cond, true, nil)
		in = logical.Where(in, e)
	}
	return keepOnly(in, cols)
}

// keepOnly drops the columns that subqueries added.
func keepOnly(n logical.Node, cols []logical.Column) logical.Node {
	if len(n.Columns()) == len(cols) {
		return n
	}
	p := &logical.Project{Input: n}
	for _, c := range cols {
		p.Items = append(p.Items, logical.Pass(c))
	}
	return p
}

// semi makes a semi or anti join of a subquery that is a whole conjunct. It returns nil for other kinds.
func (u *unnester) semi(in logical.Node, s *expr.Subquery, negated bool) logical.Node {
	negated = negated != s.Negated
	kind := logical.Semi
	if negated {
		kind = logical.Anti
	}
	right := u.node(s.Input.(logical.Node))
	switch s.Kind {
	case expr.ExistsSubquery:
		return u.join(kind, in, right, nil, false)
	case expr.InSubquery:
		in, test := u.tests(in, s.Test)
		on := equalities(test, right)
		if kind == logical.Semi {
			return u.join(kind, in, right, on, false)
		}
		return u.antiIn(in, right, on)
	case expr.AnySubquery:
		in, test := u.tests(in, s.Test)
		if negated {
			return nil
		}
		return u.join(logical.Semi, in, right, comparisons(s.Op, test, right), false)
	case expr.AllSubquery:
		if negated {
			return nil
		}
		// No row for which the comparison is not true.
		in, test := u.tests(in, s.Test)
		on := []expr.Expr{notTrue(expr.AndOf(comparisons(s.Op, test, right)...))}
		return u.join(logical.Anti, in, right, on, false)
	}
	return nil
}

// antiIn is NOT IN: a single key is left to the join's own rules of NULL, several are compared so that NULL counts as a
// match.
func (u *unnester) antiIn(in, right logical.Node, on []expr.Expr) logical.Node {
	if len(on) == 1 {
		return u.join(logical.Anti, in, right, on, true)
	}
	return u.join(logical.Anti, in, right, []expr.Expr{notFalse(expr.AndOf(on...))}, false)
}

// notFalse is true for true and NULL; notTrue for false and NULL.
func notFalse(e expr.Expr) expr.Expr {
	return &expr.Compare{Op: expr.Distinct, Left: e, Right: expr.False}
}

func notTrue(e expr.Expr) expr.Expr {
	return &expr.Compare{Op: expr.Distinct, Left: e, Right: expr.True}
}

// tests takes subqueries out of the left side of IN.
func (u *unnester) tests(in logical.Node, test []expr.Expr) (logical.Node, []expr.Expr) {
	out := make([]expr.Expr, len(test))
	for i, t := range test {
		in, out[i] = u.extract(in, t, false, nil)
	}
	return in, out
}

func equalities(test []expr.Expr, right logical.Node) []expr.Expr {
	return comparisons(expr.Eq, test, right)
}

// comparisons returns the conditions that together compare the left side with a row of the subquery.
func comparisons(op expr.CompareOp, test []expr.Expr, right logical.Node) []expr.Expr {
	cols := right.Columns()
	on := make([]expr.Expr, len(test))
	for i, t := range test {
		on[i] = &expr.Compare{Op: op, Left: t, Right: cols[i].Ref()}
	}
	if op == expr.Ne && len(on) > 1 {
		// Rows differ where one of their fields does.
		return []expr.Expr{expr.OrOf(on...)}
	}
	return on
}

func (u *unnester) join(kind logical.JoinKind, left, right logical.Node, on []expr.Expr, nullAware bool) logical.Node {
	if logical.Free(right).Intersects(logical.Out(left)) {
		return &logical.Apply{Kind: kind, Left: left, Right: right, On: on, NullAware: nullAware}
	}
	return &logical.Join{Kind: kind, Left: left, Right: right, On: on, NullAware: nullAware}
}

// operator gives a node an input that computes the subqueries of its expressions.
func (u *unnester) operator(n logical.Node) logical.Node {
	in := n.Inputs()
	if len(in) != 1 {
		return n
	}
	cols := n.Columns()
	input := in[0]
	m := n.Map(func(e expr.Expr) expr.Expr {
		var out expr.Expr
		input, out = u.extract(input, e, false, nil)
		return out
	})
	return keepOnly(m.WithInputs([]logical.Node{input}), cols)
}

// extract joins the subqueries of an expression to a plan and returns the expression over the joined plan. In a condition
// NULL is as good as false, unless it is negated. The guards say for which rows the expression is evaluated at all.
func (u *unnester) extract(in logical.Node, e expr.Expr, condition bool, guards []expr.Expr) (logical.Node, expr.Expr) {
	if !expr.HasSubquery(e) {
		return in, e
	}
	inBranch, skips := false, notTrue
	switch x := e.(type) {
	case *expr.Subquery:
		return u.column(in, x, condition, guards)
	case *expr.Case:
		return u.branches(in, x, guards)
	case *expr.And:
		inBranch, skips = condition, notFalse
	case *expr.Or:
		inBranch = condition
	case *expr.Coalesce:
		skips = func(e expr.Expr) expr.Expr { return &expr.IsNull{Arg: e} }
	default:
		skips = nil
	}
	out := expr.MapChildren(e, func(a expr.Expr) expr.Expr {
		in, a = u.extract(in, a, inBranch, guards)
		if skips != nil {
			// The next operand is evaluated where this one does not decide.
			guards = append(guards[:len(guards):len(guards)], skips(a))
		}
		return a
	})
	return in, out
}

// branches is extract for CASE, whose results are evaluated where their conditions are the first to be true.
func (u *unnester) branches(in logical.Node, e *expr.Case, guards []expr.Expr) (logical.Node, expr.Expr) {
	out := &expr.Case{Whens: make([]expr.When, len(e.Whens))}
	for i, w := range e.Whens {
		guards = guards[:len(guards):len(guards)]
		in, w.Cond = u.extract(in, w.Cond, false, guards)
		in, w.Result = u.extract(in, w.Result, false, append(guards, w.Cond))
		guards = append(guards, notTrue(w.Cond))
		out.Whens[i] = w
	}
	in, out.Else = u.extract(in, e.Else, false, guards)
	return in, out
}

// column joins a subquery so that its value is a column.
func (u *unnester) column(in logical.Node, s *expr.Subquery, condition bool, guards []expr.Expr) (logical.Node, expr.Expr) {
	right := u.node(s.Input.(logical.Node))
	if s.Kind == expr.ScalarSubquery {
		col := right.Columns()[0]
		if oneRow(right) {
			return u.join(logical.Inner, in, right, nil, false), col.Ref()
		}
		return u.single(in, right, guards), col.Ref()
	}
	var on []expr.Expr
	negated := s.Negated
	switch s.Kind {
	case expr.InSubquery:
		in, on = u.testsOn(in, s, expr.Eq, right)
	case expr.AnySubquery:
		in, on = u.testsOn(in, s, s.Op, right)
	case expr.AllSubquery:
		in, on = u.testsOn(in, s, s.Op.Negate(), right)
		negated = !negated
	}
	nullAware := len(on) > 0 && (!condition || negated)
	mark := u.c.IDs.Column("mark", booleanType)
	if len(on) > 1 {
		on = []expr.Expr{expr.AndOf(on...)}
	}
	var joined logical.Node
	if logical.Free(right).Intersects(logical.Out(in)) {
		joined = &logical.Apply{Kind: logical.Mark, Left: in, Right: right, On: on, MarkCol: mark, NullAware: nullAware}
	} else {
		joined = &logical.Join{Kind: logical.Mark, Left: in, Right: right, On: on, MarkCol: mark, NullAware: nullAware}
	}
	if negated {
		return joined, expr.NotOf(mark.Ref())
	}
	return joined, mark.Ref()
}

// single joins a subquery of one row at most. A second row is an error for those rows alone that the guards let pass.
func (u *unnester) single(in, right logical.Node, guards []expr.Expr) logical.Node {
	var on []expr.Expr
	for _, g := range guards {
		if !expr.IsVolatile(g) {
			on = append(on, g)
		}
	}
	if len(on) > 0 && !logical.Free(right).Intersects(logical.Out(in)) {
		// Two rows tell as much as all of them.
		right = &logical.Limit{Input: right, Count: 2}
	}
	return u.join(logical.Single, in, right, on, false)
}

func (u *unnester) testsOn(in logical.Node, s *expr.Subquery, op expr.CompareOp, right logical.Node) (logical.Node, []expr.Expr) {
	in, test := u.tests(in, s.Test)
	return in, comparisons(op, test, right)
}

// oneRow reports whether a plan returns exactly one row.
func oneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return n.Scalar()
	case *logical.Values:
		return len(n.Rows) == 1
	case *logical.Project:
		return oneRow(n.Input)
	case *logical.Sort:
		return oneRow(n.Input)
	case *logical.Limit:
		return n.Offset == 0 && n.Count != 0 && oneRow(n.Input)
	case *logical.TopN:
		return n.Offset == 0 && n.Count > 0 && oneRow(n.Input)
	case *logical.Join:
		return n.Kind == logical.Inner && len(n.On) == 0 && oneRow(n.Left) && oneRow(n.Right)
	}
	return false
}

// booleanType is the type of conditions.
var booleanType = schema.T(schema.Boolean)
