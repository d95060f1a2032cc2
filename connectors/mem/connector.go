package mem

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Connector implements connectors.Connector. Tables may be added at any time; a statement sees those that were there when it
// asked.
type Connector struct {
	name, defaultSchema string

	mu      sync.RWMutex
	schemas map[string]map[string]*Table
}

var _ connectors.Connector = (*Connector)(nil)

// New returns a connector without tables for the catalog of a name. The default schema exists.
func New(name, defaultSchema string) *Connector {
	return &Connector{name: name, defaultSchema: defaultSchema, schemas: map[string]map[string]*Table{defaultSchema: {}}}
}

// Add makes a table, or replaces the one of that name. Columns of the batches are those of the table, in order; the
// batches, which own their memory, belong to the connector from then on. Statistics are counted.
func (c *Connector) Add(schemaName, table string, columns []schema.Column, batches ...*vector.Batch) *Table {
	t := &Table{name: schema.TableName{Catalog: c.name, Schema: schemaName, Table: table}, columns: columns, batches: batches}
	t.stats = measure(columns, batches)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.schemas[schemaName] == nil {
		c.schemas[schemaName] = map[string]*Table{}
	}
	c.schemas[schemaName][table] = t
	return t
}

// AddRows is Add for values: rows are put into batches of batchRows (0: vector.DefaultRows).
func (c *Connector) AddRows(schemaName, table string, columns []schema.Column, rows [][]schema.Value, batchRows int) *Table {
	if batchRows <= 0 {
		batchRows = vector.DefaultRows
	}
	var batches []*vector.Batch
	for part := range slices.Chunk(rows, batchRows) {
		b := &vector.Batch{Len: len(part), Cols: make([]vector.Vector, len(columns))}
		for i, col := range columns {
			builder := vector.NewBuilder(col.Type, len(part))
			for _, row := range part {
				builder.AppendValue(row[i])
			}
			b.Cols[i] = builder.Build()
		}
		batches = append(batches, b)
	}
	return c.Add(schemaName, table, columns, batches...)
}

// DefaultSchema implements connectors.Connector.
func (c *Connector) DefaultSchema() string { return c.defaultSchema }

// Schemas implements connectors.Connector.
func (c *Connector) Schemas(context.Context, *connectors.Query) ([]string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.schemas)), nil
}

// Tables implements connectors.Connector.
func (c *Connector) Tables(_ context.Context, _ *connectors.Query, schemaName string) ([]connectors.TableInfo, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	tables, ok := c.schemas[schemaName]
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", schemaName)
	}
	out := make([]connectors.TableInfo, 0, len(tables))
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		out = append(out, connectors.TableInfo{Name: name})
	}
	return out, nil
}

// Table implements connectors.Connector.
func (c *Connector) Table(_ context.Context, _ *connectors.Query, schemaName, table string) (connectors.Table, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t, ok := c.schemas[schemaName][table]; ok {
		return t, nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", schemaName+"."+table)
}

// Close implements connectors.Connector.
func (c *Connector) Close() error { return nil }
