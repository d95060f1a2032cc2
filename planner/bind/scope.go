package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// scope is what names of columns mean inside one SELECT, or inside its FROM clause so far.
type scope struct {
	// parent is the scope of the enclosing query.
	parent *scope
	ctes   *cteFrame
	// rels are the relations of FROM, by which columns are qualified.
	rels []*relation
	// visible are the columns of SELECT *, in order, which unqualified names mean; hidden ones are not in the star.
	visible []scopeCol
	// outer are the columns of enclosing queries that were named inside.
	outer expr.ColSet
	// sideways are relations that exist in FROM and cannot be named from here, for a hint.
	sideways []*relation
}

// relation is an item of FROM.
type relation struct {
	alias string
	// table is the full name of a table; aliased says that it cannot be used because an alias hides it.
	table   schema.TableName
	aliased bool
	cols    []scopeCol
	// scalar says that the item is a function of one column: its alias is also that column.
	scalar bool
}

// scopeCol is a column that can be named. Its expression is a plain column but for those that USING merges.
type scopeCol struct {
	name   string
	expr   expr.Expr
	hidden bool
	rel    *relation
}

func newScope(parent *scope, ctes *cteFrame) *scope { return &scope{parent: parent, ctes: ctes} }

// outCol is an output column of a query: a column of its plan under a name.
type outCol struct {
	name string
	col  logical.Column
}

// reach notes that a column of scope at was named from s.
func (s *scope) reach(at *scope, e expr.Expr) {
	for ; s != at; s = s.parent {
		expr.AddColumns(&s.outer, e)
	}
}

// relationOf makes a relation of the output of a query.
func relationOf(alias string, outs []outCol) *relation {
	r := &relation{alias: alias, cols: make([]scopeCol, len(outs))}
	for i, o := range outs {
		r.cols[i] = scopeCol{name: o.name, expr: o.col.Ref(), rel: r}
	}
	return r
}
