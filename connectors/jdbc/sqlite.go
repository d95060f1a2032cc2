package jdbc

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// sqliteSchema is the one schema of a SQLite file.
const sqliteSchema = "main"

// sqlite implements connectors.Connector over a SQLite file, opened read-only.
type sqlite struct {
	name, path string
	db         *sql.DB
	// utf8 says that text is stored, and so compared, in UTF-8.
	utf8 bool
}

var _ connectors.Connector = (*sqlite)(nil)

// OpenSQLite opens the connector of CREATE CATALOG name USING sqlite WITH ("connection-url" = 'jdbc:sqlite:/path').
func OpenSQLite(_ context.Context, name string, properties map[string]string) (connectors.Connector, error) {
	if err := checkProperties("sqlite", properties, propURL); err != nil {
		return nil, err
	}
	path := strings.TrimPrefix(strings.TrimPrefix(properties[propURL], "jdbc:"), "sqlite:")
	path = strings.TrimPrefix(path, "//")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, sqlerr.New(sqlerr.UndefinedFile, "the SQLite file %s does not exist", path).
			WithHint("connection-url is jdbc:sqlite:/path/to/file")
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, sqlerr.New(sqlerr.ConnectionFailure, "cannot open %s: %w", path, err)
	}
	db.SetMaxOpenConns(8)
	s := &sqlite{name: name, path: path, db: db}
	var encoding string
	if err := db.QueryRow("PRAGMA encoding").Scan(&encoding); err != nil {
		db.Close() //nolint:errcheck // the first error counts
		return nil, s.fault(err)
	}
	s.utf8 = encoding == "UTF-8"
	return s, nil
}

func (s *sqlite) fault(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return sqlerr.New(sqlerr.IOError, "catalog %s (SQLite): %w", s.name, err)
}

// Close closes the file.
func (s *sqlite) Close() error { return s.db.Close() }

// DefaultSchema is main.
func (s *sqlite) DefaultSchema() string { return sqliteSchema }

// Schemas lists the one schema.
func (s *sqlite) Schemas(context.Context, *connectors.Query) ([]string, error) {
	return []string{sqliteSchema}, nil
}

// Tables lists tables and views.
func (s *sqlite) Tables(ctx context.Context, _ *connectors.Query, name string) ([]connectors.TableInfo, error) {
	if name != sqliteSchema {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	rows, err := s.db.QueryContext(ctx, "SELECT name, type = 'view' FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil {
		return nil, s.fault(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var out []connectors.TableInfo
	for rows.Next() {
		var info connectors.TableInfo
		if err := rows.Scan(&info.Name, &info.View); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, info)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault(err)
	}
	return out, nil
}

// Table reads a table's columns.
func (s *sqlite) Table(ctx context.Context, q *connectors.Query, schemaName, name string) (connectors.Table, error) {
	t := &table{name: schema.TableName{Catalog: s.name, Schema: sqliteSchema, Table: name}, from: quote(name), db: s, query: q, stats: s.statistics}
	rows, err := s.db.QueryContext(ctx, "SELECT name, type, \"notnull\", pk, EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ?1) FROM pragma_table_info(?1)", name)
	if err != nil {
		return nil, s.fault(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var key []int
	for rows.Next() {
		var c column
		var pk int
		if err := rows.Scan(&c.name, &c.remote, &c.notNull, &pk, &t.view); err != nil {
			return nil, s.fault(err)
		}
		c.typ = sqliteType(c.remote)
		if pk > 0 {
			key = append(key, len(t.columns))
		}
		t.columns = append(t.columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault(err)
	}
	if len(t.columns) == 0 || schemaName != sqliteSchema {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", schemaName+"."+name)
	}
	if key != nil {
		t.keys = [][]int{key}
	}
	return t, nil
}

// statistics takes the range of the rowids for the number of rows: exact for tables from which nothing was deleted. A view's
// rows have none.
func (s *sqlite) statistics(ctx context.Context, t *table) (connectors.Statistics, error) {
	st := connectors.Statistics{Rows: -1, Bytes: -1, Source: "rowid"}
	if t.view {
		return st, nil
	}
	var least, greatest sql.NullInt64
	err := s.db.QueryRowContext(ctx, "SELECT (SELECT min(rowid) FROM "+t.from+"), (SELECT max(rowid) FROM "+t.from+")").Scan(&least, &greatest)
	switch {
	case err == nil && greatest.Valid:
		st.Rows = float64(greatest.Int64) - float64(least.Int64) + 1
	case err == nil:
		st.Rows = 0
	}
	return st, nil // a table without rowid has no cheap size
}
