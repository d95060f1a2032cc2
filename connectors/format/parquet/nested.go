package parquet

import (
	"context"
	"errors"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/parquet/encoding"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
)

// nestedColumn is a list, a map, a row, or anything inside one. Its leaves are read as streams of levels and values, row
// after row, and assembled into vectors (Melnik et al., "Dremel", VLDB 2010). Each cursor has streams of its own.
type nestedColumn struct {
	b      *bound
	chunks []*chunk
	asked  bool
	cur    [2]*nestedCursor
}

// nestedCursor reads the leaves from one row on.
type nestedCursor struct {
	row    int
	leaves []*leafStream
	byLeaf map[int]*leafStream
}

func newNestedColumn(f *file, group int, b *bound, mem *buffers) (*nestedColumn, error) {
	c := &nestedColumn{b: b}
	for _, l := range b.leaves(nil) {
		ch, err := newChunk(f, group, boundLeaf(b, l), l, mem)
		if err != nil {
			return nil, err
		}
		c.chunks = append(c.chunks, ch)
	}
	return c, nil
}

// boundLeaf finds the part of b that reads a leaf; nil for one that is read for its levels only.
func boundLeaf(b *bound, leaf *node) *bound {
	if b.node == leaf {
		return b
	}
	for _, c := range b.children {
		if c != nil {
			if found := boundLeaf(c, leaf); found != nil {
				return found
			}
		}
	}
	return nil
}

func (c *nestedColumn) need(context.Context, rowFilter) ([]objstore.Range, error) {
	if c.asked {
		return nil, nil
	}
	c.asked = true
	var out []objstore.Range
	for _, ch := range c.chunks {
		out = cutRange(out, objstore.Range{Off: ch.off, Len: ch.end - ch.off})
	}
	return out, nil
}

func (c *nestedColumn) attach(ranges []objstore.Range, r *objstore.RangeReader, index []int) {
	for i, x := range ranges {
		for _, ch := range c.chunks {
			if x.Off >= ch.off && x.Off < ch.end {
				if r == nil {
					ch.attach(ranges[i:i+1], nil, nil)
				} else {
					ch.attach(ranges[i:i+1], r, index[i:i+1])
				}
				break
			}
		}
	}
}

func (c *nestedColumn) use(mem *buffers) {
	for _, ch := range c.chunks {
		ch.use(mem)
	}
}

func (c *nestedColumn) release(int) {}

func (c *nestedColumn) close() int {
	for _, cur := range c.cur {
		if cur != nil {
			for _, s := range cur.leaves {
				s.freePage()
			}
		}
	}
	c.cur = [2]*nestedCursor{}
	for _, ch := range c.chunks {
		ch.settle()
	}
	return 0
}

func (c *nestedColumn) cursor(id cursorID) *nestedCursor {
	if c.cur[id] == nil {
		cur := &nestedCursor{byLeaf: map[int]*leafStream{}}
		for _, ch := range c.chunks {
			s := &leafStream{chunk: ch, next: ch.off}
			cur.leaves = append(cur.leaves, s)
			cur.byLeaf[ch.leaf.leaf] = s
		}
		c.cur[id] = cur
	}
	return c.cur[id]
}

// read implements column. Listed rows are read with those between them, and picked.
func (c *nestedColumn) read(id cursorID, rows rowset) (vector.Vector, error) {
	cur := c.cursor(id)
	if rows.from < cur.row {
		return nil, errors.New("parquet: a nested column was asked to go back")
	}
	n := rows.to - rows.from
	for _, s := range cur.leaves {
		if err := s.skip(rows.from - cur.row); err != nil {
			return nil, err
		}
		if err := s.readRows(n); err != nil {
			return nil, err
		}
	}
	cur.row = rows.to
	v, err := cur.assemble(c.b, 0)
	if err != nil {
		return nil, c.chunks[0].corrupt(-1, err)
	}
	if v.Len() != n {
		return nil, c.chunks[0].corrupt(-1, errors.New("the levels of a nested column do not add up to its rows"))
	}
	if rows.rows == nil {
		return v, nil
	}
	pick := make([]uint32, len(rows.rows))
	for i, r := range rows.rows {
		pick[i] = r - uint32(rows.from)
	}
	return vector.CloneRows(v, pick), nil
}

// leafStream reads the entries (levels and values) of a leaf in order. Entries of a row may continue on the next page.
type leafStream struct {
	*chunk
	next    int64
	page    int // number of the next page
	started bool
	// The current page: its levels, one byte an entry, and what is left of it.
	rep, def []byte
	at       int
	vals     values
	rd       valueCursor
	owned    [2][]byte
	seen     int64 // entries of earlier pages
	// The rows that were read last.
	outRep, outDef []byte
	out            output
	vec            vector.Vector // the values that are not NULL
}

func (s *leafStream) freePage() {
	for _, b := range s.owned {
		s.mem.put(b)
	}
	for _, b := range s.vals.owned {
		s.mem.put(b)
	}
	s.owned, s.vals = [2][]byte{}, values{}
}

// more makes sure that there is an entry left, and reports false at the end of the chunk.
func (s *leafStream) more() (bool, error) {
	for s.at == len(s.def) {
		if s.seen >= s.m.Values || s.next >= s.end {
			return false, nil
		}
		if err := s.nextPage(); err != nil {
			return false, s.corrupt(s.page, err)
		}
	}
	return true, nil
}

func (s *leafStream) nextPage() error {
	s.freePage()
	s.rep, s.def, s.at = s.rep[:0], s.def[:0], 0
	var h meta.PageHeader
	body, err := s.header(s.next, &h)
	if err != nil {
		return err
	}
	s.next = body + int64(h.Compressed)
	switch h.Type {
	case format.DictionaryPage:
		if s.started {
			return errors.New("the column chunk has a dictionary after its first page")
		}
		s.started = true
		if s.hasDict {
			return nil // the other cursor read it
		}
		s.foundDict(body, h)
		return nil
	case format.DataPage, format.DataPageV2:
	default:
		return nil
	}
	s.started = true
	s.page++
	n := int(h.Values)
	if int64(n) > s.m.Values-s.seen {
		return errors.New("the column chunk has more values than the footer says")
	}
	s.seen += int64(n)
	sec, err := s.open(&h, body, false)
	s.owned = [2][]byte{sec.owned, sec.stored}
	if err != nil {
		return err
	}
	if err := s.levels(&h, sec, n); err != nil {
		return err
	}
	count := 0
	for _, d := range s.def {
		if int(d) == s.leaf.def {
			count++
		}
	}
	if s.vals, err = s.decodeValues(h.Encoding, sec.values, count); err != nil {
		return err
	}
	return s.rd.reset(&s.vals)
}

// levels decodes the levels of a page of n entries.
func (s *leafStream) levels(h *meta.PageHeader, sec sections, n int) error {
	if cap(s.def) < n {
		if err := s.reserve(2 * n); err != nil {
			return err
		}
	}
	s.rep, s.def = extend(s.rep[:0], n), extend(s.def[:0], n)
	if err := readLevels(s.rep, sec.rep, s.leaf.rep, h.Type == format.DataPage && h.RepEncoding == format.BitPacked); err != nil {
		return err
	}
	return readLevels(s.def, sec.def, s.leaf.def, h.Type == format.DataPage && h.DefEncoding == format.BitPacked)
}

func readLevels(dst, src []byte, most int, legacy bool) error {
	if most == 0 {
		clear(dst)
		return nil
	}
	width := uint(bits.Len(uint(most)))
	if legacy {
		if _, err := encoding.LegacyLevels(dst, src, width); err != nil {
			return err
		}
	} else {
		var h encoding.Hybrid
		if err := h.Reset(src, width); err != nil {
			return err
		}
		if err := h.ReadBytes(dst); err != nil {
			return err
		}
	}
	for _, l := range dst {
		if int(l) > most {
			return errors.New("a level is greater than the schema allows")
		}
	}
	return nil
}

// rowEnd returns the end of the row that the current entry continues or begins, at most the page's end.
func (s *leafStream) rowEnd(at int) int {
	for at++; at < len(s.rep) && s.rep[at] != 0; at++ {
	}
	return at
}

// skip passes over n rows.
func (s *leafStream) skip(n int) error {
	_, err := s.rows(n, nil)
	return err
}

// readRows reads n rows.
func (s *leafStream) readRows(n int) error {
	s.outRep, s.outDef = s.outRep[:0], s.outDef[:0]
	s.out.reset()
	got, err := s.rows(n, &s.out)
	if err != nil {
		return err
	}
	if got < n {
		return s.corrupt(s.page, errors.New("the column chunk ends before its last row"))
	}
	if s.vec, err = s.out.vector(s.chunk); err != nil {
		return s.corrupt(s.page, err)
	}
	if d, ok := s.vec.(*vector.Dict); ok {
		b := vector.NewBuilder(d.Type(), d.Len()) // children of nested vectors are plain
		b.AppendRows(d, nil)
		s.vec = b.Build()
	}
	return nil
}

// rows passes over n rows and appends them to o, if there is one.
func (s *leafStream) rows(n int, o *output) (int, error) {
	done, open := 0, false // open: the last row may continue on the next page
	for done < n || open {
		ok, err := s.more()
		if err != nil {
			return done, err
		}
		if !ok {
			return done, nil
		}
		if s.at == 0 && s.seen == int64(len(s.rep)) && s.rep[0] != 0 {
			return done, s.corrupt(s.page, errors.New("the column chunk begins inside a row"))
		}
		from := s.at
		if open && s.rep[s.at] != 0 {
			s.at = s.rowEnd(s.at)
		} else if open && done == n {
			return done, nil
		}
		for done < n && s.at < len(s.rep) {
			s.at = s.rowEnd(s.at)
			done++
		}
		open = s.at == len(s.rep) && s.leaf.rep > 0
		if err := s.pass(from, s.at, o); err != nil {
			return done, s.corrupt(s.page, err)
		}
	}
	return done, nil
}

// pass moves the values of entries [from, to) of the page to o, or over them.
func (s *leafStream) pass(from, to int, o *output) error {
	count := 0
	for _, d := range s.def[from:to] {
		if int(d) == s.leaf.def {
			count++
		}
	}
	if o == nil {
		return s.rd.seek(s.rd.at + count)
	}
	s.outRep = append(s.outRep, s.rep[from:to]...)
	s.outDef = append(s.outDef, s.def[from:to]...)
	if count == 0 {
		return nil
	}
	if err := o.switchTo(s.vals.kind, s.dict, s.chunk); err != nil {
		return err
	}
	// The page may be gone before the vector is: strings are read from a copy.
	if s.vals.kind == plainStrings || s.vals.kind == endedStrings {
		if err := s.copyStrings(o, count); err != nil {
			return err
		}
	} else {
		if s.vals.kind == fixedValues {
			o.extendFixed(0, s.width) // own memory
			copy(o.extendFixed(count, s.width), s.vals.data[s.rd.at*s.width:(s.rd.at+count)*s.width])
			s.rd.at += count
		} else if err := s.rd.take(o, count, s.dict); err != nil {
			return err
		}
	}
	o.grownBy(count)
	return nil
}

// copyStrings appends the next strings with their bytes in a buffer of the output's own.
func (s *leafStream) copyStrings(o *output, count int) error {
	var tmp output
	if err := s.rd.take(&tmp, count, nil); err != nil {
		return err
	}
	size := 0
	for _, v := range tmp.views {
		size += int(v.Len)
	}
	buf := make([]byte, 0, size)
	dst := o.extendViews(count)
	o.bufs = append(o.bufs, nil)
	k := len(o.bufs) - 1
	src := tmp.bufs[0]
	for i, v := range tmp.views {
		b := src[v.Off : v.Off+v.Len]
		dst[i] = vector.View{Prefix: v.Prefix, Len: v.Len, Buf: uint32(k), Off: uint32(len(buf))}
		buf = append(buf, b...)
	}
	o.bufs[k] = buf
	return nil
}

var errLevels = errors.New("the columns of a nested value differ in their levels")

// assemble builds the vector of b from the rows that its leaves read. Its slots are the entries that repeat at no
// deeper level than b's own and whose definition level reaches at least minDef.
func (cur *nestedCursor) assemble(b *bound, minDef int) (vector.Vector, error) {
	var v vector.Vector
	var err error
	switch b.node.shape {
	case leafShape:
		return cur.byLeaf[b.node.leaf].slots(minDef)
	case structShape:
		v, err = cur.assembleRow(b, minDef)
	default:
		v, err = cur.assembleList(b, minDef)
	}
	if err != nil || b.conv.vec == nil {
		return v, err
	}
	return b.conv.vec(v, &scratch{})
}

// slots spreads the values of a leaf over its slots.
func (s *leafStream) slots(minDef int) (vector.Vector, error) {
	n, nulls := 0, 0
	for _, d := range s.outDef {
		if int(d) >= minDef {
			n++
			if int(d) < s.leaf.def {
				nulls++
			}
		}
	}
	if nulls == 0 {
		if s.vec.Len() != n {
			return nil, errLevels
		}
		return s.vec, nil
	}
	t := s.vec.Type()
	if s.vec.Len() == 0 {
		b := vector.NewBuilder(t, n)
		for range n {
			b.AppendNull()
		}
		return b.Build(), nil
	}
	pick := make([]uint32, 0, n)
	null := vector.NewBitmap(n)
	v := uint32(0)
	for _, d := range s.outDef {
		switch {
		case int(d) == s.leaf.def:
			pick = append(pick, v)
			v++
		case int(d) >= minDef:
			null.Set(len(pick))
			pick = append(pick, 0)
		}
	}
	return withNulls(vector.CloneRows(s.vec, pick), null), nil
}

// withNulls sets the null mask of a fresh vector.
func withNulls(v vector.Vector, null vector.Bitmap) vector.Vector {
	switch v := v.(type) {
	case *vector.Flat[bool]:
		v.Null = null
	case *vector.Flat[int32]:
		v.Null = null
	case *vector.Flat[int64]:
		v.Null = null
	case *vector.Flat[float32]:
		v.Null = null
	case *vector.Flat[float64]:
		v.Null = null
	case *vector.Flat[schema.Int128]:
		v.Null = null
	case *vector.Flat[schema.IntervalValue]:
		v.Null = null
	case *vector.Bytes:
		v.Null = null
	}
	return v
}

// first returns a leaf below b: all of them agree about b.
func (cur *nestedCursor) first(b *bound) *leafStream { return cur.byLeaf[b.leaves(nil)[0].leaf] }

func (cur *nestedCursor) assembleRow(b *bound, minDef int) (vector.Vector, error) {
	s := cur.first(b)
	out := &vector.Struct{Typ: b.typ}
	var null vector.Bitmap
	for i, d := range s.outDef {
		if int(s.outRep[i]) > b.node.rep || int(d) < minDef {
			continue
		}
		if int(d) < b.node.def {
			for len(null) <= out.N/64 {
				null = append(null, 0)
			}
			null.Set(out.N)
		}
		out.N++
	}
	if null != nil {
		for len(null) < vector.Words(out.N) {
			null = append(null, 0)
		}
		out.Null = null
	}
	for i, c := range b.children {
		if c == nil {
			nulls := vector.NewBuilder(b.typ.Fields()[i].Type, 1)
			nulls.AppendNull()
			out.Children = append(out.Children, &vector.Const{Value: nulls.Build(), N: out.N})
			continue
		}
		v, err := cur.assemble(c, minDef)
		if err != nil {
			return nil, err
		}
		if v.Len() != out.N {
			return nil, errLevels
		}
		out.Children = append(out.Children, v)
	}
	return out, nil
}

func (cur *nestedCursor) assembleList(b *bound, minDef int) (vector.Vector, error) {
	s := cur.first(b)
	out := &vector.List{Typ: b.typ, Offsets: []uint32{0}}
	var null vector.Bitmap
	elems := uint32(0)
	for i, d := range s.outDef {
		if int(d) < minDef {
			continue
		}
		rep := int(s.outRep[i])
		if rep <= b.node.rep {
			out.Offsets[len(out.Offsets)-1] = elems // the end of the list before, and the start of this one
			n := len(out.Offsets) - 1
			if int(d) < b.node.def {
				for len(null) <= n/64 {
					null = append(null, 0)
				}
				null.Set(n)
			}
			out.Offsets = append(out.Offsets, elems)
		}
		if rep <= b.node.rep+1 && int(d) >= b.node.elemDef {
			elems++
		}
	}
	out.Offsets[len(out.Offsets)-1] = elems
	if null != nil {
		for len(null) < vector.Words(len(out.Offsets)-1) {
			null = append(null, 0)
		}
		out.Null = null
	}
	for _, c := range b.children {
		v, err := cur.assemble(c, b.node.elemDef)
		if err != nil {
			return nil, err
		}
		if v.Len() != int(elems) {
			return nil, errLevels
		}
		out.Children = append(out.Children, v)
	}
	return out, nil
}
