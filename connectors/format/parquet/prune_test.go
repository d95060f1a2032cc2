package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// event is the row of files that pruning is tested with: id ascends, so that every page and row group has a range of its
// own.
type event struct {
	ID   int64   `parquet:"id"`
	Code int32   `parquet:"code,dict"`
	Name string  `parquet:"name"`
	Real float64 `parquet:"real"`
	Opt  *int64  `parquet:"opt,optional"`
	Blob string  `parquet:"blob,plain"`
}

func eventOf(i int) event {
	e := event{ID: int64(i), Code: int32(i % 7), Name: fmt.Sprintf("name %06d", i*3), Real: float64(i), Blob: fmt.Sprintf("%0200d", i)}
	if i >= 2000 {
		x := int64(i)
		e.Opt = &x
	}
	return e
}

// events writes n rows in row groups of 1000, with pages of about 100.
func events(t testing.TB, n int, opts ...pq.WriterOption) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := pq.NewGenericWriter[event](&buf, append([]pq.WriterOption{pq.PageBufferSize(800), pq.Compression(&pq.Snappy), pq.MaxRowsPerRowGroup(1000)}, opts...)...)
	for i := range n {
		if _, err := w.Write([]event{eventOf(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n >= 5000 && int64(buf.Len()) <= tailBytes {
		t.Fatal("the file fits into the first request")
	}
	return buf.Bytes()
}

// spy records the ranges that are read.
type spy struct {
	objstore.Store
	mu     sync.Mutex
	ranges []objstore.Range
}

func (s *spy) ReadAt(ctx context.Context, obj objstore.Object, p []byte, off int64) error {
	s.mu.Lock()
	s.ranges = append(s.ranges, objstore.Range{Off: off, Len: int64(len(p))})
	s.mu.Unlock()
	return s.Store.ReadAt(ctx, obj, p, off)
}

func (s *spy) bytes() int64 {
	n := int64(0)
	for _, r := range s.ranges {
		n += r.Len
	}
	return n
}

var bigint = schema.T(schema.BigInt)

func id(v int64) schema.Value { return schema.IntValue(bigint, v) }

func TestStatisticsPruneRowGroups(t *testing.T) {
	f := stored(t, events(t, 5000, pq.BloomFilters(pq.SplitBlockFilter(10, "name"))))
	fields := fieldsOf(t, f)
	text := schema.TextValue
	double := func(x float64) schema.Value { return schema.FloatValue(schema.T(schema.Double), x) }
	cases := []struct {
		name   string
		filter connectors.Filter
		pruned int64
		rows   int
	}{
		{"equal", where(0, connectors.Eq, id(1500)), 4, 1},
		{"range", where(0, connectors.Ge, id(3500)), 3, 1500},
		{"less", where(0, connectors.Lt, id(1000)), 4, 1000},
		{"at most", where(0, connectors.Le, id(999)), 4, 1000},
		{"greater", where(0, connectors.Gt, id(3999)), 4, 1000},
		{"in", where(0, connectors.In, id(5), id(4005)), 3, 2},
		{"none", where(0, connectors.Eq, id(99999)), 5, 0},
		{"not equal", where(0, connectors.Ne, id(3)), 0, 4999},
		{"string", where(2, connectors.Eq, text("name 004500")), 4, 1},
		{"prefix", where(2, connectors.Prefix, text("name 0045")), 4, 34},
		{"prefix that nothing has", where(2, connectors.Prefix, text("nama")), 5, 0},
		{"bloom filter", where(2, connectors.Eq, text("name 004501")), 5, 0},
		{"null", where(4, connectors.IsNull), 3, 2000},
		{"not null", where(4, connectors.IsNotNull), 2, 3000},
		{"compared with null", where(4, connectors.Lt, id(100)), 5, 0},
		// A NaN is greater than all numbers and not in the statistics, so that only upper bounds prune.
		{"double above", where(3, connectors.Gt, double(4500)), 0, 499},
		{"double below", where(3, connectors.Lt, double(500)), 4, 500},
		{"double equal", where(3, connectors.Eq, double(500)), 4, 1},
	}
	for _, c := range cases {
		r := request(fields, 0)
		r.Filters = []connectors.Filter{c.filter}
		got, err := scan(r, f)
		if err != nil {
			t.Fatal(err)
		}
		m := r.Metrics
		if m.RowGroupsTotal.Load() != 5 || m.RowGroupsPruned.Load() != c.pruned || len(got) != c.rows {
			t.Errorf("%s: %d of %d row groups pruned, want %d; %d rows, want %d", c.name, m.RowGroupsPruned.Load(), m.RowGroupsTotal.Load(), c.pruned, len(got), c.rows)
		}
		if filesPruned := int64(0); c.rows == 0 && c.name != "bloom filter" {
			filesPruned = 1
			if m.FilesPruned.Load() != filesPruned || m.FilesRead.Load() != 0 {
				t.Errorf("%s: %d files pruned, %d read", c.name, m.FilesPruned.Load(), m.FilesRead.Load())
			}
		}
	}
}

// A file that fits into the first request is read by it, once for all queries.
func TestSmallFilesTakeOneRequest(t *testing.T) {
	f := stored(t, events(t, 300))
	fields := fieldsOf(t, f)
	s := &spy{Store: f.Store}
	f = format.File{Store: s, Object: f.Object}
	f.Object.ETag += "-"
	f.Store = &unpinned{s}
	for range 2 {
		r := request(fields, 0, 2, 5)
		rows, err := scan(r, f)
		if err != nil || len(rows) != 300 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if len(s.ranges) != 1 {
			t.Errorf("%d requests", len(s.ranges))
		}
		if r.Metrics.BilledBytes.Load() < 1000 {
			t.Errorf("billed %d", r.Metrics.BilledBytes.Load())
		}
	}
}

// pagesRead scans a file whose footer is in the cache, and returns the bytes that were requested.
func pagesRead(t *testing.T, f format.File, r *format.Request) (rows [][]string, read int64) {
	t.Helper()
	s := &spy{Store: f.Store}
	if _, err := openFile(context.Background(), f); err != nil { // the cache has the footer from here on
		t.Fatal(err)
	}
	rows, err := scan(r, format.File{Store: s, Object: f.Object})
	if err != nil {
		t.Fatal(err)
	}
	return rows, s.bytes()
}

func TestPageIndexesSparePages(t *testing.T) {
	f := stored(t, events(t, 5000))
	fields := fieldsOf(t, f)
	r := request(fields, 0, 5)
	r.Filters = []connectors.Filter{where(0, connectors.Eq, id(1503))}
	rows, read := pagesRead(t, f, r)
	if len(rows) != 1 || rows[0][0] != "1503" {
		t.Fatalf("got %q", rows)
	}
	opened, _ := openFile(context.Background(), f)
	cols := opened.meta.RowGroups[1].Columns
	whole := cols[0].Compressed + cols[5].Compressed
	if read*4 > whole {
		t.Errorf("read %d bytes of the %d of the row group", read, whole)
	}
	if billed := r.Metrics.BilledBytes.Load() - opened.footer; billed*2 > whole {
		t.Errorf("billed %d bytes for pages of a row group of %d", billed, whole)
	}
	if r.Metrics.PagesPruned.Load() == 0 {
		t.Error("no page was counted as pruned")
	}
}

func TestColumnsAreFetchedOnlyWhereRowsAreLeft(t *testing.T) {
	f := stored(t, events(t, 5000))
	fields := fieldsOf(t, f)
	odd := connectors.Filter{Columns: []int{0}, NewMatcher: func() connectors.Matcher {
		return &slowMatcher{test: func(vs []schema.Value) bool { return vs[0].I == 2222 || vs[0].I == 2223 }}
	}}
	r := request(fields, 5)
	r.Filters = []connectors.Filter{odd}
	rows, read := pagesRead(t, f, r)
	if len(rows) != 2 {
		t.Fatalf("got %d rows", len(rows))
	}
	opened, _ := openFile(context.Background(), f)
	ids, blobs, blob := int64(0), int64(0), int64(0)
	for g := range opened.meta.RowGroups {
		ids += opened.meta.RowGroups[g].Columns[0].Compressed
		blobs += opened.meta.RowGroups[g].Columns[5].Compressed
		if g == 2 {
			blob = opened.meta.RowGroups[g].Columns[5].Compressed
		}
	}
	if read > ids+blob {
		t.Errorf("read %d bytes; the filter's column has %d and one row group of the other %d", read, ids, blob)
	}
	if want := opened.footer + ids + blobs; r.Metrics.BilledBytes.Load() != want {
		t.Errorf("billed %d, want %d: what the plan scheduled", r.Metrics.BilledBytes.Load(), want)
	}
}

func TestBilledBytesDoNotDependOnCachesAndWorkers(t *testing.T) {
	data := events(t, 5000)
	var billed []int64
	for round := range 3 {
		f := stored(t, data)
		if round > 0 {
			f.Object.ETag = fmt.Sprint("cached-", round)
			f.Store = &unpinned{f.Store}
		}
		fields := fieldsOf(t, f)
		r := request(fields, 0, 2)
		r.Query.BatchRows = 10 + 500*round
		r.Filters = []connectors.Filter{where(0, connectors.Ge, id(2500)), where(1, connectors.Eq, schema.IntValue(schema.T(schema.Integer), 3))}
		if _, err := scan(r, f); err != nil {
			t.Fatal(err)
		}
		billed = append(billed, r.Metrics.BilledBytes.Load())
	}
	if slices.Max(billed) != slices.Min(billed) {
		t.Errorf("billed %v", billed)
	}
}

// unpinned ignores ETags.
type unpinned struct{ objstore.Store }

func (s *unpinned) ReadAt(ctx context.Context, obj objstore.Object, p []byte, off int64) error {
	obj.ETag = ""
	return s.Store.ReadAt(ctx, obj, p, off)
}

func TestCountingRowsReadsNoPages(t *testing.T) {
	f := stored(t, events(t, 5000))
	r := request(fieldsOf(t, f))
	rows, read := pagesRead(t, f, r)
	opened, _ := openFile(context.Background(), f)
	if len(rows) != 5000 || read != 0 || r.Metrics.BilledBytes.Load() != opened.footer {
		t.Errorf("%d rows, %d bytes read, %d billed", len(rows), read, r.Metrics.BilledBytes.Load())
	}
}

func TestLimitNeedsTheFirstRowGroupsOnly(t *testing.T) {
	f := stored(t, events(t, 5000))
	r := request(fieldsOf(t, f), 0)
	r.Limit = 1200
	splits, err := Format{}.Splits(context.Background(), r, f)
	if err != nil {
		t.Fatal(err)
	}
	groups := 0
	for _, s := range splits {
		p, _ := s.Part.(*piece)
		groups += len(p.groups)
	}
	if groups != 2 {
		t.Errorf("%d row groups for 1200 rows", groups)
	}
}

// keys is a join's key set of a few numbers.
func keys(await bool, column int, vs ...int64) connectors.DynamicFilter {
	s := &connectors.KeySet{Type: bigint, Count: int64(len(vs)), List: []schema.Value{}}
	slices.Sort(vs)
	for _, v := range vs {
		s.List = append(s.List, id(v))
	}
	if len(vs) > 0 {
		s.Min, s.Max, s.Base = id(vs[0]), id(vs[len(vs)-1]), vs[0]
		s.Bits = make([]uint64, (vs[len(vs)-1]-vs[0])/64+1)
		for _, v := range vs {
			s.Bits[(v-s.Base)/64] |= 1 << ((v - s.Base) % 64)
		}
	}
	d := connectors.DynamicFilter{Column: column, Keys: connectors.NewJoinKeys(), Await: await}
	d.Keys.Publish(s)
	return d
}

func TestJoinKeysPruneRowGroupsAndRows(t *testing.T) {
	f := stored(t, events(t, 5000))
	fields := fieldsOf(t, f)
	opened, _ := openFile(context.Background(), f)
	for _, await := range []bool{true, false} {
		r := request(fields, 0, 2)
		r.Dynamic = []connectors.DynamicFilter{keys(await, 0, 1100, 1101, 4999)}
		got, err := scan(r, f)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || r.Metrics.RowGroupsPruned.Load() != 3 {
			t.Errorf("await %v: %d rows, %d row groups pruned", await, len(got), r.Metrics.RowGroupsPruned.Load())
		}
		want := opened.footer
		for g := range opened.meta.RowGroups {
			if !await || g == 1 || g == 4 {
				want += opened.meta.RowGroups[g].Columns[0].Compressed + opened.meta.RowGroups[g].Columns[2].Compressed
			}
		}
		// Keys that the scan waits for prune pages too; others change nothing of what is billed.
		if billed := r.Metrics.BilledBytes.Load(); await && billed*2 > want || !await && billed != want {
			t.Errorf("await %v: billed %d, at most %d", await, billed, want)
		}
		r = request(fields, 0)
		r.Dynamic = []connectors.DynamicFilter{keys(await, 0)}
		if got, err = scan(r, f); err != nil || len(got) != 0 {
			t.Errorf("await %v: an empty build side left %d rows, %v", await, len(got), err)
		}
	}
}

// A filter that fails on an entry of the dictionary, which perhaps no surviving row uses, must not fail the scan.
func TestFilterThatFailsOnTheDictionaryIsEvaluatedOnRows(t *testing.T) {
	f := stored(t, events(t, 3000))
	r := request(fieldsOf(t, f), 0)
	asked := 0
	r.Filters = []connectors.Filter{{Columns: []int{1}, NewMatcher: func() connectors.Matcher { return &picky{asked: &asked} }}}
	got, err := scan(r, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 429 || asked == 0 {
		t.Fatalf("%d rows; asked about %d dictionaries", len(got), asked)
	}
}

// picky keeps code 1, and fails when it is asked about the seven entries of the dictionary.
type picky struct {
	slowMatcher
	asked *int
}

func (m *picky) Match(ctx context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	if n == 7 {
		*m.asked++
		return nil, errors.New("division by zero")
	}
	m.test = func(vs []schema.Value) bool { return vs[0].I == 1 }
	return m.slowMatcher.Match(ctx, cols, n, sel)
}

// Where the statistics say that all rows pass a filter, its column is not needed.
func TestCoveredFiltersNeedNoColumn(t *testing.T) {
	f := stored(t, events(t, 5000))
	fields := fieldsOf(t, f)
	r := request(fields, 5)
	r.Filters = []connectors.Filter{where(0, connectors.Ge, id(2000)), where(4, connectors.IsNotNull)}
	rows, read := pagesRead(t, f, r)
	if len(rows) != 3000 {
		t.Fatalf("%d rows", len(rows))
	}
	opened, _ := openFile(context.Background(), f)
	want := int64(0)
	for g := 2; g < 5; g++ {
		want += opened.meta.RowGroups[g].Columns[5].Compressed
	}
	if billed := r.Metrics.BilledBytes.Load() - opened.footer; billed != want || read != want {
		t.Errorf("billed %d, read %d, want %d", billed, read, want)
	}
}

func TestBoundsCoverOnlyWhatSurelyPasses(t *testing.T) {
	v := id
	b := bounds{lo: v(10), hi: v(20), rows: 5}
	one := bounds{lo: v(7), hi: v(7), rows: 5}
	open := bounds{lo: v(10), rows: 5}
	nulls := bounds{lo: v(10), hi: v(20), nulls: 1, rows: 5}
	unknown := bounds{lo: v(10), hi: v(20), nulls: -1, rows: 5}
	cases := []struct {
		b    bounds
		op   connectors.Op
		x    int64
		want bool
	}{
		{b, connectors.Ge, 10, true}, {b, connectors.Ge, 11, false}, {b, connectors.Gt, 9, true}, {b, connectors.Gt, 10, false},
		{b, connectors.Le, 20, true}, {b, connectors.Le, 19, false}, {b, connectors.Lt, 21, true}, {b, connectors.Lt, 20, false},
		{b, connectors.Eq, 10, false}, {one, connectors.Eq, 7, true}, {b, connectors.Ne, 9, true}, {b, connectors.Ne, 21, true},
		{b, connectors.Ne, 20, false}, {open, connectors.Ge, 1, false}, {nulls, connectors.Ge, 1, false}, {unknown, connectors.Ge, 1, false},
		{b, connectors.IsNotNull, 0, true}, {unknown, connectors.IsNotNull, 0, false}, {nulls, connectors.IsNull, 0, false},
		{nothing(5), connectors.IsNull, 0, true}, {nothing(5), connectors.Ge, 1, false},
	}
	for _, c := range cases {
		p := connectors.Predicate{Op: c.op, Values: []schema.Value{v(c.x)}}
		if got := c.b.covers(&p); got != c.want {
			t.Errorf("[%s, %s] %s: %v", textOf(c.b.lo), textOf(c.b.hi), p.Describe("x"), got)
		}
	}
	floats := bounds{lo: schema.FloatValue(schema.T(schema.Double), 1), hi: schema.FloatValue(schema.T(schema.Double), 2), rows: 5, floats: true}
	below := connectors.Predicate{Op: connectors.Lt, Values: []schema.Value{schema.FloatValue(schema.T(schema.Double), 3)}}
	if floats.covers(&below) {
		t.Error("a NaN may be above the greatest number")
	}
}

// The keys of a join may be published while the scan is under way.
func TestJoinKeysMayComeLate(t *testing.T) {
	f := stored(t, events(t, 5000))
	r := request(fieldsOf(t, f), 2, 0)
	d := keys(false, 0, 1100, 4999)
	set := d.Keys.Load()
	d.Keys = connectors.NewJoinKeys()
	r.Dynamic = []connectors.DynamicFilter{d}
	rows := 0
	err := eachBatch(r, f, func(b *vector.Batch) {
		rows += b.Rows()
		d.Keys.Publish(set)
	})
	if err != nil || rows < 2 || rows > 2000 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// Long chunks are fetched in pieces; pages and headers cross their ends, and what was read is let go of.
func TestLongChunksAreReadInPieces(t *testing.T) {
	for _, o := range [][]pq.WriterOption{
		{pq.Compression(&pq.Uncompressed), pq.PageBufferSize(1 << 20)},
		{pq.Compression(&pq.Snappy), pq.PageBufferSize(3 << 20), pq.DataPageVersion(2)},
	} {
		var buf bytes.Buffer
		type wide struct {
			ID   int64  `parquet:"id"`
			Blob string `parquet:"blob,plain"`
		}
		w := pq.NewGenericWriter[wide](&buf, o...)
		noise := rand.New(rand.NewPCG(1, 2))
		const n = 60_000
		blob := make([]byte, 1304)
		rows := make([]wide, 1)
		sum := uint64(0)
		for i := range n {
			for k := 0; k < len(blob); k += 8 {
				binary.LittleEndian.PutUint64(blob[k:], noise.Uint64())
			}
			rows[0] = wide{int64(i), string(blob)}
			sum += vector.HashBytes(blob) * uint64(i+1)
			if _, err := w.Write(rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f := stored(t, buf.Bytes())
		r := request(fieldsOf(t, f), 1, 0)
		r.Query.Memory = memory.NewBudget("query memory limit", 40<<20, nil)
		i := 0
		if err := eachBatch(r, f, func(b *vector.Batch) {
			for k := range b.Len {
				blobs, _ := b.Cols[0].(*vector.Bytes)
				sum -= vector.HashBytes(blobs.At(k)) * uint64(i+1)
				i++
			}
		}); err != nil {
			t.Fatal(err)
		}
		if i != n || sum != 0 {
			t.Errorf("%d rows, sum %d", i, sum)
		}
		r.Query.Close()
		if used := r.Query.Memory.Used(); used != 0 {
			t.Errorf("%d bytes were not given back", used)
		}
	}
}

// A file with one big row group keeps several workers busy.
func TestFewBigRowGroupsAreCutForTheWorkers(t *testing.T) {
	type pair struct {
		ID    int64 `parquet:"id"`
		Noise int64 `parquet:"noise"`
	}
	var buf bytes.Buffer
	w := pq.NewGenericWriter[pair](&buf, pq.MaxRowsPerRowGroup(1<<30), pq.PageBufferSize(64<<10))
	noise := rand.New(rand.NewPCG(3, 2))
	const n = 600_000
	rows := make([]pair, n)
	for i := range rows {
		rows[i] = pair{int64(i), noise.Int64()}
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := stored(t, buf.Bytes())
	var billed [2]int64
	for i, workers := range []int{1, 4} {
		r := request(fieldsOf(t, f), 1, 0)
		r.Query.Workers = workers * i
		splits, err := Format{}.Splits(context.Background(), r, f)
		if err != nil {
			t.Fatal(err)
		}
		if (len(splits) > 1) != (i == 1) {
			t.Errorf("%d workers: %d splits", workers, len(splits))
		}
		sum, count := int64(0), 0
		rd := Format{}.NewReader(r)
		for _, s := range splits {
			if err := rd.Assign(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			for {
				b, err := rd.Next(context.Background())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				noise, _ := b.Cols[0].(*vector.Flat[int64])
				ids, _ := b.Cols[1].(*vector.Flat[int64])
				for k, id := range ids.Values {
					if noise.Values[k] != rows[id].Noise {
						t.Fatalf("row %d differs", id)
					}
					sum += id
				}
				count += b.Len
			}
		}
		if err := rd.Close(); err != nil {
			t.Fatal(err)
		}
		r.Query.Close()
		if count != n || sum != n*(n-1)/2 {
			t.Errorf("%d workers: %d rows, sum %d", workers, count, sum)
		}
		billed[i] = r.Metrics.BilledBytes.Load()
	}
	if billed[0] != billed[1] {
		t.Errorf("billed %v", billed)
	}
}
