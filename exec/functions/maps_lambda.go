package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerMapLambdas declares the functions of maps with a lambda over key and value, and those of two arrays or maps.
func registerMapLambdas(r *Registry) {
	anything := schema.T(schema.Lambda)
	ofMap := func(name string, body schema.Type, result func(t, body schema.Type) schema.Type, k Kernel, about string) {
		o := r.lenient(name+"(anymap, function) anymap", overElements(k), about)
		o.lambda = func(args []expr.Arg, _ int) []schema.Type {
			if len(args) != 2 || args[0].Type.Kind != schema.Map {
				return nil
			}
			return []schema.Type{args[0].Type.Key(), args[0].Type.Elem()}
		}
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 || args[0].Type.Kind != schema.Map || args[1].Lambda != 2 {
				return nil, false
			}
			return &expr.Resolved{Args: []schema.Type{args[0].Type, body}, Result: result(args[0].Type, decided(args[1].Type))}, true
		}
	}
	ofMap("map_filter", schema.T(schema.Boolean), func(t, _ schema.Type) schema.Type { return t }, func(c *Call) (vector.Vector, error) {
		l := c.Args[0].(*vector.List)
		keep, err := c.eachElement(1, l)
		if err != nil {
			return nil, err
		}
		return keepElements(c.Type, l, truths(keep)), nil
	}, "the entries for which the lambda is true")
	ofMap("transform_values", anything, func(t, body schema.Type) schema.Type { return schema.MapOf(t.Key(), body) }, func(c *Call) (vector.Vector, error) {
		l := c.Args[0].(*vector.List)
		body, err := c.eachElement(1, l)
		if err != nil {
			return nil, err
		}
		return &vector.List{Typ: c.Type, Offsets: l.Offsets, Children: []vector.Vector{l.Children[0], kernel.Flatten(body)}, Null: l.Null}, nil
	}, "the map with what the lambda makes of each entry as its value")
	ofMap("transform_keys", anything, func(t, body schema.Type) schema.Type { return schema.MapOf(body, t.Elem()) }, func(c *Call) (vector.Vector, error) {
		l := c.Args[0].(*vector.List)
		body, err := c.eachElement(1, l)
		if err != nil {
			return nil, err
		}
		return newMap(c.Type, l.Offsets, body, l.Children[1], l.Null)
	}, "the map with what the lambda makes of each entry as its key")
	registerZips(r)
}

// registerZips declares zip_with and map_zip_with.
func registerZips(r *Registry) {
	o := r.lenient("zip_with(anyarray, anyarray, function) anyarray", overElements(zipWith), "the array of what the lambda makes of the elements of two; the shorter has NULLs at its end")
	o.lambda = func(args []expr.Arg, _ int) []schema.Type {
		if len(args) != 3 || args[0].Type.Kind != schema.Array || args[1].Type.Kind != schema.Array {
			return nil
		}
		return []schema.Type{decided(args[0].Type.Elem()), decided(args[1].Type.Elem())}
	}
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 3 || args[0].Type.Kind != schema.Array || args[1].Type.Kind != schema.Array || args[2].Lambda != 2 {
			return nil, false
		}
		types := []schema.Type{schema.ArrayOf(decided(args[0].Type.Elem())), schema.ArrayOf(decided(args[1].Type.Elem())), schema.T(schema.Lambda)}
		return &expr.Resolved{Args: types, Result: schema.ArrayOf(decided(args[2].Type))}, true
	}
	m := r.lenient("map_zip_with(anymap, anymap, function) anymap", overElements(mapZipWith), "the map of what the lambda makes of each key and its values in two maps, NULL where there is none")
	keyOf := func(args []expr.Arg) (schema.Type, bool) {
		if len(args) != 3 || args[0].Type.Kind != schema.Map || args[1].Type.Kind != schema.Map {
			return schema.Type{}, false
		}
		return expr.CommonType(args[0].Type.Key(), args[1].Type.Key())
	}
	m.lambda = func(args []expr.Arg, _ int) []schema.Type {
		key, ok := keyOf(args)
		if !ok {
			return nil
		}
		return []schema.Type{key, args[0].Type.Elem(), args[1].Type.Elem()}
	}
	m.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		key, ok := keyOf(args)
		if !ok || args[2].Lambda != 3 {
			return nil, false
		}
		types := []schema.Type{schema.MapOf(key, args[0].Type.Elem()), schema.MapOf(key, args[1].Type.Elem()), schema.T(schema.Lambda)}
		return &expr.Resolved{Args: types, Result: schema.MapOf(key, decided(args[2].Type))}, true
	}
}

// pairs are elements of two lists that belong together, row by row; NoRow stands for one that is missing.
type pairs struct {
	a, b    []uint32
	rows    []uint32
	offsets []uint32
	null    vector.Bitmap
}

// pairsOf builds the pairs of the rows in which neither list is NULL; of adds those of one row.
func pairsOf(a, b *vector.List, of func(p *pairs, i int)) *pairs {
	p := &pairs{offsets: make([]uint32, 1, a.Len()+1), null: kernel.UnionNulls(nil, a.Len(), a, b)}
	for i := range a.Len() {
		if !p.null.Get(i) {
			of(p, i)
		}
		p.offsets = append(p.offsets, uint32(len(p.a)))
	}
	return p
}

func (p *pairs) add(a, b uint32, row int) {
	p.a, p.b, p.rows = append(p.a, a), append(p.b, b), append(p.rows, uint32(row))
}

func zipWith(c *Call) (vector.Vector, error) {
	a, b := c.Args[0].(*vector.List), c.Args[1].(*vector.List)
	p := pairsOf(a, b, func(p *pairs, i int) {
		n, m := a.Offsets[i+1]-a.Offsets[i], b.Offsets[i+1]-b.Offsets[i]
		for e := range max(n, m) {
			x, y := kernel.NoRow, kernel.NoRow
			if e < n {
				x = a.Offsets[i] + e
			}
			if e < m {
				y = b.Offsets[i] + e
			}
			p.add(x, y, i)
		}
	})
	var g, h kernel.Gatherer
	body, err := c.Lambdas[2]([]vector.Vector{g.Gather(a.Children[0], p.a, true), h.Gather(b.Children[0], p.b, true)}, len(p.a), p.rows)
	if err != nil {
		return nil, err
	}
	return &vector.List{Typ: c.Type, Offsets: p.offsets, Children: []vector.Vector{kernel.Flatten(body)}, Null: p.null}, nil
}

func mapZipWith(c *Call) (vector.Vector, error) {
	a, b := c.Args[0].(*vector.List), c.Args[1].(*vector.List)
	keys := vector.NewBuilder(c.Type.Key(), a.Children[0].Len())
	p := pairsOf(a, b, func(p *pairs, i int) {
		from := len(p.a)
		var both []schema.Value
		for e := a.Offsets[i]; e < a.Offsets[i+1]; e++ {
			both = append(both, vector.ValueAt(a.Children[0], int(e)))
			p.add(e, kernel.NoRow, i)
		}
		for e := b.Offsets[i]; e < b.Offsets[i+1]; e++ {
			both = append(both, vector.ValueAt(b.Children[0], int(e)))
		}
		n := len(p.a) - from
		for k, f := range firsts(both) {
			switch e := b.Offsets[i] + uint32(k-n); {
			case k < n:
				keys.AppendValue(both[k])
			case f < n:
				p.b[from+f] = e
			default:
				keys.AppendValue(both[k])
				p.add(kernel.NoRow, e, i)
			}
		}
	})
	var g, h kernel.Gatherer
	keyed := keys.Build()
	body, err := c.Lambdas[2]([]vector.Vector{keyed, g.Gather(a.Children[1], p.a, true), h.Gather(b.Children[1], p.b, true)}, len(p.a), p.rows)
	if err != nil {
		return nil, err
	}
	return &vector.List{Typ: c.Type, Offsets: p.offsets, Children: []vector.Vector{keyed, kernel.Flatten(body)}, Null: p.null}, nil
}
