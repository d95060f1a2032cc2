package lake

import (
	"context"
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// CatalogName is the first part of the full name of a table of the lake.
const CatalogName = "lake"

// defaultSchema is the database that a name without one means.
const defaultSchema = "public"

// Stores finds the store that holds a URL, and the URL's key in it. *objstore.Set is one.
type Stores interface {
	Resolve(ctx context.Context, url string) (objstore.Store, string, error)
}

// Connector implements connectors.Connector over a catalog.
type Connector struct {
	catalog catalog.Catalog
	stores  Stores
	formats map[catalog.Format]format.Format
	derived derivedCache
}

var _ connectors.Connector = (*Connector)(nil)

// New returns the connector. The catalog and the stores stay the caller's.
func New(cat catalog.Catalog, stores Stores, formats map[catalog.Format]format.Format) *Connector {
	return &Connector{catalog: cat, stores: stores, formats: formats}
}

// Close does nothing: what the connector uses belongs to the caller.
func (c *Connector) Close() error { return nil }

// DefaultSchema is public.
func (c *Connector) DefaultSchema() string { return defaultSchema }

// sharedState is what the tables of one statement share: the catalog's state and the listings.
type sharedState struct {
	mu       sync.Mutex
	snap     catalog.Snapshot
	listings map[string]*listing
}

type sharedKey struct{ c *Connector }

func (c *Connector) shared(q *connectors.Query) *sharedState {
	s, _ := q.Shared(sharedKey{c}, func() any { return &sharedState{listings: map[string]*listing{}} }).(*sharedState)
	return s
}

// snapshot returns the state of the catalog that the statement sees. The first caller opens it.
func (c *Connector) snapshot(ctx context.Context, q *connectors.Query) (catalog.Snapshot, error) {
	s := c.shared(q)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snap != nil {
		return s.snap, nil
	}
	snap, err := c.catalog.Snapshot(ctx, catalog.Version(q.CatalogVersion))
	if err != nil {
		return nil, err
	}
	s.snap = snap
	q.OnClose(func() { snap.Close() }) //nolint:errcheck // nothing was written
	return snap, nil
}

// Schemas lists the databases.
func (c *Connector) Schemas(ctx context.Context, q *connectors.Query) ([]string, error) {
	snap, err := c.snapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	dbs, err := snap.Databases(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(dbs))
	for i, d := range dbs {
		out[i] = d.Name
	}
	return out, nil
}

// Tables lists the tables and views of a database.
func (c *Connector) Tables(ctx context.Context, q *connectors.Query, database string) ([]connectors.TableInfo, error) {
	snap, err := c.snapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	if _, err := snap.Database(ctx, database); err != nil {
		return nil, err
	}
	ts, err := snap.Tables(ctx, database)
	if err != nil {
		return nil, err
	}
	out := make([]connectors.TableInfo, len(ts))
	for i, t := range ts {
		out[i] = connectors.TableInfo{Name: t.Name, View: t.View != "", Comment: t.Comment}
	}
	return out, nil
}

// Table finds a table or view. The result of a view implements connectors.Viewer.
func (c *Connector) Table(ctx context.Context, q *connectors.Query, database, name string) (connectors.Table, error) {
	snap, err := c.snapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	t, err := snap.Table(ctx, database, name)
	if err != nil {
		if sqlerr.Is(err, sqlerr.InvalidSchemaName) {
			return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", database+"."+name)
		}
		return nil, err
	}
	full := schema.TableName{Catalog: CatalogName, Schema: t.Database, Table: t.Name}
	if t.View != "" {
		return &View{def: t, name: full}, nil
	}
	return newTable(c, q, snap, t, full), nil
}
