package bind

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

var setOpNames = map[parser.SetOp]string{parser.Union: "UNION", parser.Intersect: "INTERSECT", parser.Except: "EXCEPT"}

// branch is one operand of a set operation.
type branch struct {
	plan logical.Node
	outs []outCol
	pos  int
}

// setOperation binds UNION, INTERSECT and EXCEPT. A chain of UNION ALL is one node.
func (b *binder) setOperation(q *parser.SetOperation, parent *scope, ctes *cteFrame) (logical.Node, []outCol) {
	var bodies []parser.QueryBody
	for body := parser.QueryBody(q); ; {
		op, ok := body.(*parser.SetOperation)
		if !ok || op.Op != q.Op || op.All != q.All || q.Op != parser.Union && len(bodies) > 0 {
			bodies = append(bodies, body)
			break
		}
		bodies = append(bodies, op.Right)
		body = op.Left
	}
	slices.Reverse(bodies)
	branches := make([]branch, len(bodies))
	for i, body := range bodies {
		branches[i].pos = body.Pos()
		branches[i].plan, branches[i].outs = b.body(body, parent, ctes)
	}
	b.matchBranches(branches, q)
	return b.combine(q.Op, q.All, branches)
}

// matchBranches gives corresponding columns of all branches one type.
func (b *binder) matchBranches(branches []branch, q *parser.SetOperation) {
	width := len(branches[0].outs)
	types := make([]schema.Type, width)
	for _, br := range branches {
		if len(br.outs) != width {
			fail(br.pos, sqlerr.SyntaxError, "each %s query must have the same number of columns", setOpNames[q.Op])
		}
		for i, o := range br.outs {
			u, ok := Unify(types[i], o.col.Type)
			if !ok {
				fail(br.pos, sqlerr.DatatypeMismatch, "%s types %s and %s cannot be matched", setOpNames[q.Op],
					TypeName(types[i]), TypeName(o.col.Type))
			}
			types[i] = u
		}
	}
	for i := range types {
		if types[i].Kind == schema.Unknown {
			types[i] = schema.Text
		}
	}
	for i := range branches {
		branches[i].plan, branches[i].outs = b.castOutputs(branches[i].plan, branches[i].outs, types)
	}
}

func (b *binder) combine(op parser.SetOp, all bool, branches []branch) (logical.Node, []outCol) {
	first := branches[0].outs
	outs := make([]outCol, len(first))
	cols := make([]logical.Column, len(first))
	for i, o := range first {
		cols[i] = b.ids.Column(o.name, o.col.Type)
		outs[i] = outCol{name: o.name, col: cols[i]}
	}
	if op == parser.Union {
		u := &logical.Union{Cols: cols}
		for _, br := range branches {
			u.All, u.Maps = append(u.All, br.plan), append(u.Maps, columnIDs(br.outs))
		}
		if all {
			return u, outs
		}
		return distinctPlan(u, outs), outs
	}
	n := &logical.SetOp{Kind: logical.Intersect, All: all, Left: branches[0].plan, Right: branches[1].plan, Cols: cols,
		LeftCols: columnIDs(branches[0].outs), RightCols: columnIDs(branches[1].outs)}
	if op == parser.Except {
		n.Kind = logical.Except
	}
	return n, outs
}

func columnIDs(outs []outCol) []expr.ColumnID {
	ids := make([]expr.ColumnID, len(outs))
	for i, o := range outs {
		ids[i] = o.col.ID
	}
	return ids
}
