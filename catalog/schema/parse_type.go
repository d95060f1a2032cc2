package schema

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// simpleTypes are the names of types without parameters in PostgreSQL, Trino and Hive.
var simpleTypes = map[string]Kind{
	"unknown": Unknown, "boolean": Boolean, "bool": Boolean, "tinyint": TinyInt, "smallint": SmallInt, "int2": SmallInt, "integer": Integer,
	"int": Integer, "int4": Integer, "bigint": BigInt, "int8": BigInt, "long": BigInt, "real": Real, "float4": Real, "double": Double,
	"double precision": Double, "float8": Double, "string": Varchar, "text": Varchar, "varchar": Varchar, "character varying": Varchar,
	"varbinary": Varbinary, "binary": Varbinary, "bytea": Varbinary, "date": Date, "time": Time, "time without time zone": Time,
	"timestamp": Timestamp, "datetime": Timestamp, "timestamp without time zone": Timestamp, "timestamptz": TimestampTZ,
	"timestamp with time zone": TimestampTZ, "interval": Interval, "uuid": UUID, "json": JSON, "jsonb": JSONB, "oid": OID, "name": Name,
	"regclass": RegClass, "regtype": RegType, "regproc": RegProc, "regprocedure": RegProc, "regnamespace": RegNamespace, `"char"`: InternalChar,
	"int2vector": Int2Vector, "oidvector": OIDVector, "void": Void, "xid": OID, "cid": OID, "sql_identifier": Name, "character_data": Varchar,
	"cardinal_number": Integer, "yes_or_no": Varchar, "time_stamp": TimestampTZ, "bpchar": Char, "cstring": Varchar, "pg_node_tree": Varchar,
	"float": Double, "interval day to second": Interval, "interval year to month": Interval, "char": Char, "character": Char,
	"decimal": Decimal, "numeric": Decimal, "dec": Decimal, "function": Lambda,
}

// NamedType returns the type with the given name (lower case, words separated by one blank, without a schema) and
// numbers in parentheses. ok is false when there is none of the name.
func NamedType(name string, mods []int) (t Type, ok bool, err error) {
	k, ok := simpleTypes[name]
	if !ok {
		return Type{}, false, nil
	}
	bad := func() (Type, bool, error) {
		return Type{}, true, sqlerr.New(sqlerr.InvalidParameterValue, "invalid type modifier of %s", name)
	}
	switch k {
	case Decimal:
		t, err = decimalType(mods)
		return t, true, err
	case Char:
		switch {
		case len(mods) == 0:
			return CharOf(1), true, nil
		case len(mods) > 1 || mods[0] < 1:
			return bad()
		case mods[0] > maxChar:
			return Type{}, true, sqlerr.New(sqlerr.InvalidParameterValue, "length for type char cannot exceed %d", maxChar)
		}
		return CharOf(mods[0]), true, nil
	case Varchar:
		if len(mods) > 1 || len(mods) == 1 && mods[0] < 1 {
			return bad()
		}
		if len(mods) == 1 {
			return VarcharOf(mods[0]), true, nil
		}
	case Time, Timestamp, TimestampTZ, Interval:
		if len(mods) > 0 && mods[0] < 0 {
			return bad()
		}
		if len(mods) == 1 && k != Interval {
			return TimeOf(k, min(mods[0], 6)), true, nil
		}
	case Double:
		if name == "float" && len(mods) == 1 && mods[0] <= 24 {
			return T(Real), true, nil
		}
	default:
		if len(mods) > 0 {
			return bad()
		}
	}
	return T(k), true, nil
}

// maxChar is PostgreSQL's longest char, which is padded to its length.
const maxChar = 10485760

func decimalType(mods []int) (Type, error) {
	precision, scale := MaxDecimal, defaultScale
	switch len(mods) {
	case 1:
		precision, scale = mods[0], 0
	case 2:
		precision, scale = mods[0], mods[1]
	}
	switch {
	case precision < 1 || precision > MaxDecimal:
		return Type{}, sqlerr.New(sqlerr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and %d", precision, MaxDecimal)
	case scale < 0 || scale > precision:
		return Type{}, sqlerr.New(sqlerr.InvalidParameterValue, "NUMERIC scale %d must be between 0 and precision %d", scale, precision)
	}
	return DecimalOf(precision, scale), nil
}

// maxTypeDepth bounds the nesting of types.
const maxTypeDepth = 64

// ParseType reads the name of a type in any spelling of PostgreSQL, Trino and Hive: decimal(10,2), array<int>, int[],
// map(varchar, bigint), struct<a:int,b:string>, row(a integer), timestamp(3) with time zone. It reads back what String writes.
func ParseType(text string) (Type, error) {
	p := &typeParser{text: text}
	t, err := p.parse(0)
	if err == nil && p.skip() < len(text) {
		err = p.fail()
	}
	return t, err
}

type typeParser struct {
	text string
	at   int
}

func (p *typeParser) fail() error {
	return sqlerr.New(sqlerr.UndefinedObject, "type %q does not exist", p.text)
}

func (p *typeParser) skip() int {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t' || p.text[p.at] == '\n') {
		p.at++
	}
	return p.at
}

func (p *typeParser) peek() byte {
	if p.skip() < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *typeParser) accept(c byte) bool {
	if p.peek() == c {
		p.at++
		return true
	}
	return false
}

// word reads an identifier: letters, digits, underscores and dollars, or quoted.
func (p *typeParser) word() (string, bool) {
	if p.peek() == '"' {
		var b strings.Builder
		for i := p.at + 1; i < len(p.text); i++ {
			if p.text[i] != '"' {
				b.WriteByte(p.text[i])
				continue
			}
			if i+1 < len(p.text) && p.text[i+1] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			p.at = i + 1
			return b.String(), true
		}
		return "", false
	}
	start := p.at
	for p.at < len(p.text) && isWordByte(p.text[p.at]) {
		p.at++
	}
	return strings.ToLower(p.text[start:p.at]), p.at > start
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (p *typeParser) parse(depth int) (Type, error) {
	if depth > maxTypeDepth {
		return Type{}, sqlerr.New(sqlerr.StatementTooComplex, "types nest deeper than %d levels", maxTypeDepth)
	}
	t, err := p.base(depth)
	for err == nil && p.accept('[') {
		if !p.accept(']') {
			return Type{}, p.fail()
		}
		t = ArrayOf(t)
	}
	return t, err
}

func (p *typeParser) base(depth int) (Type, error) {
	quoted := p.peek() == '"'
	name, ok := p.word()
	if !ok {
		return Type{}, p.fail()
	}
	if quoted && name == "char" {
		return T(InternalChar), nil
	}
	switch {
	case quoted:
	case name == "array" || name == "map" || name == "row" || name == "struct":
		return p.nested(name, depth)
	}
	return p.named(name)
}

// named reads the rest of a simple type: further words, and numbers in parentheses that may stand between them.
func (p *typeParser) named(name string) (Type, error) {
	var mods []int
	for {
		if p.accept('(') {
			var err error
			if mods, err = p.numbers(); err != nil {
				return Type{}, err
			}
			continue
		}
		save := p.at
		next, ok := p.word()
		if !ok {
			break
		}
		if !typeWords[next] {
			p.at = save
			break
		}
		name += " " + next
	}
	t, ok, err := NamedType(name, mods)
	if err == nil && !ok {
		err = p.fail()
	}
	return t, err
}

// typeWords are the words that continue the name of a type.
var typeWords = map[string]bool{"precision": true, "varying": true, "with": true, "without": true, "time": true, "zone": true, "day": true,
	"to": true, "second": true, "year": true, "month": true}

func (p *typeParser) numbers() ([]int, error) {
	var out []int
	for {
		w, ok := p.word()
		n, err := strconv.Atoi(w)
		if !ok || err != nil {
			return nil, p.fail()
		}
		out = append(out, n)
		if p.accept(')') {
			return out, nil
		}
		if !p.accept(',') {
			return nil, p.fail()
		}
	}
}

func (p *typeParser) nested(name string, depth int) (Type, error) {
	closing := byte(')')
	if p.accept('<') {
		closing = '>'
	} else if !p.accept('(') {
		return Type{}, p.fail()
	}
	var fields []Field
	for {
		f, err := p.field(name, closing, depth)
		if err != nil {
			return Type{}, err
		}
		fields = append(fields, f)
		if p.accept(closing) {
			break
		}
		if !p.accept(',') {
			return Type{}, p.fail()
		}
	}
	switch {
	case name == "array" && len(fields) == 1:
		return ArrayOf(fields[0].Type), nil
	case name == "map" && len(fields) == 2:
		return MapOf(fields[0].Type, fields[1].Type), nil
	case name == "row" || name == "struct":
		return RowOf(fields...), nil
	}
	return Type{}, p.fail()
}

// field reads a component. Those of rows have a name, before a colon (Hive) or a blank (Trino), or none.
func (p *typeParser) field(name string, closing byte, depth int) (Field, error) {
	if name == "array" || name == "map" {
		t, err := p.parse(depth + 1)
		return Field{Type: t}, err
	}
	save := p.at
	label, ok := p.word()
	if !ok {
		return Field{}, p.fail()
	}
	if !p.accept(':') {
		if c := p.peek(); c == closing || c == ',' || c == '(' || c == '<' || c == '[' {
			p.at, label = save, ""
		} else if t, err := p.tryFrom(save, depth, closing); err == nil {
			return Field{Type: t}, nil
		}
	}
	t, err := p.parse(depth + 1)
	return Field{Name: label, Type: t}, err
}

// tryFrom reads a type of several words without a name (double precision); on failure the place is as before.
func (p *typeParser) tryFrom(start, depth int, closing byte) (Type, error) {
	save := p.at
	p.at = start
	t, err := p.parse(depth + 1)
	if c := p.peek(); err == nil && c != ',' && c != closing {
		err = p.fail()
	}
	if err != nil {
		p.at = save
	}
	return t, err
}
