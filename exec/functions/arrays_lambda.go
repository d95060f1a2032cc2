package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerLambdas declares the functions of arrays with a lambda. The body runs once over the elements of all rows.
func registerLambdas(r *Registry) {
	elemOf := func(args []expr.Arg, _ int) []schema.Type {
		if len(args) == 0 || args[0].Type.Kind != schema.Array {
			return nil
		}
		return []schema.Type{args[0].Type.Elem()}
	}
	declare := func(sig string, body schema.Type, result func(args []expr.Arg) schema.Type, k Kernel, about string) {
		o := r.lenient(sig, overElements(k), about)
		o.lambda = elemOf
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 || args[0].Type.Kind != schema.Array || args[1].Lambda != 1 {
				return nil, false
			}
			return &expr.Resolved{Args: []schema.Type{args[0].Type, body}, Result: result(args)}, true
		}
	}
	boolean := schema.T(schema.Boolean)
	declare("transform(anyarray, function) anyarray", schema.T(schema.Lambda), func(a []expr.Arg) schema.Type { return schema.ArrayOf(decided(a[1].Type)) }, transform,
		"the array of what the lambda makes of each element")
	declare("filter(anyarray, function) anyarray", boolean, func(a []expr.Arg) schema.Type { return a[0].Type }, filterArray,
		"the elements for which the lambda is true")
	for _, f := range []struct {
		name, about string
		test        func(yes, no, null int) (bool, bool)
	}{
		{"any_match", "whether the lambda is true of an element", func(yes, _, null int) (bool, bool) { return yes > 0, yes > 0 || null == 0 }},
		{"all_match", "whether the lambda is true of every element", func(_, no, null int) (bool, bool) { return no == 0, no > 0 || null == 0 }},
		{"none_match", "whether the lambda is true of no element", func(yes, _, null int) (bool, bool) { return yes == 0, yes > 0 || null == 0 }},
	} {
		declare(f.name+"(anyarray, function) boolean", boolean, func([]expr.Arg) schema.Type { return boolean }, matchArray(f.test), f.about)
	}
	registerReduce(r)
}

func transform(c *Call) (vector.Vector, error) {
	l := c.Args[0].(*vector.List)
	body, err := c.eachElement(1, l)
	if err != nil {
		return nil, err
	}
	return &vector.List{Typ: c.Type, Offsets: l.Offsets, Children: []vector.Vector{kernel.Flatten(body)}, Null: l.Null}, nil
}

func filterArray(c *Call) (vector.Vector, error) {
	l := c.Args[0].(*vector.List)
	keep, err := c.eachElement(1, l)
	if err != nil {
		return nil, err
	}
	return keepElements(c.Type, l, truths(keep)), nil
}

// keepElements returns the list of the elements or entries for which keep is true.
func keepElements(t schema.Type, l *vector.List, keep kernel.Col[bool]) *vector.List {
	picked := make([]uint32, 0, l.Children[0].Len())
	offsets := make([]uint32, 1, len(l.Offsets))
	for i := range l.Len() {
		for e := l.Offsets[i]; e < l.Offsets[i+1]; e++ {
			if keep.At(int(e)) && !keep.Null.Get(int(e)) {
				picked = append(picked, e)
			}
		}
		offsets = append(offsets, uint32(len(picked)))
	}
	out := &vector.List{Typ: t, Offsets: offsets, Null: l.Null}
	for _, child := range l.Children {
		out.Children = append(out.Children, kernel.Flatten(vector.CloneRows(child, picked)))
	}
	return out
}

func matchArray(test func(yes, no, null int) (bool, bool)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		l := c.Args[0].(*vector.List)
		body, err := c.eachElement(1, l)
		if err != nil {
			return nil, err
		}
		truth := truths(body)
		out := &vector.Flat[bool]{Typ: c.Type, Values: make([]bool, l.Len()), Null: vector.NewBitmap(l.Len())}
		for i := range l.Len() {
			yes, no, null := 0, 0, 0
			for e := int(l.Offsets[i]); e < int(l.Offsets[i+1]); e++ {
				switch {
				case truth.Null.Get(e):
					null++
				case truth.At(e):
					yes++
				default:
					no++
				}
			}
			known := false
			if out.Values[i], known = test(yes, no, null); !known || l.Null.Get(i) {
				out.Null.Set(i)
			}
		}
		return out, nil
	}
}

// registerReduce declares reduce(array, initial, (state, element) -> state, state -> result).
func registerReduce(r *Registry) {
	o := r.lenient("reduce(anyarray, any, function, function) any", overElements(reduce), "what a lambda makes of a state and each element in turn")
	o.lambda = func(args []expr.Arg, i int) []schema.Type {
		if len(args) != 4 || args[0].Type.Kind != schema.Array {
			return nil
		}
		if i == 2 {
			return []schema.Type{reduceState(args), args[0].Type.Elem()}
		}
		return []schema.Type{reduceState(args)}
	}
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 4 || args[0].Type.Kind != schema.Array || args[2].Lambda != 2 || args[3].Lambda != 1 {
			return nil, false
		}
		state := reduceState(args)
		return &expr.Resolved{Args: []schema.Type{args[0].Type, state, state, schema.T(schema.Lambda)}, Result: decided(args[3].Type)}, true
	}
}

// reduceState is the type of the state: that of the initial one, widened to what the lambda returns once that is known.
func reduceState(args []expr.Arg) schema.Type {
	state := args[1].Type
	if state.Kind == schema.Unknown {
		state = schema.Text
		if args[1].Const != nil && !args[1].Const.Valid {
			state = args[0].Type.Elem()
		}
	}
	body := args[2].Type
	if body.Equal(state) {
		return state
	}
	wide, ok := expr.CommonType(state, body)
	switch {
	case !ok:
		return state
	case wide.Kind == schema.Decimal && body.Kind == schema.Decimal: // each step would ask for one more digit
		return schema.DecimalOf(schema.MaxDecimal, int(wide.Scale))
	}
	return wide
}

// reduce works in steps: the lambda runs over the k-th elements of all rows that have one.
func reduce(c *Call) (vector.Vector, error) {
	l := c.Args[0].(*vector.List)
	rows := make([]uint32, 0, l.Len()) // those that are not at their end
	for i := range l.Len() {
		if !l.Null.Get(i) {
			rows = append(rows, uint32(i))
		}
	}
	state := vector.CloneRows(c.Args[1], rows)
	ends := vector.NewBuilder(state.Type(), len(rows))
	order := make([]uint32, 0, len(rows)) // the rows of ends
	var elems kernel.Gatherer
	for step := uint32(0); ; step++ {
		var going, at, next []uint32
		for j, r := range rows {
			if l.Offsets[r]+step < l.Offsets[r+1] {
				going, at, next = append(going, uint32(j)), append(at, l.Offsets[r]+step), append(next, r)
				continue
			}
			ends.AppendRows(state, []uint32{uint32(j)})
			order = append(order, r)
		}
		if len(next) == 0 {
			break
		}
		if len(going) < len(rows) {
			state = vector.CloneRows(state, going)
		}
		rows = next
		v, err := c.Lambdas[2]([]vector.Vector{state, elems.Gather(l.Children[0], at, false)}, len(rows), rows)
		if err != nil {
			return nil, err
		}
		state = vector.CloneRows(v, nil) // the next step writes where v lies
	}
	result, err := c.Lambdas[3]([]vector.Vector{ends.Build()}, len(order), order)
	if err != nil {
		return nil, err
	}
	place := make([]uint32, l.Len())
	for i := range place {
		place[i] = kernel.NoRow
	}
	for j, r := range order {
		place[r] = uint32(j)
	}
	var results kernel.Gatherer
	return kernel.Flatten(results.Gather(result, place, true)), nil
}
