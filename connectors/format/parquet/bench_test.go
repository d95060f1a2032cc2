package parquet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/internal/testneeds"
)

// lineitem opens TPC-H's lineitem at scale 1 as .ci/peer-bench leaves it in the cache.
func lineitem(b *testing.B) format.File {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(cache, "tarn/bench/sf1/tpch/lineitem")
	testneeds.File(b, filepath.Join(dir, "lineitem.parquet"), ".ci/peer-bench --prepare")
	s, err := objstore.OpenDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	obj, err := s.Stat(context.Background(), "lineitem.parquet")
	if err != nil {
		b.Fatal(err)
	}
	return format.File{Store: s, Object: obj}
}

// drain reads everything and returns the number of rows.
func drain(b *testing.B, r *format.Request, f format.File) int {
	b.Helper()
	ctx := context.Background()
	splits, err := Format{}.Splits(ctx, r, f)
	if err != nil {
		b.Fatal(err)
	}
	rd := Format{}.NewReader(r)
	defer func() { _ = rd.Close() }()
	rows := 0
	for _, s := range splits {
		if err := rd.Assign(ctx, s); err != nil {
			b.Fatal(err)
		}
		for {
			batch, err := rd.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			rows += batch.Rows()
		}
	}
	return rows
}

func columnOf(b *testing.B, fields []format.Field, name string) int {
	b.Helper()
	for i, f := range fields {
		if f.Name == name {
			return i
		}
	}
	b.Fatalf("no column %q", name)
	return -1
}

// BenchmarkScan decodes one column of each kind; ns/row is the figure to compare.
func BenchmarkScan(b *testing.B) {
	f := lineitem(b)
	fields := fieldsOf(b, f)
	for _, name := range []string{"l_quantity", "l_shipdate", "l_shipmode", "l_suppkey", "l_orderkey", "l_extendedprice", "l_partkey", "l_comment"} {
		c := columnOf(b, fields, name)
		b.Run(name+"_"+fields[c].Type.String(), func(b *testing.B) {
			rows := 0
			for b.Loop() {
				rows = drain(b, request(fields, c), f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		})
	}
}

// fast is a filter of a range of integers, as the engine's kernels evaluate it.
type fast struct {
	lo, hi int64
	out    []uint32
}

func (m *fast) Match(_ context.Context, cols []vector.Vector, _ int, sel []uint32) ([]uint32, error) {
	if cap(m.out) < cols[0].Len() {
		m.out = make([]uint32, cols[0].Len())
	}
	out := m.out[:cap(m.out)]
	switch v := cols[0].(type) {
	case *vector.Flat[int64]:
		return match(v.Values, m.lo, m.hi, sel, out), nil
	case *vector.Flat[int32]:
		return match(v.Values, m.lo, m.hi, sel, out), nil
	case *vector.Dict:
		if sel != nil {
			break
		}
		k := 0
		for i, c := range v.Codes {
			x := int64(0)
			switch d := v.Values.(type) {
			case *vector.Flat[int64]:
				x = d.Values[c]
			case *vector.Flat[int32]:
				x = int64(d.Values[c])
			}
			out[k] = uint32(i)
			if x >= m.lo && x <= m.hi {
				k++
			}
		}
		return out[:k], nil
	}
	return []uint32{}, nil
}

func match[T int32 | int64](vs []T, lo, hi int64, sel, out []uint32) []uint32 {
	k := 0
	if sel == nil {
		for i, v := range vs {
			out[k] = uint32(i)
			if int64(v) >= lo && int64(v) <= hi {
				k++
			}
		}
		return out[:k]
	}
	for _, r := range sel {
		out[k] = r
		if v := int64(vs[r]); v >= lo && v <= hi {
			k++
		}
	}
	return out[:k]
}

func between(c int, t schema.Type, lo, hi int64) connectors.Filter {
	return connectors.Filter{
		Columns: []int{c},
		Predicates: []connectors.Predicate{
			{Column: c, Op: connectors.Ge, Values: []schema.Value{schema.IntValue(t, lo)}},
			{Column: c, Op: connectors.Le, Values: []schema.Value{schema.IntValue(t, hi)}},
		},
		NewMatcher: func() connectors.Matcher { return &fast{lo: lo, hi: hi} },
	}
}

// BenchmarkPasses runs the filters of TPC-H's Q6, and a point lookup.
func BenchmarkPasses(b *testing.B) {
	f := lineitem(b)
	fields := fieldsOf(b, f)
	col := func(name string) int { return columnOf(b, fields, name) }
	ship, disc, qty, price, order, comment := col("l_shipdate"), col("l_discount"), col("l_quantity"), col("l_extendedprice"), col("l_orderkey"), col("l_comment")
	b.Run("q6", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			r := request(fields, price, disc)
			r.Filters = []connectors.Filter{
				between(ship, fields[ship].Type, schema.DateOf(1994, 1, 1), schema.DateOf(1994, 12, 31)),
				between(disc, fields[disc].Type, 5, 7),
				between(qty, fields[qty].Type, 0, 2399),
			}
			rows = drain(b, r, f)
		}
		b.ReportMetric(float64(rows), "rows")
	})
	b.Run("point", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			r := request(fields, order, price, comment)
			r.Filters = []connectors.Filter{between(order, fields[order].Type, 3_000_000, 3_000_000)}
			rows = drain(b, r, f)
		}
		b.ReportMetric(float64(rows), "rows")
	})
}
