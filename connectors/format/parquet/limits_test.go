package parquet

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/vector"
)

// words is a file of texts, with a dictionary, without one, and in lists.
type words struct {
	Coded string   `parquet:"coded,dict"`
	Plain string   `parquet:"plain"`
	Raw   []byte   `parquet:"raw"`
	List  []string `parquet:"list,list"`
}

func wordFile(t *testing.T, texts ...string) format.File {
	t.Helper()
	var buf bytes.Buffer
	w := pq.NewGenericWriter[words](&buf, pq.BloomFilters(pq.SplitBlockFilter(10, "coded")))
	for _, s := range texts {
		if _, err := w.Write([]words{{Coded: s, Plain: s, Raw: []byte(s), List: []string{s}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return stored(t, buf.Bytes())
}

// Text of a limited type is cut and padded as the text formats do, whatever page or nesting it is in.
func TestTextOfLimitedLength(t *testing.T) {
	f := wordFile(t, "ab", "ab ", "abcdef", "éß😀x", "")
	for typ, want := range map[schema.Type]string{
		schema.VarcharOf(3): "ab|ab |abc|éß😀|",
		schema.VarcharOf(9): "ab|ab |abcdef|éß😀x|",
		schema.CharOf(3):    "ab |ab |abc|éß😀|   ",
	} {
		for _, column := range []string{"coded", "plain", "raw"} {
			got, err := scan(request([]format.Field{{Name: column, Type: typ}}, 0), f)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(slices.Concat(got...), "|"); text != want {
				t.Errorf("%s as %s: %q, want %q", column, typ, text, want)
			}
		}
		elems := strings.Split(want, "|")
		i := 0
		err := scanBatches(request([]format.Field{{Name: "list", Type: schema.ArrayOf(typ)}}, 0), f, func(v schema.Value) {
			if len(v.Elems) != 1 || v.Elems[0].S != elems[i] {
				t.Errorf("list of %s: %v, want %q", typ, v.Elems, elems[i])
			}
			i++
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Bounds and Bloom filters are of the texts in the file.
func TestFiltersOnTextThatIsCut(t *testing.T) {
	f := wordFile(t, "abcdef", "abcxyz")
	short := func(s string) schema.Value { return schema.StringValue(schema.VarcharOf(3), s) }
	for _, c := range []struct {
		op   connectors.Op
		v    string
		rows int
	}{
		{connectors.Eq, "abc", 2}, {connectors.In, "abc", 2}, {connectors.Le, "abc", 2}, {connectors.Gt, "abc", 0},
		{connectors.Ne, "abc", 0}, {connectors.Lt, "abc", 0}, {connectors.Prefix, "ab", 2}, {connectors.Eq, "abd", 0},
	} {
		r := request([]format.Field{{Name: "coded", Type: schema.VarcharOf(3)}}, 0)
		r.Filters = []connectors.Filter{where(0, c.op, short(c.v))}
		if got, err := scan(r, f); err != nil || len(got) != c.rows {
			t.Errorf("%s %q: %d rows, %v; want %d", c.op, c.v, len(got), err, c.rows)
		}
	}
}

// Entries of a dictionary that are equal in the table's type must not have codes of their own.
func TestEqualEntriesOfADictionary(t *testing.T) {
	for typ, texts := range map[schema.Type][]string{
		schema.VarcharOf(2):    {"abc", "abd", "ab"},
		schema.CharOf(4):       {"a", "a ", "a   "},
		schema.T(schema.JSONB): {`{"b":1,"a":2}`, `{"a":2, "b":1.0}`, `{"a":0,"a":2,"b":1}`},
	} {
		err := eachBatch(request([]format.Field{{Name: "coded", Type: typ}}, 0), wordFile(t, texts...), func(b *vector.Batch) {
			for i := range b.Len {
				if v := vector.ValueAt(b.Cols[0], i); v.Compare(vector.ValueAt(b.Cols[0], 0)) != 0 {
					t.Errorf("%s: %s differs", typ, v.Text())
				}
			}
			if d, ok := b.Cols[0].(*vector.Dict); ok && slices.Max(d.Codes) > slices.Min(d.Codes) {
				t.Errorf("%s: codes %v of equal values", typ, d.Codes)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestDocumentsAsJSONB(t *testing.T) {
	f := wordFile(t, `{"b":1,"a":[ 2]}`, `{"a":0,"a":null}`, `"x"`)
	for _, column := range []string{"coded", "plain", "raw"} {
		got, err := scan(request([]format.Field{{Name: column, Type: schema.T(schema.JSONB)}}, 0), f)
		want := `{"a": [2], "b": 1}|{"a": null}|"x"`
		if text := strings.Join(slices.Concat(got...), "|"); err != nil || text != want {
			t.Errorf("%s: %q, %v; want %q", column, text, err, want)
		}
	}
	if got, err := scan(request([]format.Field{{Name: "plain", Type: schema.T(schema.JSONB)}}, 0), wordFile(t, "{")); err == nil {
		t.Errorf("half a document is %q", got)
	}
}

// Days and Julian days reach farther than microseconds in 64 bits.
func TestTimesBeyondTimestamps(t *testing.T) {
	type day struct {
		Day int32 `parquet:"day,date"`
	}
	var buf bytes.Buffer
	w := pq.NewGenericWriter[day](&buf)
	if _, err := w.Write([]day{{106751990}, {106751992}, {-106751990}, {-106751992}, {1 << 30}, {-1 << 30}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := scan(request([]format.Field{{Name: "day", Type: schema.T(schema.Timestamp)}}, 0), stored(t, buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{1: "infinity", 3: "-infinity", 4: "infinity", 5: "-infinity"} {
		if got[i][0] != want {
			t.Errorf("row %d is %s, want %s", i, got[i][0], want)
		}
	}
	b := make([]byte, 12)
	for days, want := range map[int32]int64{math.MaxInt32: schema.TimestampInfinity, math.MinInt32: schema.TimestampMinusInfinity, julianEpoch: 0} {
		for i := range 4 {
			b[8+i] = byte(uint32(days) >> (8 * i))
		}
		if v := int96Micros(b); v != want {
			t.Errorf("Julian day %d is %d, want %d", days, v, want)
		}
	}
}
