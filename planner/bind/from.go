package bind

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// from binds a FROM clause and fills the scope with its relations.
func (b *binder) from(items []parser.TableExpr, s *scope) logical.Node {
	var plan logical.Node
	for _, it := range items {
		right, visible := b.tableExpr(it, s)
		s.visible = append(s.visible, visible...)
		if plan == nil {
			plan = right
			continue
		}
		plan = b.joined(logical.Inner, plan, right, nil)
	}
	if plan == nil {
		return logical.OneRow()
	}
	return plan
}

// tableExpr binds an item of FROM. Its relations are added to the scope; its columns are returned.
func (b *binder) tableExpr(t parser.TableExpr, s *scope) (logical.Node, []scopeCol) {
	b.enter(t.Pos())
	defer b.leave()
	switch t := t.(type) {
	case *parser.TableName:
		return b.tableName(t, s)
	case *parser.DerivedTable:
		return b.derivedTable(t, s)
	case *parser.FuncTable:
		return b.funcTable(t, s)
	case *parser.Join:
		return b.join(t, s)
	}
	unsupported(t.Pos(), "%T", t)
	return nil, nil
}

// addRelation adds a relation to a scope, under a name that no other one there has.
func (s *scope) addRelation(r *relation, pos int) []scopeCol {
	for _, o := range s.rels {
		if o.alias == r.alias && r.alias != "" && (o.aliased || r.aliased || o.table == r.table || o.table.Table == "" || r.table.Table == "") {
			fail(pos, sqlerr.DuplicateAlias, "table name %q specified more than once", r.alias)
		}
	}
	if len(s.rels) >= maxRelations {
		fail(pos, sqlerr.StatementTooComplex, "a query may name at most %d relations", maxRelations)
	}
	s.rels = append(s.rels, r)
	return r.cols
}

func (b *binder) derivedTable(t *parser.DerivedTable, s *scope) (logical.Node, []scopeCol) {
	parent := s
	if !t.Lateral {
		// Items of the same FROM exist, but cannot be named: remember them for the hint.
		parent = &scope{parent: s.parent, ctes: s.ctes, sideways: s.rels}
	}
	inner := newScope(parent, s.ctes)
	plan, outs := b.query(t.Query, inner, s.ctes)
	plan, outs = b.settle(plan, outs)
	if !t.Lateral {
		s.outer.AddSet(parent.outer)
	}
	alias := ""
	if t.Alias != nil {
		alias = t.Alias.Name
		outs = renameColumns(outs, t.Alias.Columns, alias, t.Alias.Pos())
	}
	plan = b.sample(plan, t.Sample)
	return plan, s.addRelation(relationOf(alias, outs), t.Pos())
}

// sample is TABLESAMPLE: each row stays with the given probability.
func (b *binder) sample(plan logical.Node, t *parser.TableSample) logical.Node {
	if t == nil {
		return plan
	}
	switch {
	case t.Repeatable != nil:
		unsupported(t.Pos(), "TABLESAMPLE .. REPEATABLE")
	case t.Method != "bernoulli" && t.Method != "system":
		fail(t.Pos(), sqlerr.UndefinedObject, "tablesample method %s does not exist", t.Method)
	case len(t.Args) != 1:
		fail(t.Pos(), sqlerr.InvalidParameterValue, "tablesample method %s requires 1 argument, not %d", t.Method, len(t.Args))
	}
	x := b.exprs(newScope(nil, nil), "TABLESAMPLE")
	percent := b.coerce(x.bind(t.Args[0]), schema.T(schema.Double), t.Args[0].Pos())
	c, ok := b.fold(percent, t.Args[0].Pos()).(*expr.Const)
	if !ok || !c.Value.Valid || c.Value.F < 0 || c.Value.F > 100 {
		fail(t.Args[0].Pos(), sqlerr.InvalidParameterValue, "sample percentage must be between 0 and 100")
	}
	random := x.scalarCall("random", nil, nil, t.Pos())
	share := &expr.Const{Value: schema.FloatValue(schema.T(schema.Double), c.Value.F/100)}
	return logical.Where(plan, &expr.Compare{Op: expr.Lt, Left: random, Right: share})
}

// join binds a join of two items.
func (b *binder) join(j *parser.Join, s *scope) (logical.Node, []scopeCol) {
	markRels, markVisible := len(s.rels), len(s.visible)
	left, lcols := b.tableExpr(j.Left, s)
	s.visible = append(s.visible, lcols...)
	markRight := len(s.rels)
	right, rcols := b.tableExpr(j.Right, s)
	lrels, rrels := s.rels[markRels:markRight], s.rels[markRight:]
	s.visible = s.visible[:markVisible]

	kind := j.Kind
	var on []expr.Expr
	cols := slices.Concat(lcols, rcols)
	switch {
	case j.Natural:
		on, cols = b.using(kind, commonColumns(lcols, rcols), lcols, rcols, j, s)
	case len(j.Using) > 0:
		on, cols = b.using(kind, j.Using, lcols, rcols, j, s)
	case j.On != nil:
		on = b.joinCondition(j.On, s, slices.Concat(lrels, rrels), cols)
	}
	plan := b.joinPlan(kind, left, right, on, j)
	if j.Alias != nil && j.Alias.Name != "" {
		s.rels = s.rels[:markRels]
		rel := &relation{alias: j.Alias.Name}
		for i, c := range cols {
			name := c.name
			if i < len(j.Alias.Columns) {
				name = j.Alias.Columns[i]
			}
			rel.cols = append(rel.cols, scopeCol{name: name, expr: c.expr, hidden: c.hidden, rel: rel})
		}
		return plan, s.addRelation(rel, j.Alias.Pos())
	}
	return plan, cols
}

// joinCondition binds ON, which sees the two sides of its join alone.
func (b *binder) joinCondition(on parser.Expr, s *scope, rels []*relation, cols []scopeCol) []expr.Expr {
	savedRels, savedVisible, savedSideways := s.rels, s.visible, s.sideways
	s.rels, s.visible, s.sideways = rels, cols, savedRels
	cond := b.exprs(s, "JOIN/ON").condition(on, "JOIN/ON")
	s.rels, s.visible, s.sideways = savedRels, savedVisible, savedSideways
	return expr.Conjuncts(nil, cond)
}

func (b *binder) joinPlan(kind parser.JoinKind, left, right logical.Node, on []expr.Expr, j *parser.Join) logical.Node {
	switch kind {
	case parser.LeftJoin:
		return b.outerJoin(logical.LeftOuter, left, right, on, j)
	case parser.RightJoin:
		if logical.Free(right).Intersects(logical.Out(left)) {
			fail(j.Pos(), sqlerr.InvalidColumnReference, "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
		}
		return b.outerJoin(logical.LeftOuter, right, left, on, j)
	case parser.FullJoin:
		if logical.Free(right).Intersects(logical.Out(left)) {
			fail(j.Pos(), sqlerr.InvalidColumnReference, "the combining JOIN type must be INNER or LEFT for a LATERAL reference")
		}
		return b.outerJoin(logical.FullOuter, left, right, on, j)
	}
	return b.joined(logical.Inner, left, right, on)
}

// joined is an inner join. Conditions with subqueries are tested above it.
func (b *binder) joined(kind logical.JoinKind, left, right logical.Node, on []expr.Expr) logical.Node {
	if f, ok := right.(*logical.TableFunc); ok && logical.IsOneRow(f.Input) && logical.Free(f).Intersects(logical.Out(left)) {
		// A function over columns of the left side adds its rows to each left row.
		c := *f
		return logical.Where((&c).WithInputs([]logical.Node{left}), on...)
	}
	var plain, sub []expr.Expr
	for _, c := range on {
		if expr.HasSubquery(c) {
			sub = append(sub, c)
		} else {
			plain = append(plain, c)
		}
	}
	return logical.Where(logical.NewJoin(kind, left, right, plain...), sub...)
}

// outerJoin is a left or full join. Subqueries in its condition become columns of the side that they read; with those that
// read both the right side is tested anew for each left row.
func (b *binder) outerJoin(kind logical.JoinKind, left, right logical.Node, on []expr.Expr, j *parser.Join) logical.Node {
	if f, ok := right.(*logical.TableFunc); ok && kind == logical.LeftOuter && len(on) == 0 && logical.IsOneRow(f.Input) &&
		logical.Free(f).Intersects(logical.Out(left)) {
		c := *f
		c.Outer = true
		return (&c).WithInputs([]logical.Node{left})
	}
	var plain, both []expr.Expr
	for _, c := range on {
		if expr.HasSubquery(c) {
			left, c = b.hoist(left, c, logical.Out(right))
			right, c = b.hoist(right, c, logical.Out(left))
		}
		if expr.HasSubquery(c) {
			both = append(both, c)
		} else {
			plain = append(plain, c)
		}
	}
	if len(both) == 0 {
		return logical.NewJoin(kind, left, right, plain...)
	}
	if kind != logical.LeftOuter {
		unsupported(j.On.Pos(), "subquery over both sides in the condition of a full join")
	}
	return &logical.Apply{Kind: kind, Left: left, Right: logical.Where(right, append(plain, both...)...)}
}

// hoist makes the subqueries of a condition that do not read the other side columns of a plan.
func (b *binder) hoist(n logical.Node, cond expr.Expr, other expr.ColSet) (logical.Node, expr.Expr) {
	var items []logical.Item
	cond = expr.Replace(cond, func(e expr.Expr) expr.Expr {
		if s, ok := e.(*expr.Subquery); ok && !expr.Columns(s).Intersects(other) {
			col := b.ids.Column("subquery", s.Typ)
			items = append(items, logical.Item{Col: col, Expr: s})
			return col.Ref()
		}
		return nil
	})
	if len(items) == 0 {
		return n, cond
	}
	p := &logical.Project{Input: n}
	for _, c := range n.Columns() {
		p.Items = append(p.Items, logical.Pass(c))
	}
	p.Items = append(p.Items, items...)
	return p, cond
}

func commonColumns(left, right []scopeCol) []string {
	var names []string
	for _, l := range left {
		if l.hidden {
			continue
		}
		for _, r := range right {
			if r.name == l.name && !r.hidden && !slices.Contains(names, l.name) {
				names = append(names, l.name)
			}
		}
	}
	return names
}

// using binds USING and NATURAL: one column stands for both.
func (b *binder) using(kind parser.JoinKind, names []string, lcols, rcols []scopeCol, j *parser.Join, s *scope) ([]expr.Expr, []scopeCol) {
	x := b.exprs(s, "JOIN/USING")
	var on []expr.Expr
	var merged, rest []scopeCol
	for _, n := range names {
		l, r := usingColumn(lcols, n, "left", j.Pos()), usingColumn(rcols, n, "right", j.Pos())
		eq := x.compare(expr.Eq, l, r, j.Pos(), j.Pos(), j.Pos())
		on = append(on, eq)
		// The column has the type in which the two are compared.
		if cmp, ok := eq.(*expr.Compare); ok {
			l, r = cmp.Left, cmp.Right
		}
		c := scopeCol{name: n, expr: l}
		switch kind {
		case parser.RightJoin:
			c.expr = r
		case parser.FullJoin:
			c.expr = &expr.Coalesce{Args: []expr.Expr{l, r}}
		}
		merged = append(merged, c)
	}
	for _, c := range slices.Concat(lcols, rcols) {
		if !slices.Contains(names, c.name) {
			rest = append(rest, c)
		}
	}
	if j.UsingAlias != "" {
		rel := &relation{alias: j.UsingAlias, cols: merged}
		s.addRelation(rel, j.Pos())
	}
	return on, append(merged, rest...)
}

func usingColumn(cols []scopeCol, name, side string, pos int) expr.Expr {
	var found expr.Expr
	for _, c := range cols {
		if c.name != name {
			continue
		}
		if found != nil {
			fail(pos, sqlerr.AmbiguousColumn, "common column name %q appears more than once in %s table", name, side)
		}
		found = c.expr
	}
	if found == nil {
		fail(pos, sqlerr.UndefinedColumn, "column %q specified in USING clause does not exist in %s table", name, side)
	}
	return found
}
