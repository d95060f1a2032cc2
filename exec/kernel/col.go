package kernel

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// Col is a fixed-width argument of a loop: the value of row i is V[i&Mask]. For a constant the mask is 0, otherwise all
// ones.
type Col[T vector.Fixed] struct {
	V    []T
	Mask int
	Null vector.Bitmap
	// AllNull says that the argument is a NULL constant.
	AllNull bool
}

// At returns the value of row i.
func (c *Col[T]) At(i int) T { return c.V[i&c.Mask] }

// FlatCol returns v for a loop. A dictionary is flattened into scratch, which is grown and returned by pointer; it may be
// nil.
func FlatCol[T vector.Fixed](v vector.Vector, scratch *[]T) Col[T] {
	switch v := v.(type) {
	case *vector.Flat[T]:
		return Col[T]{V: v.Values, Mask: -1, Null: v.Null}
	case *vector.Const:
		f := v.Value.(*vector.Flat[T])
		return Col[T]{V: f.Values[:1], AllNull: v.IsNull()}
	case *vector.Dict:
		vals := v.Values.(*vector.Flat[T]).Values
		out := Grow(scratch, len(v.Codes))
		for i, c := range v.Codes {
			out[i] = vals[c]
		}
		return Col[T]{V: out, Mask: -1, Null: v.Null}
	}
	panic("kernel: form does not fit a fixed-width column")
}

// BytesCol is a string argument of a loop.
type BytesCol struct {
	V       []vector.View
	Buf     [][]byte
	Mask    int
	Null    vector.Bitmap
	AllNull bool
}

// At returns the bytes of row i.
func (c *BytesCol) At(i int) []byte {
	w := c.V[i&c.Mask]
	return c.Buf[w.Buf][w.Off : w.Off+w.Len]
}

// StringCol returns v for a loop; a dictionary's views are gathered into scratch.
func StringCol(v vector.Vector, scratch *[]vector.View) BytesCol {
	switch v := v.(type) {
	case *vector.Bytes:
		return BytesCol{V: v.Views, Buf: v.Buffers, Mask: -1, Null: v.Null}
	case *vector.Const:
		b := v.Value.(*vector.Bytes)
		return BytesCol{V: b.Views[:1], Buf: b.Buffers, AllNull: v.IsNull()}
	case *vector.Dict:
		b := v.Values.(*vector.Bytes)
		out := Grow(scratch, len(v.Codes))
		for i, c := range v.Codes {
			out[i] = b.Views[c]
		}
		return BytesCol{V: out, Buf: b.Buffers, Mask: -1, Null: v.Null}
	}
	panic("kernel: form does not fit a string column")
}

// Grow returns *s with length n, reusing its memory; s may be nil. The contents are unspecified.
func Grow[T any](s *[]T, n int) []T {
	if s == nil {
		return make([]T, n)
	}
	if cap(*s) < n {
		*s = make([]T, n, n+n/4)
	}
	*s = (*s)[:n]
	return *s
}

// Flatten returns v as a Flat or Bytes, List or Struct of n rows, without Const or Dict. It allocates only when v is one of
// these.
func Flatten(v vector.Vector) vector.Vector {
	switch v.(type) {
	case *vector.Const, *vector.Dict:
		b := vector.NewBuilder(v.Type(), v.Len())
		b.AppendRows(v, nil)
		return b.Build()
	}
	return v
}

// Nulls returns the mask of NULL rows of any form for n rows, or nil; a NULL constant gives a full mask. The result is
// shared with v: do not change it.
func Nulls(v vector.Vector, n int) vector.Bitmap {
	c, ok := v.(*vector.Const)
	if !ok {
		return v.Nulls()
	}
	if !c.IsNull() {
		return nil
	}
	b := vector.NewBitmap(n)
	b.Fill(n)
	return b
}

// UnionNulls sets out to the union of the masks, reusing its memory, and returns it; nil when there is no NULL.
func UnionNulls(out vector.Bitmap, n int, args ...vector.Vector) vector.Bitmap {
	first := true
	for _, v := range args {
		var m vector.Bitmap
		if c, ok := v.(*vector.Const); ok {
			if !c.IsNull() {
				continue
			}
			out = out.Resize(n)
			out.Fill(n)
			return out
		}
		if m = v.Nulls(); m == nil {
			continue
		}
		if first {
			out = out.Resize(n)
			copy(out, m)
			first = false
			continue
		}
		out.Or(m)
	}
	if first {
		return nil
	}
	return out
}

// NullConst returns a NULL constant of n rows.
func NullConst(t schema.Type, n int) *vector.Const { return vector.FromValue(schema.NullOf(t), n) }

// EachRow calls f for the selected rows (nil: all n). It is for loops that are not hot.
func EachRow(n int, sel []uint32, f func(i int) error) error {
	if sel == nil {
		for i := range n {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range sel {
		if err := f(int(i)); err != nil {
			return err
		}
	}
	return nil
}
