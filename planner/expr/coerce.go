package expr

import "github.com/tarnsql/tarn/catalog/schema"

// CommonType returns the type that values of all the given types convert to implicitly, and false when there is none.
// Undecided literals take the others' type.
func CommonType(types ...schema.Type) (schema.Type, bool) {
	var t schema.Type
	for _, u := range types {
		switch {
		case u.Kind == schema.Unknown || t.Equal(u):
		case t.Kind == schema.Unknown:
			t = u
		default:
			c, ok := common(t, u)
			if !ok {
				return t, false
			}
			t = c
		}
	}
	return t, true
}

// digits are how many decimal digits the integer types need.
var digits = map[schema.Kind]int{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}

func common(a, b schema.Type) (schema.Type, bool) {
	switch {
	case a.IsInteger() && b.IsInteger():
		return schema.T(max(a.Kind, b.Kind)), true
	case a.IsNumeric() && b.IsNumeric():
		if a.IsFloat() || b.IsFloat() {
			if a.Kind == schema.Real && b.Kind == schema.Real {
				return a, true
			}
			return schema.T(schema.Double), true
		}
		return commonDecimal(a, b), true
	case a.IsString() && b.IsString():
		return schema.Text, true
	case a.IsReg() && (b.IsReg() || b.IsInteger()), b.IsReg() && a.IsInteger():
		return schema.T(schema.OID), true
	case a.Kind == b.Kind && a.IsTemporal():
		return schema.T(a.Kind), true
	case a.IsTemporal() && b.IsTemporal() && a.Kind != schema.Time && b.Kind != schema.Time:
		return schema.T(max(a.Kind, b.Kind)), true
	case a.Kind == schema.Array && b.Kind == schema.Array:
		e, ok := CommonType(a.Elem(), b.Elem())
		return schema.ArrayOf(e), ok
	case a.Kind == b.Kind && a.Kind != schema.Row && a.Kind != schema.Map:
		return a, true
	}
	return a, false
}

func commonDecimal(a, b schema.Type) schema.Type {
	pa, sa := int(a.Precision), int(a.Scale)
	pb, sb := int(b.Precision), int(b.Scale)
	if a.IsInteger() {
		pa, sa = digits[a.Kind], 0
	}
	if b.IsInteger() {
		pb, sb = digits[b.Kind], 0
	}
	whole, scale := max(pa-sa, pb-sb), max(sa, sb)
	if whole+scale > schema.MaxDecimal {
		scale = max(schema.MaxDecimal-whole, 0)
	}
	return schema.DecimalOf(min(whole+scale, schema.MaxDecimal), scale)
}
