package parser

// NumberKind says how a numeric literal is spelt, which decides its type.
type NumberKind uint8

// The spellings of a numeric literal.
const (
	// IntegerNumber has digits alone. It may be longer than any integer type.
	IntegerNumber NumberKind = iota
	// DecimalNumber has a decimal point and no exponent.
	DecimalNumber
	// ExponentNumber has an exponent: numeric in PostgreSQL, double in Trino.
	ExponentNumber
)

// NumberLit is a numeric literal without a sign. Text is exact and in decimal digits: underscores are removed, and
// hexadecimal, octal and binary integers are converted.
type NumberLit struct {
	Loc
	Kind NumberKind
	Text string
}

// StringLit is a character string constant of any spelling ('..', E'..', U&'..', $$..$$) with its escapes resolved. Its
// type is unknown until the context decides.
type StringLit struct {
	Loc
	Value string
}

// BitStringLit is B'0101' or X'1F'. Digits holds what stood between the quotes, in lower case. In PostgreSQL both are
// bit strings; in Trino X'..' is a varbinary.
type BitStringLit struct {
	Loc
	Hex    bool
	Digits string
}

// BoolLit is TRUE or FALSE.
type BoolLit struct {
	Loc
	Value bool
}

// NullLit is NULL.
type NullLit struct {
	Loc
}

// TypedLit is a string constant with its type before it: date '2024-01-01', decimal '1.1', timestamp(3) with time zone
// '..'. Interval constants with fields are an IntervalLit.
type TypedLit struct {
	Loc
	Type  *TypeName
	Value string
}

// IntervalUnit is a field of an interval, the largest first.
type IntervalUnit uint8

// The fields of an interval. Week and quarter are no interval fields in PostgreSQL; Trino has week and MySQL both.
const (
	NoUnit IntervalUnit = iota
	YearUnit
	QuarterUnit
	MonthUnit
	WeekUnit
	DayUnit
	HourUnit
	MinuteUnit
	SecondUnit
	MillisecondUnit
	MicrosecondUnit
)

var intervalUnitNames = [...]string{
	"", "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond",
}

// String returns the field's name in lower case and singular, "" for NoUnit.
func (u IntervalUnit) String() string { return intervalUnitNames[u] }

// IntervalLit is an interval constant: interval '1 day' (From is NoUnit), interval '1' day, interval '1-2' year to
// month. Negative says that a minus stands between the keyword and the string (Trino).
type IntervalLit struct {
	Loc
	Value    string
	Negative bool
	// From and To are the fields after the string. To is NoUnit when there is one field.
	From, To IntervalUnit
	// Precision is the number of fractional digits of the seconds, -1 when it is not given.
	Precision int
}

// Param is a parameter: $1 by its number, or the n-th ? of the statement.
type Param struct {
	Loc
	Number int
}

// SpecialValue is a function that SQL calls without parentheses. Name is one of current_catalog, current_date,
// current_role, current_schema, current_time, current_timestamp, current_user, localtime, localtimestamp, session_user,
// system_user and user. Precision is the number in current_timestamp(3), -1 when there is none.
type SpecialValue struct {
	Loc
	Name      string
	Precision int
}
