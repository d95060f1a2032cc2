package expr

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// FunctionKind tells the four families of functions apart.
type FunctionKind uint8

// The families.
const (
	Scalar FunctionKind = iota
	Aggregate
	WindowFunction
	TableFunction // returns a set of rows: generate_series, unnest, ...
)

// Volatility says when two calls with the same arguments return the same value, as in PostgreSQL.
type Volatility uint8

// The volatilities: always; within one statement; never.
const (
	Immutable Volatility = iota
	Stable
	Volatile
)

// Function is the metadata of one overload, shared by all its calls. The executor finds the code by Impl.
type Function struct {
	Name       string
	Kind       FunctionKind
	Volatility Volatility
	// Strict functions return NULL when an argument is NULL, without being called.
	Strict bool
	// Operator says that the function is written between or before its arguments ("+", "||", "like").
	Operator bool
	// OrderSensitive aggregates depend on the order of their input (array_agg, string_agg).
	OrderSensitive bool
	// IgnoresDuplicates aggregates return the same with DISTINCT (min, max, bool_and).
	IgnoresDuplicates bool
	// Impl is the executor's own; the planner does not look at it.
	Impl any
}

// Arg is what the resolution of a function knows of an argument.
type Arg struct {
	Type schema.Type
	// Const is the value of an argument that is a constant; nil otherwise. Some result types depend on it.
	Const *schema.Value
	// Lambda is the number of parameters of a lambda argument; 0 says that the argument is not one. Its Type is that of the
	// body once the body is bound, and unknown before.
	Lambda int
}

// Resolved is an overload chosen for given arguments.
type Resolved struct {
	Fn *Function
	// Args are the types that the arguments must be cast to, one for each argument given (variadic ones spelled out). That of a
	// lambda is the type its body must be cast to; Lambda leaves the body as it is.
	Args []schema.Type
	// Result is the type of the result; of a TableFunction, the type of its rows' only column, or a row type.
	Result schema.Type
}

// Registry finds functions by name. It is immutable and safe for concurrent use.
type Registry interface {
	// Resolve chooses the overload, by PostgreSQL's rules: an exact match, else the one with the fewest implicit casts,
	// preferred types first. Failure is SQLSTATE 42883 or 42725 with PostgreSQL's wording.
	Resolve(kind FunctionKind, name string, args []Arg) (*Resolved, error)
	// LambdaParams returns the parameter types of lambda argument i, given the types of the arguments that are not lambdas and of
	// the lambdas before it. Asked again with the type of lambda i known, it may return wider ones.
	LambdaParams(name string, args []Arg, i int) ([]schema.Type, error)
	// ParamNames returns the names of a function's parameters, by which arguments may be given; nil is none. Optional says that
	// those that are left out are 0.
	ParamNames(name string) (names []string, optional bool)
	// Has reports whether any overload of the family has the name.
	Has(kind FunctionKind, name string) bool
	// List returns all overloads, for pg_proc and SHOW FUNCTIONS, in a fixed order.
	List() []Signature
}

// Signature describes an overload to people. A function whose last arguments may be left out has one for each number of them.
type Signature struct {
	Name     string
	Kind     FunctionKind
	Args     []schema.Type
	Variadic bool
	Result   schema.Type
	// Operator says that the name is an operator's symbol.
	Operator bool
	// ArgNames and ResultName name the types as PostgreSQL does: "numeric" for decimals of any precision and scale, "anyarray"
	// and its like for families of types, whose Args and Result are only examples.
	ArgNames    []string
	ResultName  string
	Volatility  Volatility
	Description string
}

// Evaluator runs expressions for the planner: constant folding, and the filters that scans evaluate. The executor implements
// it.
type Evaluator interface {
	// Fold evaluates an expression without columns.
	Fold(ctx context.Context, e Expr) (schema.Value, error)
	// Matcher compiles a boolean expression over InputRefs into a maker of matchers; InputRef i reads cols[i].
	Matcher(e Expr) (func() connectors.Matcher, error)
}

// SortKey is an expression of an order.
type SortKey struct {
	Expr       Expr
	Descending bool
	NullsFirst bool
}

// AggregateCall is an aggregate of a group or a window.
type AggregateCall struct {
	Fn       *Function
	Args     []Expr
	Distinct bool
	// Filter is the FILTER (WHERE ...) condition; nil is none.
	Filter Expr
	// OrderBy is the order inside the call, or of WITHIN GROUP.
	OrderBy []SortKey
	Typ     schema.Type
}

// FrameMode is the unit of a window frame.
type FrameMode uint8

// The units.
const (
	Rows FrameMode = iota
	Range
	Groups
)

// BoundKind is an end of a window frame.
type BoundKind uint8

// The ends.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is an end of a window frame; Offset is for Preceding and Following.
type Bound struct {
	Kind   BoundKind
	Offset Expr
}

// Exclusion leaves rows out of a window frame.
type Exclusion uint8

// The exclusions.
const (
	ExcludeNothing Exclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is a window frame.
type Frame struct {
	Mode       FrameMode
	Start, End Bound
	Exclude    Exclusion
}

// WindowCall is a window function or an aggregate over a frame. Calls of one Window operator share its partition and order.
type WindowCall struct {
	Fn          *Function
	Args        []Expr
	Filter      Expr
	Frame       Frame
	IgnoreNulls bool
	Distinct    bool
	Typ         schema.Type
}
