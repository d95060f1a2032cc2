package schema

import (
	"strings"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// parseArray reads {1,NULL,"a b",{...}}; bounds before it ([0:2]=) are skipped.
func parseArray(t Type, s string, loc *time.Location) (Value, error) {
	p := &arrayParser{text: strings.TrimSpace(s), loc: loc}
	if bounds, _, ok := strings.Cut(p.text, "="); ok && strings.HasPrefix(bounds, "[") {
		if strings.Trim(bounds, "[]:+-0123456789 ") != "" || !strings.HasSuffix(bounds, "]") {
			return Value{}, malformedArray(s)
		}
		p.at = len(bounds) + 1
	}
	v, err := p.array(t, 0)
	if err == nil && strings.TrimSpace(p.text[p.at:]) != "" {
		err = malformedArray(s)
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

type arrayParser struct {
	text string
	at   int
	loc  *time.Location
}

func malformedArray(s string) error {
	return sqlerr.New(sqlerr.InvalidTextRepresent, "malformed array literal: %q", s)
}

func (p *arrayParser) skip() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r\v\f", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *arrayParser) array(t Type, depth int) (Value, error) {
	if p.skip() != '{' || depth > maxTypeDepth {
		return Value{}, malformedArray(p.text)
	}
	p.at++
	elems := []Value{}
	if p.skip() == '}' {
		p.at++
		return NestedValue(t, elems), nil
	}
	for {
		e, err := p.element(t.Elem(), depth)
		if err != nil {
			return Value{}, err
		}
		elems = append(elems, e)
		switch p.skip() {
		case ',':
			p.at++
		case '}':
			p.at++
			return NestedValue(t, elems), nil
		default:
			return Value{}, malformedArray(p.text)
		}
	}
}

func (p *arrayParser) element(t Type, depth int) (Value, error) {
	c := p.skip()
	if c == '{' {
		if t.Kind != Array {
			return Value{}, malformedArray(p.text)
		}
		return p.array(t, depth+1)
	}
	if c == 0 || c == ',' || c == '}' {
		return Value{}, malformedArray(p.text)
	}
	word, quoted, err := p.word()
	if err != nil {
		return Value{}, err
	}
	if !quoted && strings.EqualFold(word, "null") {
		return NullOf(t), nil
	}
	return ParseIn(t, word, p.loc)
}

// word reads an element: quoted, or up to the next comma or brace. Backslashes escape in both.
func (p *arrayParser) word() (word string, quoted bool, err error) {
	var b strings.Builder
	if p.text[p.at] == '"' {
		for p.at++; p.at < len(p.text); p.at++ {
			switch c := p.text[p.at]; {
			case c == '"':
				p.at++
				return b.String(), true, nil
			case c == '\\' && p.at+1 < len(p.text):
				p.at++
				b.WriteByte(p.text[p.at])
			default:
				b.WriteByte(c)
			}
		}
		return "", true, malformedArray(p.text)
	}
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == ',' || c == '}':
			return strings.TrimRight(b.String(), " \t\n\r\v\f"), false, nil
		case c == '{' || c == '"':
			return "", false, malformedArray(p.text)
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", false, malformedArray(p.text)
}
