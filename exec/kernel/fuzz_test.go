package kernel

import (
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// fuzzTypes are the types of the values that fuzzed text is read as.
var fuzzTypes = []schema.Type{schema.T(schema.Boolean), schema.T(schema.Integer), schema.T(schema.BigInt), schema.T(schema.Real), schema.T(schema.Double),
	schema.DecimalOf(10, 2), schema.DecimalOf(38, 6), schema.Text, schema.CharOf(6), schema.T(schema.Varbinary), schema.T(schema.Date),
	schema.T(schema.Timestamp), schema.T(schema.Interval), schema.T(schema.JSONB), schema.ArrayOf(schema.T(schema.Integer)), schema.ArrayOf(schema.Text)}

// FuzzCompare checks that the comparisons of vectors agree with the order of values, and that equal values hash equally.
func FuzzCompare(f *testing.F) {
	for _, s := range [][2]string{{"1", "1.0"}, {"a", "a "}, {"NaN", "-0"}, {`{"a": 1.50}`, `{"a": 1.5}`}, {"{1,NULL}", "{1,2}"}, {"1 day", "24:00"}, {"infinity", "2024-01-01"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, s1, s2 string) {
		for _, typ := range fuzzTypes {
			x, err1 := schema.Parse(typ, s1)
			y, err2 := schema.Parse(typ, s2)
			if err1 != nil || err2 != nil {
				continue
			}
			want := x.Compare(y)
			if back := y.Compare(x); back != -want {
				t.Errorf("%s: %q and %q compare as %d and %d", typ, s1, s2, want, back)
			}
			if again, err := schema.Parse(typ, s1); err != nil || x.Compare(again) != 0 {
				t.Errorf("%s: %q is not itself: %v", typ, s1, err)
			}
			checkVectors(t, x, y, want)
		}
	})
}

func checkVectors(t *testing.T, x, y schema.Value, want int) {
	t.Helper()
	b := vector.NewBuilder(x.Type, 2)
	b.AppendValue(x)
	b.AppendValue(y)
	v := b.Build()
	if got := Compare(v, 0, v, 1); got != want {
		t.Errorf("%s: %q and %q: the vectors compare as %d, the values as %d", x.Type, x.Text(), y.Text(), got, want)
	}
	var h [2]uint64
	Hash(v, 2, nil, h[:], false)
	if want == 0 && h[0] != h[1] {
		t.Errorf("%s: %q and %q are equal and hash to %x and %x", x.Type, x.Text(), y.Text(), h[0], h[1])
	}
	for op := expr.Eq; op <= expr.NotDistinct; op++ {
		rows := SelectCompare(op, v, &vector.Const{Value: Flatten(vector.FromValue(y, 1)), N: 2}, 2, nil, nil, &Scratch{})
		selected := len(rows) > 0 && rows[0] == 0
		if selected != holds(op, want) {
			t.Errorf("%s: %q %v %q selects %v", x.Type, x.Text(), op, y.Text(), rows)
		}
	}
}
