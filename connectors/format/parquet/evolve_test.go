package parquet

import (
	"bytes"
	"context"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// old is a file of an earlier time.
type old struct {
	Tiny  int8    `parquet:"tiny"`
	Small int16   `parquet:"small"`
	Int   int32   `parquet:"int,dict"`
	Big   int64   `parquet:"big"`
	Float float32 `parquet:"float"`
	Text  string  `parquet:"Text,dict"`
	Raw   []byte  `parquet:"raw"`
	Dec   int64   `parquet:"dec,decimal(2:10)"`
	Day   int32   `parquet:"day,date"`
	Flag  bool    `parquet:"flag"`
	TS    int64   `parquet:"ts,timestamp(millisecond)"`
}

func oldFile(t *testing.T) format.File {
	t.Helper()
	var buf bytes.Buffer
	w := pq.NewGenericWriter[old](&buf)
	if _, err := w.Write([]old{
		{Tiny: -5, Small: 300, Int: -70000, Big: 1 << 40, Float: 1.5, Text: "ab", Raw: []byte("xyz"), Dec: 12345, Day: 19000, Flag: true, TS: 1_600_000_000_123},
		{Tiny: 7, Small: -1, Int: 8, Big: -9, Float: -0.25, Text: "é", Raw: nil, Dec: -1, Day: -1, TS: -1},
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return stored(t, buf.Bytes())
}

func TestColumnsEvolve(t *testing.T) {
	f := oldFile(t)
	T := schema.T
	dec := schema.DecimalOf
	ts := func(k schema.Kind) schema.Type { return T(k) }
	cases := []struct {
		column string
		to     schema.Type
		want   string // "" is an error
	}{
		{"tiny", T(schema.TinyInt), "-5|7"},
		{"tiny", T(schema.SmallInt), "-5|7"},
		{"tiny", T(schema.Integer), "-5|7"},
		{"tiny", T(schema.BigInt), "-5|7"},
		{"tiny", T(schema.Real), "-5|7"},
		{"tiny", dec(5, 2), "-5.00|7.00"},
		{"tiny", dec(4, 2), ""},
		{"small", T(schema.TinyInt), ""},
		{"small", T(schema.Double), "300|-1"},
		{"int", T(schema.BigInt), "-70000|8"},
		{"int", T(schema.SmallInt), ""},
		{"int", T(schema.Real), ""},
		{"int", T(schema.Double), "-70000|8"},
		{"int", dec(12, 2), "-70000.00|8.00"},
		{"int", dec(38, 20), "-70000.00000000000000000000|8.00000000000000000000"},
		{"int", dec(11, 2), ""},
		{"int", schema.Text, "-70000|8"},
		{"int", schema.VarcharOf(20), "-70000|8"},
		{"int", T(schema.Date), ""},
		{"big", T(schema.Integer), ""},
		{"big", T(schema.Double), ""},
		{"big", dec(19, 0), "1099511627776|-9"},
		{"float", T(schema.Double), "1.5|-0.25"},
		{"float", T(schema.BigInt), ""},
		{"text", schema.Text, "ab|é"},
		{"TEXT", schema.VarcharOf(5), "ab|é"},
		{"text", T(schema.Varbinary), `\x6162|\xc3a9`},
		{"text", T(schema.JSON), "ab|é"},
		{"text", T(schema.Integer), ""},
		{"raw", schema.Text, "xyz|"},
		{"dec", dec(10, 2), "123.45|-0.01"},
		{"dec", dec(12, 4), "123.4500|-0.0100"},
		{"dec", dec(30, 4), "123.4500|-0.0100"},
		{"dec", dec(30, 1), ""},
		{"dec", dec(10, 4), ""},
		{"dec", T(schema.Double), ""},
		{"dec", schema.Text, "123.45|-0.01"},
		{"day", T(schema.Timestamp), "2022-01-08 00:00:00|1969-12-31 00:00:00"},
		{"day", T(schema.TimestampTZ), "2022-01-08 00:00:00+00|1969-12-31 00:00:00+00"},
		{"day", T(schema.Integer), ""},
		{"flag", schema.Text, "true|false"},
		{"flag", T(schema.Integer), ""},
		{"ts", ts(schema.Timestamp), "2020-09-13 12:26:40.123|1969-12-31 23:59:59.999"},
		{"ts", schema.TimeOf(schema.TimestampTZ, 3), "2020-09-13 12:26:40.123+00|1969-12-31 23:59:59.999+00"},
		{"ts", T(schema.Date), ""},
		{"absent", T(schema.Date), "NULL|NULL"},
		{"absent", schema.ArrayOf(T(schema.Date)), "NULL|NULL"},
		{"int", schema.ArrayOf(T(schema.Integer)), ""},
	}
	for _, c := range cases {
		got, err := scan(request([]format.Field{{Name: "col", Source: c.column, Type: c.to}}, 0), f)
		if c.want == "" {
			e := sqlerr.As(err)
			if e == nil || e.Code != sqlerr.DatatypeMismatch {
				t.Errorf("%s as %s: %q, %v", c.column, c.to, got, err)
				continue
			}
			for _, part := range []string{`"col"`, "public.t", c.to.String(), f.Store.URL(f.Object.Key)} {
				if !strings.Contains(e.Message, part) {
					t.Errorf("%q does not say %s", e.Message, part)
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s as %s: %v", c.column, c.to, err)
			continue
		}
		if text := got[0][0] + "|" + got[1][0]; text != c.want {
			t.Errorf("%s as %s: %q, want %q", c.column, c.to, text, c.want)
		}
	}
}

// Statistics are in the file's type and filters in the table's.
func TestFiltersOnWidenedColumnsPruneRightly(t *testing.T) {
	f := oldFile(t)
	cases := []struct {
		column string
		op     connectors.Op
		v      schema.Value
		rows   int
		pruned int64
	}{
		{"int", connectors.Eq, schema.IntValue(schema.DecimalOf(12, 2), 800), 1, 0},
		{"int", connectors.Gt, schema.IntValue(schema.DecimalOf(12, 2), 800), 0, 1},
		{"int", connectors.Eq, schema.TextValue("8"), 1, 0},
		{"int", connectors.Gt, schema.TextValue("9"), 0, 0},
		{"dec", connectors.Le, schema.Int128Value(schema.DecimalOf(30, 4), schema.Int128FromInt64(-101)), 0, 1},
		{"day", connectors.Ge, schema.IntValue(schema.T(schema.Timestamp), 19001*schema.MicrosPerDay), 0, 1},
		{"day", connectors.Lt, schema.IntValue(schema.T(schema.Timestamp), 0), 1, 0},
		{"absent", connectors.IsNull, schema.Value{}, 2, 0},
		{"absent", connectors.IsNotNull, schema.Value{}, 0, 1},
		{"float", connectors.Lt, schema.FloatValue(schema.T(schema.Double), -0.25), 0, 1},
		{"small", connectors.Eq, schema.FloatValue(schema.T(schema.Double), 301), 0, 1},
	}
	for _, c := range cases {
		typ := c.v.Type
		if typ.Kind == schema.Unknown {
			typ = schema.T(schema.Integer)
		}
		r := request([]format.Field{{Name: c.column, Type: typ}}, 0)
		r.Filters = []connectors.Filter{where(0, c.op, c.v)}
		got, err := scan(r, f)
		if err != nil || len(got) != c.rows || r.Metrics.RowGroupsPruned.Load() != c.pruned {
			t.Errorf("%s: %d rows, %d pruned, %v", r.Filters[0].Text, len(got), r.Metrics.RowGroupsPruned.Load(), err)
		}
	}
}

func TestInferGivesExactStatistics(t *testing.T) {
	in, err := Format{}.Infer(context.Background(), stored(t, events(t, 5000)), format.InferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if in.Rows != 5000 || in.RowGroups != 5 || in.Confidence != 1 || len(in.Columns) != 6 {
		t.Errorf("%d rows, %d row groups, %d columns", in.Rows, in.RowGroups, len(in.Columns))
	}
	c := in.Columns
	if c[0].Min.Text() != "0" || c[0].Max.Text() != "4999" || c[2].Min.Text() != "name 000000" || c[4].NullFraction != 0.4 || c[4].Min.Text() != "2000" {
		t.Errorf("statistics %+v", c)
	}
}
