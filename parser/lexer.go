package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	// tokWord is an unquoted identifier or keyword.
	tokWord
	// tokQuoted is an identifier in double quotes or backticks.
	tokQuoted
	tokString
	tokBits
	tokHex
	tokNumber
	tokParam
	// tokOp is an operator, tokPunct one of ( ) [ ] , ; . : :: := =>.
	tokOp
	tokPunct
	// tokError is text that is no token; the lexer's err says why.
	tokError
)

// token is one lexical unit. text is the word folded, the value of a string or quoted identifier, the exact digits of a
// number, or the operator.
type token struct {
	kind  tokenKind
	class keywordClass
	bare  bool
	// doubleQuoted marks a string that Hive spells with double quotes and that may stand for a name.
	doubleQuoted bool
	num          NumberKind
	text         string
	start, end   int
	pos          int
}

// lexer cuts a text into tokens on demand. It is a small value: copying it saves its place.
type lexer struct {
	src string
	off int
	// ascii says that characters are bytes; otherwise pos counts the characters up to posOff.
	ascii       bool
	pos, posOff int
	// hive reads strings as Hive does: backslash escapes, and double quotes as well as single ones.
	hive bool
	err  error
}

func newLexer(src string) lexer {
	return lexer{src: src, ascii: isASCII(src), pos: 1}
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// position returns the 1-based character at byte offset off, which must not lie before the last one asked for by much.
func (l *lexer) position(off int) int {
	if l.ascii {
		return off + 1
	}
	if off >= l.posOff {
		l.pos += utf8.RuneCountInString(l.src[l.posOff:off])
	} else {
		l.pos -= utf8.RuneCountInString(l.src[off:l.posOff])
	}
	l.posOff = off
	return l.pos
}

// seek moves the lexer to byte offset off.
func (l *lexer) seek(off int) { l.off = off }

func (l *lexer) fail(start int, code sqlerr.Code, format string, args ...any) token {
	if l.err == nil {
		l.err = sqlerr.New(code, format, args...).At(l.position(start))
	}
	return token{kind: tokError, start: start, end: len(l.src), pos: l.position(start)}
}

// failNear reports a lexical error about the text from start to end.
func (l *lexer) failNear(start, end int, what string) token {
	return l.fail(start, sqlerr.SyntaxError, "%s at or near \"%s\"", what, l.src[start:end])
}

// skipSpace moves over white space and comments. It returns an error token when a comment does not end.
func (l *lexer) skipSpace() (token, bool) {
	for l.off < len(l.src) {
		c := l.src[l.off]
		switch {
		case isSpace(c):
			l.off++
		case c == '-' && l.at(1) == '-':
			l.skipLine()
		case c == '/' && l.at(1) == '*':
			start := l.off
			if !l.skipComment() {
				return l.failNear(start, len(l.src), "unterminated /* comment"), false
			}
		default:
			return token{}, true
		}
	}
	return token{}, true
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

func (l *lexer) skipLine() {
	for l.off < len(l.src) && l.src[l.off] != '\n' && l.src[l.off] != '\r' {
		l.off++
	}
}

// skipComment moves over a comment, which may hold others.
func (l *lexer) skipComment() bool {
	depth := 0
	for l.off < len(l.src) {
		switch {
		case l.src[l.off] == '/' && l.at(1) == '*':
			depth++
			l.off += 2
		case l.src[l.off] == '*' && l.at(1) == '/':
			depth--
			l.off += 2
			if depth == 0 {
				return true
			}
		default:
			l.off++
		}
	}
	return false
}

// at returns the byte n after the current one, 0 past the end.
func (l *lexer) at(n int) byte {
	if l.off+n < len(l.src) {
		return l.src[l.off+n]
	}
	return 0
}

func (l *lexer) make(kind tokenKind, start int, text string) token {
	return token{kind: kind, text: text, start: start, end: l.off, pos: l.position(start)}
}

// next returns the next token.
func (l *lexer) next() token {
	if t, ok := l.skipSpace(); !ok {
		return t
	}
	if l.off >= len(l.src) {
		return token{kind: tokEOF, start: l.off, end: l.off, pos: l.position(l.off)}
	}
	c := l.src[l.off]
	switch {
	case isWordStart(c):
		return l.word()
	case c >= '0' && c <= '9', c == '.' && isDigit(l.at(1)):
		return l.number()
	case c == '\'':
		return l.quotedString(l.off)
	case c == '"' && l.hive:
		t := l.hiveString('"')
		t.doubleQuoted = true
		return t
	case c == '"', c == '`':
		return l.quotedIdent(l.off, c)
	case c == '$':
		return l.dollar()
	case isOpChar(c):
		return l.operator()
	}
	return l.punct(c)
}

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isWordByte(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isOpChar(c byte) bool {
	switch c {
	case '+', '-', '*', '/', '<', '>', '=', '~', '!', '@', '#', '%', '^', '&', '|', '?':
		return true
	}
	return false
}

func (l *lexer) punct(c byte) token {
	start := l.off
	n := 1
	switch c {
	case '(', ')', '[', ']', ',', ';', '.':
	case ':':
		if next := l.at(1); next == ':' || next == '=' {
			n = 2
		}
	default:
		return l.failNear(start, start+1, "syntax error")
	}
	l.off += n
	return l.make(tokPunct, start, l.src[start:l.off])
}

func (l *lexer) word() token {
	start := l.off
	switch l.src[start] {
	case 'e', 'E':
		if l.at(1) == '\'' {
			return l.escapeString()
		}
	case 'b', 'B':
		if l.at(1) == '\'' {
			return l.bitString(tokBits)
		}
	case 'x', 'X':
		if l.at(1) == '\'' {
			return l.bitString(tokHex)
		}
	case 'n', 'N':
		if l.at(1) == '\'' {
			l.off++
			return l.quotedString(start)
		}
	case 'u', 'U':
		if l.at(1) == '&' && (l.at(2) == '\'' || l.at(2) == '"') {
			return l.unicodeLiteral()
		}
	}
	for l.off < len(l.src) && isWordByte(l.src[l.off]) {
		l.off++
	}
	text, k := lookupWord(l.src[start:l.off])
	t := l.make(tokWord, start, text)
	t.class, t.bare = k.class, k.bare
	return t
}

// operator cuts the longest operator by PostgreSQL's rules: it ends before a comment, and ends in + or - only when it
// holds a character that no arithmetic operator has. A ? ends an operator that it does not begin, so that "a=?" is a
// comparison with a parameter.
func (l *lexer) operator() token {
	start := l.off
	end := start
	for end < len(l.src) && isOpChar(l.src[end]) {
		if end > start && (strings.HasPrefix(l.src[end:], "--") || strings.HasPrefix(l.src[end:], "/*")) {
			break
		}
		if l.src[end] == '?' && end > start && l.src[start:end] != "@" && l.src[start] != '?' {
			break
		}
		end++
	}
	end = trimOperator(l.src, start, end)
	l.off = end
	op := l.src[start:end]
	switch op {
	case "!=":
		op = "<>"
	case "=>":
		return l.make(tokPunct, start, op)
	}
	return l.make(tokOp, start, op)
}

func trimOperator(src string, start, end int) int {
	if end-start > 1 && !strings.ContainsAny(src[start:end], "~!@#%^&|?") {
		for end-start > 1 && (src[end-1] == '+' || src[end-1] == '-') {
			end--
		}
	}
	return end
}

// dollar reads $1 and $tag$..$tag$.
func (l *lexer) dollar() token {
	start := l.off
	if isDigit(l.at(1)) {
		l.off++
		for l.off < len(l.src) && isDigit(l.src[l.off]) {
			l.off++
		}
		if l.off < len(l.src) && isWordStart(l.src[l.off]) {
			return l.failNear(start, l.junkEnd(), "trailing junk after parameter")
		}
		return l.make(tokParam, start, l.src[start+1:l.off])
	}
	tagEnd := start + 1
	for tagEnd < len(l.src) && isWordByte(l.src[tagEnd]) && l.src[tagEnd] != '$' {
		tagEnd++
	}
	if tagEnd >= len(l.src) || l.src[tagEnd] != '$' {
		return l.failNear(start, start+1, "syntax error")
	}
	tag := l.src[start : tagEnd+1]
	body := tagEnd + 1
	n := strings.Index(l.src[body:], tag)
	if n < 0 {
		return l.failNear(start, len(l.src), "unterminated dollar-quoted string")
	}
	l.off = body + n + len(tag)
	return l.make(tokString, start, l.src[body:body+n])
}

// junkEnd moves over the letters and digits that follow a number and returns their end.
func (l *lexer) junkEnd() int {
	end := l.off
	for end < len(l.src) && isWordByte(l.src[end]) {
		end++
	}
	return end
}
