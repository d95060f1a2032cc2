package vector

import "github.com/tarnsql/tarn/catalog/schema"

type listBuilder struct {
	typ      schema.Type
	offsets  []uint32
	children []*Builder
	null     nullBuilder
}

func newListBuilder(t schema.Type, n int) *listBuilder {
	b := &listBuilder{typ: t, offsets: append(make([]uint32, 0, n+1), 0)}
	if t.Kind == schema.Map {
		b.children = []*Builder{NewBuilder(t.Key(), n), NewBuilder(t.Elem(), n)}
	} else {
		b.children = []*Builder{NewBuilder(t.Elem(), n)}
	}
	return b
}

func (b *listBuilder) close() { b.offsets = append(b.offsets, uint32(b.children[0].Len())) }

func (b *listBuilder) appendValue(v schema.Value) {
	for i, e := range v.Elems {
		b.children[i%len(b.children)].AppendValue(e)
	}
	b.close()
}

func (b *listBuilder) appendNull() {
	b.null.set(b.length())
	b.close()
}

func (b *listBuilder) length() int { return len(b.offsets) - 1 }

func (b *listBuilder) size() int64 {
	n := int64(len(b.offsets))*4 + b.null.size()
	for _, c := range b.children {
		n += c.Size()
	}
	return n
}

func (b *listBuilder) build() Vector {
	v := &List{Typ: b.typ, Offsets: b.offsets, Null: b.null.finish(b.length())}
	for _, c := range b.children {
		v.Children = append(v.Children, c.Build())
	}
	return v
}

func (b *listBuilder) appendRows(v Vector, rows []uint32) {
	b.null.gather(v, rows, b.length())
	src, at := listOf(v)
	for i := range RowCount(v.Len(), rows) {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		if !NullAt(v, r) {
			r = at(r)
			span := spanRows(src.Offsets[r], src.Offsets[r+1])
			for c, child := range b.children {
				child.AppendRows(src.Children[c], span)
			}
		}
		b.close()
	}
}

func listOf(v Vector) (*List, func(int) int) {
	switch v := v.(type) {
	case *List:
		return v, func(i int) int { return i }
	case *Const:
		return v.Value.(*List), func(int) int { return 0 }
	}
	panic("vector: form does not match builder")
}

func spanRows(lo, hi uint32) []uint32 {
	rows := make([]uint32, hi-lo)
	for i := range rows {
		rows[i] = lo + uint32(i)
	}
	return rows
}

type structBuilder struct {
	typ      schema.Type
	n        int
	children []*Builder
	null     nullBuilder
}

func newStructBuilder(t schema.Type, n int) *structBuilder {
	b := &structBuilder{typ: t}
	for _, f := range t.Fields() {
		b.children = append(b.children, NewBuilder(f.Type, n))
	}
	return b
}

func (b *structBuilder) appendValue(v schema.Value) {
	for i, c := range b.children {
		c.AppendValue(v.Elems[i])
	}
	b.n++
}

func (b *structBuilder) appendNull() {
	b.null.set(b.n)
	for _, c := range b.children {
		c.AppendNull()
	}
	b.n++
}

func (b *structBuilder) length() int { return b.n }

func (b *structBuilder) size() int64 {
	n := b.null.size()
	for _, c := range b.children {
		n += c.Size()
	}
	return n
}

func (b *structBuilder) build() Vector {
	v := &Struct{Typ: b.typ, N: b.n, Null: b.null.finish(b.n)}
	for _, c := range b.children {
		v.Children = append(v.Children, c.Build())
	}
	return v
}

func (b *structBuilder) appendRows(v Vector, rows []uint32) {
	b.null.gather(v, rows, b.n)
	n := RowCount(v.Len(), rows)
	var src *Struct
	switch s := v.(type) {
	case *Struct:
		src = s
	case *Const:
		src = s.Value.(*Struct)
		rows = make([]uint32, n)
	default:
		panic("vector: form does not match builder")
	}
	for i, c := range b.children {
		c.AppendRows(src.Children[i], rows)
	}
	b.n += n
}
