package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	pq "github.com/parquet-go/parquet-go"
)

// parquetRows is a file of the numbers from one to another in row groups of 10.
func parquetRows(t *testing.T, from, to int64) string {
	t.Helper()
	type row struct {
		ID int64 `parquet:"id"`
	}
	var buf bytes.Buffer
	w := pq.NewGenericWriter[row](&buf, pq.MaxRowsPerRowGroup(10))
	for i := from; i < to; i++ {
		if _, err := w.Write([]row{{i}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// The ledger says what of a partitioned table of Parquet files a statement read.
func TestLedgerCountsPartitionsFilesAndRowGroups(t *testing.T) {
	dsn := serveFiles(t, map[string]string{
		"t/k=1/a.parquet": parquetRows(t, 0, 50), "t/k=1/b.parquet": parquetRows(t, 50, 100), "t/k=2/a.parquet": parquetRows(t, 1000, 1030),
	})
	runAll(t, dsn, "create external table t (id bigint) partitioned by (k int) stored as parquet location 'mem://ddl/t/'", "msck repair table t")
	for _, c := range []struct{ sql, rows, ledger string }{
		{"select count(*) from t where id = 55", "1", "2|2|13|1"},
		{"select count(*) from t where k = 2 and id >= 1025", "5", "2|1|3|1"},
		{"select count(*) from t where k = 2 and id < 5", "0", "2|1|3|0"},
		{"select max(id) from t where id between 45 and 54", "54", "2|2|13|2"},
		{"select count(id) from t where k = 3", "0", "2|0|0|0"},
	} {
		if got := runAll(t, dsn, c.sql); len(got) != 1 || got[0] != c.rows {
			t.Errorf("%s: %q, want %s", c.sql, got, c.rows)
		}
		got := runAll(t, dsn, "select partitions_total, partitions_read, row_groups_total, row_groups_read from tarn.queries where query = '"+c.sql+"'")
		if len(got) != 1 || got[0] != c.ledger {
			t.Errorf("%s: the ledger has %q, want %s", c.sql, got, c.ledger)
		}
	}
}

// A statement whose rows do not fit its memory has the answer of one whose rows do, and the ledger says that it wrote files.
func TestLedgerCountsSpilledBytes(t *testing.T) {
	dsn := serveTest(t)
	const sql = "select count(*) as within_%s, sum(n), max(k) from (select 'a key of some length, ' || a %% 50000 as k, count(*) as n from generate_series(1, 100000) t(a) group by 1) q"
	for _, memory := range []string{"256MB", "4MB"} {
		got := runAll(t, dsn+"&options=-ctarn.query_memory%3D"+memory, fmt.Sprintf(sql, memory))
		if want := []string{"50000|100000|a key of some length, 9999"}; !slices.Equal(got, want) {
			t.Errorf("within %s: got %q, want %q", memory, got, want)
		}
	}
	got := runAll(t, dsn, "select spill_bytes > 0, peak_memory between 1 and 4 * 1024 * 1024 from tarn.queries where query like '%within_4MB%' and state = 'succeeded'")
	got = append(got, runAll(t, dsn, "select spill_bytes from tarn.queries where query like '%within_256MB%' and state = 'succeeded'")...)
	if want := []string{"t|t", "0"}; !slices.Equal(got, want) {
		t.Errorf("the ledger has %q, want %q", got, want)
	}
}
