package pgtypes

import (
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// tenColumns is a batch as a dashboard reads it: numbers, decimals, texts (plain and from a dictionary), times.
func tenColumns(n int) ([]schema.Type, *vector.Batch) {
	types := []schema.Type{
		schema.T(schema.BigInt), schema.T(schema.Integer), schema.Text, schema.Text, schema.DecimalOf(12, 2), schema.T(schema.Date),
		schema.T(schema.TimestampTZ), schema.T(schema.Boolean), schema.T(schema.Integer), schema.DecimalOf(9, 4),
	}
	b := &vector.Batch{Len: n}
	for c, t := range types {
		v := vector.NewBuilder(t, n)
		for i := range n {
			switch t.Physical() {
			case schema.PhysBytes:
				v.AppendString([]string{"Clerk#000000951", "carefully final deposits", "TRUCK", "1-URGENT"}[(i+c)%4])
			case schema.PhysBool:
				v.AppendInt(int64(i & 1))
			default:
				v.AppendInt(int64(17000+i*(c+1)) * map[bool]int64{true: 100_000_000_000, false: 1}[t.Kind == schema.TimestampTZ])
			}
		}
		b.Cols = append(b.Cols, v.Build())
	}
	entries := vector.NewBuilder(schema.Text, 3)
	codes := make([]uint32, n)
	for _, s := range []string{"AIR", "MAIL", "DELIVER IN PERSON"} {
		entries.AppendString(s)
	}
	for i := range codes {
		codes[i] = uint32(i % 3)
	}
	b.Cols[3] = &vector.Dict{Codes: codes, Values: entries.Build(), ID: vector.NewDictID()}
	return types, b
}

func benchmarkRows(b *testing.B, format int16) {
	types, batch := tenColumns(2048)
	formats := make([]int16, len(types))
	for i := range formats {
		formats[i] = format
	}
	r := NewRows(types, formats, Style{Location: time.UTC, FloatDigits: 1})
	var buf []byte
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Bind(batch); err != nil {
			b.Fatal(err)
		}
		out, n, err := r.AppendDataRows(buf[:0], 0, 1<<30)
		if err != nil || n != batch.Len {
			b.Fatal(n, err)
		}
		buf, size = out, len(out)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Len), "ns/row")
	b.ReportMetric(float64(size)/float64(batch.Len), "B/row")
}

func BenchmarkTextRows(b *testing.B)   { benchmarkRows(b, Text) }
func BenchmarkBinaryRows(b *testing.B) { benchmarkRows(b, Binary) }
