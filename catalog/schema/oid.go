package schema

// oids are PostgreSQL's object identifiers of the types: the type's own and its array's.
var oids = map[Kind][2]uint32{
	Unknown: {25, 1009}, Boolean: {16, 1000}, TinyInt: {21, 1005}, SmallInt: {21, 1005}, Integer: {23, 1007}, BigInt: {20, 1016},
	Real: {700, 1021}, Double: {701, 1022}, Decimal: {1700, 1231}, Varchar: {25, 1009}, Char: {1042, 1014}, Varbinary: {17, 1001},
	Date: {1082, 1182}, Time: {1083, 1183}, Timestamp: {1114, 1115}, TimestampTZ: {1184, 1185}, Interval: {1186, 1187},
	UUID: {2950, 2951}, JSON: {114, 199}, JSONB: {3802, 3807}, Map: {114, 199}, Row: {114, 199}, OID: {26, 1028}, Name: {19, 1003},
	InternalChar: {18, 1002}, RegClass: {2205, 2210}, RegType: {2206, 2211}, RegProc: {24, 1008}, RegNamespace: {4089, 4090},
	Int2Vector: {22, 1006}, OIDVector: {30, 1013}, Void: {2278, 25}, Lambda: {25, 1009},
}

// varcharOID and its array's are for varchar(n); varchar without a limit is text.
const (
	varcharOID      = 1043
	varcharArrayOID = 1015
)

// OIDOf returns the OID of the PostgreSQL type that clients see for t: text for an undecided literal, json for maps and rows,
// json for arrays of arrays whose lengths may differ.
func OIDOf(t Type) uint32 {
	switch {
	case t.Kind == Varchar && t.Precision > 0:
		return varcharOID
	case t.Kind == Array:
		return arrayOID(t.Elem())
	}
	return oids[t.Kind][0]
}

func arrayOID(elem Type) uint32 {
	switch {
	case elem.Kind == Varchar && elem.Precision > 0:
		return varcharArrayOID
	case elem.Kind == Array:
		return arrayOID(elem.Elem()) // PostgreSQL has one array type for all dimensions
	}
	return oids[elem.Kind][1]
}

// types are the types by OID.
var types = func() map[uint32]Type {
	m := map[uint32]Type{varcharOID: Text, varcharArrayOID: ArrayOf(Text), 705: {}, 2281: {}}
	for k, pair := range oids {
		switch k {
		case Unknown, TinyInt, Map, Row, Lambda:
			continue
		}
		t := T(k)
		if k == Decimal {
			t = DecimalOf(MaxDecimal, defaultScale)
		}
		if k == Char {
			t = CharOf(1)
		}
		m[pair[0]] = t
		if k != Void {
			m[pair[1]] = ArrayOf(t)
		}
	}
	return m
}()

// defaultScale is the scale of numeric without one: PostgreSQL's has as many digits as the value, Tarn's 38 in all.
const defaultScale = 10

// TypeByOID returns the type with a PostgreSQL OID, and false for one that Tarn does not have.
func TypeByOID(oid uint32) (Type, bool) {
	t, ok := types[oid]
	return t, ok
}

// TypLen returns PostgreSQL's typlen: the bytes of a fixed-width type, -1 for others.
func TypLen(t Type) int16 {
	switch t.Kind {
	case Boolean, InternalChar:
		return 1
	case TinyInt, SmallInt:
		return 2
	case Integer, Real, Date, OID, RegClass, RegType, RegProc, RegNamespace, Void:
		return 4
	case BigInt, Double, Time, Timestamp, TimestampTZ:
		return 8
	case Interval, UUID:
		return 16
	case Name:
		return 64
	}
	return -1
}

// TypMod returns PostgreSQL's type modifier: length+4 of varchar(n) and char(n), (precision<<16 | scale)+4 of a decimal,
// the digits of a time or timestamp; -1 for none.
func TypMod(t Type) int32 {
	switch t.Kind {
	case Varchar, Char:
		if t.Precision > 0 {
			return t.Precision + 4
		}
	case Decimal:
		return (t.Precision<<16 | t.Scale) + 4
	case Time, Timestamp, TimestampTZ:
		return int32(t.Digits())
	case Array:
		return TypMod(t.Elem())
	}
	return -1
}
