package parser

// TableAlias is AS name [(columns)] after an item of FROM. Name may be "" for a function with a column definition list
// alone: f() AS (a int).
type TableAlias struct {
	Loc
	Name    string
	Columns []string
	// Defs are the column definitions of a function that returns records; Columns is empty then.
	Defs []ColumnDef
}

// TableSample is TABLESAMPLE method (percent) [REPEATABLE (seed)].
type TableSample struct {
	Loc
	Method     string
	Args       []Expr
	Repeatable Expr
}

// TimeTravel is FOR VERSION AS OF or FOR TIMESTAMP AS OF expr.
type TimeTravel struct {
	Loc
	Timestamp bool
	AsOf      Expr
}

// TableName is a table or view, or the name of a common table expression.
type TableName struct {
	Loc
	Name Name
	// Only is ONLY t, which without inheritance means t.
	Only   bool
	Travel *TimeTravel
	Alias  *TableAlias
	Sample *TableSample
}

// DerivedTable is a query in parentheses in FROM, VALUES among them. Alias may be nil.
type DerivedTable struct {
	Loc
	Lateral bool
	Query   *Query
	Alias   *TableAlias
	Sample  *TableSample
}

// FuncTable is one function in FROM, several zipped by ROWS FROM (..), or Trino's TABLE(f(..)). unnest(a, b) is one call
// with several arguments.
type FuncTable struct {
	Loc
	Lateral bool
	// RowsFrom says that Calls were inside ROWS FROM (..), TableArg that the call was inside TABLE(..).
	RowsFrom   bool
	TableArg   bool
	Calls      []FuncTableCall
	Ordinality bool
	Alias      *TableAlias
}

// FuncTableCall is one function of a FuncTable: a *FuncCall, *SpecialValue or *CastExpr. Defs are its column definitions
// inside ROWS FROM.
type FuncTableCall struct {
	Loc
	Call Expr
	Defs []ColumnDef
}

// JoinKind is the kind of a Join.
type JoinKind uint8

// The kinds of joins.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

// Join is a join of two items of FROM. At most one of Natural, On and Using is set; a CrossJoin has none.
type Join struct {
	Loc
	Kind        JoinKind
	Natural     bool
	Left, Right TableExpr
	On          Expr
	Using       []string
	// UsingAlias is the AS name after USING (..), "" when absent.
	UsingAlias string
	// Alias is set for a join in parentheses with an alias.
	Alias *TableAlias
}
