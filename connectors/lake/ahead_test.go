package lake_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// slowStore holds reads until enough of them are under way, or a moment has passed.
type slowStore struct {
	objstore.Store
	flying, peak atomic.Int64
}

func (s *slowStore) ReadAt(ctx context.Context, obj objstore.Object, p []byte, off int64) error {
	n := s.flying.Add(1)
	defer s.flying.Add(-1)
	for old := s.peak.Load(); n > old && !s.peak.CompareAndSwap(old, n); old = s.peak.Load() {
	}
	time.Sleep(5 * time.Millisecond)
	return s.Store.ReadAt(ctx, obj, p, off)
}

func TestSmallFilesAreFetchedAhead(t *testing.T) {
	w := newWorld(t)
	slow := &slowStore{Store: w.bucket}
	if err := w.set.Add("mem://slow", slow); err != nil {
		t.Fatal(err)
	}
	w.csvTable("t", "a bigint", "k integer", "1 mem://slow/t/1/")
	var want []string
	for i := range 40 {
		w.put(fmt.Sprintf("t/1/f%02d", i), fmt.Sprintf("%d\n", i))
		want = append(want, strconv.Itoa(i))
	}
	s := w.statement("t")
	s.expect(s.scan("a", connectors.ScanRequest{}), want...)
	if n := slow.peak.Load(); n < 8 {
		t.Errorf("at most %d reads at once", n)
	}
	if m := s.metrics; m.Gets.Load() != 40 || m.BilledBytes.Load() != m.FetchedBytes.Load() {
		t.Errorf("%d requests, %d bytes billed, %d fetched", m.Gets.Load(), m.BilledBytes.Load(), m.FetchedBytes.Load())
	}
	if n := s.query.Memory.Used(); n > 1<<20 {
		t.Errorf("%d bytes are held", n)
	}
}

func TestFetchingAheadNeedsNoMemoryThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "")
	w.put("t/f", "1\n")
	s := w.statement("t")
	sc := s.scan("a", connectors.ScanRequest{})
	free := s.query.Memory.Limit() - s.query.Memory.Used() - 1
	if !s.query.Memory.Try(free) {
		t.Fatal("no memory")
	}
	for _, err := range sc.Splits(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.query.Memory.Release(free)
	s.expect(s.scan("a", connectors.ScanRequest{}), "1")
}

func TestUnreadFilesAreGivenBack(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "")
	for i := range 10 {
		w.put(fmt.Sprintf("t/f%d", i), "1\n")
	}
	s := w.statement("t")
	sc := s.scan("a", connectors.ScanRequest{})
	before := s.query.Memory.Used()
	for _, err := range sc.Splits(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if s.query.Memory.Used() == before {
		t.Error("nothing was fetched ahead")
	}
	if err := sc.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.query.Memory.Used(); n != before {
		t.Errorf("%d bytes are held, %d before", n, before)
	}
}
