package functions

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// overload is one signature of a function.
type overload struct {
	fn       *expr.Function
	params   []param
	variadic bool
	optional int // how many of the last parameters may be left out
	result   resultType
	about    string
	names    []string // of the parameters, for calls by name; nil where there are none
	// custom decides by itself; params and result are then for listing only.
	custom func(args []expr.Arg) (*expr.Resolved, bool)
	// lambda gives the parameter types of lambda argument i; the types of the bodies that are bound already are known.
	lambda func(args []expr.Arg, i int) []schema.Type
}

// Registry implements expr.Registry.
type Registry struct {
	byName map[expr.FunctionKind]map[string][]*overload
	list   []expr.Signature
}

var _ expr.Registry = (*Registry)(nil)

// Builtin returns the registry of all functions. It is made once.
var Builtin = sync.OnceValue(func() *Registry {
	r := &Registry{byName: map[expr.FunctionKind]map[string][]*overload{}}
	for _, register := range []func(*Registry){
		registerOperators, registerMath, registerText, registerTime, registerArrays, registerLambdas, registerJSON, registerConditional, registerSystem,
		registerAggregates, registerWindows, registerTables,
	} {
		register(r)
	}
	r.finish()
	return r
})

func (r *Registry) add(kind expr.FunctionKind, o *overload) *overload {
	o.fn.Kind = kind
	if r.byName[kind] == nil {
		r.byName[kind] = map[string][]*overload{}
	}
	r.byName[kind][o.fn.Name] = append(r.byName[kind][o.fn.Name], o)
	return o
}

// finish makes the list.
func (r *Registry) finish() {
	for kind, names := range r.byName {
		for name, list := range names {
			for _, o := range list {
				r.list = append(r.list, o.signatures(name, kind)...)
			}
		}
	}
	sort.SliceStable(r.list, func(i, j int) bool {
		a, b := r.list[i], r.list[j]
		if a.Name != b.Name {
			return a.Name < b.Name
		}
		if a.Kind != b.Kind {
			return a.Kind < b.Kind
		}
		return slices.Compare(a.ArgNames, b.ArgNames) < 0
	})
}

// signatures are the ways to call an overload, the shortest first.
func (o *overload) signatures(name string, kind expr.FunctionKind) []expr.Signature {
	var list []expr.Signature
	for n := len(o.params) - o.optional; n <= len(o.params); n++ {
		s := expr.Signature{Name: name, Kind: kind, Variadic: o.variadic && n == len(o.params), Volatility: o.fn.Volatility, Description: o.about, Operator: !isWord(name),
			Result: o.result.listed(), ResultName: o.result.name()}
		for _, p := range o.params[:n] {
			s.Args, s.ArgNames = append(s.Args, p.listed()), append(s.ArgNames, p.name())
		}
		list = append(list, s)
	}
	return list
}

// List returns all overloads in a fixed order.
func (r *Registry) List() []expr.Signature { return r.list }

// Has reports whether a function of the family has the name.
func (r *Registry) Has(kind expr.FunctionKind, name string) bool {
	return len(r.byName[kind][name]) > 0
}

// Resolve chooses the overload whose parameters need the least conversion.
func (r *Registry) Resolve(kind expr.FunctionKind, name string, args []expr.Arg) (*expr.Resolved, error) {
	if res := r.sameTypes(kind, name, args); res != nil {
		return res, nil
	}
	var best *expr.Resolved
	bestCost := 1 << 30
	for _, o := range r.byName[kind][name] {
		if o.custom != nil {
			if res, ok := o.custom(args); ok {
				res.Fn = o.fn
				return res, nil
			}
			continue
		}
		if res, cost, ok := o.match(args); ok && cost < bestCost {
			best, bestCost = res, cost
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, r.missing(kind, name, args)
}

// sameTypes finds an operator of two values of one type: PostgreSQL first takes an undecided literal for a value of the other
// operand's type.
func (r *Registry) sameTypes(kind expr.FunctionKind, name string, args []expr.Arg) *expr.Resolved {
	if len(args) != 2 || isWord(name) || (args[0].Type.Kind == schema.Unknown) == (args[1].Type.Kind == schema.Unknown) {
		return nil
	}
	t := args[0].Type
	if t.Kind == schema.Unknown {
		t = args[1].Type
	}
	for _, o := range r.byName[kind][name] {
		if o.custom != nil || len(o.params) != 2 {
			continue
		}
		if o.params[0].takes(t) && o.params[1].takes(t) {
			if res, _, ok := o.match(args); ok {
				return res
			}
		}
	}
	return nil
}

// takes reports whether values of a type are what a parameter wants, without a conversion.
func (p param) takes(t schema.Type) bool {
	return p.pattern == exact && p.typ.Kind == t.Kind || p.pattern == anyArray && t.Kind == schema.Array
}

func (r *Registry) missing(kind expr.FunctionKind, name string, args []expr.Arg) error {
	types := make([]schema.Type, len(args))
	for i, a := range args {
		types[i] = a.Type
	}
	list := r.byName[kind][name]
	if len(list) > 0 && list[0].fn.Operator || !isWord(name) {
		what := "operator does not exist: "
		switch len(args) {
		case 1:
			what += name + " " + schema.PostgresName(types[0])
		case 2:
			what += schema.PostgresName(types[0]) + " " + name + " " + schema.PostgresName(types[1])
		default:
			what += name
		}
		return sqlerr.New(sqlerr.UndefinedFunction, "%s", what).
			WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
	}
	err := sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(types))
	if len(list) == 0 {
		if near := sqlerr.Nearest(name, r.names(kind)); near != "" {
			return err.WithHint("There is a function %s.", near)
		}
	}
	return err.WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

func isWord(name string) bool {
	return name != "" && (name[0] == '_' || name[0] >= 'a' && name[0] <= 'z')
}

func typeList(types []schema.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = schema.PostgresName(t)
	}
	return strings.Join(names, ", ")
}

func (r *Registry) names(kind expr.FunctionKind) []string {
	var out []string
	for name := range r.byName[kind] {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// ParamNames returns the names of a function's parameters.
func (r *Registry) ParamNames(name string) (names []string, optional bool) {
	for _, o := range r.byName[expr.Scalar][name] {
		if len(o.names) > len(names) {
			names, optional = o.names, o.optional > 0
		}
	}
	return names, optional
}

// LambdaParams returns the parameter types of a lambda argument.
func (r *Registry) LambdaParams(name string, args []expr.Arg, i int) ([]schema.Type, error) {
	for _, kind := range []expr.FunctionKind{expr.Scalar, expr.Aggregate} {
		for _, o := range r.byName[kind][name] {
			if o.lambda == nil {
				continue
			}
			if types := o.lambda(args, i); types != nil {
				return types, nil
			}
		}
	}
	return nil, sqlerr.New(sqlerr.UndefinedFunction, "function %s takes no lambda as argument %d", name, i+1)
}
