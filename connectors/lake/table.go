package lake

import (
	"context"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Table is a table of files as one statement sees it.
type Table struct {
	connector *Connector
	query     *connectors.Query
	snap      catalog.Snapshot
	def       *catalog.Table
	name      schema.TableName
	columns   []schema.Column
}

var _ connectors.Table = (*Table)(nil)

// The hidden columns, in the order in which they follow the others.
const (
	hiddenPath = iota
	hiddenSize
	hiddenModified
	hiddenPartition
	hiddenColumns
)

func newTable(c *Connector, q *connectors.Query, snap catalog.Snapshot, def *catalog.Table, name schema.TableName) *Table {
	t := &Table{connector: c, query: q, snap: snap, def: def, name: name}
	for _, col := range def.AllColumns() {
		t.columns = append(t.columns, schema.Column{Name: col.Name, Type: col.Type, Comment: col.Comment})
	}
	t.columns = append(t.columns,
		schema.Column{Name: "$path", Type: schema.Text, Hidden: true, NotNull: true, Comment: "URL of the file"},
		schema.Column{Name: "$file_size", Type: schema.T(schema.BigInt), Hidden: true, NotNull: true, Comment: "size of the file in bytes"},
		schema.Column{Name: "$file_modified_time", Type: schema.T(schema.TimestampTZ), Hidden: true, Comment: "time of the file's last write"},
		schema.Column{Name: "$partition", Type: schema.Text, Hidden: true, Comment: "the partition's keys and values"})
	return t
}

// OID returns the table's number in the catalog, which serves as its PostgreSQL oid.
func (t *Table) OID() int64 { return t.def.ID }

// Name returns the full name.
func (t *Table) Name() schema.TableName { return t.name }

// Columns returns the columns of the files, the partition keys, then the hidden columns.
func (t *Table) Columns() []schema.Column { return t.columns }

// PartitionColumns returns the names of the partition keys, outermost first.
func (t *Table) PartitionColumns() []string {
	out := make([]string, len(t.def.Keys))
	for i, k := range t.def.Keys {
		out[i] = k.Name
	}
	return out
}

// Definition returns the table's entry in the catalog. It is shared: do not change it.
func (t *Table) Definition() *catalog.Table { return t.def }

// fileColumns is the number of columns that live in files: they come first.
func (t *Table) fileColumns() int { return len(t.def.Columns) }

// firstHidden is the ordinal of the first hidden column.
func (t *Table) firstHidden() int { return len(t.def.Columns) + len(t.def.Keys) }

// fields are the file columns as formats want them.
func (t *Table) fields() []format.Field {
	out := make([]format.Field, len(t.def.Columns))
	for i, c := range t.def.Columns {
		out[i] = format.Field{Name: c.Name, Source: c.Source, Type: c.Type}
	}
	return out
}

func (t *Table) format() (format.Format, error) {
	if f, ok := t.connector.formats[t.def.Storage.Format]; ok {
		return f, nil
	}
	return nil, t.wrap(sqlerr.Unsupported("file format %q", t.def.Storage.Format))
}

// wrap names the table in an error that has a place for it.
func (t *Table) wrap(err error) error {
	if e := sqlerr.As(err); e != nil {
		if e.Table == "" {
			e.Schema, e.Table = t.name.Schema, t.name.Table
		}
		_ = e.WithContext("reading table %s", t.name)
	}
	return err
}

// View is a view: its rows are those of a query.
type View struct {
	def  *catalog.Table
	name schema.TableName
}

var (
	_ connectors.Table  = (*View)(nil)
	_ connectors.Viewer = (*View)(nil)
)

// OID returns the view's number in the catalog.
func (v *View) OID() int64 { return v.def.ID }

// Name returns the full name.
func (v *View) Name() schema.TableName { return v.name }

// Columns returns the columns that were recorded when the view was made.
func (v *View) Columns() []schema.Column {
	out := make([]schema.Column, len(v.def.Columns))
	for i, c := range v.def.Columns {
		out[i] = schema.Column{Name: c.Name, Type: c.Type, Comment: c.Comment}
	}
	return out
}

// ViewSQL returns the query.
func (v *View) ViewSQL() string { return v.def.View }

// Definition returns the view's entry in the catalog. It is shared: do not change it.
func (v *View) Definition() *catalog.Table { return v.def }

// Statistics knows nothing: the planner looks at the query.
func (v *View) Statistics(context.Context) (connectors.Statistics, error) {
	return connectors.UnknownStatistics(), nil
}

// Scan fails: a view is read through its query.
func (v *View) Scan(context.Context, connectors.ScanRequest) (connectors.Scan, error) {
	return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is a view and is read through its query", v.name)
}
