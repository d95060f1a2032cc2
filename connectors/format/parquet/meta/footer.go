// Package meta reads the metadata of Parquet files: footers, page headers, column and offset indexes, headers of Bloom
// filters. Unlike a general Thrift decoder it tells an absent null count from a count of zero, which decides whether
// IS NULL may be pruned, and it allocates nothing that the bytes at hand do not bear out. The enumerations are those
// of github.com/parquet-go/parquet-go/format.
package meta

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/connectors/format/parquet/thrift"
)

// Footer is the metadata of a file. Its byte slices share the memory of the buffer that was parsed.
type Footer struct {
	Schema    []Element
	Rows      int64
	RowGroups []RowGroup
	CreatedBy string
	// TypeOrder has an entry for each leaf that the file lists in column_orders: the order of min_value and max_value
	// is that of the type. nil when the file does not say.
	TypeOrder []bool
	// Encrypted says that the footer is in plain text but signed, or columns are encrypted.
	Encrypted bool
}

// Element is a node of the schema, in depth-first order.
type Element struct {
	Name       string
	Type       format.Type
	HasType    bool
	TypeLength int32
	Repetition format.FieldRepetitionType
	Children   int32
	// Converted is the legacy annotation, or -1.
	Converted        int32
	Scale, Precision int32
	Logical          Logical
}

// LogicalKind is the member that is set in the LogicalType union, by its field id; 0 is none.
type LogicalKind int16

// The logical types that Tarn tells apart.
const (
	NoLogical LogicalKind = 0
	String    LogicalKind = 1
	Map       LogicalKind = 2
	List      LogicalKind = 3
	Enum      LogicalKind = 4
	Decimal   LogicalKind = 5
	Date      LogicalKind = 6
	Time      LogicalKind = 7
	Timestamp LogicalKind = 8
	Integer   LogicalKind = 10
	Null      LogicalKind = 11
	JSON      LogicalKind = 12
	BSON      LogicalKind = 13
	UUID      LogicalKind = 14
	Float16   LogicalKind = 15
)

// Unit is the unit of a time or timestamp by its field id.
type Unit int16

// The units.
const (
	Millis Unit = 1
	Micros Unit = 2
	Nanos  Unit = 3
)

// Logical is an annotation of a schema element with its parameters.
type Logical struct {
	Kind             LogicalKind
	Scale, Precision int32
	UTC              bool
	Unit             Unit
	Bits             int8
	Signed           bool
}

// RowGroup is a horizontal part of the file.
type RowGroup struct {
	Columns []Chunk
	Rows    int64
	// Bytes is the uncompressed size of its columns.
	Bytes int64
}

// Chunk is a column of a row group.
type Chunk struct {
	Type  format.Type
	Codec format.CompressionCodec
	// Values counts NULLs and repeated values too.
	Values                   int64
	Uncompressed, Compressed int64
	// DictOffset is 0 when there is no dictionary page, or the writer did not say where.
	DataOffset, DictOffset int64
	Stats                  Stats
	// AllDict says that the writer promises every data page to be dictionary-coded.
	AllDict                              bool
	BloomOffset                          int64
	BloomLength                          int32
	OffsetIndexOffset, ColumnIndexOffset int64
	OffsetIndexLength, ColumnIndexLength int32
	// Elsewhere says that the data is in another file. Encrypted says that it cannot be read without a key.
	Elsewhere, Encrypted bool
	hasMeta              bool
}

// Range returns where the chunk's pages are in the file, as the footer says; the caller checks it.
func (c *Chunk) Range() (off, n int64) {
	off = c.DataOffset
	if c.DictOffset > 0 && c.DictOffset < off {
		off = c.DictOffset
	}
	return off, c.Compressed
}

// Stats are statistics of a chunk or a page.
type Stats struct {
	Min, Max []byte
	// HasMin and HasMax tell an absent bound from an empty string. Legacy says that the bounds come from the
	// deprecated fields, whose order is that of signed comparison.
	HasMin, HasMax, Legacy bool
	// Nulls and Distinct are -1 when unknown.
	Nulls, Distinct int64
}

// ParseFooter reads a footer.
func ParseFooter(b []byte) (*Footer, error) {
	var r thrift.Reader
	r.Reset(b)
	f := &Footer{}
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 2:
			n, _ := r.List(h.Type)
			f.Schema = make([]Element, 0, min(n, 1024))
			for i := 0; i < n && r.Err() == nil; i++ {
				f.Schema = append(f.Schema, parseElement(&r))
			}
		case 3:
			f.Rows = r.Int(h.Type)
		case 4:
			n, _ := r.List(h.Type)
			f.RowGroups = make([]RowGroup, 0, min(n, 1024))
			for i := 0; i < n && r.Err() == nil; i++ {
				f.RowGroups = append(f.RowGroups, parseRowGroup(&r))
			}
		case 6:
			f.CreatedBy = string(r.Bytes(h.Type))
		case 7:
			f.TypeOrder = parseOrders(&r, h.Type)
		case 8:
			f.Encrypted = true
			r.Skip(h.Type)
		default:
			r.Skip(h.Type)
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	return f, nil
}

func parseOrders(r *thrift.Reader, t byte) []bool {
	n, _ := r.List(t)
	out := make([]bool, 0, n)
	for i := 0; i < n && r.Err() == nil; i++ {
		typed := false
		var h thrift.Field
		for r.Next(&h) {
			typed = typed || h.ID == 1
			r.Skip(h.Type)
		}
		out = append(out, typed)
	}
	return out
}

func parseElement(r *thrift.Reader) Element {
	e := Element{Converted: -1}
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 1:
			e.Type, e.HasType = format.Type(r.Int32(h.Type)), true
		case 2:
			e.TypeLength = r.Int32(h.Type)
		case 3:
			e.Repetition = format.FieldRepetitionType(r.Int32(h.Type))
		case 4:
			e.Name = string(r.Bytes(h.Type))
		case 5:
			e.Children = r.Int32(h.Type)
		case 6:
			e.Converted = r.Int32(h.Type)
		case 7:
			e.Scale = r.Int32(h.Type)
		case 8:
			e.Precision = r.Int32(h.Type)
		case 10:
			if r.Struct(h.Type) {
				e.Logical = parseLogical(r)
			}
		default:
			r.Skip(h.Type)
		}
	}
	return e
}

func parseLogical(r *thrift.Reader) (l Logical) {
	var h thrift.Field
	for r.Next(&h) {
		l.Kind = LogicalKind(h.ID)
		if !r.Struct(h.Type) {
			return l
		}
		var p thrift.Field
		for r.Next(&p) {
			parseParameter(r, &l, p)
		}
	}
	return l
}

// parseParameter reads one parameter of an annotation; what a field id means depends on the annotation.
func parseParameter(r *thrift.Reader, l *Logical, p thrift.Field) {
	switch {
	case l.Kind == Decimal && p.ID == 1:
		l.Scale = r.Int32(p.Type)
	case l.Kind == Decimal && p.ID == 2:
		l.Precision = r.Int32(p.Type)
	case (l.Kind == Time || l.Kind == Timestamp) && p.ID == 1:
		l.UTC = r.Bool(p.Type)
	case (l.Kind == Time || l.Kind == Timestamp) && p.ID == 2 && r.Struct(p.Type):
		var u thrift.Field
		for r.Next(&u) {
			l.Unit = Unit(u.ID)
			r.Skip(u.Type)
		}
	case l.Kind == Integer && p.ID == 1:
		l.Bits = int8(r.Int(p.Type))
	case l.Kind == Integer && p.ID == 2:
		l.Signed = r.Bool(p.Type)
	default:
		r.Skip(p.Type)
	}
}

func parseRowGroup(r *thrift.Reader) (g RowGroup) {
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 1:
			n, _ := r.List(h.Type)
			g.Columns = make([]Chunk, 0, min(n, 4096))
			for i := 0; i < n && r.Err() == nil; i++ {
				g.Columns = append(g.Columns, parseChunk(r))
			}
		case 2:
			g.Bytes = r.Int(h.Type)
		case 3:
			g.Rows = r.Int(h.Type)
		default:
			r.Skip(h.Type)
		}
	}
	return g
}

func parseChunk(r *thrift.Reader) Chunk {
	c := Chunk{Stats: Stats{Nulls: -1, Distinct: -1}}
	start := r.Pos()
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 1:
			c.Elsewhere = len(r.Bytes(h.Type)) > 0
		case 3:
			if r.Struct(h.Type) {
				parseChunkMeta(r, &c)
			}
		case 4:
			c.OffsetIndexOffset = r.Int(h.Type)
		case 5:
			c.OffsetIndexLength = r.Int32(h.Type)
		case 6:
			c.ColumnIndexOffset = r.Int(h.Type)
		case 7:
			c.ColumnIndexLength = r.Int32(h.Type)
		case 8, 9:
			c.Encrypted = true
			r.Skip(h.Type)
		default:
			r.Skip(h.Type)
		}
	}
	if r.Pos()-start < 8 {
		r.Fail(errors.New("a column chunk has no metadata")) // or a small footer could claim millions of them
	}
	return c
}

func parseChunkMeta(r *thrift.Reader, c *Chunk) {
	c.hasMeta = true
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 1:
			c.Type = format.Type(r.Int32(h.Type))
		case 4:
			c.Codec = format.CompressionCodec(r.Int32(h.Type))
		case 5:
			c.Values = r.Int(h.Type)
		case 6:
			c.Uncompressed = r.Int(h.Type)
		case 7:
			c.Compressed = r.Int(h.Type)
		case 9:
			c.DataOffset = r.Int(h.Type)
		case 11:
			c.DictOffset = r.Int(h.Type)
		case 12:
			if r.Struct(h.Type) {
				c.Stats = parseStats(r)
			}
		case 13:
			c.AllDict = parseEncodingStats(r, h.Type)
		case 14:
			c.BloomOffset = r.Int(h.Type)
		case 15:
			c.BloomLength = r.Int32(h.Type)
		default:
			r.Skip(h.Type)
		}
	}
}

// plainDictionary is what the first version of the format calls dictionary codes in data pages, and the plain values of
// dictionary pages.
const plainDictionary format.Encoding = 2

// IsDictionary reports whether a data page of the encoding holds codes of a dictionary.
func IsDictionary(e format.Encoding) bool { return e == plainDictionary || e == format.RLEDictionary }

// IsPlain reports whether a dictionary page of the encoding holds plain values.
func IsPlain(e format.Encoding) bool { return e == plainDictionary || e == format.Plain }

// parseEncodingStats reports whether all data pages are dictionary-coded.
func parseEncodingStats(r *thrift.Reader, t byte) bool {
	n, _ := r.List(t)
	dict, other := false, false
	for i := 0; i < n && r.Err() == nil; i++ {
		var page format.PageType
		var enc format.Encoding
		var h thrift.Field
		for r.Next(&h) {
			switch h.ID {
			case 1:
				page = format.PageType(r.Int32(h.Type))
			case 2:
				enc = format.Encoding(r.Int32(h.Type))
			default:
				r.Skip(h.Type)
			}
		}
		if page != format.DataPage && page != format.DataPageV2 {
			continue
		}
		if IsDictionary(enc) {
			dict = true
		} else {
			other = true
		}
	}
	return dict && !other
}

func parseStats(r *thrift.Reader) Stats {
	s := Stats{Nulls: -1, Distinct: -1}
	var oldMin, oldMax []byte
	var hasOldMin, hasOldMax bool
	var h thrift.Field
	for r.Next(&h) {
		switch h.ID {
		case 1:
			oldMax, hasOldMax = r.Bytes(h.Type), true
		case 2:
			oldMin, hasOldMin = r.Bytes(h.Type), true
		case 3:
			s.Nulls = r.Int(h.Type)
		case 4:
			s.Distinct = r.Int(h.Type)
		case 5:
			s.Max, s.HasMax = r.Bytes(h.Type), true
		case 6:
			s.Min, s.HasMin = r.Bytes(h.Type), true
		default:
			r.Skip(h.Type)
		}
	}
	if !s.HasMin && !s.HasMax && (hasOldMin || hasOldMax) {
		s.Min, s.Max, s.HasMin, s.HasMax, s.Legacy = oldMin, oldMax, hasOldMin, hasOldMax, true
	}
	return s
}

// Check tells whether the footer is consistent with itself and with a file of the given size: every number that the
// reader will rely on is in range. leaves is the number of leaves of the schema.
func (f *Footer) Check(size int64, leaves int) error {
	if f.Rows < 0 {
		return fmt.Errorf("the footer counts %d rows", f.Rows)
	}
	for i := range f.RowGroups {
		g := &f.RowGroups[i]
		if g.Rows < 0 || g.Rows > 1<<31-1 {
			return fmt.Errorf("row group %d counts %d rows", i, g.Rows)
		}
		if len(g.Columns) != leaves {
			return fmt.Errorf("row group %d has %d columns, the schema has %d", i, len(g.Columns), leaves)
		}
		for j := range g.Columns {
			if err := g.Columns[j].check(size); err != nil {
				return fmt.Errorf("row group %d, column %d: %w", i, j, err)
			}
		}
	}
	return nil
}

func (c *Chunk) check(size int64) error {
	if c.Encrypted || c.Elsewhere {
		return nil // refused when it is read
	}
	if !c.hasMeta {
		return errors.New("the footer has no metadata of the column chunk")
	}
	if c.Values < 0 || c.Compressed < 0 || c.Uncompressed < 0 || c.DictOffset < 0 || c.DataOffset < 0 {
		return errors.New("the footer has a negative size")
	}
	off, n := c.Range()
	if !inside(off, n, size) {
		return fmt.Errorf("the column chunk at %d with %d bytes is not inside the file of %d bytes", off, n, size)
	}
	if !inside(c.OffsetIndexOffset, int64(c.OffsetIndexLength), size) || !inside(c.ColumnIndexOffset, int64(c.ColumnIndexLength), size) {
		c.OffsetIndexLength, c.ColumnIndexLength = 0, 0 // indexes are optional: one that cannot be is not used
	}
	if !inside(c.BloomOffset, int64(max(c.BloomLength, 0)), size) {
		c.BloomOffset = 0
	}
	return nil
}

func inside(off, n, size int64) bool { return off >= 0 && n >= 0 && off <= size && n <= size-off }
