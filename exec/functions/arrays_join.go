package functions

import (
	"fmt"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerArrayJoins declares what makes arrays longer. A NULL array counts as an empty one, and a NULL element as an element.
func registerArrayJoins(r *Registry) {
	for _, sig := range []string{"||(anyarray, anyarray) anyarray", "array_cat(anyarray, anyarray) anyarray", "concat(anyarray, anyarray) anyarray"} {
		o := r.lenient(sig, values(joinArrays), "concatenation")
		o.fn.Operator = sig[0] == '|'
	}
	for _, name := range []string{"||", "array_append"} {
		o := r.lenient(name+"(anyarray, anyelement) anyarray", values(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.NestedValue(c.Type, append(slices.Clone(a[0].Elems), a[1])), nil
		}), "an array with one element more")
		o.fn.Operator = name == "||"
	}
	for _, name := range []string{"||", "array_prepend"} {
		o := r.lenient(name+"(anyelement, anyarray) anyarray", values(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.NestedValue(c.Type, append([]schema.Value{a[0]}, a[1].Elems...)), nil
		}), "an array with one element more")
		o.fn.Operator = name == "||"
	}
	registerZip(r)
}

// registerZip declares Trino's zip, which pairs the elements of arrays in rows; a shorter array counts as filled with NULL.
func registerZip(r *Registry) {
	o := r.strict("zip(anyarray, anyarray, anyarray...) anyarray", strictValues(zip), "the elements of arrays in rows, filled with NULL")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		res := &expr.Resolved{}
		var fields []schema.Field
		for i, a := range args {
			if a.Type.Kind != schema.Array {
				return nil, false
			}
			res.Args = append(res.Args, a.Type)
			fields = append(fields, schema.Field{Name: fmt.Sprintf("f%d", i+1), Type: a.Type.Elem()})
		}
		res.Result = schema.ArrayOf(schema.RowOf(fields...))
		return res, len(args) >= 2
	}
}

func zip(c *Call, a []schema.Value) (schema.Value, error) {
	n := 0
	for _, v := range a {
		n = max(n, len(v.Elems))
	}
	row := c.Type.Elem()
	out := make([]schema.Value, n)
	for i := range out {
		cells := make([]schema.Value, len(a))
		for j, v := range a {
			if i < len(v.Elems) {
				cells[j] = v.Elems[i]
			} else {
				cells[j] = schema.NullOf(v.Type.Elem())
			}
		}
		out[i] = schema.NestedValue(row, cells)
	}
	return schema.NestedValue(c.Type, out), nil
}

func joinArrays(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid && !a[1].Valid || c.Env.Dialect == "trino" && !(a[0].Valid && a[1].Valid) {
		return nullOf(c)
	}
	return schema.NestedValue(c.Type, append(slices.Clone(a[0].Elems), a[1].Elems...)), nil
}
