package session

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// catalogs is the session as the planner sees it.
type catalogs struct{ session *Session }

// Connector returns the connector of a catalog.
func (c *catalogs) Connector(ctx context.Context, name string) (connectors.Connector, error) {
	return c.session.engine.sources.connector(ctx, c.session.engine.Catalog, name)
}

// Current returns the current catalog.
func (c *catalogs) Current() string { return c.session.Database() }

// SearchPath returns the schemas of unqualified names.
func (c *catalogs) SearchPath() []string { return c.session.SearchPath() }

// System returns the connector of the system schemas.
func (c *catalogs) System() connectors.Connector { return c.session.system }

// Connector returns the connector of a catalog, for the system tables.
func (s *Session) Connector(ctx context.Context, name string) (connectors.Connector, error) {
	return (&catalogs{s}).Connector(ctx, name)
}

// Catalogs lists the catalogs: the lake's first, then those of CREATE CATALOG.
func (s *Session) Catalogs(ctx context.Context) ([]string, error) {
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	list, err := snap.Sources(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{LakeName}
	for _, d := range list {
		out = append(out, d.Name)
	}
	return out, nil
}

// systemSchema reports whether a schema is the system's own.
func systemSchema(name string) bool {
	return name == "pg_catalog" || name == "information_schema" || name == "tarn"
}

// lakeName resolves the name of a lake table in DDL to its database and name.
func (s *Session) lakeName(ctx context.Context, n parser.Name, pos int) (database, table string, err error) {
	switch len(n) {
	case 1:
		return s.defaultDatabase(ctx), n[0], nil
	case 2:
		return n[0], n[1], nil
	case 3:
		if n[0] != LakeName {
			return "", "", sqlerr.Unsupported("changing tables of catalog %q", n[0]).At(pos).WithHint("change them in the source itself")
		}
		return n[1], n[2], nil
	}
	return "", "", sqlerr.New(sqlerr.SyntaxError, "improper qualified name (too many dotted names)").At(pos)
}

// defaultDatabase is where unqualified tables are created: the first schema of search_path that exists.
func (s *Session) defaultDatabase(ctx context.Context) string {
	path := s.SearchPath()
	snap, err := s.CatalogSnapshot(ctx)
	if err == nil {
		defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
		for _, name := range path {
			if _, err := snap.Database(ctx, name); err == nil {
				return name
			}
		}
	}
	path = slices.DeleteFunc(path, systemSchema)
	if len(path) == 0 {
		return "public"
	}
	return path[len(path)-1]
}

// databaseName resolves the name of a database in DDL.
func databaseName(n parser.Name, pos int) (string, error) {
	switch {
	case len(n) == 1:
		return n[0], nil
	case len(n) == 2 && n[0] == LakeName:
		return n[1], nil
	case len(n) == 2:
		return "", sqlerr.Unsupported("changing schemas of catalog %q", n[0]).At(pos)
	}
	return "", sqlerr.New(sqlerr.SyntaxError, "improper schema name").At(pos)
}

// schemasOf lists the schemas of a catalog, with its connector and the query that they were read in, which the caller closes.
func (s *Session) schemasOf(ctx context.Context, name string) (connectors.Connector, *connectors.Query, []string, error) {
	c, err := s.Connector(ctx, name)
	if err != nil {
		return nil, nil, nil, err
	}
	q, err := s.newQuery(ctx, s.engine.queryID())
	if err != nil {
		return nil, nil, nil, err
	}
	schemas, err := c.Schemas(ctx, q)
	if err != nil {
		q.Close()
		return nil, nil, nil, err
	}
	return c, q, schemas, nil
}

// use runs USE [catalog.]schema.
func (s *Session) use(ctx context.Context, st *parser.Use) (*Result, error) {
	target := st.Catalog
	if target == "" {
		target = s.Database()
	}
	_, q, schemas, err := s.schemasOf(ctx, target)
	if err != nil {
		return nil, err
	}
	q.Close()
	if !slices.Contains(schemas, st.Schema) {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist in catalog %q", st.Schema, target).At(st.Pos())
	}
	s.mu.Lock()
	s.database = target
	s.mu.Unlock()
	return command("USE"), s.settings.set("search_path", joinIdentifiers([]string{st.Schema}), false)
}
