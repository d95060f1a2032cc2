package kv

import (
	"encoding/binary"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// cellable reports whether a type can be the value of a cell.
func cellable(t schema.Type) bool {
	switch t.Physical() {
	case schema.PhysBool, schema.PhysInt32, schema.PhysInt64, schema.PhysFloat32, schema.PhysFloat64, schema.PhysBytes:
		return true
	}
	return false
}

// encodeCell returns the bytes of a cell: integers and floats in eight bytes, big endian, booleans in one, strings as they
// are.
func encodeCell(v schema.Value) []byte {
	switch v.Type.Physical() {
	case schema.PhysBool:
		return []byte{byte(v.I)}
	case schema.PhysFloat32, schema.PhysFloat64:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v.F))
	case schema.PhysBytes:
		return []byte(v.S)
	}
	return binary.BigEndian.AppendUint64(nil, uint64(v.I))
}

// decodeCell appends a cell to a builder of the column's type.
func decodeCell(b *vector.Builder, cell []byte) error {
	phys := b.Type().Physical()
	want := 8
	switch phys {
	case schema.PhysBytes:
		b.AppendBytes(cell)
		return nil
	case schema.PhysBool:
		want = 1
	}
	if len(cell) != want {
		return sqlerr.New(sqlerr.DataCorrupted, "a cell of %d bytes does not hold a %s", len(cell), b.Type())
	}
	switch phys {
	case schema.PhysBool:
		b.AppendInt(int64(cell[0] & 1))
	case schema.PhysFloat32, schema.PhysFloat64:
		b.AppendFloat(math.Float64frombits(binary.BigEndian.Uint64(cell)))
	default:
		b.AppendInt(int64(binary.BigEndian.Uint64(cell)))
	}
	return nil
}
