package parquet

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
)

// bounds is what statistics say about some rows of a column, in the table's type.
type bounds struct {
	// lo and hi bound the values that are neither NULL nor NaN; not Valid when unknown.
	lo, hi schema.Value
	// nulls is -1 when unknown.
	nulls, rows int64
	// floats says that there may be NaNs, which are greater than everything else and not in the bounds.
	floats bool
}

// nothing are the bounds of a column that a file does not have.
func nothing(rows int64) bounds { return bounds{nulls: rows, rows: rows} }

// boundsOf translates statistics of a flat column.
func (f *file) boundsOf(b *bound, s *meta.Stats, rows int64) bounds {
	out := bounds{nulls: s.Nulls, rows: rows}
	if out.nulls < 0 || out.nulls > rows {
		out.nulls = -1
	}
	if b.node.def == 0 {
		out.nulls = 0
	}
	out.floats = b.node.typ.IsFloat()
	if b.conv.value == nil || b.typ.Kind == schema.Char || !f.ordered(b.node, s) {
		return out
	}
	if s.HasMin {
		out.lo = statValue(b.node, s.Min)
	}
	if s.HasMax {
		out.hi = statValue(b.node, s.Max)
	}
	if out.lo.Valid {
		out.lo = b.conv.value(out.lo)
	}
	if out.hi.Valid {
		out.hi = b.conv.value(out.hi)
	}
	if out.lo.Valid && out.hi.Valid && out.lo.Compare(out.hi) > 0 {
		out.lo, out.hi = schema.Value{}, schema.Value{} // not what they claim to be
	}
	return out
}

// ordered reports whether bounds are in the order of the type. The deprecated fields are in that of signed numbers,
// whatever the type, which says nothing about strings, unsigned numbers and decimals in bytes.
func (f *file) ordered(n *node, s *meta.Stats) bool {
	if o := f.meta.TypeOrder; o != nil && !s.Legacy && n.leaf < len(o) && !o[n.leaf] {
		return false
	}
	if n.elem.Type == format.Int96 || n.typ.Kind == schema.Interval {
		return false
	}
	if !s.Legacy {
		return true
	}
	switch n.elem.Type {
	case format.ByteArray, format.FixedLenByteArray:
		return false
	case format.Int32, format.Int64:
		a := annotation(n.elem)
		return a.Kind != meta.Integer || a.Signed
	}
	return true
}

// statValue decodes a bound of a flat column in the file's type; a bound of another length than its type's is not Valid.
func statValue(n *node, b []byte) schema.Value {
	t, a := n.typ, annotation(n.elem)
	w := width(n.elem)
	if w > 0 && len(b) != w && t.Kind != schema.Varbinary {
		return schema.Value{}
	}
	switch n.elem.Type {
	case format.Boolean:
		return schema.BoolValue(b[0] != 0)
	case format.Int32:
		return statInt(t, a, int64(int32(binary.LittleEndian.Uint32(b))), 32)
	case format.Int64:
		return statInt(t, a, int64(binary.LittleEndian.Uint64(b)), 64)
	case format.Float:
		return statFloat(t, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case format.Double:
		return statFloat(t, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	switch t.Kind {
	case schema.Decimal:
		v, ok := bigEndian128(b)
		if !ok || len(b) == 0 {
			return schema.Value{}
		}
		if t.Physical() == schema.PhysInt128 {
			return schema.Int128Value(t, v)
		}
		x, fits := v.Int64()
		return schema.Value{Type: t, Valid: fits, I: x}
	case schema.Real:
		return statFloat(t, float64(halfToFloat(binary.LittleEndian.Uint16(b))))
	}
	return schema.StringValue(t, string(b))
}

func statFloat(t schema.Type, f float64) schema.Value {
	if math.IsNaN(f) {
		return schema.Value{}
	}
	return schema.FloatValue(t, f)
}

func statInt(t schema.Type, a meta.Logical, v int64, bits int) schema.Value {
	switch {
	case t.Physical() == schema.PhysInt128:
		x := schema.Int128FromInt64(v)
		if a.Kind == meta.Integer {
			x = schema.Int128{Lo: uint64(v)}
		}
		return schema.Int128Value(t, x)
	case a.Kind == meta.Integer && !a.Signed && bits == 32:
		return schema.IntValue(t, int64(uint32(v)))
	case t.Kind == schema.Time && a.Unit == meta.Millis:
		return schema.IntValue(t, v*1000)
	case t.IsTemporal() && a.Unit == meta.Millis:
		return schema.IntValue(t, millisToMicros(v))
	case t.IsTemporal() && a.Unit == meta.Nanos:
		return schema.IntValue(t, nanosToMicros(v))
	}
	return schema.IntValue(t, v)
}

// excludes reports whether no row within the bounds can meet the predicate.
func (b *bounds) excludes(p *connectors.Predicate) bool {
	switch p.Op {
	case connectors.IsNull:
		return b.nulls == 0
	case connectors.IsNotNull:
		return b.nulls == b.rows
	}
	if b.nulls == b.rows {
		return true // every comparison with NULL fails
	}
	if len(p.Values) == 0 {
		return false
	}
	v := p.Values[0]
	below := b.lo.Valid && v.Compare(b.lo) < 0
	above := b.hi.Valid && v.Compare(b.hi) > 0
	switch p.Op {
	case connectors.Eq:
		return (below || above) && !nan(v)
	case connectors.In:
		for _, v := range p.Values {
			if nan(v) || !(b.lo.Valid && v.Compare(b.lo) < 0) && !(b.hi.Valid && v.Compare(b.hi) > 0) {
				return false
			}
		}
		return true
	case connectors.Ne:
		return !b.floats && b.lo.Valid && b.hi.Valid && v.Compare(b.lo) == 0 && v.Compare(b.hi) == 0
	case connectors.Lt:
		return b.lo.Valid && v.Compare(b.lo) <= 0
	case connectors.Le:
		return below
	case connectors.Gt:
		return !b.floats && b.hi.Valid && v.Compare(b.hi) >= 0
	case connectors.Ge:
		return !b.floats && above
	case connectors.Prefix:
		return b.hi.Valid && b.hi.S < v.S || b.lo.Valid && b.lo.S > v.S && !strings.HasPrefix(b.lo.S, v.S)
	}
	return false
}

// covers reports whether every row within the bounds surely meets the predicate.
func (b *bounds) covers(p *connectors.Predicate) bool {
	if p.Op == connectors.IsNull {
		return b.nulls == b.rows
	}
	if b.nulls != 0 {
		return false
	}
	if p.Op == connectors.IsNotNull {
		return true
	}
	if !b.lo.Valid || !b.hi.Valid || len(p.Values) == 0 {
		return false
	}
	v := p.Values[0]
	lo, hi := b.lo.Compare(v), b.hi.Compare(v)
	switch p.Op {
	case connectors.Eq:
		return !b.floats && lo == 0 && hi == 0
	case connectors.Ne:
		return !b.floats && (lo > 0 || hi < 0)
	case connectors.Lt:
		return !b.floats && hi < 0
	case connectors.Le:
		return !b.floats && hi <= 0
	case connectors.Gt:
		return lo > 0
	case connectors.Ge:
		return lo >= 0
	case connectors.Prefix:
		return strings.HasPrefix(b.lo.S, v.S) && strings.HasPrefix(b.hi.S, v.S)
	}
	return false
}

func nan(v schema.Value) bool {
	return (v.Type.Kind == schema.Real || v.Type.Kind == schema.Double) && math.IsNaN(v.F)
}

// excludedBy reports whether no value within the bounds can be in the set of a join's keys.
func (b *bounds) excludedBy(s *connectors.KeySet) bool {
	if s.Empty() || b.nulls == b.rows {
		return true
	}
	hi := b.hi
	if b.floats {
		hi = schema.Value{} // a NaN joins with NaN
	}
	return !s.Overlaps(b.lo, hi)
}
