package functions

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// collected keeps all rows of a group and makes the result of them at the end: arrays, strings, percentiles.
type collected struct {
	typ       schema.Type
	skipNulls bool
	rows      [][][]schema.Value // group, row, argument
	finish    func(rows [][]schema.Value) (schema.Value, error)
	size      int64
}

func (s *collected) Resize(n int) { s.rows = grow(s.rows, n) }

func (s *collected) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	each(groups, rows, func(g uint32, r int) {
		if s.skipNulls && vector.NullAt(args[0], r) {
			return
		}
		row := make([]schema.Value, len(args))
		for i, a := range args {
			row[i] = vector.ValueAt(a, r)
			s.size += 120 + int64(len(row[i].S))
		}
		s.rows[g] = append(s.rows[g], row)
	})
	return nil
}

func (s *collected) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*collected)
	for k, g := range to {
		rows := o.rows[from[k]]
		s.rows[g] = append(s.rows[g], rows...)
		s.size += int64(len(rows)) * 24
	}
	return nil
}

func (s *collected) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(s.typ, to-from)
	for _, rows := range s.rows[from:to] {
		v, err := s.finish(rows)
		if err != nil {
			return nil, err
		}
		b.AppendValue(v)
	}
	return b.Build(), nil
}

func (s *collected) Size() int64 { return s.size + int64(cap(s.rows))*24 }

// collect declares an aggregate that keeps its rows.
func (r *Registry) collect(sig string, skipNulls bool, finish func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error), about string) *overload {
	return r.aggregate(sig, func(c *expr.AggregateCall) Accumulator {
		return &collected{typ: c.Typ, skipNulls: skipNulls, finish: func(rows [][]schema.Value) (schema.Value, error) {
			if c.Distinct && len(c.OrderBy) == 0 { // PostgreSQL finds duplicates by sorting, and people see the order
				slices.SortStableFunc(rows, func(a, b []schema.Value) int { return slices.CompareFunc(a, b, schema.Value.Compare) })
			}
			return finish(c, rows)
		}}
	}, about)
}

func registerAggregates(r *Registry) {
	registerSums(r)
	registerExtremes(r)
	o := r.collect("array_agg(any) text[]", false, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		if len(rows) == 0 {
			return schema.NullOf(c.Typ), nil
		}
		out := make([]schema.Value, len(rows))
		for i, row := range rows {
			out[i] = row[0]
		}
		return schema.NestedValue(c.Typ, out), nil
	}, "an array of all values").ordered()
	o.custom = oneArg(schema.ArrayOf)
	for _, name := range []string{"string_agg", "listagg"} {
		r.collect(name+"(text, text) text", true, stringAgg, "concatenation with a separator").ordered()
	}
	r.collect("listagg(text) text", true, stringAgg, "").ordered()
	registerJSONAggregates(r)
	r.aggregate("count_if(boolean) bigint", func(c *expr.AggregateCall) Accumulator {
		return &collected{typ: c.Typ, skipNulls: true, finish: func(rows [][]schema.Value) (schema.Value, error) {
			n := int64(0)
			for _, row := range rows {
				n += row[0].I
			}
			return schema.IntValue(c.Typ, n), nil
		}}
	}, "number of rows for which it is true")
	registerMapsOfGroups(r)
	registerPercentiles(r)
	registerPairs(r)
	registerBitAggregates(r)
	r.aggregate("approx_distinct(any) bigint", func(*expr.AggregateCall) Accumulator { return &hyperLogLog{} }, "estimate of the number of distinct values, standard error 1.6 %")
}

func oneArg(result func(t schema.Type) schema.Type) func(args []expr.Arg) (*expr.Resolved, bool) {
	return func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 {
			return nil, false
		}
		t := decided(args[0].Type)
		return &expr.Resolved{Args: []schema.Type{t}, Result: result(t)}, true
	}
}

func stringAgg(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
	if len(rows) == 0 {
		return schema.NullOf(c.Typ), nil
	}
	var out []byte
	for i, row := range rows {
		if i > 0 && len(row) > 1 {
			out = append(out, row[1].S...)
		}
		if out = append(out, row[0].S...); len(out) > maxText {
			return row[0], tooLong()
		}
	}
	return schema.TextValue(string(out)), nil
}

// registerMapsOfGroups declares the aggregates that make maps.
func registerMapsOfGroups(r *Registry) {
	// mapped declares an aggregate of keys and values; without rows it is NULL, as it is for Trino.
	mapped := func(sig string, value func(schema.Type) schema.Type, result func(t schema.Type, keys, items []schema.Value) schema.Value, about string) {
		r.collect(sig, true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
			if len(rows) == 0 {
				return schema.NullOf(c.Typ), nil
			}
			keys, items := make([]schema.Value, len(rows)), make([]schema.Value, len(rows))
			for i, row := range rows {
				keys[i], items[i] = row[0], row[1]
			}
			return result(c.Typ, keys, items), nil
		}, about).custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 {
				return nil, false
			}
			k, v := decided(args[0].Type), decided(args[1].Type)
			return &expr.Resolved{Args: []schema.Type{k, v}, Result: schema.MapOf(k, value(v))}, true
		}
	}
	mapped("map_agg(any, any) json", func(t schema.Type) schema.Type { return t }, mapOfFirsts, "a map of all keys and values, the first one of each key")
	mapped("multimap_agg(any, any) json", schema.ArrayOf, multimap, "a map of all keys and the arrays of their values")
	r.collect("map_union(anymap) anymap", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		if len(rows) == 0 {
			return schema.NullOf(c.Typ), nil
		}
		var keys, items []schema.Value
		for _, row := range rows {
			for i := 0; i < len(row[0].Elems); i += 2 {
				keys, items = append(keys, row[0].Elems[i]), append(items, row[0].Elems[i+1])
			}
		}
		return mapOfFirsts(c.Typ, keys, items), nil
	}, "a map of the entries of all, the first one of each key")
	o := r.collect("histogram(any) json", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		if len(rows) == 0 {
			return schema.NullOf(c.Typ), nil
		}
		slices.SortStableFunc(rows, func(a, b []schema.Value) int { return a[0].Compare(b[0]) })
		var out []schema.Value
		for _, row := range rows {
			if n := len(out); n > 0 && out[n-2].Compare(row[0]) == 0 {
				out[n-1].I++
				continue
			}
			out = append(out, row[0], schema.IntValue(schema.T(schema.BigInt), 1))
		}
		return schema.NestedValue(c.Typ, out), nil
	}, "a map of values and their counts")
	o.custom = oneArg(func(t schema.Type) schema.Type { return schema.MapOf(t, schema.T(schema.BigInt)) })
}

// mapOfFirsts makes a map of the first value of each key.
func mapOfFirsts(t schema.Type, keys, items []schema.Value) schema.Value {
	var out []schema.Value
	for i, f := range firsts(keys) {
		if i == f {
			out = append(out, keys[i], items[i])
		}
	}
	return schema.NestedValue(t, out)
}

func indexOfKey(entries []schema.Value, k schema.Value) int {
	for i := 0; i < len(entries); i += 2 {
		if entries[i].Compare(k) == 0 {
			return i
		}
	}
	return -1
}

func registerBitAggregates(r *Registry) {
	for name, f := range map[string]func(a, b int64) int64{
		"bit_and": func(a, b int64) int64 { return a & b }, "bit_or": func(a, b int64) int64 { return a | b }, "bit_xor": func(a, b int64) int64 { return a ^ b },
		"bitwise_and_agg": func(a, b int64) int64 { return a & b }, "bitwise_or_agg": func(a, b int64) int64 { return a | b },
	} {
		for _, t := range []string{"smallint", "integer", "bigint"} {
			r.collect(name+"("+t+") "+t, true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
				if len(rows) == 0 {
					return schema.NullOf(c.Typ), nil
				}
				v := rows[0][0].I
				for _, row := range rows[1:] {
					v = f(v, row[0].I)
				}
				return schema.IntValue(c.Typ, v), nil
			}, "")
		}
	}
}
