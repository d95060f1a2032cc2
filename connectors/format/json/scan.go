package json

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/tarnsql/tarn/connectors/format/text"
)

// maxDepth bounds how deep values nest.
const maxDepth = 512

// errShort says that the data end inside a value: more may make it whole.
var errShort = errors.New("JSON value is not complete")

// scanner finds the ends of values and checks their form (RFC 8259). Text in strings is not checked to be UTF-8: who reads
// it does.
type scanner struct {
	data []byte
}

// blank returns the first position from i on that is not white space.
func (s scanner) blank(i int) int {
	for i < len(s.data) {
		switch s.data[i] {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
	return i
}

// value returns the span of the value at i, which is not white space, and the position after it.
func (s scanner) value(i, depth int) (text.Span, int, error) {
	if i >= len(s.data) {
		return text.Span{}, i, errShort
	}
	switch c := s.data[i]; c {
	case '"':
		end, escaped, err := s.str(i + 1)
		if err != nil {
			return text.Span{}, end, err
		}
		flags := text.Quoted
		if escaped {
			flags |= text.Escaped
		}
		return text.MakeSpan(i+1, end, flags), end + 1, nil
	case '{', '[':
		end, err := s.nested(i, depth)
		return text.MakeSpan(i, end, 0), end, err
	case 't':
		end, err := s.word(i, "true")
		return text.MakeSpan(i, end, 0), end, err
	case 'f':
		end, err := s.word(i, "false")
		return text.MakeSpan(i, end, 0), end, err
	case 'n':
		end, err := s.word(i, "null")
		return text.NullSpan, end, err
	default:
		if c != '-' && c-'0' > 9 {
			return text.Span{}, i, s.unexpected(i, "a value")
		}
		end, err := s.number(i)
		return text.MakeSpan(i, end, 0), end, err
	}
}

// unexpected is the error for the byte at i.
func (s scanner) unexpected(i int, want string) error {
	if i >= len(s.data) {
		return errShort
	}
	return text.Bad(i, "malformed JSON: %q where %s should be", rune(s.data[i]), want)
}

func (s scanner) word(i int, w string) (int, error) {
	for k := range len(w) {
		if i+k >= len(s.data) {
			return i + k, errShort
		}
		if s.data[i+k] != w[k] {
			return i + k, s.unexpected(i+k, w)
		}
	}
	return i + len(w), nil
}

func (s scanner) digits(i int) int {
	for i < len(s.data) && s.data[i]-'0' <= 9 {
		i++
	}
	return i
}

func (s scanner) number(i int) (int, error) {
	if s.data[i] == '-' {
		i++
	}
	first := i
	i = s.digits(i)
	if i == first {
		return i, s.unexpected(i, "a digit")
	}
	if s.data[first] == '0' && i > first+1 {
		return first, s.unexpected(first, "a number without leading zeros")
	}
	if i < len(s.data) && s.data[i] == '.' {
		from := i + 1
		if i = s.digits(from); i == from {
			return i, s.unexpected(i, "a digit")
		}
	}
	if i < len(s.data) && s.data[i]|0x20 == 'e' {
		i++
		if i < len(s.data) && (s.data[i] == '+' || s.data[i] == '-') {
			i++
		}
		from := i
		if i = s.digits(from); i == from {
			return i, s.unexpected(i, "a digit")
		}
	}
	return i, nil
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// zeroBytes has the high bit of each byte that is zero, exactly so for the lowest one.
func zeroBytes(x uint64) uint64 { return (x - lows) &^ x & highs }

// special has the high bit of each byte that ends a run of plain text: a quote, a backslash, a control character.
func special(w uint64) uint64 {
	return zeroBytes(w^'"'*lows) | zeroBytes(w^'\\'*lows) | (w-0x20*lows)&^w&highs
}

// str returns the position of the quote that ends the string whose text begins at i.
func (s scanner) str(i int) (end int, escaped bool, err error) {
	d := s.data
	for {
		for len(d)-i >= 8 {
			m := special(binary.LittleEndian.Uint64(d[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(d) {
			return i, escaped, errShort
		}
		switch c := d[i]; {
		case c == '"':
			return i, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = s.escape(i + 1); err != nil {
				return i, escaped, err
			}
		case c < 0x20:
			return i, escaped, text.Bad(i, "malformed JSON: control character %#x in a string", c)
		default:
			i++
		}
	}
}

// escape checks what follows a backslash.
func (s scanner) escape(i int) (int, error) {
	if i >= len(s.data) {
		return i, errShort
	}
	switch s.data[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1, nil
	case 'u':
		for k := 1; k <= 4; k++ {
			if i+k >= len(s.data) {
				return i + k, errShort
			}
			if hexDigit(s.data[i+k]) < 0 {
				return i + k, s.unexpected(i+k, "a hexadecimal digit")
			}
		}
		return i + 5, nil
	}
	return i, s.unexpected(i, "an escape")
}

// hexDigit returns the value of a hexadecimal digit, -1 for other bytes.
func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// nested returns the end of the object or array at i.
func (s scanner) nested(i, depth int) (int, error) {
	if depth >= maxDepth {
		return i, text.Bad(i, "malformed JSON: values nest deeper than %d", maxDepth)
	}
	end := i
	var err error
	if s.data[i] == '[' {
		err = s.array(i, depth, &end, func(text.Span) {})
	} else {
		err = s.object(i, depth, &end, func(text.Span, text.Span) {})
	}
	return end, err
}

// array calls f for each element of the array at i and sets end to the position after it.
func (s scanner) array(i, depth int, end *int, f func(text.Span)) error {
	i = s.blank(i + 1)
	if i < len(s.data) && s.data[i] == ']' {
		*end = i + 1
		return nil
	}
	for {
		v, next, err := s.value(i, depth+1)
		if err != nil {
			return err
		}
		f(v)
		i = s.blank(next)
		if i >= len(s.data) {
			return errShort
		}
		switch s.data[i] {
		case ',':
			i = s.blank(i + 1)
		case ']':
			*end = i + 1
			return nil
		default:
			return s.unexpected(i, "a comma or a closing bracket")
		}
	}
}

// object calls f for each member of the object at i and sets end to the position after it.
func (s scanner) object(i, depth int, end *int, f func(key, value text.Span)) error {
	i = s.blank(i + 1)
	if i < len(s.data) && s.data[i] == '}' {
		*end = i + 1
		return nil
	}
	for {
		key, next, err := s.key(i)
		if err != nil {
			return err
		}
		v, next, err := s.value(next, depth+1)
		if err != nil {
			return err
		}
		f(key, v)
		i = s.blank(next)
		if i >= len(s.data) {
			return errShort
		}
		switch s.data[i] {
		case ',':
			i = s.blank(i + 1)
		case '}':
			*end = i + 1
			return nil
		default:
			return s.unexpected(i, "a comma or a closing brace")
		}
	}
}

// key reads a member's name and colon, and returns where its value begins.
func (s scanner) key(i int) (text.Span, int, error) {
	if i >= len(s.data) || s.data[i] != '"' {
		return text.Span{}, i, s.unexpected(i, "a key in quotes")
	}
	key, i, err := s.value(i, 0)
	if err != nil {
		return key, i, err
	}
	i = s.blank(i)
	if i >= len(s.data) || s.data[i] != ':' {
		return key, i, s.unexpected(i, "a colon")
	}
	return key, s.blank(i + 1), nil
}
