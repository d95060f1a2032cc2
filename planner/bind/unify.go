package bind

import "github.com/tarnsql/tarn/catalog/schema"

// digitsOf is how many digits before the point the integer types need as decimals.
var digitsOf = map[schema.Kind]int{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}

// Unify returns the type that values of both types become in one column: of CASE, UNION, VALUES, IN and comparisons. It
// reports false when there is none.
func Unify(a, b schema.Type) (schema.Type, bool) {
	switch {
	case a.Equal(b), b.Kind == schema.Unknown:
		return a, true
	case a.Kind == schema.Unknown:
		return b, true
	case a.IsNumeric() && b.IsNumeric():
		return unifyNumeric(a, b), true
	case isText(a) && isText(b):
		return unifyText(a, b), true
	case a.IsTemporal() && b.IsTemporal():
		return unifyTemporal(a, b)
	case a.IsReg() || b.IsReg():
		return unifyReg(a, b)
	case a.Kind == schema.JSON && b.Kind == schema.JSONB, a.Kind == schema.JSONB && b.Kind == schema.JSON:
		return schema.T(schema.JSONB), true
	}
	return unifyNested(a, b)
}

func isText(t schema.Type) bool {
	return t.Kind == schema.Varchar || t.Kind == schema.Char || t.Kind == schema.Name || t.Kind == schema.InternalChar
}

func unifyNumeric(a, b schema.Type) schema.Type {
	switch {
	case a.Kind == schema.Double || b.Kind == schema.Double:
		return schema.T(schema.Double)
	case a.Kind == schema.Real || b.Kind == schema.Real:
		return schema.T(schema.Real)
	case a.IsInteger() && b.IsInteger():
		return schema.T(max(a.Kind, b.Kind))
	}
	ap, as := decimalShape(a)
	bp, bs := decimalShape(b)
	scale := max(as, bs)
	whole := max(ap-as, bp-bs)
	if whole+scale > schema.MaxDecimal {
		// The digits before the point must stay; those after it give way.
		scale = max(schema.MaxDecimal-whole, min(as, bs))
	}
	return schema.DecimalOf(min(whole+scale, schema.MaxDecimal), scale)
}

func decimalShape(t schema.Type) (precision, scale int) {
	if t.Kind == schema.Decimal {
		return int(t.Precision), int(t.Scale)
	}
	return digitsOf[t.Kind], 0
}

func unifyText(a, b schema.Type) schema.Type {
	switch {
	case a.Kind == schema.Char && b.Kind == schema.Char:
		return schema.CharOf(0)
	case a.Kind == schema.Name && b.Kind == schema.Name:
		return a
	}
	return schema.Text
}

func unifyTemporal(a, b schema.Type) (schema.Type, bool) {
	if a.Kind > b.Kind {
		a, b = b, a
	}
	switch {
	case a.Kind == b.Kind:
		return schema.T(a.Kind), true
	case a.Kind == schema.Time || b.Kind == schema.Time:
		return schema.Type{}, false
	}
	return schema.T(b.Kind), true
}

// unifyReg lets object identifiers meet integers: PostgreSQL casts all of them to oid.
func unifyReg(a, b schema.Type) (schema.Type, bool) {
	if (a.IsReg() || a.IsInteger()) && (b.IsReg() || b.IsInteger()) {
		return schema.T(schema.OID), true
	}
	return schema.Type{}, false
}

func unifyNested(a, b schema.Type) (schema.Type, bool) {
	a, b = vectorAsArray(a), vectorAsArray(b)
	if a.Kind != b.Kind {
		return schema.Type{}, false
	}
	switch a.Kind {
	case schema.Array:
		e, ok := Unify(a.Elem(), b.Elem())
		return schema.ArrayOf(e), ok
	case schema.Map:
		k, ok1 := Unify(a.Key(), b.Key())
		v, ok2 := Unify(a.Elem(), b.Elem())
		return schema.MapOf(k, v), ok1 && ok2
	case schema.Row:
		fa, fb := a.Fields(), b.Fields()
		if len(fa) != len(fb) {
			return schema.Type{}, false
		}
		fields := make([]schema.Field, len(fa))
		for i := range fa {
			t, ok := Unify(fa[i].Type, fb[i].Type)
			if !ok {
				return schema.Type{}, false
			}
			fields[i] = schema.Field{Name: fa[i].Name, Type: t}
		}
		return schema.RowOf(fields...), true
	}
	return a, a.Equal(b)
}

func vectorAsArray(t schema.Type) schema.Type {
	if t.Kind == schema.Int2Vector || t.Kind == schema.OIDVector {
		return schema.ArrayOf(t.Elem())
	}
	return t
}

// comparison returns the type in which values of two types are compared. Unlike in a column, an exact number meets a float
// as a double.
func comparison(a, b schema.Type) (schema.Type, bool) {
	t, ok := Unify(a, b)
	if ok && t.Kind == schema.Real && !(a.Kind == schema.Real && b.Kind == schema.Real) &&
		a.Kind != schema.Unknown && b.Kind != schema.Unknown {
		return schema.T(schema.Double), true
	}
	return t, ok
}

// SameShape reports whether values of both types are laid out alike and mean the same, so that no cast is needed between
// them: they differ in a length, a number of digits or names of fields alone.
func SameShape(a, b schema.Type) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case schema.Decimal:
		return a.Scale == b.Scale && a.Physical() == b.Physical()
	case schema.Array, schema.Map, schema.Row:
		fa, fb := a.Fields(), b.Fields()
		if len(fa) != len(fb) {
			return false
		}
		for i := range fa {
			if !SameShape(fa[i].Type, fb[i].Type) {
				return false
			}
		}
	}
	return true
}
