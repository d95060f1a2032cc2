package bind

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// projection collects the columns that a SELECT computes over a plan.
type projection struct {
	b        *binder
	input    logical.Node
	items    []logical.Item
	seen     expr.ColSet
	computed bool
}

func newProjection(b *binder, input logical.Node) *projection { return &projection{b: b, input: input} }

// add returns the column with the value of e: e's own when it is one, or a computed one.
func (p *projection) add(e expr.Expr, name string) logical.Column {
	if r, ok := e.(*expr.ColumnRef); ok {
		c := logical.Column{ID: r.ID, Name: r.Name, Type: r.Typ}
		if logical.Out(p.input).Has(r.ID) || p.seen.Has(r.ID) {
			if !p.seen.Has(r.ID) {
				p.seen.Add(r.ID)
				p.items = append(p.items, logical.Pass(c))
			}
			return c
		}
		// A column of an enclosing query gets an identity of its own here.
	}
	if !expr.IsVolatile(e) {
		for _, it := range p.items {
			if !it.Passes() && expr.Equal(it.Expr, e) {
				return it.Col
			}
		}
	}
	c := p.b.ids.Column(name, e.Type())
	p.items = append(p.items, logical.Item{Col: c, Expr: e})
	p.seen.Add(c.ID)
	p.computed = true
	return c
}

// has reports whether e is among what was added already.
func (p *projection) has(e expr.Expr) bool {
	for _, it := range p.items {
		if expr.Equal(it.Expr, e) || it.Col.ID == columnID(e) {
			return true
		}
	}
	return false
}

func columnID(e expr.Expr) expr.ColumnID {
	if r, ok := e.(*expr.ColumnRef); ok {
		return r.ID
	}
	return -1
}

// node is the plan with the columns; the input itself when none is computed.
func (p *projection) node() logical.Node {
	if !p.computed {
		return p.input
	}
	return &logical.Project{Input: p.input, Items: p.items}
}
