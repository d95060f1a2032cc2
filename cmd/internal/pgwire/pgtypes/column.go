package pgtypes

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// op says how a value becomes bytes: the vector's element type, the SQL type and the format in one number.
type op uint8

const (
	opGeneric op = iota // maps and rows, by way of schema.Value
	opEmpty
	opBoolText
	opBoolBinary
	opInt32Text
	opInt32Binary
	opInt16Binary
	opInt64Text
	opInt64Binary
	opOIDBinary
	opDateText
	opDateBinary
	opTimeText
	opTimestampText
	opInstantText
	opTimestampBinary
	opFloat32Text
	opFloat32Binary
	opFloat64Text
	opFloat64Binary
	opDecimal64Text
	opDecimal64Binary
	opDecimal128Text
	opDecimal128Binary
	opIntervalText
	opIntervalBinary
	opBytes
	opUUIDText
	opByteaText
	opJSONBBinary
	opArrayText
	opArrayBinary
	opVectorText
	opObjectText
)

// column encodes the values of one column. bind looks at a batch's vector once; value and cell then work by row.
type column struct {
	typ    schema.Type
	format int16
	style  *Style
	clock  *clock

	op    op
	scale int
	null  vector.Bitmap
	// codes, of a dictionary, lead to the values below.
	codes []uint32
	// constant is the cell of every row, with its length; nil when rows differ.
	constant []byte

	bools     []bool
	int32s    []int32
	int64s    []int64
	int128s   []schema.Int128
	float32s  []float32
	float64s  []float64
	intervals []schema.IntervalValue
	bytes     *vector.Bytes
	list      *vector.List
	other     vector.Vector
	elem      *column // of list

	memo memo
	// objects are the names of the objects that values of reg types name, by their OIDs.
	objects map[int64]string
	// scratch holds an element's text before it is quoted; kept is the memory of constant.
	scratch, kept []byte
}

// memo keeps the cells of a dictionary's entries, made when they are first met.
type memo struct {
	on    bool
	id    uint64
	start []uint32 // position in cells + 1, 0 for an entry that was not met
	end   []uint32
	cells []byte
}

// maxMemo bounds the bytes that a column keeps of a dictionary's cells.
const maxMemo = 1 << 20

func newColumn(t schema.Type, format int16, style *Style, clk *clock) *column {
	return &column{typ: t, format: format, style: style, clock: clk}
}

// nullCell is the length of NULL.
var nullCell = []byte{0xff, 0xff, 0xff, 0xff}

// bind prepares for the rows of a vector, of which at most rows are asked for.
func (c *column) bind(v vector.Vector, rows int) error {
	c.null, c.codes, c.constant, c.memo.on = v.Nulls(), nil, nil, false
	switch v := v.(type) {
	case *vector.Const:
		c.null = nil
		if v.IsNull() {
			c.constant = nullCell
			return nil
		}
		c.bindValues(v.Value)
		cell, err := c.encode(c.kept[:0], 0)
		c.constant, c.kept = cell, cell
		return err
	case *vector.Dict:
		c.codes = v.Codes
		c.bindValues(v.Values)
		c.bindMemo(v, rows)
	default:
		c.bindValues(v)
	}
	return nil
}

// bindMemo decides whether cells are kept per entry: not for plain bytes, which a cell copies anyway, and not when the dictionary
// is far larger than the rows that use it.
func (c *column) bindMemo(v *vector.Dict, rows int) {
	n := v.Values.Len()
	if c.op == opBytes || c.op == opBoolText || c.op == opBoolBinary || v.ID != c.memo.id && n > 4*rows {
		return
	}
	c.memo.on = true
	if v.ID == c.memo.id && len(c.memo.start) == n {
		return
	}
	c.memo.id, c.memo.cells = v.ID, c.memo.cells[:0]
	if cap(c.memo.start) < n {
		c.memo.start, c.memo.end = make([]uint32, n), make([]uint32, n)
	}
	c.memo.start, c.memo.end = c.memo.start[:n], c.memo.end[:n]
	clear(c.memo.start)
}

// bindValues points at the values and chooses how they become bytes.
func (c *column) bindValues(v vector.Vector) {
	t := v.Type()
	if t.Kind == schema.Unknown || t.Physical() == c.typ.Physical() && t.Kind != schema.Decimal {
		t = c.typ // what the description promised
	}
	c.scale = int(t.Scale)
	b := c.format == Binary
	switch v := v.(type) {
	case *vector.Flat[bool]:
		c.bools, c.op = v.Values, pick(b, opBoolText, opBoolBinary)
	case *vector.Flat[int32]:
		c.int32s, c.op = v.Values, c.int32Op(t, b)
	case *vector.Flat[int64]:
		c.int64s, c.op = v.Values, int64Op(t, b)
	case *vector.Flat[schema.Int128]:
		c.int128s, c.op = v.Values, pick(b, opDecimal128Text, opDecimal128Binary)
	case *vector.Flat[float32]:
		c.float32s, c.op = v.Values, pick(b, opFloat32Text, opFloat32Binary)
	case *vector.Flat[float64]:
		c.float64s, c.op = v.Values, pick(b, opFloat64Text, opFloat64Binary)
	case *vector.Flat[schema.IntervalValue]:
		c.intervals, c.op = v.Values, pick(b, opIntervalText, opIntervalBinary)
	case *vector.Bytes:
		c.bytes, c.op = v, bytesOp(t, b)
	case *vector.List:
		c.bindList(v, t, b)
	default:
		c.other, c.op = v, opGeneric
	}
	if t.Kind == schema.Void {
		c.op = opEmpty
	}
}

func pick(binary bool, text, bin op) op {
	if binary {
		return bin
	}
	return text
}

func (c *column) int32Op(t schema.Type, binary bool) op {
	switch t.Kind {
	case schema.Date:
		return pick(binary, opDateText, opDateBinary)
	case schema.TinyInt, schema.SmallInt:
		return pick(binary, opInt32Text, opInt16Binary)
	}
	return pick(binary, opInt32Text, opInt32Binary)
}

func int64Op(t schema.Type, binary bool) op {
	switch t.Kind {
	case schema.Decimal:
		return pick(binary, opDecimal64Text, opDecimal64Binary)
	case schema.Time:
		return pick(binary, opTimeText, opInt64Binary)
	case schema.Timestamp:
		return pick(binary, opTimestampText, opTimestampBinary)
	case schema.TimestampTZ:
		return pick(binary, opInstantText, opTimestampBinary)
	case schema.OID:
		return pick(binary, opInt64Text, opOIDBinary)
	case schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace:
		return pick(binary, opObjectText, opOIDBinary)
	}
	return pick(binary, opInt64Text, opInt64Binary)
}

func bytesOp(t schema.Type, binary bool) op {
	switch t.Kind {
	case schema.UUID:
		return pick(binary, opUUIDText, opBytes)
	case schema.Varbinary:
		return pick(binary, opByteaText, opBytes)
	case schema.JSONB:
		return pick(binary, opBytes, opJSONBBinary)
	}
	return opBytes
}

func (c *column) bindList(v *vector.List, t schema.Type, binary bool) {
	c.list = v
	switch t.Kind {
	case schema.Array:
		c.op = pick(binary, opArrayText, opArrayBinary)
	case schema.Int2Vector, schema.OIDVector:
		c.op = pick(binary, opVectorText, opArrayBinary)
	default:
		c.other, c.op = v, opGeneric
		return
	}
	if c.elem == nil {
		c.elem = newColumn(t.Elem(), c.format, c.style, c.clock)
	}
	c.elem.bindElements(v.Children[0])
}

// bindElements prepares for the elements of a list, whose vector may have any form.
func (c *column) bindElements(v vector.Vector) {
	c.null, c.codes, c.constant, c.memo.on = v.Nulls(), nil, nil, false
	switch v := v.(type) {
	case *vector.Const:
		c.null, c.codes = nil, make([]uint32, v.N) // every element is the one value
		if v.IsNull() {
			c.null = vector.NewBitmap(v.N)
			c.null.Fill(v.N)
		}
		c.bindValues(v.Value)
	case *vector.Dict:
		c.codes = v.Codes
		c.bindValues(v.Values)
	default:
		c.bindValues(v)
	}
}

// cell appends a row's length and value.
func (c *column) cell(dst []byte, row int) ([]byte, error) {
	switch {
	case c.constant != nil:
		return append(dst, c.constant...), nil
	case c.null != nil && c.null.Get(row):
		return append(dst, 0xff, 0xff, 0xff, 0xff), nil
	case c.codes != nil:
		code := int(c.codes[row])
		if c.memo.on {
			return c.remembered(dst, code)
		}
		row = code
	}
	return c.encode(dst, row)
}

// remembered appends the cell of a dictionary's entry.
func (c *column) remembered(dst []byte, code int) ([]byte, error) {
	m := &c.memo
	if at := m.start[code]; at > 0 {
		return append(dst, m.cells[at-1:m.end[code]]...), nil
	}
	from := len(dst)
	dst, err := c.encode(dst, code)
	if err == nil && len(m.cells)+len(dst)-from <= maxMemo {
		m.start[code] = uint32(len(m.cells)) + 1
		m.cells = append(m.cells, dst[from:]...)
		m.end[code] = uint32(len(m.cells))
	}
	return dst, err
}

// objectName appends the name of an object, or its number where it has none. Names are asked for once.
func (c *column) objectName(dst []byte, oid int64) ([]byte, error) {
	if oid == 0 {
		return append(dst, '-'), nil
	}
	name, known := c.objects[oid]
	if !known && c.style.ObjectName != nil {
		var err error
		if name, err = c.style.ObjectName(c.typ.Kind, oid); err != nil {
			return dst, err
		}
		if c.objects == nil {
			c.objects = map[int64]string{}
		}
		c.objects[oid] = name
	}
	if name == "" {
		return strconv.AppendInt(dst, oid, 10), nil
	}
	return append(dst, name...), nil
}

// encode appends the length and the value at a position of the bound values, which is not NULL.
func (c *column) encode(dst []byte, i int) ([]byte, error) {
	if c.op == opBytes {
		s := c.bytes.At(i)
		n := uint32(len(s))
		dst = append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		return append(dst, s...), nil
	}
	at := len(dst)
	dst, err := c.value(append(dst, 0, 0, 0, 0), i)
	if err != nil {
		return dst, err
	}
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst, nil
}

// value appends the value at a position of the bound values, without its length.
func (c *column) value(dst []byte, i int) ([]byte, error) {
	be := binary.BigEndian
	switch c.op {
	case opEmpty:
	case opBytes:
		dst = append(dst, c.bytes.At(i)...)
	case opInt64Text:
		dst = strconv.AppendInt(dst, c.int64s[i], 10)
	case opObjectText:
		return c.objectName(dst, c.int64s[i])
	case opInt32Text:
		dst = strconv.AppendInt(dst, int64(c.int32s[i]), 10)
	case opFloat64Text:
		dst = c.float(dst, c.float64s[i], 64)
	case opFloat32Text:
		dst = c.float(dst, float64(c.float32s[i]), 32)
	case opDecimal64Text:
		dst = appendDecimal64(dst, c.int64s[i], c.scale)
	case opDecimal128Text:
		dst = schema.AppendDecimal(dst, c.int128s[i], c.scale)
	case opDateText:
		dst = c.clock.date(dst, c.int32s[i])
	case opTimeText:
		dst = appendClock(dst, c.int64s[i])
	case opTimestampText:
		dst = c.clock.timestamp(dst, c.int64s[i])
	case opInstantText:
		dst = c.clock.instant(dst, c.int64s[i])
	case opBoolText:
		dst = append(dst, boolText(c.bools[i]))
	case opUUIDText:
		dst = appendUUID(dst, c.bytes.At(i))
	case opByteaText:
		dst = c.bytea(dst, c.bytes.At(i))
	case opIntervalText:
		dst = appendInterval(dst, c.intervals[i], c.style.Interval)
	case opBoolBinary:
		dst = append(dst, boolByte(c.bools[i]))
	case opInt16Binary:
		dst = be.AppendUint16(dst, uint16(c.int32s[i]))
	case opInt32Binary:
		dst = be.AppendUint32(dst, uint32(c.int32s[i]))
	case opInt64Binary:
		dst = be.AppendUint64(dst, uint64(c.int64s[i]))
	case opOIDBinary:
		dst = be.AppendUint32(dst, uint32(c.int64s[i]))
	case opDateBinary:
		dst = be.AppendUint32(dst, uint32(wireDate(c.int32s[i])))
	case opTimestampBinary:
		dst = be.AppendUint64(dst, uint64(wireTimestamp(c.int64s[i])))
	case opFloat32Binary:
		dst = be.AppendUint32(dst, float32Bits(c.float32s[i]))
	case opFloat64Binary:
		dst = be.AppendUint64(dst, float64Bits(c.float64s[i]))
	case opDecimal64Binary:
		dst = appendNumeric64(dst, c.int64s[i], c.scale)
	case opDecimal128Binary:
		dst = appendNumeric128(dst, c.int128s[i], c.scale)
	case opIntervalBinary:
		iv := c.intervals[i]
		dst = be.AppendUint64(dst, uint64(iv.Micros))
		dst = be.AppendUint32(dst, uint32(iv.Days))
		dst = be.AppendUint32(dst, uint32(iv.Months))
	case opJSONBBinary:
		dst = append(append(dst, 1), c.bytes.At(i)...)
	case opArrayText:
		return c.arrayText(dst, i)
	case opArrayBinary:
		return c.arrayBinary(dst, i)
	case opVectorText:
		return c.vectorText(dst, i)
	default:
		return c.generic(dst, i)
	}
	return dst, nil
}

// generic appends a value that has no form of its own: maps and rows are JSON.
func (c *column) generic(dst []byte, i int) ([]byte, error) {
	v := vector.ValueAt(c.other, i)
	switch v.Type.Kind {
	case schema.Map, schema.Row:
		return v.AppendJSON(dst, c.clock.location), nil
	}
	return dst, sqlerr.Unsupported("a result column of type %s", v.Type)
}

func (c *column) float(dst []byte, f float64, bits int) []byte {
	if c.style.FloatDigits > 0 || f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return schema.AppendFloat(dst, f, bits)
	}
	digits := 15
	if bits == 32 {
		digits = 6
	}
	return strconv.AppendFloat(dst, f, 'g', max(digits+c.style.FloatDigits, 1), bits)
}

func boolText(b bool) byte {
	if b {
		return 't'
	}
	return 'f'
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendUUID(dst, id []byte) []byte {
	if len(id) != 16 {
		return schema.AppendUUID(dst, id)
	}
	var out [36]byte
	hex.Encode(out[:], id[:4])
	hex.Encode(out[9:], id[4:6])
	hex.Encode(out[14:], id[6:8])
	hex.Encode(out[19:], id[8:10])
	hex.Encode(out[24:], id[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return append(dst, out[:]...)
}

func (c *column) bytea(dst, b []byte) []byte {
	if !c.style.ByteaEscape {
		return schema.AppendBytea(dst, b)
	}
	for _, x := range b {
		switch {
		case x == '\\':
			dst = append(dst, '\\', '\\')
		case x < 0x20 || x > 0x7e:
			dst = append(dst, '\\', '0'+x>>6, '0'+x>>3&7, '0'+x&7)
		default:
			dst = append(dst, x)
		}
	}
	return dst
}

// PostgreSQL counts dates and timestamps from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * schema.MicrosPerDay
)

func wireDate(days int32) int32 {
	if days == schema.DateInfinity || days == schema.DateMinusInfinity {
		return days
	}
	return days - epochDays
}

func wireTimestamp(micros int64) int64 {
	if micros == schema.TimestampInfinity || micros == schema.TimestampMinusInfinity {
		return micros
	}
	return micros - epochMicros
}

// float32Bits and float64Bits give NaN the one form that PostgreSQL's has.
func float32Bits(f float32) uint32 {
	if f != f {
		return 0x7fc00000
	}
	return math.Float32bits(f)
}

func float64Bits(f float64) uint64 {
	if f != f {
		return 0x7ff8000000000000
	}
	return math.Float64bits(f)
}
