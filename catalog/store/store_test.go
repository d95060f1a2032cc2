package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeAtEnd(t *testing.T, s *Store) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func ordersTable() *catalog.Table {
	return &catalog.Table{
		Database: "public", Name: "orders", Location: "s3://lake/orders/",
		Columns: []catalog.Column{{Name: "id", Type: schema.T(schema.BigInt)}, {Name: "price", Type: schema.DecimalOf(10, 2)}},
		Keys:    []catalog.Column{{Name: "date", Type: schema.T(schema.Date)}, {Name: "country", Type: schema.Text}},
		Stats:   catalog.TableStats{Rows: 3, Columns: []catalog.ColumnStats{{Min: schema.IntValue(schema.T(schema.BigInt), 1)}, {}}},
	}
}

func day(n int, country string) catalog.Partition {
	c := schema.NullOf(schema.Text)
	if country != "" {
		c = schema.TextValue(country)
	}
	return catalog.Partition{
		Values:   []schema.Value{schema.IntValue(schema.T(schema.Date), int64(n)), c},
		Location: fmt.Sprintf("s3://lake/orders/%d/%s/", n, country), Stats: catalog.PartitionStats{Rows: int64(n)},
	}
}

// update runs f and fails the test on an error.
func update(t *testing.T, s *Store, f func(context.Context, catalog.Tx) error) catalog.Version {
	t.Helper()
	ctx := context.Background()
	v, err := s.Update(ctx, func(tx catalog.Tx) error { return f(ctx, tx) })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func withOrders(t *testing.T, s *Store) catalog.Version {
	return update(t, s, func(ctx context.Context, tx catalog.Tx) error {
		if err := tx.CreateDatabase(ctx, catalog.Database{Name: "public"}); err != nil {
			return err
		}
		table := ordersTable()
		if err := tx.CreateTable(ctx, table); err != nil {
			return err
		}
		return tx.AddPartitions(ctx, table, []catalog.Partition{day(2, "DE"), day(1, ""), day(1, "FR")}, false)
	})
}

func locations(t *testing.T, s *Store, v catalog.Version) []string {
	t.Helper()
	ctx := context.Background()
	snap, err := s.Snapshot(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	table, err := snap.Table(ctx, "public", "orders")
	if err != nil {
		t.Fatal(err)
	}
	set, err := snap.Partitions(ctx, table)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, p := range set.List {
		out = append(out, p.Location)
		if got := set.Keys[0].Len(); got != len(set.List) {
			t.Fatalf("key column has %d rows, want %d (row %d)", got, len(set.List), i)
		}
	}
	return out
}

func TestSnapshotsSeeTheirOwnVersionForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	v1 := withOrders(t, s)
	v2 := update(t, s, func(ctx context.Context, tx catalog.Tx) error {
		table, err := tx.Table(ctx, "public", "orders")
		if err != nil {
			return err
		}
		if _, err := tx.DropPartitions(ctx, table, []catalog.Partition{day(1, "")}); err != nil {
			return err
		}
		if err := tx.AddPartitions(ctx, table, []catalog.Partition{day(3, "IT")}, false); err != nil {
			return err
		}
		set, err := tx.Partitions(ctx, table)
		if err == nil && len(set.List) != 3 {
			t.Errorf("the transaction sees %d partitions of its own, want 3", len(set.List))
		}
		return err
	})
	for round := range 2 {
		if got := fmt.Sprint(locations(t, s, v1)); got != "[s3://lake/orders/1/FR/ s3://lake/orders/1// s3://lake/orders/2/DE/]" {
			t.Errorf("round %d, version %d: %s", round, v1, got)
		}
		if got := fmt.Sprint(locations(t, s, v2)); got != "[s3://lake/orders/1/FR/ s3://lake/orders/2/DE/ s3://lake/orders/3/IT/]" {
			t.Errorf("round %d, version %d: %s", round, v2, got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, path)
	}
	closeAtEnd(t, s)
	snap, err := s.Snapshot(context.Background(), v1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := snap.Table(context.Background(), "public", "orders")
	if err != nil {
		t.Fatal(err)
	}
	if table.ID < firstID || !table.Columns[1].Type.Equal(schema.DecimalOf(10, 2)) || table.Stats.Columns[0].Min.I != 1 {
		t.Errorf("the table did not survive the file: %+v", table)
	}
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	closeAtEnd(t, s)
	v := withOrders(t, s)
	ctx := context.Background()
	_, err := s.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.DropTable(ctx, "public", "orders"); err != nil {
			return err
		}
		return tx.CreateDatabase(ctx, catalog.Database{Name: "public"})
	})
	if !sqlerr.Is(err, sqlerr.DuplicateSchema) {
		t.Fatalf("got %v", err)
	}
	if got := locations(t, s, 0); len(got) != 3 {
		t.Errorf("partitions after the failure: %v", got)
	}
	snap, err := s.Snapshot(ctx, 0)
	if err != nil || snap.Version() != v {
		t.Errorf("version %v, %v; want %d", snap, err, v)
	}
}

func TestObjectsThatExistOrAreMissing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	closeAtEnd(t, s)
	withOrders(t, s)
	ctx := context.Background()
	for _, c := range []struct {
		name string
		code sqlerr.Code
		do   func(tx catalog.Tx) error
	}{
		{"duplicate table", sqlerr.DuplicateTable, func(tx catalog.Tx) error { return tx.CreateTable(ctx, ordersTable()) }},
		{"missing schema", sqlerr.InvalidSchemaName, func(tx catalog.Tx) error {
			table := ordersTable()
			table.Database = "nowhere"
			return tx.CreateTable(ctx, table)
		}},
		{"missing table", sqlerr.UndefinedTable, func(tx catalog.Tx) error { return tx.DropTable(ctx, "public", "nothing") }},
		{"full schema", "2BP01", func(tx catalog.Tx) error { return tx.DropDatabase(ctx, "public", false) }},
		{"duplicate partition", sqlerr.DuplicateObject, func(tx catalog.Tx) error {
			table, err := tx.Table(ctx, "public", "orders")
			if err != nil {
				return err
			}
			return tx.AddPartitions(ctx, table, []catalog.Partition{day(1, "FR")}, false)
		}},
		{"missing crawler", sqlerr.UndefinedObject, func(tx catalog.Tx) error { return tx.DropCrawler(ctx, "c") }},
		{"cascade", "", func(tx catalog.Tx) error { return tx.DropDatabase(ctx, "public", true) }},
	} {
		_, err := s.Update(ctx, c.do)
		if (c.code == "") != (err == nil) || err != nil && sqlerr.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

func TestLedgerKeepsEveryFinishedEntry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	ctx := context.Background()
	start := time.Now()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			e := catalog.LedgerEntry{ID: fmt.Sprint("q", i), State: catalog.Running, Started: start.Add(time.Duration(i) * time.Millisecond)}
			if err := s.Ledger().Begin(ctx, &e); err != nil {
				t.Error(err)
			}
			if i%10 == 0 {
				return
			}
			e.State, e.BilledBytes = catalog.Succeeded, int64(i)
			if err := s.Ledger().Finish(ctx, &e); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	closeAtEnd(t, s)
	if n, err := s.MarkLost(ctx); err != nil || n != 20 {
		t.Errorf("lost: %d, %v", n, err)
	}
	states := map[catalog.QueryState]int{}
	last := time.Now().Add(time.Hour)
	for e, err := range s.Ledger().Entries(ctx, start.Add(-time.Second)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Started.After(last) {
			t.Error("entries are not newest first")
		}
		states[e.State], last = states[e.State]+1, e.Started
	}
	if states[catalog.Succeeded] != 180 || states[catalog.Lost] != 20 {
		t.Errorf("states: %v", states)
	}
}
