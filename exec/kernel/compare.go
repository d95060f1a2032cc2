package kernel

import (
	"bytes"
	"cmp"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// Compare returns the order of two rows of vectors of the same type: -1, 0 or 1. NULLs must be told apart before. It is
// for sorting and for types without a loop of their own.
func Compare(a vector.Vector, i int, b vector.Vector, j int) int {
	switch x := a.(type) {
	case *vector.Const:
		return Compare(x.Value, 0, b, j)
	case *vector.Dict:
		return Compare(x.Values, int(x.Codes[i]), b, j)
	}
	switch y := b.(type) {
	case *vector.Const:
		return Compare(a, i, y.Value, 0)
	case *vector.Dict:
		return Compare(a, i, y.Values, int(y.Codes[j]))
	}
	switch x := a.(type) {
	case *vector.Flat[bool]:
		return cmp.Compare(b2i(x.Values[i]), b2i(b.(*vector.Flat[bool]).Values[j]))
	case *vector.Flat[int32]:
		return cmp.Compare(x.Values[i], b.(*vector.Flat[int32]).Values[j])
	case *vector.Flat[int64]:
		return cmp.Compare(x.Values[i], b.(*vector.Flat[int64]).Values[j])
	case *vector.Flat[float32]:
		return schema.CompareFloat(float64(x.Values[i]), float64(b.(*vector.Flat[float32]).Values[j]))
	case *vector.Flat[float64]:
		return schema.CompareFloat(x.Values[i], b.(*vector.Flat[float64]).Values[j])
	case *vector.Flat[schema.Int128]:
		return x.Values[i].Compare(b.(*vector.Flat[schema.Int128]).Values[j])
	case *vector.Flat[schema.IntervalValue]:
		return x.Values[i].Compare(b.(*vector.Flat[schema.IntervalValue]).Values[j])
	case *vector.Bytes:
		return compareStrings(x, i, b.(*vector.Bytes), j)
	}
	return vector.ValueAt(a, i).Compare(vector.ValueAt(b, j))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareStrings(x *vector.Bytes, i int, y *vector.Bytes, j int) int {
	if k := x.Typ.Kind; k == y.Typ.Kind && (k == schema.Char || k == schema.JSONB) { // their bytes do not tell
		return BytesOrder(k)(x.At(i), y.At(j))
	}
	if p, q := x.Views[i].Prefix, y.Views[j].Prefix; p != q {
		return cmp.Compare(p, q)
	}
	return bytes.Compare(x.At(i), y.At(j))
}

// BytesOrder is the order of the values of a type that is stored as bytes.
func BytesOrder(k schema.Kind) func(a, b []byte) int {
	switch k {
	case schema.Char:
		return func(a, b []byte) int { return bytes.Compare(bytes.TrimRight(a, " "), bytes.TrimRight(b, " ")) }
	case schema.JSONB:
		return func(a, b []byte) int { return schema.CompareJSON(string(a), string(b)) }
	}
	return bytes.Compare
}

// holds turns an order into the truth of a comparison.
func holds(op expr.CompareOp, c int) bool {
	switch op {
	case expr.Eq, expr.NotDistinct:
		return c == 0
	case expr.Ne, expr.Distinct:
		return c != 0
	case expr.Lt:
		return c < 0
	case expr.Le:
		return c <= 0
	case expr.Gt:
		return c > 0
	}
	return c >= 0
}

// SelectCompare appends to out the rows among sel (nil: all n) for which "a op b" is true. Scratch belongs to the caller.
func SelectCompare(op expr.CompareOp, a, b vector.Vector, n int, sel, out []uint32, s *Scratch) []uint32 {
	if op == expr.Distinct || op == expr.NotDistinct {
		return selectDistinct(op, a, b, n, sel, out)
	}
	if d, ok := a.(*vector.Dict); ok {
		if c, ok := b.(*vector.Const); ok {
			return selectDict(op, d, c, n, sel, out, s)
		}
	}
	switch a.Type().Physical() {
	case schema.PhysInt32:
		return selectOrdered(op, FlatCol(a, &s.a32), FlatCol(b, &s.b32), n, sel, out)
	case schema.PhysInt64:
		return selectOrdered(op, FlatCol(a, &s.a64), FlatCol(b, &s.b64), n, sel, out)
	case schema.PhysFloat64:
		return selectFloats(op, FlatCol(a, &s.f64), FlatCol(b, &s.g64), n, sel, out)
	case schema.PhysBytes:
		if k := a.Type().Kind; k != schema.Char && k != schema.JSONB {
			return selectStrings(op, StringCol(a, &s.views), StringCol(b, &s.views2), n, sel, out)
		}
	}
	return selectAny(op, a, b, n, sel, out)
}

// Scratch are the buffers of comparisons of one evaluator.
type Scratch struct {
	a32, b32      []int32
	a64, b64      []int64
	f64, g64      []float64
	views, views2 []vector.View
	match         vector.Bitmap
	matchID       uint64
	matchOp       expr.CompareOp
	matchConst    *vector.Const
	rows          []uint32
}

// selectDict tests the entries of a dictionary once, then codes.
func selectDict(op expr.CompareOp, d *vector.Dict, c *vector.Const, n int, sel, out []uint32, s *Scratch) []uint32 {
	if c.IsNull() {
		return out
	}
	if s.matchID != d.ID || s.matchOp != op || s.matchConst != c {
		size := d.Values.Len()
		s.match = s.match.Resize(size)
		entries := &vector.Const{Value: c.Value, N: size}
		s.rows = SelectCompare(op, d.Values, entries, size, nil, s.rows[:0], s)
		for _, r := range s.rows {
			s.match.Set(int(r))
		}
		s.matchID, s.matchOp, s.matchConst = d.ID, op, c
	}
	return SelectCodes(d, s.match, n, sel, out)
}

// SelectCodes appends the rows whose code is in the set and that are not NULL.
func SelectCodes(d *vector.Dict, in vector.Bitmap, n int, sel, out []uint32) []uint32 {
	codes := d.Codes
	if sel == nil {
		out = append(out, make([]uint32, n)...)
		k := len(out) - n
		for i, c := range codes[:n] {
			out[k] = uint32(i)
			k += int(in[c>>6] >> (c & 63) & 1)
		}
		out = out[:k]
	} else {
		out = append(out, make([]uint32, len(sel))...)
		k := len(out) - len(sel)
		for _, r := range sel {
			c := codes[r]
			out[k] = r
			k += int(in[c>>6] >> (c & 63) & 1)
		}
		out = out[:k]
	}
	return dropNulls(out, d.Null)
}

// dropNulls removes the rows that are NULL.
func dropNulls(rows []uint32, null vector.Bitmap) []uint32 {
	if null == nil {
		return rows
	}
	k := 0
	for _, r := range rows {
		rows[k] = r
		k += int(^null[r>>6] >> (r & 63) & 1)
	}
	return rows[:k]
}

// selectOrdered compares integers. Each operator has its own loop, so that the loop has no branch but its own.
func selectOrdered[T int32 | int64](op expr.CompareOp, a, b Col[T], n int, sel, out []uint32) []uint32 {
	if a.AllNull || b.AllNull {
		return out
	}
	start := len(out)
	if sel == nil {
		out = append(out, make([]uint32, n)...)
	} else {
		out = append(out, make([]uint32, len(sel))...)
	}
	rows := out[start:]
	var k int
	if b.Mask == 0 && a.Mask != 0 {
		k = orderedConst(op, a.V, b.V[0], n, sel, rows)
	} else {
		k = orderedPairs(op, a, b, n, sel, rows)
	}
	return append(out[:start], dropNulls(dropNulls(rows[:k], a.Null), b.Null)...)
}

// orderedConst compares with a constant by two bounds: every operator but <> is a range.
func orderedConst[T int32 | int64](op expr.CompareOp, v []T, c T, n int, sel, rows []uint32) int {
	k := 0
	if sel != nil {
		for _, r := range sel {
			rows[k] = r
			k += bit(ordered(op, v[r], c))
		}
		return k
	}
	v = v[:n]
	switch op {
	case expr.Eq:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x == c)
		}
	case expr.Ne:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x != c)
		}
	case expr.Lt:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x < c)
		}
	case expr.Le:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x <= c)
		}
	case expr.Gt:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x > c)
		}
	default:
		for i, x := range v {
			rows[k] = uint32(i)
			k += bit(x >= c)
		}
	}
	return k
}

func orderedPairs[T int32 | int64](op expr.CompareOp, a, b Col[T], n int, sel, rows []uint32) int {
	k := 0
	if sel == nil {
		for i := range n {
			rows[k] = uint32(i)
			k += bit(ordered(op, a.At(i), b.At(i)))
		}
		return k
	}
	for _, r := range sel {
		rows[k] = r
		k += bit(ordered(op, a.At(int(r)), b.At(int(r))))
	}
	return k
}

func ordered[T int32 | int64](op expr.CompareOp, x, y T) bool {
	switch op {
	case expr.Eq:
		return x == y
	case expr.Ne:
		return x != y
	case expr.Lt:
		return x < y
	case expr.Le:
		return x <= y
	case expr.Gt:
		return x > y
	}
	return x >= y
}

// bit is 1 for true; the compiler makes it a SETcc without a branch.
func bit(b bool) int {
	var x int
	if b {
		x = 1
	}
	return x
}

func selectFloats(op expr.CompareOp, a, b Col[float64], n int, sel, out []uint32) []uint32 {
	if a.AllNull || b.AllNull {
		return out
	}
	test := func(i int) {
		if !a.Null.Get(i) && !b.Null.Get(i) && holds(op, schema.CompareFloat(a.At(i), b.At(i))) {
			out = append(out, uint32(i))
		}
	}
	vector.EachRow(n, sel, test)
	return out
}

func selectStrings(op expr.CompareOp, a, b BytesCol, n int, sel, out []uint32) []uint32 {
	if a.AllNull || b.AllNull {
		return out
	}
	test := func(i int) {
		if a.Null.Get(i) || b.Null.Get(i) {
			return
		}
		x, y := a.V[i&a.Mask], b.V[i&b.Mask]
		var c int
		switch {
		case x.Prefix != y.Prefix:
			c = cmp.Compare(x.Prefix, y.Prefix)
		case x.Len != y.Len && (op == expr.Eq || op == expr.Ne):
			c = 1
		default:
			c = bytes.Compare(a.At(i), b.At(i))
		}
		if holds(op, c) {
			out = append(out, uint32(i))
		}
	}
	vector.EachRow(n, sel, test)
	return out
}

func selectAny(op expr.CompareOp, a, b vector.Vector, n int, sel, out []uint32) []uint32 {
	test := func(i int) {
		if !vector.NullAt(a, i) && !vector.NullAt(b, i) && holds(op, Compare(a, i, b, i)) {
			out = append(out, uint32(i))
		}
	}
	vector.EachRow(n, sel, test)
	return out
}

// selectDistinct compares with NULL as a value.
func selectDistinct(op expr.CompareOp, a, b vector.Vector, n int, sel, out []uint32) []uint32 {
	test := func(i int) {
		x, y := vector.NullAt(a, i), vector.NullAt(b, i)
		distinct := x != y || !x && Compare(a, i, b, i) != 0
		if distinct == (op == expr.Distinct) {
			out = append(out, uint32(i))
		}
	}
	vector.EachRow(n, sel, test)
	return out
}
