package pgtypes

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func vectorFrom(t schema.Type, values ...schema.Value) vector.Vector {
	b := vector.NewBuilder(t, len(values))
	for _, v := range values {
		b.AppendValue(v)
	}
	return b.Build()
}

func valueIn(t *testing.T, typ schema.Type, style Style, v schema.Value) string {
	t.Helper()
	r := NewRows([]schema.Type{typ}, []int16{Text}, style)
	if err := r.Bind(&vector.Batch{Len: 1, Cols: []vector.Vector{vectorFrom(typ, v)}}); err != nil {
		t.Fatal(err)
	}
	out, _, err := r.AppendValue(nil, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestStyles holds what PostgreSQL 15 prints with the settings of each row.
func TestStyles(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		style       Style
		typ, in, to string
	}{
		{Style{Location: berlin}, "timestamptz", "2024-07-01 12:00:00+00", "2024-07-01 14:00:00+02"},
		{Style{Location: berlin}, "timestamptz", "2024-01-01 12:00:00.5+00", "2024-01-01 13:00:00.5+01"},
		{Style{Location: berlin}, "timestamptz", "1850-01-01 12:00:00+00", "1850-01-01 12:53:28+00:53:28"},
		{Style{Location: kolkata}, "timestamptz", "2024-07-01 12:00:00+00", "2024-07-01 17:30:00+05:30"},
		{Style{Location: time.FixedZone("", -5400)}, "timestamptz", "2024-07-01 00:00:00+00", "2024-06-30 22:30:00-01:30"},
		{Style{FloatDigits: 0}, "double precision", "0.1", "0.1"},
		{Style{FloatDigits: 0}, "double precision", "0.30000000000000004", "0.3"},
		{Style{FloatDigits: 0}, "double precision", "123456789012345680", "1.23456789012346e+17"},
		{Style{FloatDigits: -5}, "double precision", "3.14159265358979", "3.141592654"},
		{Style{FloatDigits: 0}, "double precision", "100", "100"},
		{Style{FloatDigits: 0}, "real", "0.1", "0.1"},
		{Style{FloatDigits: 0}, "real", "1234567", "1.23457e+06"},
		{Style{ByteaEscape: true}, "bytea", `\x00ff415c7e7f`, `\000\377A\\~\177`},
		{Style{Interval: "iso_8601"}, "interval", "1 year 2 mons 3 days 04:05:06.789", "P1Y2M3DT4H5M6.789S"},
		{Style{Interval: "iso_8601"}, "interval", "0", "PT0S"},
		{Style{Interval: "iso_8601"}, "interval", "-00:00:00.5", "PT-0.5S"},
		{Style{Interval: "postgres_verbose"}, "interval", "1 year 2 mons 3 days 04:05:06.789", "@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs"},
		{Style{Interval: "postgres_verbose"}, "interval", "-1 day", "@ 1 day ago"},
		{Style{Interval: "postgres_verbose"}, "interval", "0", "@ 0"},
		{Style{Interval: "sql_standard"}, "interval", "1 year 2 mons", "1-2"},
		{Style{Interval: "sql_standard"}, "interval", "3 days 04:05:06", "3 4:05:06"},
		{Style{Interval: "sql_standard"}, "interval", "1 year 2 mons 3 days 04:05:06.789", "+1-2 +3 +4:05:06.789"},
		{Style{Interval: "sql_standard"}, "interval", "-04:05:06", "-4:05:06"},
	} {
		typ, err := schema.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		v, err := schema.Parse(typ, c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := valueIn(t, typ, c.style, v); got != c.to {
			t.Errorf("%s %s in %+v: %s, want %s", c.typ, c.in, c.style, got, c.to)
		}
	}
}

// TestZoneChangesBetweenRows crosses the switch of a zone's offset in both directions, which the cached offset must notice.
func TestZoneChangesBetweenRows(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	typ := schema.T(schema.TimestampTZ)
	var in []schema.Value
	var want []string
	for _, s := range []string{"2024-03-31T00:59:59Z", "2024-03-31T01:00:00Z", "2024-03-31T00:59:59.999999Z", "2024-10-27T00:59:59Z", "2024-10-27T01:00:00Z", "1900-01-01T00:00:00Z"} {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, schema.IntValue(typ, at.UnixMicro()))
		want = append(want, string(schema.AppendTimestampTZ(nil, at.UnixMicro(), berlin)))
	}
	r := NewRows([]schema.Type{typ}, []int16{Text}, Style{Location: berlin})
	if err := r.Bind(&vector.Batch{Len: len(in), Cols: []vector.Vector{vectorFrom(typ, in...)}}); err != nil {
		t.Fatal(err)
	}
	for i := range in {
		got, _, err := r.AppendValue(nil, 0, i)
		if err != nil || string(got) != want[i] {
			t.Errorf("row %d: %s (%v), want %s", i, got, err, want[i])
		}
	}
}

func TestNestedValues(t *testing.T) {
	mapType := schema.MapOf(schema.Text, schema.T(schema.Integer))
	rowType := schema.RowOf(schema.Field{Name: "a", Type: schema.T(schema.Integer)}, schema.Field{Name: "b", Type: schema.Text})
	one := schema.IntValue(schema.T(schema.Integer), 1)
	ints := schema.ArrayOf(schema.T(schema.Integer))
	for _, c := range []struct {
		v    schema.Value
		want string
	}{
		{schema.NestedValue(mapType, []schema.Value{schema.TextValue("k"), one}), `{"k":1}`},
		{schema.NestedValue(rowType, []schema.Value{one, schema.TextValue(`x"y`)}), `{"a":1,"b":"x\"y"}`},
		{schema.NestedValue(schema.ArrayOf(rowType), []schema.Value{schema.NestedValue(rowType, []schema.Value{one, schema.NullOf(schema.Text)})}),
			`{"{\"a\":1,\"b\":null}"}`},
		{schema.NestedValue(schema.ArrayOf(ints), []schema.Value{schema.NestedValue(ints, []schema.Value{one, one}), schema.NestedValue(ints, []schema.Value{one})}), `{{1,1},{1}}`},
	} {
		if got := valueIn(t, c.v.Type, DefaultStyle, c.v); got != c.want {
			t.Errorf("%s: %s, want %s", c.v.Type, got, c.want)
		}
	}
}

func TestRaggedArraysHaveNoBinaryForm(t *testing.T) {
	ints := schema.ArrayOf(schema.T(schema.Integer))
	one := schema.IntValue(schema.T(schema.Integer), 1)
	v := schema.NestedValue(schema.ArrayOf(ints), []schema.Value{schema.NestedValue(ints, []schema.Value{one, one}), schema.NestedValue(ints, []schema.Value{one})})
	r := NewRows([]schema.Type{v.Type}, []int16{Binary}, DefaultStyle)
	if err := r.Bind(&vector.Batch{Len: 1, Cols: []vector.Vector{vectorFrom(v.Type, v)}}); err != nil {
		t.Fatal(err)
	}
	out, next, err := r.AppendDataRows([]byte("before"), 0, 1<<20)
	if !sqlerr.Is(err, sqlerr.ArraySubscript) || string(out) != "before" || next != 0 {
		t.Errorf("%q, %d, %v", out, next, err)
	}
}

// TestBatchesOfChangingForms sends the same column first flat, then as a dictionary twice, then constant: nothing of one batch may
// show in the next.
func TestBatchesOfChangingForms(t *testing.T) {
	typ := schema.DecimalOf(10, 2)
	dec := func(n int64) schema.Value { return schema.IntValue(typ, n) }
	id := vector.NewDictID()
	values := vectorFrom(typ, dec(100), dec(-5))
	null := vector.NewBitmap(3)
	null.Set(2)
	var got []string
	r := NewRows([]schema.Type{typ}, []int16{Text}, DefaultStyle)
	for _, v := range []vector.Vector{
		vectorFrom(typ, dec(1), dec(2), schema.NullOf(typ)),
		&vector.Dict{Codes: []uint32{1, 0, 0}, Values: values, ID: id, Null: null},
		&vector.Dict{Codes: []uint32{0, 1, 1}, Values: values, ID: id},
		&vector.Dict{Codes: []uint32{0, 0, 0}, Values: vectorFrom(typ, dec(7)), ID: vector.NewDictID()},
		vector.FromValue(dec(9), 3),
		vector.FromValue(schema.NullOf(typ), 3),
	} {
		if err := r.Bind(&vector.Batch{Len: 3, Cols: []vector.Vector{v}}); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			out, _, err := r.AppendDataRows(nil, i, 1)
			if err != nil {
				t.Fatal(err)
			}
			text, isNull, err := r.AppendValue(nil, 0, i)
			if err != nil || string(text) != string(out[11:]) || isNull != (out[7] == 0xff) {
				t.Fatalf("AppendValue %q, the row has %q (%v)", text, out, err)
			}
			if isNull {
				text = []byte("-")
			}
			got = append(got, string(text))
		}
	}
	if s := strings.Join(got, " "); s != "0.01 0.02 - -0.05 1.00 - 1.00 -0.05 -0.05 0.07 0.07 0.07 0.09 0.09 0.09 - - -" {
		t.Error(s)
	}
}

func TestLimitEndsAfterARow(t *testing.T) {
	typ := schema.T(schema.BigInt)
	r := NewRows([]schema.Type{typ}, []int16{Binary}, DefaultStyle)
	b := &vector.Batch{Len: 3, Cols: []vector.Vector{vectorFrom(typ, schema.IntValue(typ, 1), schema.IntValue(typ, 2), schema.IntValue(typ, 3))}}
	if err := r.Bind(b); err != nil {
		t.Fatal(err)
	}
	out, next, err := r.AppendDataRows(nil, 0, 20)
	if err != nil || next != 2 || len(out) != 2*19 {
		t.Errorf("%d bytes, next %d, %v", len(out), next, err)
	}
	out, next, err = r.AppendDataRows(out[:0], next, 20)
	if err != nil || next != 3 || len(out) != 19 {
		t.Errorf("%d bytes, next %d, %v", len(out), next, err)
	}
}

func TestNaNHasOneForm(t *testing.T) {
	odd := math.Float64frombits(0xfff8000000001234)
	typ := schema.T(schema.Double)
	r := NewRows([]schema.Type{typ}, []int16{Binary}, DefaultStyle)
	if err := r.Bind(&vector.Batch{Len: 1, Cols: []vector.Vector{vectorFrom(typ, schema.FloatValue(typ, odd))}}); err != nil {
		t.Fatal(err)
	}
	out, _, err := r.AppendValue(nil, 0, 0)
	if err != nil || string(out) != "\x7f\xf8\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%x, %v", out, err)
	}
}
