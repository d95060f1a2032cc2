package vector

import "github.com/tarnsql/tarn/catalog/schema"

// arenaBlock is the greatest size of the buffers that a bytesBuilder copies strings into, which begin small and grow with
// what is in them; a longer string gets its own.
const arenaBlock = 64 << 10

type bytesBuilder struct {
	typ     schema.Type
	views   []View
	buffers [][]byte
	null    nullBuilder
	bytes   int64
}

func (b *bytesBuilder) appendBytes(s []byte) {
	b.views = append(b.views, b.store(s))
}

// store copies s into the arena and returns its view.
func (b *bytesBuilder) store(s []byte) View {
	last := len(b.buffers) - 1
	if last < 0 || cap(b.buffers[last])-len(b.buffers[last]) < len(s) {
		n := int(min(max(b.bytes, 1<<10), arenaBlock))
		b.buffers = append(b.buffers, make([]byte, 0, max(n, len(s))))
		last++
	}
	off := len(b.buffers[last])
	b.buffers[last] = append(b.buffers[last], s...)
	b.bytes += int64(len(s))
	return MakeView(s, uint32(last), uint32(off))
}

func (b *bytesBuilder) appendValue(v schema.Value) { b.appendBytes([]byte(v.S)) }

func (b *bytesBuilder) appendNull() {
	b.null.set(len(b.views))
	b.views = append(b.views, b.store(nil))
}

func (b *bytesBuilder) length() int { return len(b.views) }

func (b *bytesBuilder) size() int64 { return b.bytes + int64(len(b.views))*16 + b.null.size() }

func (b *bytesBuilder) build() Vector {
	return &Bytes{Typ: b.typ, Views: b.views, Buffers: b.buffers, Null: b.null.finish(len(b.views))}
}

func (b *bytesBuilder) appendRows(v Vector, rows []uint32) {
	b.null.gather(v, rows, len(b.views))
	switch v := v.(type) {
	case *Bytes:
		if rows == nil {
			for i := range v.Views {
				b.appendBytes(v.At(i))
			}
			return
		}
		at := len(b.views)
		b.views = extend(b.views, len(rows))
		to := b.views[at:]
		for k, r := range rows {
			to[k] = b.store(v.At(int(r)))
		}
	case *Const:
		w := b.store(v.Value.(*Bytes).At(0))
		for range RowCount(v.Len(), rows) {
			b.views = append(b.views, w)
		}
	case *Dict:
		b.appendDict(v, rows)
	default:
		panic("vector: form does not match builder")
	}
}

// appendDict copies each dictionary entry once and repeats its view. A few rows of a large dictionary are copied one by one: to
// remember the entries would cost more than it saves.
func (b *bytesBuilder) appendDict(v *Dict, rows []uint32) {
	vals := v.Values.(*Bytes)
	if rows != nil && len(rows) < len(vals.Views) {
		at := len(b.views)
		b.views = extend(b.views, len(rows))
		to := b.views[at:]
		for k, r := range rows {
			to[k] = b.store(vals.At(int(v.Codes[r])))
		}
		return
	}
	seen := make([]View, len(vals.Views))
	have := NewBitmap(len(seen))
	add := func(c uint32) {
		if !have.Get(int(c)) {
			have.Set(int(c))
			seen[c] = b.store(vals.At(int(c)))
		}
		b.views = append(b.views, seen[c])
	}
	if rows == nil {
		for _, c := range v.Codes {
			add(c)
		}
		return
	}
	for _, r := range rows {
		add(v.Codes[r])
	}
}
