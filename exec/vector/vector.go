package vector

import "github.com/tarnsql/tarn/catalog/schema"

// Vector is a column of a batch. It is sealed: *Flat[T], *Bytes, *Const, *Dict, *List and *Struct implement it and nothing
// else. A vector is immutable once emitted.
//
//sumtype:decl
type Vector interface {
	// Type is the SQL type of the values.
	Type() schema.Type
	// Len is the number of rows.
	Len() int
	// Nulls is the mask of the rows that are NULL; nil says that no row is. For a Const it is the mask of its single
	// value, not of its rows.
	Nulls() Bitmap
	isVector()
}

// Fixed lists the element types of Flat, one for each fixed-width physical kind. Booleans are one byte, so that kernels
// write them without reading.
type Fixed interface {
	bool | int32 | int64 | float32 | float64 | schema.Int128 | schema.IntervalValue
}

// Flat holds fixed-width values. The value at a NULL row is unspecified.
type Flat[T Fixed] struct {
	Typ    schema.Type
	Values []T
	Null   Bitmap
}

// View locates a string in a Bytes vector: bytes [Off, Off+Len) of buffer Buf. Prefix is the first four bytes, big
// endian and zero padded, so that most comparisons end without touching the buffer. Views hold no pointers: millions
// of them cost the garbage collector nothing.
type View struct {
	Prefix, Len, Buf, Off uint32
}

// Bytes holds strings as views into shared buffers, which may be pages of a file. The view at a NULL row is
// unspecified but in range.
type Bytes struct {
	Typ     schema.Type
	Views   []View
	Buffers [][]byte
	Null    Bitmap
}

// Const is one value for N rows. Value has length 1 and is a Flat, Bytes, List or Struct.
type Const struct {
	Value Vector
	N     int
}

// Dict holds codes into a vector of distinct values. Values is a Flat or Bytes without NULLs and never empty; NULL rows are
// in Null, and their code is in range. ID is the same for vectors that share a dictionary (and is never 0), so that work
// done once per entry can be kept from batch to batch. Values outlives the batch: whoever holds it may keep it, so its
// producer never reuses its memory.
type Dict struct {
	Codes  []uint32
	Values Vector
	ID     uint64
	Null   Bitmap
}

// List holds arrays (one child) and maps (two: keys and values). Row i spans children [Offsets[i], Offsets[i+1]).
type List struct {
	Typ      schema.Type
	Offsets  []uint32
	Children []Vector
	Null     Bitmap
}

// Struct holds rows: one child of equal length for each field.
type Struct struct {
	Typ      schema.Type
	N        int
	Children []Vector
	Null     Bitmap
}

// Type returns the SQL type.
func (v *Flat[T]) Type() schema.Type { return v.Typ }

// Type returns the SQL type.
func (v *Bytes) Type() schema.Type { return v.Typ }

// Type returns the SQL type.
func (v *Const) Type() schema.Type { return v.Value.Type() }

// Type returns the SQL type.
func (v *Dict) Type() schema.Type { return v.Values.Type() }

// Type returns the SQL type.
func (v *List) Type() schema.Type { return v.Typ }

// Type returns the SQL type.
func (v *Struct) Type() schema.Type { return v.Typ }

// Len returns the number of rows.
func (v *Flat[T]) Len() int { return len(v.Values) }

// Len returns the number of rows.
func (v *Bytes) Len() int { return len(v.Views) }

// Len returns the number of rows.
func (v *Const) Len() int { return v.N }

// Len returns the number of rows.
func (v *Dict) Len() int { return len(v.Codes) }

// Len returns the number of rows.
func (v *List) Len() int { return max(len(v.Offsets)-1, 0) }

// Len returns the number of rows.
func (v *Struct) Len() int { return v.N }

// Nulls returns the mask of NULL rows.
func (v *Flat[T]) Nulls() Bitmap { return v.Null }

// Nulls returns the mask of NULL rows.
func (v *Bytes) Nulls() Bitmap { return v.Null }

// Nulls returns the mask of the one value.
func (v *Const) Nulls() Bitmap { return v.Value.Nulls() }

// Nulls returns the mask of NULL rows.
func (v *Dict) Nulls() Bitmap { return v.Null }

// Nulls returns the mask of NULL rows.
func (v *List) Nulls() Bitmap { return v.Null }

// Nulls returns the mask of NULL rows.
func (v *Struct) Nulls() Bitmap { return v.Null }

func (*Flat[T]) isVector() {}
func (*Bytes) isVector()   {}
func (*Const) isVector()   {}
func (*Dict) isVector()    {}
func (*List) isVector()    {}
func (*Struct) isVector()  {}

// IsNull reports whether the one value is NULL.
func (v *Const) IsNull() bool { return v.Value.Nulls().Get(0) }

// At returns the bytes of row i. They are valid as long as the vector is.
func (v *Bytes) At(i int) []byte {
	w := v.Views[i]
	return v.Buffers[w.Buf][w.Off : w.Off+w.Len : w.Off+w.Len]
}

// MakeView returns the view of s at offset off of buffer buf.
func MakeView(s []byte, buf, off uint32) View {
	return View{Prefix: Prefix(s), Len: uint32(len(s)), Buf: buf, Off: off}
}

// Prefix returns the first four bytes of s, big endian and zero padded: if two prefixes differ, the strings compare as
// their prefixes do.
func Prefix(s []byte) uint32 {
	if len(s) >= 4 {
		return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
	}
	var p uint32
	for i := range len(s) {
		p |= uint32(s[i]) << (24 - 8*i)
	}
	return p
}

// NullAt reports whether row i of v is NULL, whatever v's form.
func NullAt(v Vector, i int) bool {
	if c, ok := v.(*Const); ok {
		return c.IsNull()
	}
	return v.Nulls().Get(i)
}
