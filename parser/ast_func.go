package parser

// NullTreatment is IGNORE NULLS or RESPECT NULLS of a window function.
type NullTreatment uint8

// The treatments of NULL.
const (
	DefaultNulls NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// FuncCall is a call of a function, an aggregate or a window function. The parser turns special syntax into plain calls
// as PostgreSQL does: SUBSTRING(x FROM y FOR z) is substring(x, y, z), TRIM(LEADING c FROM x) is ltrim(x, c), TRIM(x) is
// btrim(x), OVERLAY(x PLACING y FROM z) is overlay(x, y, z) and POSITION(a IN b) is position(b, a), with the string to
// search first. COALESCE, NULLIF, GREATEST, LEAST, GROUPING, TRY and IF are calls too.
type FuncCall struct {
	Loc
	Name Name
	// Quoted says that a one-part name was in double quotes, which keeps it from being read as special syntax.
	Quoted bool
	// Args are the arguments; *NamedArg and *LambdaExpr occur here. Star says that the argument list is *.
	Args []Expr
	Star bool
	// Distinct is f(DISTINCT ..).
	Distinct bool
	// Variadic says that VARIADIC stands before the last argument.
	Variadic bool
	// OrderBy is the ORDER BY inside the parentheses, WithinGroup the one of WITHIN GROUP (ORDER BY ..).
	OrderBy     []OrderItem
	WithinGroup []OrderItem
	// Filter is the condition of FILTER (WHERE ..), nil when there is none.
	Filter Expr
	Nulls  NullTreatment
	// Over is nil for a call that is no window function.
	Over *WindowSpec
}

// WindowSpec is what stands after OVER or in the WINDOW clause. When Ref is set, OVER named a window without
// parentheses and the other fields are empty. Base is the window that a parenthesised specification starts from.
type WindowSpec struct {
	Loc
	Ref         string
	Base        string
	PartitionBy []Expr
	OrderBy     []OrderItem
	// Frame is nil when no frame is given.
	Frame *WindowFrame
}

// FrameUnit is the unit in which a frame's offsets count.
type FrameUnit uint8

// The frame units.
const (
	RowsFrame FrameUnit = iota
	RangeFrame
	GroupsFrame
)

// FrameExclusion is the EXCLUDE clause of a frame.
type FrameExclusion uint8

// The frame exclusions.
const (
	ExcludeNoOthers FrameExclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// WindowFrame is a frame clause. The short form without BETWEEN has CURRENT ROW as its End.
type WindowFrame struct {
	Loc
	Unit       FrameUnit
	Start, End FrameBound
	Exclude    FrameExclusion
}

// BoundKind is the kind of an end of a window frame.
type BoundKind uint8

// The kinds of frame bounds.
const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameBound is one end of a window frame. Offset is set for OffsetPreceding and OffsetFollowing.
type FrameBound struct {
	Loc
	Kind   BoundKind
	Offset Expr
}
