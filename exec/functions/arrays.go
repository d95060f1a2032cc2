package functions

import (
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func intResult(c *Call, n int64) (schema.Value, error) { return schema.IntValue(c.Type, n), nil }

func indexOf(list []schema.Value, v schema.Value) int {
	return slices.IndexFunc(list, func(e schema.Value) bool { return e.Valid == v.Valid && e.Compare(v) == 0 })
}

func distinct(list []schema.Value) []schema.Value {
	var out []schema.Value
	for i, f := range firsts(list) {
		if i == f {
			out = append(out, list[i])
		}
	}
	return out
}

// maxElements is the greatest length of an array that a function makes.
const maxElements = 1_000_000

func registerArrays(r *Registry) {
	array := func(f func(a []schema.Value) []schema.Value) Kernel {
		return strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
			return schema.NestedValue(c.Type, f(args)), nil
		})
	}
	r.strict("cardinality(anymap) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) { return intResult(c, int64(len(a[0].Elems)/2)) }), "number of entries")
	for _, name := range []string{"array_length", "array_upper"} {
		r.strict(name+"(anyarray, integer) integer", strictValues(arrayLength), "")
	}
	r.strict("array_lower(anyarray, integer) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if len(a[0].Elems) == 0 || a[1].I != 1 {
			return nullOf(c)
		}
		if a[0].Type.Kind != schema.Array {
			return intResult(c, 0) // int2vector and oidvector count from 0
		}
		return intResult(c, 1)
	}), "")
	registerArraySearch(r)
	registerArrayJoins(r)
	r.operator("@>(anyarray, anyarray) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(containsAll(a[0], a[1])), nil
	}), "")
	r.operator("<@(anyarray, anyarray) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(containsAll(a[1], a[0])), nil
	}), "")
	overlap := strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(slices.ContainsFunc(a[0].Elems, func(v schema.Value) bool { return v.Valid && indexOf(a[1].Elems, v) >= 0 })), nil
	})
	r.operator("&&(anyarray, anyarray) boolean", overlap, "")
	r.strict("arrays_overlap(anyarray, anyarray) boolean", overlap, "")
	r.strict("contains(anyarray, anyelement) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(indexOf(a[0].Elems, a[1]) >= 0), nil
	}), "")
	r.lenient("array_position(anyarray, anyelement) integer", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		i := -1
		if a[0].Valid {
			i = indexOf(a[0].Elems, a[1])
		}
		if i < 0 {
			if c.Env.Dialect == "trino" && a[0].Valid {
				return intResult(c, 0)
			}
			return nullOf(c)
		}
		if a[0].Type.Kind != schema.Array {
			return intResult(c, int64(i))
		}
		return intResult(c, int64(i)+1)
	}), "")
	r.lenient("array_remove(anyarray, anyelement) anyarray", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		return schema.NestedValue(c.Type, slices.DeleteFunc(slices.Clone(a[0].Elems), func(v schema.Value) bool { return v.Valid == a[1].Valid && v.Compare(a[1]) == 0 })), nil
	}), "")
	r.strict("array_distinct(anyarray) anyarray", array(func(a []schema.Value) []schema.Value { return distinct(a[0].Elems) }), "")
	r.strict("array_sort(anyarray) anyarray", array(func(a []schema.Value) []schema.Value {
		return slices.SortedFunc(slices.Values(a[0].Elems), schema.Value.Compare)
	}), "")
	r.strict("array_union(anyarray, anyarray) anyarray", array(func(a []schema.Value) []schema.Value {
		return distinct(append(slices.Clone(a[0].Elems), a[1].Elems...))
	}), "")
	r.strict("array_intersect(anyarray, anyarray) anyarray", array(func(a []schema.Value) []schema.Value {
		return distinct(slices.DeleteFunc(slices.Clone(a[0].Elems), func(v schema.Value) bool { return indexOf(a[1].Elems, v) < 0 }))
	}), "")
	r.strict("array_except(anyarray, anyarray) anyarray", array(func(a []schema.Value) []schema.Value {
		return distinct(slices.DeleteFunc(slices.Clone(a[0].Elems), func(v schema.Value) bool { return indexOf(a[1].Elems, v) >= 0 }))
	}), "")
	r.strict("array_reverse(anyarray) anyarray", array(reversed), "")
	r.strict("reverse(anyarray) anyarray", array(reversed), "")
	r.strict("array_max(anyarray) anyelement", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) { return extremeOf(c, a[0].Elems, 1) }), "")
	r.strict("array_min(anyarray) anyelement", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) { return extremeOf(c, a[0].Elems, -1) }), "")
	registerArrayParts(r, array)
}

// registerArrayParts declares the functions that take arrays apart or make them of parts.
func registerArrayParts(r *Registry, array func(func(a []schema.Value) []schema.Value) Kernel) {
	for _, name := range []string{"array_to_string", "array_join"} {
		r.lenient(name+"(anyarray, text, text?) text", values(arrayToString), "")
	}
	r.lenient("string_to_array(text, text, text?) text[]", values(stringToArray), "")
	r.strict("split(text, text) text[]", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return textArray(strings.Split(a[0].S, a[1].S)), nil
	}), "")
	r.strict("element_at(anyarray, bigint) anyelement", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		i := a[1].I
		if i < 0 {
			i += int64(len(a[0].Elems)) + 1
		}
		return elementAt(c, a[0], i, 1)
	}), "")
	r.strict("array_subscript(anyarray, bigint) anyelement", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		base := int64(1)
		if a[0].Type.Kind != schema.Array {
			base = 0
		}
		return elementAt(c, a[0], a[1].I, base)
	}), "a[i]")
	r.lenient("array_slice(anyarray, bigint, bigint) anyarray", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		lo, hi := int64(1), int64(len(a[0].Elems))
		if a[1].Valid {
			lo = max(a[1].I, 1)
		}
		if a[2].Valid {
			hi = min(a[2].I, hi)
		}
		if lo > hi {
			return schema.NestedValue(c.Type, nil), nil
		}
		return schema.NestedValue(c.Type, a[0].Elems[lo-1:hi]), nil
	}), "a[i:j]")
	r.strict("slice(anyarray, bigint, bigint) anyarray", array(func(a []schema.Value) []schema.Value {
		n, start := int64(len(a[0].Elems)), a[1].I
		if start < 0 {
			start += n + 1
		}
		if start < 1 || start > n {
			return nil
		}
		return a[0].Elems[start-1 : start-1+min(max(a[2].I, 0), n-start+1)]
	}), "")
	r.strict("trim_array(anyarray, bigint) anyarray", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		n := int64(len(a[0].Elems))
		if a[1].I < 0 || a[1].I > n {
			return a[0], sqlerr.New(sqlerr.ArraySubscript, "number of elements to trim must be between 0 and %d", n)
		}
		return schema.NestedValue(c.Type, a[0].Elems[:n-a[1].I]), nil
	}), "the array without its last elements")
	r.strict("sequence(bigint, bigint, bigint?) bigint[]", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		step := int64(1)
		if a[1].I < a[0].I {
			step = -1
		}
		if len(a) == 3 {
			step = a[2].I
		}
		return sequence(c, a[0].I, a[1].I, step)
	}), "")
	flatten := r.strict("flatten(anyarray) anyelement", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		var out []schema.Value
		for _, e := range a[0].Elems {
			out = append(out, e.Elems...)
		}
		return schema.NestedValue(c.Type, out), nil
	}), "the array of the elements of an array's arrays")
	flatten.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 || args[0].Type.Kind != schema.Array || args[0].Type.Elem().Kind != schema.Array {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type}, Result: args[0].Type.Elem()}, true
	}
	registerMaps(r)
}

func reversed(a []schema.Value) []schema.Value {
	out := slices.Clone(a[0].Elems)
	slices.Reverse(out)
	return out
}

func containsAll(a, b schema.Value) bool {
	return !slices.ContainsFunc(b.Elems, func(v schema.Value) bool { return !v.Valid || indexOf(a.Elems, v) < 0 })
}

func arrayLength(c *Call, a []schema.Value) (schema.Value, error) {
	list := a[0]
	for d := a[1].I; d > 1; d-- {
		if len(list.Elems) == 0 || list.Elems[0].Type.Kind != schema.Array {
			return nullOf(c)
		}
		list = list.Elems[0]
	}
	if len(list.Elems) == 0 || a[1].I < 1 {
		return nullOf(c)
	}
	n := int64(len(list.Elems))
	if list.Type.Kind != schema.Array && c.Type.Kind == schema.Integer && len(a) == 2 {
		return intResult(c, n)
	}
	return intResult(c, n)
}

func elementAt(c *Call, list schema.Value, i, base int64) (schema.Value, error) {
	if i < base || i-base >= int64(len(list.Elems)) {
		if c.Env.Dialect == "trino" {
			return list, sqlerr.New(sqlerr.ArraySubscript, "array subscript must be less than or equal to array length: %d > %d", i, len(list.Elems))
		}
		return nullOf(c)
	}
	return list.Elems[i-base], nil
}

func extremeOf(c *Call, list []schema.Value, sign int) (schema.Value, error) {
	best := schema.NullOf(c.Type)
	for _, v := range list {
		if v.Valid && (!best.Valid || v.Compare(best)*sign > 0) {
			best = v
		}
	}
	return best, nil
}

func sequence(c *Call, lo, hi, step int64) (schema.Value, error) {
	if step == 0 {
		return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
	}
	distance, stride := uint64(hi)-uint64(lo), uint64(step)
	if step < 0 {
		distance, stride = -distance, -stride
	}
	if (hi > lo) == (step > 0) && distance/stride >= maxElements {
		return schema.Value{}, tooLong()
	}
	var out []schema.Value
	for v := lo; step > 0 && v <= hi || step < 0 && v >= hi; v += step {
		out = append(out, schema.IntValue(schema.T(schema.BigInt), v))
		if v+step > v != (step > 0) { // past the last bigint
			break
		}
	}
	return schema.NestedValue(c.Type, out), nil
}

func arrayToString(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid || !a[1].Valid {
		return nullOf(c)
	}
	var out []byte
	first := true
	for _, e := range a[0].Elems {
		if !e.Valid && (len(a) < 3 || !a[2].Valid) {
			continue
		}
		if !first {
			out = append(out, a[1].S...)
		}
		first = false
		if !e.Valid {
			out = append(out, a[2].S...)
			continue
		}
		out = appendConcat(out, c, e)
	}
	return schema.TextValue(string(out)), nil
}

func stringToArray(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid {
		return nullOf(c)
	}
	var parts []string
	switch {
	case a[0].S == "":
	case !a[1].Valid:
		for _, r := range a[0].S {
			parts = append(parts, string(r))
		}
	case a[1].S == "":
		parts = []string{a[0].S}
	default:
		parts = strings.Split(a[0].S, a[1].S)
	}
	v := textArray(parts)
	if len(a) == 3 && a[2].Valid {
		for i := range v.Elems {
			if v.Elems[i].S == a[2].S {
				v.Elems[i] = schema.NullOf(schema.Text)
			}
		}
	}
	return v, nil
}
