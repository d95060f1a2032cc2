package parquet

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
)

// kind is a type of column of random files: how it is declared, a random value, and what SQL makes of it.
type kind struct {
	name  string
	node  func() pq.Node
	value func(*rand.Rand) pq.Value
	sql   func(pq.Value) schema.Value
	encs  []encoding.Encoding
}

var (
	ints  = []encoding.Encoding{&pq.Plain, &pq.DeltaBinaryPacked, &pq.RLEDictionary}
	strs  = []encoding.Encoding{&pq.Plain, &pq.DeltaLengthByteArray, &pq.DeltaByteArray, &pq.RLEDictionary}
	reals = []encoding.Encoding{&pq.Plain, &pq.ByteStreamSplit, &pq.RLEDictionary}
)

// small makes dictionaries and runs likely.
func small(r *rand.Rand) int64 {
	if r.IntN(3) == 0 {
		return int64(r.IntN(5))
	}
	return r.Int64N(4000) - 2000
}

func word(r *rand.Rand) []byte {
	return fmt.Appendf(nil, "%s%d", []string{"", "a", "alpha", "alphabet soup ", "ω"}[r.IntN(5)], small(r))
}

func typed(k schema.Kind, scale int64) func(pq.Value) schema.Value {
	return func(v pq.Value) schema.Value { return schema.IntValue(schema.T(k), v.Int64()*scale) }
}

var kinds = []kind{
	{"bool", func() pq.Node { return pq.Leaf(pq.BooleanType) }, func(r *rand.Rand) pq.Value { return pq.BooleanValue(r.IntN(3) == 0) },
		func(v pq.Value) schema.Value { return schema.BoolValue(v.Boolean()) }, []encoding.Encoding{&pq.Plain, &pq.RLE}},
	{"int32", func() pq.Node { return pq.Int(32) }, func(r *rand.Rand) pq.Value { return pq.Int32Value(int32(small(r))) },
		func(v pq.Value) schema.Value { return schema.IntValue(schema.T(schema.Integer), int64(v.Int32())) }, ints},
	{"int64", func() pq.Node { return pq.Int(64) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(small(r) << r.IntN(50)) }, typed(schema.BigInt, 1), ints},
	{"uint32", func() pq.Node { return pq.Uint(32) }, func(r *rand.Rand) pq.Value { return pq.Int32Value(int32(r.Uint32())) },
		func(v pq.Value) schema.Value {
			return schema.IntValue(schema.T(schema.BigInt), int64(uint32(v.Int32())))
		}, ints},
	{"uint64", func() pq.Node { return pq.Uint(64) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(int64(r.Uint64())) },
		func(v pq.Value) schema.Value {
			return schema.Int128Value(schema.DecimalOf(20, 0), schema.Int128{Lo: uint64(v.Int64())})
		}, ints},
	{"float", func() pq.Node { return pq.Leaf(pq.FloatType) }, func(r *rand.Rand) pq.Value { return pq.FloatValue(float32(small(r)) / 8) },
		func(v pq.Value) schema.Value { return schema.FloatValue(schema.T(schema.Real), float64(v.Float())) }, reals},
	{"double", func() pq.Node { return pq.Leaf(pq.DoubleType) }, func(r *rand.Rand) pq.Value {
		return pq.DoubleValue([]float64{float64(small(r)) / 16, math.NaN(), math.Copysign(0, -1)}[max(r.IntN(20)-17, 0)])
	}, func(v pq.Value) schema.Value { return schema.FloatValue(schema.T(schema.Double), v.Double()) }, reals},
	{"string", pq.String, func(r *rand.Rand) pq.Value { return pq.ByteArrayValue(word(r)) },
		func(v pq.Value) schema.Value { return schema.TextValue(string(v.ByteArray())) }, strs},
	{"uuid", pq.UUID, func(r *rand.Rand) pq.Value {
		return pq.FixedLenByteArrayValue(bytes.Repeat([]byte{byte(r.IntN(9))}, 16))
	}, func(v pq.Value) schema.Value { return schema.StringValue(schema.T(schema.UUID), string(v.ByteArray())) }, []encoding.Encoding{&pq.Plain, &pq.RLEDictionary, &pq.DeltaByteArray}},
	{"decimal32", func() pq.Node { return pq.Decimal(2, 9, pq.Int32Type) }, func(r *rand.Rand) pq.Value { return pq.Int32Value(int32(small(r))) },
		func(v pq.Value) schema.Value { return schema.IntValue(schema.DecimalOf(9, 2), int64(v.Int32())) }, ints},
	{"decimal64", func() pq.Node { return pq.Decimal(3, 18, pq.Int64Type) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(small(r)) },
		func(v pq.Value) schema.Value { return schema.IntValue(schema.DecimalOf(18, 3), v.Int64()) }, ints},
	{"decimal7", func() pq.Node { return pq.Decimal(2, 15, pq.FixedLenByteArrayType(7)) }, func(r *rand.Rand) pq.Value {
		return pq.FixedLenByteArrayValue(bigEndian(small(r), 7))
	}, func(v pq.Value) schema.Value {
		x, _ := bigEndian64(v.ByteArray())
		return schema.IntValue(schema.DecimalOf(15, 2), x)
	}, []encoding.Encoding{&pq.Plain, &pq.RLEDictionary}},
	{"decimal16", func() pq.Node { return pq.Decimal(4, 38, pq.FixedLenByteArrayType(16)) }, func(r *rand.Rand) pq.Value {
		return pq.FixedLenByteArrayValue(bigEndian(small(r), 16))
	}, func(v pq.Value) schema.Value {
		x, _ := bigEndian128(v.ByteArray())
		return schema.Int128Value(schema.DecimalOf(38, 4), x)
	}, []encoding.Encoding{&pq.Plain, &pq.RLEDictionary}},
	{"date", pq.Date, func(r *rand.Rand) pq.Value { return pq.Int32Value(int32(small(r)) + 9000) },
		func(v pq.Value) schema.Value { return schema.IntValue(schema.T(schema.Date), int64(v.Int32())) }, ints},
	{"millis", func() pq.Node { return pq.TimestampAdjusted(pq.Millisecond, false) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(small(r) * 12345) }, typed(schema.Timestamp, 1000), ints},
	{"micros", func() pq.Node { return pq.Timestamp(pq.Microsecond) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(small(r) * 12345) }, typed(schema.TimestampTZ, 1), ints},
	{"nanos", func() pq.Node { return pq.TimestampAdjusted(pq.Nanosecond, false) }, func(r *rand.Rand) pq.Value { return pq.Int64Value(small(r)) },
		func(v pq.Value) schema.Value {
			return schema.IntValue(schema.T(schema.Timestamp), int64(math.Floor(float64(v.Int64())/1000)))
		}, ints},
	{"time", func() pq.Node { return pq.Time(pq.Millisecond) }, func(r *rand.Rand) pq.Value { return pq.Int32Value(int32(r.IntN(86_400_000))) },
		func(v pq.Value) schema.Value { return schema.IntValue(schema.T(schema.Time), int64(v.Int32())*1000) }, ints},
	{"int96", func() pq.Node { return pq.Leaf(pq.Int96Type) }, func(r *rand.Rand) pq.Value {
		nanos := uint64(r.IntN(1000)) * 1_000_500
		return pq.Int96Value(deprecated.Int96{uint32(nanos), uint32(nanos >> 32), 2440588 + uint32(r.IntN(3))})
	}, func(v pq.Value) schema.Value {
		x := v.Int96()
		nanos := int64(x[0]) | int64(x[1])<<32
		return schema.IntValue(schema.T(schema.Timestamp), int64(x[2]-2440588)*86_400_000_000+nanos/1000)
	}, []encoding.Encoding{&pq.Plain, &pq.RLEDictionary}},
}

func bigEndian(v int64, n int) []byte {
	b := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
	return b
}

var codecs = []compress.Codec{&pq.Uncompressed, &pq.Snappy, &pq.Gzip, &pq.Brotli, &pq.Zstd, &pq.Lz4Raw}

// sample is a random file with what SQL should see in it.
type sample struct {
	data  []byte
	kinds []kind
	rows  [][]schema.Value
}

// randomFile writes a file of some columns, optional or not, in random encodings and page sizes.
func randomFile(t testing.TB, r *rand.Rand) sample {
	t.Helper()
	var s sample
	group := pq.Group{}
	optional := map[string]bool{}
	for i := range 1 + r.IntN(5) {
		k := kinds[r.IntN(len(kinds))]
		k.name = fmt.Sprintf("c%d_%s", i, k.name)
		node := pq.Encoded(k.node(), k.encs[r.IntN(len(k.encs))])
		node = pq.Compressed(node, codecs[r.IntN(len(codecs))])
		if r.IntN(2) == 0 {
			node = pq.Optional(node)
			optional[k.name] = true
		}
		group[k.name] = node
		s.kinds = append(s.kinds, k)
	}
	slices.SortFunc(s.kinds, func(a, b kind) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	var buf bytes.Buffer
	w := pq.NewWriter(&buf, pq.NewSchema("test", group), pq.PageBufferSize(50+r.IntN(4000)), pq.DataPageVersion(1+r.IntN(2)), pq.DataPageStatistics(r.IntN(2) == 0))
	for range r.IntN(4) {
		nullShare := r.IntN(4)
		for range r.IntN(900) {
			row, vals := pq.Row{}, []schema.Value{}
			for i, k := range s.kinds {
				v, sql := k.value(r), schema.Value{}
				def := 0
				if optional[k.name] {
					def = 1
				}
				switch {
				case def == 1 && r.IntN(4) < nullShare:
					v = pq.NullValue().Level(0, 0, i)
				default:
					sql = k.sql(v)
					v = v.Level(0, def, i)
				}
				row, vals = append(row, v), append(vals, sql)
			}
			if _, err := w.WriteRows([]pq.Row{row}); err != nil {
				t.Fatal(err)
			}
			s.rows = append(s.rows, vals)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s.data = buf.Bytes()
	return s
}

func (s *sample) text(keep func([]schema.Value) bool, output []int) [][]string {
	var out [][]string
	for _, row := range s.rows {
		if keep != nil && !keep(row) {
			continue
		}
		line := make([]string, len(output))
		for i, c := range output {
			line[i] = textOf(row[c])
		}
		out = append(out, line)
	}
	return out
}

func TestRandomFilesReadAsWritten(t *testing.T) {
	for seed := range uint64(300) {
		shortTail(t, seed/4)
		r := rand.New(rand.NewPCG(seed, 1))
		s := randomFile(t, r)
		f := stored(t, s.data)
		fields := fieldsOf(t, f)
		output := r.Perm(len(fields))
		req := request(fields, output...)
		req.Query.BatchRows = 1 + r.IntN(700)
		if r.IntN(2) == 0 {
			req.Shared = output
		}
		got, err := scan(req, f)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		compare(t, seed, "read", got, s.text(nil, output))
		if len(req.Shared) > 0 {
			again := request(fields, output...)
			again.Query, again.Shared = req.Query, output
			if got, err = scan(again, f); err != nil {
				t.Fatalf("seed %d, shared: %v", seed, err)
			}
			compare(t, seed, "shared", got, s.text(nil, output))
			req.Query.Close()
		}
	}
}

func compare(t *testing.T, seed uint64, what string, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("seed %d, %s: %d rows, want %d", seed, what, len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("seed %d, %s: row %d is %q, want %q", seed, what, i, got[i], want[i])
		}
	}
}

// randomFilter makes a predicate on a column with a value that occurs in it, or nearly.
func randomFilter(r *rand.Rand, s *sample, fields []format.Field) connectors.Filter {
	c := r.IntN(len(fields))
	op := connectors.Op(r.IntN(int(connectors.IsNotNull) + 1))
	if op == connectors.IsNull || op == connectors.IsNotNull {
		return where(c, op)
	}
	pick := func() schema.Value {
		for range 20 {
			if v := s.rows[r.IntN(len(s.rows))][c]; v.Valid {
				return v
			}
		}
		return s.kinds[c].sql(s.kinds[c].value(r))
	}
	v := pick()
	if op != connectors.In {
		return where(c, op, v)
	}
	vs := []schema.Value{v, pick(), pick()}
	slices.SortFunc(vs, schema.Value.Compare)
	return where(c, op, slices.CompactFunc(vs, func(a, b schema.Value) bool { return a.Compare(b) == 0 })...)
}

func TestRandomFiltersKeepTheRightRows(t *testing.T) {
	for seed := range uint64(400) {
		shortTail(t, seed/4)
		r := rand.New(rand.NewPCG(seed, 2))
		s := randomFile(t, r)
		if len(s.rows) == 0 {
			continue
		}
		f := stored(t, s.data)
		fields := fieldsOf(t, f)
		output := r.Perm(len(fields))[:r.IntN(len(fields)+1)]
		req := request(fields, output...)
		req.Query.BatchRows = 1 + r.IntN(700)
		for range 1 + r.IntN(3) {
			req.Filters = append(req.Filters, randomFilter(r, &s, fields))
		}
		got, err := scan(req, f)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		want := s.text(func(row []schema.Value) bool {
			for i := range req.Filters {
				p := &req.Filters[i].Predicates[0]
				if !holds(p, row[p.Column]) {
					return false
				}
			}
			return true
		}, output)
		compare(t, seed, req.Filters[0].Text, got, want)
	}
}
