package functions

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// param is the type of a parameter: a type, or a pattern.
type param struct {
	typ     schema.Type
	pattern pattern
}

// pattern is a family of types.
type pattern uint8

const (
	exact       pattern = iota
	anyType             // any
	anyNonArray         // anynonarray: any but an array or a map
	anyElement          // anyelement: the same type wherever it stands, the element of anyarray
	anyArray            // anyarray
	anyMap              // anymap
	numeric             // numeric: a decimal of any precision and scale
	lambdaType          // function
)

// resultType is the type of a result; arg is the parameter whose type it is, -1 for none.
type resultType struct {
	param
	arg int
}

func (p param) listed() schema.Type {
	switch p.pattern {
	case anyArray:
		return schema.ArrayOf(schema.Text)
	case numeric:
		return schema.DecimalOf(38, 10)
	case anyMap:
		return schema.MapOf(schema.Text, schema.Text)
	case lambdaType:
		return schema.T(schema.Lambda)
	case exact:
		return p.typ
	}
	return schema.T(schema.Unknown)
}

// name is the type as PostgreSQL names it.
func (p param) name() string {
	switch p.pattern {
	case anyType:
		return `"any"`
	case anyNonArray:
		return "anynonarray"
	case anyElement:
		return "anyelement"
	case anyArray:
		return "anyarray"
	case anyMap:
		return "anymap"
	case numeric:
		return "numeric"
	case lambdaType:
		return "function"
	}
	return schema.PostgresName(p.typ)
}

// parseSignature reads "name(type, type, ...) result". A type with a question mark behind it may be left out; "..." after
// the last repeats it.
func parseSignature(sig string) *overload {
	name, rest, _ := strings.Cut(sig, "(")
	o := &overload{fn: &expr.Function{Name: strings.TrimSpace(name)}}
	words, end := splitParams(rest)
	for _, word := range words {
		if word == "" {
			continue
		}
		if w, ok := strings.CutSuffix(word, "..."); ok {
			o.variadic, word = true, w
		}
		if w, ok := strings.CutSuffix(word, "?"); ok {
			o.optional++
			word = w
		}
		o.params = append(o.params, parseParam(word))
	}
	o.result = resultType{param: parseParam(strings.TrimSpace(rest[end+1:])), arg: -1}
	return o
}

// splitParams splits a list at its own commas and returns where it ends.
func splitParams(s string) (words []string, end int) {
	depth, start := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(' || c == '<':
			depth++
		case depth > 0 && (c == ')' || c == '>'):
			depth--
		case depth == 0 && (c == ')' || c == ','):
			words = append(words, strings.TrimSpace(s[start:i]))
			start = i + 1
			if c == ')' {
				return words, i
			}
		}
	}
	return words, len(s) - 1
}

func parseParam(word string) param {
	switch word {
	case "any":
		return param{pattern: anyType}
	case "anynonarray":
		return param{pattern: anyNonArray}
	case "anyelement":
		return param{pattern: anyElement}
	case "anyarray":
		return param{pattern: anyArray}
	case "anymap":
		return param{pattern: anyMap}
	case "numeric":
		return param{pattern: numeric}
	case "function":
		return param{pattern: lambdaType}
	}
	t, err := schema.ParseType(word)
	if err != nil {
		panic("functions: " + err.Error())
	}
	return param{typ: t}
}

// match tries to call the overload with arguments. The cost counts conversions.
func (o *overload) match(args []expr.Arg) (*expr.Resolved, int, bool) {
	n := len(o.params)
	if len(args) < n-o.optional || len(args) > n && !o.variadic {
		return nil, 0, false
	}
	res := &expr.Resolved{Fn: o.fn, Args: make([]schema.Type, len(args))}
	cost := boolInt(o.variadic)
	b := binding{}
	for i, a := range args {
		p := o.params[min(i, n-1)]
		t, c, ok := b.bind(p, a)
		if !ok {
			return nil, 0, false
		}
		res.Args[i], cost = t, cost+c
	}
	b.settle(o, args, res)
	res.Result = b.resultOf(o.result.param, res.Args)
	return res, cost, true
}

// unknownArrayCost is that of an undecided literal for any array: whatever takes a string comes first.
const unknownArrayCost = 6

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// binding is what the patterns of one match stand for.
type binding struct {
	elem    schema.Type
	hasElem bool
	m       schema.Type
}

func (b *binding) bind(p param, a expr.Arg) (schema.Type, int, bool) {
	if (p.pattern == lambdaType) != (a.Lambda > 0) {
		return schema.Type{}, 0, false
	}
	t := a.Type
	switch p.pattern {
	case lambdaType:
		return schema.T(schema.Lambda), 0, true
	case anyType:
		if t.Kind == schema.Unknown {
			return schema.Text, 1, true
		}
		return t, 0, true
	case anyNonArray: // after an implicit cast to a type of its own
		if t.Kind == schema.Unknown {
			return schema.Text, 1, true
		}
		return t, 2, t.Kind != schema.Array && t.Kind != schema.Map
	case numeric:
		switch {
		case t.Kind == schema.Decimal:
			return t, 0, true
		case t.IsInteger():
			return schema.DecimalOf(integerDigits[t.Kind], 0), 3, true
		case t.Kind == schema.Unknown:
			return schema.DecimalOf(38, 10), 5, true
		}
		return t, 0, false
	case anyArray:
		if t.Kind == schema.Unknown {
			return t, unknownArrayCost, true
		}
		if t.Kind == schema.Int2Vector || t.Kind == schema.OIDVector {
			return t, 1, b.element(t.Elem())
		}
		return t, 0, t.Kind == schema.Array && b.element(t.Elem())
	case anyElement:
		if t.Kind == schema.Unknown {
			return t, 1, true
		}
		return t, 0, b.element(t)
	case anyMap:
		b.m = t
		return t, 0, t.Kind == schema.Map
	}
	cost, ok := implicitCost(t, p.typ)
	to := p.typ
	if ok && t.Kind == p.typ.Kind && t.Kind != schema.Array {
		to = t // varchar(n), timestamp(p): as it is
	}
	return to, cost, ok
}

// element unites the element types that were seen.
func (b *binding) element(t schema.Type) bool {
	if !b.hasElem || b.elem.Kind == schema.Unknown {
		b.elem, b.hasElem = t, true
		return true
	}
	if u, ok := expr.CommonType(b.elem, t); ok {
		b.elem = u
		return true
	}
	return false
}

// settle gives the arguments of patterns their final types.
func (b *binding) settle(o *overload, args []expr.Arg, res *expr.Resolved) {
	elem := b.elem
	if !b.hasElem || elem.Kind == schema.Unknown {
		elem = schema.Text
	}
	for i := range args {
		switch o.params[min(i, len(o.params)-1)].pattern {
		case anyArray:
			if args[i].Type.Kind != schema.Int2Vector && args[i].Type.Kind != schema.OIDVector {
				res.Args[i] = schema.ArrayOf(elem)
			}
		case anyElement:
			res.Args[i] = elem
		}
	}
	b.elem = elem
}

func (b *binding) resultOf(p param, args []schema.Type) schema.Type {
	switch p.pattern {
	case anyElement:
		return b.elem
	case anyArray:
		return schema.ArrayOf(b.elem)
	case anyMap:
		return b.m
	case anyType, numeric:
		if len(args) > 0 {
			return args[0]
		}
		return schema.Text
	}
	return p.typ
}
