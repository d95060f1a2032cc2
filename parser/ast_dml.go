package parser

// Insert is INSERT INTO. The full form is kept so that the engine can name what it refuses.
type Insert struct {
	Loc
	With    *With
	Table   Name
	Alias   string
	Columns []string
	// Overwrite is Hive's INSERT OVERWRITE, Partition its PARTITION (..) clause.
	Overwrite bool
	Partition []PartitionValue
	// Query is nil for DEFAULT VALUES.
	Query *Query
	// Conflict is the ON CONFLICT clause, nil when absent.
	Conflict  *OnConflict
	Returning []SelectItem
}

// OnConflict is ON CONFLICT [(target) | ON CONSTRAINT name] DO NOTHING | DO UPDATE SET ... Set is empty for DO NOTHING.
type OnConflict struct {
	Loc
	Target      []Expr
	TargetWhere Expr
	Constraint  string
	Set         []Assignment
	Where       Expr
}

// Assignment is column = value, or (columns) = row, of an UPDATE. Columns has one entry for the plain form.
type Assignment struct {
	Loc
	Columns []string
	// Row says that the columns were in parentheses.
	Row   bool
	Value Expr
}

// Update is UPDATE.
type Update struct {
	Loc
	With      *With
	Table     Name
	Alias     string
	Set       []Assignment
	From      []TableExpr
	Where     Expr
	Returning []SelectItem
}

// Delete is DELETE FROM.
type Delete struct {
	Loc
	With      *With
	Table     Name
	Alias     string
	Using     []TableExpr
	Where     Expr
	Returning []SelectItem
}

// Merge is MERGE INTO.
type Merge struct {
	Loc
	With   *With
	Table  Name
	Alias  string
	Source TableExpr
	On     Expr
	Whens  []MergeWhen
}

// MergeAction is what a WHEN clause of MERGE does.
type MergeAction uint8

// The actions of MERGE.
const (
	MergeNothing MergeAction = iota
	MergeUpdate
	MergeDelete
	MergeInsert
)

// MergeWhen is one WHEN [NOT] MATCHED [AND cond] THEN action.
type MergeWhen struct {
	Loc
	Matched bool
	Cond    Expr
	Action  MergeAction
	Set     []Assignment
	Columns []string
	Values  []Expr
}

// Truncate is TRUNCATE [TABLE].
type Truncate struct {
	Loc
	Tables []Name
}

// Unload is Athena's UNLOAD (query) TO 'location' WITH (..).
type Unload struct {
	Loc
	Query    *Query
	Location string
	Options  []Option
}
