package lake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/csv"
	"github.com/tarnsql/tarn/connectors/format/json"
	"github.com/tarnsql/tarn/connectors/format/parquet"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/internal/catalogtest"
)

// world is a bucket, a catalog and the connector over both.
type world struct {
	t       testing.TB
	bucket  *objstore.Memory
	set     *objstore.Set
	catalog catalog.Catalog
	lake    *lake.Connector
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, bucket: objstore.NewMemory("b")}
	var err error
	if w.set, err = objstore.NewSet(ctx); err == nil {
		err = w.set.Add("mem://b", w.bucket)
	}
	if err != nil {
		t.Fatal(err)
	}
	cat := catalogtest.Open(t)
	w.catalog = cat
	w.lake = lake.New(cat, w.set, map[catalog.Format]format.Format{catalog.CSV: csv.New(), catalog.JSON: json.New(), catalog.Parquet: parquet.Format{}})
	w.update(func(tx catalog.Tx) error { return tx.CreateDatabase(ctx, catalog.Database{Name: "public"}) })
	return w
}

func (w *world) update(f func(catalog.Tx) error) catalog.Version {
	w.t.Helper()
	v, err := w.catalog.Update(context.Background(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) put(key, content string) {
	w.t.Helper()
	_, err := w.bucket.Put(context.Background(), key, strings.NewReader(content), int64(len(content)), objstore.Condition{})
	if err != nil {
		w.t.Fatal(err)
	}
}

// columns reads "name type; name type".
func columns(t testing.TB, text string) (out []catalog.Column) {
	t.Helper()
	if text == "" {
		return nil
	}
	for _, c := range strings.Split(text, "; ") {
		name, typ, _ := strings.Cut(c, " ")
		x, err := schema.ParseType(typ)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, catalog.Column{Name: name, Type: x})
	}
	return out
}

// csvTable makes a table of CSV files without header below mem://b/<name>/. Each partition is "value/value" or
// "value/value location".
func (w *world) csvTable(name, cols, keys string, partitions ...string) *catalog.Table {
	w.t.Helper()
	ctx := context.Background()
	t := &catalog.Table{
		Database: "public", Name: name, Location: "mem://b/" + name + "/", Columns: columns(w.t, cols), Keys: columns(w.t, keys),
		Storage: catalog.Storage{Format: catalog.CSV, Delimiter: ',', Quote: '"', FixedHeader: true},
	}
	w.update(func(tx catalog.Tx) error {
		if err := tx.CreateTable(ctx, t); err != nil {
			return err
		}
		var list []catalog.Partition
		for _, p := range partitions {
			values, location, ok := strings.Cut(p, " ")
			if !ok {
				location = t.Location + values + "/"
			}
			x := catalog.Partition{Location: location, Stats: catalog.PartitionStats{Rows: -1, Bytes: -1, Files: -1}}
			for i, v := range strings.Split(values, "/") {
				value := schema.NullOf(t.Keys[i].Type)
				if v != "NULL" {
					var err error
					if value, err = schema.Parse(t.Keys[i].Type, v); err != nil {
						return err
					}
				}
				x.Values = append(x.Values, value)
			}
			list = append(list, x)
		}
		return tx.AddPartitions(ctx, t, list, false)
	})
	return t
}

// statement is one statement's view of a table.
type statement struct {
	t       testing.TB
	query   *connectors.Query
	table   connectors.Table
	metrics *connectors.Metrics
}

func (w *world) statement(table string) *statement {
	w.t.Helper()
	s := &statement{t: w.t, query: &connectors.Query{Memory: memory.NewBudget("test", 1<<30, nil), Workers: 2}, metrics: &connectors.Metrics{}}
	var err error
	if s.table, err = w.lake.Table(context.Background(), s.query, "public", table); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.query.Close)
	return s
}

func (s *statement) ordinal(name string) int {
	s.t.Helper()
	i := slices.IndexFunc(s.table.Columns(), func(c schema.Column) bool { return c.Name == name })
	if i < 0 {
		s.t.Fatalf("no column %q", name)
	}
	return i
}

func (s *statement) ordinals(names string) (out []int) {
	for _, n := range strings.Fields(names) {
		out = append(out, s.ordinal(n))
	}
	return out
}

// filter keeps the rows for which keep is true of the columns' values in text form (NULL: "NULL").
func (s *statement) filter(names string, keep func(v []string) bool) connectors.Filter {
	cols := s.ordinals(names)
	return connectors.Filter{Columns: cols, Text: names, NewMatcher: func() connectors.Matcher { return matcher(keep) }}
}

type matcher func([]string) bool

func (m matcher) Match(_ context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	out := []uint32{}
	for r := range uint32(n) {
		if sel != nil && !slices.Contains(sel, r) {
			continue
		}
		var row []string
		for _, c := range cols {
			row = append(row, textAt(c, int(r)))
		}
		if m(row) {
			out = append(out, r)
		}
	}
	return out, nil
}

func textAt(c vector.Vector, i int) string {
	if v := vector.ValueAt(c, i); v.Valid {
		return v.Text()
	}
	return "NULL"
}

// scan plans a scan of the named columns.
func (s *statement) scan(names string, req connectors.ScanRequest) connectors.Scan {
	s.t.Helper()
	req.Query, req.Metrics, req.Columns = s.query, s.metrics, s.ordinals(names)
	sc, err := s.table.Scan(context.Background(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { sc.Close() }) //nolint:errcheck // the test is over
	return sc
}

// read returns the rows of a scan, sorted.
func (s *statement) read(sc connectors.Scan) (out []string, err error) {
	ctx := context.Background()
	r, err := sc.NewReader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for split, err := range sc.Splits(ctx) {
		if err != nil {
			return nil, err
		}
		if err := r.Assign(ctx, split); err != nil {
			return nil, err
		}
		for {
			b, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			out = append(out, rowsOf(b)...)
		}
	}
	slices.Sort(out)
	return out, nil
}

func rowsOf(b *vector.Batch) (out []string) {
	b = b.Clone()
	for i := range b.Len {
		var row []string
		for _, c := range b.Cols {
			row = append(row, textAt(c, i))
		}
		out = append(out, strings.Join(row, "|"))
	}
	return out
}

// expect reads and compares.
func (s *statement) expect(sc connectors.Scan, want ...string) {
	s.t.Helper()
	got, err := s.read(sc)
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func property(sc connectors.Scan, name string) string {
	for _, p := range sc.Explain() {
		if p.Name == name {
			return p.Value
		}
	}
	return fmt.Sprintf("no %s", name)
}
