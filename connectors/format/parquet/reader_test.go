package parquet

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// scanParallel reads a file by several readers that share its splits, and returns the rows in any order.
func scanParallel(t *testing.T, r *format.Request, f format.File, workers int) [][]string {
	t.Helper()
	ctx := context.Background()
	splits, err := Format{}.Splits(ctx, r, f)
	if err != nil {
		t.Fatal(err)
	}
	queue := make(chan format.Split, len(splits))
	for _, s := range splits {
		queue <- s
	}
	close(queue)
	var mu sync.Mutex
	var out [][]string
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			rd := Format{}.NewReader(r)
			defer func() { _ = rd.Close() }()
			for s := range queue {
				if err := rd.Assign(ctx, s); err != nil {
					t.Error(err)
					return
				}
				for {
					b, err := rd.Next(ctx)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					out = appendText(out, b)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return out
}

func TestReadersShareSplits(t *testing.T) {
	f := stored(t, events(t, 30_000))
	fields := fieldsOf(t, f)
	for _, shared := range [][]int{nil, {0, 2, 5}} {
		r := request(fields, 0, 2, 5)
		r.Query.Memory = memory.NewBudget("query memory limit", 1<<30, nil)
		r.Shared = shared
		r.Filters = []connectors.Filter{where(0, connectors.Ge, id(777))}
		got := scanParallel(t, r, f, 4)
		slices.SortFunc(got, slices.Compare)
		var want [][]string
		for i := 777; i < 30_000; i++ {
			e := eventOf(i)
			want = append(want, []string{id(e.ID).Text(), e.Name, e.Blob})
		}
		slices.SortFunc(want, slices.Compare)
		compare(t, 0, "parallel", got, want)
		r.Query.Close()
		if used := r.Query.Memory.Used(); used != 0 {
			t.Errorf("%d bytes were not given back", used)
		}
	}
}

func TestAbandonedScanGivesItsMemoryBack(t *testing.T) {
	f := stored(t, events(t, 30_000))
	fields := fieldsOf(t, f)
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		r := request(fields, 0, 2, 5)
		r.Query.Memory = memory.NewBudget("query memory limit", 1<<30, nil)
		r.Shared = []int{2}
		splits, err := Format{}.Splits(context.Background(), r, f)
		if err != nil {
			t.Fatal(err)
		}
		rd := Format{}.NewReader(r)
		for _, s := range splits[:1+rnd.IntN(len(splits))] {
			if err := rd.Assign(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			for range rnd.IntN(4) {
				if _, err := rd.Next(context.Background()); err != nil {
					break
				}
			}
		}
		if err := rd.Close(); err != nil {
			t.Fatal(err)
		}
		if err := rd.Close(); err != nil {
			t.Fatal(err)
		}
		r.Query.Close()
		if used := r.Query.Memory.Used(); used != 0 {
			t.Fatalf("%d bytes were not given back", used)
		}
	}
}

func TestScanFailsWithinItsMemory(t *testing.T) {
	f := stored(t, events(t, 30_000))
	fields := fieldsOf(t, f)
	for limit := int64(1000); limit < 2<<20; limit *= 2 {
		r := request(fields, 0, 2, 5)
		r.Query.Memory = memory.NewBudget("query memory limit", limit, nil)
		_, _ = scan(r, f)
		r.Query.Close()
		if used := r.Query.Memory.Used(); used != 0 {
			t.Fatalf("limit %d: %d bytes were not given back", limit, used)
		}
	}
}

func TestCancelledScanEnds(t *testing.T) {
	f := stored(t, events(t, 30_000))
	r := request(fieldsOf(t, f), 0, 5)
	splits, err := Format{}.Splits(context.Background(), r, f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	rd := Format{}.NewReader(r)
	defer func() { _ = rd.Close() }()
	if err := rd.Assign(ctx, splits[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := rd.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := rd.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBelowAgreesWithComparing(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 20_000 {
		n := 1 + r.IntN(20)
		codes := make([]uint32, r.IntN(40))
		want := true
		for i := range codes {
			codes[i] = uint32(r.IntN(n))
			if r.IntN(60) == 0 {
				codes[i] = []uint32{uint32(n), uint32(n) - 1, 1 << 31, 1<<31 - 1, 1<<32 - 1}[r.IntN(5)]
			}
			want = want && int64(codes[i]) < int64(n)
		}
		if got := below(codes, n); got != want {
			t.Fatalf("%v below %d: %v", codes, n, got)
		}
	}
}

// What a scan holds depends on its row groups, not on how many there are.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	peak := func(rows int) int64 {
		f := stored(t, events(t, rows))
		r := request(fieldsOf(t, f), 0, 1, 2, 4, 5)
		r.Query.Memory = memory.NewBudget("query memory limit", 1<<30, nil)
		if err := eachBatch(r, f, func(*vector.Batch) {}); err != nil {
			t.Fatal(err)
		}
		r.Query.Close()
		return r.Query.Memory.Peak()
	}
	if few, many := peak(8000), peak(80_000); many > few*3/2 {
		t.Errorf("8 row groups take %d bytes, 80 take %d", few, many)
	}
}
