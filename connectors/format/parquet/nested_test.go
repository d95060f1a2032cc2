package parquet

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
)

type inner struct {
	A *int64   `parquet:"a,optional"`
	B []string `parquet:"b,list"`
	C string   `parquet:"c,dict"`
}

// nestedRow has every shape that nesting takes in files of parquet-go.
type nestedRow struct {
	ID       int64             `parquet:"id"`
	Bare     []int64           `parquet:"bare"`
	List     []string          `parquet:"list,list,dict"`
	Row      inner             `parquet:"row"`
	OptRow   *inner            `parquet:"opt_row,optional"`
	Rows     []inner           `parquet:"rows,list"`
	BareRows []inner           `parquet:"bare_rows"`
	Map      map[string]int32  `parquet:"map"`
	MapRows  map[string]*inner `parquet:"map_rows"`
}

func randomInner(r *rand.Rand) inner {
	in := inner{C: string(word(r))}
	if r.IntN(2) == 0 {
		x := small(r)
		in.A = &x
	}
	for range r.IntN(4) {
		in.B = append(in.B, string(word(r)))
	}
	return in
}

func randomNested(r *rand.Rand, id int64) nestedRow {
	n := nestedRow{ID: id, Row: randomInner(r), Map: map[string]int32{}, MapRows: map[string]*inner{}}
	for range r.IntN(4) {
		n.Bare = append(n.Bare, small(r))
		n.List = append(n.List, string(word(r)))
		n.Rows = append(n.Rows, randomInner(r))
	}
	for range r.IntN(3) {
		n.BareRows = append(n.BareRows, randomInner(r))
	}
	if r.IntN(2) == 0 {
		in := randomInner(r)
		n.OptRow = &in
		n.Map["k"] = int32(small(r)) // one key, since Go writes maps in any order
		in2 := randomInner(r)
		n.MapRows["x"] = &in2
	}
	return n
}

// valueOf says what SQL sees of a Go value that was written as type t.
func valueOf(t schema.Type, v reflect.Value) schema.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return schema.NullOf(t)
		}
		return valueOf(t, v.Elem())
	case reflect.Slice:
		var elems []schema.Value
		for i := range v.Len() {
			elems = append(elems, valueOf(t.Elem(), v.Index(i)))
		}
		return schema.NestedValue(t, elems)
	case reflect.Map:
		var elems []schema.Value
		for _, k := range v.MapKeys() {
			elems = append(elems, valueOf(t.Key(), k), valueOf(t.Elem(), v.MapIndex(k)))
		}
		return schema.NestedValue(t, elems)
	case reflect.Struct:
		var elems []schema.Value
		for i, f := range t.Fields() {
			elems = append(elems, valueOf(f.Type, v.Field(i)))
		}
		return schema.NestedValue(t, elems)
	case reflect.String:
		return schema.StringValue(t, v.String())
	}
	return schema.IntValue(t, v.Int())
}

func writeNested(t testing.TB, r *rand.Rand, rows int) (data []byte, written []nestedRow) {
	t.Helper()
	var buf bytes.Buffer
	w := pq.NewGenericWriter[nestedRow](&buf, pq.PageBufferSize(100+r.IntN(2000)), pq.DataPageVersion(1+r.IntN(2)), pq.Compression(codecs[r.IntN(len(codecs))]))
	for i := range rows {
		n := randomNested(r, int64(i))
		written = append(written, n)
		if _, err := w.Write([]nestedRow{n}); err != nil {
			t.Fatal(err)
		}
		if r.IntN(200) == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), written
}

func TestNestedColumnsReadAsWritten(t *testing.T) {
	for seed := range uint64(60) {
		shortTail(t, seed/4)
		r := rand.New(rand.NewPCG(seed, 3))
		data, written := writeNested(t, r, r.IntN(600))
		f := stored(t, data)
		fields := fieldsOf(t, f)
		output := r.Perm(len(fields))
		req := request(fields, output...)
		req.Query.BatchRows = 1 + r.IntN(300)
		keep := func(int64) bool { return true }
		if seed%2 == 1 {
			limit := schema.IntValue(schema.T(schema.BigInt), int64(r.IntN(600)))
			req.Filters = []connectors.Filter{where(0, connectors.Ge, limit)}
			keep = func(id int64) bool { return id >= limit.I }
			if seed%4 == 1 {
				mod := int64(1 + r.IntN(9))
				req.Filters[0] = connectors.Filter{Columns: []int{0, 2}, Text: "id % n", NewMatcher: func() connectors.Matcher {
					return &slowMatcher{test: func(vs []schema.Value) bool { return vs[0].I%mod == 0 }}
				}}
				keep = func(id int64) bool { return id%mod == 0 }
			}
		}
		got, err := scan(req, f)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var want [][]string
		for _, n := range written {
			if !keep(n.ID) {
				continue
			}
			line := make([]string, len(output))
			for i, c := range output {
				line[i] = textOf(valueOf(fields[c].Type, reflect.ValueOf(n).Field(c)))
			}
			want = append(want, line)
		}
		compare(t, seed, "nested", got, want)
	}
}

func TestTypesOfNestedColumns(t *testing.T) {
	data, _ := writeNested(t, rand.New(rand.NewPCG(1, 1)), 3)
	in := "row(a bigint, b array(varchar), c varchar)"
	want := []string{
		"bigint", "array(bigint)", "array(varchar)", in, in, "array(" + in + ")", "array(" + in + ")", "map(varchar, integer)", "map(varchar, " + in + ")",
	}
	for i, f := range fieldsOf(t, stored(t, data)) {
		if f.Type.String() != want[i] {
			t.Errorf("%s has type %s, want %s", f.Name, f.Type, want[i])
		}
	}
}

// Fields of rows are matched by name: new ones are NULL, wider ones are widened, others are left out.
func TestRowsEvolve(t *testing.T) {
	data, written := writeNested(t, rand.New(rand.NewPCG(2, 1)), 50)
	f := stored(t, data)
	to := schema.RowOf(schema.Field{Name: "new", Type: schema.T(schema.Date)}, schema.Field{Name: "C", Type: schema.Text}, schema.Field{Name: "a", Type: schema.DecimalOf(21, 2)})
	only := schema.RowOf(schema.Field{Name: "nothing", Type: schema.T(schema.Date)})
	fields := []format.Field{{Name: "r", Source: "opt_row", Type: to}, {Name: "opt_row", Type: only}, {Name: "OPT_ROW", Type: schema.Text}}
	got, err := scan(request(fields, 0, 1, 2), f)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range written {
		want := [2]string{"NULL", "NULL"}
		if in := n.OptRow; in != nil {
			a := schema.NullOf(schema.DecimalOf(21, 2))
			if in.A != nil {
				a = schema.Int128Value(a.Type, schema.Int128FromInt64(*in.A*100))
			}
			want[0] = schema.NestedValue(to, []schema.Value{schema.NullOf(schema.T(schema.Date)), schema.TextValue(in.C), a}).Text()
			want[1] = schema.NestedValue(only, []schema.Value{schema.NullOf(schema.T(schema.Date))}).Text()
		}
		if got[i][0] != want[0] || got[i][1] != want[1] || (got[i][2] == "NULL") != (n.OptRow == nil) {
			t.Fatalf("row %d is %q, want %q", i, got[i], want)
		}
	}
}
