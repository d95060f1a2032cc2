package functions

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
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
}

func joinArrays(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid && !a[1].Valid || c.Env.Dialect == "trino" && !(a[0].Valid && a[1].Valid) {
		return nullOf(c)
	}
	return schema.NestedValue(c.Type, append(slices.Clone(a[0].Elems), a[1].Elems...)), nil
}
