package parser

// Query is a whole query: WITH, a body, and the clauses that apply to the body's result. It is a Statement, and also the
// QueryBody of a branch in parentheses.
type Query struct {
	Loc
	With    *With
	Body    QueryBody
	OrderBy []OrderItem
	// Limit is the count of LIMIT or FETCH FIRST, nil for no limit and for LIMIT ALL.
	Limit Expr
	// WithTies is FETCH FIRST n ROWS WITH TIES.
	WithTies bool
	Offset   Expr
	// Locking holds FOR UPDATE and FOR SHARE clauses.
	Locking []LockingClause
}

// With is a WITH clause.
type With struct {
	Loc
	Recursive bool
	CTEs      []CTE
}

// Materialization is the MATERIALIZED or NOT MATERIALIZED of a common table expression.
type Materialization uint8

// The materializations.
const (
	DefaultMaterialization Materialization = iota
	Materialized
	NotMaterialized
)

// CTE is one name [(columns)] AS [[NOT] MATERIALIZED] (query) of a WITH clause. Statement is a *Query, or an *Insert,
// *Update, *Delete or *Merge, which no read engine runs.
type CTE struct {
	Loc
	Name         string
	Columns      []string
	Materialized Materialization
	Statement    Statement
	// Search and Cycle are the SEARCH and CYCLE clauses of a recursive query, nil when absent.
	Search *SearchClause
	Cycle  *CycleClause
}

// SearchClause is SEARCH DEPTH|BREADTH FIRST BY columns SET column.
type SearchClause struct {
	Loc
	BreadthFirst bool
	By           []string
	Set          string
}

// CycleClause is CYCLE columns SET mark [TO value DEFAULT value] USING path.
type CycleClause struct {
	Loc
	Columns            []string
	Mark               string
	MarkValue, Default Expr
	Path               string
}

// Select is one SELECT without the clauses that belong to the Query around it.
type Select struct {
	Loc
	// Distinct is SELECT DISTINCT; DistinctOn is non-empty for DISTINCT ON (..), when Distinct is true as well.
	Distinct   bool
	DistinctOn []Expr
	// Items is empty for PostgreSQL's SELECT FROM t, which has rows without columns.
	Items []SelectItem
	// Into is the target of SELECT INTO, nil in a plain query.
	Into *IntoClause
	// From holds the comma separated items; no item means one row without columns.
	From    []TableExpr
	Where   Expr
	GroupBy *GroupBy
	Having  Expr
	Windows []NamedWindow
	Qualify Expr
}

// SelectItem is one output column: Expr is a *Star or *FieldStar for several. Alias is "" when none is given.
type SelectItem struct {
	Loc
	Expr  Expr
	Alias string
}

// IntoClause is the INTO [TEMP] t of SELECT INTO.
type IntoClause struct {
	Loc
	Temporary bool
	Name      Name
}

// GroupBy is a GROUP BY clause. All is GROUP BY ALL without items: group by every item of the select list that holds no
// aggregate. Distinct is GROUP BY DISTINCT, which drops duplicate grouping sets.
type GroupBy struct {
	Loc
	All      bool
	Distinct bool
	Items    []GroupElement
}

// GroupKind is the kind of a GroupElement.
type GroupKind uint8

// The kinds of grouping elements.
const (
	// GroupSet is a set of expressions that group together: one for a plain expression, several for a list in
	// parentheses, none for the empty set ().
	GroupSet GroupKind = iota
	GroupRollup
	GroupCube
	GroupingSets
)

// GroupElement is one element of GROUP BY. Exprs is for GroupSet, Elements for the other kinds. An integer literal as
// the only expression of a top-level GroupSet is the ordinal of a select item.
type GroupElement struct {
	Loc
	Kind     GroupKind
	Exprs    []Expr
	Elements []GroupElement
}

// NamedWindow is name AS (spec) of the WINDOW clause.
type NamedWindow struct {
	Loc
	Name string
	Spec *WindowSpec
}

// Direction is the direction of an OrderItem.
type Direction uint8

// The directions.
const (
	DefaultDirection Direction = iota
	Ascending
	Descending
)

// NullsOrder says where NULLs sort.
type NullsOrder uint8

// The places of NULLs.
const (
	DefaultNullsOrder NullsOrder = iota
	NullsFirst
	NullsLast
)

// OrderItem is one item of ORDER BY. Using is the operator of ORDER BY x USING >, "" otherwise.
type OrderItem struct {
	Loc
	Expr      Expr
	Direction Direction
	Using     string
	Nulls     NullsOrder
}

// LockingClause is FOR UPDATE, FOR NO KEY UPDATE, FOR SHARE or FOR KEY SHARE [OF t] [NOWAIT | SKIP LOCKED].
type LockingClause struct {
	Loc
	// Strength is "UPDATE", "NO KEY UPDATE", "SHARE" or "KEY SHARE".
	Strength string
	Of       []Name
	// Wait is "", "NOWAIT" or "SKIP LOCKED".
	Wait string
}

// Values is VALUES (..), (..). Rows may differ in length; the binder refuses that.
type Values struct {
	Loc
	Rows [][]Expr
}

// TableQuery is TABLE t.
type TableQuery struct {
	Loc
	Name Name
	Only bool
}

// SetOp is a set operation.
type SetOp uint8

// The set operations.
const (
	Union SetOp = iota
	Intersect
	Except
)

// SetOperation combines two query bodies. All is false for DISTINCT, the default. Chains lean to the left and are at
// most MaxChain deep.
type SetOperation struct {
	Loc
	Op          SetOp
	All         bool
	Left, Right QueryBody
}
