package bind

import (
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// systemSchemas are the schemas that every catalog has.
var systemSchemas = map[string]bool{"pg_catalog": true, "information_schema": true, "tarn": true}

// maxViews bounds how deep views nest: a view that reads itself would have no end.
const maxViews = 32

// tableName binds a table, a view or a common table expression.
func (b *binder) tableName(t *parser.TableName, s *scope) (logical.Node, []scopeCol) {
	if t.Travel != nil {
		unsupported(t.Travel.Pos(), "FOR VERSION or TIMESTAMP AS OF")
	}
	alias := t.Name.Last()
	var columns []string
	if t.Alias != nil {
		if t.Alias.Name != "" {
			alias = t.Alias.Name
		}
		columns = t.Alias.Columns
	}
	if len(t.Name) == 1 {
		if f := s.ctes.find(t.Name[0]); f != nil {
			plan, outs := b.cteReference(f, t)
			outs = renameColumns(outs, columns, alias, t.Pos())
			return b.sample(plan, t.Sample), s.addRelation(relationOf(alias, outs), t.Pos())
		}
	}
	table := b.lookup(t.Name, t.Pos())
	if !slices.Contains(b.tables, table) {
		b.tables = append(b.tables, table)
	}
	if v, ok := table.(connectors.Viewer); ok {
		plan, outs := b.view(table, v, t.Pos())
		outs = renameColumns(outs, columns, alias, t.Pos())
		rel := relationOf(alias, outs)
		rel.table, rel.aliased = table.Name(), t.Alias != nil && t.Alias.Name != ""
		return b.sample(plan, t.Sample), s.addRelation(rel, t.Pos())
	}
	scan, rel := b.scan(table, alias, t)
	rel.aliased = t.Alias != nil && t.Alias.Name != ""
	renameRelation(rel, columns, t.Pos())
	return b.sample(scan, t.Sample), s.addRelation(rel, t.Pos())
}

func (b *binder) scan(table connectors.Table, alias string, t *parser.TableName) (logical.Node, *relation) {
	cols := table.Columns()
	scan := &logical.Scan{Table: table, Alias: alias, Pos: t.Pos(), Cols: make([]logical.Column, len(cols)), Ordinals: make([]int, len(cols))}
	rel := &relation{alias: alias, table: table.Name(), cols: make([]scopeCol, len(cols))}
	refs := make([]expr.ColumnRef, len(cols))
	for i, c := range cols {
		col := b.ids.Column(c.Name, c.Type)
		scan.Cols[i], scan.Ordinals[i] = col, i
		refs[i] = expr.ColumnRef{ID: col.ID, Name: col.Name, Typ: col.Type}
		rel.cols[i] = scopeCol{name: c.Name, expr: &refs[i], hidden: c.Hidden, rel: rel}
	}
	return scan, rel
}

func renameRelation(rel *relation, names []string, pos int) {
	i := 0
	for _, n := range names {
		for i < len(rel.cols) && rel.cols[i].hidden {
			i++
		}
		if i == len(rel.cols) {
			fail(pos, sqlerr.InvalidColumnReference, "table %q has %d columns available but %d columns specified", rel.alias, len(rel.cols), len(names))
		}
		rel.cols[i].name = n
		i++
	}
}

// view binds the query of a view, in which names mean what they mean in the view's own schema.
func (b *binder) view(table connectors.Table, v connectors.Viewer, pos int) (logical.Node, []outCol) {
	name := table.Name()
	b.expand(pos)
	if b.views >= maxViews {
		fail(pos, sqlerr.StatementTooComplex, "views nest more than %d deep at %s", maxViews, name)
	}
	parsed, err := parser.ParseOne(v.ViewSQL())
	if err != nil {
		panic(failure{b.viewError(err, name, pos)})
	}
	q, ok := parsed.Statement.(*parser.Query)
	if !ok {
		fail(pos, sqlerr.WrongObjectType, "the definition of view %s is no query", name)
	}
	saved, describe := b.naming, b.describe
	b.naming = naming{catalog: name.Catalog, path: []string{name.Schema}}
	if systemSchemas[name.Schema] {
		b.naming = naming{catalog: saved.catalog, path: []string{name.Schema}}
	}
	b.views++
	defer func() {
		b.views--
		b.naming, b.describe = saved, describe
		if r := recover(); r != nil {
			if f, ok := r.(failure); ok {
				panic(failure{b.viewError(f.err, name, pos)})
			}
			panic(r)
		}
	}()
	plan, outs := b.query(q, nil, nil)
	plan, outs = b.settle(plan, outs)
	for i, c := range table.Columns() {
		if i < len(outs) {
			outs[i].name = c.Name
		}
	}
	return plan, outs
}

// viewError moves an error about the text of a view to the place where the statement names it.
func (b *binder) viewError(err error, name schema.TableName, pos int) error {
	if e := sqlerr.As(err); e != nil {
		c := *e
		c.Position = pos
		return (&c).WithContext("view %s", name)
	}
	return err
}

// lookup finds a table by its name.
func (b *binder) lookup(name parser.Name, pos int) connectors.Table {
	var table connectors.Table
	var err error
	switch len(name) {
	case 1:
		table, err = b.lookupPath(name[0])
	case 2:
		table, err = b.lookupTwo(name[0], name[1])
	case 3:
		table, err = b.lookupThree(name[0], name[1], name[2])
	default:
		fail(pos, sqlerr.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(name, "."))
	}
	if err == nil {
		return table
	}
	if !sqlerr.Is(err, sqlerr.UndefinedTable) {
		raise(err, pos)
	}
	if len(name) == 3 {
		b.schemaExists(name[0], name[1], pos)
	}
	e := sqlerr.New(sqlerr.UndefinedTable, "relation \"%s\" does not exist", strings.Join(name, ".")).At(pos)
	if near := b.nearTable(name); near != "" {
		e = e.WithHint("Perhaps you meant the table %q.", near)
	}
	panic(failure{e})
}

// schemaExists fails when a catalog has no such schema, and says which it has.
func (b *binder) schemaExists(catalog, name string, pos int) {
	if systemSchemas[name] {
		return
	}
	c, err := b.env.Catalogs.Connector(b.ctx, catalog)
	if err != nil {
		return
	}
	schemas, err := c.Schemas(b.ctx, b.env.Query)
	if err != nil || slices.Contains(schemas, name) {
		return
	}
	e := sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist in catalog %q", name, catalog).At(pos)
	if len(schemas) > 0 {
		shown := schemas[:min(len(schemas), maxShownSchemas)]
		e = e.WithHint("Its schemas are %s.", strings.Join(shown, ", "))
	}
	panic(failure{e})
}

// maxShownSchemas is how many schemas a hint lists.
const maxShownSchemas = 20

func (b *binder) lookupPath(table string) (connectors.Table, error) {
	if strings.HasPrefix(table, "pg_") {
		if t, err := b.system("pg_catalog", table); err == nil || !sqlerr.Is(err, sqlerr.UndefinedTable) {
			return t, err
		}
	}
	missing := error(sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table))
	for _, s := range b.naming.path {
		t, err := b.tableIn(b.naming.catalog, s, table)
		if err == nil || !notFound(err) {
			return t, err
		}
	}
	return nil, missing
}

// notFound reports whether an error says that a table, a schema or a catalog does not exist.
func notFound(err error) bool {
	return sqlerr.Is(err, sqlerr.UndefinedTable) || sqlerr.Is(err, sqlerr.InvalidSchemaName) || sqlerr.Is(err, sqlerr.UndefinedDatabase)
}

// lookupTwo finds a.b: schema a of the current catalog, else catalog a with its default schema.
func (b *binder) lookupTwo(first, table string) (connectors.Table, error) {
	t, err := b.tableIn(b.naming.catalog, first, table)
	if err == nil || !notFound(err) || systemSchemas[first] {
		return t, undefinedTable(err)
	}
	c, cerr := b.env.Catalogs.Connector(b.ctx, first)
	if cerr != nil {
		if !notFound(cerr) {
			return nil, cerr
		}
		return nil, undefinedTable(err)
	}
	t, err = c.Table(b.ctx, b.env.Query, c.DefaultSchema(), table)
	return t, undefinedTable(err)
}

func (b *binder) lookupThree(catalog, s, table string) (connectors.Table, error) {
	t, err := b.tableIn(catalog, s, table)
	if sqlerr.Is(err, sqlerr.InvalidSchemaName) {
		return t, undefinedTable(err)
	}
	return t, err
}

// undefinedTable makes a missing schema a missing table, as in PostgreSQL's SELECT.
func undefinedTable(err error) error {
	if err != nil && sqlerr.Is(err, sqlerr.InvalidSchemaName) {
		return sqlerr.New(sqlerr.UndefinedTable, "%w", err)
	}
	return err
}

func (b *binder) tableIn(catalog, s, table string) (connectors.Table, error) {
	if systemSchemas[s] {
		return b.system(s, table)
	}
	c, err := b.env.Catalogs.Connector(b.ctx, catalog)
	if err != nil {
		return nil, err
	}
	return c.Table(b.ctx, b.env.Query, s, table)
}

func (b *binder) system(s, table string) (connectors.Table, error) {
	c := b.env.Catalogs.System()
	if c == nil {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table)
	}
	return c.Table(b.ctx, b.env.Query, s, table)
}

// nearTable returns the name of an existing table that is most like a missing one.
func (b *binder) nearTable(name parser.Name) string {
	catalog, schemas := b.naming.catalog, b.naming.path
	switch len(name) {
	case 2:
		schemas = []string{name[0]}
	case 3:
		catalog, schemas = name[0], []string{name[1]}
	}
	c, err := b.env.Catalogs.Connector(b.ctx, catalog)
	if err != nil {
		return ""
	}
	var known []string
	for _, s := range schemas {
		tables, err := c.Tables(b.ctx, b.env.Query, s)
		if err != nil {
			continue
		}
		for _, t := range tables {
			known = append(known, t.Name)
		}
	}
	return sqlerr.Nearest(name.Last(), known)
}
