package jdbc_test

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/jdbc"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// expectError checks an error's SQLSTATE and that its text has some words and none of a secret.
func expectError(t *testing.T, what string, err error, code sqlerr.Code, words, secret string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error", what)
	case !sqlerr.Is(err, code) || !strings.Contains(err.Error(), words):
		t.Errorf("%s: %v (%s), want SQLSTATE %s and %q", what, err, sqlerr.CodeOf(err), code, words)
	case secret != "" && strings.Contains(err.Error(), secret):
		t.Errorf("%s: the error shows the password", what)
	}
}

func TestSourcesThatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := pgtest.Start(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().String()
	free.Close() //nolint:errcheck // nobody connected
	dsn, err := url.Parse(server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	at := dsn.Host
	password, _ := dsn.User.Password()
	for _, c := range []struct {
		name       string
		open       func(context.Context, string, map[string]string) (connectors.Connector, error)
		properties map[string]string
		code       sqlerr.Code
		words      string
	}{
		{"no url", jdbc.OpenSQLite, nil, sqlerr.InvalidParameterValue, `needs the property "connection-url"`},
		{"unknown property", jdbc.OpenSQLite, map[string]string{"connection-uri": "x"}, sqlerr.UndefinedObject, `unknown property "connection-uri"`},
		{"a user for a file", jdbc.OpenSQLite, map[string]string{"connection-url": text, "connection-user": "me"}, sqlerr.UndefinedObject, "connection-user"},
		{"missing file", jdbc.OpenSQLite, map[string]string{"connection-url": "jdbc:sqlite:" + folder + "/none.db"}, sqlerr.UndefinedFile, "does not exist"},
		{"a folder", jdbc.OpenSQLite, map[string]string{"connection-url": "jdbc:sqlite:" + folder}, sqlerr.IOError, "catalog x (SQLite)"},
		{"no database", jdbc.OpenSQLite, map[string]string{"connection-url": "jdbc:sqlite:" + text}, sqlerr.IOError, "not a database"},
		{"not a URL", jdbc.OpenPostgreSQL, map[string]string{"connection-url": "jdbc:postgresql://h:port/hunter2"}, sqlerr.InvalidParameterValue, "not a PostgreSQL URL"},
		{"nobody listens", jdbc.OpenPostgreSQL, map[string]string{"connection-url": "jdbc:postgresql://" + closed + "/d", "connection-password": "hunter2"}, sqlerr.IOError, "cannot be reached"},
		{"wrong password", jdbc.OpenPostgreSQL, map[string]string{"connection-url": "jdbc:postgresql://" + at + "/postgres?sslmode=disable",
			"connection-user": pgtest.User, "connection-password": "hunter2"}, sqlerr.IOError, "password authentication failed"},
		{"missing database", jdbc.OpenPostgreSQL, map[string]string{"connection-url": "jdbc:postgresql://" + at + "/no_such?sslmode=disable",
			"connection-user": pgtest.User, "connection-password": password}, sqlerr.IOError, `database "no_such" does not exist`},
	} {
		source, err := c.open(t.Context(), "x", c.properties)
		if source != nil {
			t.Errorf("%s: there is a connector", c.name)
		}
		expectError(t, c.name, err, c.code, c.words, "hunter2")
	}
	properties := map[string]string{"connection-url": "jdbc:postgresql://" + at + "/postgres?sslmode=disable", "connection-user": pgtest.User,
		"connection-password": password}
	good, err := jdbc.OpenPostgreSQL(t.Context(), "x", properties)
	if err != nil {
		t.Fatal(err)
	}
	if err := good.Close(); err != nil {
		t.Error(err)
	}
}

// readColumns reads columns of a table with filters, as one statement does.
func readColumns(ctx context.Context, table connectors.Table, q *connectors.Query, req connectors.ScanRequest) (rows int, err error) {
	req.Query, req.Metrics = q, &connectors.Metrics{}
	sc, err := table.Scan(ctx, req)
	if err != nil {
		return 0, err
	}
	defer sc.Close() //nolint:errcheck // it has nothing to lose
	r, err := sc.NewReader()
	if err != nil {
		return 0, err
	}
	defer r.Close() //nolint:errcheck // the statement's end tells
	for split, err := range sc.Splits(ctx) {
		if err != nil {
			return rows, err
		}
		if err := r.Assign(ctx, split); err != nil {
			return rows, err
		}
		for {
			var b *vector.Batch
			if b, err = r.Next(ctx); err != nil {
				break
			}
			rows += b.Rows()
		}
		if err != io.EOF { //nolint:errorlint // the contract's own value
			return rows, err
		}
	}
	return rows, nil
}

func newQuery(t *testing.T) *connectors.Query {
	q := &connectors.Query{ID: t.Name(), User: "tester", Memory: memory.NewBudget("test", 1<<30, nil), Workers: 2}
	return q
}

func TestTableDroppedUnderASession(t *testing.T) {
	path := sqliteFile(t, "CREATE TABLE things (id INTEGER)", "INSERT INTO things VALUES (1)")
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "CREATE TABLE things (id integer)", "INSERT INTO things VALUES (1)")
	for _, c := range []struct {
		name, schema string
		code         sqlerr.Code
		source       connectors.Connector
		drop         func()
	}{
		{"SQLite", "main", sqlerr.IOError, openSQLite(t, path), func() {
			w, err := sql.Open("sqlite", path)
			if err == nil {
				_, err = w.Exec("DROP TABLE things")
			}
			if err != nil {
				t.Fatal(err)
			}
			w.Close() //nolint:errcheck // Exec told
		}},
		{"PostgreSQL", "public", sqlerr.UndefinedTable, openPostgreSQL(t, db), func() { db.Exec(t, "DROP TABLE things") }},
	} {
		q := newQuery(t)
		table, err := c.source.Table(t.Context(), q, c.schema, "things")
		if err != nil {
			t.Fatal(err)
		}
		c.drop()
		_, err = readColumns(t.Context(), table, q, connectors.ScanRequest{Columns: []int{0}})
		expectError(t, c.name, err, c.code, "things", "")
		q.Close()
		if _, err := c.source.Table(t.Context(), newQuery(t), c.schema, "things"); !sqlerr.Is(err, sqlerr.UndefinedTable) {
			t.Errorf("%s: afterwards: %v", c.name, err)
		}
	}
}

// A scan must not be asked for what the database would decide otherwise: SQLite keeps values of any type in a column. A text in a
// column of integers is greater than every number there, and must not pass a filter unread.
func TestSQLiteColumnsOfLooseTypes(t *testing.T) {
	path := sqliteFile(t, `CREATE TABLE loose (bare, word STRING, flag BOOLEAN, n INTEGER)`,
		`INSERT INTO loose VALUES (5, '7', 't', 1), ('5', 'x', 1, 2), (10, '10', 'false', 3), (NULL, NULL, NULL, 4)`,
		`CREATE VIEW seen AS SELECT n FROM loose`)
	c := openSQLite(t, path)
	for _, p := range []struct {
		predicate connectors.Predicate
		verdict   connectors.Verdict
	}{
		{connectors.Predicate{Column: 0, Op: connectors.Eq, Values: []schema.Value{schema.TextValue("5")}}, connectors.Unsupported},
		{connectors.Predicate{Column: 0, Op: connectors.IsNull}, connectors.Exact},
		{connectors.Predicate{Column: 1, Op: connectors.Lt, Values: []schema.Value{schema.TextValue("7")}}, connectors.Unsupported},
		{connectors.Predicate{Column: 2, Op: connectors.Eq, Values: []schema.Value{schema.BoolValue(true)}}, connectors.Unsupported},
		{connectors.Predicate{Column: 3, Op: connectors.Ge, Values: []schema.Value{schema.IntValue(schema.T(schema.BigInt), 2)}}, connectors.Inexact},
		{connectors.Predicate{Column: 3, Op: connectors.Eq, Values: []schema.Value{schema.IntValue(schema.T(schema.BigInt), 2)}}, connectors.Exact},
	} {
		q := newQuery(t)
		table, err := c.Table(t.Context(), q, "main", "loose")
		if err != nil {
			t.Fatal(err)
		}
		f := connectors.Filter{Predicates: []connectors.Predicate{p.predicate}, Exact: true, Columns: []int{p.predicate.Column}}
		sc, err := table.Scan(t.Context(), connectors.ScanRequest{Columns: []int{3}, Filters: []connectors.Filter{f}, Query: q, Metrics: &connectors.Metrics{}})
		if err != nil {
			t.Fatal(err)
		}
		if v := sc.Verdicts()[0]; v != p.verdict {
			t.Errorf("column %d, %s: %s, want %s", p.predicate.Column, p.predicate.Op, v, p.verdict)
		}
		q.Close()
	}
	q := newQuery(t)
	defer q.Close()
	view, err := c.Table(t.Context(), q, "main", "seen")
	if err != nil {
		t.Fatal(err)
	}
	if st, err := view.Statistics(t.Context()); err != nil || st.Rows != -1 {
		t.Errorf("rows of a view: %v, %v; they are not known", st.Rows, err)
	}
}

// A primary key does not reach the rows of tables that inherit from its own, and does those of a table's partitions.
func TestPostgreSQLKeysAndInheritance(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "CREATE TABLE parent (id integer PRIMARY KEY)", "CREATE TABLE child () INHERITS (parent)",
		"CREATE TABLE whole (id integer PRIMARY KEY) PARTITION BY RANGE (id)", "CREATE TABLE part PARTITION OF whole DEFAULT")
	c := openPostgreSQL(t, db)
	for name, keys := range map[string]int{"parent": 0, "child": 0, "whole": 1, "part": 1} {
		q := newQuery(t)
		table, err := c.Table(t.Context(), q, "public", name)
		if err != nil {
			t.Fatal(err)
		}
		if st, err := table.Statistics(t.Context()); err != nil || len(st.UniqueKeys) != keys {
			t.Errorf("%s: keys %v, %v; want %d", name, st.UniqueKeys, err, keys)
		}
		q.Close()
	}
}

// Join keys come from sources that hold what PostgreSQL refuses in a statement.
func TestPostgreSQLKeysThatItCannotHold(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "CREATE TABLE things (word text, day date, at timestamp)", "INSERT INTO things VALUES ('a', '2020-01-01', '2020-01-01')")
	c := openPostgreSQL(t, db)
	for column, values := range [][]schema.Value{
		{schema.TextValue("a"), schema.TextValue("a\x00b")},
		{schema.TextValue("a"), schema.TextValue("a\xff")},
		{schema.IntValue(schema.T(schema.Date), -2_440_589), schema.IntValue(schema.T(schema.Date), 18262)},
		{schema.IntValue(schema.T(schema.Date), 18262), schema.IntValue(schema.T(schema.Date), 2_145_042_906)},
		{schema.IntValue(schema.T(schema.Timestamp), -210_866_803_200_000_001), schema.IntValue(schema.T(schema.Timestamp), 18262*schema.MicrosPerDay)},
		{schema.IntValue(schema.T(schema.Timestamp), schema.TimestampMinusInfinity), schema.IntValue(schema.T(schema.Timestamp), 18262*schema.MicrosPerDay)},
	} {
		q := newQuery(t)
		table, err := c.Table(t.Context(), q, "public", "things")
		if err != nil {
			t.Fatal(err)
		}
		keys := connectors.NewJoinKeys()
		keys.Publish(&connectors.KeySet{Count: 2, List: values, Min: values[0], Max: values[1]})
		d := connectors.DynamicFilter{Column: column / 2, Keys: keys}
		if n, err := readColumns(t.Context(), table, q, connectors.ScanRequest{Columns: []int{0}, Dynamic: []connectors.DynamicFilter{d}}); err != nil || n != 1 {
			t.Errorf("%v: %d rows, %v", values, n, err)
		}
		q.Close()
	}
}

// More queries than connections: each keeps a snapshot open and must still get a connection that reads.
func TestManyQueriesAtOnce(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "CREATE TABLE things AS SELECT g AS id FROM generate_series(1, 5000) g")
	c := openPostgreSQL(t, db)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			q := newQuery(t)
			defer q.Close()
			table, err := c.Table(t.Context(), q, "public", "things")
			for range 3 {
				var n int
				if err == nil {
					n, err = readColumns(t.Context(), table, q, connectors.ScanRequest{Columns: []int{0}})
				}
				if err != nil || n != 5000 {
					t.Errorf("%d rows, %v", n, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// All scans of a query see the database at one moment.
func TestOneQuerySeesOneMoment(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "CREATE TABLE things AS SELECT 1 AS id")
	c := openPostgreSQL(t, db)
	q := newQuery(t)
	table, err := c.Table(t.Context(), q, "public", "things")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := readColumns(t.Context(), table, q, connectors.ScanRequest{Columns: []int{0}}); err != nil || n != 1 {
			t.Errorf("%d rows, %v; want the one of the first scan", n, err)
		}
		db.Exec(t, "INSERT INTO things VALUES (2)")
	}
	q.Close()
	later := newQuery(t)
	defer later.Close()
	if n, err := readColumns(t.Context(), table, later, connectors.ScanRequest{Columns: []int{0}}); err != nil || n != 3 {
		t.Errorf("the next query has %d rows, %v; want 3", n, err)
	}
}

func TestPasswordInTheURL(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	u, err := url.Parse(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(pgtest.User, "hunter2")
	_, err = jdbc.OpenPostgreSQL(t.Context(), "x", map[string]string{"connection-url": u.String()})
	expectError(t, "a wrong password in the URL", err, sqlerr.IOError, "password authentication failed", "hunter2")
}
