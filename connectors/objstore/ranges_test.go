package objstore_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func rangesObject(t *testing.T, n int) (objstore.Store, objstore.Object, []byte) {
	t.Helper()
	s := objstore.NewMemory("b")
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	obj, err := s.Put(context.Background(), "k", bytes.NewReader(data), int64(n), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return s, obj, data
}

func TestRangesCoalesceAndSplit(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		name     string
		ranges   []objstore.Range
		requests int64
		bytes    int64
	}{
		{"one", []objstore.Range{{0, 100}}, 1, 100},
		{"near ones share a request", []objstore.Range{{0, 100}, {mib, 100}}, 1, mib + 100},
		{"far ones do not", []objstore.Range{{0, 100}, {2 * mib, 100}}, 2, 200},
		{"order does not matter", []objstore.Range{{mib, 100}, {0, 100}}, 1, mib + 100},
		{"a long one is split", []objstore.Range{{0, 20 * mib}}, 3, 20 * mib},
		{"joined ones stay below the limit", []objstore.Range{{0, 5 * mib}, {5 * mib, 5 * mib}}, 2, 10 * mib},
		{"overlapping ones are read once", []objstore.Range{{0, mib}, {100, 200}, {mib / 2, mib}}, 1, mib + mib/2},
		{"empty ones cost nothing", []objstore.Range{{5, 0}}, 0, 0},
		{"no ranges", nil, 0, 0},
	}
	s, obj, data := rangesObject(t, 24*mib)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var c objstore.Counts
			r := objstore.Ranges(context.Background(), objstore.Metered(s, &c), obj, test.ranges, objstore.RangeOptions{})
			defer r.Close()
			for i, x := range test.ranges {
				got, err := r.Get(i)
				if err != nil || !bytes.Equal(got, data[x.Off:x.Off+x.Len]) {
					t.Errorf("range %d: %d bytes, %v", i, len(got), err)
				}
			}
			if c.Requests(objstore.OpRead) != test.requests || c.FetchedBytes() != test.bytes {
				t.Errorf("%d requests, %d bytes, want %d, %d", c.Requests(objstore.OpRead), c.FetchedBytes(), test.requests, test.bytes)
			}
			if int64(r.Requests()) != test.requests {
				t.Errorf("%d requests planned", r.Requests())
			}
		})
	}
}

func TestRangesStayWithinTheBudget(t *testing.T) {
	const size = 100_000
	s, obj, data := rangesObject(t, 40*size)
	var ranges []objstore.Range
	for i := range 40 {
		ranges = append(ranges, objstore.Range{Off: int64(i * size), Len: size})
	}
	var held, peak atomic.Int64
	r := objstore.Ranges(context.Background(), s, obj, ranges, objstore.RangeOptions{
		MaxGap: -1, MaxRequest: size, Budget: 3 * size, InFlight: 4,
		Reserve: func(n int64) bool { peak.Store(max(peak.Load(), held.Add(n))); return true },
		Release: func(n int64) { held.Add(-n) },
	})
	for i, x := range ranges {
		got, err := r.Get(i)
		if err != nil || !bytes.Equal(got, data[x.Off:x.Off+x.Len]) {
			t.Fatalf("range %d: %v", i, err)
		}
		r.Release(i)
	}
	r.Close()
	if peak.Load() > 3*size || held.Load() != 0 {
		t.Errorf("peak %d, held %d at the end", peak.Load(), held.Load())
	}
}

func TestRangesLargerThanTheBudgetAreStillRead(t *testing.T) {
	s, obj, data := rangesObject(t, 100_000)
	r := objstore.Ranges(context.Background(), s, obj, []objstore.Range{{0, 10}, {50, 90_000}}, objstore.RangeOptions{
		MaxGap: -1, MaxRequest: 1000, Budget: 100, InFlight: 2,
	})
	defer r.Close()
	for _, i := range []int{1, 0} { // also out of order
		got, err := r.Get(i)
		if want := [][]byte{data[:10], data[50:90_050]}[i]; err != nil || !bytes.Equal(got, want) {
			t.Errorf("range %d: %d bytes, %v", i, len(got), err)
		}
	}
}

func TestRangesOutOfOrderWithAFullBudget(t *testing.T) {
	s, obj, data := rangesObject(t, 1_000_000)
	var ranges []objstore.Range
	for i := range 100 {
		ranges = append(ranges, objstore.Range{Off: int64(i * 10_000), Len: 9_000})
	}
	r := objstore.Ranges(context.Background(), s, obj, ranges, objstore.RangeOptions{
		MaxGap: -1, MaxRequest: 1000, Budget: 20_000, InFlight: 3,
	})
	defer r.Close()
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(ranges)) {
		got, err := r.Get(i)
		if x := ranges[i]; err != nil || !bytes.Equal(got, data[x.Off:x.Off+x.Len]) {
			t.Fatalf("range %d: %v", i, err)
		}
		if i%3 == 0 {
			r.Release(i)
		}
	}
}

func TestRangesReportFailures(t *testing.T) {
	s, obj, _ := rangesObject(t, 5_000_000)
	f := faulty.New(s, 1, faulty.Rule{Kind: faulty.Denied, Skip: 1, Count: 1})
	r := objstore.Ranges(context.Background(), f, obj, []objstore.Range{{0, 10}, {4_000_000, 10}, {4_999_999, 2}, {-1, 1}}, objstore.RangeOptions{InFlight: 1})
	defer r.Close()
	if _, err := r.Get(0); err != nil {
		t.Error(err)
	}
	if _, err := r.Get(1); !errors.Is(err, objstore.ErrAccessDenied) {
		t.Errorf("range 1: %v", err)
	}
	for _, i := range []int{2, 3} {
		if _, err := r.Get(i); !errors.Is(err, objstore.ErrOutOfRange) {
			t.Errorf("range %d: %v", i, err)
		}
	}
	r.Release(0)
	if _, err := r.Get(0); err == nil {
		t.Error("a released range was read")
	}
}

func TestRangesWithoutMemoryFail(t *testing.T) {
	s, obj, _ := rangesObject(t, 1000)
	r := objstore.Ranges(context.Background(), s, obj, []objstore.Range{{0, 1000}}, objstore.RangeOptions{
		Reserve: func(int64) bool { return false },
	})
	defer r.Close()
	if _, err := r.Get(0); !sqlerr.Is(err, sqlerr.OutOfMemory) {
		t.Errorf("%v", err)
	}
}

func TestRangesCloseEndsReads(t *testing.T) {
	s, obj, _ := rangesObject(t, 1000)
	f := faulty.New(s, 1, faulty.Rule{Kind: faulty.Hang})
	r := objstore.Ranges(context.Background(), f, obj, []objstore.Range{{0, 10}}, objstore.RangeOptions{})
	done := make(chan error)
	go func() {
		_, err := r.Get(0)
		done <- err
	}()
	r.Close()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	r.Close()
}
