// Package sqlerr is the error that a user of Tarn sees: an SQLSTATE, a message, and where the statement, the object or
// the setting is that caused it.
//
// Codes are PostgreSQL's (Appendix A of its manual), because PostgreSQL clients act on them. An error without a code
// is an internal fault and reaches the client as XX000.
package sqlerr

import (
	"errors"
	"fmt"
)

// Code is a five-character SQLSTATE.
type Code string

// The SQLSTATEs that Tarn uses.
const (
	Warning                  Code = "01000"
	NoData                   Code = "02000"
	ConnectionFailure        Code = "08006"
	ProtocolViolation        Code = "08P01"
	FeatureNotSupported      Code = "0A000"
	CardinalityViolation     Code = "21000"
	StringTruncation         Code = "22001"
	NumericOutOfRange        Code = "22003"
	InvalidDatetimeFormat    Code = "22007"
	DatetimeOverflow         Code = "22008"
	DivisionByZero           Code = "22012"
	IntervalOverflow         Code = "22015"
	InvalidEscape            Code = "22025"
	InvalidRegexp            Code = "2201B"
	InvalidLimit             Code = "2201W"
	InvalidOffset            Code = "2201X"
	InvalidLogArgument       Code = "2201E"
	InvalidPowerArgument     Code = "2201F"
	InvalidWidthBucket       Code = "2201G"
	CharacterNotInRepertoire Code = "22021"
	InvalidParameterValue    Code = "22023"
	ArraySubscript           Code = "2202E"
	InvalidTextRepresent     Code = "22P02"
	InvalidBinaryRepresent   Code = "22P03"
	UntranslatableCharacter  Code = "22P05"
	InvalidJSONText          Code = "22030"
	NotNullViolation         Code = "23502"
	ReadOnlyTransaction      Code = "25006"
	ActiveTransaction        Code = "25001"
	NoActiveTransaction      Code = "25P01"
	FailedTransaction        Code = "25P02"
	InvalidStatementName     Code = "26000"
	InvalidAuthorization     Code = "28000"
	InvalidPassword          Code = "28P01"
	InvalidCursorName        Code = "34000"
	UndefinedDatabase        Code = "3D000"
	InvalidSchemaName        Code = "3F000"
	InvalidSavepoint         Code = "3B001"
	SerializationFailure     Code = "40001"
	InsufficientPrivilege    Code = "42501"
	SyntaxError              Code = "42601"
	InvalidName              Code = "42602"
	NameTooLong              Code = "42622"
	DuplicateColumn          Code = "42701"
	AmbiguousColumn          Code = "42702"
	UndefinedColumn          Code = "42703"
	UndefinedObject          Code = "42704"
	DuplicateAlias           Code = "42712"
	DuplicateObject          Code = "42710"
	AmbiguousFunction        Code = "42725"
	GroupingError            Code = "42803"
	DatatypeMismatch         Code = "42804"
	WrongObjectType          Code = "42809"
	CannotCoerce             Code = "42846"
	UndefinedFunction        Code = "42883"
	InvalidRecursion         Code = "42P19"
	WindowingError           Code = "42P20"
	UndefinedTable           Code = "42P01"
	UndefinedParameter       Code = "42P02"
	DuplicateCursor          Code = "42P03"
	DuplicateDatabase        Code = "42P04"
	DuplicatePrepared        Code = "42P05"
	DuplicateSchema          Code = "42P06"
	DuplicateTable           Code = "42P07"
	AmbiguousParameter       Code = "42P08"
	InvalidColumnReference   Code = "42P10"
	InvalidTableDefinition   Code = "42P16"
	IndeterminateDatatype    Code = "42P18"
	InsufficientResources    Code = "53000"
	DiskFull                 Code = "53100"
	OutOfMemory              Code = "53200"
	TooManyConnections       Code = "53300"
	ConfigurationLimit       Code = "53400"
	ProgramLimit             Code = "54000"
	StatementTooComplex      Code = "54001"
	TooManyColumns           Code = "54011"
	NotInPrerequisiteState   Code = "55000"
	ObjectInUse              Code = "55006"
	QueryCanceled            Code = "57014"
	AdminShutdown            Code = "57P01"
	CannotConnectNow         Code = "57P03"
	SystemError              Code = "58000"
	IOError                  Code = "58030"
	UndefinedFile            Code = "58P01"
	InternalError            Code = "XX000"
	DataCorrupted            Code = "XX001"
)

// Error is an error for the user. Message is in PostgreSQL's style: lower case, no full stop. Position is the 1-based
// character (not byte) of the statement text that the error is about; 0 says that it has no place in the text.
type Error struct {
	Code     Code
	Message  string
	Detail   string
	Hint     string
	Position int
	// Context says where in the data or the work the error arose, for example "row 17 of s3://b/k".
	Context string
	// Schema, Table and Column name the object that the error is about, where there is one.
	Schema, Table, Column string
	cause                 error
}

// New returns an error with a code and a formatted message. A %w verb keeps the wrapped error reachable.
func New(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Unsupported returns the 0A000 error for a construct that the parser accepts and the engine does not run.
func Unsupported(construct string, args ...any) *Error {
	return New(FeatureNotSupported, "%s is not supported", fmt.Sprintf(construct, args...))
}

// Error returns the message alone; the other fields are for the client's display.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the error that New wrapped, if any.
func (e *Error) Unwrap() error { return e.cause }

// SQLState returns the five-character code.
func (e *Error) SQLState() string { return string(e.Code) }

// At sets the 1-based character position and returns e. A position that is set already stays.
func (e *Error) At(position int) *Error {
	if e.Position == 0 {
		e.Position = position
	}
	return e
}

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetail sets the detail and returns e.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = fmt.Sprintf(format, args...)
	return e
}

// WithContext sets the context and returns e. A context that is set already stays: the innermost place is the best.
func (e *Error) WithContext(format string, args ...any) *Error {
	if e.Context == "" {
		e.Context = fmt.Sprintf(format, args...)
	}
	return e
}

// CodeOf returns the SQLSTATE of the first error in err's tree that has one, and XX000 when none has.
func CodeOf(err error) Code {
	var s interface{ SQLState() string }
	if errors.As(err, &s) {
		return Code(s.SQLState())
	}
	return InternalError
}

// Is reports whether err carries code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// As returns the first *Error in err's tree, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
