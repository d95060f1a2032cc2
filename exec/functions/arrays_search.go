package functions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerArraySearch declares what finds, replaces and counts elements.
func registerArraySearch(r *Registry) {
	r.lenient("array_position(anyarray, anyelement, integer) integer", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		if !a[2].Valid {
			return a[0], sqlerr.New("22004", "initial position must not be null")
		}
		from := min(max(a[2].I-1, 0), int64(len(a[0].Elems)))
		i := indexOf(a[0].Elems[from:], a[1])
		if i < 0 {
			return nullOf(c)
		}
		return intResult(c, from+int64(i)+1)
	}), "place of an element at or after a place")
	r.lenient("array_positions(anyarray, anyelement) integer[]", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		var out []schema.Value
		for i, e := range a[0].Elems {
			if e.Valid == a[1].Valid && e.Compare(a[1]) == 0 {
				out = append(out, schema.IntValue(schema.T(schema.Integer), int64(i)+1))
			}
		}
		return schema.NestedValue(c.Type, out), nil
	}), "places of an element")
	r.lenient("array_replace(anyarray, anyelement, anyelement) anyarray", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		out := slices.Clone(a[0].Elems)
		for i, e := range out {
			if e.Valid == a[1].Valid && e.Compare(a[1]) == 0 {
				out[i] = a[2]
			}
		}
		return schema.NestedValue(c.Type, out), nil
	}), "the array with an element replaced by another")
	o := r.lenient("array_fill(anyelement, integer[]) anyarray", values(arrayFill), "an array of one value, of the lengths given")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		lengths := schema.ArrayOf(schema.T(schema.Integer))
		if len(args) != 2 || !args[1].Type.Equal(lengths) {
			return nil, false
		}
		elem := decided(args[0].Type)
		return &expr.Resolved{Args: []schema.Type{elem, lengths}, Result: schema.ArrayOf(elem)}, true
	}
	r.strict("array_dims(anyarray) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		var b strings.Builder
		for _, n := range dimensions(a[0]) {
			fmt.Fprintf(&b, "[1:%d]", n)
		}
		if b.Len() == 0 {
			return nullOf(c)
		}
		return schema.TextValue(b.String()), nil
	}), "bounds of the dimensions")
	r.strict("array_ndims(anyarray) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		n := len(dimensions(a[0]))
		if n == 0 {
			return nullOf(c)
		}
		return intResult(c, int64(n))
	}), "number of dimensions")
	r.strict("cardinality(anyarray) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if c.Env.Dialect == "trino" {
			return intResult(c, int64(len(a[0].Elems)))
		}
		return intResult(c, countElements(a[0]))
	}), "number of elements, of all dimensions but in the trino dialect")
}

// dimensions are the lengths of an array and, as far as it is made of arrays, of the first of them; none for an empty one.
func dimensions(v schema.Value) []int {
	var out []int
	for len(v.Elems) > 0 {
		out = append(out, len(v.Elems))
		if v = v.Elems[0]; v.Type.Kind != schema.Array {
			break
		}
	}
	return out
}

func countElements(v schema.Value) int64 {
	n := int64(0)
	for _, e := range v.Elems {
		if e.Type.Kind == schema.Array {
			n += countElements(e)
		} else {
			n++
		}
	}
	return n
}

// arrayFill makes an array of one dimension: how many an array has is of its type, which the lengths come too late for.
func arrayFill(c *Call, a []schema.Value) (schema.Value, error) {
	switch {
	case !a[1].Valid:
		return a[0], sqlerr.New("22004", "dimension array or low bound array cannot be null")
	case len(a[1].Elems) > 1:
		return a[0], sqlerr.Unsupported("array_fill of more than one dimension")
	case len(a[1].Elems) == 0:
		return schema.NestedValue(c.Type, nil), nil
	case !a[1].Elems[0].Valid:
		return a[0], sqlerr.New("22004", "dimension values cannot be null")
	}
	n := a[1].Elems[0].I
	if n > maxElements {
		return a[0], tooLong()
	}
	if n < 0 {
		return a[0], sqlerr.New(sqlerr.ArraySubscript, "array size cannot be negative")
	}
	return schema.NestedValue(c.Type, slices.Repeat([]schema.Value{a[0]}, int(n))), nil
}
