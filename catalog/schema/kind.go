package schema

// Kind is the family of a SQL type, without its parameters.
type Kind uint8

// The kinds. Unknown is the type of NULL and of a quoted literal whose type the context has yet to decide (PostgreSQL's
// "unknown"). The kinds from OID on exist for PostgreSQL's system catalog and for casts that its clients send.
const (
	Unknown Kind = iota
	Boolean
	TinyInt
	SmallInt
	Integer
	BigInt
	Real
	Double
	Decimal
	Varchar
	Char
	Varbinary
	Date
	Time
	Timestamp
	TimestampTZ
	Interval
	UUID
	JSON
	JSONB
	Array
	Map
	Row
	OID
	Name
	InternalChar
	RegClass
	RegType
	RegProc
	RegNamespace
	Int2Vector
	OIDVector
	Void
	Lambda
	numKinds
)

// Physical is the representation that a vector uses for a type.
type Physical uint8

// The physical kinds. A UUID is 16 bytes of PhysBytes; JSON is its text.
const (
	PhysNone Physical = iota
	// PhysBool is one byte a value, 0 or 1.
	PhysBool
	// PhysInt32 holds tinyint, smallint, integer, and date as days since 1970-01-01.
	PhysInt32
	// PhysInt64 holds bigint, oid and the reg types, decimals of up to 18 digits as their unscaled value, and time,
	// timestamp and timestamp with time zone as microseconds (since midnight, or since 1970-01-01 00:00 UTC).
	PhysInt64
	// PhysInt128 holds the unscaled value of decimals of 19 to 38 digits.
	PhysInt128
	// PhysFloat32 holds real.
	PhysFloat32
	// PhysFloat64 holds double.
	PhysFloat64
	// PhysInterval holds months, days and microseconds.
	PhysInterval
	// PhysBytes holds varchar, char, varbinary, uuid, json, name and "char".
	PhysBytes
	// PhysList holds array (one child), map (two children, keys and values), int2vector and oidvector.
	PhysList
	// PhysStruct holds row.
	PhysStruct
)

// Width is the size of a value of a fixed-width kind in bytes, 0 of the others.
func (p Physical) Width() int {
	switch p {
	case PhysBool:
		return 1
	case PhysInt32, PhysFloat32:
		return 4
	case PhysInt64, PhysFloat64:
		return 8
	case PhysInt128, PhysInterval:
		return 16
	}
	return 0
}

var kindPhysical = [numKinds]Physical{
	Unknown: PhysBytes, Boolean: PhysBool,
	TinyInt: PhysInt32, SmallInt: PhysInt32, Integer: PhysInt32, Date: PhysInt32,
	BigInt: PhysInt64, Time: PhysInt64, Timestamp: PhysInt64, TimestampTZ: PhysInt64,
	OID: PhysInt64, RegClass: PhysInt64, RegType: PhysInt64, RegProc: PhysInt64, RegNamespace: PhysInt64,
	Real: PhysFloat32, Double: PhysFloat64, Interval: PhysInterval,
	Varchar: PhysBytes, Char: PhysBytes, Varbinary: PhysBytes, UUID: PhysBytes, JSON: PhysBytes, JSONB: PhysBytes,
	Name: PhysBytes, InternalChar: PhysBytes, Void: PhysBytes,
	Array: PhysList, Map: PhysList, Int2Vector: PhysList, OIDVector: PhysList, Row: PhysStruct,
}

// MaxDecimal64 is the number of decimal digits that always fit an int64.
const MaxDecimal64 = 18

// MaxDecimal is the largest precision of a decimal.
const MaxDecimal = 38
