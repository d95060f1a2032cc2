// Package mysql reads queries in MySQL's and HiveQL's spelling into the syntax tree of package parser: names in
// backticks, strings in double quotes, <=>, RLIKE, DIV, GROUP_CONCAT, LIMIT a, b, INTERVAL 1 DAY. The grammar is TiDB's;
// this package translates its tree.
//
// What a construct means is kept where the two languages differ:
//
//   - Names fold to lower case, quoted or not, since Hive's have no case.
//   - a / b divides exactly and yields NULL for b = 0: it becomes a * 1.0 / nullif(b, 0). DIV and % yield NULL as well.
//   - ORDER BY puts NULLs first in ascending and last in descending order, and says so in the tree.
//   - RLIKE and REGEXP become ~ and respect case, as in Hive; so does LIKE. In MySQL that depends on a collation.
//   - || joins strings, as in Hive and standard SQL; in MySQL it is OR unless the server is told otherwise.
//   - COUNT(DISTINCT a, b) leaves out rows in which one of the columns is NULL.
//   - VARIANCE, STD and STDDEV are those of the population.
//
// A construct without a counterpart is an error with SQLSTATE 0A000 that names it; a syntax error is a 42601. Both carry
// the position in characters where TiDB's parser gives one.
package mysql

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	tidb "github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	modes "github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// parsers holds TiDB's parsers, which are large and serve one text at a time.
var parsers = sync.Pool{New: func() any {
	p := tidb.New()
	p.SetSQLMode(modes.ModePipesAsConcat)
	return p
}}

// Parse parses a text of any number of queries. Statements that are no queries are an 0A000 error: the default front end
// reads those. Errors are *sqlerr.Error and concern the whole text.
func Parse(sql string) ([]parser.Parsed, error) {
	stmts, err := parseTree(sql)
	if err != nil {
		return nil, err
	}
	var list []parser.Parsed
	offset := 0
	for _, s := range stmts {
		text := s.OriginalText()
		if i := strings.Index(sql[offset:], text); i >= 0 {
			offset += i
		}
		p, err := translate(sql, s)
		if err != nil {
			return nil, err
		}
		p.Text, p.Start = trimStatement(text, offset)
		p.Position = utf8.RuneCountInString(sql[:p.Start]) + 1
		offset += len(text)
		list = append(list, p)
	}
	return list, nil
}

// trimStatement drops the white space and the semicolon around a statement's text.
func trimStatement(text string, offset int) (string, int) {
	start := len(text) - len(strings.TrimLeft(text, " \t\r\n\f;"))
	return strings.TrimRight(text[start:], " \t\r\n\f;"), offset + start
}

// parseTree runs TiDB's parser on a text that is bounded in length and nesting. A panic of the parser is a syntax error
// of the text.
func parseTree(sql string) (stmts []ast.StmtNode, err error) {
	if err := check(sql); err != nil {
		return nil, err
	}
	p := parsers.Get().(*tidb.Parser)
	defer func() {
		if r := recover(); r != nil {
			// The parser's state is unknown now, so that it is not used again.
			err = sqlerr.New(sqlerr.SyntaxError, "syntax error").WithDetail("the MySQL parser gave up: %v", r)
			return
		}
		parsers.Put(p)
	}()
	stmts, _, err = p.ParseSQL(sql)
	if err != nil {
		return nil, syntaxError(sql, err)
	}
	return append([]ast.StmtNode(nil), stmts...), nil
}

// syntaxError turns TiDB's error, whose text ends with the rest of the statement, into PostgreSQL's wording.
func syntaxError(sql string, err error) error {
	offset, ok := errorOffset(sql, err.Error())
	if !ok {
		return sqlerr.New(sqlerr.SyntaxError, "%s", strings.TrimSpace(err.Error()))
	}
	position := utf8.RuneCountInString(sql[:offset]) + 1
	word := firstWord(sql[offset:])
	if word == "" {
		return sqlerr.New(sqlerr.SyntaxError, "syntax error at end of input").At(position)
	}
	return sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"%s\"", word).At(position)
}

// errorOffset finds the place of an error in the text: the message is line l column c near "rest", and for a long rest
// (total length n).
func errorOffset(sql, message string) (int, bool) {
	i := strings.Index(message, "near \"")
	if i < 0 {
		return 0, false
	}
	rest := message[i+len("near \""):]
	var n int
	if j := strings.LastIndex(rest, "(total length "); j >= 0 {
		if _, err := fmt.Sscanf(rest[j:], "(total length %d)", &n); err == nil && n <= len(sql) {
			return skipSpace(sql, len(sql)-n), true
		}
	}
	j := strings.LastIndexByte(rest, '"')
	if j < 0 || !strings.HasSuffix(sql, rest[:j]) {
		return 0, false
	}
	return skipSpace(sql, len(sql)-j), true
}

func skipSpace(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n\f", s[i]) >= 0 {
		i++
	}
	return i
}

// firstWord returns the token, or what comes near it, with which s begins.
func firstWord(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		word := c == '_' || c == '$' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !word {
			if i == 0 {
				i = 1
			}
			return s[:i]
		}
	}
	return s
}

// translate turns one statement into the common tree.
func translate(sql string, s ast.StmtNode) (p parser.Parsed, err error) {
	t := &translator{sql: sql, ascii: isASCII(sql)}
	defer func() {
		if r := recover(); r != nil {
			fail, ok := r.(*failure)
			if !ok {
				panic(r)
			}
			err = fail.err
		}
	}()
	p.Statement = t.statement(s)
	p.Params = t.numberParams()
	return p, nil
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

type failure struct{ err error }

// translator holds the state of one statement's translation. It fails by a panic with a *failure, which translate
// recovers.
type translator struct {
	sql   string
	ascii bool
	depth int
	// params are the parameters with their places in the text.
	params []placedParam
}

type placedParam struct {
	param  *parser.Param
	offset int
}

// numberParams numbers the parameters in the order of the text, which is not the order of the tree.
func (t *translator) numberParams() int {
	sort.SliceStable(t.params, func(i, j int) bool { return t.params[i].offset < t.params[j].offset })
	for i, p := range t.params {
		p.param.Number = i + 1
	}
	return len(t.params)
}

func (t *translator) fail(err *sqlerr.Error) { panic(&failure{err}) }

// unsupported fails with 0A000 at the node's place.
func (t *translator) unsupported(n ast.Node, construct string, args ...any) {
	t.fail(sqlerr.Unsupported(construct, args...).At(int(t.loc(n))))
}

// loc returns the node's place. TiDB's parser records it for expressions; 0 stands for an unknown one.
func (t *translator) loc(n ast.Node) parser.Loc {
	if n == nil {
		return 0
	}
	offset := n.OriginTextPosition()
	if offset <= 0 || offset > len(t.sql) {
		return 0
	}
	if t.ascii {
		return parser.Loc(offset + 1)
	}
	return parser.Loc(utf8.RuneCountInString(t.sql[:offset]) + 1)
}

func (t *translator) enter(n ast.Node) {
	t.depth++
	if t.depth > parser.MaxChain {
		t.fail(sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded").At(int(t.loc(n))))
	}
}

func (t *translator) leave() { t.depth-- }
