package conntest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// joinKeys offers the keys of a join: rows with a key in the set must be there, no row may be made up.
func (x *suite) joinKeys(t *testing.T) {
	for i, col := range x.Source.Columns {
		if !isOrdered(col.Type) {
			continue
		}
		values := x.samples(i)
		for _, list := range [][]schema.Value{values[:min(len(values), 1)], {}} {
			set := &connectors.KeySet{Type: col.Type, Count: int64(len(list)), List: list}
			if len(list) > 0 {
				set.Min, set.Max = list[0], list[len(list)-1]
			}
			for _, await := range []bool{true, false} {
				x.joined(t, i, set, await)
			}
		}
	}
}

func (x *suite) joined(t *testing.T, column int, set *connectors.KeySet, await bool) {
	s := x.begin(t, 0)
	keys := connectors.NewJoinKeys()
	req := connectors.ScanRequest{Columns: x.all(), Dynamic: []connectors.DynamicFilter{{Column: column, Keys: keys, Await: await}}}
	sc := s.scan(req)
	keys.Publish(set)
	got, err := s.read(req, sc)
	if err != nil {
		t.Error(err)
		return
	}
	all := x.want(req.Columns, nil)
	must := x.want(req.Columns, func(row []schema.Value) bool {
		for _, k := range set.List {
			if row[column].Valid && row[column].Compare(k) == 0 {
				return true
			}
		}
		return false
	})
	s.contains("rows of the join", got, must)
	s.contains("rows of the table", all, got)
}

func (s *session) contains(what string, all, part []string) {
	s.t.Helper()
	count := map[string]int{}
	for _, r := range all {
		count[r]++
	}
	for _, r := range part {
		if count[r]--; count[r] < 0 {
			s.t.Errorf("%s do not have %s", what, r)
			return
		}
	}
}

func (x *suite) limit(t *testing.T) {
	for _, limit := range []int64{1, 2, int64(len(x.Rows)), int64(len(x.Rows)) + 10} {
		s := x.begin(t, 0)
		req := connectors.ScanRequest{Columns: x.all(), Limit: limit}
		sc := s.scan(req)
		got, err := s.read(req, sc)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(limit, int64(len(x.Rows))); int64(len(got)) < want {
			t.Errorf("limit %d: %d rows, want %d at least", limit, len(got), want)
		}
		if sc.LimitExact() && int64(len(got)) > limit {
			t.Errorf("limit %d: %d rows, and the scan said that it keeps the limit", limit, len(got))
		}
		s.contains("rows of the table", x.want(req.Columns, nil), got)
	}
}

// manyReaders shares the splits among readers that run at once.
func (x *suite) manyReaders(t *testing.T) {
	s := x.begin(t, 3)
	req := connectors.ScanRequest{Columns: x.all(), Filters: []connectors.Filter{opaque("sum of all bytes", x.all(), textSum)}}
	sc := s.scan(req)
	splits := make(chan connectors.Split)
	var mu sync.Mutex
	var got []string
	var failed error
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			part, err := s.work(req, sc, splits)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, part...)
			failed = errors.Join(failed, err)
		})
	}
	for split, err := range sc.Splits(context.Background()) {
		if err != nil {
			t.Error(err)
			break
		}
		splits <- split
	}
	close(splits)
	wg.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	keep := func(row []schema.Value) bool { ok, _ := textSum(row); return ok }
	if sc.Verdicts()[0] != connectors.Exact {
		keep = nil
	}
	if keep == nil {
		s.contains("rows of the table", x.want(req.Columns, nil), got)
		return
	}
	s.expect("rows of all readers", got, x.want(req.Columns, keep))
}

func (s *session) work(req connectors.ScanRequest, sc connectors.Scan, splits <-chan connectors.Split) (out []string, err error) {
	r, err := sc.NewReader()
	if err != nil {
		return nil, err
	}
	defer s.closeReader(r)
	ctx := context.Background()
	for split := range splits {
		if err != nil {
			continue // let the producer end
		}
		if err = r.Assign(ctx, split); err == nil {
			out, err = s.drain(ctx, req, r, out)
		}
	}
	return out, err
}

// cancellation ends the context after the first batch.
func (x *suite) cancellation(t *testing.T) {
	s := x.begin(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req := connectors.ScanRequest{Columns: x.all()}
	sc := s.scan(req)
	r, err := sc.NewReader()
	if err != nil {
		t.Fatal(err)
	}
	defer s.closeReader(r)
	batches := 0
	for split, err := range sc.Splits(ctx) {
		if err == nil {
			err = r.Assign(ctx, split)
		}
		for err == nil {
			if _, err = r.Next(ctx); err == nil {
				batches++
				cancel()
			}
			if batches > len(x.Rows) {
				t.Fatal("the reader goes on for ever")
			}
		}
		if errors.Is(err, context.Canceled) {
			return
		}
	}
	if batches > 2 {
		t.Errorf("%d batches were read after the context's end", batches-1)
	}
}

// earlyClose leaves a scan in the middle.
func (x *suite) earlyClose(t *testing.T) {
	s := x.begin(t, 1)
	req := connectors.ScanRequest{Columns: x.all()}
	sc := s.scan(req)
	r, err := sc.NewReader()
	if err != nil {
		t.Fatal(err)
	}
	for split, err := range sc.Splits(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Assign(context.Background(), split); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		break
	}
	s.closeReader(r)
}
