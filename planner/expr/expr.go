package expr

import (
	"github.com/tarnsql/tarn/catalog/schema"
)

// Expr is a bound expression. It is sealed and immutable: rewriting returns a new tree and shares what did not change.
//
//sumtype:decl
type Expr interface {
	// Type is the type of the value.
	Type() schema.Type
	// String is the expression in SQL, for EXPLAIN and messages.
	String() string
	isExpr()
}

// ColumnID identifies a column within a statement.
type ColumnID int32

// ColumnRef is a column of a logical plan.
type ColumnRef struct {
	ID   ColumnID
	Name string
	Typ  schema.Type
}

// InputRef is a column of a physical operator's input.
type InputRef struct {
	Index int
	Name  string
	Typ   schema.Type
}

// Const is a constant.
type Const struct{ Value schema.Value }

// Param is a parameter ($1 has Index 0) whose value is not known yet: only in plans made to describe a statement.
type Param struct {
	Index int
	Typ   schema.Type
}

// CompareOp is a comparison.
type CompareOp uint8

// The comparisons. Distinct and NotDistinct treat NULL as a value and never return NULL.
const (
	Eq CompareOp = iota
	Ne
	Lt
	Le
	Gt
	Ge
	Distinct
	NotDistinct
)

// Compare compares two expressions of the same type. Rows, arrays and maps compare by their parts.
type Compare struct {
	Op          CompareOp
	Left, Right Expr
}

// And is the conjunction of two or more booleans; it is flat: no operand is an And.
type And struct{ Args []Expr }

// Or is the disjunction of two or more booleans; it is flat.
type Or struct{ Args []Expr }

// Not negates a boolean.
type Not struct{ Arg Expr }

// IsNull tests for NULL.
type IsNull struct {
	Arg     Expr
	Negated bool
}

// In tests membership in a list of expressions of Arg's type, with SQL's NULL rules. A list of constants is kept sorted
// and distinct by the binder, in Set; other expressions are in List.
type In struct {
	Arg     Expr
	Set     []schema.Value
	SetNull bool // the list has a NULL constant
	List    []Expr
	Negated bool
}

// When is a branch of a Case.
type When struct{ Cond, Result Expr }

// Case is a searched CASE: branches are evaluated in order, and only for the rows that reach them. Else is never nil.
type Case struct {
	Whens []When
	Else  Expr
}

// Coalesce returns its first argument that is not NULL; later ones are evaluated only for rows that reach them.
type Coalesce struct{ Args []Expr }

// Cast converts to a type. Try returns NULL where the conversion fails. Implicit casts are those that the binder added.
type Cast struct {
	Arg      Expr
	Typ      schema.Type
	Try      bool
	Implicit bool
}

// Call applies a scalar function or operator. Arguments have exactly the types of the resolved overload.
type Call struct {
	Fn   *Function
	Args []Expr
	Typ  schema.Type
}

// LambdaExpr is a lambda argument of a function; Params are the types of its parameters, which Body reads as LambdaRef.
type LambdaExpr struct {
	// ID tells the parameters of nested lambdas apart.
	ID     int
	Names  []string
	Params []schema.Type
	Body   Expr
}

// LambdaRef is parameter Index of the lambda ID.
type LambdaRef struct {
	ID, Index int
	Name      string
	Typ       schema.Type
}

// Field is a field of a row.
type Field struct {
	Arg   Expr
	Index int
	Name  string
	Typ   schema.Type
}

// MakeRow builds a row.
type MakeRow struct {
	Args []Expr
	Typ  schema.Type
}

// MakeArray builds an array of elements of one type.
type MakeArray struct {
	Args []Expr
	Typ  schema.Type
}

// OuterRef is a column of an enclosing query inside a subquery that could not be unnested: Apply gives it its value.
type OuterRef struct {
	ID   ColumnID
	Name string
	Typ  schema.Type
}

// SubqueryKind says how a Subquery is used.
type SubqueryKind uint8

// The uses of a subquery in an expression.
const (
	ScalarSubquery SubqueryKind = iota
	ExistsSubquery
	InSubquery  // Test = ANY (subquery)
	AnySubquery // Test op ANY (subquery)
	AllSubquery // Test op ALL (subquery)
	ArraySubquery
)

// Plan is a logical plan as an expression sees it: package logical's nodes implement it.
type Plan interface{ String() string }

// Subquery is a query inside an expression. The binder makes it; rules turn it into joins; an executor never sees it.
type Subquery struct {
	Kind    SubqueryKind
	Op      CompareOp // AnySubquery and AllSubquery
	Test    []Expr    // left side of IN, ANY, ALL; one for each output column
	Input   Plan
	Outer   []ColumnID // columns of enclosing queries that Input reads
	Typ     schema.Type
	Negated bool
}

// Type returns the type.
func (e *ColumnRef) Type() schema.Type { return e.Typ }

// Type returns the type.
func (e *InputRef) Type() schema.Type { return e.Typ }

// Type returns the type.
func (e *Const) Type() schema.Type { return e.Value.Type }

// Type returns the type.
func (e *Param) Type() schema.Type { return e.Typ }

// Type returns boolean.
func (e *Compare) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns boolean.
func (e *And) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns boolean.
func (e *Or) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns boolean.
func (e *Not) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns boolean.
func (e *IsNull) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns boolean.
func (e *In) Type() schema.Type { return schema.T(schema.Boolean) }

// Type returns the type of the results.
func (e *Case) Type() schema.Type { return e.Else.Type() }

// Type returns the type of the arguments.
func (e *Coalesce) Type() schema.Type { return e.Args[0].Type() }

// Type returns the target type.
func (e *Cast) Type() schema.Type { return e.Typ }

// Type returns the result type of the overload.
func (e *Call) Type() schema.Type { return e.Typ }

// Type returns the function type.
func (e *LambdaExpr) Type() schema.Type { return schema.T(schema.Lambda) }

// Type returns the type of the parameter.
func (e *LambdaRef) Type() schema.Type { return e.Typ }

// Type returns the type of the field.
func (e *Field) Type() schema.Type { return e.Typ }

// Type returns the row type.
func (e *MakeRow) Type() schema.Type { return e.Typ }

// Type returns the array type.
func (e *MakeArray) Type() schema.Type { return e.Typ }

// Type returns the type.
func (e *OuterRef) Type() schema.Type { return e.Typ }

// Type returns boolean, the type of the scalar, or the array type.
func (e *Subquery) Type() schema.Type { return e.Typ }

func (*ColumnRef) isExpr()  {}
func (*InputRef) isExpr()   {}
func (*Const) isExpr()      {}
func (*Param) isExpr()      {}
func (*Compare) isExpr()    {}
func (*And) isExpr()        {}
func (*Or) isExpr()         {}
func (*Not) isExpr()        {}
func (*IsNull) isExpr()     {}
func (*In) isExpr()         {}
func (*Case) isExpr()       {}
func (*Coalesce) isExpr()   {}
func (*Cast) isExpr()       {}
func (*Call) isExpr()       {}
func (*LambdaExpr) isExpr() {}
func (*LambdaRef) isExpr()  {}
func (*Field) isExpr()      {}
func (*MakeRow) isExpr()    {}
func (*MakeArray) isExpr()  {}
func (*OuterRef) isExpr()   {}
func (*Subquery) isExpr()   {}
