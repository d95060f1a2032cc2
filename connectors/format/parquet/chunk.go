package parquet

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/parquet/codec"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// chunk is a column of a row group being read: where its bytes are, and its dictionary.
type chunk struct {
	at   place
	leaf *node
	m    *meta.Chunk
	rows int
	// off and end are the chunk's range in the file.
	off, end int64
	parts    []part
	// whole is the file when it is in memory.
	whole  []byte
	mem    *buffers
	width  int
	mapper mapper
	conv   conversion
	// distinct says that entries of the dictionary are distinct as values.
	distinct bool
	// limit is the conversion's, 0 where different texts of the file are one to the mapper.
	limit   int
	dict    *dictionary
	hasDict bool // the dictionary page was looked for
	// dictBody and dictHdr are where the dictionary page is while it has not been read: pages may not need it.
	dictBody int64
	dictHdr  *meta.PageHeader
	store    *sharedChunk
	// reserved is memory that is not from mem's buffers: the dictionary, levels.
	reserved int
}

// part is a stretch of the chunk's bytes that is being fetched.
type part struct {
	off, n int64
	ranges *objstore.RangeReader
	index  int
	passed bool
}

// dictionary holds the distinct values of a chunk in the table's type. It is immutable.
type dictionary struct {
	values vector.Vector
	id     uint64
	n      int
	// remap merges entries that are equal as values; nil when there are none.
	remap []uint32
	// expand says that distinct entries may be equal, so that codes are turned into values.
	expand bool
}

func newChunk(f *file, group int, b *bound, leaf *node, mem *buffers) (*chunk, error) {
	g := &f.meta.RowGroups[group]
	m := &g.Columns[leaf.leaf]
	c := &chunk{
		at: place{url: f.url, group: group, column: leaf.path, page: -1}, leaf: leaf, m: m, rows: int(g.Rows), mem: mem,
		width: width(leaf.elem), whole: f.whole,
	}
	if err := readable(m); err != nil {
		return nil, err
	}
	if m.Type != leaf.elem.Type {
		return nil, c.corrupt(-1, errors.New("the column chunk and the schema differ in type"))
	}
	if leaf.rep == 0 && m.Values != int64(c.rows) {
		return nil, c.corrupt(-1, fmt.Errorf("the column chunk counts %d values for %d rows", m.Values, c.rows))
	}
	var n int64
	c.off, n = m.Range()
	c.end = c.off + n
	c.mapper, c.distinct = mapperOf(leaf.elem, leaf.typ)
	if b != nil && b.node.shape == leafShape {
		c.conv = b.conv
		if c.distinct {
			c.limit = b.conv.limit
		}
		c.distinct = c.distinct && b.conv.distinct
	}
	return c, nil
}

// reserve accounts for n bytes until the chunk is closed.
func (c *chunk) reserve(n int) error {
	err := c.mem.reserve(n)
	if err == nil {
		c.reserved += n
	}
	return err
}

// settle ends the accounting of what reserve granted.
func (c *chunk) settle() {
	c.mem.release(c.reserved)
	c.reserved = 0
}

func (c *chunk) use(mem *buffers) { c.mem = mem }

func (c *chunk) corrupt(page int, err error) error {
	p := c.at
	p.page = page
	return corrupt(p, err)
}

// pieceBytes is the length of the pieces in which a long chunk is fetched, so that a part of it is in memory at a time; a
// chunk that is not longer than half as much again is fetched as one.
const pieceBytes = 8 << 20

// cutRange cuts a range that is to be fetched into pieces.
func cutRange(out []objstore.Range, r objstore.Range) []objstore.Range {
	for r.Len > pieceBytes+pieceBytes/2 {
		out = append(out, objstore.Range{Off: r.Off, Len: pieceBytes})
		r.Off, r.Len = r.Off+pieceBytes, r.Len-pieceBytes
	}
	return append(out, r)
}

func (c *chunk) attach(ranges []objstore.Range, r *objstore.RangeReader, index []int) {
	for i, x := range ranges {
		p := part{off: x.Off, n: x.Len, ranges: r}
		if r != nil {
			p.index = index[i]
		}
		c.parts = append(c.parts, p)
	}
}

// covers reports whether the byte at off was asked for.
func (c *chunk) covers(off int64) bool { return c.partAt(off) != nil }

func (c *chunk) partAt(off int64) *part {
	for i := len(c.parts) - 1; i >= 0; i-- {
		if p := &c.parts[i]; off >= p.off && off < p.off+p.n {
			return p
		}
	}
	return nil
}

var errOutside = errors.New("a page lies outside its column chunk")

// window returns the bytes from off to the end of the part that holds it.
func (c *chunk) window(off int64) ([]byte, error) {
	p := c.partAt(off)
	if p == nil {
		return nil, errOutside
	}
	if p.ranges == nil {
		return c.whole[off : p.off+p.n : p.off+p.n], nil
	}
	b, err := p.ranges.Get(p.index)
	if err != nil {
		return nil, err
	}
	return b[off-p.off:], nil
}

// bytes returns n bytes of the file from off on. owned is the buffer to give back when they had to be put together from
// several parts.
func (c *chunk) bytes(off, n int64) (b, owned []byte, err error) {
	w, err := c.window(off)
	if err != nil {
		return nil, nil, err
	}
	if n <= int64(len(w)) {
		return w[:n:n], nil, nil
	}
	if owned, err = c.mem.get(int(n)); err != nil {
		return nil, nil, err
	}
	for at := 0; ; {
		at += copy(owned[at:], w)
		if at == int(n) {
			return owned, owned, nil
		}
		if w, err = c.window(off + int64(at)); err != nil {
			c.mem.put(owned)
			return nil, nil, err
		}
	}
}

// passed lets go of the parts that end before off, but for those with a dictionary that may still be needed.
func (c *chunk) passed(off int64) {
	keep := int64(0)
	if c.dictHdr != nil {
		keep = c.dictBody + int64(c.dictHdr.Compressed)
	}
	for i := range c.parts {
		if p := &c.parts[i]; p.off >= keep && p.off+p.n <= off && !p.passed && p.ranges != nil {
			p.passed = true
			p.ranges.Release(p.index)
		}
	}
}

// When a page header crosses the end of its part, this much is put together of both: the first is enough for nearly all
// headers, the last for those with long strings as statistics.
var headerBytes = [...]int64{16 << 10, 16 << 20}

// header reads the page header at off and returns the offset of the body.
func (c *chunk) header(off int64, h *meta.PageHeader) (int64, error) {
	b, err := c.window(off)
	if err != nil {
		return 0, err
	}
	n, err := meta.ParsePageHeader(b, h)
	for _, most := range headerBytes {
		size := min(c.end-off, most)
		if err == nil || int64(len(b)) >= size {
			continue
		}
		long, owned, ferr := c.bytes(off, size)
		if ferr != nil {
			return 0, ferr
		}
		n, err = meta.ParsePageHeader(long, h)
		c.mem.put(owned)
	}
	if err != nil {
		return 0, err
	}
	if int64(h.Compressed) > c.end-off-int64(n) {
		return 0, errors.New("a page is longer than its column chunk")
	}
	return off + int64(n), nil
}

// body returns the stored bytes of a page, checked against its checksum, and the buffer to give back if they are in one.
func (c *chunk) body(off int64, h *meta.PageHeader) (b, owned []byte, err error) {
	if h.Compressed > 0 {
		if b, owned, err = c.bytes(off, int64(h.Compressed)); err != nil {
			return nil, nil, err
		}
	}
	if h.HasCRC && crc32.ChecksumIEEE(b) != h.CRC {
		c.mem.put(owned)
		return nil, nil, errors.New("the checksum of a page is wrong")
	}
	return b, owned, nil
}

// inflate decompresses src to n bytes. The second result is the buffer to give back, nil when src itself is the answer.
func (c *chunk) inflate(src []byte, n int, fresh bool) (out, owned []byte, err error) {
	if c.m.Codec == format.Uncompressed {
		out, err = codec.Decode(c.m.Codec, nil, src, n)
		return out, nil, err
	}
	if n == 0 {
		return []byte{}, nil, nil
	}
	if !codec.Plausible(c.m.Codec, len(src), n) {
		return nil, nil, errors.New("a page cannot be as long as its header says")
	}
	if fresh {
		if err := c.reserve(n); err != nil {
			return nil, nil, err
		}
		owned = make([]byte, n, n+codec.Slack)
	} else if owned, err = c.mem.get(n); err != nil {
		return nil, nil, err
	}
	if out, err = codec.Decode(c.m.Codec, owned, src, n); err != nil {
		if !fresh {
			c.mem.put(owned)
		}
		return nil, nil, err
	}
	return out, owned, nil
}

// foundDict remembers where the dictionary page is.
func (c *chunk) foundDict(off int64, h meta.PageHeader) {
	c.hasDict, c.dictBody, c.dictHdr = true, off, &h
}

// needDict reads the dictionary page that was found.
func (c *chunk) needDict() error {
	if c.dictHdr == nil || c.dict != nil {
		return nil
	}
	h, off := c.dictHdr, c.dictBody
	c.dictHdr = nil
	if !meta.IsPlain(h.Encoding) {
		return errors.New("the dictionary page has an unknown encoding")
	}
	src, stored, err := c.body(off, h)
	if err != nil {
		return err
	}
	defer c.mem.put(stored)
	data, owned, err := c.inflate(src, int(h.Uncompressed), true)
	if err != nil {
		return err
	}
	if owned == nil {
		data = append([]byte{}, data...) // the dictionary outlives what was fetched
	}
	if c.dict, err = c.buildDict(data, int(h.Values)); err == nil && c.store != nil {
		c.store.keepDict(c)
	}
	return err
}

func (c *chunk) buildDict(data []byte, n int) (*dictionary, error) {
	d := &dictionary{n: n, id: vector.NewDictID()}
	if n == 0 {
		return d, nil
	}
	v := values{n: n, data: data, width: c.width}
	switch {
	case c.leaf.elem.Type == format.Boolean:
		return nil, errors.New("a dictionary of booleans")
	case c.width > 0:
		v.kind = fixedValues
		if n > len(data)/c.width {
			return nil, errors.New("the dictionary page ends early")
		}
	default:
		v.kind = plainStrings
		if n > len(data)/4 {
			return nil, errors.New("the dictionary page ends early")
		}
	}
	if err := c.reserve(n * 16); err != nil {
		return nil, err
	}
	var o output
	o.reset()
	cur := valueCursor{v: &v}
	if err := cur.take(&o, n, d); err != nil {
		return nil, err
	}
	distinct := c.distinct || c.limit > 0 && o.shortTexts(c.limit)
	vec, err := o.vector(c)
	if err != nil {
		return nil, err
	}
	d.values = vec
	if !distinct {
		d.merge()
	}
	return d, nil
}

// merge finds entries that are equal as values although they differ in the file: nanoseconds that round to one
// microsecond, NaNs, and texts that are cut to one. Zeros of both signs, and documents with 1 and 1.0, are equal and look
// different: such a dictionary is not used as one.
func (d *dictionary) merge() {
	first := make(map[string]uint32, d.n)
	remap := make([]uint32, d.n)
	var rows []uint32
	for i := range d.n {
		key := vector.ValueAt(d.values, i).Text()
		at, ok := first[key]
		if !ok {
			at = uint32(len(rows))
			first[key] = at
			rows = append(rows, uint32(i))
		}
		remap[i] = at
	}
	_, zero := first["0"]
	_, minus := first["-0"]
	d.expand = zero && minus || d.values.Type().Kind == schema.JSONB
	if len(rows) < d.n {
		d.values = vector.CloneRows(d.values, rows)
		d.remap = remap
	}
}

// readable refuses chunks that Tarn does not read.
func readable(m *meta.Chunk) error {
	switch {
	case m.Encrypted:
		return sqlerr.Unsupported("reading encrypted Parquet columns")
	case m.Elsewhere:
		return sqlerr.Unsupported("reading Parquet columns that are in a file of their own")
	}
	return codec.Check(m.Codec)
}
