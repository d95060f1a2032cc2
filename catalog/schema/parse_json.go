package schema

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// JSONKind is the kind of a JSON value.
type JSONKind byte

// The kinds of JSON values.
const (
	JSONNull JSONKind = iota
	JSONFalse
	JSONTrue
	JSONNumber
	JSONText
	JSONArray
	JSONObject
)

// JSONNode is a JSON value in memory: of numbers Text is the literal, of strings the characters. An object has a key for
// each item, in their order in the document, repeated ones included.
type JSONNode struct {
	Kind  JSONKind
	Text  string
	Keys  []string
	Items []JSONNode
}

// maxJSONDepth bounds how deep arrays and objects nest.
const maxJSONDepth = 1000

// ParseJSON reads a JSON document. Errors are SQLSTATE 22P02, and 54001 for one that nests too deep.
func ParseJSON(s string) (JSONNode, error) {
	p := jsonParser{s: s}
	n, err := p.value(0)
	if err != nil {
		return n, err
	}
	if p.blanks(); p.i < len(s) {
		return n, p.bad()
	}
	return n, nil
}

type jsonParser struct {
	s string
	i int
}

func (p *jsonParser) bad() error {
	err := sqlerr.New(sqlerr.InvalidTextRepresent, "invalid input syntax for type json")
	if p.i >= len(p.s) {
		return err.WithDetail("The input string ended unexpectedly.")
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return err.WithDetail("Token %q is invalid.", string(r))
}

func (p *jsonParser) blanks() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (JSONNode, error) {
	if depth > maxJSONDepth {
		return JSONNode{}, sqlerr.New(sqlerr.StatementTooComplex, "JSON nests more than %d levels deep", maxJSONDepth)
	}
	p.blanks()
	if p.i == len(p.s) {
		return JSONNode{}, p.bad()
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		text, err := p.text()
		return JSONNode{Kind: JSONText, Text: text}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for word, kind := range map[string]JSONKind{"null": JSONNull, "true": JSONTrue, "false": JSONFalse} {
		if strings.HasPrefix(p.s[p.i:], word) && !isLetterAt(p.s, p.i+len(word)) {
			p.i += len(word)
			return JSONNode{Kind: kind}, nil
		}
	}
	return JSONNode{}, p.bad()
}

func isLetterAt(s string, i int) bool {
	return i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9' || s[i] == '_')
}

func (p *jsonParser) object(depth int) (JSONNode, error) {
	n := JSONNode{Kind: JSONObject}
	p.i++
	for {
		p.blanks()
		if p.i < len(p.s) && p.s[p.i] == '}' && len(n.Keys) == 0 {
			p.i++
			return n, nil
		}
		if p.i == len(p.s) || p.s[p.i] != '"' {
			return n, p.bad()
		}
		key, err := p.text()
		if err != nil {
			return n, err
		}
		if p.blanks(); p.i == len(p.s) || p.s[p.i] != ':' {
			return n, p.bad()
		}
		p.i++
		item, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.Keys, n.Items = append(n.Keys, key), append(n.Items, item)
		if done, err := p.separator('}'); done || err != nil {
			return n, err
		}
	}
}

func (p *jsonParser) array(depth int) (JSONNode, error) {
	n := JSONNode{Kind: JSONArray}
	p.i++
	if p.blanks(); p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return n, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.Items = append(n.Items, item)
		if done, err := p.separator(']'); done || err != nil {
			return n, err
		}
	}
}

// separator reads a comma, or the end of an array or object.
func (p *jsonParser) separator(end byte) (done bool, err error) {
	p.blanks()
	if p.i == len(p.s) || p.s[p.i] != ',' && p.s[p.i] != end {
		return false, p.bad()
	}
	p.i++
	return p.s[p.i-1] == end, nil
}

func (p *jsonParser) number() (JSONNode, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
			p.i++
		}
		return p.i > from
	}
	if p.s[p.i] == '-' {
		p.i++
	}
	zero := p.i < len(p.s) && p.s[p.i] == '0'
	from := p.i
	if !digits() || zero && p.i-from > 1 {
		return JSONNode{}, p.bad()
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if !digits() {
			return JSONNode{}, p.bad()
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if !digits() {
			return JSONNode{}, p.bad()
		}
	}
	if isLetterAt(p.s, p.i) {
		return JSONNode{}, p.bad()
	}
	return JSONNode{Kind: JSONNumber, Text: p.s[start:p.i]}, nil
}

func (p *jsonParser) text() (string, error) {
	p.i++
	end := p.i
	for end < len(p.s) && p.s[end] != '"' && p.s[end] != '\\' && p.s[end] >= 0x20 {
		end++
	}
	if end < len(p.s) && p.s[end] == '"' {
		s := p.s[p.i:end]
		p.i = end + 1
		return s, nil
	}
	out := []byte(p.s[p.i:end])
	for p.i = end; p.i < len(p.s); {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return string(out), nil
		case c < 0x20:
			return "", p.bad()
		case c != '\\':
			out = append(out, c)
			p.i++
		default:
			var err error
			if out, err = p.escape(out); err != nil {
				return "", err
			}
		}
	}
	return "", p.bad()
}

func (p *jsonParser) escape(out []byte) ([]byte, error) {
	p.i++
	if p.i == len(p.s) {
		return out, p.bad()
	}
	c := p.s[p.i]
	if c == 'u' {
		return p.unicode(out)
	}
	at := strings.IndexByte(`"\/bfnrt`, c)
	if at < 0 {
		return out, p.bad()
	}
	p.i++
	return append(out, "\"\\/\b\f\n\r\t"[at]), nil
}

// unicode reads u with four hexadecimal digits, and the second half of a surrogate pair.
func (p *jsonParser) unicode(out []byte) ([]byte, error) {
	r, ok := p.hex()
	if !ok {
		return out, p.bad()
	}
	if utf16.IsSurrogate(r) {
		second := rune(0)
		if ok = strings.HasPrefix(p.s[p.i:], `\u`); ok {
			p.i++
			second, ok = p.hex()
		}
		if r = utf16.DecodeRune(r, second); !ok || r == utf8.RuneError {
			return out, p.bad()
		}
	}
	if r == 0 {
		return out, sqlerr.New(sqlerr.UntranslatableCharacter, "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
	}
	return utf8.AppendRune(out, r), nil
}

func (p *jsonParser) hex() (rune, bool) {
	if p.i+5 > len(p.s) {
		return 0, false
	}
	u, err := strconv.ParseUint(p.s[p.i+1:p.i+5], 16, 32)
	if err != nil {
		return 0, false
	}
	p.i += 5
	return rune(u), true
}

// Normal returns the value as PostgreSQL's jsonb keeps it: of equal keys the last one, keys ordered by length and then by
// bytes, numbers without exponents.
func (n JSONNode) Normal() (JSONNode, error) {
	var err error
	switch n.Kind {
	case JSONNumber:
		n.Text, err = plainNumber(n.Text)
	case JSONArray:
		items := make([]JSONNode, len(n.Items))
		for i, item := range n.Items {
			if items[i], err = item.Normal(); err != nil {
				return n, err
			}
		}
		n.Items = items
	case JSONObject:
		return n.normalObject()
	}
	return n, err
}

func (n JSONNode) normalObject() (JSONNode, error) {
	last := make(map[string]int, len(n.Keys))
	for i, k := range n.Keys {
		last[k] = i
	}
	keys := make([]string, 0, len(last))
	for k := range last {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	out := JSONNode{Kind: JSONObject, Keys: keys, Items: make([]JSONNode, len(keys))}
	for i, k := range keys {
		var err error
		if out.Items[i], err = n.Items[last[k]].Normal(); err != nil {
			return n, err
		}
	}
	return out, nil
}

// maxJSONExponent bounds the zeros that a number without its exponent may grow by.
const maxJSONExponent = 2000

// plainNumber writes a JSON number without its exponent.
func plainNumber(s string) (string, error) {
	mantissa, exponent := s, 0
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		var err error
		mantissa = s[:at]
		if exponent, err = strconv.Atoi(s[at+1:]); err != nil || exponent > maxJSONExponent || exponent < -maxJSONExponent {
			return s, sqlerr.New(sqlerr.NumericOutOfRange, "value overflows numeric format")
		}
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	switch {
	case exponent > 0:
		fraction += strings.Repeat("0", max(exponent-len(fraction), 0))
		whole, fraction = whole+fraction[:exponent], fraction[exponent:]
	case exponent < 0:
		whole = strings.Repeat("0", max(-exponent-len(whole)+1, 0)) + whole
		cut := len(whole) + exponent
		whole, fraction = whole[:cut], whole[cut:]+fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return whole, nil
}

// Append appends the value as jsonb prints it: a blank after each colon and comma.
func (n JSONNode) Append(dst []byte) []byte { return n.append(dst, ", ", ": ") }

// AppendCompact appends the value without blanks.
func (n JSONNode) AppendCompact(dst []byte) []byte { return n.append(dst, ",", ":") }

func (n JSONNode) append(dst []byte, comma, colon string) []byte {
	switch n.Kind {
	case JSONNull:
		return append(dst, "null"...)
	case JSONTrue:
		return append(dst, "true"...)
	case JSONFalse:
		return append(dst, "false"...)
	case JSONNumber:
		return append(dst, n.Text...)
	case JSONText:
		return AppendJSONString(dst, n.Text)
	}
	open, end := byte('['), byte(']')
	if n.Kind == JSONObject {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i, item := range n.Items {
		if i > 0 {
			dst = append(dst, comma...)
		}
		if n.Kind == JSONObject {
			dst = append(AppendJSONString(dst, n.Keys[i]), colon...)
		}
		dst = item.append(dst, comma, colon)
	}
	return append(dst, end)
}

// NormalJSON returns the text of a JSON document as PostgreSQL's jsonb prints it.
func NormalJSON(s string) (string, error) {
	n, err := ParseJSON(s)
	if err != nil {
		return "", err
	}
	if n, err = n.Normal(); err != nil {
		return "", err
	}
	return string(n.Append(nil)), nil
}

func parseJSON(t Type, s string) (Value, error) {
	n, err := ParseJSON(s)
	if err != nil {
		return Value{}, err
	}
	if t.Kind == JSON {
		return StringValue(t, s), nil
	}
	if n, err = n.Normal(); err != nil {
		return Value{}, err
	}
	return StringValue(t, string(n.Append(nil))), nil
}
