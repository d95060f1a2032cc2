package functions

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerIdentifiers declares the functions that read and write names and string constants of SQL.
func registerIdentifiers(r *Registry) {
	r.strict("parse_ident(text, boolean?) text[]", strictValues(parseIdent), "the parts of a dotted name")
	r.strict("quote_literal(any) text", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		return schema.TextValue(string(quoteLiteral(nil, a[0].AppendText(nil, c.Env.Location)))), nil
	}), "a string constant with the text of a value").stable()
	r.lenient("quote_nullable(any) text", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return schema.TextValue("NULL"), nil
		}
		return schema.TextValue(string(quoteLiteral(nil, a[0].AppendText(nil, c.Env.Location)))), nil
	}), "quote_literal, or NULL").stable()
	r.strict("unistr(text) text", textTextErr(unistr), "the text with its Unicode escapes, a backslash and hexadecimal digits, as characters")
}

func parseIdent(_ *Call, a []schema.Value) (schema.Value, error) {
	strict := len(a) < 2 || a[1].Bool()
	bad := func(detail string) (schema.Value, error) {
		err := sqlerr.New(sqlerr.InvalidParameterValue, "string is not a valid identifier: %q", a[0].S)
		if detail != "" {
			err = err.WithDetail("%s", detail)
		}
		return a[0], err
	}
	var parts []string
	for rest := strings.TrimSpace(a[0].S); ; {
		part, tail, problem := identPart(rest)
		if problem != "" || part == "" && tail == rest {
			return bad(problem)
		}
		parts = append(parts, part)
		rest = strings.TrimLeft(tail, " \t\n\r")
		if after, dotted := strings.CutPrefix(rest, "."); dotted {
			rest = strings.TrimLeft(after, " \t\n\r")
			continue
		}
		if rest != "" && strict {
			return bad("")
		}
		return textArray(parts), nil
	}
}

// identPart reads one name, quoted or not.
func identPart(s string) (part, rest, problem string) {
	if after, quoted := strings.CutPrefix(s, `"`); quoted {
		var b strings.Builder
		for {
			text, tail, closed := strings.Cut(after, `"`)
			b.WriteString(text)
			if !closed {
				return "", s, "String has unclosed double quotes."
			}
			if again, escaped := strings.CutPrefix(tail, `"`); escaped {
				b.WriteByte('"')
				after = again
				continue
			}
			if b.Len() == 0 {
				return "", s, "Quoted identifier must not be empty."
			}
			return b.String(), tail, ""
		}
	}
	n := 0
	for n < len(s) {
		c := s[n]
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf || n > 0 && (isDigit(c) || c == '$') {
			n++
			continue
		}
		break
	}
	return strings.ToLower(s[:n]), s[n:], ""
}

// unistr replaces escapes of characters.
func unistr(dst, s []byte) ([]byte, error) {
	for len(s) > 0 {
		if s[0] != '\\' {
			dst, s = append(dst, s[0]), s[1:]
			continue
		}
		if len(s) > 1 && s[1] == '\\' {
			dst, s = append(dst, '\\'), s[2:]
			continue
		}
		r, n := escapedRune(s)
		if n == 0 {
			return nil, sqlerr.New("42601", "invalid Unicode escape").WithHint("An escape is a backslash with four hexadecimal digits, or with + and six, u and four, or U and eight.")
		}
		if r >= 0xd800 && r < 0xdc00 {
			low, m := escapedRune(s[n:])
			if m == 0 || low < 0xdc00 || low > 0xdfff {
				return nil, sqlerr.New("42601", "invalid Unicode surrogate pair")
			}
			r, n = 0x10000+(r-0xd800)<<10+(low-0xdc00), n+m
		}
		if r == 0 || !utf8.ValidRune(r) {
			return nil, sqlerr.New("42601", "invalid Unicode escape value")
		}
		dst, s = utf8.AppendRune(dst, r), s[n:]
	}
	return dst, nil
}

// escapedRune reads an escape and returns its length, 0 for none.
func escapedRune(s []byte) (r rune, n int) {
	skip, digits := 1, 4
	switch {
	case len(s) < 2 || s[0] != '\\':
		return 0, 0
	case s[1] == '+':
		skip, digits = 2, 6
	case s[1] == 'u':
		skip = 2
	case s[1] == 'U':
		skip, digits = 2, 8
	}
	if len(s) < skip+digits {
		return 0, 0
	}
	for _, c := range s[skip : skip+digits] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || r > utf8.MaxRune {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	return r, skip + digits
}
