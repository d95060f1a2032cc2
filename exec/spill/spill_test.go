package spill

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// samples are three values of each physical kind, the last NULL.
func samples() map[string][]schema.Value {
	i, s := schema.T(schema.Integer), schema.Text
	arr, mp := schema.ArrayOf(s), schema.MapOf(s, i)
	row := schema.RowOf(schema.Field{Name: "a", Type: i}, schema.Field{Name: "b", Type: arr})
	str := func(v string) schema.Value { return schema.StringValue(s, v) }
	num := func(v int64) schema.Value { return schema.IntValue(i, v) }
	list := func(vs ...schema.Value) schema.Value { return schema.NestedValue(arr, vs) }
	return map[string][]schema.Value{
		"bool":     {schema.BoolValue(true), schema.BoolValue(false), schema.NullOf(schema.T(schema.Boolean))},
		"int32":    {num(1), num(-7), schema.NullOf(i)},
		"int64":    {schema.IntValue(schema.T(schema.BigInt), 1<<60), schema.IntValue(schema.T(schema.BigInt), 0), schema.NullOf(schema.T(schema.BigInt))},
		"float32":  {schema.FloatValue(schema.T(schema.Real), 1.5), schema.FloatValue(schema.T(schema.Real), 0), schema.NullOf(schema.T(schema.Real))},
		"float64":  {schema.FloatValue(schema.T(schema.Double), 1e300), schema.FloatValue(schema.T(schema.Double), math.Copysign(0, -1)), schema.NullOf(schema.T(schema.Double))},
		"int128":   {schema.Int128Value(schema.DecimalOf(38, 2), schema.Pow10(30)), schema.Int128Value(schema.DecimalOf(38, 2), schema.Pow10(3).Neg()), schema.NullOf(schema.DecimalOf(38, 2))},
		"interval": {schema.IntervalOf(schema.IntervalValue{Months: 1, Days: -2, Micros: 3}), schema.IntervalOf(schema.IntervalValue{}), schema.NullOf(schema.T(schema.Interval))},
		"string":   {str("a longer string than a view's prefix"), str(""), schema.NullOf(s)},
		"list":     {list(str("x"), schema.NullOf(s), str("yy")), list(), schema.NullOf(arr)},
		"map":      {schema.NestedValue(mp, []schema.Value{str("k"), num(1), str("l"), schema.NullOf(i)}), schema.NestedValue(mp, nil), schema.NullOf(mp)},
		"row":      {schema.NestedValue(row, []schema.Value{num(1), list(str("z"))}), schema.NestedValue(row, []schema.Value{schema.NullOf(i), list()}), schema.NullOf(row)},
	}
}

func vectorOf(values []schema.Value, repeat int) vector.Vector {
	b := vector.NewBuilder(values[0].Type, 0)
	for range repeat {
		for _, v := range values {
			b.AppendValue(v)
		}
	}
	return b.Build()
}

func TestStreamReturnsWhatWasWritten(t *testing.T) {
	for name, values := range samples() {
		t.Run(name, func(t *testing.T) {
			d := NewDir(t.TempDir())
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			typ := values[0].Type
			s := d.Stream([]schema.Type{typ})
			all := vectorOf(values, 50)
			var want []schema.Value
			for _, sel := range [][]uint32{nil, {0, 2, 4, 149}, {}, {1}} {
				if _, err := s.Write([]vector.Vector{all}, all.Len(), sel); err != nil {
					t.Fatal(err)
				}
				vector.EachRow(all.Len(), sel, func(r int) { want = append(want, vector.ValueAt(all, r)) })
			}
			one := &vector.Const{Value: vectorOf(values[:1], 1), N: 5}
			if _, err := s.Write([]vector.Vector{one}, 5, nil); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				want = append(want, values[0])
			}
			for range 2 { // a stream can be read again
				var got []schema.Value
				r, err := s.Reader()
				if err != nil {
					t.Fatal(err)
				}
				for {
					b, err := r.Next(context.Background())
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					for i := range b.Len {
						got = append(got, vector.ValueAt(b.Cols[0], i))
					}
				}
				if len(got) != len(want) || int64(len(want)) != s.Rows() {
					t.Fatalf("got %d rows, want %d", len(got), len(want))
				}
				for i := range got {
					if !got[i].Equal(want[i]) {
						t.Fatalf("row %d is %s, want %s", i, got[i].Literal(), want[i].Literal())
					}
				}
			}
		})
	}
}

func TestDamageIsAnError(t *testing.T) {
	parent := t.TempDir()
	d := NewDir(parent)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	s := d.Stream([]schema.Type{schema.Text})
	v := vectorOf(samples()["string"], 100)
	if _, err := s.Write([]vector.Vector{v}, v.Len(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reader(); err != nil {
		t.Fatal(err)
	}
	whole := make([]byte, s.Bytes())
	if _, err := s.file.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 7 {
		bad := append([]byte(nil), whole...)
		bad[at] ^= 0x40
		if _, err := s.file.WriteAt(bad, 0); err != nil {
			t.Fatal(err)
		}
		r, err := s.Reader()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(context.Background()); !sqlerr.Is(err, sqlerr.DataCorrupted) {
			t.Fatalf("byte %d changed: error is %v, want one of code XX001", at, err)
		}
	}
}

func TestFilesHaveNoNamesAndEndWithTheirPlace(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "spill")
	v := vectorOf(samples()["int32"], 10)
	d := NewDir(parent)
	s := d.Stream([]schema.Type{v.Type()})
	if _, err := s.Write([]vector.Vector{v}, v.Len(), nil); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Fatalf("there are %d names in the directory (%v), want none", len(left), err)
	}
	f := s.file
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("the file is open after its place was closed: %v", err)
	}
	if _, err := d.Stream([]schema.Type{v.Type()}).Write([]vector.Vector{v}, v.Len(), nil); err == nil {
		t.Fatal("a closed place made another file")
	}
}

func FuzzDecodeBlock(f *testing.F) {
	types := []schema.Type{schema.T(schema.Integer), schema.Text, schema.ArrayOf(schema.Text)}
	var e encoder
	e.u64(3)
	for _, name := range []string{"int32", "string", "list"} {
		e.column(vectorOf(samples()[name], 1), 3, nil)
	}
	f.Add(e.buf)
	f.Fuzz(func(t *testing.T, block []byte) {
		aligned := make([]uint64, len(block)/8+1)
		buf := bytesOf(aligned)[:copy(bytesOf(aligned), block)]
		r := &Reader{types: types}
		b, err := r.decode(buf)
		if err != nil {
			return
		}
		for _, c := range b.Cols {
			for i := range min(b.Len, 100) {
				vector.ValueAt(c, i)
			}
		}
	})
}
