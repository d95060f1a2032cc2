package meta

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/connectors/format/parquet/thrift"
)

// PageHeader is the header of a page, of either version.
type PageHeader struct {
	Type format.PageType
	// Uncompressed and Compressed are the sizes of the page's body, levels included.
	Uncompressed, Compressed int32
	// Values counts NULLs and repeated values too.
	Values   int32
	Encoding format.Encoding
	// DefEncoding and RepEncoding are of pages of version 1.
	DefEncoding, RepEncoding format.Encoding
	// The fields of pages of version 2. Rows is -1 in version 1.
	Nulls, Rows        int32
	DefBytes, RepBytes int32
	Plain              bool
	// HasCRC says that CRC is the checksum (CRC-32, IEEE) of the page's body as it is stored.
	HasCRC bool
	CRC    uint32
}

// ParsePageHeader reads a header at the start of b and returns its length.
func ParsePageHeader(b []byte, h *PageHeader) (int, error) {
	*h = PageHeader{Type: -1, Rows: -1}
	var r thrift.Reader
	r.Reset(b)
	var f thrift.Field
	data := false
	for r.Next(&f) {
		switch f.ID {
		case 1:
			h.Type = format.PageType(r.Int32(f.Type))
		case 2:
			h.Uncompressed = r.Int32(f.Type)
		case 3:
			h.Compressed = r.Int32(f.Type)
		case 4:
			h.CRC, h.HasCRC = uint32(r.Int32(f.Type)), true
		case 5, 7:
			if r.Struct(f.Type) {
				parsePageV1(&r, h)
				data = true
			}
		case 8:
			if r.Struct(f.Type) {
				parsePageV2(&r, h)
				data = true
			}
		default:
			r.Skip(f.Type)
		}
	}
	if err := r.Err(); err != nil {
		return 0, fmt.Errorf("page header: %w", err)
	}
	if h.Uncompressed < 0 || h.Compressed < 0 || h.Values < 0 {
		return 0, errors.New("page header: a size is negative")
	}
	switch h.Type {
	case format.DataPage, format.DictionaryPage, format.DataPageV2:
		if !data {
			return 0, errors.New("page header: the description of the page is missing")
		}
	}
	levels := int64(h.DefBytes) + int64(h.RepBytes)
	if h.DefBytes < 0 || h.RepBytes < 0 || levels > int64(h.Compressed) || levels > int64(h.Uncompressed) {
		return 0, errors.New("page header: the levels are longer than the page")
	}
	return r.Pos(), nil
}

func parsePageV1(r *thrift.Reader, h *PageHeader) {
	var f thrift.Field
	for r.Next(&f) {
		switch {
		case f.ID == 1:
			h.Values = r.Int32(f.Type)
		case f.ID == 2:
			h.Encoding = format.Encoding(r.Int32(f.Type))
		case f.ID == 3 && f.Type == thrift.I32:
			h.DefEncoding = format.Encoding(r.Int32(f.Type))
		case f.ID == 4 && f.Type == thrift.I32:
			h.RepEncoding = format.Encoding(r.Int32(f.Type))
		default:
			r.Skip(f.Type)
		}
	}
}

func parsePageV2(r *thrift.Reader, h *PageHeader) {
	var f thrift.Field
	for r.Next(&f) {
		switch f.ID {
		case 1:
			h.Values = r.Int32(f.Type)
		case 2:
			h.Nulls = r.Int32(f.Type)
		case 3:
			h.Rows = r.Int32(f.Type)
		case 4:
			h.Encoding = format.Encoding(r.Int32(f.Type))
		case 5:
			h.DefBytes = r.Int32(f.Type)
		case 6:
			h.RepBytes = r.Int32(f.Type)
		case 7:
			h.Plain = !r.Bool(f.Type)
		default:
			r.Skip(f.Type)
		}
	}
}

// PageLocation is where a page is in the file, header included, and the first of its rows in the row group.
type PageLocation struct {
	Offset   int64
	Size     int32
	FirstRow int64
}

// ParseOffsetIndex reads the locations of a chunk's data pages and checks that they ascend inside [from, to) of the
// file and inside rows.
func ParseOffsetIndex(b []byte, from, to, rows int64) ([]PageLocation, error) {
	var r thrift.Reader
	r.Reset(b)
	var out []PageLocation
	var f thrift.Field
	for r.Next(&f) {
		if f.ID != 1 {
			r.Skip(f.Type)
			continue
		}
		n, _ := r.List(f.Type)
		out = make([]PageLocation, 0, n)
		for i := 0; i < n && r.Err() == nil; i++ {
			out = append(out, parseLocation(&r))
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("offset index: %w", err)
	}
	end, row := from, int64(-1)
	for i, p := range out {
		if p.Offset < end || p.Size <= 0 || int64(p.Size) > to-p.Offset || p.FirstRow <= row || p.FirstRow >= rows {
			return nil, fmt.Errorf("offset index: page %d is out of place", i)
		}
		if i == 0 && p.FirstRow != 0 {
			return nil, errors.New("offset index: the first page does not begin at row 0")
		}
		end, row = p.Offset+int64(p.Size), p.FirstRow
	}
	return out, nil
}

func parseLocation(r *thrift.Reader) (p PageLocation) {
	var f thrift.Field
	for r.Next(&f) {
		switch f.ID {
		case 1:
			p.Offset = r.Int(f.Type)
		case 2:
			p.Size = r.Int32(f.Type)
		case 3:
			p.FirstRow = r.Int(f.Type)
		default:
			r.Skip(f.Type)
		}
	}
	return p
}

// ParseColumnIndex reads the statistics of a chunk's pages. A page of NULLs alone has no bounds and Nulls is -1 where
// the index does not count them; AllNull tells it.
func ParseColumnIndex(b []byte) (pages []Stats, allNull []bool, err error) {
	var r thrift.Reader
	r.Reset(b)
	var nulls []int64
	var lo, hi [][]byte
	var f thrift.Field
	for r.Next(&f) {
		switch f.ID {
		case 1:
			n, _ := r.List(f.Type)
			for i := 0; i < n && r.Err() == nil; i++ {
				allNull = append(allNull, r.Element())
			}
		case 2:
			lo = parseByteList(&r, f.Type)
		case 3:
			hi = parseByteList(&r, f.Type)
		case 5:
			n, elem := r.List(f.Type)
			for i := 0; i < n && r.Err() == nil; i++ {
				nulls = append(nulls, r.Int(elem))
			}
		default:
			r.Skip(f.Type)
		}
	}
	if err := r.Err(); err != nil {
		return nil, nil, fmt.Errorf("column index: %w", err)
	}
	n := len(allNull)
	if len(lo) != n || len(hi) != n || nulls != nil && len(nulls) != n {
		return nil, nil, errors.New("column index: its lists differ in length")
	}
	pages = make([]Stats, n)
	for i := range pages {
		pages[i] = Stats{Min: lo[i], Max: hi[i], HasMin: !allNull[i], HasMax: !allNull[i], Nulls: -1, Distinct: -1}
		if nulls != nil {
			pages[i].Nulls = nulls[i]
		}
	}
	return pages, allNull, nil
}

func parseByteList(r *thrift.Reader, t byte) [][]byte {
	n, elem := r.List(t)
	out := make([][]byte, 0, n)
	for i := 0; i < n && r.Err() == nil; i++ {
		out = append(out, r.Bytes(elem))
	}
	return out
}

// ParseBloomHeader reads the header of a Bloom filter at the start of b: its own length and that of the bits after it.
// A filter of an algorithm, hash or compression that is not known has no bits.
func ParseBloomHeader(b []byte) (header, bits int, err error) {
	var r thrift.Reader
	r.Reset(b)
	known := 0
	var f thrift.Field
	for r.Next(&f) {
		switch f.ID {
		case 1:
			bits = int(r.Int32(f.Type))
		case 2, 3, 4:
			var u thrift.Field
			if r.Struct(f.Type) && r.Next(&u) {
				if u.ID == 1 {
					known++
				}
				r.Skip(u.Type)
				for r.Next(&u) {
					r.Skip(u.Type)
				}
			}
		default:
			r.Skip(f.Type)
		}
	}
	if err := r.Err(); err != nil {
		return 0, 0, fmt.Errorf("bloom filter: %w", err)
	}
	if known != 3 || bits < 32 || bits%32 != 0 {
		bits = 0
	}
	return r.Pos(), bits, nil
}
