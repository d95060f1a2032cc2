// Package glob matches object keys against the exclude patterns of a crawler. The patterns are those of AWS Glue, which
// are those of Java's file systems:
//
//   - any number of characters within a folder
//     **       any number of characters, across folders
//     ?        one character that is not a slash
//     [a-z] [!x]  one character of a set, never a slash; inside the brackets * ? and \ mean themselves
//     {a,b}    one of several patterns; groups do not nest
//     \        takes the meaning from the next character
//
// A leading dot is an ordinary character. A pattern matches a whole key, relative to the crawler's target. A pattern that
// ends in a slash matches everything in the folder.
package glob

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Bounds of a pattern: what groups may expand to, and its length.
const (
	maxAlternatives = 1024
	maxPattern      = 4096
)

type opcode uint8

const (
	literal opcode = iota
	anyOne
	class
	star
	starStar
)

type token struct {
	op     opcode
	r      rune
	negate bool
	ranges []span
}

type span struct{ lo, hi rune }

// Pattern is a compiled pattern. It is immutable.
type Pattern struct {
	text         string
	alternatives [][]token
}

// Compile reads a pattern. Errors are SQLSTATE 22023.
func Compile(text string) (*Pattern, error) {
	if len(text) > maxPattern {
		return nil, bad(text[:40]+"...", "it is too long")
	}
	full := text
	if strings.HasSuffix(full, "/") {
		full += "**"
	}
	texts, err := expand(full)
	if err != nil {
		return nil, bad(text, err.Error())
	}
	p := &Pattern{text: text}
	for _, t := range texts {
		tokens, err := compile(t)
		if err != nil {
			return nil, bad(text, err.Error())
		}
		p.alternatives = append(p.alternatives, tokens)
	}
	return p, nil
}

func bad(text, why string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid exclude pattern %q: %s", text, why)
}

// String returns the pattern's text.
func (p *Pattern) String() string { return p.text }

// Match reports whether the whole key matches.
func (p *Pattern) Match(key string) bool {
	for _, tokens := range p.alternatives {
		if s := run(tokens, key); s.has(len(tokens)) {
			return true
		}
	}
	return false
}

// Covers reports whether every key that starts with prefix matches, so that a listing need not look there. It may say no
// where yes were right.
func (p *Pattern) Covers(prefix string) bool {
	for _, tokens := range p.alternatives {
		if n := len(tokens); n > 0 && tokens[n-1].op == starStar && run(tokens, prefix).has(n-1) {
			return true
		}
	}
	return false
}

// Escape returns the pattern that matches a text and nothing else. The text does not end in a slash, or the pattern goes on.
func Escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`, ",", `\,`).Replace(text)
}

// Set is several patterns, one of which must match.
type Set []*Pattern

// CompileAll compiles a list of patterns. Glue separates patterns by commas in one string only in its documentation; here
// every pattern is its own string.
func CompileAll(texts []string) (Set, error) {
	var s Set
	for _, t := range texts {
		p, err := Compile(strings.TrimSpace(t))
		if err != nil {
			return nil, err
		}
		s = append(s, p)
	}
	return s, nil
}

// Match reports whether a pattern matches.
func (s Set) Match(key string) bool {
	for _, p := range s {
		if p.Match(key) {
			return true
		}
	}
	return false
}

// Covers reports whether one pattern covers the prefix.
func (s Set) Covers(prefix string) bool {
	for _, p := range s {
		if p.Covers(prefix) {
			return true
		}
	}
	return false
}

// states is a set of positions in a token list: those that input so far can lead to.
type states []bool

func (s states) has(i int) bool { return s[i] }

// add puts position i in the set, and those behind stars, which match nothing too.
func (s states) add(tokens []token, i int) {
	for ; !s[i]; i++ {
		s[i] = true
		if i == len(tokens) || tokens[i].op < star {
			return
		}
	}
}

// run simulates the pattern over the whole key: time is bounded by the product of the lengths, whatever the pattern.
func run(tokens []token, key string) states {
	now, next := make(states, len(tokens)+1), make(states, len(tokens)+1)
	now.add(tokens, 0)
	for _, r := range key {
		clear(next)
		for i, t := range tokens {
			if !now[i] {
				continue
			}
			switch {
			case t.op == starStar || t.op == star && r != '/':
				next.add(tokens, i)
			case t.op < star && t.matches(r):
				next.add(tokens, i+1)
			}
		}
		now, next = next, now
	}
	return now
}

func (t token) matches(r rune) bool {
	switch t.op {
	case literal:
		return r == t.r
	case anyOne:
		return r != '/'
	}
	if r == '/' {
		return false
	}
	for _, s := range t.ranges {
		if r >= s.lo && r <= s.hi {
			return !t.negate
		}
	}
	return t.negate
}

func compile(text string) ([]token, error) {
	var out []token
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch r {
		case '*':
			if strings.HasPrefix(text, "**") {
				out, n = append(out, token{op: starStar}), 2
			} else {
				out = append(out, token{op: star})
			}
		case '?':
			out = append(out, token{op: anyOne})
		case '[':
			t, size, err := compileClass(text)
			if err != nil {
				return nil, err
			}
			out, n = append(out, t), size
		case '\\':
			escaped, size := utf8.DecodeRuneInString(text[1:])
			if size == 0 {
				return nil, errText("nothing follows the last backslash")
			}
			out, n = append(out, token{op: literal, r: escaped}), 1+size
		default:
			out = append(out, token{op: literal, r: r})
		}
		text = text[n:]
	}
	return out, nil
}

type errText string

func (e errText) Error() string { return string(e) }

// compileClass reads a bracket expression at the start of text and returns its length.
func compileClass(text string) (token, int, error) {
	t := token{op: class}
	i := 1
	if strings.HasPrefix(text[i:], "!") {
		t.negate = true
		i++
	}
	for first := true; ; first = false {
		lo, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case n == 0:
			return t, 0, errText("a [ is not closed")
		case lo == ']' && !first:
			return t, i + 1, nil
		case lo == '/':
			return t, 0, errText("a set of characters cannot hold a slash")
		}
		i += n
		hi := lo
		if rest := text[i:]; strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "-]") {
			if hi, n = utf8.DecodeRuneInString(rest[1:]); n == 0 {
				return t, 0, errText("a [ is not closed")
			}
			if hi < lo {
				return t, 0, errText("a range of characters runs backwards")
			}
			i += 1 + n
		}
		t.ranges = append(t.ranges, span{lo, hi})
	}
}
