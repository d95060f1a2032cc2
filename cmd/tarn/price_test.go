package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// bill is what the ledger has of one statement.
type bill struct {
	Kind, State                 string
	Read, Total, Files          int64
	Billed, Charged, Price      int64
	Fetched, Gets, Lists, Heads int64
}

// billOf reads the newest entry of a statement.
func billOf(t *testing.T, dsn, sql string) (b bill) {
	t.Helper()
	rows := runAll(t, dsn, `select kind, state, partitions_read, partitions_total, files_read, billed_bytes, charged_bytes, micro_dollars, fetched_bytes, gets, lists, heads
		from tarn.queries where query = '`+strings.ReplaceAll(sql, "'", "''")+`' order by started desc limit 1`)
	if len(rows) != 1 {
		t.Errorf("%s: the ledger has %d entries", sql, len(rows))
		return b
	}
	f := strings.Split(rows[0], "|")
	b.Kind, b.State = f[0], f[1]
	for i, n := range []*int64{&b.Read, &b.Total, &b.Files, &b.Billed, &b.Charged, &b.Price, &b.Fetched, &b.Gets, &b.Lists, &b.Heads} {
		if _, err := fmt.Sscan(f[2+i], n); err != nil {
			t.Fatalf("%s: %q: %v", sql, rows[0], err)
		}
	}
	return b
}

// seen is what the server saw of the requests of a statement.
func seen(g *s3gateway.Gateway) (b bill) {
	b.Fetched = g.Log().BytesRead("")
	for _, r := range g.Log().Requests() {
		switch {
		case r.List():
			b.Lists++
		case r.Method == http.MethodGet:
			b.Gets++
		case r.Method == http.MethodHead:
			b.Heads++
		}
	}
	return b
}

// Amazon Athena's price rules, statement by statement, with the S3 server as the witness of what was read.
func TestStatementsCostWhatAthenaCharges(t *testing.T) {
	g := startGateway(t)
	line := strings.Repeat("x", 99) + "\n"
	small, large := strings.Repeat(line, 1000), strings.Repeat(line, 100_000)+"y\n"
	const smallSize, largeSize = 100_000, 10_000_002
	bucketOf(t, g, "lake", map[string]string{
		"t/k=1/a.csv": small, "t/k=1/b.csv": small, "t/k=2/a.csv": large, "t/k=3/a.csv": small,
		"p/a.parquet": parquetRows(t, 0, 2000), "p/b.parquet": parquetRows(t, 5000, 7000), "bad/a.csv": line + line, "bad/b.csv": "1,2,3,4\n",
	})
	stores, err := objstore.NewSet(t.Context(), g.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	dsn, _ := serveStores(t, stores)
	runAll(t, dsn, "create external table t (s string) partitioned by (k int) row format delimited fields terminated by ',' location 's3://lake/t/'", "msck repair table t",
		"create external table p (id bigint) stored as parquet location 's3://lake/p/'", "create external table bad (s string) row format delimited fields terminated by ',' location 's3://lake/bad/'", "create crawler c target 's3://lake/p/'")
	const minimum, dollars = 10_000_000, 50 // ten megabytes cost 50 micro-dollars
	free := func(kind, state string) bill { return bill{Kind: kind, State: state} }
	for _, c := range []struct {
		sql  string
		want bill // Fetched, Gets, Lists and Heads are the server's
	}{
		{"select count(*) from t where k = 1", bill{Kind: "SELECT", State: "succeeded", Read: 1, Total: 3, Files: 2, Billed: 2 * smallSize, Charged: minimum, Price: dollars}},
		{"select count(*), max(s) from t where k in (1, 3)", bill{Kind: "SELECT", State: "succeeded", Read: 2, Total: 3, Files: 3, Billed: 3 * smallSize, Charged: minimum, Price: dollars}},
		// Ten megabytes and two bytes are eleven megabytes.
		{"select count(s) from t where k = 2", bill{Kind: "SELECT", State: "succeeded", Read: 1, Total: 3, Files: 1, Billed: largeSize, Charged: 11_000_000, Price: 55}},
		{"select count(s) from t", bill{Kind: "SELECT", State: "succeeded", Read: 3, Total: 3, Files: 4, Billed: largeSize + 3*smallSize, Charged: 11_000_000, Price: 55}},
		// A query that reads nothing is a query.
		{"select count(*) from t where k = 9", bill{Kind: "SELECT", State: "succeeded", Total: 3, Charged: minimum, Price: dollars}},
		{"select 1 as one", bill{Kind: "SELECT", State: "succeeded", Charged: minimum, Price: dollars}},
		{"copy (select s from t where k = 3) to stdout", bill{Kind: "COPY", State: "succeeded", Read: 1, Total: 3, Files: 1, Billed: smallSize, Charged: minimum, Price: dollars}},
		{"explain analyze select count(s) from t where k = 3", bill{Kind: "EXPLAIN ANALYZE", State: "succeeded", Read: 1, Total: 3, Files: 1, Billed: smallSize, Charged: minimum, Price: dollars}},
		// What reads no data is free, and so is what fails.
		{"explain select count(s) from t", bill{Kind: "EXPLAIN", State: "succeeded"}},
		{"show partitions t", free("SHOW", "succeeded")},
		{"describe t", free("DESCRIBE", "succeeded")},
		{"msck repair table t", free("MSCK REPAIR TABLE", "succeeded")},
		{"alter table t add partition (k = 4) location 's3://lake/t/k=4/'", free("ALTER TABLE", "succeeded")},
		{"alter table t drop partition (k = 4)", free("ALTER TABLE", "succeeded")},
		{"create view v as select s from t where k = 1", free("CREATE VIEW", "succeeded")},
		{"drop view v", free("DROP VIEW", "succeeded")},
		{"select relname from pg_class where relname = 't'", free("SELECT", "succeeded")},
		{"select nothing from t", free("SELECT", "failed")},
		{"run crawler c", free("RUN CRAWLER", "succeeded")},
	} {
		g.Log().Reset()
		conn := connectPlain(t, dsn)
		_, err := conn.Exec(t.Context(), c.sql).ReadAll()
		server := seen(g)
		if (c.want.State == "failed") != (err != nil) {
			t.Errorf("%s: %v", c.sql, err)
		}
		got := billOf(t, dsn, c.sql)
		check(t, c.sql, got, c.want, server)
	}
	// Of Parquet files the footers count, and the column chunks that a query needs, and whether they were still at hand changes
	// nothing.
	footerA, chunksA := parquetBytes(t, 0, 2000)
	footerB, chunksB := parquetBytes(t, 5000, 7000)
	_, few := parquetBytes(t, 0, 100)
	footers := footerA + footerB
	all := footers + chunksA + chunksB
	for _, c := range []struct {
		sql    string
		billed int64
	}{{"select sum(id) from p", all}, {"select sum(id) from p where id < 100", footers + few}, {"select sum(id) from p", all}, {"select max(id) from p where id < 0", footers}} {
		g.Log().Reset()
		runAll(t, dsn, c.sql)
		b, server := billOf(t, dsn, c.sql), seen(g)
		if b.Fetched != server.Fetched || b.Gets != server.Gets || b.Lists != server.Lists || b.Billed != c.billed || b.Charged != minimum || b.Price != dollars {
			t.Errorf("%s: %+v, want %d bytes billed; the server saw %+v", c.sql, b, c.billed, server)
		}
	}
	// What fails is free, however much of it was read.
	for _, sql := range []string{"select 1/(length(s) - 99) from t where k = 1", "select s from bad"} {
		_, err := connectPlain(t, dsn).Exec(t.Context(), sql).ReadAll()
		if b := billOf(t, dsn, sql); err == nil || b.State != "failed" || b.Fetched == 0 || b.Charged != 0 || b.Price != 0 {
			t.Errorf("%s: %v, %+v", sql, err, b)
		}
	}
}

// parquetBytes are the sizes of the footer and of the column chunks of parquetRows.
func parquetBytes(t *testing.T, from, to int64) (footer, chunks int64) {
	t.Helper()
	content := parquetRows(t, from, to)
	f, err := pq.OpenFile(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			chunks += c.MetaData.TotalCompressedSize
		}
	}
	trailer := content[len(content)-8:] // the footer's length, and the magic
	return int64(binary.LittleEndian.Uint32([]byte(trailer))) + 8, chunks
}

// check compares an entry of the ledger with what is wanted and with what the server saw.
func check(t *testing.T, sql string, got, want, server bill) {
	t.Helper()
	want.Fetched, want.Gets, want.Lists, want.Heads = server.Fetched, server.Gets, server.Lists, server.Heads
	if got != want {
		t.Errorf("%s\ngot  %+v\nwant %+v", sql, got, want)
	}
	if got.Files > 0 && got.Billed != server.Fetched {
		t.Errorf("%s: %d bytes are billed, the server sent %d", sql, got.Billed, server.Fetched)
	}
}

// connectPlain opens a connection that sends statements as they are.
func connectPlain(t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) }) //nolint:errcheck // the test is over
	return conn
}

// A statement that is cancelled, by its user or by a limit, costs what it had read.
func TestCancelledStatementsCostWhatTheyRead(t *testing.T) {
	g := startGateway(t)
	bucketOf(t, g, "lake", map[string]string{"t/a.csv": strings.Repeat(strings.Repeat("x", 99)+"\n", 25_000)})
	stores, err := objstore.NewSet(t.Context(), g.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	dsn, r := serveStores(t, stores)
	runAll(t, dsn, "create external table t (s string) location 's3://lake/t/'")
	for name, stop := range map[string]func(c *pgconn.PgConn) error{
		"cancel":    func(c *pgconn.PgConn) error { return c.CancelRequest(context.Background()) },
		"terminate": func(c *pgconn.PgConn) error { r.engine.Session(int32(c.PID())).Terminate(); return nil }, //nolint:gosec // the server's numbers fit
		"leave":     func(c *pgconn.PgConn) error { return c.Conn().Close() },
	} {
		sql := "select s, n from t, generate_series(1, 1000000) n where s <> '" + name + "'"
		conn := connectPlain(t, dsn)
		result := conn.Exec(context.Background(), sql)
		for rows := 0; rows < 10; {
			switch {
			case result.ResultReader() != nil && result.ResultReader().NextRow():
				rows++
			case !result.NextResult():
				t.Fatalf("%s: the statement has ended: %v", name, result.Close())
			}
		}
		if err := stop(conn); err != nil {
			t.Error(err)
		}
		var e *pgconn.PgError
		if err := result.Close(); err == nil || errors.As(err, &e) && e.Code != "57014" && e.Code != "57P01" {
			t.Errorf("%s: %v", name, err)
		}
		var b bill
		for begun := time.Now(); ; time.Sleep(2 * time.Millisecond) {
			if b = billOf(t, dsn, sql); b.State != "running" || time.Since(begun) > startupPatience {
				break
			}
		}
		if b.State != "cancelled" || b.Billed == 0 || b.Billed > b.Fetched || b.Fetched > 2_500_000 || b.Charged != 10_000_000 || b.Price != 50 {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// Several statements of one message, and the statements behind a cursor and a prepared statement, are billed one by one.
func TestEachStatementHasItsOwnBill(t *testing.T) {
	dsn := serveFiles(t, map[string]string{"t/a.csv": strings.Repeat("x\n", 1000)})
	runAll(t, dsn, "create external table t (s string) location 'mem://ddl/t/'")
	runAll(t, dsn, "select count(s) from t; select min(s) from t; select max(s) from t",
		"begin; declare c cursor for select s from t; fetch 3 from c; fetch 3 from c; close c; commit",
		"prepare q as select count(*) from t where s = $1; execute q('x'); execute q('y')")
	got := runAll(t, dsn, "select kind, count(*), sum(billed_bytes), sum(micro_dollars) from tarn.queries where kind in ('SELECT', 'FETCH', 'EXECUTE') and query not like '%tarn.queries%' group by kind order by kind")
	if want := "FETCH|2|0|0 SELECT|6|12000|300"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
