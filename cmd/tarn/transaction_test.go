package main

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// A transaction sees the catalog as it was at its first statement, whatever other sessions do meanwhile.
func TestTransactionsAreReadSnapshots(t *testing.T) {
	dsn := serveFiles(t, map[string]string{"t/k=1/f": "1\n", "t/k=2/f": "2\n"})
	runAll(t, dsn, "create external table t (id bigint) partitioned by (k int) location 'mem://ddl/t/'", "alter table t add partition (k = 1)")
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the test is over
	sum := func() (n int64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), "select sum(id)::bigint from t").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	run("begin")
	if n := sum(); n != 1 {
		t.Errorf("sum %d before the change, want 1", n)
	}
	runAll(t, dsn, "alter table t add partition (k = 2)")
	if n := sum(); n != 1 {
		t.Errorf("sum %d within the transaction, want 1 as before", n)
	}
	runAll(t, dsn, "drop table t")
	if n := sum(); n != 1 {
		t.Errorf("sum %d within the transaction after the table is dropped, want 1 as before", n)
	}
	run("commit")
	if _, err := conn.Exec(t.Context(), "select sum(id) from t"); err == nil {
		t.Error("the dropped table is still there after the transaction")
	}
}
