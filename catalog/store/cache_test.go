package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/tarnsql/tarn/catalog"
)

// What no version in use has any more leaves the memory: objects, states and partitions.
func TestCacheForgetsWhatIsReplaced(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir()+"/catalog.db")
	closeAtEnd(t, s)
	const tables = cachedObjects + 10
	look := func(v catalog.Version) catalog.Snapshot {
		t.Helper()
		snap, err := s.Snapshot(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		return snap
	}
	update(t, s, func(ctx context.Context, tx catalog.Tx) error {
		return tx.CreateDatabase(ctx, catalog.Database{Name: "public"})
	})
	update(t, s, func(ctx context.Context, tx catalog.Tx) error {
		for i := range tables {
			table := ordersTable()
			table.Name = fmt.Sprint("t", i)
			if err := tx.CreateTable(ctx, table); err != nil {
				return err
			}
		}
		return nil
	})
	full := look(0)
	update(t, s, func(ctx context.Context, tx catalog.Tx) error {
		for i := range tables - 1 {
			if err := tx.DropTable(ctx, "public", fmt.Sprint("t", i)); err != nil {
				return err
			}
		}
		return nil
	})
	table, err := look(0).Table(ctx, "public", fmt.Sprint("t", tables-1))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.cache.objects); n > 2 {
		t.Errorf("%d decoded objects are kept of 2", n)
	}
	if list, err := full.Tables(ctx, "public"); err != nil || len(list) != tables {
		t.Errorf("the older version lists %d tables, %v", len(list), err)
	}

	var old []catalog.Snapshot
	for i := range 2 * cachedStates {
		update(t, s, func(ctx context.Context, tx catalog.Tx) error {
			return tx.AddPartitions(ctx, table, []catalog.Partition{day(i, "x")}, false)
		})
		snap := look(0)
		if set, err := snap.Partitions(ctx, table); err != nil || len(set.List) != i+1 {
			t.Fatalf("%d partitions, %v", len(set.List), err)
		}
		old = append(old, snap)
	}
	if n := len(s.cache.parts); n != 1 || len(s.cache.order) != 1 {
		t.Errorf("%d partition sets of one table are kept", n)
	}
	for i := len(old) - 1; i >= 0; i-- {
		if set, err := look(old[i].Version()).Partitions(ctx, table); err != nil || len(set.List) != i+1 {
			t.Errorf("version %d: %d partitions, %v", old[i].Version(), len(set.List), err)
		}
	}
	if n := len(s.cache.states); n > cachedStates {
		t.Errorf("%d states are kept, at most %d should be", n, cachedStates)
	}
}
