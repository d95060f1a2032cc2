package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// parser is a recursive-descent parser over one text. A failure unwinds to the entry point by a panic with a *failure:
// there is one place that fails and one that recovers, and no error check in between.
type parser struct {
	lex lexer
	tok token
	// ahead holds the tokens after tok that were looked at already.
	ahead  [2]token
	nAhead int
	// prevEnd is the end of the token before tok.
	prevEnd int
	depth   int
	// chain counts the operators of left-leaning chains in the statement; it bounds the tree's depth with depth.
	chain int
	// params is the largest parameter number, questions the count of ? so far.
	params, questions int
}

type failure struct{ err error }

func newParser(sql string) *parser { return newParserAt(sql, 0) }

// newParserAt returns a parser of what follows a byte offset of a text.
func newParserAt(sql string, start int) *parser {
	p := &parser{lex: newLexer(sql)}
	p.lex.seek(start)
	p.tok = p.lex.next()
	return p
}

// run calls f and returns the error with which it failed.
func (p *parser) run(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			fail, ok := r.(*failure)
			if !ok {
				panic(r)
			}
			err = fail.err
		}
	}()
	f()
	return nil
}

func (p *parser) fail(err *sqlerr.Error) { panic(&failure{err}) }

// failAt fails with a syntax error of its own wording at a position.
func (p *parser) failAt(pos int, format string, args ...any) {
	p.fail(sqlerr.New(sqlerr.SyntaxError, format, args...).At(pos))
}

// unexpected fails at the current token in PostgreSQL's words.
func (p *parser) unexpected() { p.unexpectedToken(p.tok) }

func (p *parser) unexpectedToken(t token) {
	switch t.kind {
	case tokError:
		panic(&failure{p.lex.err})
	case tokEOF:
		p.failAt(t.pos, "syntax error at end of input")
	default:
		p.failAt(t.pos, "syntax error at or near \"%s\"", p.lex.src[t.start:t.end])
	}
}

// unsupported fails with 0A000 at a position.
func (p *parser) unsupported(pos int, construct string) {
	p.fail(sqlerr.Unsupported("%s", construct).At(pos))
}

// enter counts one level of nesting, which leave takes back.
func (p *parser) enter() {
	p.depth++
	if p.depth > MaxDepth {
		p.fail(tooDeep(p.tok.pos))
	}
}

func (p *parser) leave() { p.depth-- }

func tooDeep(pos int) *sqlerr.Error {
	return sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded").At(pos).
		WithHint("Expressions and queries may nest at most %d levels deep, and chains of operators other than AND and OR "+
			"may have at most %d links.", MaxDepth, MaxChain)
}

// link counts one link of a left-leaning chain.
func (p *parser) link() { p.chain++ }

func (p *parser) next() token {
	t := p.tok
	p.prevEnd = t.end
	if p.nAhead > 0 {
		p.tok = p.ahead[0]
		p.ahead[0] = p.ahead[1]
		p.nAhead--
	} else {
		p.tok = p.lex.next()
	}
	return t
}

// peek returns the n-th token after the current one; n is 1 or 2.
func (p *parser) peek(n int) token {
	for p.nAhead < n {
		p.ahead[p.nAhead] = p.lex.next()
		p.nAhead++
	}
	return p.ahead[n-1]
}

// mark is a place to come back to.
type mark struct {
	lex    lexer
	tok    token
	ahead  [2]token
	nAhead int
	prev   int
}

func (p *parser) mark() mark { return mark{p.lex, p.tok, p.ahead, p.nAhead, p.prevEnd} }

func (p *parser) reset(m mark) {
	p.lex, p.tok, p.ahead, p.nAhead, p.prevEnd = m.lex, m.tok, m.ahead, m.nAhead, m.prev
}

// setHive switches the reading of strings after the current token.
func (p *parser) setHive(on bool) {
	p.lex.hive = on
	if p.nAhead > 0 {
		p.nAhead = 0
		p.lex.err = nil
		p.lex.seek(p.tok.end)
	}
}

// splitToken makes the rest of the current token after its first n bytes the current token.
func (p *parser) splitToken(n int) {
	p.prevEnd = p.tok.start + n
	p.nAhead = 0
	p.lex.seek(p.prevEnd)
	p.tok = p.lex.next()
}

func (p *parser) loc() Loc { return Loc(p.tok.pos) }

func (t token) isWord(w string) bool { return t.kind == tokWord && t.text == w }

func (t token) isPunct(s string) bool { return t.kind == tokPunct && t.text == s }

func (t token) isOp(s string) bool { return t.kind == tokOp && t.text == s }

func (p *parser) word(w string) bool { return p.tok.isWord(w) }

func (p *parser) anyWord(words ...string) bool {
	for _, w := range words {
		if p.tok.isWord(w) {
			return true
		}
	}
	return false
}

func (p *parser) punct(s string) bool { return p.tok.isPunct(s) }

// words reports whether the current token and the ones after it are these words; at most three.
func (p *parser) words(words ...string) bool {
	if !p.tok.isWord(words[0]) {
		return false
	}
	for i, w := range words[1:] {
		if !p.peek(i + 1).isWord(w) {
			return false
		}
	}
	return true
}

// accept consumes the words if they come next.
func (p *parser) accept(words ...string) bool {
	if !p.words(words...) {
		return false
	}
	for range words {
		p.next()
	}
	return true
}

func (p *parser) acceptPunct(s string) bool {
	if p.punct(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) acceptOp(s string) bool {
	if p.tok.isOp(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.unexpected()
		}
	}
}

func (p *parser) expectPunct(s string) {
	if !p.acceptPunct(s) {
		p.unexpected()
	}
}

func (p *parser) expectEquals() {
	if !p.acceptOp("=") {
		p.unexpected()
	}
}

// atEnd reports whether the statement ends here.
func (p *parser) atEnd() bool { return p.tok.kind == tokEOF || p.punct(";") }

func isQuotedName(t token) bool {
	return t.kind == tokQuoted || t.kind == tokString && t.doubleQuoted && t.text != ""
}

// isName reports whether t can be the name of a column or table.
func isName(t token) bool {
	return isQuotedName(t) || t.kind == tokWord && t.class <= colName
}

// isFuncName reports whether t can be the name of a function or type.
func isFuncName(t token) bool {
	return isQuotedName(t) || t.kind == tokWord && (t.class <= unreserved || t.class == typeFuncName)
}

// isLabel reports whether t can be a name after AS or a dot.
func isLabel(t token) bool { return isQuotedName(t) || t.kind == tokWord }

// name reads the name of a column, a table or an alias.
func (p *parser) name() string {
	if !isName(p.tok) {
		p.unexpected()
	}
	return p.next().text
}

// label reads a name where every keyword is one.
func (p *parser) label() string {
	if !isLabel(p.tok) {
		p.unexpected()
	}
	return p.next().text
}

// roleName reads a name of a role, a setting's value or the like, where PostgreSQL takes all but reserved words.
func (p *parser) roleName() string {
	if !isQuotedName(p.tok) && (p.tok.kind != tokWord || p.tok.class == reserved) {
		p.unexpected()
	}
	return p.next().text
}

// qualifiedName reads a name with dots; parts behind a dot may be any keyword, as in pg_catalog.default.
func (p *parser) qualifiedName() Name {
	n := Name{p.name()}
	for p.acceptPunct(".") {
		n = append(n, p.label())
		p.checkNameLength(n)
	}
	return n
}

// longestName is the most parts a name has. PostgreSQL has no limit in its grammar; nothing of Tarn's has more than a
// catalog, a schema, a table, a column and a few nested fields.
const longestName = 64

func (p *parser) checkNameLength(n Name) {
	if len(n) > longestName {
		p.failAt(p.tok.pos, "improper qualified name (too many dotted names): %s", strings.Join(n[:8], "."))
	}
}

func (p *parser) qualifiedNames() []Name {
	names := []Name{p.qualifiedName()}
	for p.acceptPunct(",") {
		names = append(names, p.qualifiedName())
	}
	return names
}

// nameList reads names with commas between them.
func (p *parser) nameList() []string {
	list := []string{p.name()}
	for p.acceptPunct(",") {
		list = append(list, p.name())
	}
	return list
}

// parenNames reads a list of names in parentheses.
func (p *parser) parenNames() []string {
	p.expectPunct("(")
	list := p.nameList()
	p.expectPunct(")")
	return list
}

// str reads a string constant.
func (p *parser) str() string {
	if p.tok.kind != tokString {
		p.unexpected()
	}
	return p.next().text
}

// looseString reads a string constant, which DDL may also write in double quotes.
func (p *parser) looseString() string {
	if p.tok.kind == tokQuoted {
		return p.next().text
	}
	return p.str()
}

// filled reads a string that must not be empty, where an empty one would read like the clause left out.
func (p *parser) filled(read func() string) string {
	at := p.tok
	s := read()
	if s == "" {
		p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "%s must not be empty here", p.lex.src[at.start:at.end]).At(at.pos))
	}
	return s
}

// integer reads an unsigned integer that fits in limit.
func (p *parser) integer(limit int64) int64 {
	if p.tok.kind != tokNumber || p.tok.num != IntegerNumber {
		p.unexpected()
	}
	var n int64
	for _, c := range []byte(p.tok.text) {
		d := int64(c - '0')
		if n > (limit-d)/10 {
			p.fail(sqlerr.New(sqlerr.NumericOutOfRange, "value \"%s\" is out of range", p.tok.text).At(p.tok.pos))
		}
		n = n*10 + d
	}
	p.next()
	return n
}

// signedInteger reads an integer with an optional sign.
func (p *parser) signedInteger(limit int64) int64 {
	if p.acceptOp("-") {
		return -p.integer(limit)
	}
	p.acceptOp("+")
	return p.integer(limit)
}

// textUpTo returns the source from a byte offset to the end of the last consumed token.
func (p *parser) textFrom(start int) string {
	if p.prevEnd < start {
		return ""
	}
	return p.lex.src[start:p.prevEnd]
}

// checkText refuses text that no PostgreSQL client can send: too long, not UTF-8, or with a NUL.
func checkText(sql string) error {
	if len(sql) > MaxStatement {
		return sqlerr.New(sqlerr.ProgramLimit, "statement is too long: %d bytes, at most %d", len(sql), MaxStatement)
	}
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
	}
	if !utf8.ValidString(sql) {
		return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", badByte(sql))
	}
	return nil
}

func badByte(s string) byte {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return s[i]
		}
	}
	return 0
}
