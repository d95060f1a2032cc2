package functions

import (
	"bytes"
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
)

// jsonValue is a JSON value as it stands in a valid document. Members are found by skipping over the text, without building
// what is not asked for.
type jsonValue struct {
	raw  []byte
	kind byte // { [ " t f n or 0 for a number
}

func jsonOf(raw []byte) jsonValue {
	raw = bytes.TrimSpace(raw)
	v := jsonValue{raw: raw}
	if len(raw) > 0 {
		switch c := raw[0]; c {
		case '{', '[', '"', 't', 'f', 'n':
			v.kind = c
		}
	}
	return v
}

func jsonBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skipString returns the place behind the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

// skipValue returns the place behind the value that begins at i.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(b)
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && !jsonBlank(b[i]) {
		i++
	}
	return i
}

// each calls f for the members of an object or array in order, with the key as it stands in the document, in its quotes; nil in
// an array.
func (v jsonValue) each(f func(rawKey []byte, value jsonValue) bool) {
	if v.kind != '{' && v.kind != '[' {
		return
	}
	b, i := v.raw, 1
	for {
		for i < len(b) && (jsonBlank(b[i]) || b[i] == ',') {
			i++
		}
		if i >= len(b) || b[i] == '}' || b[i] == ']' {
			return
		}
		var key []byte
		if v.kind == '{' {
			end := skipString(b, i)
			key, i = b[i:end], end
			for i < len(b) && (jsonBlank(b[i]) || b[i] == ':') {
				i++
			}
		}
		end := max(skipValue(b, i), i+1)
		if end = min(end, len(b)); !f(key, jsonOf(b[min(i, end):end])) {
			return
		}
		i = end
	}
}

// members is each with the keys' characters; those of arrays are numbers from 0.
func (v jsonValue) members(f func(key string, value jsonValue) bool) {
	n := 0
	v.each(func(raw []byte, m jsonValue) bool {
		key := strconv.Itoa(n)
		if n++; raw != nil {
			key = unquoteJSON(raw)
		}
		return f(key, m)
	})
}

// unquoteJSON returns the characters of a string as it stands in a document.
func unquoteJSON(raw []byte) string {
	if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	n, err := schema.ParseJSON(string(raw))
	if err != nil {
		return string(raw)
	}
	return n.Text
}

// get finds a member by key, or by index (negative from the end).
func (v jsonValue) get(key string) (found jsonValue, ok bool) {
	switch v.kind {
	case '{':
		v.each(func(raw []byte, m jsonValue) bool {
			if keyMatches(raw, key) {
				found, ok = m, true // the last of equal keys wins
			}
			return true
		})
		return found, ok
	case '[':
		n, err := strconv.Atoi(key)
		if err != nil {
			return found, false
		}
		return v.index(n)
	}
	return found, false
}

func keyMatches(raw []byte, key string) bool {
	if bytes.IndexByte(raw, '\\') >= 0 {
		return unquoteJSON(raw) == key
	}
	return len(raw) == len(key)+2 && string(raw[1:len(raw)-1]) == key
}

// index finds an element of an array, counted from 0, or from the end when it is negative.
func (v jsonValue) index(n int) (found jsonValue, ok bool) {
	if v.kind != '[' {
		return found, false
	}
	if n < 0 {
		n += v.length()
	}
	if n < 0 {
		return found, false
	}
	v.each(func(_ []byte, m jsonValue) bool {
		if n == 0 {
			found, ok = m, true
		}
		n--
		return !ok
	})
	return found, ok
}

func (v jsonValue) length() int {
	n := 0
	v.each(func([]byte, jsonValue) bool { n++; return true })
	return n
}

// text is the value as ->> gives it; ok is false for JSON's null.
func (v jsonValue) text() (string, bool) {
	switch v.kind {
	case 'n':
		return "", false
	case '"':
		return unquoteJSON(v.raw), true
	}
	return string(v.raw), true
}
