package functions

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerRegexpPlaces declares the functions that count matches and find the n-th of them.
func registerRegexpPlaces(r *Registry) {
	r.strict("regexp_count(text, text, integer?, text?) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		matches, _, err := regexpMatchesFrom(c, a, 2, 3)
		return schema.IntValue(c.Type, int64(len(matches))), err
	}), "number of matches from a place on")
	r.strict("regexp_instr(text, text, integer?, integer?, integer?, text?, integer?) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		matches, start, err := regexpMatchesFrom(c, a, 2, 5)
		if err != nil {
			return a[0], err
		}
		end := int64(0)
		if len(a) > 4 {
			if end = a[4].I; end != 0 && end != 1 {
				return a[0], badRegexpArgument("endoption", end)
			}
		}
		at, err := nthMatch(matches, a, 6)
		if err != nil || at == nil {
			return schema.IntValue(c.Type, 0), err
		}
		return intResult(c, int64(utf8.RuneCountInString(a[0].S[:start+at[end]]))+1)
	}), "place of the n-th match, or of what follows it; 0 for none")
	r.strict("regexp_substr(text, text, integer?, integer?, text?, integer?) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		matches, start, err := regexpMatchesFrom(c, a, 2, 4)
		if err != nil {
			return a[0], err
		}
		at, err := nthMatch(matches, a, 5)
		if err != nil || at == nil {
			return schema.NullOf(c.Type), err
		}
		return schema.TextValue(a[0].S[start+at[0] : start+at[1]]), nil
	}), "the n-th match, or a group of it")
	r.strict("regexp_position(text, text, integer?, integer?) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if len(a) > 2 && a[2].I < 1 {
			return a[0], badRegexpArgument("start", a[2].I)
		}
		if len(a) > 2 && a[2].I > int64(utf8.RuneCountInString(a[0].S)) {
			return intResult(c, -1)
		}
		matches, start, err := regexpMatchesFrom(c, a, 2, len(a))
		if err != nil {
			return a[0], err
		}
		at, err := nthMatch(matches, a, len(a))
		if err != nil || at == nil {
			return schema.IntValue(c.Type, -1), err
		}
		return intResult(c, int64(utf8.RuneCountInString(a[0].S[:start+at[0]]))+1)
	}), "place of the n-th match, -1 for none")
}

func badRegexpArgument(name string, n int64) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %d", name, n)
}

// regexpMatchesFrom finds all matches at or after the character that argument from gives, with the flags of argument flags.
// Their places count from start.
func regexpMatchesFrom(c *Call, a []schema.Value, from, flags int) (matches [][]int, start int, err error) {
	options := flagsOf(a, flags)
	if strings.Contains(options, "g") {
		return nil, 0, sqlerr.New(sqlerr.InvalidParameterValue, "%s() does not support the \"global\" option", "regexp function")
	}
	re, err := regexpOf(c, []byte(a[1].S), options)
	if err != nil {
		return nil, 0, err
	}
	if len(a) > from {
		if a[from].I < 1 {
			return nil, 0, badRegexpArgument("start", a[from].I)
		}
		rest := cutRunes([]byte(a[0].S), int(a[from].I-1), -1)
		start = len(a[0].S) - len(rest)
	}
	return re.FindAllStringSubmatchIndex(a[0].S[start:], -1), start, nil
}

// nthMatch returns the ends of the match that argument 3 numbers, or of the group that argument group does; nil for none.
func nthMatch(matches [][]int, a []schema.Value, group int) ([]int, error) {
	n, sub := int64(1), int64(0)
	if len(a) > 3 {
		n = a[3].I
	}
	if n < 1 {
		return nil, badRegexpArgument("n", n)
	}
	if len(a) > group {
		sub = a[group].I
	}
	if sub < 0 {
		return nil, badRegexpArgument("subexpr", sub)
	}
	if n > int64(len(matches)) || 2*sub+1 >= int64(len(matches[n-1])) || matches[n-1][2*sub] < 0 {
		return nil, nil
	}
	return matches[n-1][2*sub : 2*sub+2], nil
}
