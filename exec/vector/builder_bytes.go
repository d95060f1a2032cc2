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
	dict    dictViews
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

// adopt appends all rows of v and takes over its buffers, which nothing is appended to.
func (b *bytesBuilder) adopt(v *Bytes) {
	b.null.gather(v, nil, len(b.views))
	first := uint32(len(b.buffers))
	for _, buf := range v.Buffers {
		b.buffers = append(b.buffers, buf[:len(buf):len(buf)])
		b.bytes += int64(len(buf))
	}
	at := len(b.views)
	b.views = append(b.views, v.Views...)
	for i := range b.views[at:] {
		b.views[at+i].Buf += first
	}
}

// dictViews remembers where the entries of a dictionary are in a builder.
type dictViews struct {
	id    uint64
	of    *Bytes
	views []View
	have  Bitmap
}

// rememberedEntries bounds the dictionaries whose entries are remembered from one batch to the next.
const rememberedEntries = 1 << 12

// appendDict copies each dictionary entry once and repeats its view. A few rows of a large dictionary are copied one by one: to
// remember the entries would cost more than it saves.
func (b *bytesBuilder) appendDict(v *Dict, rows []uint32) {
	vals := v.Values.(*Bytes)
	if rows != nil && len(rows) < len(vals.Views) && len(vals.Views) > rememberedEntries {
		at := len(b.views)
		b.views = extend(b.views, len(rows))
		to := b.views[at:]
		for k, r := range rows {
			to[k] = b.store(vals.At(int(v.Codes[r])))
		}
		return
	}
	if b.dict.id != v.ID {
		b.dict = dictViews{id: v.ID, of: vals, views: make([]View, len(vals.Views)), have: NewBitmap(len(vals.Views))}
	}
	at := len(b.views)
	b.views = extend(b.views, RowCount(len(v.Codes), rows))
	to := b.views[at:]
	if rows == nil {
		for k, c := range v.Codes {
			to[k] = b.entry(c)
		}
		return
	}
	for k, r := range rows {
		to[k] = b.entry(v.Codes[r])
	}
}

// entry returns the view of an entry of the dictionary, which it copies the first time.
func (b *bytesBuilder) entry(c uint32) View {
	if !b.dict.have.Get(int(c)) {
		b.dict.have.Set(int(c))
		b.dict.views[c] = b.store(b.dict.of.At(int(c)))
	}
	return b.dict.views[c]
}
