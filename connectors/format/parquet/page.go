package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/connectors/format/parquet/encoding"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/exec/vector"
)

// page is a data page of a flat column.
type page struct {
	first, end int // rows
	index      int // in the chunk
	head       int64
	body       int64
	hdr        meta.PageHeader
	hasHdr     bool
	loaded     bool
	released   bool
	// valid has a bit for each row that is not NULL; nil when all are.
	valid  vector.Bitmap
	values values
	// owned and stored are buffers to give back.
	owned, stored []byte
	// shared pages belong to the query's cache.
	shared bool
}

// sections are the parts of a page's body.
type sections struct {
	rep, def []byte
	values   []byte
	// owned and stored are buffers to give back: of the values, and of the page as it is stored.
	owned, stored []byte
}

// open decompresses a page's body and cuts it into its parts. fresh asks for memory that is not pooled.
func (c *chunk) open(h *meta.PageHeader, body int64, fresh bool) (s sections, err error) {
	src, stored, err := c.body(body, h)
	if err != nil {
		return s, err
	}
	s.stored = stored
	if h.Type == format.DataPageV2 {
		s.rep, s.def = src[:h.RepBytes], src[h.RepBytes:h.RepBytes+h.DefBytes]
		src = src[h.RepBytes+h.DefBytes:]
		n := int(h.Uncompressed - h.RepBytes - h.DefBytes)
		if h.Plain {
			if n != len(src) {
				return s, errors.New("a page without compression announces two sizes")
			}
			s.values = src
			return s, nil
		}
		s.values, s.owned, err = c.inflate(src, n, fresh)
		return s, err
	}
	data, owned, err := c.inflate(src, int(h.Uncompressed), fresh)
	if err != nil {
		return s, err
	}
	s.owned = owned
	if s.rep, data, err = levelSection(data, c.leaf.rep, h.RepEncoding, h.Values); err == nil {
		s.def, s.values, err = levelSection(data, c.leaf.def, h.DefEncoding, h.Values)
	}
	return s, err
}

// levelSection cuts the levels of a page of version 1 from its data.
func levelSection(data []byte, most int, enc format.Encoding, n int32) (levels, rest []byte, err error) {
	if most == 0 {
		return nil, data, nil
	}
	if enc == format.BitPacked {
		size := (int64(n)*int64(bits.Len(uint(most))) + 7) / 8
		if size > int64(len(data)) {
			return nil, nil, encoding.ErrShort
		}
		return data[:size], data[size:], nil
	}
	if enc != format.RLE {
		return nil, nil, errors.New("the levels of a page have an unknown encoding")
	}
	if len(data) < 4 {
		return nil, nil, encoding.ErrShort
	}
	size := binary.LittleEndian.Uint32(data)
	if uint64(size) > uint64(len(data)-4) {
		return nil, nil, encoding.ErrShort
	}
	return data[4 : 4+size], data[4+size:], nil
}

// validity reads the definition levels of a flat column: the rows that are not NULL, and how many they are.
func (c *chunk) validity(h *meta.PageHeader, def []byte, n int) (vector.Bitmap, int, error) {
	if c.leaf.def == 0 {
		return nil, n, nil
	}
	legacy := h.Type == format.DataPage && h.DefEncoding == format.BitPacked
	if !legacy && (h.Type == format.DataPageV2 && h.Nulls == 0 || encoding.AllOnes(def, n)) {
		return nil, n, nil
	}
	if err := c.reserve(n / 8); err != nil {
		return nil, 0, err
	}
	valid := vector.NewBitmap(n)
	if legacy {
		levels := make([]byte, n)
		if _, err := encoding.LegacyLevels(levels, def, 1); err != nil {
			return nil, 0, err
		}
		for i, l := range levels {
			if l != 0 {
				valid.Set(i)
			}
		}
	} else {
		var hyb encoding.Hybrid
		if err := hyb.Reset(def, 1); err != nil {
			return nil, 0, err
		}
		if _, err := hyb.ReadBits(valid, n); err != nil {
			return nil, 0, err
		}
	}
	count := valid.Count()
	if count == n {
		return nil, n, nil
	}
	return valid, count, nil
}

// load makes the page's values readable.
func (c *chunk) load(p *page) error {
	if p.loaded {
		return nil
	}
	if p.released {
		return errors.New("a page is wanted again")
	}
	if err := c.loadPage(p); err != nil {
		return c.corrupt(p.index, err)
	}
	p.loaded = true
	if c.store != nil {
		c.store.keep(c, p)
	}
	return nil
}

func (c *chunk) loadPage(p *page) error {
	if err := c.ensureHeader(p); err != nil {
		return err
	}
	s, err := c.open(&p.hdr, p.body, c.store != nil)
	p.owned, p.stored = s.owned, s.stored
	if err != nil {
		return err
	}
	n := p.end - p.first
	var count int
	if p.valid, count, err = c.validity(&p.hdr, s.def, n); err != nil {
		return err
	}
	p.values, err = c.decodeValues(p.hdr.Encoding, s.values, count)
	return err
}

// ensureHeader parses the header of a page that an offset index located.
func (c *chunk) ensureHeader(p *page) error {
	if p.hasHdr {
		return nil
	}
	body, err := c.header(p.head, &p.hdr)
	if err != nil {
		return err
	}
	p.body, p.hasHdr = body, true
	if p.hdr.Type != format.DataPage && p.hdr.Type != format.DataPageV2 {
		return errors.New("the offset index leads to something that is not a data page")
	}
	if int(p.hdr.Values) != p.end-p.first {
		return errors.New("a page has another number of rows than the offset index says")
	}
	return nil
}

// free gives the page's memory back.
func (c *chunk) free(p *page) {
	if p.released {
		return
	}
	p.released = true
	c.mem.put(p.stored)
	if !p.shared {
		if c.store == nil { // else it is not from mem
			c.mem.put(p.owned)
		}
		for _, b := range p.values.owned {
			c.mem.put(b)
		}
	}
	p.loaded, p.owned, p.stored, p.values, p.valid = false, nil, nil, values{}, nil
}
