package functions

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func registerLike(r *Registry) {
	r.operator("~~(text, text) boolean", like(false), "LIKE")
	r.operator("~~(text, text, text) boolean", like(false), "LIKE with ESCAPE")
	r.operator("~~*(text, text) boolean", like(true), "ILIKE")
	r.operator("~~(char, text) boolean", like(false), "LIKE; the blanks of char(n) count")
	r.operator("~~*(char, text) boolean", like(true), "ILIKE; the blanks of char(n) count")
	r.operator("~~*(text, text, text) boolean", like(true), "ILIKE with ESCAPE")
	r.operator("||(text, text) text", text2Text(func(dst, a, b []byte) ([]byte, error) { return append(append(dst, a...), b...), nil }), "concatenation")
	r.operator("||(bytea, bytea) bytea", text2Text(func(dst, a, b []byte) ([]byte, error) { return append(append(dst, a...), b...), nil }), "concatenation")
	r.operator("||(text, anynonarray) text", concatAny, "concatenation")
	r.operator("||(anynonarray, text) text", concatAny, "concatenation")
}

// concatAny concatenates the text forms of its arguments.
var concatAny = strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
	var out []byte
	for _, a := range args {
		out = a.AppendText(out, c.Env.Location)
	}
	return schema.StringValue(schema.Text, string(out)), nil
})

// pattern of LIKE: a sequence of literal parts between wildcards, in a form that most searches answer with the bytes
// package.
type likePattern struct {
	parts [][]byte // between %; nil parts do not occur
	// first and last say that the pattern begins and ends without %.
	first, last bool
	wild        bool // some part has _
	fold        bool
	any         []([]likeChar)
}

// likeChar is a character of a part; any stands for _.
type likeChar struct {
	r   rune
	any bool
}

func compileLike(pattern string, escape rune, hasEscape, fold bool) (*likePattern, error) {
	p := &likePattern{first: true, last: true, fold: fold}
	var part []byte
	var chars []likeChar
	flush := func() {
		p.parts, p.any = append(p.parts, part), append(p.any, chars)
		part, chars = nil, nil
	}
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case hasEscape && c == escape:
			i++
			if i == len(runes) {
				return nil, sqlerr.New(sqlerr.InvalidEscape, "LIKE pattern must not end with escape character")
			}
			c = runes[i]
		case c == '%':
			flush()
			continue
		case c == '_':
			p.wild = true
			chars = append(chars, likeChar{any: true})
			part = append(part, 0)
			continue
		}
		if fold {
			c = unicode.ToLower(c)
		}
		chars = append(chars, likeChar{r: c})
		part = utf8.AppendRune(part, c)
	}
	flush()
	return p, nil
}

// match reports whether s matches.
func (p *likePattern) match(s []byte) bool {
	if p.fold {
		s = bytes.ToLower(s)
	}
	n := len(p.parts)
	if n == 1 {
		end, ok := p.prefix(0, s)
		return ok && end == len(s)
	}
	end, ok := p.prefix(0, s)
	if !ok {
		return false
	}
	s = s[end:]
	for i := 1; i < n-1; i++ {
		if s, ok = p.find(i, s); !ok {
			return false
		}
	}
	return p.suffix(n-1, s)
}

// prefix matches part i at the beginning of s and returns where it ends.
func (p *likePattern) prefix(i int, s []byte) (int, bool) {
	if !p.wild {
		return len(p.parts[i]), bytes.HasPrefix(s, p.parts[i])
	}
	at := 0
	for _, c := range p.any[i] {
		if at >= len(s) {
			return 0, false
		}
		r, size := utf8.DecodeRune(s[at:])
		if !c.any && r != c.r {
			return 0, false
		}
		at += size
	}
	return at, true
}

// find matches part i at its first place in s and returns what follows.
func (p *likePattern) find(i int, s []byte) ([]byte, bool) {
	if !p.wild {
		at := bytes.Index(s, p.parts[i])
		if at < 0 {
			return nil, false
		}
		return s[at+len(p.parts[i]):], true
	}
	for {
		if end, ok := p.prefix(i, s); ok {
			return s[end:], true
		}
		if len(s) == 0 {
			return nil, false
		}
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
}

func (p *likePattern) suffix(i int, s []byte) bool {
	if !p.wild {
		return bytes.HasSuffix(s, p.parts[i])
	}
	want := len(p.any[i])
	have := utf8.RuneCount(s)
	if have < want {
		return false
	}
	for ; have > want; have-- {
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
	end, ok := p.prefix(i, s)
	return ok && end == len(s)
}

// like makes the kernel of LIKE and ILIKE.
func like(fold bool) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[bool](c)
		text, pattern := kernel.StringCol(c.Args[0], nil), kernel.StringCol(c.Args[1], nil)
		escape := "\\"
		var escapes kernel.BytesCol
		if len(c.Args) == 3 {
			escapes = kernel.StringCol(c.Args[2], nil)
		} else if c.Env != nil && c.Env.Dialect == "trino" {
			escape = ""
		}
		compile := func(i int) (*likePattern, error) {
			if len(c.Args) == 3 {
				escape = string(escapes.At(i))
			}
			return cached(c, escape+"\x00"+string(pattern.At(i)), func(key string) (*likePattern, error) {
				return likeOf(escape, key[len(escape)+1:], fold)
			})
		}
		var p *likePattern
		constant := pattern.Mask == 0 && (len(c.Args) == 2 || escapes.Mask == 0)
		err := rows(c, out.Null, func(i int) (err error) {
			if p == nil || !constant {
				if p, err = compile(i); err != nil {
					return err
				}
			}
			out.Values[i] = p.match(text.At(i))
			return nil
		})
		return out, err
	}
}

func likeOf(escape, pattern string, fold bool) (*likePattern, error) {
	r, size := utf8.DecodeRuneInString(escape)
	if size < len(escape) {
		return nil, sqlerr.New(sqlerr.InvalidEscape, "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	return compileLike(pattern, r, size > 0, fold)
}
