package functions

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerSimilar declares what SIMILAR TO and SUBSTRING(... SIMILAR ...) become.
func registerSimilar(r *Registry) {
	r.lenient("similar_to_escape(text, text?) text", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid || len(a) > 1 && !a[1].Valid {
			return nullOf(c)
		}
		escape := `\`
		if len(a) > 1 {
			escape = a[1].S
		}
		p, err := similarPattern(a[0].S, escape)
		return schema.TextValue(p), err
	}), "the regular expression of a SIMILAR TO pattern")
	r.strict("substring(text, text, text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		pattern, err := similarPattern(a[1].S, a[2].S)
		if err != nil {
			return a[0], err
		}
		re, err := regexpOf(c, []byte(pattern), "")
		if err != nil {
			return a[0], err
		}
		at := re.FindStringSubmatchIndex(a[0].S)
		switch {
		case at == nil:
			return nullOf(c)
		case len(at) > 2:
			return schema.TextValue(a[0].S[at[2]:at[3]]), nil
		}
		return a[0], nil
	}), "the part that a SQL regular expression marks")
}

// similarPattern translates a pattern of SIMILAR TO, in which an escape character makes the next one plain. Two escaped double
// quotes part it in three, of which the middle is what SUBSTRING returns: the one group of the result.
func similarPattern(s, escape string) (string, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return "", sqlerr.New("22019", "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	esc, _ := utf8.DecodeRuneInString(escape)
	var parts []string
	var b strings.Builder
	inSet := 0 // characters of a bracket expression
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case escape != "" && r == esc:
			if i == len(s) {
				return "", sqlerr.New("22025", "invalid escape sequence")
			}
			next, size := utf8.DecodeRuneInString(s[i:])
			i += size
			if next != '"' || inSet > 0 {
				b.WriteString(regexp.QuoteMeta(string(next)))
				continue
			}
			if parts = append(parts, b.String()); len(parts) > 2 {
				return "", sqlerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
			}
			b.Reset()
		case inSet > 0:
			inSet = setRune(&b, r, inSet)
		default:
			b.WriteString(similarRune(r))
			if r == '[' {
				inSet = 1
			}
		}
	}
	if len(parts) == 0 {
		return "^(?:" + b.String() + ")$", nil
	}
	// The first part takes as little as it can.
	pattern := "^(?U:" + parts[0] + ")("
	if len(parts) == 1 {
		return pattern + b.String() + ")$", nil
	}
	return pattern + parts[1] + ")(?:" + b.String() + ")$", nil
}

// setRune writes a character of a bracket expression, of which n-1 were written, and returns the next n; 0 after its end.
func setRune(b *strings.Builder, r rune, n int) int {
	if r == '\\' || r == '[' {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
	first := n == 1 || n == 2 && strings.HasSuffix(strings.TrimSuffix(b.String(), "]"), "[^")
	if r == ']' && !first {
		return 0
	}
	return n + 1
}

// similarRune is a character outside brackets.
func similarRune(r rune) string {
	switch r {
	case '%':
		return ".*"
	case '_':
		return "."
	case '(':
		return "(?:"
	case '\\', '.', '^', '$':
		return `\` + string(r)
	}
	return string(r)
}
