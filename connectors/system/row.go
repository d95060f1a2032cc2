package system

import (
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// row gives the value of a column of one row; false says that the column has its default.
type row func(column string) (schema.Value, bool)

func val(v schema.Value) (schema.Value, bool) { return v, true }

func none() (schema.Value, bool) { return schema.Value{}, false }

func text(s string) (schema.Value, bool) { return schema.TextValue(s), true }

// single is a row with one text in whichever column is asked for.
func single(s string) row {
	v := schema.TextValue(s)
	return func(string) (schema.Value, bool) { return v, true }
}

// textOr is NULL for an empty text.
func textOr(s string) (schema.Value, bool) {
	if s == "" {
		return schema.NullOf(schema.Text), true
	}
	return schema.TextValue(s), true
}

func num(n int64) (schema.Value, bool) { return schema.IntValue(schema.T(schema.BigInt), n), true }

// known is NULL for a negative number.
func known(n int64) (schema.Value, bool) {
	if n < 0 {
		return schema.NullOf(schema.T(schema.BigInt)), true
	}
	return num(n)
}

func flag(b bool) (schema.Value, bool) { return schema.BoolValue(b), true }

func char(c byte) (schema.Value, bool) {
	return schema.StringValue(schema.T(schema.InternalChar), string(c)), true
}

func yesNo(b bool) (schema.Value, bool) {
	if b {
		return text("YES")
	}
	return text("NO")
}

func instant(t time.Time) (schema.Value, bool) {
	if t.IsZero() {
		return schema.NullOf(schema.T(schema.TimestampTZ)), true
	}
	return schema.IntValue(schema.T(schema.TimestampTZ), t.UnixMicro()), true
}

func span(d time.Duration) (schema.Value, bool) {
	return schema.IntervalOf(schema.IntervalValue{Micros: d.Microseconds()}), true
}

func texts(list []string) (schema.Value, bool) {
	elems := make([]schema.Value, len(list))
	for i, s := range list {
		elems[i] = schema.TextValue(s)
	}
	return schema.NestedValue(schema.ArrayOf(schema.Text), elems), true
}

func float(f float64) (schema.Value, bool) {
	return schema.FloatValue(schema.T(schema.Double), f), true
}

// fallback is the value of a column that a provider does not set: NULL where that is legal, else zero, false or empty.
func (c column) fallback() schema.Value {
	if !c.notNull {
		return schema.NullOf(c.typ)
	}
	v := schema.Value{Type: c.typ, Valid: true}
	return v
}

// fit gives a value the column's own type; their physical kinds agree or are both integers.
func (c column) fit(v schema.Value) schema.Value {
	if v.Valid && c.typ.IsFloat() && v.Type.IsInteger() {
		v.F = float64(v.I)
	}
	v.Type = c.typ
	return v
}
