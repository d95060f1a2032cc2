package parser

// Loc is the place of a node in the text it was parsed from: the 1-based number of the character (not the byte) at
// which PostgreSQL would report an error about the node. For an operator that is the operator, for everything else the
// node's first character. 0 says that the node was not parsed from text. Every node embeds a Loc.
type Loc int

// Pos returns the 1-based character position, or 0 when the node has no place in the text.
func (l Loc) Pos() int { return int(l) }

func (Loc) node() {}

// Node is any part of a syntax tree. Nodes are plain structs that a reader must not change: a tree may be shared
// between goroutines and kept as long as the caller likes.
type Node interface {
	// Pos returns the 1-based character position in the statement text that errors about this node should carry.
	Pos() int
	node()
}

// Statement is one SQL statement.
//
//sumtype:decl
type Statement interface {
	Node
	// Tag returns PostgreSQL's name of the command, such as "SELECT" or "CREATE TABLE". It is the first word or words
	// of a command-complete tag and the name in "cannot execute X in a read-only transaction".
	Tag() string
	statement()
}

// Expr is a value expression.
//
//sumtype:decl
type Expr interface {
	Node
	expr()
}

// TableExpr is an item of a FROM clause.
//
//sumtype:decl
type TableExpr interface {
	Node
	tableExpr()
}

// QueryBody is what produces the rows of a Query: *Select, *Values, *TableQuery, *SetOperation, or a parenthesised
// *Query that has clauses of its own.
//
//sumtype:decl
type QueryBody interface {
	Node
	queryBody()
}

// Name is a possibly qualified name, outermost part first: ["table"], ["schema", "table"] or
// ["catalog", "schema", "table"]. Unquoted parts are folded to lower case already. It is never empty where the grammar
// demands a name.
type Name []string

// Last returns the innermost part, "" for an empty name.
func (n Name) Last() string {
	if len(n) == 0 {
		return ""
	}
	return n[len(n)-1]
}

// Property is one 'key' = 'value' pair of TBLPROPERTIES, DBPROPERTIES, SERDEPROPERTIES or a catalog's WITH list.
type Property struct {
	Loc
	Key   string
	Value string
}

// Option is one name [=] value of a parenthesised option list, such as WITH (format = 'PARQUET') or
// EXPLAIN (ANALYZE, FORMAT JSON). Name is in lower case unless it was quoted. Value is nil when only the name stands
// there; a bare word is a *StringLit.
type Option struct {
	Loc
	Name  string
	Value Expr
}
