package system

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Schemas are the names of the system schemas.
var Schemas = []string{"information_schema", "pg_catalog", "tarn"}

// Connector implements connectors.Connector for the system schemas of one session.
type Connector struct {
	host Host
}

var _ connectors.Connector = (*Connector)(nil)

// New returns the system schemas that describe host.
func New(host Host) *Connector { return &Connector{host: host} }

// DefaultSchema is pg_catalog.
func (c *Connector) DefaultSchema() string { return "pg_catalog" }

// Schemas lists the system schemas.
func (c *Connector) Schemas(context.Context, *connectors.Query) ([]string, error) {
	return Schemas, nil
}

// Tables lists the relations of a system schema.
func (c *Connector) Tables(_ context.Context, _ *connectors.Query, name string) ([]connectors.TableInfo, error) {
	var out []connectors.TableInfo
	for _, r := range allLayouts().list {
		if r.schema == name {
			out = append(out, connectors.TableInfo{Name: r.name, View: r.kind == 'v'})
		}
	}
	if out == nil {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	slices.SortFunc(out, func(a, b connectors.TableInfo) int { return compare(a.Name, b.Name) })
	return out, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Table finds a system relation.
func (c *Connector) Table(_ context.Context, q *connectors.Query, schemaName, name string) (connectors.Table, error) {
	r, ok := allLayouts().byName[[2]string{schemaName, name}]
	if !ok {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", schemaName+"."+name)
	}
	return &table{connector: c, query: q, relation: r}, nil
}

// Close has nothing to free.
func (c *Connector) Close() error { return nil }

// table is a system relation. Its columns end with the hidden system columns that some clients name.
type table struct {
	connector *Connector
	query     *connectors.Query
	relation  *relation
}

var hiddenColumns = []column{
	{name: "tableoid", pgType: "oid", typ: schema.T(schema.OID), notNull: true},
	{name: "xmin", pgType: "xid", typ: schema.T(schema.OID), notNull: true},
	{name: "ctid", pgType: "tid", typ: schema.Text, notNull: true},
}

// Name returns the relation's name; it has no catalog, being in all of them.
func (t *table) Name() schema.TableName {
	return schema.TableName{Schema: t.relation.schema, Table: t.relation.name}
}

// OID is the relation's own, for the RowDescription of its columns.
func (t *table) OID() int64 { return t.relation.oid }

// column returns the layout of ordinal i, hidden ones included.
func (t *table) column(i int) column {
	if i < len(t.relation.columns) {
		return t.relation.columns[i]
	}
	return hiddenColumns[i-len(t.relation.columns)]
}

// Columns returns the columns, hidden ones last.
func (t *table) Columns() []schema.Column {
	out := make([]schema.Column, 0, len(t.relation.columns)+len(hiddenColumns))
	for _, c := range t.relation.columns {
		out = append(out, schema.Column{Name: c.name, Type: c.typ, NotNull: c.notNull})
	}
	for _, c := range hiddenColumns {
		if _, taken := t.relation.byName[c.name]; !taken {
			out = append(out, schema.Column{Name: c.name, Type: c.typ, NotNull: true, Hidden: true})
		}
	}
	return out
}

// sizes are rough row counts, so that the joins of catalog queries begin with the small relations.
var sizes = map[string]float64{
	"pg_namespace": 10, "pg_database": 5, "pg_am": 7, "pg_roles": 5, "pg_authid": 5, "pg_class": 300, "pg_attribute": 3000,
	"pg_type": 600, "pg_proc": 1000, "pg_settings": 80, "columns": 2500, "tables": 300, "pg_collation": 5, "pg_language": 4,
	"pg_stat_activity": 10, "pg_tablespace": 2, "queries": 10000,
}

// Statistics returns rough sizes.
func (t *table) Statistics(context.Context) (connectors.Statistics, error) {
	rows := 0.0
	if _, ok := providers[t.relation.schema+"."+t.relation.name]; ok {
		rows = 50
	}
	if n, ok := sizes[t.relation.name]; ok {
		rows = n
	}
	s := connectors.Statistics{Rows: rows, Bytes: -1, Source: "system"}
	if i, ok := t.relation.byName["oid"]; ok {
		s.UniqueKeys = [][]int{{i}}
		s.Columns = make([]connectors.ColumnStatistics, len(t.relation.columns))
		s.Columns[i].Distinct = rows
	}
	return s, nil
}
