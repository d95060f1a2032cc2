package functions

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// formatter is one call of format(): %[position$][-][width]type, where the width may be * or *n$.
type formatter struct {
	c    *Call
	args []schema.Value
	rest string
	next int // the argument that comes next
}

func format(c *Call, args []schema.Value) (schema.Value, error) {
	if !args[0].Valid {
		return nullOf(c)
	}
	f := &formatter{c: c, args: args, rest: args[0].S, next: 1}
	var out []byte
	for {
		text, after, found := strings.Cut(f.rest, "%")
		if out = append(out, text...); !found {
			return schema.TextValue(string(out)), nil
		}
		f.rest = after
		var err error
		if out, err = f.specifier(out); err != nil {
			return args[0], err
		}
		if len(out) > maxText {
			return args[0], tooLong()
		}
	}
}

var errFormatEnd = sqlerr.New(sqlerr.InvalidParameterValue, "unterminated format() type specifier").
	WithHint("For a single \"%%\" use \"%%%%\".")

// specifier writes what stands behind a percent sign.
func (f *formatter) specifier(out []byte) ([]byte, error) {
	if after, ok := strings.CutPrefix(f.rest, "%"); ok {
		f.rest = after
		return append(out, '%'), nil
	}
	position, width := -1, 0
	if n, ok := f.number(); ok {
		if !f.accept('$') {
			width = n
		} else if position = n; n == 0 {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
		}
	}
	left := false
	if width == 0 {
		for f.accept('-') {
			left = true
		}
		var err error
		if width, err = f.width(); err != nil {
			return nil, err
		}
	}
	if width < 0 {
		left, width = true, -width
	}
	if f.rest == "" {
		return nil, errFormatEnd
	}
	verb := f.rest[0]
	f.rest = f.rest[1:]
	if strings.IndexByte("sIL", verb) < 0 {
		r, _ := utf8.DecodeRuneInString(string(verb) + f.rest)
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized format() type specifier %q", string(r)).
			WithHint("For a single \"%%\" use \"%%%%\".")
	}
	if position >= 0 {
		f.next = position
	}
	v, err := f.argument()
	if err != nil {
		return nil, err
	}
	text, err := f.text(verb, v)
	if err != nil {
		return nil, err
	}
	return padded(out, text, width, left)
}

func (f *formatter) accept(c byte) bool {
	if f.rest == "" || f.rest[0] != c {
		return false
	}
	f.rest = f.rest[1:]
	return true
}

// number reads digits; there may be none.
func (f *formatter) number() (n int, ok bool) {
	for f.rest != "" && isDigit(f.rest[0]) {
		n, ok = min(n*10+int(f.rest[0]-'0'), maxText+1), true
		f.rest = f.rest[1:]
	}
	return n, ok
}

// width reads a width: digits, or an argument.
func (f *formatter) width() (int, error) {
	if !f.accept('*') {
		n, _ := f.number()
		return n, nil
	}
	if n, ok := f.number(); ok {
		if !f.accept('$') {
			return 0, sqlerr.New(sqlerr.InvalidParameterValue, "width argument position must be ended by \"$\"")
		}
		f.next = n
	}
	v, err := f.argument()
	if err != nil || !v.Valid {
		return 0, err
	}
	if !v.Type.IsInteger() {
		if v, err = schema.Parse(schema.T(schema.Integer), v.Text()); err != nil {
			return 0, err
		}
	}
	return int(min(max(v.I, -maxText-1), maxText+1)), nil
}

func (f *formatter) argument() (schema.Value, error) {
	if f.next < 1 || f.next >= len(f.args) {
		return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "too few arguments for format()")
	}
	f.next++
	return f.args[f.next-1], nil
}

func (f *formatter) text(verb byte, v schema.Value) ([]byte, error) {
	switch {
	case verb == 's' && !v.Valid:
		return nil, nil
	case verb == 'L' && !v.Valid:
		return []byte("NULL"), nil
	case verb == 'I' && !v.Valid:
		return nil, sqlerr.New("22004", "null values cannot be formatted as an SQL identifier")
	}
	text := appendConcat(nil, f.c, v)
	switch verb {
	case 'I':
		return []byte(schema.QuoteIdent(string(text))), nil
	case 'L':
		return quoteLiteral(nil, text), nil
	}
	return text, nil
}

func padded(out, text []byte, width int, left bool) ([]byte, error) {
	blanks := max(width-utf8.RuneCount(text), 0)
	if blanks > maxText {
		return nil, tooLong()
	}
	if left {
		return append(append(out, text...), strings.Repeat(" ", blanks)...), nil
	}
	return append(append(out, strings.Repeat(" ", blanks)...), text...), nil
}
