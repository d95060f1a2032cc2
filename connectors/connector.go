package connectors

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
)

// Connector is one opened source. All methods are safe for concurrent use.
type Connector interface {
	// DefaultSchema is the schema that a two-part name catalog.table means.
	DefaultSchema() string
	// Schemas lists the schemas in lexical order.
	Schemas(ctx context.Context, q *Query) ([]string, error)
	// Tables lists the tables and views of a schema in lexical order.
	Tables(ctx context.Context, q *Query, schema string) ([]TableInfo, error)
	// Table finds a table. A missing table or schema is SQLSTATE 42P01.
	Table(ctx context.Context, q *Query, schema, table string) (Table, error)
	// Close frees connections and files. Open scans fail.
	Close() error
}

// TableInfo is what a listing says of a table.
type TableInfo struct {
	Name string
	// View says that the relation is a view.
	View    bool
	Comment string
}

// Table is a table as it was when the query asked for it. It is immutable and safe for concurrent use.
type Table interface {
	Name() schema.TableName
	// Columns are the columns in declared order, hidden ones last. ScanRequest refers to them by ordinal.
	Columns() []schema.Column
	// Statistics are what the source knows without reading data; unknown is a valid answer.
	Statistics(ctx context.Context) (Statistics, error)
	// Scan negotiates. It may list files and read metadata, and reads no data. The Scan must be closed.
	Scan(ctx context.Context, req ScanRequest) (Scan, error)
}

// Viewer is implemented by a Table that is a view: its rows are those of a query.
type Viewer interface {
	// ViewSQL is the SELECT in Tarn's default dialect; names in it resolve against the catalog and schema of the view.
	ViewSQL() string
}
