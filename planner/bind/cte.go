package bind

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// cteFrame is a common table expression in scope, with those before it.
type cteFrame struct {
	outer *cteFrame
	name  string
	// def is the plan that all readers share; nil while a recursive query binds itself and for those that each reader
	// binds anew.
	def  *logical.CTE
	outs []outCol
	// again binds the query anew for each reader.
	again func() (logical.Node, []outCol)
	// work is the table of the round before, inside the recursive term. early refuses references in the other term.
	work  *logical.WorkTable
	early bool
	used  *bool
}

func (f *cteFrame) find(name string) *cteFrame {
	for ; f != nil; f = f.outer {
		if f.name == name {
			return f
		}
	}
	return nil
}

// with binds a WITH clause and returns the scope in which its names exist.
func (b *binder) with(w *parser.With, parent *scope, outer *cteFrame) *cteFrame {
	for i := range w.CTEs {
		c := &w.CTEs[i]
		for _, o := range w.CTEs[:i] {
			if o.Name == c.Name {
				fail(c.Pos(), sqlerr.DuplicateAlias, "WITH query name %q specified more than once", c.Name)
			}
		}
		q, ok := c.Statement.(*parser.Query)
		switch {
		case !ok:
			unsupported(c.Pos(), "%s in WITH", c.Statement.Tag())
		case c.Search != nil:
			unsupported(c.Search.Pos(), "SEARCH clause")
		case c.Cycle != nil:
			unsupported(c.Cycle.Pos(), "CYCLE clause")
		}
		outer = b.cte(c, q, w.Recursive, parent, outer)
	}
	return outer
}

func (b *binder) cte(c *parser.CTE, q *parser.Query, recursive bool, parent *scope, outer *cteFrame) *cteFrame {
	f := &cteFrame{outer: outer, name: c.Name}
	s := newScope(parent, outer)
	var plan logical.Node
	var outs []outCol
	if recursive {
		plan, outs = b.recursive(c, q, s, outer)
	}
	if plan == nil {
		plan, outs = b.query(q, s, outer)
		plan, outs = b.settle(plan, outs)
		outs = renameColumns(outs, c.Columns, c.Name, c.Pos())
	}
	if c.Materialized == parser.NotMaterialized || !logical.Free(plan).Empty() || readsRound(plan) {
		f.again = b.bindAgain(c, q, recursive, parent, outer, plan, outs)
		return f
	}
	f.def = &logical.CTE{ID: b.ids.CTE(), Name: c.Name, Plan: plan, Keep: c.Materialized == parser.Materialized}
	for _, o := range outs {
		f.def.Cols = append(f.def.Cols, o.col)
	}
	f.outs = outs
	return f
}

// readsRound reports whether a plan reads the rows of a round of a recursion that is around it: they are others in each round, so that the
// plan cannot be run once for all of them.
func readsRound(plan logical.Node) bool {
	var own, read []int
	logical.Walk(plan, func(n logical.Node) bool {
		switch n := n.(type) {
		case *logical.RecursiveUnion:
			own = append(own, n.ID)
		case *logical.WorkTable:
			read = append(read, n.ID)
		}
		return true
	})
	return slices.ContainsFunc(read, func(id int) bool { return !slices.Contains(own, id) })
}

// bindAgain returns a binder of the query for readers that share nothing: the first one gets the plan that exists.
func (b *binder) bindAgain(c *parser.CTE, q *parser.Query, recursive bool, parent *scope, outer *cteFrame, plan logical.Node, outs []outCol) func() (logical.Node, []outCol) {
	first := true
	return func() (logical.Node, []outCol) {
		if first {
			first = false
			return plan, outs
		}
		b.expand(c.Pos())
		remember := forgetReads(outer)
		defer remember()
		s := newScope(parent, outer)
		if recursive {
			if p, o := b.recursive(c, q, s, outer); p != nil {
				return p, o
			}
		}
		p, o := b.settle(b.query(q, s, outer))
		return p, renameColumns(o, c.Columns, c.Name, c.Pos())
	}
}

// forgetReads lets a query that is bound again read the tables of rounds that it read before: it is one reference, as it is written once.
// The function that it returns remembers them.
func forgetReads(f *cteFrame) func() {
	var flags []*bool
	for ; f != nil; f = f.outer {
		if f.used != nil && *f.used {
			*f.used = false
			flags = append(flags, f.used)
		}
	}
	return func() {
		for _, used := range flags {
			*used = true
		}
	}
}

// cteReference reads a common table expression.
func (b *binder) cteReference(f *cteFrame, t *parser.TableName) (logical.Node, []outCol) {
	switch {
	case f.early:
		fail(t.Pos(), sqlerr.InvalidRecursion, "recursive reference to query %q must not appear within its non-recursive term", f.name)
	case f.work != nil:
		if *f.used {
			fail(t.Pos(), sqlerr.InvalidRecursion, "recursive reference to query %q must not appear more than once", f.name)
		}
		*f.used = true
		// Each reader has columns of its own.
		work := &logical.WorkTable{ID: f.work.ID, Name: f.work.Name, Cols: make([]logical.Column, len(f.outs))}
		outs := make([]outCol, len(f.outs))
		for i, o := range f.outs {
			work.Cols[i] = b.ids.Column(o.name, o.col.Type)
			outs[i] = outCol{name: o.name, col: work.Cols[i]}
		}
		return work, outs
	case f.again != nil:
		return f.again()
	}
	n := &logical.CTERef{Def: f.def}
	outs := make([]outCol, len(f.outs))
	for i, o := range f.outs {
		c := b.ids.Column(o.name, o.col.Type)
		n.Cols, n.From = append(n.Cols, c), append(n.From, i)
		outs[i] = outCol{name: o.name, col: c}
	}
	return n, outs
}

// recursive binds a UNION whose right term may read the query itself. It returns nil for any other query.
func (b *binder) recursive(c *parser.CTE, q *parser.Query, s *scope, outer *cteFrame) (logical.Node, []outCol) {
	set, ok := q.Body.(*parser.SetOperation)
	if !ok || set.Op != parser.Union {
		return nil, nil
	}
	if q.With != nil {
		outer = b.with(q.With, s, outer)
	}
	self := &cteFrame{outer: outer, name: c.Name, early: true}
	left, leftOuts := b.body(set.Left, s, self)
	base, outs := b.settle(left, leftOuts)
	used := false
	id := b.ids.CTE()
	work := &logical.WorkTable{ID: id, Name: c.Name}
	workOuts := make([]outCol, len(outs))
	for i, o := range renameColumns(outs, c.Columns, c.Name, c.Pos()) {
		col := b.ids.Column(o.name, o.col.Type)
		workOuts[i] = outCol{name: o.name, col: col}
	}
	step, stepOuts := b.body(set.Right, s, &cteFrame{outer: outer, name: c.Name, work: work, outs: workOuts, used: &used})
	if !used {
		// It is a UNION like others. Its terms are not bound again: those of a query inside would be bound four times, and so on.
		branches := []branch{{left, leftOuts, set.Left.Pos()}, {step, stepOuts, set.Right.Pos()}}
		b.matchBranches(branches, set)
		plan, outs := b.combine(set.Op, set.All, branches)
		var keys []expr.SortKey
		if len(q.OrderBy) > 0 {
			keys = b.orderOutput(q.OrderBy, outs)
		}
		return b.limit(plan, keys, q, s), renameColumns(outs, c.Columns, c.Name, c.Pos())
	}
	switch {
	case len(q.OrderBy) > 0:
		unsupported(q.OrderBy[0].Pos(), "ORDER BY in a recursive query")
	case q.Limit != nil:
		unsupported(q.Limit.Pos(), "LIMIT in a recursive query")
	case q.Offset != nil:
		unsupported(q.Offset.Pos(), "OFFSET in a recursive query")
	case len(stepOuts) != len(outs):
		fail(set.Right.Pos(), sqlerr.SyntaxError, "each UNION query must have the same number of columns")
	}
	types := make([]schema.Type, len(outs))
	for i, o := range outs {
		types[i] = o.col.Type
		u, ok := Unify(o.col.Type, stepOuts[i].col.Type)
		if !ok || u.Kind != o.col.Type.Kind || u.Kind == schema.Decimal && u.Scale > o.col.Type.Scale {
			panic(failure{sqlerr.New(sqlerr.DatatypeMismatch, "recursive query %q column %d has type %s in non-recursive term but type %s overall",
				c.Name, i+1, TypeName(o.col.Type), TypeName(u)).WithHint("Cast the output of the non-recursive term to the correct type.").At(set.Left.Pos())})
		}
	}
	step, stepOuts = b.castOutputs(step, stepOuts, types)
	n := &logical.RecursiveUnion{ID: id, Base: base, Step: step, BaseCols: columnIDs(outs), StepCols: columnIDs(stepOuts), Distinct: !set.All}
	result := make([]outCol, len(outs))
	for i, o := range workOuts {
		col := b.ids.Column(o.name, o.col.Type)
		n.Cols = append(n.Cols, col)
		result[i] = outCol{name: o.name, col: col}
	}
	return n, result
}

// renameColumns gives output columns the names of an alias list, which may be shorter.
func renameColumns(outs []outCol, names []string, table string, pos int) []outCol {
	if len(names) == 0 {
		return outs
	}
	if len(names) > len(outs) {
		fail(pos, sqlerr.InvalidColumnReference, "table %q has %d columns available but %d columns specified", table, len(outs), len(names))
	}
	outs = slices.Clone(outs)
	for i, n := range names {
		outs[i].name = n
	}
	return outs
}

// columnsOf returns the columns of output columns.
func columnsOf(outs []outCol) []expr.Expr {
	refs := make([]expr.Expr, len(outs))
	for i, o := range outs {
		refs[i] = o.col.Ref()
	}
	return refs
}
