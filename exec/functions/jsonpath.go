package functions

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// pathMode says what a step does that does not fit the value it meets.
type pathMode uint8

const (
	laxPath    pathMode = iota // arrays are unwrapped and scalars wrapped, what is not there is left out
	strictPath                 // it is an error
	plainPath                  // it leads nowhere: paths of json_extract
)

// jsonPath is a compiled path.
type jsonPath struct {
	mode  pathMode
	steps []pathStep
}

// pathStep is one step of a JSON path: a key, places in an array, or all members of an object or an array.
type pathStep struct {
	key    string
	kind   stepKind
	places []pathRange
}

type stepKind uint8

const (
	keyStep stepKind = iota
	placesStep
	allKeysStep   // .*
	allPlacesStep // [*]
	allLevelsStep // .**
)

// pathRange is a range of places; both ends belong to it.
type pathRange struct{ from, to place }

// place is n, or with last n (0 or less) from the last one.
type place struct {
	n    int
	last bool
}

func (p place) in(length int) int {
	if p.last {
		return length - 1 + p.n
	}
	return p.n
}

// parseSQLPath reads a path of SQL: $.a."b c"[0, 2 to last].*[*], lax unless "strict" stands before it. Filters, methods and
// operators are not read.
func parseSQLPath(path string) (*jsonPath, error) {
	p := &pathParser{path: path, rest: strings.TrimSpace(path)}
	out := &jsonPath{mode: laxPath}
	for word, mode := range map[string]pathMode{"lax": laxPath, "strict": strictPath} {
		if len(p.rest) > len(word) && strings.EqualFold(p.rest[:len(word)], word) && (p.rest[len(word)] == ' ' || p.rest[len(word)] == '$') {
			out.mode, p.rest = mode, strings.TrimSpace(p.rest[len(word):])
			break
		}
	}
	if p.rest == "" {
		return nil, sqlerr.New(sqlerr.InvalidTextRepresent, "invalid input syntax for type jsonpath: %q", path)
	}
	if !p.take("$") {
		return nil, p.bad()
	}
	err := p.steps(out)
	return out, err
}

// parseExtractPath reads a path of json_extract and its kin: $.a[0]["c"], or a member's name. It leads to one value.
func parseExtractPath(path string) (*jsonPath, error) {
	p := &pathParser{path: path, rest: strings.TrimSpace(path), plain: true}
	out := &jsonPath{mode: plainPath}
	for _, mode := range []string{"lax ", "strict "} {
		p.rest = strings.TrimSpace(strings.TrimPrefix(p.rest, mode))
	}
	if !p.take("$") {
		if p.rest == "" {
			return nil, p.bad()
		}
		p.rest = "." + p.rest
	}
	if err := p.steps(out); err != nil {
		return nil, err
	}
	for _, s := range out.steps {
		if s.kind == allKeysStep || s.kind == allPlacesStep || s.kind == allLevelsStep {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid JSON path: %q", path).
				WithDetail("A path of this function leads to one value: it has no wildcards.").
				WithHint("json_query reads them, and jsonb_path_query and jsonb_path_query_array return all values.")
		}
	}
	return out, nil
}

type pathParser struct {
	path, rest string
	plain      bool // of json_extract
}

func (p *pathParser) bad() error {
	if p.plain {
		return sqlerr.New(sqlerr.InvalidParameterValue, "invalid JSON path: %q", p.path)
	}
	if rest := strings.TrimSpace(p.rest); rest != "" && strings.ContainsAny(rest[:1], "?+-*/%=<>!&|(@") {
		return sqlerr.Unsupported("%q in a JSON path", rest[:1]).WithDetail("Filters, methods and operators are not read.")
	}
	return sqlerr.New(sqlerr.SyntaxError, "syntax error in jsonpath: %q", p.path)
}

func (p *pathParser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\n"), prefix)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *pathParser) steps(out *jsonPath) error {
	for strings.TrimSpace(p.rest) != "" {
		var s pathStep
		var ok bool
		switch {
		case p.take("["):
			s, ok = p.bracket()
		case p.take("."):
			s, ok = p.member()
			switch {
			case ok && !p.plain && p.take("("):
				return sqlerr.Unsupported("the method %s() of a JSON path", s.key)
			case s.kind == allLevelsStep && (out.mode == strictPath || p.take("{")):
				return sqlerr.Unsupported("** of a strict JSON path, or of some levels,")
			}
		}
		if !ok {
			return p.bad()
		}
		out.steps = append(out.steps, s)
	}
	return nil
}

// member reads what follows a dot.
func (p *pathParser) member() (pathStep, bool) {
	p.rest = strings.TrimLeft(p.rest, " \t\n")
	if p.take("**") {
		return pathStep{kind: allLevelsStep}, true
	}
	if p.take("*") {
		return pathStep{kind: allKeysStep}, true
	}
	if s, found, ok := p.quoted(); found {
		return pathStep{key: s}, ok
	}
	end := strings.IndexAny(p.rest, ".[?()@ \t\n*+/%=<>!&|,]\"'")
	if end < 0 {
		end = len(p.rest)
	}
	var key string
	key, p.rest = p.rest[:end], p.rest[end:]
	return pathStep{key: key}, key != ""
}

// quoted reads a key in quotes: as JSON's strings, or as they are in single ones, which only json_extract has.
func (p *pathParser) quoted() (s string, found, ok bool) {
	switch {
	case strings.HasPrefix(p.rest, `"`):
		end := skipString([]byte(p.rest), 0)
		raw := p.rest[:end]
		p.rest = p.rest[end:]
		return unquoteJSON([]byte(raw)), true, len(raw) > 1 && raw[end-1] == '"'
	case p.plain && strings.HasPrefix(p.rest, "'"):
		s, p.rest, ok = strings.Cut(p.rest[1:], "'")
		return s, true, ok
	}
	return "", false, false
}

// bracket reads what follows an opening bracket.
func (p *pathParser) bracket() (pathStep, bool) {
	if p.take("*") {
		return pathStep{kind: allPlacesStep}, p.take("]")
	}
	if p.plain {
		p.rest = strings.TrimLeft(p.rest, " \t\n")
		if s, found, ok := p.quoted(); found {
			return pathStep{key: s}, ok && p.take("]")
		}
		n, ok := p.number()
		return pathStep{kind: placesStep, places: []pathRange{{place{n: n}, place{n: n}}}}, ok && p.take("]")
	}
	s := pathStep{kind: placesStep}
	for {
		from, ok := p.place()
		if !ok {
			return s, false
		}
		r := pathRange{from, from}
		if p.take("to ") {
			if r.to, ok = p.place(); !ok {
				return s, false
			}
		}
		s.places = append(s.places, r)
		if p.take("]") {
			return s, true
		}
		if !p.take(",") {
			return s, false
		}
	}
}

// place reads 3, last or last - 3.
func (p *pathParser) place() (place, bool) {
	if !p.take("last") {
		n, ok := p.number()
		return place{n: n}, ok
	}
	if !p.take("-") {
		return place{last: true}, true
	}
	n, ok := p.number()
	return place{n: -n, last: true}, ok && n >= 0
}

func (p *pathParser) number() (int, bool) {
	p.rest = strings.TrimLeft(p.rest, " \t\n")
	end := 0
	for end < len(p.rest) && (p.rest[end] >= '0' && p.rest[end] <= '9' || end == 0 && p.rest[end] == '-') {
		end++
	}
	n, err := strconv.Atoi(p.rest[:end])
	p.rest = p.rest[end:]
	return n, err == nil
}
