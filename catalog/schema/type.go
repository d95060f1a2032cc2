package schema

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/keywords"
)

// Type is a SQL type with its parameters. The zero Type is unknown. Types are small values: copy them, compare them
// with Equal.
type Type struct {
	Kind Kind
	// Precision is the number of digits of a decimal, the greatest length of a varchar or char in characters (0: no limit),
	// or the digits of a second that a time or timestamp declares (0 to 6, stored as p+1 so that 0 says undeclared).
	Precision int32
	// Scale is the number of digits after the point of a decimal.
	Scale  int32
	nested *nested
}

// nested describes array, map and row types. It is immutable once built.
type nested struct {
	fields []Field // array: one; map: key and value; row: each
}

// Field is a named component of a row type.
type Field struct {
	Name string
	Type Type
}

// T returns the type of a kind that has no parameters.
func T(k Kind) Type { return Type{Kind: k} }

// DecimalOf returns decimal(precision, scale).
func DecimalOf(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: int32(precision), Scale: int32(scale)}
}

// VarcharOf returns varchar(n); n = 0 is text.
func VarcharOf(n int) Type { return Type{Kind: Varchar, Precision: int32(n)} }

// CharOf returns char(n).
func CharOf(n int) Type { return Type{Kind: Char, Precision: int32(n)} }

// Text is varchar without a limit.
var Text = Type{Kind: Varchar}

// TimeOf returns a time or timestamp kind with p digits of a second.
func TimeOf(k Kind, p int) Type { return Type{Kind: k, Precision: int32(p) + 1} }

// ArrayOf returns array(elem).
func ArrayOf(elem Type) Type {
	return Type{Kind: Array, nested: &nested{fields: []Field{{Type: elem}}}}
}

// MapOf returns map(key, value).
func MapOf(key, value Type) Type {
	return Type{Kind: Map, nested: &nested{fields: []Field{{Name: "key", Type: key}, {Name: "value", Type: value}}}}
}

// RowOf returns row(fields...). The slice belongs to the type from then on.
func RowOf(fields ...Field) Type { return Type{Kind: Row, nested: &nested{fields: fields}} }

// Elem returns the element type of an array, int2vector or oidvector, and the value type of a map; unknown otherwise.
func (t Type) Elem() Type {
	switch {
	case t.Kind == Int2Vector:
		return T(SmallInt)
	case t.Kind == OIDVector:
		return T(OID)
	case t.nested == nil || len(t.nested.fields) == 0:
		return Type{}
	}
	return t.nested.fields[len(t.nested.fields)-1].Type
}

// Key returns the key type of a map; unknown otherwise.
func (t Type) Key() Type {
	if t.Kind != Map {
		return Type{}
	}
	return t.nested.fields[0].Type
}

// Fields returns the fields of a row type. The caller must not change them.
func (t Type) Fields() []Field {
	if t.nested == nil {
		return nil
	}
	return t.nested.fields
}

// Digits returns the declared digits of a second of a time or timestamp type, and -1 when none was declared.
func (t Type) Digits() int { return int(t.Precision) - 1 }

// Physical returns how a vector represents values of t.
func (t Type) Physical() Physical {
	if t.Kind == Decimal {
		if t.Precision > MaxDecimal64 {
			return PhysInt128
		}
		return PhysInt64
	}
	return kindPhysical[t.Kind]
}

// Equal reports whether two types are the same, parameters and components included.
func (t Type) Equal(o Type) bool {
	if t.Kind != o.Kind || t.Precision != o.Precision || t.Scale != o.Scale {
		return false
	}
	if t.nested == o.nested {
		return true
	}
	if t.nested == nil || o.nested == nil || len(t.nested.fields) != len(o.nested.fields) {
		return false
	}
	for i, f := range t.nested.fields {
		g := o.nested.fields[i]
		if f.Name != g.Name || !f.Type.Equal(g.Type) {
			return false
		}
	}
	return true
}

// IsInteger reports whether t is tinyint, smallint, integer or bigint.
func (t Type) IsInteger() bool { return t.Kind >= TinyInt && t.Kind <= BigInt }

// IsFloat reports whether t is real or double.
func (t Type) IsFloat() bool { return t.Kind == Real || t.Kind == Double }

// IsNumeric reports whether t is an integer, a float or a decimal.
func (t Type) IsNumeric() bool { return t.Kind >= TinyInt && t.Kind <= Decimal }

// IsString reports whether t is character data: varchar, char, name, "char" or an undecided literal.
func (t Type) IsString() bool {
	return t.Kind == Varchar || t.Kind == Char || t.Kind == Name || t.Kind == InternalChar || t.Kind == Unknown
}

// IsTemporal reports whether t is a date, time or timestamp.
func (t Type) IsTemporal() bool { return t.Kind >= Date && t.Kind <= TimestampTZ }

// IsReg reports whether t is oid or one of the types that name a catalog object by its oid.
func (t Type) IsReg() bool { return t.Kind == OID || (t.Kind >= RegClass && t.Kind <= RegNamespace) }

var kindNames = [numKinds]string{
	Unknown: "unknown", Boolean: "boolean", TinyInt: "tinyint", SmallInt: "smallint", Integer: "integer",
	BigInt: "bigint", Real: "real", Double: "double", Decimal: "decimal", Varchar: "varchar", Char: "char",
	Varbinary: "varbinary", Date: "date", Time: "time", Timestamp: "timestamp", TimestampTZ: "timestamp with time zone",
	Interval: "interval", UUID: "uuid", JSON: "json", JSONB: "jsonb", Array: "array", Map: "map", Row: "row", OID: "oid",
	Name: "name", InternalChar: "\"char\"", RegClass: "regclass", RegType: "regtype", RegProc: "regproc",
	RegNamespace: "regnamespace", Int2Vector: "int2vector", OIDVector: "oidvector", Void: "void", Lambda: "function",
}

// String returns the name of the kind as Trino and Athena spell it.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// String returns the type as Trino and Athena spell it, for example decimal(10,2) or array(varchar). ParseType reads it
// back.
func (t Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t Type) write(b *strings.Builder) {
	switch t.Kind {
	case Decimal:
		b.WriteString("decimal(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")")
	case Varchar, Char:
		b.WriteString(t.Kind.String())
		if t.Precision > 0 {
			b.WriteString("(" + strconv.Itoa(int(t.Precision)) + ")")
		}
	case Time, Timestamp, TimestampTZ:
		t.writeTemporal(b)
	case Array, Map, Row:
		t.writeNested(b)
	default:
		b.WriteString(t.Kind.String())
	}
}

func (t Type) writeTemporal(b *strings.Builder) {
	name, zone, _ := strings.Cut(t.Kind.String(), " ")
	b.WriteString(name)
	if t.Precision > 0 {
		b.WriteString("(" + strconv.Itoa(t.Digits()) + ")")
	}
	if zone != "" {
		b.WriteString(" " + zone)
	}
}

func (t Type) writeNested(b *strings.Builder) {
	b.WriteString(t.Kind.String())
	b.WriteByte('(')
	for i, f := range t.Fields() {
		if i > 0 {
			b.WriteString(", ")
		}
		if t.Kind == Row && f.Name != "" {
			b.WriteString(QuoteUnusual(f.Name))
			b.WriteByte(' ')
		}
		f.Type.write(b)
	}
	b.WriteByte(')')
}

// QuoteIdent returns name as a SQL identifier: bare when it is lower-case letters, digits and underscores and not a keyword
// that needs quotes somewhere, double-quoted otherwise; PostgreSQL's quote_ident.
func QuoteIdent(name string) string {
	if class := keywords.ClassOf(name); class != keywords.None && class != keywords.Unreserved {
		return `"` + name + `"`
	}
	return QuoteUnusual(name)
}

// QuoteUnusual is QuoteIdent for places where keywords need no quotes: plans and the names of types.
func QuoteUnusual(name string) string {
	plain := name != ""
	for i, r := range name {
		if !(r == '_' || (r >= 'a' && r <= 'z') || (i > 0 && r >= '0' && r <= '9')) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
