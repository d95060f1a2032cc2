package functions

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerMaps declares the functions of maps. Their result types are taken from the map's.
func registerMaps(r *Registry) {
	fromMap := func(sig string, result func(t schema.Type) schema.Type, k Kernel) {
		o := r.strict(sig, k, "")
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != len(o.params) || args[0].Type.Kind != schema.Map {
				return nil, false
			}
			types := []schema.Type{args[0].Type}
			for range args[1:] {
				types = append(types, args[0].Type.Key())
			}
			return &expr.Resolved{Args: types, Result: result(args[0].Type)}, true
		}
	}
	every := func(from int) Kernel {
		return strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			var out []schema.Value
			for i := from; i < len(a[0].Elems); i += 2 {
				out = append(out, a[0].Elems[i])
			}
			return schema.NestedValue(c.Type, out), nil
		})
	}
	fromMap("map_keys(anymap) text[]", func(t schema.Type) schema.Type { return schema.ArrayOf(t.Key()) }, every(0))
	fromMap("map_values(anymap) text[]", func(t schema.Type) schema.Type { return schema.ArrayOf(t.Elem()) }, every(1))
	lookup := strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		for i := 0; i+1 < len(a[0].Elems); i += 2 {
			if equalValues(a[0].Elems[i], a[1]) {
				return a[0].Elems[i+1], nil
			}
		}
		return nullOf(c)
	})
	fromMap("element_at(anymap, any) any", func(t schema.Type) schema.Type { return t.Elem() }, lookup)
	fromMap("map_subscript(anymap, any) any", func(t schema.Type) schema.Type { return t.Elem() }, lookup)
	fromMap("map_contains_key(anymap, any) boolean", func(schema.Type) schema.Type { return schema.T(schema.Boolean) }, strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		for i := 0; i < len(a[0].Elems); i += 2 {
			if equalValues(a[0].Elems[i], a[1]) {
				return schema.BoolValue(true), nil
			}
		}
		return schema.BoolValue(false), nil
	}))
	o := r.strict("map(anyarray, anyarray) json", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if len(a[0].Elems) != len(a[1].Elems) {
			return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "key and value arrays must have the same length")
		}
		var out []schema.Value
		for i, k := range a[0].Elems {
			out = append(out, k, a[1].Elems[i])
		}
		return schema.NestedValue(c.Type, out), nil
	}), "")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || args[0].Type.Kind != schema.Array || args[1].Type.Kind != schema.Array {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type, args[1].Type}, Result: schema.MapOf(args[0].Type.Elem(), args[1].Type.Elem())}, true
	}
	r.strict("map_concat(anymap, anymap) anymap", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		out := slices.Clone(a[1].Elems)
		for i := 0; i+1 < len(a[0].Elems); i += 2 {
			found := false
			for j := 0; j < len(a[1].Elems); j += 2 {
				found = found || equalValues(a[0].Elems[i], a[1].Elems[j])
			}
			if !found {
				out = append(out, a[0].Elems[i], a[0].Elems[i+1])
			}
		}
		return schema.NestedValue(c.Type, out), nil
	}), "")
}
