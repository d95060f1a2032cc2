package functions

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// compileRegexp compiles a pattern by RE2's syntax, which is linear in time and has no back references, with PostgreSQL's flags:
// i, c, g (which the caller looks at), m or n (line by line), s, x.
func compileRegexp(pattern, flags string) (*regexp.Regexp, error) {
	literal := false
	prefix := "s" // a dot matches a line break, as in PostgreSQL
	for _, f := range flags {
		switch f {
		case 'i':
			prefix += "i"
		case 'n', 'm', 'w':
			prefix = strings.ReplaceAll(prefix, "s", "") + "m"
		case 'p':
			prefix = strings.ReplaceAll(prefix, "s", "")
		case 'q':
			literal = true
		case 'x':
			return nil, sqlerr.Unsupported("expanded syntax (option x) of a regular expression")
		case 'c', 'g', 's', 'e', 't':
		default:
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid regular expression option: %q", string(f))
		}
	}
	if literal {
		pattern = regexp.QuoteMeta(pattern)
	} else {
		pattern = boundaries(pattern)
	}
	if rest, ok := strings.CutPrefix(pattern, "***:"); ok {
		pattern = rest
	}
	re, err := regexp.Compile("(?" + prefix + ")" + pattern)
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidRegexp, "invalid regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: ")).
			WithHint("regular expressions are RE2's: no back references, no look-around")
	}
	return re, nil
}

// boundaries writes PostgreSQL's escapes for the ends of words as RE2 has them.
func boundaries(pattern string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('\\')
		if rest == "" {
			return b.String()
		}
		switch rest[0] {
		case 'm', 'M', 'y':
			b.WriteByte('b')
		case 'Y':
			b.WriteByte('B')
		default:
			b.WriteByte(rest[0])
		}
		pattern = rest[1:]
	}
}

func regexpOf(c *Call, pattern []byte, flags string) (*regexp.Regexp, error) {
	return cached(c, flags+"\x00"+string(pattern), func(key string) (*regexp.Regexp, error) {
		return compileRegexp(key[len(flags)+1:], flags)
	})
}

// regexpMatch makes the kernel of ~ and ~*.
func regexpMatch(flags string) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[bool](c)
		s, p := kernel.StringCol(c.Args[0], nil), kernel.StringCol(c.Args[1], nil)
		var re *regexp.Regexp
		err := rows(c, out.Null, func(i int) (err error) {
			if re == nil || p.Mask != 0 {
				if re, err = regexpOf(c, p.At(i), flags); err != nil {
					return err
				}
			}
			out.Values[i] = re.Match(s.At(i))
			return nil
		})
		return out, err
	}
}

func registerRegexp(r *Registry) {
	r.operator("~(text, text) boolean", regexpMatch(""), "matches a regular expression")
	r.operator("~*(text, text) boolean", regexpMatch("i"), "matches a regular expression, case-insensitively")
	r.strict("regexp_like(text, text) boolean", regexpMatch(""), "")
	r.strict("regexp_like(text, text, text) boolean", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		re, err := regexpOf(c, []byte(a[1].S), a[2].S)
		if err != nil {
			return a[0], err
		}
		return schema.BoolValue(re.MatchString(a[0].S)), nil
	}), "")
	r.strict("regexp_replace(text, text) text", strictValues(regexpReplace), "")
	r.strict("regexp_replace(text, text, text) text", strictValues(regexpReplace), "")
	r.strict("regexp_replace(text, text, text, text) text", strictValues(regexpReplace), "")
	r.strict("regexp_extract(text, text, bigint?) text", strictValues(regexpExtract), "the first match, or a group of it")
	r.strict("regexp_extract_all(text, text, bigint?) text[]", strictValues(regexpExtractAll), "all matches")
	r.strict("regexp_match(text, text, text?) text[]", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		re, err := regexpOf(c, []byte(a[1].S), flagsOf(a, 2))
		if err != nil {
			return a[0], err
		}
		return groups(c, re.FindStringSubmatchIndex(a[0].S), a[0].S)
	}), "groups of the first match")
	for _, name := range []string{"regexp_split_to_array", "regexp_split"} {
		r.strict(name+"(text, text, text?) text[]", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			re, err := regexpOf(c, []byte(a[1].S), flagsOf(a, 2))
			if err != nil {
				return a[0], err
			}
			return textArray(re.Split(a[0].S, -1)), nil
		}), "")
	}
	registerRegexpPlaces(r)
	registerSimilar(r)
	r.strict("substring(text, text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		re, err := regexpOf(c, []byte(a[1].S), "")
		if err != nil {
			return a[0], err
		}
		m := re.FindStringSubmatch(a[0].S)
		switch {
		case m == nil:
			return nullOf(c)
		case len(m) > 1:
			return schema.TextValue(m[1]), nil
		}
		return schema.TextValue(m[0]), nil
	}), "the part that matches a regular expression")
}

func flagsOf(a []schema.Value, i int) string {
	if i < len(a) {
		return a[i].S
	}
	return ""
}

func textArray(list []string) schema.Value {
	elems := make([]schema.Value, len(list))
	for i, s := range list {
		elems[i] = schema.TextValue(s)
	}
	return schema.NestedValue(schema.ArrayOf(schema.Text), elems)
}

// groups returns the groups of a match as an array, the whole match when there are none, and NULL for no match.
func groups(c *Call, at []int, s string) (schema.Value, error) {
	if at == nil {
		return nullOf(c)
	}
	if len(at) > 2 {
		at = at[2:]
	}
	var elems []schema.Value
	for i := 0; i < len(at); i += 2 {
		if at[i] < 0 {
			elems = append(elems, schema.NullOf(schema.Text))
			continue
		}
		elems = append(elems, schema.TextValue(s[at[i]:at[i+1]]))
	}
	return schema.NestedValue(c.Type, elems), nil
}

func regexpReplace(c *Call, a []schema.Value) (schema.Value, error) {
	trino := c.Env.Dialect == "trino"
	with, flags := "", flagsOf(a, 3)
	if len(a) > 2 {
		with = a[2].S
	}
	re, err := regexpOf(c, []byte(a[1].S), flags)
	if err != nil {
		return a[0], err
	}
	limit := 1
	if trino || len(a) == 2 || strings.Contains(flags, "g") {
		limit = -1
	}
	template := replacement(with, trino)
	var out []byte
	last := 0
	for _, m := range re.FindAllStringSubmatchIndex(a[0].S, limit) {
		out = append(out, a[0].S[last:m[0]]...)
		out = re.ExpandString(out, template, a[0].S, m)
		last = m[1]
		if len(out) > maxText {
			return a[0], tooLong()
		}
	}
	return schema.TextValue(string(append(out, a[0].S[last:]...))), nil
}

// replacement turns \1 and \& of PostgreSQL, or $1 of Trino, into Go's ${1}.
func replacement(s string, trino bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case trino && c == '$' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			b.WriteString("${" + string(s[i+1]) + "}")
			i++
		case !trino && c == '\\' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			b.WriteString("${" + string(s[i+1]) + "}")
			i++
		case !trino && c == '\\' && i+1 < len(s) && s[i+1] == '&':
			b.WriteString("${0}")
			i++
		case c == '\\' && i+1 < len(s):
			b.WriteByte(s[i+1])
			i++
		case c == '$':
			b.WriteString("$$")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func regexpExtract(c *Call, a []schema.Value) (schema.Value, error) {
	re, err := regexpOf(c, []byte(a[1].S), "")
	if err != nil {
		return a[0], err
	}
	group := int64(0)
	if len(a) > 2 {
		group = a[2].I
	}
	if group < 0 || group > int64(re.NumSubexp()) {
		return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "pattern has %d groups, group %d was asked for", re.NumSubexp(), group)
	}
	m := re.FindStringSubmatchIndex(a[0].S)
	if len(m) == 0 || m[2*group] < 0 {
		return nullOf(c)
	}
	return schema.TextValue(a[0].S[m[2*group]:m[2*group+1]]), nil
}

func regexpExtractAll(c *Call, a []schema.Value) (schema.Value, error) {
	re, err := regexpOf(c, []byte(a[1].S), "")
	if err != nil {
		return a[0], err
	}
	group := 0
	if len(a) > 2 {
		group = int(a[2].I)
	}
	if group < 0 || group > re.NumSubexp() {
		return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "pattern has %d groups, group %d was asked for", re.NumSubexp(), group)
	}
	var out []string
	for _, m := range re.FindAllStringSubmatch(a[0].S, -1) {
		out = append(out, m[group])
	}
	return textArray(out), nil
}

// registerURLs declares Trino's parts of a URL.
func registerURLs(r *Registry) {
	for name, f := range map[string]func(*url.URL) string{
		"url_extract_host": func(u *url.URL) string { return u.Hostname() }, "url_extract_path": func(u *url.URL) string { return u.Path },
		"url_extract_protocol": func(u *url.URL) string { return u.Scheme }, "url_extract_query": func(u *url.URL) string { return u.RawQuery },
		"url_extract_fragment": func(u *url.URL) string { return u.Fragment },
	} {
		r.strict(name+"(text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			u, err := url.Parse(a[0].S)
			if err != nil {
				return nullOf(c)
			}
			return schema.TextValue(f(u)), nil
		}), "")
	}
	r.strict("url_extract_port(text) bigint", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		u, err := url.Parse(a[0].S)
		if err != nil || u.Port() == "" {
			return nullOf(c)
		}
		return schema.Parse(c.Type, u.Port())
	}), "")
	r.strict("url_extract_parameter(text, text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		u, err := url.Parse(a[0].S)
		if err != nil || !u.Query().Has(a[1].S) {
			return nullOf(c)
		}
		return schema.TextValue(u.Query().Get(a[1].S)), nil
	}), "")
}
