package infer

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
)

func typ(t *testing.T, s string) schema.Type {
	t.Helper()
	if s == "null" {
		return schema.Type{}
	}
	ty, err := schema.ParseType(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return ty
}

func TestWiden(t *testing.T) {
	for _, c := range []struct {
		a, b, want string
		drift      bool
	}{
		{"null", "integer", "integer", false},
		{"integer", "integer", "integer", false},
		{"tinyint", "smallint", "smallint", false},
		{"integer", "bigint", "bigint", false},
		{"bigint", "double", "double", false},
		{"integer", "real", "double", false},
		{"integer", "decimal(5,2)", "decimal(12,2)", false},
		{"decimal(10,2)", "decimal(8,4)", "decimal(12,4)", false},
		{"decimal(38,0)", "decimal(38,10)", "double", false},
		{"decimal(10,2)", "double", "double", false},
		{"date", "timestamp", "timestamp", false},
		{"timestamp(3)", "timestamp(6)", "timestamp", false},
		{"timestamp", "timestamp with time zone", "timestamp with time zone", true},
		{"date", "varchar", "varchar", true},
		{"time", "date", "varchar", true},
		{"varchar(3)", "varchar(9)", "varchar", false},
		{"integer", "varchar", "varchar", true},
		{"boolean", "integer", "varchar", true},
		{"uuid", "varchar", "varchar", false},
		{"array(integer)", "array(double)", "array(double)", false},
		{"array(integer)", "integer", "json", true},
		{"row(a integer)", "row(b varchar, a bigint)", "row(a bigint, b varchar)", false},
		{"row(a integer)", "row(a varchar)", "row(a varchar)", true},
		{"map(varchar, integer)", "map(varchar, bigint)", "map(varchar, bigint)", false},
		{"json", "varchar", "json", true},
	} {
		for _, p := range [2][2]string{{c.a, c.b}, {c.b, c.a}} {
			got, clean := Widen(typ(t, p[0]), typ(t, p[1]), catalog.JSON)
			if strings.HasPrefix(c.want, "row(a bigint, b") && p[0] != c.a {
				continue // the order of the fields is that of the first
			}
			if got.String() != c.want || clean == c.drift {
				t.Errorf("%s and %s: %s (clean %v), want %s", p[0], p[1], got, clean, c.want)
			}
		}
	}
	if got, _ := Widen(typ(t, "array(integer)"), typ(t, "integer"), catalog.Parquet); got.String() != "varchar" {
		t.Errorf("parquet: %s", got)
	}
}

func schemaOf(t *testing.T, f catalog.Format, files ...string) *Schema {
	s := NewSchema(f)
	for i, file := range files {
		var fields []format.Field
		for _, w := range strings.Fields(file) {
			name, ty, _ := strings.Cut(w, ":")
			fields = append(fields, format.Field{Name: name, Type: typ(t, ty)})
		}
		s.Add(fields, strconv.Itoa(i))
	}
	return s
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		a, b []string
		want float64
	}{
		{[]string{"a:integer b:varchar"}, []string{"a:bigint b:varchar"}, 1},
		{[]string{"a:integer b:varchar"}, []string{"a:integer c:varchar"}, 1.0 / 3},
		{[]string{"a:integer"}, []string{"a:varchar"}, 0},
		{[]string{"a:integer"}, []string{"a:null"}, 1},
		{[]string{"a:integer", "a:integer b:varchar"}, []string{"a:integer"}, 1 / 1.5},
		{nil, nil, 1},
		{[]string{"a:integer"}, nil, 0},
	} {
		a, b := schemaOf(t, catalog.CSV, c.a...), schemaOf(t, catalog.CSV, c.b...)
		if x, y := Similarity(a, b), Similarity(b, a); math.Abs(x-c.want) > 1e-9 || math.Abs(x-y) > 1e-9 {
			t.Errorf("%v and %v: %g and %g, want %g", c.a, c.b, x, y, c.want)
		}
	}
	if Similarity(schemaOf(t, catalog.CSV, "a:integer"), schemaOf(t, catalog.JSON, "a:integer")) != 0 {
		t.Error("formats are not compared")
	}
}

func TestDriftNamesFileAndTypes(t *testing.T) {
	s := schemaOf(t, catalog.CSV, "a:integer", "a:varchar", "a:integer")
	if len(s.Drift) != 1 || s.Drift[0].File != "1" || s.Drift[0].Found.String() != "varchar" || s.Drift[0].Before.String() != "integer" {
		t.Errorf("%+v", s.Drift)
	}
}

func TestHeader(t *testing.T) {
	undecided := func(r string) *format.Inferred { return &format.Inferred{Header: strings.Split(r, "|")} }
	sure := func(lines int, names ...string) *format.Inferred {
		f := &format.Inferred{HeaderDecided: true, Storage: catalog.Storage{HeaderLines: lines}}
		for _, n := range names {
			f.Fields = append(f.Fields, format.Field{Name: strings.ToLower(n), Source: n})
		}
		return f
	}
	for name, c := range map[string]struct {
		files           []*format.Inferred
		header, decided bool
	}{
		"one file cannot tell":          {[]*format.Inferred{undecided("a|b")}, false, false},
		"same in all":                   {[]*format.Inferred{undecided("a|b"), undecided("a|b")}, true, true},
		"different":                     {[]*format.Inferred{undecided("a|b"), undecided("c|b")}, false, true},
		"a sure one agrees":             {[]*format.Inferred{undecided("A|B"), sure(1, "A", "B")}, true, true},
		"a sure one has other names":    {[]*format.Inferred{undecided("x|B"), sure(1, "A", "B")}, false, true},
		"all are sure":                  {[]*format.Inferred{sure(1, "A"), sure(1, "A")}, false, false},
		"one undecided, one without it": {[]*format.Inferred{undecided("x|y"), sure(0, "col0", "col1")}, false, false},
	} {
		if h, d := Header(c.files); h != c.header || d != c.decided {
			t.Errorf("%s: %v %v", name, h, d)
		}
	}
}

func TestColumnSum(t *testing.T) {
	integer := func(i int64) schema.Value { return schema.IntValue(schema.T(schema.Integer), i) }
	sum := ColumnSum{Type: schema.T(schema.BigInt)}
	sum.Add(catalog.ColumnStats{Min: integer(1), Max: integer(10), Distinct: 10, Width: 4}, 10)
	sum.Add(catalog.ColumnStats{Min: integer(11), Max: integer(20), Distinct: 10, NullFraction: 0.5, Width: 2}, 10)
	s := sum.Stats(40)
	if s.Min.I != 1 || s.Max.I != 20 || s.Max.Type.Kind != schema.BigInt || s.Distinct != 30 || s.NullFraction != 0.25 || s.Width != 3 {
		t.Errorf("%+v", s)
	}
	sum.AddMissing(20)
	if s := sum.Stats(40); s.NullFraction != 0.625 {
		t.Errorf("%+v", s)
	}
	sum.Add(catalog.ColumnStats{}, 1)
	if s := sum.Stats(41); s.Min.Valid || s.Max.Valid {
		t.Errorf("a file without bounds: %+v", s)
	}
}

func TestBoundsThatTheCatalogCannotStoreAreDropped(t *testing.T) {
	double := schema.T(schema.Double)
	for _, v := range []schema.Value{
		schema.FloatValue(double, math.NaN()), schema.FloatValue(double, math.Inf(1)), schema.TextValue("\xff"),
		schema.TextValue(strings.Repeat("x", 1000)), schema.StringValue(schema.T(schema.Varbinary), "x"), schema.NullOf(double),
	} {
		if _, ok := Convert(v, v.Type); ok {
			t.Errorf("%v is kept", v)
		}
	}
	if v, ok := Convert(schema.IntValue(schema.T(schema.Integer), 5), schema.DecimalOf(10, 2)); !ok || v.I != 500 {
		t.Errorf("%v", v)
	}
	if v, ok := Convert(schema.IntValue(schema.T(schema.Date), 1), schema.T(schema.Timestamp)); !ok || v.I != schema.MicrosPerDay {
		t.Errorf("%v", v)
	}
	if _, ok := Convert(schema.IntValue(schema.T(schema.Integer), 5), schema.Text); ok {
		t.Error("the order of numbers is not that of text")
	}
}

func TestNumbersOfSmallFilesBecomeTheDecimalsOfOthers(t *testing.T) {
	file := func(ty string, values ...string) *format.Inferred {
		return &format.Inferred{Rows: int64(len(values)), Fields: []format.Field{{Name: "p", Type: typ(t, ty)}}, Sample: [][]string{values},
			Columns: []catalog.ColumnStats{{Min: schema.FloatValue(schema.T(schema.Double), 1.5), Max: schema.FloatValue(schema.T(schema.Double), 2.25)}}}
	}
	sure := []*format.Inferred{file("decimal(18,2)", "1.50"), file("decimal(18,2)", "2.50"), file("null")}
	for _, c := range []struct {
		file *format.Inferred
		want string
	}{
		{file("double", "1.5", "2.25"), "decimal(18,2)"}, {file("bigint", "7"), "decimal(18,2)"}, {file("double", "1.505"), "double"},
		{file("double", "1e3"), "double"}, {file("bigint", "12345678901234567"), "bigint"}, {file("varchar", "1.5"), "varchar"}, {file("double"), "double"},
	} {
		Refine(c.file, Decimals(append(sure, c.file)))
		if got := c.file.Fields[0].Type.String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.file.Sample, got, c.want)
		}
		if c.want == "decimal(18,2)" && c.file.Columns[0].Max.I != 225 {
			t.Errorf("the bounds are %+v", c.file.Columns[0])
		}
	}
	if got := Decimals([]*format.Inferred{file("double", "1"), file("double", "1"), sure[0]}); len(got) != 0 {
		t.Errorf("a minority decides: %v", got)
	}
}

// TestDistinctOfTheTableFollowsFromThatOfFiles draws files from a domain and compares the estimate with the truth.
func TestDistinctOfTheTableFollowsFromThatOfFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // data of a test
	for _, size := range []int{1, 5, 150, 2000, 20_000} {
		sum := ColumnSum{Type: schema.T(schema.BigInt)}
		seen := map[int64]bool{}
		const files, rows, looked = 200, 500, 10
		for f := range files {
			in := map[int64]bool{}
			for range rows {
				in[r.Int64N(int64(size))] = true
			}
			maps.Copy(seen, in)
			if f < looked {
				keys := slices.Sorted(maps.Keys(in))
				v := func(i int64) schema.Value { return schema.IntValue(schema.T(schema.BigInt), i) }
				sum.Add(catalog.ColumnStats{Distinct: float64(len(in)), Min: v(keys[0]), Max: v(keys[len(keys)-1])}, rows)
			}
		}
		got, want := sum.Stats(files*rows).Distinct, float64(len(seen))
		if got < want/2 || got > want*2 {
			t.Errorf("a domain of %d: about %g distinct values, there are %g", size, got, want)
		}
	}
	sum := ColumnSum{Type: schema.Text}
	for _, v := range []string{"1.4.2", "1.5.0", "1.5.1", "1.5.0"} {
		sum.Add(catalog.ColumnStats{Distinct: 1, Min: schema.TextValue(v), Max: schema.TextValue(v)}, 100)
	}
	if d := sum.Stats(1000).Distinct; d != 3 {
		t.Errorf("values that are constant in each file: %g, want 3", d)
	}
}
