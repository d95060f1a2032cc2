// Package infer makes one schema of what the files of a table hold: it widens types until every file fits, measures how
// alike two schemas are, and merges statistics.
package infer

import (
	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
)

// Widen returns the narrowest type that holds the values of both. Clean is false when values lose their kind by it (a
// number and a text become text): drift that people should know about. The order is null, integers, bigint, decimal,
// double, text; date, timestamp, text; rows field by field. A boolean widens to text only, because no reader turns true
// into a number. What is nested in one file and is not in another is json where the format can read it so, else text.
func Widen(a, b schema.Type, f catalog.Format) (t schema.Type, clean bool) {
	switch {
	case a.Equal(b) || b.Kind == schema.Unknown:
		return a, true
	case a.Kind == schema.Unknown:
		return b, true
	case a.IsNumeric() && b.IsNumeric():
		return widenNumbers(a, b), true
	case a.IsString() && b.IsString():
		return schema.Text, true
	case a.IsTemporal() && b.IsTemporal():
		return widenTemporal(a, b)
	case IsNested(a) || IsNested(b):
		return widenNested(a, b, f)
	case a.Kind == schema.JSON || b.Kind == schema.JSON:
		return schema.T(schema.JSON), false
	case a.Kind == schema.UUID && b.IsString() || b.Kind == schema.UUID && a.IsString():
		return schema.Text, true
	}
	return schema.Text, false
}

// IsNested reports whether values of a type have parts. Statistics of columns are of values without.
func IsNested(t schema.Type) bool {
	return t.Kind == schema.Array || t.Kind == schema.Map || t.Kind == schema.Row
}

var integerDigits = map[schema.Kind]int{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}

func widenNumbers(a, b schema.Type) schema.Type {
	switch {
	case a.IsInteger() && b.IsInteger():
		return schema.T(max(a.Kind, b.Kind))
	case a.IsFloat() || b.IsFloat():
		// Real holds no more than 24 bits of an integer.
		return schema.T(schema.Double)
	}
	a, b = asDecimal(a), asDecimal(b)
	scale := max(a.Scale, b.Scale)
	whole := max(a.Precision-a.Scale, b.Precision-b.Scale)
	if whole+scale > schema.MaxDecimal {
		return schema.T(schema.Double)
	}
	return schema.DecimalOf(int(whole+scale), int(scale))
}

func asDecimal(t schema.Type) schema.Type {
	if t.Kind == schema.Decimal {
		return t
	}
	return schema.DecimalOf(integerDigits[t.Kind], 0)
}

func widenTemporal(a, b schema.Type) (schema.Type, bool) {
	switch {
	case a.Kind == b.Kind: // they differ in their digits
		return schema.T(a.Kind), true
	case a.Kind == schema.Time || b.Kind == schema.Time:
		return schema.Text, false
	case a.Kind == schema.TimestampTZ || b.Kind == schema.TimestampTZ:
		return schema.T(schema.TimestampTZ), false
	}
	return schema.T(schema.Timestamp), true
}

func widenNested(a, b schema.Type, f catalog.Format) (schema.Type, bool) {
	switch {
	case a.Kind == schema.Array && b.Kind == schema.Array:
		e, clean := Widen(a.Elem(), b.Elem(), f)
		return schema.ArrayOf(e), clean
	case a.Kind == schema.Map && b.Kind == schema.Map:
		k, clean := Widen(a.Key(), b.Key(), f)
		v, cleanValue := Widen(a.Elem(), b.Elem(), f)
		return schema.MapOf(k, v), clean && cleanValue
	case a.Kind == schema.Row && b.Kind == schema.Row:
		return widenRows(a, b, f)
	}
	if f == catalog.JSON {
		return schema.T(schema.JSON), false
	}
	return schema.Text, false
}

func widenRows(a, b schema.Type, f catalog.Format) (schema.Type, bool) {
	fields := append([]schema.Field(nil), a.Fields()...)
	at := make(map[string]int, len(fields))
	for i, field := range fields {
		at[field.Name] = i
	}
	clean := true
	for _, field := range b.Fields() {
		i, ok := at[field.Name]
		if !ok {
			at[field.Name] = len(fields)
			fields = append(fields, field)
			continue
		}
		t, fine := Widen(fields[i].Type, field.Type, f)
		fields[i].Type = t
		clean = clean && fine
	}
	return schema.RowOf(fields...), clean
}

// Settle replaces what stayed unknown because no file had a value: the result is text.
func Settle(t schema.Type) schema.Type {
	switch t.Kind {
	case schema.Unknown:
		return schema.Text
	case schema.Array:
		return schema.ArrayOf(Settle(t.Elem()))
	case schema.Map:
		return schema.MapOf(Settle(t.Key()), Settle(t.Elem()))
	case schema.Row:
		fields := append([]schema.Field(nil), t.Fields()...)
		for i := range fields {
			fields[i].Type = Settle(fields[i].Type)
		}
		return schema.RowOf(fields...)
	}
	return t
}

// Family is the rough kind of a type, by which schemas are compared.
type Family uint8

// The families. Any is that of columns without values: it equals every other.
const (
	Any Family = iota
	Bool
	Number
	String
	Temporal
	Binary
	Nested
)

// FamilyOf returns the family of a type.
func FamilyOf(t schema.Type) Family {
	switch {
	case t.Kind == schema.Unknown:
		return Any
	case t.Kind == schema.Boolean:
		return Bool
	case t.IsNumeric():
		return Number
	case t.IsTemporal():
		return Temporal
	case t.Kind == schema.Varbinary:
		return Binary
	case IsNested(t) || t.Kind == schema.JSON || t.Kind == schema.JSONB:
		return Nested
	}
	return String
}
