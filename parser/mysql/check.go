package mysql

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	// maxNesting bounds the open parentheses of a text, maxLinks the words and operators that can make a tree deeper.
	// TiDB's parser visits its tree by recursion before it returns it.
	maxNesting = parser.MaxDepth
	maxLinks   = 250_000
)

// linkWords can each make a tree one level deeper.
var linkWords = map[string]bool{
	"and": true, "or": true, "not": true, "xor": true, "div": true, "mod": true, "like": true, "rlike": true,
	"regexp": true, "is": true, "in": true, "between": true, "binary": true, "collate": true, "union": true,
	"except": true, "intersect": true, "join": true, "straight_join": true, "case": true, "when": true, "select": true,
	"interval": true, "explain": true,
}

// check refuses a text that no tree should be built from.
func check(sql string) error {
	if len(sql) > parser.MaxStatement {
		return sqlerr.New(sqlerr.ProgramLimit, "statement is too long: %d bytes, at most %d", len(sql), parser.MaxStatement)
	}
	if strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql) {
		return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	nesting, links := 0, 0
	// from tells for each open parenthesis whether a FROM clause is being read, where a comma is a join.
	from := []bool{false}
	s := scanner{src: sql, backslash: true}
	for s.next() {
		switch {
		case s.kind == scanBacktick && s.text() == "``":
			return sqlerr.New(sqlerr.SyntaxError, "zero-length delimited identifier at or near \"``\"").
				At(utf8.RuneCountInString(sql[:s.start]) + 1)
		case s.kind == scanWord:
			word := strings.ToLower(s.text())
			if linkWords[word] {
				links++
			}
			if reads, ok := fromWords[word]; ok {
				from[len(from)-1] = reads
			}
		case s.kind != scanOther:
		case sql[s.start] == '(':
			nesting++
			from = append(from, false)
		case sql[s.start] == ')':
			if nesting > 0 {
				nesting--
				from = from[:len(from)-1]
			}
		case sql[s.start] == ',':
			if from[len(from)-1] {
				links++
			}
		case strings.IndexByte("+-*/%<>=!~&|^:@", sql[s.start]) >= 0:
			links++
		}
		if nesting > maxNesting || links > maxLinks {
			return sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded").
				At(utf8.RuneCountInString(sql[:s.start])+1).
				WithHint("Queries may nest at most %d levels deep and have at most %d operators.", maxNesting, maxLinks)
		}
	}
	return nil
}

// fromWords begin a FROM clause (true) or a clause after it.
var fromWords = map[string]bool{
	"from": true, "where": false, "group": false, "having": false, "order": false, "limit": false, "window": false,
	"union": false, "select": false, "for": false,
}

type scanKind uint8

const (
	scanWord scanKind = iota
	scanString
	scanBacktick
	scanOther
)

// scanner cuts a text into words, quoted texts and single characters, without comments. MySQL's version comments
// (/*! .. */) and hints count as code, since a server may run what is in them.
type scanner struct {
	src string
	// backslash says that a backslash escapes the next character of a string.
	backslash bool
	start     int
	end       int
	kind      scanKind
	// unterminated is set when a quoted text or comment does not end.
	unterminated bool
	// codeComment is set when a comment holds code.
	codeComment bool
}

func (s *scanner) text() string { return s.src[s.start:s.end] }

// next moves to the next piece and reports whether there is one.
func (s *scanner) next() bool {
	s.skip()
	if s.end >= len(s.src) {
		return false
	}
	s.start = s.end
	switch c := s.src[s.start]; {
	case c == '\'' || c == '"':
		s.kind = scanString
		s.quoted(c, s.backslash)
	case c == '`':
		s.kind = scanBacktick
		s.quoted(c, false)
	case isWordByte(c):
		s.kind = scanWord
		for s.end < len(s.src) && isWordByte(s.src[s.end]) {
			s.end++
		}
	default:
		s.kind = scanOther
		s.end++
	}
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= utf8.RuneSelf || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// skip moves over white space and comments.
func (s *scanner) skip() {
	for s.end < len(s.src) {
		rest := s.src[s.end:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.end++
		case strings.HasPrefix(rest, "--"), rest[0] == '#' && s.backslash:
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			s.end += n
		case isCodeComment(rest):
			s.codeComment = true
			s.end += 3
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				s.unterminated = true
				s.end = len(s.src)
				return
			}
			s.end += n + 4
		default:
			return
		}
	}
}

func isCodeComment(s string) bool {
	for _, p := range []string{"/*!", "/*+", "/*M!", "/*T!"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func (s *scanner) quoted(quote byte, backslash bool) {
	for i := s.start + 1; i < len(s.src); i++ {
		switch {
		case backslash && s.src[i] == '\\':
			i++
		case s.src[i] == quote && i+1 < len(s.src) && s.src[i+1] == quote:
			i++
		case s.src[i] == quote:
			s.end = i + 1
			return
		}
	}
	s.unterminated = true
	s.end = len(s.src)
}

// queryWords begin a query.
var queryWords = map[string]bool{"select": true, "with": true, "values": true, "table": true, "explain": true}

// IsQuery reports whether the first statement of a text is a query or an EXPLAIN of one, which is what Parse reads. SET,
// SHOW and the DDL of Hive are for the default front end.
func IsQuery(sql string) bool {
	s := scanner{src: sql, backslash: true}
	for s.next() {
		switch {
		case s.kind == scanWord:
			return queryWords[strings.ToLower(s.text())]
		case s.kind != scanOther || sql[s.start] != '(' && sql[s.start] != ';':
			return false
		}
	}
	return false
}

// Wanted reports whether the first statement of a text is a query that quotes a name with backticks, outside of strings and
// comments, so that it is MySQL's or Hive's and no PostgreSQL text. DDL is not wanted: the default front end reads Hive's.
func Wanted(sql string) bool {
	if strings.IndexByte(sql, '`') < 0 || !IsQuery(sql) {
		return false
	}
	// Strings are read as PostgreSQL's first; if that leaves one open, the text must be MySQL's.
	_, found, terminated := firstStatement(sql, false)
	if !terminated {
		_, found, _ = firstStatement(sql, true)
	}
	return found
}

// FirstEnd returns the byte offset behind the first statement of a text and its semicolon, by MySQL's rules for strings.
func FirstEnd(sql string) int {
	end, _, _ := firstStatement(sql, true)
	return end
}

// firstStatement finds the end of the first statement that is not empty, whether it has a name in backticks, and whether all
// that is quoted in it ends.
func firstStatement(sql string, backslash bool) (end int, backtick, terminated bool) {
	s := scanner{src: sql, backslash: backslash}
	empty := true
	for s.next() {
		semicolon := s.kind == scanOther && sql[s.start] == ';'
		if semicolon && !empty {
			return s.end, backtick, !s.unterminated
		}
		empty = empty && semicolon
		backtick = backtick || s.kind == scanBacktick
	}
	return len(sql), backtick, !s.unterminated
}
