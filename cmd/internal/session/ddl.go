package session

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// define runs DDL and the crawler statements. Each is one transaction of the catalog of its own.
func (s *Session) define(ctx context.Context, st Statement) (*Result, error) {
	if s.settings.on("transaction_read_only") && !readsOnly(st.AST) {
		return nil, sqlerr.New(sqlerr.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", st.AST.Tag())
	}
	if s.tx.open {
		return nil, sqlerr.New(sqlerr.ActiveTransaction, "%s cannot run inside a transaction block", st.AST.Tag()).
			WithHint("a transaction reads one version of the catalog; commit, or use autocommit").At(st.AST.Pos())
	}
	switch ast := st.AST.(type) {
	case *parser.CreateDatabase:
		return s.createDatabase(ctx, ast)
	case *parser.DropDatabase:
		return s.dropDatabase(ctx, ast)
	case *parser.AlterDatabase:
		return s.alterDatabase(ctx, ast)
	case *parser.CreateTable:
		return s.createTable(ctx, ast)
	case *parser.DropTable:
		return s.dropRelations(ctx, ast.Names, ast.IfExists, false, "DROP TABLE")
	case *parser.CreateView:
		return s.createView(ctx, ast)
	case *parser.DropView:
		return s.dropRelations(ctx, ast.Names, ast.IfExists, true, "DROP VIEW")
	case *parser.AlterTable:
		return s.alterTable(ctx, ast)
	case *parser.RepairTable:
		return s.repairTable(ctx, ast)
	case *parser.CreateCatalog:
		return s.createCatalog(ctx, ast)
	case *parser.DropCatalog:
		return s.dropCatalog(ctx, ast)
	case *parser.CreateCrawler:
		return s.createCrawler(ctx, ast)
	case *parser.DropCrawler:
		return s.dropCrawler(ctx, ast)
	case *parser.PlanCrawler:
		return s.planCrawler(ctx, ast)
	case *parser.RunCrawler:
		return s.runCrawler(ctx, ast)
	case *parser.StopCrawler:
		return s.stopCrawler(ctx, ast)
	case *parser.Analyze:
		return s.analyze(ctx, ast)
	}
	return nil, sqlerr.Unsupported("%s", st.AST.Tag()).At(st.AST.Pos())
}

// readsOnly reports whether a statement may run in a read-only transaction: it leaves the catalog as it is.
func readsOnly(st parser.Statement) bool {
	switch st.(type) {
	case *parser.PlanCrawler, *parser.StopCrawler, *parser.Analyze:
		return true
	}
	return false
}

// change runs one catalog transaction and returns the result with the given tag.
func (s *Session) change(ctx context.Context, tag string, f func(catalog.Tx) error) (*Result, error) {
	if _, err := s.engine.Catalog.Update(ctx, f); err != nil {
		return nil, err
	}
	return command("%s", tag), nil
}

func properties(list []parser.Property) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list))
	for _, p := range list {
		m[p.Key] = p.Value
	}
	return m
}

func (s *Session) createDatabase(ctx context.Context, st *parser.CreateDatabase) (*Result, error) {
	name, err := databaseName(st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	if systemSchema(name) {
		return nil, sqlerr.New("42939", "unacceptable schema name %q", name).WithDetail("The name is one of the system's own.").At(st.Pos())
	}
	location := st.Location
	for _, o := range st.Options {
		text, ok := o.Value.(*parser.StringLit)
		if o.Name != "location" || !ok {
			return nil, sqlerr.Unsupported("the schema property %q", o.Name).At(o.Pos()).WithHint("the property is location, a string")
		}
		location = text.Value
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		err := tx.CreateDatabase(ctx, catalog.Database{Name: name, Comment: st.Comment, Location: location, Properties: properties(st.Properties)})
		if st.IfNotExists && sqlerr.Is(err, sqlerr.DuplicateSchema) {
			s.notice(Note, sqlerr.DuplicateSchema, "schema %q already exists, skipping", name)
			return nil
		}
		return err
	})
}

func (s *Session) dropDatabase(ctx context.Context, st *parser.DropDatabase) (*Result, error) {
	name, err := databaseName(st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		err := tx.DropDatabase(ctx, name, st.Cascade)
		if st.IfExists && sqlerr.Is(err, sqlerr.InvalidSchemaName) {
			s.notice(Note, "00000", "schema %q does not exist, skipping", name)
			return nil
		}
		return err
	})
}

func (s *Session) alterDatabase(ctx context.Context, st *parser.AlterDatabase) (*Result, error) {
	name, err := databaseName(st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		d, err := tx.Database(ctx, name)
		if err != nil {
			return err
		}
		next := *d
		if st.Location != "" {
			next.Location = st.Location
		}
		next.Properties = mergeProperties(d.Properties, st.Properties, false)
		return tx.AlterDatabase(ctx, next)
	})
}

func mergeProperties(old map[string]string, change []parser.Property, unset bool) map[string]string {
	next := make(map[string]string, len(old)+len(change))
	for k, v := range old {
		next[k] = v
	}
	for _, p := range change {
		if unset {
			delete(next, p.Key)
			continue
		}
		next[p.Key] = p.Value
	}
	return next
}

// dropRelations runs DROP TABLE and DROP VIEW: all or nothing.
func (s *Session) dropRelations(ctx context.Context, names []parser.Name, ifExists, views bool, tag string) (*Result, error) {
	return s.change(ctx, tag, func(tx catalog.Tx) error {
		for _, n := range names {
			database, name, err := s.lakeName(ctx, n, 0)
			if err != nil {
				return err
			}
			t, err := tx.Table(ctx, database, name)
			if ifExists && (sqlerr.Is(err, sqlerr.UndefinedTable) || sqlerr.Is(err, sqlerr.InvalidSchemaName)) {
				s.notice(Note, "00000", "%s %q does not exist, skipping", map[bool]string{true: "view", false: "table"}[views], name)
				continue
			}
			if err != nil {
				return err
			}
			if isView := t.View != ""; isView != views {
				return wrongKind(name, isView)
			}
			if err := tx.DropTable(ctx, database, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func wrongKind(name string, isView bool) error {
	if isView {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not a table", name).WithHint("Use DROP VIEW to remove a view.")
	}
	return sqlerr.New(sqlerr.WrongObjectType, "%q is not a view", name).WithHint("Use DROP TABLE to remove a table.")
}

func (s *Session) createView(ctx context.Context, st *parser.CreateView) (*Result, error) {
	switch {
	case st.Materialized:
		return nil, sqlerr.Unsupported("CREATE MATERIALIZED VIEW").At(st.Pos())
	case st.Temporary:
		return nil, sqlerr.Unsupported("CREATE TEMPORARY VIEW").At(st.Pos())
	}
	database, name, err := s.lakeName(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	_, cols, err := s.describeQuery(ctx, st.Query, nil)
	if err != nil {
		return nil, err
	}
	if len(st.Columns) > len(cols) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "CREATE VIEW specifies more column names than columns").At(st.Pos())
	}
	view := &catalog.Table{Database: database, Name: name, Comment: st.Comment, View: parser.Format(st.Query), CreatedBy: "ddl",
		Properties: properties(st.Properties), Stats: catalog.TableStats{Rows: -1, Bytes: -1, Files: -1, RowGroups: -1}}
	for i, c := range cols {
		column := catalog.Column{Name: c.Name, Type: c.Type}
		if i < len(st.Columns) {
			column.Name, column.Comment = st.Columns[i].Name, st.Columns[i].Comment
		}
		view.Columns = append(view.Columns, column)
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		old, err := tx.Table(ctx, database, name)
		switch {
		case err != nil:
			return tx.CreateTable(ctx, view)
		case st.IfNotExists:
			s.notice(Note, sqlerr.DuplicateTable, "relation %q already exists, skipping", name)
			return nil
		case old.View == "" && st.OrReplace:
			return wrongKind(name, false)
		case !st.OrReplace:
			return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name).At(st.Pos())
		}
		view.ID, view.Created = old.ID, old.Created
		return tx.AlterTable(ctx, view)
	})
}

func (s *Session) createCatalog(ctx context.Context, st *parser.CreateCatalog) (*Result, error) {
	if st.Name == LakeName {
		return nil, sqlerr.New(sqlerr.DuplicateObject, "catalog %q already exists", st.Name).WithDetail("It is the lake's own.").At(st.Pos())
	}
	d := catalog.Source{Name: st.Name, Connector: st.Connector, Properties: properties(st.Properties), Created: time.Now()}
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	list, err := snap.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, have := range list {
		if have.Name != st.Name {
			continue
		}
		if st.IfNotExists {
			s.notice(Note, sqlerr.DuplicateObject, "catalog %q already exists, skipping", st.Name)
			return command("%s", st.Tag()), nil
		}
		if !st.OrReplace {
			return nil, sqlerr.New(sqlerr.DuplicateObject, "catalog %q already exists", st.Name).At(st.Pos())
		}
	}
	// Opening the source before it is stored tells at once what is wrong with its properties.
	c, err := s.engine.sources.make(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	if err := s.engine.sources.forget(st.Name); err != nil {
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error { return tx.PutSource(ctx, d) })
}

func (s *Session) dropCatalog(ctx context.Context, st *parser.DropCatalog) (*Result, error) {
	if st.Name == LakeName {
		return nil, sqlerr.New("2BP01", "cannot drop catalog %q: it is the lake's own", st.Name).At(st.Pos())
	}
	r, err := s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		err := tx.DropSource(ctx, st.Name)
		if st.IfExists && sqlerr.Is(err, sqlerr.UndefinedObject) {
			s.notice(Note, "00000", "catalog %q does not exist, skipping", st.Name)
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, s.engine.sources.forget(st.Name)
}
