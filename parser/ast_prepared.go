package parser

// Prepare is PREPARE name [(types)] AS statement, and Trino's PREPARE name FROM statement.
type Prepare struct {
	Loc
	Name      string
	Types     []*TypeName
	Statement Statement
	// Text is the statement after AS or FROM as written.
	Text string
}

// Execute is EXECUTE name [(args)] and Trino's EXECUTE name [USING args].
type Execute struct {
	Loc
	Name string
	Args []Expr
}

// ExecuteImmediate is Trino's EXECUTE IMMEDIATE 'text' [USING args].
type ExecuteImmediate struct {
	Loc
	Text string
	Args []Expr
}

// Deallocate is DEALLOCATE [PREPARE] name; Name is "" for ALL.
type Deallocate struct {
	Loc
	Name string
}

// ScrollMode is SCROLL or NO SCROLL of a cursor.
type ScrollMode uint8

// The scroll modes.
const (
	DefaultScroll ScrollMode = iota
	Scroll
	NoScroll
)

// DeclareCursor is DECLARE name CURSOR FOR query.
type DeclareCursor struct {
	Loc
	Name        string
	Binary      bool
	Insensitive bool
	Scroll      ScrollMode
	// Hold is WITH HOLD: the cursor outlives its transaction.
	Hold  bool
	Query *Query
	// Text is the query as written.
	Text string
}

// FetchDirection is where FETCH and MOVE go.
type FetchDirection uint8

// The directions of FETCH.
const (
	// FetchForward takes Count rows ahead; a negative count goes back.
	FetchForward FetchDirection = iota
	FetchBackward
	// FetchAbsolute and FetchRelative take the one row at Count.
	FetchAbsolute
	FetchRelative
)

// Fetch is FETCH, and MOVE with Move, which returns no rows. NEXT is forward 1, PRIOR backward 1, FIRST absolute 1, LAST
// absolute -1. All is ALL: as many rows as there are in the direction.
type Fetch struct {
	Loc
	Move      bool
	Cursor    string
	Direction FetchDirection
	Count     int64
	All       bool
}

// CloseCursor is CLOSE name; Name is "" for ALL.
type CloseCursor struct {
	Loc
	Name string
}

// CopyTarget says where COPY reads or writes.
type CopyTarget uint8

// The targets of COPY.
const (
	// CopyClient is STDIN or STDOUT.
	CopyClient CopyTarget = iota
	CopyFile
	CopyProgram
)

// Copy is COPY. Exactly one of Query and Table is set. The older option style (WITH CSV HEADER DELIMITER ',') gives the
// same Options as the parenthesised one.
type Copy struct {
	Loc
	// From is COPY t FROM; otherwise rows go out.
	From    bool
	Query   *Query
	Table   Name
	Columns []string
	Target  CopyTarget
	// Path is the file or the program.
	Path    string
	Options []CopyOption
	Where   Expr
}

// CopyOption is an option of COPY. Name is in lower case: format, freeze, delimiter, null, header, quote, escape,
// force_quote, force_not_null, force_null, encoding. Value is the text of the value, nil when absent. Columns is for the
// force_ options; All is their *.
type CopyOption struct {
	Loc
	Name    string
	Value   *string
	Columns []string
	All     bool
}
