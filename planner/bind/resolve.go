package bind

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// column finds what a name means: a column, a field of one, or the row of a relation.
func (x *exprBinder) column(ref *parser.ColumnRef) expr.Expr {
	name := ref.Name
	if p := x.lambdaParam(name[0]); p != nil {
		return x.fields(p, name[1:], ref.Pos())
	}
	for s := x.s; s != nil; s = s.parent {
		e, rest := s.find(name, ref.Pos())
		if e == nil {
			continue
		}
		x.s.reach(s, e)
		if r, ok := e.(*expr.ColumnRef); ok {
			c := *r
			e = &c
			x.b.refs = append(x.b.refs, refPos{&c, strings.Join(name, "."), ref.Pos()})
		}
		return x.fields(e, rest, ref.Pos())
	}
	x.unknownColumn(ref)
	return nil
}

// find looks a name up in one scope. It returns what is left of the name after the column.
func (s *scope) find(name parser.Name, pos int) (expr.Expr, parser.Name) {
	if len(name) == 1 {
		if e := s.unqualified(name[0], pos); e != nil {
			return e, nil
		}
	}
	for n := min(3, len(name)-1); n >= 1; n-- {
		r := s.relation(name[:n], pos)
		if r == nil {
			continue
		}
		if e := r.column(name[n], pos); e != nil {
			return e, name[n+1:]
		}
	}
	if len(name) == 1 {
		if r := s.relation(name, pos); r != nil {
			return r.row(), nil
		}
		return nil, nil
	}
	if s.relation(name[:1], pos) == nil {
		// A field of a column of a row type.
		if e := s.unqualified(name[0], pos); e != nil && isRow(e) {
			return e, name[1:]
		}
	}
	return nil, nil
}

func isRow(e expr.Expr) bool { return e.Type().Kind == schema.Row }

func (s *scope) unqualified(name string, pos int) expr.Expr { return columnOf(s.visible, name, pos) }

// relation finds a relation by its alias, or by its schema and catalog when the alias is the table's own name.
func (s *scope) relation(name parser.Name, pos int) *relation {
	var found *relation
	for _, r := range s.rels {
		if !r.named(name) {
			continue
		}
		if found != nil {
			fail(pos, sqlerr.DuplicateAlias, "table reference %q is ambiguous", strings.Join(name, "."))
		}
		found = r
	}
	return found
}

func (r *relation) named(name parser.Name) bool {
	if len(name) == 1 {
		return r.alias == name[0]
	}
	if r.aliased {
		return false
	}
	if len(name) == 2 {
		return r.table.Table == name[1] && (r.table.Schema == name[0] || r.table.Catalog == name[0])
	}
	return r.table.Table == name[2] && r.table.Schema == name[1] && r.table.Catalog == name[0]
}

func (r *relation) column(name string, pos int) expr.Expr { return columnOf(r.cols, name, pos) }

// columnOf finds a column by its name; two that are not the same are ambiguous.
func columnOf(cols []scopeCol, name string, pos int) expr.Expr {
	var found expr.Expr
	for i := range cols {
		c := &cols[i]
		if c.name != name {
			continue
		}
		if found != nil && !expr.Equal(found, c.expr) {
			fail(pos, sqlerr.AmbiguousColumn, "column reference %q is ambiguous", name)
		}
		found = c.expr
	}
	return found
}

// row is the value of the relation's name used as an expression.
func (r *relation) row() expr.Expr {
	if r.scalar {
		return r.cols[0].expr
	}
	row := &expr.MakeRow{}
	var fields []schema.Field
	for _, c := range r.cols {
		if !c.hidden {
			row.Args = append(row.Args, c.expr)
			fields = append(fields, schema.Field{Name: c.name, Type: c.expr.Type()})
		}
	}
	row.Typ = schema.RowOf(fields...)
	return row
}

// fields reads fields of a row, one inside the other.
func (x *exprBinder) fields(e expr.Expr, names parser.Name, pos int) expr.Expr {
	for _, n := range names {
		e = x.field(e, n, pos)
	}
	return e
}

func (x *exprBinder) field(e expr.Expr, name string, pos int) expr.Expr {
	t := e.Type()
	if t.Kind != schema.Row {
		fail(pos, sqlerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, TypeName(t))
	}
	found := -1
	for i, f := range t.Fields() {
		if f.Name == name || strings.EqualFold(f.Name, name) && found < 0 {
			found = i
		}
	}
	if found < 0 {
		fail(pos, sqlerr.UndefinedColumn, "column %q not found in data type %s", name, TypeName(t))
	}
	return fieldOf(e, found)
}

// fieldOf reads field i of a row; of a row that is built on the spot it is the part itself.
func fieldOf(e expr.Expr, i int) expr.Expr {
	if r, ok := e.(*expr.MakeRow); ok {
		return r.Args[i]
	}
	f := e.Type().Fields()[i]
	return &expr.Field{Arg: e, Index: i, Name: f.Name, Typ: f.Type}
}

// unknownColumn raises PostgreSQL's error for a name that means nothing.
func (x *exprBinder) unknownColumn(ref *parser.ColumnRef) {
	name := ref.Name
	if len(name) > 4 {
		fail(ref.Pos(), sqlerr.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(name, "."))
	}
	if len(name) == 1 {
		err := sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", name[0]).At(ref.Pos())
		panic(failure{x.hint(err, "", name[0])})
	}
	qualifier := name[:len(name)-1]
	for s := x.s; s != nil; s = s.parent {
		if r := s.relation(qualifier, ref.Pos()); r != nil {
			err := sqlerr.New(sqlerr.UndefinedColumn, "column %s does not exist", strings.Join(name, ".")).At(ref.Pos())
			panic(failure{x.hint(err, r.alias, name.Last())})
		}
	}
	panic(failure{x.missingFrom(qualifier).At(ref.Pos())})
}

func (x *exprBinder) missingFrom(qualifier parser.Name) *sqlerr.Error {
	for s := x.s; s != nil; s = s.parent {
		for _, r := range s.sideways {
			if r.named(qualifier) {
				return sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", qualifier.Last()).
					WithDetail("There is an entry for table %q, but it cannot be referenced from this part of the query.", r.alias)
			}
		}
		for _, r := range s.rels {
			if r.aliased && r.table.Table == qualifier.Last() {
				return sqlerr.New(sqlerr.UndefinedTable, "invalid reference to FROM-clause entry for table %q", qualifier.Last()).
					WithHint("Perhaps you meant to reference the table alias %q.", r.alias)
			}
		}
	}
	return sqlerr.New(sqlerr.UndefinedTable, "missing FROM-clause entry for table %q", qualifier.Last())
}

// hint names the nearest column, of one relation or of all that can be named.
func (x *exprBinder) hint(err *sqlerr.Error, alias, name string) *sqlerr.Error {
	var known, full []string
	for s := x.s; s != nil; s = s.parent {
		for _, r := range s.rels {
			if alias != "" && r.alias != alias {
				continue
			}
			for _, c := range r.cols {
				known = append(known, c.name)
				full = append(full, r.alias+"."+c.name)
			}
		}
	}
	near := sqlerr.Nearest(name, known)
	for i, k := range known {
		if near != "" && k == near {
			return err.WithHint("Perhaps you meant to reference the column %q.", full[i])
		}
	}
	return err
}
