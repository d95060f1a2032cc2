package kv

import (
	"encoding/binary"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// keyable reports whether a type can be part of a row key.
func keyable(t schema.Type) bool {
	switch t.Physical() {
	case schema.PhysBool, schema.PhysInt32, schema.PhysInt64:
		return true
	case schema.PhysBytes:
		return true
	}
	return false
}

// appendKey appends one part of a row key so that bytes sort as values do: integers big endian with the sign flipped, strings
// with 00 written as 00 FF and ended by 00 01, so that a part never is a prefix of another. Descending parts are inverted.
func appendKey(dst []byte, v schema.Value, descending bool) []byte {
	start := len(dst)
	switch v.Type.Physical() {
	case schema.PhysBool:
		dst = append(dst, byte(v.I))
	case schema.PhysInt32:
		dst = binary.BigEndian.AppendUint32(dst, uint32(v.I)^1<<31)
	case schema.PhysInt64:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.I)^1<<63)
	default:
		dst = append(appendEscaped(dst, []byte(v.S)), 0, 1)
	}
	if descending {
		invert(dst[start:])
	}
	return dst
}

// appendEscaped appends the bytes of a string without its end: all strings with this prefix begin so.
func appendEscaped(dst, s []byte) []byte {
	for _, b := range s {
		dst = append(dst, b)
		if b == 0 {
			dst = append(dst, 0xff)
		}
	}
	return dst
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// keyDecoder appends the parts of row keys to builders.
type keyDecoder struct {
	columns []KeyColumn
	scratch []byte
}

func corruptKey() error {
	return sqlerr.New(sqlerr.DataCorrupted, "a row key does not fit the table's definition")
}

// decode appends part i to out[i] where that is not nil.
func (d *keyDecoder) decode(key []byte, out []*vector.Builder) error {
	for i, c := range d.columns {
		n, err := d.part(key, c, out[i])
		if err != nil {
			return err
		}
		key = key[n:]
	}
	if len(key) != 0 {
		return corruptKey()
	}
	return nil
}

// part reads one part, appends it to b (which may be nil) and returns its length.
func (d *keyDecoder) part(key []byte, c KeyColumn, b *vector.Builder) (int, error) {
	n := 1
	switch c.Type.Physical() {
	case schema.PhysBool:
	case schema.PhysInt32:
		n = 4
	case schema.PhysInt64:
		n = 8
	default:
		return d.text(key, c, b)
	}
	if len(key) < n {
		return 0, corruptKey()
	}
	if b == nil {
		return n, nil
	}
	var u uint64
	for _, x := range key[:n] {
		if c.Descending {
			x = ^x
		}
		u = u<<8 | uint64(x)
	}
	switch n {
	case 4:
		b.AppendInt(int64(int32(uint32(u) ^ 1<<31)))
	case 8:
		b.AppendInt(int64(u ^ 1<<63))
	default:
		b.AppendInt(int64(u))
	}
	return n, nil
}

// text reads a string part up to its end mark.
func (d *keyDecoder) text(key []byte, c KeyColumn, b *vector.Builder) (int, error) {
	flip := byte(0)
	if c.Descending {
		flip = 0xff
	}
	d.scratch = d.scratch[:0]
	for i := 0; i < len(key); i++ {
		x := key[i] ^ flip
		if x != 0 {
			d.scratch = append(d.scratch, x)
			continue
		}
		if i+1 >= len(key) {
			break
		}
		i++
		switch key[i] ^ flip {
		case 0xff:
			d.scratch = append(d.scratch, 0)
		case 1:
			if b != nil {
				b.AppendBytes(d.scratch)
			}
			return i + 1, nil
		default:
			return 0, corruptKey()
		}
	}
	return 0, corruptKey()
}

// successor returns the least key that is greater than every key with the given prefix, and nil when there is none.
func successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			out := append([]byte(nil), prefix[:i+1]...)
			out[i]++
			return out
		}
	}
	return nil
}
