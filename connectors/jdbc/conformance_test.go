package jdbc_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/connectors/jdbc"
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// field is a column of the table under test: how it is declared, what Tarn makes of it and its literals in the source.
type field struct {
	name, declared string
	typ            schema.Type
	value          func(i int64) (literal string, v schema.Value)
}

func integer(t schema.Type, f func(int64) int64) func(int64) (string, schema.Value) {
	return func(i int64) (string, schema.Value) { n := f(i); return fmt.Sprint(n), schema.IntValue(t, n) } //nolint:perfsprint // a test
}

// parsed takes one text for both sides; the source reads it as a quoted literal.
func parsed(t schema.Type, texts ...string) func(int64) (string, schema.Value) {
	return func(i int64) (string, schema.Value) {
		text := texts[i%int64(len(texts))]
		v, err := schema.Parse(t, text)
		if err != nil {
			panic(fmt.Sprintf("%s as %s: %v", text, t, err))
		}
		return "'" + strings.ReplaceAll(text, "'", "''") + "'", v
	}
}

var words = []string{"", "a", "A", "ab", "Zebra", "zebra", "ünder", "it's", `"quoted", {braces} \ and %_`, "b  ", "NULL"}

func truth(i int64) (string, schema.Value) {
	if i%3 == 0 {
		return "TRUE", schema.BoolValue(true)
	}
	return "FALSE", schema.BoolValue(false)
}

// content makes the CREATE TABLE, the INSERT and the rows that Tarn must read. Every fourth row has a NULL.
func content(fields []field) (create, insert string, columns []schema.Column, rows [][]schema.Value) {
	var decl, lines []string
	for _, f := range fields {
		decl = append(decl, `"`+strings.ReplaceAll(f.name, `"`, `""`)+`" `+f.declared)
		columns = append(columns, schema.Column{Name: f.name, Type: f.typ})
	}
	for i := range int64(40) {
		var literals []string
		var row []schema.Value
		for _, f := range fields {
			l, v := f.value(i)
			literals, row = append(literals, l), append(row, v)
		}
		if k := 1 + i/4%int64(len(fields)-1); i%4 == 0 {
			literals[k], row[k] = "NULL", schema.NullOf(fields[k].typ)
		}
		lines = append(lines, "("+strings.Join(literals, ", ")+")")
		rows = append(rows, row)
	}
	return "CREATE TABLE things (" + strings.Join(decl, ", ") + ")", "INSERT INTO things VALUES " + strings.Join(lines, ", "), columns, rows
}

// sqliteFile makes a SQLite file by running statements.
func sqliteFile(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a file #1.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the statements tell
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return path
}

func openSQLite(t *testing.T, path string) connectors.Connector {
	t.Helper()
	c, err := jdbc.OpenSQLite(context.Background(), "crm", map[string]string{"connection-url": "jdbc:sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func openPostgreSQL(t *testing.T, db *pgtest.Database) connectors.Connector {
	t.Helper()
	c, err := jdbc.OpenPostgreSQL(context.Background(), "pg", map[string]string{"connection-url": db.DSN})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestSQLiteConformance(t *testing.T) {
	create, insert, columns, rows := content([]field{
		{"id", "INTEGER", schema.T(schema.BigInt), integer(schema.T(schema.BigInt), func(i int64) int64 { return i - 5 })},
		{"big", "BIGINT", schema.T(schema.BigInt), integer(schema.T(schema.BigInt), func(i int64) int64 { return i << 50 })},
		{"word", "TEXT", schema.Text, parsed(schema.Text, words...)},
		{"nocase", "TEXT COLLATE NOCASE", schema.Text, parsed(schema.Text, words...)},
		{"short", "VARCHAR(20)", schema.VarcharOf(20), parsed(schema.VarcharOf(20), "x", "y ", "ß")},
		{"code", "CHAR(3)", schema.CharOf(3), parsed(schema.CharOf(3), "EUR", "C", "")},
		{"ratio", "DOUBLE", schema.T(schema.Double), func(i int64) (string, schema.Value) {
			return fmt.Sprint(float64(i) / 8), schema.FloatValue(schema.T(schema.Double), float64(i)/8) //nolint:perfsprint // a test
		}},
		{"price", "DECIMAL(12,2)", schema.DecimalOf(12, 2), parsed(schema.DecimalOf(12, 2), "0.10", "-3.07", "12345.67")},
		{"day", "DATE", schema.T(schema.Date), parsed(schema.T(schema.Date), "2024-02-29", "1969-12-31", "2026-01-01")},
		{"at", "TIMESTAMP", schema.T(schema.Timestamp), parsed(schema.T(schema.Timestamp), "2024-02-29 12:00:00", "1969-12-31 23:59:59.5")},
		{"ok", "BOOLEAN", schema.T(schema.Boolean), truth},
		{"raw", "BLOB", schema.T(schema.Varbinary), func(i int64) (string, schema.Value) {
			return fmt.Sprintf("x'00ff%02x'", i%4), schema.StringValue(schema.T(schema.Varbinary), string([]byte{0, 0xff, byte(i % 4)}))
		}},
		{`an "odd" name`, "INT", schema.T(schema.BigInt), integer(schema.T(schema.BigInt), func(i int64) int64 { return i%4 + 3_000_000_000 })},
	})
	c := openSQLite(t, sqliteFile(t, create, insert))
	conntest.Run(t, conntest.Source{Connector: c, Schema: "main", Table: "things", Columns: columns, Rows: rows})
}

// looseFields are columns whose cells are not all of the declared type: every third text is a BLOB of the same bytes.
func looseFields(texts ...string) []field {
	return []field{
		{"id", "INTEGER", schema.T(schema.BigInt), integer(schema.T(schema.BigInt), func(i int64) int64 { return i })},
		{"word", "TEXT", schema.Text, func(i int64) (string, schema.Value) {
			text := texts[i%int64(len(texts))]
			if i%3 == 0 {
				return fmt.Sprintf("x'%x'", text), schema.TextValue(text)
			}
			return "'" + text + "'", schema.TextValue(text)
		}},
		{"measure", "REAL", schema.T(schema.Double), func(i int64) (string, schema.Value) {
			f := []float64{1234567.89, 1e39, -0.1}[i%3]
			return strconv.FormatFloat(f, 'g', -1, 64), schema.FloatValue(schema.T(schema.Double), f)
		}},
	}
}

// SQLite sorts a BLOB behind all text, and a file in UTF-16 sorts text by other bytes than Tarn.
func TestSQLiteCellsOfOtherTypes(t *testing.T) {
	for _, encoding := range []string{"UTF-8", "UTF-16le"} {
		create, insert, columns, rows := content(looseFields("abc", "a", "b", "z", "Ā", "～", "😀"))
		c := openSQLite(t, sqliteFile(t, "PRAGMA encoding = '"+encoding+"'", create, insert))
		conntest.Run(t, conntest.Source{Connector: c, Schema: "main", Table: "things", Columns: columns, Rows: rows})
	}
}

func TestSQLiteCellsThatDoNotFit(t *testing.T) {
	c := openSQLite(t, sqliteFile(t, "CREATE TABLE things (id INTEGER, n INTEGER)", "INSERT INTO things VALUES (1, 'abc'), (2, x'35'), (3, 2.5)"))
	q := newQuery(t)
	table, err := c.Table(t.Context(), q, "main", "things")
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(3) {
		p := connectors.Predicate{Column: 0, Op: connectors.Eq, Values: []schema.Value{schema.IntValue(schema.T(schema.BigInt), id+1)}}
		f := connectors.Filter{Columns: []int{0}, Predicates: []connectors.Predicate{p}, Exact: true}
		_, err := readColumns(t.Context(), table, q, connectors.ScanRequest{Columns: []int{1}, Filters: []connectors.Filter{f}})
		expectError(t, fmt.Sprint("row ", id+1), err, sqlerr.DatatypeMismatch, `column "n"`, "")
	}
}

func TestPostgreSQLConformance(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	real32, double, numeric := schema.T(schema.Real), schema.T(schema.Double), schema.DecimalOf(38, 10)
	create, insert, columns, rows := content([]field{
		{"id", "integer primary key", schema.T(schema.Integer), integer(schema.T(schema.Integer), func(i int64) int64 { return i - 5 })},
		{"small", "smallint", schema.T(schema.SmallInt), integer(schema.T(schema.SmallInt), func(i int64) int64 { return i%7 - 3 })},
		{"big", "bigint", schema.T(schema.BigInt), integer(schema.T(schema.BigInt), func(i int64) int64 { return (i - 20) << 50 })},
		{"word", "text", schema.Text, parsed(schema.Text, words...)},
		{"label", "name", schema.Text, parsed(schema.Text, "a", "B", strings.Repeat("n", 63))},
		{"short", "varchar(20)", schema.VarcharOf(20), parsed(schema.VarcharOf(20), "x", "y ", "ß")},
		{"code", "char(3)", schema.CharOf(3), parsed(schema.CharOf(3), "EUR", "C", "")},
		{"single", "real", real32, parsed(real32, "0.1", "-2.5", "NaN", "Infinity", "1e30")},
		{"ratio", "double precision", double, parsed(double, "0.1", "-2.5", "NaN", "-Infinity", "1e300", "0")},
		{"price", "numeric(12,2)", schema.DecimalOf(12, 2), parsed(schema.DecimalOf(12, 2), "0.10", "-3.07", "12345.67", "100000")},
		{"wide", "numeric(38,4)", schema.DecimalOf(38, 4), parsed(schema.DecimalOf(38, 4), "0.0001", "-1234567890123456789012345678901234.5678", "10000")},
		{"free", "numeric", numeric, parsed(numeric, "1.5", "-0.0000000001", "99999999999")},
		{"day", "date", schema.T(schema.Date), parsed(schema.T(schema.Date), "2024-02-29", "1969-12-31", "infinity", "0001-01-01")},
		{"moment", "time", schema.T(schema.Time), parsed(schema.T(schema.Time), "00:00:00", "23:59:59.999999", "12:30:00")},
		{"at", "timestamp", schema.T(schema.Timestamp), parsed(schema.T(schema.Timestamp), "2024-02-29 12:00:00", "1969-12-31 23:59:59.5", "-infinity")},
		{"atz", "timestamptz", schema.T(schema.TimestampTZ), parsed(schema.T(schema.TimestampTZ), "2024-02-29 12:00:00+00", "1969-12-31 23:59:59.5+00")},
		{"span", "interval", schema.T(schema.Interval), parsed(schema.T(schema.Interval), "1 mon 2 days 03:00:00", "-00:00:00.5", "1 year")},
		{"ident", "uuid", schema.T(schema.UUID), parsed(schema.T(schema.UUID), "00000000-0000-0000-0000-000000000001", "ffffffff-ffff-4fff-8fff-ffffffffffff")},
		{"doc", "json", schema.T(schema.JSON), parsed(schema.T(schema.JSON), `{"a": [1, 2]}`, `null`)},
		{"docb", "jsonb", schema.Text, parsed(schema.Text, `{"a": 1}`, `[]`)},
		{"raw", "bytea", schema.T(schema.Varbinary), func(i int64) (string, schema.Value) {
			return fmt.Sprintf(`'\x00ff%02x'`, i%4), schema.StringValue(schema.T(schema.Varbinary), string([]byte{0, 0xff, byte(i % 4)}))
		}},
		{"net", "inet", schema.Text, parsed(schema.Text, "10.0.0.1/32", "::1/128")},
		{"ok", "boolean", schema.T(schema.Boolean), truth},
	})
	db.Exec(t, create, insert, "ANALYZE things")
	src := conntest.Source{Connector: openPostgreSQL(t, db), Schema: "public", Table: "things", Columns: columns, Rows: rows}
	conntest.Run(t, src)
}
