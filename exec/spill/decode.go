package spill

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// decoder reads one block. The vectors that it returns use the block's memory.
type decoder struct {
	buf []byte // begins at a multiple of eight bytes
	at  int
}

// take returns the next n bytes and skips to a multiple of eight.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.buf)-d.at) {
		return nil, damaged("a block ends early")
	}
	s := d.buf[d.at : d.at+int(n)]
	d.at = min(d.at+int(n+7)&^7, len(d.buf))
	return s, nil
}

func (d *decoder) u64() (uint64, error) {
	s, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(s), nil
}

func (d *decoder) column(t schema.Type, n int) (vector.Vector, error) {
	null, err := d.nulls(n)
	if err != nil {
		return nil, err
	}
	switch t.Physical() {
	case schema.PhysBool:
		return decodeBools(d, t, n, null)
	case schema.PhysInt32:
		return decodeFixed[int32](d, t, n, null)
	case schema.PhysInt64:
		return decodeFixed[int64](d, t, n, null)
	case schema.PhysFloat32:
		return decodeFixed[float32](d, t, n, null)
	case schema.PhysFloat64:
		return decodeFixed[float64](d, t, n, null)
	case schema.PhysInt128:
		return decodeFixed[schema.Int128](d, t, n, null)
	case schema.PhysInterval:
		return decodeFixed[schema.IntervalValue](d, t, n, null)
	case schema.PhysBytes:
		return d.strings(t, n, null)
	case schema.PhysList:
		return d.list(t, n, null)
	case schema.PhysStruct:
		v := &vector.Struct{Typ: t, N: n, Null: null}
		for _, f := range t.Fields() {
			c, err := d.column(f.Type, n)
			if err != nil {
				return nil, err
			}
			v.Children = append(v.Children, c)
		}
		return v, nil
	}
	return nil, damaged("a column has no type")
}

func (d *decoder) nulls(n int) (vector.Bitmap, error) {
	kind, err := d.u64()
	if err != nil || kind == noNulls {
		return nil, err
	}
	if kind != someNull {
		return nil, damaged("a mask of unknown kind")
	}
	s, err := d.take(uint64(vector.Words(n)) * 8)
	if err != nil || n == 0 {
		return nil, err
	}
	return sliceOf[uint64](s, vector.Words(n)), nil
}

// sliceOf reads bytes that begin at a multiple of eight as n values.
func sliceOf[T any](s []byte, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&s[0])), n)
}

func decodeFixed[T vector.Fixed](d *decoder, t schema.Type, n int, null vector.Bitmap) (vector.Vector, error) {
	var zero T
	s, err := d.take(uint64(n) * uint64(unsafe.Sizeof(zero)))
	if err != nil {
		return nil, err
	}
	return &vector.Flat[T]{Typ: t, Values: sliceOf[T](s, n), Null: null}, nil
}

// decodeBools does not trust a byte to be a boolean.
func decodeBools(d *decoder, t schema.Type, n int, null vector.Bitmap) (vector.Vector, error) {
	s, err := d.take(uint64(n))
	if err != nil {
		return nil, err
	}
	for i, b := range s {
		s[i] = b & 1
	}
	return &vector.Flat[bool]{Typ: t, Values: sliceOf[bool](s, n), Null: null}, nil
}

// lengths reads n lengths and their sum, which follows them.
func (d *decoder) lengths(n int) ([]uint32, uint64, error) {
	s, err := d.take(uint64(n) * 4)
	if err != nil {
		return nil, 0, err
	}
	lens := sliceOf[uint32](s, n)
	total, err := d.u64()
	if err != nil {
		return nil, 0, err
	}
	sum := uint64(0)
	for _, l := range lens {
		sum += uint64(l)
	}
	if sum != total || total > math.MaxUint32 {
		return nil, 0, damaged("lengths do not add up")
	}
	return lens, total, nil
}

func (d *decoder) strings(t schema.Type, n int, null vector.Bitmap) (vector.Vector, error) {
	lens, total, err := d.lengths(n)
	if err != nil {
		return nil, err
	}
	data, err := d.take(total)
	if err != nil {
		return nil, err
	}
	v := &vector.Bytes{Typ: t, Views: make([]vector.View, n), Buffers: [][]byte{data}, Null: null}
	off := uint32(0)
	for i, l := range lens {
		v.Views[i] = vector.MakeView(data[off:off+l], 0, off)
		off += l
	}
	return v, nil
}

func (d *decoder) list(t schema.Type, n int, null vector.Bitmap) (vector.Vector, error) {
	lens, total, err := d.lengths(n)
	if err != nil {
		return nil, err
	}
	v := &vector.List{Typ: t, Offsets: make([]uint32, n+1), Null: null}
	for i, l := range lens {
		v.Offsets[i+1] = v.Offsets[i] + l
	}
	elems := []schema.Type{t.Elem()}
	if t.Kind == schema.Map {
		elems = []schema.Type{t.Key(), t.Elem()}
	}
	for _, e := range elems {
		c, err := d.column(e, int(total))
		if err != nil {
			return nil, err
		}
		v.Children = append(v.Children, c)
	}
	return v, nil
}
