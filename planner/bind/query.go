package bind

import (
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// query binds a whole query. Output columns may still be of unknown type; settle decides them.
func (b *binder) query(q *parser.Query, parent *scope, ctes *cteFrame) (logical.Node, []outCol) {
	b.enter(q.Pos())
	defer b.leave()
	if len(q.Locking) > 0 {
		unsupported(q.Locking[0].Pos(), "SELECT FOR %s", q.Locking[0].Strength)
	}
	if q.With != nil {
		ctes = b.with(q.With, parent, ctes)
	}
	if sel, ok := q.Body.(*parser.Select); ok {
		plan, outs, keys := b.selectBody(sel, q.OrderBy, parent, ctes)
		return b.limit(plan, keys, q, newScope(parent, ctes)), outs
	}
	plan, outs := b.body(q.Body, parent, ctes)
	if len(q.OrderBy) == 0 {
		return b.limit(plan, nil, q, newScope(parent, ctes)), outs
	}
	plan, outs = b.settle(plan, outs)
	if _, ok := q.Body.(*parser.SetOperation); !ok {
		return b.orderedBody(q, plan, outs, parent, ctes)
	}
	return b.limit(plan, b.orderOutput(q.OrderBy, outs), q, newScope(parent, ctes)), outs
}

// orderedBody sorts VALUES, TABLE and a query in parentheses, by expressions over their output columns.
func (b *binder) orderedBody(q *parser.Query, plan logical.Node, outs []outCol, parent *scope, ctes *cteFrame) (logical.Node, []outCol) {
	s := newScope(parent, ctes)
	rel := relationOf("", outs)
	s.visible = rel.cols
	st := &selectState{sel: &parser.Select{}}
	for _, o := range outs {
		st.outs = append(st.outs, selectOut{name: o.name, expr: o.col.Ref()})
	}
	_, keys := b.selectOrder(b.exprs(s, "ORDER BY"), st, q.OrderBy)
	p := newProjection(b, plan)
	for _, o := range outs {
		p.add(o.col.Ref(), o.name)
	}
	sortKeys := make([]expr.SortKey, len(keys))
	for i, k := range keys {
		sortKeys[i] = k.key
		sortKeys[i].Expr = p.add(k.key.Expr, "").Ref()
	}
	return b.limit(p.node(), sortKeys, q, s), outs
}

// body binds a query body.
func (b *binder) body(body parser.QueryBody, parent *scope, ctes *cteFrame) (logical.Node, []outCol) {
	switch q := body.(type) {
	case *parser.Select:
		plan, outs, _ := b.selectBody(q, nil, parent, ctes)
		return plan, outs
	case *parser.Query:
		return b.query(q, parent, ctes)
	case *parser.Values:
		return b.values(q, parent, ctes)
	case *parser.TableQuery:
		sel := &parser.Select{Loc: q.Loc, Items: []parser.SelectItem{{Loc: q.Loc, Expr: &parser.Star{Loc: q.Loc}}},
			From: []parser.TableExpr{&parser.TableName{Loc: q.Loc, Name: q.Name, Only: q.Only}}}
		plan, outs, _ := b.selectBody(sel, nil, parent, ctes)
		return plan, outs
	case *parser.SetOperation:
		return b.setOperation(q, parent, ctes)
	}
	unsupported(body.Pos(), "%T", body)
	return nil, nil
}

// settle makes output columns that are still undecided text.
func (b *binder) settle(plan logical.Node, outs []outCol) (logical.Node, []outCol) {
	types := make([]schema.Type, len(outs))
	for i, o := range outs {
		types[i] = o.col.Type
		if types[i].Kind == schema.Unknown {
			types[i] = schema.Text
		}
	}
	return b.castOutputs(plan, outs, types)
}

// castOutputs gives the output columns types, by a projection over the plan where one changes. Literals change in place.
func (b *binder) castOutputs(plan logical.Node, outs []outCol, types []schema.Type) (logical.Node, []outCol) {
	changed := false
	for i, o := range outs {
		changed = changed || !o.col.Type.Equal(types[i])
	}
	if !changed {
		return plan, outs
	}
	top, isProject := plan.(*logical.Project)
	p := newProjection(b, plan)
	if isProject {
		p.input = top.Input
	}
	for _, c := range plan.Columns() {
		// Columns that are no output may be sort keys of an operator above: they are passed on.
		if isProject {
			p.items = append(p.items, itemOf(top, c.ID))
			p.seen.Add(c.ID)
		} else {
			p.add(c.Ref(), c.Name)
		}
	}
	result := make([]outCol, len(outs))
	for i, o := range outs {
		if SameShape(o.col.Type, types[i]) && o.col.Type.Kind != schema.Unknown {
			o.col.Type = types[i]
			result[i] = o
			continue
		}
		e := expr.Expr(o.col.Ref())
		if isProject {
			e = itemOf(top, o.col.ID).Expr
		}
		col := b.ids.Column(o.name, types[i])
		p.items = append(p.items, logical.Item{Col: col, Expr: b.coerce(e, types[i], 0)})
		p.computed = true
		result[i] = outCol{name: o.name, col: col}
	}
	if !p.computed {
		return plan, result
	}
	return p.node(), result
}

func itemOf(p *logical.Project, id expr.ColumnID) logical.Item {
	for _, it := range p.Items {
		if it.Col.ID == id {
			return it
		}
	}
	return logical.Item{}
}

// values binds VALUES: columns are named column1, column2 and so on.
func (b *binder) values(v *parser.Values, parent *scope, ctes *cteFrame) (logical.Node, []outCol) {
	x := b.exprs(newScope(parent, ctes), "VALUES")
	width := len(v.Rows[0])
	rows := make([][]expr.Expr, len(v.Rows))
	poss := make([][]int, len(v.Rows))
	for i, r := range v.Rows {
		if len(r) != width {
			fail(r[0].Pos(), sqlerr.SyntaxError, "VALUES lists must all be the same length")
		}
		rows[i], poss[i] = x.list(r)
	}
	n := &logical.Values{Rows: rows}
	outs := make([]outCol, width)
	for j := range width {
		t := schema.Type{}
		for i := range rows {
			u, ok := Unify(t, rows[i][j].Type())
			if !ok {
				fail(poss[i][j], sqlerr.DatatypeMismatch, "VALUES types %s and %s cannot be matched", TypeName(t), TypeName(rows[i][j].Type()))
			}
			t = u
		}
		if t.Kind == schema.Unknown {
			t = schema.Text
		}
		for i := range rows {
			rows[i][j] = b.coerce(rows[i][j], t, poss[i][j])
		}
		name := "column" + strconv.Itoa(j+1)
		outs[j] = outCol{name: name, col: b.ids.Column(name, t)}
		n.Cols = append(n.Cols, outs[j].col)
	}
	return b.valuesPlan(n), outs
}

// valuesPlan makes the plan of VALUES. Rows with subqueries are projections of one row; rows that read columns of other
// items of FROM are those of unnest, column by column.
func (b *binder) valuesPlan(n *logical.Values) logical.Node {
	plain := true
	n.Each(func(e expr.Expr) { plain = plain && !expr.HasSubquery(e) })
	if plain && logical.Free(n).Empty() {
		return n
	}
	if plain && len(n.Rows) > 1 {
		if f := b.unnestValues(n); f != nil {
			return f
		}
	}
	if len(n.Rows) == 1 {
		p := &logical.Project{Input: logical.OneRow()}
		for j, e := range n.Rows[0] {
			p.Items = append(p.Items, logical.Item{Col: n.Cols[j], Expr: e})
		}
		return p
	}
	u := &logical.Union{Cols: n.Cols}
	for _, r := range n.Rows {
		p := &logical.Project{Input: logical.OneRow()}
		var ids []expr.ColumnID
		for j, e := range r {
			c := b.ids.Column(n.Cols[j].Name, n.Cols[j].Type)
			p.Items = append(p.Items, logical.Item{Col: c, Expr: e})
			ids = append(ids, c.ID)
		}
		u.All, u.Maps = append(u.All, p), append(u.Maps, ids)
	}
	return u
}

// unnestValues makes a set-returning function of VALUES, so that it can be put on the rows whose columns it reads. It
// returns nil when a column is a row, which unnest would take apart.
func (b *binder) unnestValues(n *logical.Values) logical.Node {
	f := &logical.TableFunc{Input: logical.OneRow()}
	for j, c := range n.Cols {
		if c.Type.Kind == schema.Row || !b.env.Registry.Has(expr.TableFunction, "unnest") {
			return nil
		}
		items := make([]expr.Expr, len(n.Rows))
		for i, r := range n.Rows {
			items[i] = r[j]
		}
		array := &expr.MakeArray{Args: items, Typ: schema.ArrayOf(c.Type)}
		r, err := b.env.Registry.Resolve(expr.TableFunction, "unnest", []expr.Arg{{Type: array.Typ}})
		if err != nil || !SameShape(r.Result, c.Type) {
			return nil
		}
		call := &expr.Call{Fn: r.Fn, Args: []expr.Expr{array}, Typ: r.Result}
		f.Calls = append(f.Calls, logical.FuncItem{Call: call, Cols: []logical.Column{c}})
	}
	return f
}
