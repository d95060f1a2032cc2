package functions

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// pathStep is one step of a JSON path: a key, an index, or all members.
type pathStep struct {
	key     string
	index   int
	isIndex bool
	all     bool
}

// parseJSONPath reads $.a.b[0]["c"].*[*], with or without "strict" or "lax" before it; a path that does not begin with $ is
// a member's name. Filters and methods are not read.
func parseJSONPath(path string) ([]pathStep, error) {
	bad := func() ([]pathStep, error) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid JSON path: %q", path)
	}
	rest := strings.TrimSpace(path)
	for _, mode := range []string{"lax ", "strict "} {
		rest = strings.TrimSpace(strings.TrimPrefix(rest, mode))
	}
	if r, ok := strings.CutPrefix(rest, "$"); ok {
		rest = r
	} else if rest != "" {
		rest = "." + rest
	} else {
		return bad()
	}
	var steps []pathStep
	for rest != "" {
		var word string
		bracket := rest[0] == '['
		switch {
		case bracket:
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return bad()
			}
			word, rest = strings.TrimSpace(rest[1:end]), rest[end+1:]
		case rest[0] == '.' && strings.HasPrefix(rest[1:], `"`):
			end := strings.IndexByte(rest[2:], '"')
			if end < 0 {
				return bad()
			}
			word, rest = rest[1:end+3], rest[end+3:]
		case rest[0] == '.':
			rest = rest[1:]
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			word, rest = rest[:end], rest[end:]
		default:
			return bad()
		}
		step, ok := stepOf(word, bracket)
		if !ok {
			return bad()
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func stepOf(word string, bracket bool) (pathStep, bool) {
	switch {
	case word == "*":
		return pathStep{all: true}, true
	case len(word) >= 2 && (word[0] == '"' || word[0] == '\'') && word[len(word)-1] == word[0]:
		return pathStep{key: word[1 : len(word)-1]}, true
	case bracket:
		n, err := strconv.Atoi(word)
		return pathStep{index: n, isIndex: true}, err == nil
	}
	return pathStep{key: word}, word != "" && !strings.ContainsAny(word, "?()@ ")
}

// follow calls f for each value that the steps lead to.
func follow(v jsonValue, steps []pathStep, f func(jsonValue) bool) bool {
	if len(steps) == 0 {
		return f(v)
	}
	s, rest := steps[0], steps[1:]
	switch {
	case s.all:
		more := true
		v.each(func(_ []byte, m jsonValue) bool {
			more = follow(m, rest, f)
			return more
		})
		return more
	case s.isIndex:
		if m, ok := v.index(s.index); ok {
			return follow(m, rest, f)
		}
	default:
		if m, ok := v.get(s.key); ok && v.kind == '{' {
			return follow(m, rest, f)
		}
	}
	return true
}

// firstByPath returns the first value that the path leads to; the parsed path is kept with the call.
func firstByPath(c *Call, doc, path string) (found jsonValue, ok bool, err error) {
	steps, err := cached(c, path, parseJSONPath)
	if err != nil {
		return found, false, err
	}
	follow(jsonOf([]byte(doc)), steps, func(v jsonValue) bool {
		found, ok = v, true
		return false
	})
	return found, ok, nil
}

// allByPath returns an array of the values that the path leads to.
func allByPath(c *Call, doc, path string) (list []jsonValue, err error) {
	steps, err := cached(c, path, parseJSONPath)
	if err != nil {
		return nil, err
	}
	follow(jsonOf([]byte(doc)), steps, func(v jsonValue) bool {
		list = append(list, v)
		return true
	})
	return list, nil
}
