package parser

import (
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// MaxDepth bounds how deep expressions, queries, types and joins nest, and MaxChain how long a chain of operators that
// leans to the left (a + b + c, UNION, JOIN) may be. Chains of AND and OR are flat and have no limit. Together they bound
// the depth of every tree that the parser returns at MaxTree nodes, so that recursive readers of trees need no check of
// their own.
const (
	MaxDepth = 2000
	MaxChain = 10000
	MaxTree  = 2*MaxChain + 4*MaxDepth
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

// Parse parses a text of any number of statements with semicolons between them. Empty statements are left out, so that a
// text of white space gives none. The error, if any, is a *sqlerr.Error and concerns the whole text: as in PostgreSQL,
// nothing of a text runs when any of it has a syntax error.
func Parse(sql string) ([]Parsed, error) {
	list, _, err := ParseFrom(sql, 0, func(Parsed, string) bool { return true })
	return list, err
}

// ParseFrom parses the statements of a text that begin at a byte offset, for texts of which other parsers read other parts.
// After each statement it asks whether to go on, with that statement and the text that follows, which is not blank. It returns
// the offset at which it stopped. Positions count from the start of the whole text.
func ParseFrom(sql string, start int, more func(last Parsed, rest string) bool) (list []Parsed, end int, err error) {
	if err := checkText(sql); err != nil {
		return nil, start, err
	}
	p := newParserAt(sql, start)
	err = p.run(func() {
		for p.tok.kind != tokEOF {
			if p.acceptPunct(";") {
				continue
			}
			if len(list) > 0 && !more(list[len(list)-1], sql[p.tok.start:]) {
				break
			}
			list = append(list, p.parsed())
			if !p.atEnd() {
				p.unexpected()
			}
		}
		if end = p.tok.start; p.tok.kind == tokEOF {
			end = len(sql)
		}
	})
	if err != nil {
		return nil, start, err
	}
	return list, end, nil
}

// ParseOne parses a text that holds exactly one statement, which may end in a semicolon. An empty text is a syntax
// error.
func ParseOne(sql string) (Parsed, error) {
	list, err := Parse(sql)
	switch {
	case err != nil:
		return Parsed{}, err
	case len(list) == 0:
		return Parsed{}, sqlerr.New(sqlerr.SyntaxError, "syntax error at end of input").At(1)
	case len(list) > 1:
		return Parsed{}, sqlerr.New(sqlerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	return list[0], nil
}

// ParseExpr parses a text that is one value expression.
func ParseExpr(sql string) (Expr, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	var e Expr
	p := newParser(sql)
	err := p.run(func() {
		e = p.expr()
		p.checkTree(e)
		p.expectEOF()
	})
	return e, err
}

// ParseType parses a text that is the name of a type, such as "decimal(10,2)" or "array<struct<a:int>>".
func ParseType(sql string) (*TypeName, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	var t *TypeName
	p := newParser(sql)
	err := p.run(func() {
		t = p.typeName()
		p.expectEOF()
	})
	return t, err
}

// Split cuts a text into its statements at the semicolons outside of quotes and comments. The statements need not parse.
// White space and comments around them are dropped, and so are empty statements. The error is a lexical one.
func Split(sql string) ([]string, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	var list []string
	// What is quoted depends on the statement, since Hive DDL has strings of its own.
	if parsed, err := Parse(sql); err == nil {
		for _, s := range parsed {
			list = append(list, s.Text)
		}
		return list, nil
	}
	p := newParser(sql)
	err := p.run(func() {
		start := -1
		for {
			switch {
			case p.tok.kind == tokError:
				p.unexpected()
			case p.atEnd():
				if start >= 0 {
					list = append(list, p.textFrom(start))
				}
				start = -1
			case start < 0:
				start = p.tok.start
			}
			if p.next().kind == tokEOF {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (p *parser) expectEOF() {
	if p.tok.kind != tokEOF {
		p.unexpected()
	}
}

// parsed reads one statement, up to the semicolon or the end.
func (p *parser) parsed() Parsed {
	p.chain, p.params, p.questions = 0, 0, 0
	r := Parsed{Start: p.tok.start, Position: p.tok.pos}
	r.Statement = p.statement()
	p.setHive(false)
	p.checkTree(r.Statement)
	r.Text = p.textFrom(r.Start)
	r.Params = p.params
	return r
}

// checkTree refuses a tree that is deeper than MaxTree. A statement with few chained operators cannot be, since depth
// bounds the rest.
func (p *parser) checkTree(n Node) {
	if p.chain > MaxChain && deeperThan(n, MaxTree) {
		p.fail(tooDeep(n.Pos()))
	}
}
