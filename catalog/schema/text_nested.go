package schema

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendArray appends {1,NULL,"a b"}; nested arrays nest their braces.
func (v Value) appendArray(dst []byte, loc *time.Location) []byte {
	dst = append(dst, '{')
	for i, e := range v.Elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendArrayElement(dst, e, loc)
	}
	return append(dst, '}')
}

func appendArrayElement(dst []byte, e Value, loc *time.Location) []byte {
	switch {
	case !e.Valid:
		return append(dst, "NULL"...)
	case e.Type.Kind == Array:
		return e.appendArray(dst, loc)
	case e.Type.Kind == Boolean:
		if e.I != 0 {
			return append(dst, 't')
		}
		return append(dst, 'f')
	}
	return AppendArrayText(dst, e.AppendText(nil, loc))
}

// AppendArrayText appends the text of an array element, quoted where PostgreSQL quotes it.
func AppendArrayText(dst, s []byte) []byte {
	if !arrayNeedsQuotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func arrayNeedsQuotes(s []byte) bool {
	if len(s) == 0 || len(s) == 4 && strings.EqualFold(string(s), "NULL") {
		return true
	}
	for _, c := range s {
		switch c {
		case '{', '}', ',', '"', '\\', ' ', '\t', '\n', '\r', '\v', '\f':
			return true
		}
	}
	return false
}

func (v Value) appendVector(dst []byte, loc *time.Location) []byte {
	for i, e := range v.Elems {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = e.AppendText(dst, loc)
	}
	return dst
}

// AppendJSON appends the value as JSON: rows and maps as objects, arrays as arrays, temporal values as ISO 8601 strings, as
// PostgreSQL's to_json does.
func (v Value) AppendJSON(dst []byte, loc *time.Location) []byte {
	if !v.Valid {
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case Boolean, TinyInt, SmallInt, Integer, BigInt, Decimal, JSON, JSONB:
		return v.AppendText(dst, loc)
	case Real, Double:
		text := v.Text()
		if c := text[len(text)-1]; c == 'y' || c == 'N' { // Infinity and NaN are not JSON numbers
			return AppendJSONString(dst, text)
		}
		return append(dst, text...)
	case Timestamp, TimestampTZ:
		text := strings.Replace(string(v.AppendText(nil, loc)), " ", "T", 1)
		if n := len(text); v.Type.Kind == TimestampTZ && n > 3 && (text[n-3] == '+' || text[n-3] == '-') {
			text += ":00"
		}
		return AppendJSONString(dst, text)
	case Array, Int2Vector, OIDVector:
		return v.appendJSONArray(dst, loc)
	case Map:
		return v.appendJSONMap(dst, loc)
	case Row:
		return v.appendJSONRow(dst, loc)
	}
	return AppendJSONString(dst, string(v.AppendText(nil, loc)))
}

func (v Value) appendJSONArray(dst []byte, loc *time.Location) []byte {
	dst = append(dst, '[')
	for i, e := range v.Elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.AppendJSON(dst, loc)
	}
	return append(dst, ']')
}

func (v Value) appendJSONMap(dst []byte, loc *time.Location) []byte {
	dst = append(dst, '{')
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, string(v.Elems[i].AppendText(nil, loc)))
		dst = v.Elems[i+1].AppendJSON(append(dst, ':'), loc)
	}
	return append(dst, '}')
}

func (v Value) appendJSONRow(dst []byte, loc *time.Location) []byte {
	dst = append(dst, '{')
	for i, f := range v.Type.Fields() {
		if i > 0 {
			dst = append(dst, ',')
		}
		name := f.Name
		if name == "" {
			name = "f" + strconv.Itoa(i+1)
		}
		dst = AppendJSONString(dst, name)
		dst = v.Elems[i].AppendJSON(append(dst, ':'), loc)
	}
	return append(dst, '}')
}

// AppendJSONString appends s as a JSON string, escaped as PostgreSQL does. Invalid UTF-8 becomes the replacement character.
func AppendJSONString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[at])
			continue
		}
		const hexDigits = "0123456789abcdef"
		dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(append(dst, s[start:]...), '"')
}
