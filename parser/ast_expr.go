package parser

// ColumnRef is a column, or a column with qualifiers: a, t.a, s.t.a, c.s.t.a. A leading part may turn out to be a column
// and the rest its fields; only the binder can tell.
type ColumnRef struct {
	Loc
	Name Name
}

// Star is * or t.* in a select list, in count(t.*) or in row(t.*). Except lists the columns left out by EXCEPT or
// EXCLUDE (..), and Replace the ones computed anew by REPLACE (expr AS name).
type Star struct {
	Loc
	Qualifier Name
	Except    []string
	Replace   []SelectItem
}

// FieldStar is (expr).*: every field of a row value.
type FieldStar struct {
	Loc
	Expr Expr
}

// AndExpr is a conjunction of at least two operands. Chains are flat: no operand is an *AndExpr unless parentheses made
// it one.
type AndExpr struct {
	Loc
	Args []Expr
}

// OrExpr is a disjunction of at least two operands, flat like AndExpr.
type OrExpr struct {
	Loc
	Args []Expr
}

// NotExpr is NOT expr.
type NotExpr struct {
	Loc
	Expr Expr
}

// UnaryExpr is a prefix operator: - + ~ @ |/ and others. OpSchema is set for OPERATOR(schema.op).
type UnaryExpr struct {
	Loc
	Op       string
	OpSchema string
	Expr     Expr
}

// BinaryExpr is an infix operator that is no keyword. Op is the operator's text; != is written <>. OpSchema is set for
// OPERATOR(schema.op). A chain of operators leans to the left and is at most MaxChain deep.
type BinaryExpr struct {
	Loc
	Op          string
	OpSchema    string
	Left, Right Expr
}

// IsNull is expr IS [NOT] NULL, also spelt ISNULL and NOTNULL.
type IsNull struct {
	Loc
	Expr Expr
	Not  bool
}

// TruthValue is what IS TRUE, IS FALSE and IS UNKNOWN test for.
type TruthValue uint8

// The truth values.
const (
	TruthTrue TruthValue = iota
	TruthFalse
	TruthUnknown
)

// IsTruth is expr IS [NOT] TRUE, FALSE or UNKNOWN.
type IsTruth struct {
	Loc
	Expr  Expr
	Value TruthValue
	Not   bool
}

// IsDistinct is left IS [NOT] DISTINCT FROM right.
type IsDistinct struct {
	Loc
	Left, Right Expr
	Not         bool
}

// Between is expr [NOT] BETWEEN [SYMMETRIC] low AND high.
type Between struct {
	Loc
	Expr, Low, High Expr
	Not, Symmetric  bool
}

// InList is expr [NOT] IN (a, b, ..). List has at least one item.
type InList struct {
	Loc
	Expr Expr
	List []Expr
	Not  bool
}

// InSubquery is expr [NOT] IN (SELECT ..). Expr is a *RowExpr when several columns are compared.
type InSubquery struct {
	Loc
	Expr  Expr
	Query *Query
	Not   bool
}

// LikeKind is the pattern language of a LikeExpr.
type LikeKind uint8

// The pattern languages.
const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is expr [NOT] LIKE, ILIKE or SIMILAR TO pattern [ESCAPE escape]. Escape is nil when it is not given. The
// operators ~~, ~~*, !~~ and !~~* stay BinaryExprs.
type LikeExpr struct {
	Loc
	Kind          LikeKind
	Expr, Pattern Expr
	Escape        Expr
	Not           bool
}

// QuantifiedExpr is left op ANY (..) or left op ALL (..); SOME is ANY. Exactly one of Array and Query is set. LIKE and
// ILIKE appear as the operators ~~, ~~*, !~~ and !~~*.
type QuantifiedExpr struct {
	Loc
	Left     Expr
	Op       string
	OpSchema string
	All      bool
	Array    Expr
	Query    *Query
}

// ExistsExpr is EXISTS (query).
type ExistsExpr struct {
	Loc
	Query *Query
}

// SubqueryExpr is a query in parentheses used as a value.
type SubqueryExpr struct {
	Loc
	Query *Query
}

// ArraySubquery is ARRAY(query).
type ArraySubquery struct {
	Loc
	Query *Query
}

// ArrayExpr is ARRAY[a, b, ..]. Inside another ARRAY the inner keyword may be absent.
type ArrayExpr struct {
	Loc
	Items []Expr
}

// RowExpr is ROW(a, b), or (a, b) with Explicit false. An implicit row has at least two items.
type RowExpr struct {
	Loc
	Items    []Expr
	Explicit bool
}

// Subscript is expr[index].
type Subscript struct {
	Loc
	Expr, Index Expr
}

// Slice is expr[low:high]; either bound may be nil.
type Slice struct {
	Loc
	Expr, Low, High Expr
}

// FieldAccess is (expr).field.
type FieldAccess struct {
	Loc
	Expr  Expr
	Field string
}

// When is one WHEN cond THEN result of a CaseExpr. With an operand Cond is the value compared to it.
type When struct {
	Loc
	Cond, Result Expr
}

// CaseExpr is CASE. Operand is nil for the searched form, Else when there is none.
type CaseExpr struct {
	Loc
	Operand Expr
	Whens   []When
	Else    Expr
}

// CastExpr is CAST(expr AS type), expr::type, or with Try TRY_CAST(expr AS type), which yields NULL on failure.
type CastExpr struct {
	Loc
	Expr Expr
	Type *TypeName
	Try  bool
}

// CollateExpr is expr COLLATE collation.
type CollateExpr struct {
	Loc
	Expr      Expr
	Collation Name
}

// AtTimeZone is expr AT TIME ZONE zone. A nil Zone is AT LOCAL.
type AtTimeZone struct {
	Loc
	Expr, Zone Expr
}

// ExtractExpr is EXTRACT(field FROM expr). Field is in lower case.
type ExtractExpr struct {
	Loc
	Field string
	From  Expr
}

// LambdaExpr is x -> body or (x, y) -> body. It appears only as an argument of a function call.
type LambdaExpr struct {
	Loc
	Params []string
	Body   Expr
}

// NamedArg is name => value in an argument list.
type NamedArg struct {
	Loc
	Name  string
	Value Expr
}

// DefaultExpr is DEFAULT in VALUES of an INSERT and on the right side of SET in an UPDATE.
type DefaultExpr struct {
	Loc
}
