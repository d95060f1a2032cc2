package kv

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// defaultSchema is the one schema of a store.
const defaultSchema = "public"

// Connector implements connectors.Connector over a Store.
type Connector struct {
	name  string
	store *Store
	open  bool
}

var _ connectors.Connector = (*Connector)(nil)

// Store returns the connector's store.
func (c *Connector) Store() *Store { return c.store }

// opened are the stores of this process: Pebble lets a directory be opened once.
var opened struct {
	sync.Mutex
	stores map[string]*sharedStore
}

type sharedStore struct {
	*Store
	users int
}

// OpenCatalog opens the connector of CREATE CATALOG name USING pebble WITH ("connection-url" = 'file:///path').
func OpenCatalog(_ context.Context, name string, properties map[string]string) (connectors.Connector, error) {
	var path string
	for k, v := range properties {
		if k != "connection-url" {
			err := sqlerr.New(sqlerr.UndefinedObject, "unknown property %q of connector pebble", k)
			return nil, err.WithHint(`its property is "connection-url"`)
		}
		path = v
	}
	if path == "" {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `connector pebble needs the property "connection-url"`).
			WithHint(`for example WITH ("connection-url" = 'file:///var/lib/tarn/kv')`)
	}
	if strings.Contains(path, "://") {
		u, err := url.Parse(path)
		if err != nil || u.Scheme != "file" || u.Host != "" {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "connection-url %q is not file:///path", path)
		}
		path = u.Path
	}
	store, err := share(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	return &Connector{name: name, store: store, open: true}, nil
}

func share(path string) (*Store, error) {
	opened.Lock()
	defer opened.Unlock()
	if s, ok := opened.stores[path]; ok {
		s.users++
		return s.Store, nil
	}
	s, err := Open(path, Options{})
	if err != nil {
		return nil, err
	}
	if opened.stores == nil {
		opened.stores = map[string]*sharedStore{}
	}
	opened.stores[path] = &sharedStore{s, 1}
	return s, nil
}

// Close closes the store when no other connector uses it.
func (c *Connector) Close() error {
	if !c.open {
		return nil
	}
	opened.Lock()
	defer opened.Unlock()
	c.open = false
	s := opened.stores[c.store.path]
	if s.users--; s.users > 0 {
		return nil
	}
	delete(opened.stores, c.store.path)
	return c.store.Close()
}

// DefaultSchema is public.
func (c *Connector) DefaultSchema() string { return defaultSchema }

// Schemas lists the one schema.
func (c *Connector) Schemas(context.Context, *connectors.Query) ([]string, error) {
	return []string{defaultSchema}, nil
}

// Tables lists the tables.
func (c *Connector) Tables(_ context.Context, _ *connectors.Query, name string) ([]connectors.TableInfo, error) {
	if name != defaultSchema {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	names, err := c.store.Tables()
	if err != nil {
		return nil, err
	}
	out := make([]connectors.TableInfo, len(names))
	for i, n := range names {
		out[i].Name = n
		if d, err := c.store.Definition(n); err == nil {
			out[i].Comment = d.Comment
		}
	}
	return out, nil
}

// snapshotKey is where a query keeps its snapshot of a store.
type snapshotKey struct{ store *Store }

// Table finds a table. All tables of a store that a query reads are seen at one moment.
func (c *Connector) Table(_ context.Context, q *connectors.Query, schemaName, name string) (connectors.Table, error) {
	if schemaName != defaultSchema {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", schemaName+"."+name)
	}
	d, err := c.store.Definition(name)
	if err != nil {
		return nil, err
	}
	return &table{connector: c, def: d, query: q}, nil
}

// snapshot returns the query's snapshot of the store.
func (c *Connector) snapshot(q *connectors.Query) *pebble.Snapshot {
	var fresh *pebble.Snapshot
	snap, _ := q.Shared(snapshotKey{c.store}, func() any {
		fresh = c.store.db.NewSnapshot()
		return fresh
	}).(*pebble.Snapshot)
	if fresh != nil {
		q.OnClose(func() { fresh.Close() }) //nolint:errcheck // a snapshot of a store that is open closes
	}
	return snap
}

// table is a table for one query.
type table struct {
	connector *Connector
	def       *Definition
	query     *connectors.Query
}

// Name returns the full name.
func (t *table) Name() schema.TableName {
	return schema.TableName{Catalog: t.connector.name, Schema: defaultSchema, Table: t.def.Name}
}

// Columns returns the key columns, then the cells.
func (t *table) Columns() []schema.Column { return t.def.columns() }

// sampleRows is how many rows are read for an estimate of the table's size.
const sampleRows = 256

// Statistics estimates the number of rows from the stored size and the mean size of the first rows.
func (t *table) Statistics(context.Context) (connectors.Statistics, error) {
	s := connectors.Statistics{Rows: -1, Bytes: -1, Source: "key-value store", LookupColumns: []int{0}}
	key := make([]int, len(t.def.Key))
	for i := range key {
		key[i] = i
	}
	s.UniqueKeys = [][]int{key}
	rows, exact, keyBytes, err := t.countSample()
	if err != nil {
		return s, err
	}
	s.Rows = float64(rows)
	if !exact {
		p := rowPrefix(t.def.Name)
		disk, err := t.connector.store.db.EstimateDiskUsage(p, successor(p))
		if err != nil {
			return s, t.connector.store.fault(err)
		}
		// Keys compress to about half; a table in memory only has no size on disk yet.
		s.Rows = max(float64(disk)*2/max(float64(keyBytes)/float64(rows), 1), float64(rows))
	}
	s.Columns = make([]connectors.ColumnStatistics, len(t.def.Key)+len(t.def.Columns))
	if len(t.def.Key) == 1 {
		s.Columns[0].Distinct = s.Rows
	}
	return s, nil
}

// countSample counts up to sampleRows rows; exact says that there are no more.
func (t *table) countSample() (rows int64, exact bool, keyBytes int64, err error) {
	p := rowPrefix(t.def.Name)
	it, err := t.connector.snapshot(t.query).NewIter(&pebble.IterOptions{LowerBound: p, UpperBound: successor(p)})
	if err != nil {
		return 0, false, 0, t.connector.store.fault(err)
	}
	defer it.Close() //nolint:errcheck // Error tells
	for it.First(); it.Valid(); it.Next() {
		if rows == sampleRows {
			return rows, false, keyBytes, nil
		}
		rows++
		keyBytes += int64(len(it.Key()))
	}
	if err := it.Error(); err != nil {
		return 0, false, 0, t.connector.store.fault(err)
	}
	return rows, true, keyBytes, nil
}
