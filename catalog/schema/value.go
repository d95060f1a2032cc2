package schema

import (
	"cmp"
	"math"
	"strings"
)

// Value is one typed SQL value: a constant, a partition value, a bound of statistics. It is for plans and metadata;
// data flows in vectors. The zero Value is an untyped NULL.
type Value struct {
	Type Type
	// Valid is false for NULL.
	Valid bool
	// I holds every kind whose Physical is bool (0 or 1), int32 or int64, the low half of an int128, and the
	// microseconds of an interval.
	I int64
	// Hi holds the high half of an int128, and months<<32 | days of an interval.
	Hi int64
	// F holds real and double.
	F float64
	// S holds the bytes of PhysBytes kinds.
	S string
	// Elems holds the elements of an array, the alternating keys and values of a map, the fields of a row.
	Elems []Value
}

// NullOf returns the NULL of type t.
func NullOf(t Type) Value { return Value{Type: t} }

// BoolValue returns a boolean.
func BoolValue(b bool) Value {
	v := Value{Type: T(Boolean), Valid: true}
	if b {
		v.I = 1
	}
	return v
}

// IntValue returns a value of a type whose physical kind is int32 or int64 (also date, timestamp, decimal of up to 18
// digits in unscaled form).
func IntValue(t Type, i int64) Value { return Value{Type: t, Valid: true, I: i} }

// FloatValue returns a real or double.
func FloatValue(t Type, f float64) Value { return Value{Type: t, Valid: true, F: f} }

// StringValue returns a value of a type whose physical kind is bytes.
func StringValue(t Type, s string) Value { return Value{Type: t, Valid: true, S: s} }

// TextValue returns a varchar.
func TextValue(s string) Value { return StringValue(Text, s) }

// Int128Value returns a decimal of more than 18 digits from its unscaled value.
func Int128Value(t Type, v Int128) Value {
	return Value{Type: t, Valid: true, I: int64(v.Lo), Hi: v.Hi}
}

// IntervalOf returns an interval value.
func IntervalOf(iv IntervalValue) Value {
	return Value{Type: T(Interval), Valid: true, I: iv.Micros, Hi: int64(iv.Months)<<32 | int64(uint32(iv.Days))}
}

// NestedValue returns an array, map or row. The slice belongs to the value from then on.
func NestedValue(t Type, elems []Value) Value { return Value{Type: t, Valid: true, Elems: elems} }

// Bool returns the value of a boolean.
func (v Value) Bool() bool { return v.I != 0 }

// Int128 returns the unscaled value of any decimal, and the value of any integer.
func (v Value) Int128() Int128 {
	if v.Type.Physical() == PhysInt128 {
		return Int128{Hi: v.Hi, Lo: uint64(v.I)}
	}
	return Int128FromInt64(v.I)
}

// Interval returns the value of an interval.
func (v Value) Interval() IntervalValue {
	return IntervalValue{Months: int32(v.Hi >> 32), Days: int32(uint32(v.Hi)), Micros: v.I}
}

// Compare orders two values of the same type as ORDER BY does: -1, 0 or 1, with NULL after everything else and NaN after
// every other number (PostgreSQL's order). Text compares by its bytes, char(n) without its trailing blanks, jsonb
// by CompareJSON.
func (v Value) Compare(o Value) int {
	switch {
	case !v.Valid && !o.Valid:
		return 0
	case !v.Valid:
		return 1
	case !o.Valid:
		return -1
	}
	switch v.Type.Physical() {
	case PhysInt128:
		return v.Int128().Compare(o.Int128())
	case PhysFloat32, PhysFloat64:
		return CompareFloat(v.F, o.F)
	case PhysBytes:
		if v.Type.Kind == JSONB && o.Type.Kind == JSONB {
			return CompareJSON(v.S, o.S)
		}
		if v.Type.Kind == Char && o.Type.Kind == Char {
			return strings.Compare(strings.TrimRight(v.S, " "), strings.TrimRight(o.S, " "))
		}
		return strings.Compare(v.S, o.S)
	case PhysInterval:
		return v.Interval().Compare(o.Interval())
	case PhysList, PhysStruct:
		return compareElems(v.Elems, o.Elems)
	default:
		return cmp.Compare(v.I, o.I)
	}
}

func compareElems(a, b []Value) int {
	for i := range min(len(a), len(b)) {
		if c := a[i].Compare(b[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// CompareFloat orders floats as PostgreSQL does: NaN equals NaN and is greater than everything else, -0 equals 0.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	an, bn := math.IsNaN(a), math.IsNaN(b)
	switch {
	case an && bn:
		return 0
	case an:
		return 1
	}
	return -1
}

// Equal reports whether two values have the same type, and are both NULL or equal.
func (v Value) Equal(o Value) bool { return v.Type.Equal(o.Type) && v.Compare(o) == 0 }
