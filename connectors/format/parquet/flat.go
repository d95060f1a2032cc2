package parquet

import (
	"context"
	"errors"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
)

// column reads a field of a row group. Rows are numbered within the row group; each of the two cursors moves forward
// only, and its vectors are valid until it reads again.
type column interface {
	// need returns the ranges of the file that reading the rows takes and that were not asked for before.
	need(ctx context.Context, wanted rowFilter) ([]objstore.Range, error)
	// attach says that range i of these can be had from r under the number index[i], or is in memory if there is no r.
	attach(ranges []objstore.Range, r *objstore.RangeReader, index []int)
	// read decodes rows.
	read(c cursorID, rows rowset) (vector.Vector, error)
	// use makes the column take its memory from mem. Nothing has been read yet.
	use(mem *buffers)
	// release says that rows before the given one are not wanted any more.
	release(before int)
	// close gives all memory back and returns how many pages were never decompressed.
	close() (skipped int)
}

// cursorID names one of the two readers that a column has: the filter passes run ahead of the output.
type cursorID uint8

const (
	scanCursor cursorID = iota
	emitCursor
)

// nullColumn is a field that the file does not have.
type nullColumn struct{ one vector.Vector }

func (c *nullColumn) need(context.Context, rowFilter) ([]objstore.Range, error) { return nil, nil }
func (c *nullColumn) attach([]objstore.Range, *objstore.RangeReader, []int)     {}
func (c *nullColumn) use(*buffers)                                              {}
func (c *nullColumn) release(int)                                               {}
func (c *nullColumn) close() int                                                { return 0 }
func (c *nullColumn) read(_ cursorID, rows rowset) (vector.Vector, error) {
	return &vector.Const{Value: c.one, N: rows.len()}, nil
}

// flatColumn is a column that is not nested.
type flatColumn struct {
	*chunk
	// typ is the table's type.
	typ   schema.Type
	pages []*page
	// indexed says that pages has all pages, from the offset index. Otherwise headers are walked: next is where the next
	// header is, and walked the first row that no known page has.
	indexed bool
	next    int64
	walked  int
	asked   bool // the whole chunk
	low     int  // pages before it are released
	cur     [2]flatCursor
	out     [2]output
	idx     []uint32
	mask    vector.Bitmap
	skipped int // pages that were passed without being decompressed
}

// flatCursor is a position in a page.
type flatCursor struct {
	page *page
	row  int // the next row, within the page
	val  int // how many values are before it
	rd   valueCursor
}

func newFlatColumn(c *chunk, t schema.Type) *flatColumn {
	col := &flatColumn{chunk: c, typ: t, next: c.off}
	if c.store != nil {
		col.adopt()
	}
	return col
}

// locate makes the column read pages one by one as an offset index says.
func (c *flatColumn) locate(pages []meta.PageLocation) {
	if c.indexed || c.walked > 0 || len(pages) == 0 {
		return
	}
	c.indexed = true
	for i, p := range pages {
		end := c.rows
		if i+1 < len(pages) {
			end = int(pages[i+1].FirstRow)
		}
		c.pages = append(c.pages, &page{first: int(p.FirstRow), end: end, index: i, head: p.Offset})
	}
	c.walked = c.rows
	c.next = pages[0].Offset
}

func (c *flatColumn) need(_ context.Context, wanted rowFilter) ([]objstore.Range, error) {
	if c.end == c.off {
		return nil, nil
	}
	if !c.indexed {
		if c.asked || c.complete() {
			return nil, nil
		}
		c.asked = true
		return cutRange(nil, objstore.Range{Off: c.off, Len: c.end - c.off}), nil
	}
	var out []objstore.Range
	if !c.hasDict && !c.asked && c.next > c.off {
		out = append(out, objstore.Range{Off: c.off, Len: c.next - c.off})
	}
	c.asked = true
	for i, p := range c.pages {
		if p.loaded || p.released || c.covers(p.head) || !wanted.touches(p.first, p.end) {
			continue
		}
		end := c.end
		if i+1 < len(c.pages) {
			end = c.pages[i+1].head
		}
		if k := len(out) - 1; k >= 0 && out[k].Off+out[k].Len == p.head && out[k].Len < 4<<20 {
			out[k].Len += end - p.head
		} else {
			out = append(out, objstore.Range{Off: p.head, Len: end - p.head})
		}
	}
	return out, nil
}

// complete reports whether every page is known and loaded, so that nothing has to be fetched.
func (c *flatColumn) complete() bool {
	if c.walked < c.rows {
		return false
	}
	for _, p := range c.pages {
		if !p.loaded {
			return false
		}
	}
	return true
}

// dictionaryPage finds the dictionary if the chunk has one.
func (c *flatColumn) dictionaryPage() error {
	if c.hasDict {
		return nil
	}
	c.hasDict = true
	if c.indexed && c.next == c.off {
		return nil
	}
	var h meta.PageHeader
	body, err := c.header(c.off, &h)
	if err != nil {
		return c.corrupt(-1, err)
	}
	if h.Type != format.DictionaryPage {
		return nil
	}
	c.foundDict(body, h)
	if !c.indexed {
		c.next = body + int64(h.Compressed)
	}
	return nil
}

// pageAt returns the page that holds a row, and walks headers up to it.
func (c *flatColumn) pageAt(row int, hint *page) (*page, error) {
	if hint != nil && row >= hint.first && row < hint.end {
		return hint, nil
	}
	if err := c.dictionaryPage(); err != nil {
		return nil, err
	}
	for row >= c.walked {
		if err := c.walk(); err != nil {
			return nil, c.corrupt(len(c.pages), err)
		}
	}
	lo, hi := 0, len(c.pages)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; c.pages[m].first <= row {
			lo = m
		} else {
			hi = m
		}
	}
	return c.pages[lo], nil
}

// walk reads the next page header.
func (c *flatColumn) walk() error {
	if c.next >= c.end {
		return errors.New("the column chunk ends before its last row")
	}
	p := &page{first: c.walked, index: len(c.pages), head: c.next, hasHdr: true}
	body, err := c.header(c.next, &p.hdr)
	if err != nil {
		return err
	}
	c.next = body + int64(p.hdr.Compressed)
	switch p.hdr.Type {
	case format.DataPage, format.DataPageV2:
	case format.DictionaryPage:
		return errors.New("the column chunk has a second dictionary")
	default:
		return nil // index pages and what future versions add
	}
	n := int(p.hdr.Values)
	if n > c.rows-c.walked {
		return errors.New("the column chunk has more values than the row group has rows")
	}
	if n == 0 {
		return nil
	}
	p.body, p.end = body, c.walked+n
	c.walked = p.end
	c.pages = append(c.pages, p)
	return nil
}

// read implements column.
func (c *flatColumn) read(id cursorID, rows rowset) (vector.Vector, error) {
	o, cur := &c.out[id], &c.cur[id]
	o.reset()
	if rows.len() == 0 {
		return vector.NewBuilder(c.typ, 0).Build(), nil
	}
	at := rows.from
	for i := 0; at < rows.to; {
		if rows.rows != nil {
			if i == len(rows.rows) {
				break
			}
			at = int(rows.rows[i])
		}
		p, err := c.pageAt(at, cur.page)
		if err != nil {
			return nil, err
		}
		if rows.loose && c.indexed && !p.loaded && !c.covers(p.head) {
			n := min(rows.to, p.end) - at
			if err := o.switchTo(noValues, c.dict, c.chunk); err != nil {
				return nil, c.corrupt(p.index, err)
			}
			o.missing(n, c.width, c.dict)
			at += n
			continue
		}
		if err := c.enter(cur, p, at); err != nil {
			return nil, err
		}
		if err := o.switchTo(p.values.kind, c.dict, c.chunk); err != nil {
			return nil, c.corrupt(p.index, err)
		}
		if rows.rows == nil {
			n := min(rows.to, p.end) - at
			err = c.dense(o, cur, at-p.first, n)
			at += n
		} else {
			j := i + lowerBound(rows.rows[i:], uint32(p.end))
			err = c.sparse(o, cur, rows.rows[i:j])
			i = j
		}
		if err != nil {
			return nil, c.corrupt(p.index, err)
		}
	}
	v, err := o.vector(c.chunk)
	return v, c.corrupt(-1, err)
}

// enter loads a page and puts the cursor on it, at its start if the row lies behind the cursor.
func (c *flatColumn) enter(cur *flatCursor, p *page, row int) error {
	if err := c.load(p); err != nil {
		return err
	}
	if cur.page == p && row-p.first >= cur.row {
		return nil
	}
	cur.page, cur.row, cur.val = p, 0, 0
	return c.corrupt(p.index, cur.rd.reset(&p.values))
}

// advance moves the cursor's row forward and counts the values that it passes.
func (cur *flatCursor) advance(row int) {
	if cur.page.valid == nil {
		cur.val = row
	} else {
		cur.val += countBits(cur.page.valid, cur.row, row)
	}
	cur.row = row
}

// dense appends n rows from row, which is relative to the page.
func (c *flatColumn) dense(o *output, cur *flatCursor, row, n int) error {
	p := cur.page
	if p.values.n == 0 {
		o.missing(n, c.width, c.dict)
		return nil
	}
	cur.advance(row)
	if err := cur.rd.seek(cur.val); err != nil {
		return err
	}
	if p.valid == nil {
		if err := cur.rd.take(o, n, c.dict); err != nil {
			return err
		}
		o.grownBy(n)
	} else {
		count := countBits(p.valid, row, row+n)
		if err := cur.rd.take(o, count, c.dict); err != nil {
			return err
		}
		o.spread(p.valid, row, n, count)
	}
	cur.advance(row + n)
	return nil
}

// sparse appends the given rows, which are in the page.
func (c *flatColumn) sparse(o *output, cur *flatCursor, rows []uint32) error {
	p := cur.page
	if p.values.n == 0 {
		o.missing(len(rows), c.width, c.dict)
		return nil
	}
	idx := extend(c.idx[:0], len(rows))
	c.idx = idx
	if p.valid == nil {
		for i, r := range rows {
			idx[i] = r - uint32(p.first)
		}
		cur.row = int(idx[len(idx)-1]) + 1
		cur.val = cur.row
		if err := cur.rd.gather(o, idx, c.dict); err != nil {
			return err
		}
		o.grownBy(len(rows))
		return nil
	}
	// The values of the rows that are not NULL are gathered, then moved to their places.
	mask := c.mask.Resize(len(rows))
	c.mask = mask
	idx = idx[:0]
	for i, r := range rows {
		if k := int(r) - p.first; p.valid.Get(k) {
			cur.advance(k)
			idx = append(idx, uint32(cur.val))
			mask.Set(i)
		}
	}
	if err := cur.rd.gather(o, idx, c.dict); err != nil {
		return err
	}
	if n := len(idx); n > 0 {
		cur.row, cur.val = cur.row+1, cur.val+1
	}
	o.spread(mask, 0, len(rows), len(idx))
	return nil
}

// countBits counts the ones of bits [from, to).
func countBits(b vector.Bitmap, from, to int) int {
	n := 0
	for i := from; i < to; {
		w := b[uint(i)/64] >> (uint(i) % 64)
		k := min(64-i%64, to-i)
		if k < 64 {
			w &= 1<<k - 1
		}
		n += bits.OnesCount64(w)
		i += k
	}
	return n
}

func (c *flatColumn) release(before int) {
	for c.low < len(c.pages) && c.pages[c.low].end <= before {
		c.drop(c.pages[c.low])
		c.low++
	}
	if c.low < len(c.pages) && c.hasDict {
		c.passed(c.pages[c.low].head)
	}
}

func (c *flatColumn) drop(p *page) {
	if !p.loaded && !p.released {
		c.skipped++
	}
	c.free(p)
}

func (c *flatColumn) close() int {
	for _, p := range c.pages[c.low:] {
		c.drop(p)
	}
	c.pages, c.parts = nil, nil
	c.settle()
	return c.skipped
}
