package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// quotedString reads '..' at l.off, the token having begun at start.
func (l *lexer) quotedString(start int) token {
	if l.hive {
		return l.hiveString('\'')
	}
	text, ok := l.quotedParts()
	if !ok {
		return l.failNear(start, len(l.src), "unterminated quoted string")
	}
	return l.make(tokString, start, text)
}

// quotedParts reads '..' and the parts that continue it: strings with nothing but white space between them that holds a
// new line are one string.
func (l *lexer) quotedParts() (string, bool) {
	text, ok := l.quotedPart('\'')
	if !ok || !l.continues() {
		return text, ok
	}
	var b strings.Builder
	b.WriteString(text)
	for {
		if text, ok = l.quotedPart('\''); !ok {
			return "", false
		}
		b.WriteString(text)
		if !l.continues() {
			return b.String(), true
		}
	}
}

// quotedPart reads one quoted text in which a doubled quote stands for one.
func (l *lexer) quotedPart(quote byte) (string, bool) {
	l.off++
	start := l.off
	n := strings.IndexByte(l.src[start:], quote)
	if n < 0 {
		return "", false
	}
	if start+n+1 >= len(l.src) || l.src[start+n+1] != quote {
		l.off = start + n + 1
		return l.src[start : start+n], true
	}
	var b strings.Builder
	for i := start; ; {
		n := strings.IndexByte(l.src[i:], quote)
		if n < 0 {
			return "", false
		}
		b.WriteString(l.src[i : i+n])
		i += n + 1
		if i >= len(l.src) || l.src[i] != quote {
			l.off = i
			return b.String(), true
		}
		b.WriteByte(quote)
		i++
	}
}

// continues moves to the opening quote of a part that continues the string before it, if there is one.
func (l *lexer) continues() bool {
	newline := false
	i := l.off
	for i < len(l.src) {
		switch {
		case l.src[i] == '\n' || l.src[i] == '\r':
			newline = true
			i++
		case isSpace(l.src[i]):
			i++
		case strings.HasPrefix(l.src[i:], "--"):
			for i < len(l.src) && l.src[i] != '\n' && l.src[i] != '\r' {
				i++
			}
		case l.src[i] == '\'' && newline:
			l.off = i
			return true
		default:
			return false
		}
	}
	return false
}

// quotedIdent reads "..", or `..` as Hive writes names; Hive's names fold.
func (l *lexer) quotedIdent(start int, quote byte) token {
	text, ok := l.quotedPart(quote)
	if !ok {
		return l.failNear(start, len(l.src), "unterminated quoted identifier")
	}
	if text == "" {
		return l.failNear(start, l.off, "zero-length delimited identifier")
	}
	if quote == '`' {
		text = foldName(text)
	}
	t := l.make(tokQuoted, start, text)
	t.bare = true
	return t
}

func (l *lexer) bitString(kind tokenKind) token {
	start := l.off
	l.off++
	text, ok := l.quotedParts()
	if !ok {
		what := "unterminated bit string literal"
		if kind == tokHex {
			what = "unterminated hexadecimal string literal"
		}
		return l.failNear(start, len(l.src), what)
	}
	return l.make(kind, start, foldName(text))
}

// escapeString reads E'..'.
func (l *lexer) escapeString() token {
	start := l.off
	l.off++
	var b strings.Builder
	for {
		if t, ok := l.escapePart(start, &b); !ok {
			return t
		}
		if !l.continues() {
			break
		}
	}
	if !utf8.ValidString(b.String()) || strings.IndexByte(b.String(), 0) >= 0 {
		return l.fail(start, sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	return l.make(tokString, start, b.String())
}

// escapePart reads one quoted part with backslash escapes. The surrogate pairs that escapes may form are joined.
func (l *lexer) escapePart(start int, b *strings.Builder) (token, bool) {
	l.off++
	high := rune(0)
	for l.off < len(l.src) {
		c := l.src[l.off]
		if high != 0 && (c != '\\' || l.at(1) != 'u' && l.at(1) != 'U') {
			return l.surrogateError(l.off), false
		}
		switch {
		case c == '\'' && l.at(1) == '\'':
			b.WriteByte('\'')
			l.off += 2
		case c == '\'':
			l.off++
			return token{}, true
		case c == '\\' && (l.at(1) == 'u' || l.at(1) == 'U'):
			at := l.off
			r, ok := l.unicodeEscape()
			if !ok {
				return l.fail(at, sqlerr.InvalidEscape, "invalid Unicode escape"), false
			}
			if high, ok = joinSurrogates(b, high, r); !ok {
				return l.surrogateError(at), false
			}
		case c == '\\':
			l.escape(b)
		default:
			b.WriteByte(c)
			l.off++
		}
	}
	return l.failNear(start, len(l.src), "unterminated quoted string"), false
}

func (l *lexer) surrogateError(at int) token {
	return l.failNear(at, min(at+1, len(l.src)), "invalid Unicode surrogate pair")
}

// joinSurrogates writes r, or keeps it as the high half of a pair. It reports false when the halves do not match.
func joinSurrogates(b *strings.Builder, high, r rune) (rune, bool) {
	isHigh, isLow := r >= 0xD800 && r < 0xDC00, r >= 0xDC00 && r < 0xE000
	switch {
	case high != 0 && isLow:
		b.WriteRune(0x10000 + (high-0xD800)<<10 + (r - 0xDC00))
		return 0, true
	case high != 0 || isLow || r == 0 || r > utf8.MaxRune:
		return 0, false
	case isHigh:
		return r, true
	}
	b.WriteRune(r)
	return 0, true
}

// unicodeEscape reads a backslash and u with four hexadecimal digits, or U with eight.
func (l *lexer) unicodeEscape() (rune, bool) {
	n := 4
	if l.at(1) == 'U' {
		n = 8
	}
	r, ok := hexRune(l.src, l.off+2, n)
	l.off += 2 + n
	return r, ok
}

func hexRune(s string, at, n int) (rune, bool) {
	if at+n > len(s) {
		return 0, false
	}
	var r int64
	for _, c := range []byte(s[at : at+n]) {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | int64(d)
	}
	if r > utf8.MaxRune {
		return 0, false
	}
	return rune(r), true
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

var simpleEscapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// escape reads a backslash escape other than a Unicode one: a control character, up to three octal digits, x and up to
// two hexadecimal digits, or any character for itself.
func (l *lexer) escape(b *strings.Builder) {
	l.off++
	if l.off >= len(l.src) {
		return
	}
	c := l.src[l.off]
	if e, ok := simpleEscapes[c]; ok {
		b.WriteByte(e)
		l.off++
		return
	}
	switch {
	case c >= '0' && c <= '7':
		v := 0
		for n := 0; n < 3 && l.at(0) >= '0' && l.at(0) <= '7'; n++ {
			v = v<<3 | int(l.src[l.off]-'0')
			l.off++
		}
		b.WriteByte(byte(v))
	case c == 'x' && hexDigit(l.at(1)) >= 0:
		l.off++
		v := 0
		for n := 0; n < 2 && hexDigit(l.at(0)) >= 0; n++ {
			v = v<<4 | hexDigit(l.src[l.off])
			l.off++
		}
		b.WriteByte(byte(v))
	default:
		b.WriteByte(c)
		l.off++
	}
}

// unicodeLiteral reads U&'..' and U&"..", and the UESCAPE that may follow.
func (l *lexer) unicodeLiteral() token {
	start := l.off
	l.off += 2
	quote := l.src[l.off]
	var raw string
	var ok bool
	if quote == '"' {
		raw, ok = l.quotedPart('"')
	} else {
		raw, ok = l.quotedParts()
	}
	if !ok && quote == '"' {
		return l.failNear(start, len(l.src), "unterminated quoted identifier")
	} else if !ok {
		return l.failNear(start, len(l.src), "unterminated quoted string")
	}
	end := l.off
	esc, found, ok := l.uescape()
	if !ok {
		return l.failNear(l.off, len(l.src), "invalid Unicode escape character")
	}
	if !found {
		l.off = end
	}
	text, ok := unescapeUnicode(raw, esc)
	if !ok {
		return l.fail(start, sqlerr.SyntaxError, "invalid Unicode escape")
	}
	if quote == '\'' {
		return l.make(tokString, start, text)
	}
	if text == "" {
		return l.failNear(start, end, "zero-length delimited identifier")
	}
	t := l.make(tokQuoted, start, text)
	t.bare = true
	return t
}

// uescape reads UESCAPE 'c' if it comes next.
func (l *lexer) uescape() (esc byte, found, ok bool) {
	if _, ok := l.skipSpace(); !ok {
		return '\\', false, true
	}
	const word = "uescape"
	if l.off+len(word) > len(l.src) || !strings.EqualFold(l.src[l.off:l.off+len(word)], word) || isWordByte(l.at(len(word))) {
		return '\\', false, true
	}
	l.off += len(word)
	if _, ok := l.skipSpace(); !ok || l.at(0) != '\'' || l.at(2) != '\'' {
		return 0, true, false
	}
	c := l.at(1)
	if hexDigit(c) >= 0 || c == '+' || c == '\'' || c == '"' || isSpace(c) || c >= utf8.RuneSelf || c == 0 {
		return 0, true, false
	}
	l.off += 3
	return c, true, true
}

// unescapeUnicode resolves esc with four hexadecimal digits, and esc and + with six.
func unescapeUnicode(s string, esc byte) (string, bool) {
	if strings.IndexByte(s, esc) < 0 {
		return s, true
	}
	var b strings.Builder
	high := rune(0)
	for i := 0; i < len(s); {
		if s[i] != esc || i+1 < len(s) && s[i+1] == esc {
			if high != 0 {
				return "", false
			}
			if s[i] == esc {
				i++
			}
			b.WriteByte(s[i])
			i++
			continue
		}
		at, n := i+1, 4
		if at < len(s) && s[at] == '+' {
			at, n = at+1, 6
		}
		r, ok := hexRune(s, at, n)
		if !ok {
			return "", false
		}
		if high, ok = joinSurrogates(&b, high, r); !ok {
			return "", false
		}
		i = at + n
	}
	return b.String(), high == 0
}
