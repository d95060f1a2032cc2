package parquet

import (
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/memory"
)

// A column that two scans of a query read is fetched and decompressed for the first alone; the second is billed all the same. A
// scan of another query reads it again.
func TestScansOfAQueryShareTheirPages(t *testing.T) {
	f := stored(t, events(t, 30_000, parquet.Compression(&parquet.Snappy)))
	fields := fieldsOf(t, f)
	store := &spy{Store: f.Store}
	f.Store = store
	query := func() *connectors.Query {
		return &connectors.Query{Memory: memory.NewBudget("query memory limit", 1<<30, nil)}
	}
	read := func(q *connectors.Query) (bytes, billed int64) {
		r := request(fields, 0, 2)
		r.Query, r.Shared = q, []int{0, 2}
		before := store.bytes()
		if rows, err := scan(r, f); err != nil || len(rows) != 30_000 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		return store.bytes() - before, r.Metrics.BilledBytes.Load()
	}
	q := query()
	first, billed := read(q)
	if first < billed/2 || billed == 0 {
		t.Fatalf("the first scan fetched %d bytes and is billed %d", first, billed)
	}
	if again, same := read(q); again != 0 || same != billed {
		t.Errorf("the second scan fetched %d bytes, want none, and is billed %d, want %d", again, same, billed)
	}
	q.Close()
	if used := q.Memory.Used(); used != 0 {
		t.Errorf("%d bytes were not given back", used)
	}
	other := query()
	defer other.Close()
	if again, _ := read(other); again < first/2 {
		t.Errorf("a scan of another query fetched %d bytes, the first %d", again, first)
	}
}
