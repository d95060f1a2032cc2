package vector

import (
	"github.com/tarnsql/tarn/catalog/schema"
)

// Builder collects values of one type into a vector that owns its memory. Rows are appended one at a time (results of
// catalogs, rows of small sources), or gathered from other vectors (AppendRows), which runs a typed loop a call.
// A Builder is not safe for concurrent use.
type Builder struct {
	typ  schema.Type
	impl builderImpl
}

type builderImpl interface {
	appendValue(schema.Value)
	appendNull()
	appendRows(v Vector, rows []uint32)
	length() int
	build() Vector
	size() int64
}

// NewBuilder returns a builder of type t with room for about n rows.
func NewBuilder(t schema.Type, n int) *Builder {
	return &Builder{typ: t, impl: newImpl(t, n)}
}

func newImpl(t schema.Type, n int) builderImpl {
	switch t.Physical() {
	case schema.PhysBool:
		return newFlat(t, n, func(v schema.Value) bool { return v.I != 0 })
	case schema.PhysInt32:
		return newFlat(t, n, func(v schema.Value) int32 { return int32(v.I) })
	case schema.PhysInt64:
		return newFlat(t, n, func(v schema.Value) int64 { return v.I })
	case schema.PhysInt128:
		return newFlat(t, n, func(v schema.Value) schema.Int128 { return v.Int128() })
	case schema.PhysFloat32:
		return newFlat(t, n, func(v schema.Value) float32 { return float32(v.F) })
	case schema.PhysFloat64:
		return newFlat(t, n, func(v schema.Value) float64 { return v.F })
	case schema.PhysInterval:
		return newFlat(t, n, func(v schema.Value) schema.IntervalValue { return v.Interval() })
	case schema.PhysBytes:
		return &bytesBuilder{typ: t, views: make([]View, 0, n)}
	case schema.PhysList:
		return newListBuilder(t, n)
	case schema.PhysStruct:
		return newStructBuilder(t, n)
	}
	panic("vector: no representation for type " + t.String())
}

// Type returns the type of the values.
func (b *Builder) Type() schema.Type { return b.typ }

// Len returns the number of rows so far.
func (b *Builder) Len() int { return b.impl.length() }

// Size returns the bytes of memory that the rows so far take, for accounting.
func (b *Builder) Size() int64 { return b.impl.size() }

// AppendValue appends v, whose type has the physical kind of the builder's.
func (b *Builder) AppendValue(v schema.Value) {
	if !v.Valid {
		b.impl.appendNull()
		return
	}
	b.impl.appendValue(v)
}

// AppendNull appends a NULL.
func (b *Builder) AppendNull() { b.impl.appendNull() }

// AppendString appends s to a builder of strings.
func (b *Builder) AppendString(s string) { b.impl.(*bytesBuilder).appendBytes([]byte(s)) }

// AppendBytes appends a copy of s to a builder of strings.
func (b *Builder) AppendBytes(s []byte) { b.impl.(*bytesBuilder).appendBytes(s) }

// AppendInt appends i to a builder whose physical kind is bool, int32 or int64.
func (b *Builder) AppendInt(i int64) { b.impl.appendValue(schema.Value{I: i, Valid: true}) }

// AppendFloat appends f to a builder of floats.
func (b *Builder) AppendFloat(f float64) { b.impl.appendValue(schema.Value{F: f, Valid: true}) }

// AppendRows appends the given rows of v, which has the builder's physical kind; nil rows means all.
func (b *Builder) AppendRows(v Vector, rows []uint32) { b.impl.appendRows(v, rows) }

// Adopt appends all rows of a vector that a builder made and that nobody changes, whose text it keeps where it is.
func (b *Builder) Adopt(v Vector) {
	if to, ok := b.impl.(*bytesBuilder); ok {
		if from, ok := v.(*Bytes); ok {
			to.adopt(from)
			return
		}
	}
	b.impl.appendRows(v, nil)
}

// Build returns the vector and empties the builder; the vector owns its memory.
func (b *Builder) Build() Vector {
	v := b.impl.build()
	b.impl = newImpl(b.typ, 0)
	return v
}
