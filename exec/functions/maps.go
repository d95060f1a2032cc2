package functions

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerMaps declares the functions of maps. Their result types are taken from the map's.
func registerMaps(r *Registry) {
	fromMap := func(sig string, result func(t schema.Type) schema.Type, k Kernel, about string) {
		o := r.strict(sig, k, about)
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
	part := func(child int) Kernel {
		return overElements(func(c *Call) (vector.Vector, error) {
			l := c.Args[0].(*vector.List)
			return &vector.List{Typ: c.Type, Offsets: l.Offsets, Children: l.Children[child : child+1], Null: l.Null}, nil
		})
	}
	fromMap("map_keys(anymap) text[]", func(t schema.Type) schema.Type { return schema.ArrayOf(t.Key()) }, part(0), "array of the keys")
	fromMap("map_values(anymap) text[]", func(t schema.Type) schema.Type { return schema.ArrayOf(t.Elem()) }, part(1), "array of the values")
	fromMap("map_entries(anymap) anyarray", func(t schema.Type) schema.Type {
		return schema.ArrayOf(schema.RowOf(schema.Field{Name: "f1", Type: t.Key()}, schema.Field{Name: "f2", Type: t.Elem()}))
	}, overElements(mapEntries), "array of the entries, as rows")
	fromMap("element_at(anymap, any) any", schema.Type.Elem, strictValues(mapLookup(false)), "value of a key; NULL where there is none")
	fromMap("map_subscript(anymap, any) any", schema.Type.Elem, strictValues(mapLookup(true)), "m[k]")
	fromMap("map_contains_key(anymap, any) boolean", func(schema.Type) schema.Type { return schema.T(schema.Boolean) }, strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(indexOfKey(a[0].Elems, a[1]) >= 0), nil
	}), "whether a key is there")
	r.strict("map_concat(anymap, anymap...) anymap", strictValues(mapConcat), "a map of the entries of all, the last one of each key")
	registerMapsOfParts(r)
	registerMapLambdas(r)
}

// registerMapsOfParts declares what makes maps of arrays.
func registerMapsOfParts(r *Registry) {
	r.strict("map() json", values(func(c *Call, _ []schema.Value) (schema.Value, error) { return schema.NestedValue(c.Type, nil), nil }), "an empty map").custom =
		func(args []expr.Arg) (*expr.Resolved, bool) {
			return &expr.Resolved{Result: schema.MapOf(schema.Text, schema.Text)}, len(args) == 0
		}
	r.strict("map(anyarray, anyarray) json", overElements(mapOfArrays), "a map of keys and values").custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || args[0].Type.Kind != schema.Array || args[1].Type.Kind != schema.Array {
			return nil, false
		}
		k, v := decided(args[0].Type.Elem()), decided(args[1].Type.Elem())
		return &expr.Resolved{Args: []schema.Type{schema.ArrayOf(k), schema.ArrayOf(v)}, Result: schema.MapOf(k, v)}, true
	}
	fromEntries := func(name string, value func(schema.Type) schema.Type, k Kernel, about string) {
		r.strict(name+"(anyarray) json", k, about).custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 1 || args[0].Type.Kind != schema.Array || len(args[0].Type.Elem().Fields()) != 2 || args[0].Type.Elem().Kind != schema.Row {
				return nil, false
			}
			f := slices.Clone(args[0].Type.Elem().Fields())
			f[0].Type, f[1].Type = decided(f[0].Type), decided(f[1].Type)
			return &expr.Resolved{Args: []schema.Type{schema.ArrayOf(schema.RowOf(f...))}, Result: schema.MapOf(f[0].Type, value(f[1].Type))}, true
		}
	}
	fromEntries("map_from_entries", func(t schema.Type) schema.Type { return t }, overElements(mapFromEntries), "a map of an array of keys and values")
	fromEntries("multimap_from_entries", schema.ArrayOf, strictValues(multimapFromEntries), "a map of an array of keys and values: a key has an array of all its values")
}

func nullKey() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "map key cannot be null")
}

func nullEntry() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "map entry cannot be null")
}

func duplicateKey(k schema.Value) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "Duplicate map keys (%s) are not allowed", k.Text())
}

// newMap makes maps of keys and values; a row's keys must differ and none may be NULL.
func newMap(t schema.Type, offsets []uint32, keys, items vector.Vector, null vector.Bitmap) (*vector.List, error) {
	for i := range len(offsets) - 1 {
		lo, hi := int(offsets[i]), int(offsets[i+1])
		for e := lo; e < hi; e++ {
			if vector.NullAt(keys, e) {
				return nil, nullKey()
			}
		}
		if e := firstDuplicate(keys, lo, hi); e >= 0 {
			return nil, duplicateKey(vector.ValueAt(keys, e))
		}
	}
	return &vector.List{Typ: t, Offsets: offsets, Children: []vector.Vector{kernel.Flatten(keys), kernel.Flatten(items)}, Null: null}, nil
}

// fewKeys is up to how many keys each is compared with each.
const fewKeys = 8

// firstDuplicate returns the first of the rows from lo to hi that is equal to one before it, -1 for none.
func firstDuplicate(v vector.Vector, lo, hi int) int {
	if hi-lo <= fewKeys {
		for e := lo + 1; e < hi; e++ {
			for d := lo; d < e; d++ {
				if kernel.Compare(v, d, v, e) == 0 {
					return e
				}
			}
		}
		return -1
	}
	order := make([]int, hi-lo)
	for i := range order {
		order[i] = lo + i
	}
	slices.SortStableFunc(order, func(a, b int) int { return kernel.Compare(v, a, v, b) })
	found := -1
	for i, e := range order[1:] {
		if kernel.Compare(v, order[i], v, e) == 0 && (found < 0 || e < found) {
			found = e
		}
	}
	return found
}

// mapOfArrays makes a map of an array of keys and one of values.
func mapOfArrays(c *Call) (vector.Vector, error) {
	k, v := c.Args[0].(*vector.List), c.Args[1].(*vector.List)
	null := kernel.UnionNulls(nil, c.N, k, v)
	offsets := make([]uint32, 1, c.N+1)
	var keys, items []uint32 // the elements of the rows, when some are left out
	for i := range c.N {
		n, m := k.Offsets[i+1]-k.Offsets[i], v.Offsets[i+1]-v.Offsets[i]
		if null.Get(i) {
			n, m = 0, 0
		}
		if n != m {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "key and value arrays must be the same length")
		}
		for e := range n {
			keys, items = append(keys, k.Offsets[i]+e), append(items, v.Offsets[i]+e)
		}
		offsets = append(offsets, offsets[i]+n)
	}
	keyed, valued := k.Children[0], v.Children[0]
	if len(keys) < keyed.Len() {
		keyed = vector.CloneRows(keyed, keys)
	}
	if len(items) < valued.Len() {
		valued = vector.CloneRows(valued, items)
	}
	return newMap(c.Type, offsets, keyed, valued, null)
}

func mapEntries(c *Call) (vector.Vector, error) {
	l := c.Args[0].(*vector.List)
	rows := &vector.Struct{Typ: c.Type.Elem(), N: l.Children[0].Len(), Children: l.Children}
	return &vector.List{Typ: c.Type, Offsets: l.Offsets, Children: []vector.Vector{rows}, Null: l.Null}, nil
}

func mapFromEntries(c *Call) (vector.Vector, error) {
	l := c.Args[0].(*vector.List)
	rows := kernel.Flatten(l.Children[0]).(*vector.Struct)
	if rows.Null.Any() {
		return nil, nullEntry()
	}
	return newMap(c.Type, l.Offsets, rows.Children[0], rows.Children[1], l.Null)
}

func multimapFromEntries(c *Call, a []schema.Value) (schema.Value, error) {
	keys := make([]schema.Value, len(a[0].Elems))
	items := make([]schema.Value, len(keys))
	for i, e := range a[0].Elems {
		if !e.Valid {
			return e, nullEntry()
		}
		if keys[i], items[i] = e.Elems[0], e.Elems[1]; !keys[i].Valid {
			return e, nullKey()
		}
	}
	return multimap(c.Type, keys, items), nil
}

// multimap makes a map in which a key has the array of all its values, in their order.
func multimap(t schema.Type, keys, items []schema.Value) schema.Value {
	lists := make([][]schema.Value, len(keys))
	first := firsts(keys)
	for i, f := range first {
		lists[f] = append(lists[f], items[i])
	}
	var out []schema.Value
	for i, f := range first {
		if i == f {
			out = append(out, keys[i], schema.NestedValue(t.Elem(), lists[i]))
		}
	}
	return schema.NestedValue(t, out)
}

// firsts returns for each value the place of the first one that is equal to it; NULLs are equal here.
func firsts(list []schema.Value) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return list[a].Compare(list[b]) })
	out := make([]int, len(list))
	for i, at := range order {
		out[at] = at
		if i > 0 && list[order[i-1]].Compare(list[at]) == 0 {
			out[at] = out[order[i-1]]
		}
	}
	return out
}

// mapLookup returns the value of a key. A subscript that finds none is an error in the Trino dialect.
func mapLookup(subscript bool) func(c *Call, a []schema.Value) (schema.Value, error) {
	return func(c *Call, a []schema.Value) (schema.Value, error) {
		i := indexOfKey(a[0].Elems, a[1])
		switch {
		case i >= 0:
			return a[0].Elems[i+1], nil
		case subscript && c.Env.Dialect == "trino":
			return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "Key not present in map: %s", a[1].Text())
		}
		return nullOf(c)
	}
}

func mapConcat(c *Call, a []schema.Value) (schema.Value, error) {
	var keys, items []schema.Value
	for _, m := range a {
		for i := 0; i < len(m.Elems); i += 2 {
			keys, items = append(keys, m.Elems[i]), append(items, m.Elems[i+1])
		}
	}
	first := firsts(keys)
	last := make([]schema.Value, len(keys))
	for i, f := range first {
		last[f] = items[i]
	}
	var out []schema.Value
	for i, f := range first {
		if i == f {
			out = append(out, keys[i], last[i])
		}
	}
	return schema.NestedValue(c.Type, out), nil
}
