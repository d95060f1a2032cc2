package parser

// MaxDepth bounds how deep expressions, queries, types and joins nest, and MaxChain how long a chain of operators that
// leans to the left (a + b + c, UNION, JOIN) may be. Together they bound the depth of every tree that the parser
// returns, so that recursive readers of trees need no check of their own.
const (
	MaxDepth = 2000
	MaxChain = 10000
)

// MaxStatement is the length in bytes of the longest text that is parsed.
const MaxStatement = 16 << 20

// Parsed is one statement of a text.
type Parsed struct {
	Statement Statement
	// Text is the statement as written, without the white space and comments around it and without the semicolon. It
	// shares memory with the text that was parsed.
	Text string
	// Start is the byte offset of Text in the whole text, and Position the 1-based character at which it starts.
	// Positions of nodes count from the start of the whole text, as PostgreSQL's do.
	Start    int
	Position int
	// Params is the largest parameter number: the number of ? when the statement uses question marks.
	Params int
}
