package bind

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// grouping is a bound GROUP BY clause. sets is nil for one set of all keys.
type grouping struct {
	keys []expr.Expr
	sets [][]int
}

// maxGroupingSets is PostgreSQL's limit.
const maxGroupingSets = 4096

// groupBy binds GROUP BY; nil when the SELECT has none.
func (b *binder) groupBy(x *exprBinder, st *selectState) *grouping {
	clause := st.sel.GroupBy
	if clause == nil {
		return nil
	}
	g := &grouping{}
	if clause.All {
		for _, o := range st.outs {
			if !st.aggregated(o.expr) {
				g.key(o.expr)
			}
		}
		return g
	}
	sets := [][]int{{}}
	plain := true
	for i := range clause.Items {
		el := &clause.Items[i]
		next := b.groupElement(x, st, g, el)
		plain = plain && el.Kind == parser.GroupSet && len(el.Exprs) > 0
		sets = crossSets(sets, next, el.Pos())
	}
	if plain {
		return g
	}
	if clause.Distinct {
		sets = distinctSets(sets)
	}
	g.sets = sets
	return g
}

// aggregated reports whether an expression reads the result of an aggregate or a window function.
func (st *selectState) aggregated(e expr.Expr) bool {
	var made expr.ColSet
	for _, a := range st.aggs {
		made.Add(a.Col.ID)
	}
	for _, g := range st.groupings {
		made.Add(g.col.ID)
	}
	for _, w := range st.windows {
		for _, c := range w.calls {
			made.Add(c.Col.ID)
		}
	}
	return expr.Columns(e).Intersects(made)
}

// key returns the ordinal of a key, which it adds when it is new.
func (g *grouping) key(e expr.Expr) int {
	for i, k := range g.keys {
		if expr.Equal(k, e) {
			return i
		}
	}
	g.keys = append(g.keys, e)
	return len(g.keys) - 1
}

// groupElement returns the grouping sets of one element of GROUP BY.
func (b *binder) groupElement(x *exprBinder, st *selectState, g *grouping, el *parser.GroupElement) [][]int {
	switch el.Kind {
	case parser.GroupSet:
		set := []int{}
		for _, e := range el.Exprs {
			set = append(set, g.key(b.groupKey(x, st, e)))
		}
		return [][]int{set}
	case parser.GroupingSets:
		var sets [][]int
		for i := range el.Elements {
			sets = append(sets, b.groupElement(x, st, g, &el.Elements[i])...)
		}
		return sets
	}
	var parts [][]int
	for i := range el.Elements {
		parts = append(parts, b.groupElement(x, st, g, &el.Elements[i])[0])
	}
	if el.Kind == parser.GroupRollup {
		var sets [][]int
		for n := len(parts); n >= 0; n-- {
			sets = append(sets, slices.Concat(parts[:n]...))
		}
		return sets
	}
	if len(parts) > 12 {
		fail(el.Pos(), sqlerr.ProgramLimit, "CUBE is limited to 12 elements")
	}
	var sets [][]int
	for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
		set := []int{}
		for i, p := range parts {
			if mask>>(len(parts)-1-i)&1 != 0 {
				set = append(set, p...)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

func crossSets(a, b [][]int, pos int) [][]int {
	if len(a)*len(b) > maxGroupingSets {
		fail(pos, sqlerr.StatementTooComplex, "too many grouping sets present (maximum %d)", maxGroupingSets)
	}
	var out [][]int
	for _, l := range a {
		for _, r := range b {
			set := slices.Clone(l)
			for _, k := range r {
				if !slices.Contains(set, k) {
					set = append(set, k)
				}
			}
			out = append(out, set)
		}
	}
	return out
}

func distinctSets(sets [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, s := range sets {
		sorted := slices.Clone(s)
		slices.Sort(sorted)
		key := make([]byte, 0, 2*len(sorted))
		for _, k := range sorted {
			key = append(key, byte(k>>8), byte(k))
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, s)
		}
	}
	return out
}

// groupKey binds a grouping expression: an ordinal, a column of FROM, the name of a select item, or any expression.
func (b *binder) groupKey(x *exprBinder, st *selectState, e parser.Expr) expr.Expr {
	if n, ok := e.(*parser.NumberLit); ok {
		return b.groupable(st.ordinal(n, "GROUP BY"), st, e.Pos())
	}
	if _, ok := e.(*parser.StringLit); ok {
		fail(e.Pos(), sqlerr.SyntaxError, "non-integer constant in GROUP BY")
	}
	if ref, ok := e.(*parser.ColumnRef); ok && len(ref.Name) == 1 && x.s.unqualified(ref.Name[0], e.Pos()) == nil {
		var found expr.Expr
		for _, o := range st.outs {
			if o.name != ref.Name[0] {
				continue
			}
			if found != nil && !expr.Equal(found, o.expr) {
				fail(e.Pos(), sqlerr.AmbiguousColumn, "GROUP BY %q is ambiguous", o.name)
			}
			found = o.expr
		}
		if found != nil {
			return b.groupable(found, st, e.Pos())
		}
	}
	return b.groupable(b.exprs(x.s, "GROUP BY").value(e), st, e.Pos())
}

func (b *binder) groupable(e expr.Expr, st *selectState, pos int) expr.Expr {
	if st.aggregated(e) {
		fail(pos, sqlerr.GroupingError, "aggregate functions are not allowed in GROUP BY")
	}
	if k := e.Type().Kind; k == schema.JSON {
		panic(failure{sqlerr.New(sqlerr.UndefinedFunction, "could not identify an equality operator for type %s", TypeName(e.Type())).At(pos)})
	}
	return b.text(e, pos)
}

// ordinal returns the select item that a number names.
func (st *selectState) ordinal(n *parser.NumberLit, clause string) expr.Expr {
	return st.outs[st.ordinalIndex(n, clause)].expr
}

func (st *selectState) ordinalIndex(n *parser.NumberLit, clause string) int {
	if n.Kind != parser.IntegerNumber {
		fail(n.Pos(), sqlerr.SyntaxError, "non-integer constant in %s", clause)
	}
	i := 0
	for _, c := range n.Text {
		i = min(i*10+int(c-'0'), maxColumns+1)
	}
	if i < 1 || i > len(st.outs) {
		fail(n.Pos(), sqlerr.InvalidColumnReference, "%s position %s is not in select list", clause, n.Text)
	}
	return i - 1
}

// group puts the Aggregate of a SELECT over a plan, if it has one, and returns how expressions of the other clauses read
// its columns.
func (b *binder) group(plan logical.Node, st *selectState, g *grouping, having bool) (logical.Node, *regroup) {
	if g == nil && len(st.aggs) == 0 && !having && len(st.groupings) == 0 {
		return plan, &regroup{}
	}
	if g == nil {
		g = &grouping{}
	}
	agg := &logical.Aggregate{Input: plan, Aggs: st.aggs, Sets: g.sets}
	for _, k := range g.keys {
		if r, ok := k.(*expr.ColumnRef); ok && logical.Out(plan).Has(r.ID) {
			agg.Keys = append(agg.Keys, logical.Pass(logical.Column{ID: r.ID, Name: r.Name, Type: r.Typ}))
			continue
		}
		agg.Keys = append(agg.Keys, logical.Item{Col: b.ids.Column("", k.Type()), Expr: k})
	}
	if g.sets != nil {
		agg.GroupingID = b.ids.Column("grouping id", schema.T(schema.BigInt))
	}
	post := &regroup{b: b, agg: agg, inner: logical.Out(plan)}
	if len(st.groupings) == 0 {
		return agg, post
	}
	p := newProjection(b, agg)
	for _, c := range agg.Columns() {
		p.add(c.Ref(), c.Name)
	}
	for _, gc := range st.groupings {
		p.items = append(p.items, logical.Item{Col: gc.col, Expr: groupingValue(agg, gc)})
	}
	return &logical.Project{Input: agg, Items: p.items}, post
}

// groupingValue computes GROUPING(..) from the grouping id: one branch a set.
func groupingValue(agg *logical.Aggregate, gc groupingCall) expr.Expr {
	ordinals := make([]int, len(gc.args))
	for i, a := range gc.args {
		ordinals[i] = slices.IndexFunc(agg.Keys, func(k logical.Item) bool { return expr.Equal(k.Expr, a) })
		if ordinals[i] < 0 {
			fail(gc.pos, sqlerr.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
		}
	}
	constant := func(v int64) expr.Expr { return &expr.Const{Value: schema.IntValue(gc.col.Type, v)} }
	c := &expr.Case{Else: constant(0)}
	done := map[int64]bool{}
	for _, set := range agg.Sets {
		var id, value int64
		for k := range agg.Keys {
			id <<= 1
			if !slices.Contains(set, k) {
				id |= 1
			}
		}
		for _, o := range ordinals {
			value <<= 1
			if !slices.Contains(set, o) {
				value |= 1
			}
		}
		if value != 0 && !done[id] {
			done[id] = true
			match := &expr.Compare{Op: expr.Eq, Left: agg.GroupingID.Ref(), Right: &expr.Const{Value: schema.IntValue(schema.T(schema.BigInt), id)}}
			c.Whens = append(c.Whens, expr.When{Cond: match, Result: constant(value)})
		}
	}
	if len(c.Whens) == 0 {
		return c.Else
	}
	return c
}

// regroup makes expressions over the input of an Aggregate read its output. Without an aggregate it changes nothing.
type regroup struct {
	b     *binder
	agg   *logical.Aggregate
	inner expr.ColSet
}

func (r *regroup) list(es []expr.Expr) []expr.Expr { return expr.MapList(es, r.expr) }

// expr replaces grouping expressions by the keys, and refuses columns that are neither.
func (r *regroup) expr(e expr.Expr) expr.Expr {
	if r.agg == nil {
		return e
	}
	return expr.Replace(e, func(e expr.Expr) expr.Expr {
		if _, constant := e.(*expr.Const); constant && r.agg.Sets == nil {
			// Only a grouping set can change the value of a constant: to NULL, where it is not in the set.
			return nil
		}
		for _, k := range r.agg.Keys {
			if expr.Equal(k.Expr, e) {
				return k.Col.Ref()
			}
		}
		switch e := e.(type) {
		case *expr.ColumnRef:
			if r.inner.Has(e.ID) {
				r.ungrouped(e)
			}
			return e
		case *expr.Subquery:
			r.checkOuter(e)
		}
		return nil
	})
}

func (r *regroup) checkOuter(q *expr.Subquery) {
	for _, id := range q.Outer {
		if !r.inner.Has(id) {
			continue
		}
		if slices.ContainsFunc(r.agg.Keys, func(k logical.Item) bool { return k.Col.ID == id }) {
			continue
		}
		name, pos := r.b.nameOf(id)
		fail(pos, sqlerr.GroupingError, "subquery uses ungrouped column %q from outer query", name)
	}
}

func (r *regroup) ungrouped(ref *expr.ColumnRef) {
	name, pos := r.b.nameOf(ref.ID)
	for _, p := range r.b.refs {
		if p.ref == ref {
			name, pos = p.name, p.pos
		}
	}
	if name == "" {
		name = ref.Name
	}
	name = r.b.qualifiedName(r.agg.Input, ref.ID, name)
	fail(pos, sqlerr.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", name)
}

// nameOf returns how and where the statement names a column for the first time.
func (b *binder) nameOf(id expr.ColumnID) (string, int) {
	for _, p := range b.refs {
		if p.ref.ID == id {
			return p.name, p.pos
		}
	}
	return "", 0
}

// qualifiedName puts the alias of the table that a column comes from before its name.
func (b *binder) qualifiedName(n logical.Node, id expr.ColumnID, name string) string {
	logical.Walk(n, func(n logical.Node) bool {
		if s, ok := n.(*logical.Scan); ok {
			for _, c := range s.Cols {
				if c.ID == id {
					name = s.Alias + "." + c.Name
				}
			}
		}
		return true
	})
	return name
}
