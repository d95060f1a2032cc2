package op

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// Texts of few bytes, as codes and abbreviations are, are packed like numbers: three bits are the length, the others the bytes.
const (
	packedTextBytes = 7
	packedTextBits  = 3 + 8*packedTextBytes
)

// packsText says that values of a type are the same when their bytes are.
func packsText(t schema.Type) bool { return t.Kind == schema.Varchar }

// packText returns a text as a number; ok is false when it is too long.
func packText(s []byte) (w int64, ok bool) {
	if len(s) > packedTextBytes {
		return 0, false
	}
	p := uint64(len(s))
	for i, c := range s {
		p |= uint64(c) << (3 + 8*i)
	}
	return int64(p), true
}

// packTexts returns a text column as numbers by row; ok is false when a selected one is too long.
func (g *packedGroups) packTexts(v vector.Vector, n int, sel []uint32) (out []int64, ok bool) {
	out = kernel.Grow(&g.ints, n)
	ok = true
	switch v := v.(type) {
	case *vector.Bytes:
		vector.EachRow(n, sel, func(r int) {
			if v.Null.Get(r) {
				return
			}
			w, fits := packText(v.At(r))
			out[r], ok = w, ok && fits
		})
	case *vector.Const:
		if v.IsNull() {
			return out, true
		}
		w, fits := packText(v.Value.(*vector.Bytes).At(0))
		for i := range out {
			out[i] = w
		}
		return out, fits
	case *vector.Dict:
		values := v.Values.(*vector.Bytes)
		if len(values.Views) > n { // more than there are rows: not all of them are looked at
			vector.EachRow(n, sel, func(r int) {
				if v.Null.Get(r) {
					return
				}
				w, fits := packText(values.At(int(v.Codes[r])))
				out[r], ok = w, ok && fits
			})
			break
		}
		words, long := g.packDictionary(values)
		vector.EachRow(n, sel, func(r int) {
			if v.Null.Get(r) {
				return
			}
			c := v.Codes[r]
			out[r], ok = words[c], ok && !long.Get(int(c))
		})
	}
	return out, ok
}

// packDictionary returns the values of a dictionary as numbers, and which of them are too long.
func (g *packedGroups) packDictionary(values *vector.Bytes) (words []int64, long vector.Bitmap) {
	words = kernel.Grow(&g.words, len(values.Views))
	for i := range words {
		w, ok := packText(values.At(i))
		words[i] = w
		if !ok {
			if long == nil {
				long = vector.NewBitmap(len(words))
			}
			long.Set(i)
		}
	}
	return words, long
}

// unpackTexts returns the texts of a key column; word returns the number of a group.
func unpackTexts(t schema.Type, n int, word func(r int) uint64) *vector.Bytes {
	out := &vector.Bytes{Typ: t, Views: make([]vector.View, n), Buffers: make([][]byte, 1)}
	buf := make([]byte, 0, 4*n)
	for r := range out.Views {
		w := word(r)
		from := len(buf)
		for i := range w & 7 {
			buf = append(buf, byte(w>>(3+8*i)))
		}
		out.Views[r] = vector.MakeView(buf[from:], 0, uint32(from))
	}
	out.Buffers[0] = buf
	return out
}

// unpack puts a table of the bytes of all keys in the place of one of packed keys, with the same groups.
func (g *packedGroups) unpack(t *groupTable) {
	b, same := newBytesGroups(t.types), &groupTable{types: t.types}
	if t.n > 0 {
		b.assign(same, g.build(t), t.n, nil, make([]uint32, t.n), true)
	}
	t.keys = b
}
