package main

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/internal/slt"
)

// serveFiles serves an engine over the bucket mem://ddl with some files.
func serveFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	bucket := objstore.NewMemory("ddl")
	for key, text := range files {
		if _, err := bucket.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), objstore.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	stores, err := objstore.NewSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Add("mem://ddl", bucket); err != nil {
		t.Fatal(err)
	}
	dsn, _ := serveStores(t, stores)
	return dsn
}

func TestTablesAndCrawlersInSQL(t *testing.T) {
	dsn := serveFiles(t, map[string]string{
		"sales/day=2026-01-01/shop=a/1.csv": "1,pen\n2,ink\n", "sales/day=2026-01-01/shop=a/_SUCCESS": "x",
		"sales/day=2026-01-02/shop=a/1.csv": "3,pen\n", "sales/day=2026-01-02/shop=x%20y/1.csv": "4,pot\n", "sales/readme.txt": "x\n",
		"elsewhere/1.csv": "9,cup\n", "plain/1.csv": "1\n",
		"crawled/shipments/2026/01/01/a.csv": "id,weight,note\n1,NA,light\n2,20,NA\n",
		"crawled/shipments/2026/01/02/a.csv": "id,weight,note\n3,30,heavy\n4,7,box\n",
		"crawled/shipments/2026/01/02/b.tmp": "id,weight,note\n5,50,part\n",
	})
	runAll(t, dsn, "create external table plain (id bigint) location 'mem://ddl/plain/'")
	slt.RunFiles(t, "testdata/ddl/*.slt", slt.Target{DSN: dsn, Configs: []string{"tarn"}})
}

// runAll runs statements and returns the rows of the last one, values separated by "|".
func runAll(t *testing.T, dsn string, statements ...string) (out []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	for _, sql := range statements {
		results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		out = nil
		for _, row := range results[len(results)-1].Rows {
			cells := make([]string, len(row))
			for i, c := range row {
				cells[i] = string(c)
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	return out
}

// The statement that SHOW CREATE TABLE gives makes a table that reads the same rows, and shows the same statement.
func TestShowCreateTableMakesTheSameTable(t *testing.T) {
	dsn := serveFiles(t, map[string]string{
		"tab/1": "1\tNA\ta\\\tb\n2\t5\t\n", "bar/1": "id|s\n1|'x|y'\n2|z\n", "json/1": "{\"id\": 1, \"s\": {\"a\": [1, 2]}}\n", "part/k=1/1": "1\n", "part/k=2/1": "2\n",
		"found/1.csv": "id;s\n1;\"x;y\"\n2;NA\nNA;q\n",
	})
	runAll(t, dsn, "create crawler c target 'mem://ddl/found/'", "run crawler c")
	for name, ddl := range map[string]string{
		"tab":   `(id int, n bigint, s string) row format delimited fields terminated by '\t' escaped by '\\' null defined as 'NA' location 'mem://ddl/tab/'`,
		"hive":  `(id string comment 'it''s') location 'mem://ddl/tab/'`,
		"bar":   `(id bigint, s string) row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' with serdeproperties ('separatorChar'='|', 'quoteChar'="'") location 'mem://ddl/bar/' tblproperties ('skip.header.line.count'='1')`,
		"open":  `(id string) row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' location 'mem://ddl/bar/' tblproperties ('serialization.null.format'='id|s')`,
		"json":  `(id bigint, s struct<a: array<int>>) comment 'a table' row format serde 'org.openx.data.jsonserde.JsonSerDe' location 'mem://ddl/json/'`,
		"part":  `(id bigint) partitioned by (k int) stored as textfile location 'mem://ddl/part/'`,
		"found": "",
	} {
		if ddl != "" {
			runAll(t, dsn, "create external table "+name+" "+ddl)
		}
		again := "select * from " + name + " order by 1"
		if name == "part" {
			runAll(t, dsn, "msck repair table part")
		}
		shown, rows := runAll(t, dsn, "show create table "+name), runAll(t, dsn, again)
		statement := strings.Join(shown, "\n")
		if len(rows) == 0 || len(shown) == 0 {
			t.Errorf("%s: %d rows, %q", name, len(rows), statement)
		}
		runAll(t, dsn, "drop table "+name, statement)
		if name == "part" {
			runAll(t, dsn, "msck repair table part")
		}
		if got := strings.Join(runAll(t, dsn, "show create table "+name), "\n"); got != statement {
			t.Errorf("%s:\n%s\nbecame\n%s", name, statement, got)
		}
		if got := runAll(t, dsn, again); strings.Join(got, "\n") != strings.Join(rows, "\n") {
			t.Errorf("%s:\n%s\nrows %q, want %q", name, statement, got, rows)
		}
	}
}
