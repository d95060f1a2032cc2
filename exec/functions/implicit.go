package functions

import "github.com/tarnsql/tarn/catalog/schema"

// integerDigits are the digits of the integer types as decimals.
var integerDigits = map[schema.Kind]int{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}

// implicitCost is how far a conversion without a cast is, after PostgreSQL's implicit casts and preferred types; false when
// there is none.
func implicitCost(from, to schema.Type) (int, bool) {
	switch {
	case from.Kind == to.Kind:
		if from.Kind == schema.Array {
			return implicitCost(from.Elem(), to.Elem())
		}
		return 0, true
	case from.Kind == schema.Unknown:
		return unknownCost(to), true
	case to.Kind == schema.Varchar && to.Precision == 0:
		switch from.Kind {
		case schema.Char, schema.Name, schema.InternalChar:
			return 1, true
		}
		return 0, false
	}
	steps := implicitSteps[from.Kind]
	for i, k := range steps {
		if k == to.Kind {
			return i + 1, true
		}
	}
	return 0, false
}

// unknownCost prefers text, then the preferred types of their categories.
func unknownCost(to schema.Type) int {
	switch to.Kind {
	case schema.Varchar:
		return 1
	case schema.Double, schema.TimestampTZ, schema.Boolean, schema.Interval, schema.OID:
		return 2
	case schema.Timestamp:
		return 3
	}
	return 4
}

// implicitSteps are the implicit casts of each kind, the nearest first.
var implicitSteps = map[schema.Kind][]schema.Kind{
	schema.TinyInt:      {schema.SmallInt, schema.Integer, schema.BigInt, schema.Decimal, schema.Double, schema.Real, schema.OID},
	schema.SmallInt:     {schema.Integer, schema.BigInt, schema.Decimal, schema.Double, schema.Real, schema.OID, schema.RegClass, schema.RegType, schema.RegProc},
	schema.Integer:      {schema.BigInt, schema.Decimal, schema.Double, schema.Real, schema.OID, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace},
	schema.BigInt:       {schema.Decimal, schema.Double, schema.Real, schema.OID, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace},
	schema.Decimal:      {schema.Double, schema.Real},
	schema.Real:         {schema.Double},
	schema.Date:         {schema.TimestampTZ, schema.Timestamp}, // the preferred one first
	schema.Timestamp:    {schema.TimestampTZ},
	schema.Time:         {schema.Interval},
	schema.OID:          {schema.BigInt, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace},
	schema.RegClass:     {schema.OID, schema.BigInt},
	schema.RegType:      {schema.OID, schema.BigInt},
	schema.RegProc:      {schema.OID, schema.BigInt},
	schema.RegNamespace: {schema.OID, schema.BigInt},
	schema.JSON:         {schema.JSONB},
	schema.JSONB:        {schema.JSON},
	schema.Varchar:      {schema.Char, schema.Name},
	schema.Char:         {schema.Varchar},
	schema.Name:         {schema.Varchar},
	schema.InternalChar: {schema.Varchar},
}
