package functions

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerSplits declares what makes maps of texts: "a=1;b=2".
func registerSplits(r *Registry) {
	textMap := schema.MapOf(schema.Text, schema.Text)
	split := func(sig string, result schema.Type, k Kernel, about string) {
		o := r.lenient(sig, k, about)
		o.lambda = func(args []expr.Arg, i int) []schema.Type {
			if i != 3 || len(o.params) != 4 {
				return nil
			}
			return []schema.Type{schema.Text, schema.Text, schema.Text}
		}
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != len(o.params) {
				return nil, false
			}
			res := &expr.Resolved{Result: result}
			for i, a := range args {
				if (i == 3) != (a.Lambda == 3) || i < 3 && !a.Type.IsString() && a.Type.Kind != schema.Unknown {
					return nil, false
				}
				res.Args = append(res.Args, schema.Text)
			}
			return res, true
		}
	}
	split("split_to_map(text, text, text) map(text, text)", textMap, splitToMap, "a map of the entries of a text, given what separates them and what their keys and values")
	split("split_to_map(text, text, text, function) map(text, text)", textMap, splitToMap, "the same, with a lambda that makes one of two values of a key")
	split("split_to_multimap(text, text, text) map(text, text[])", schema.MapOf(schema.Text, schema.ArrayOf(schema.Text)), strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		keys, items, err := splitEntries(a)
		return multimap(c.Type, keys, items), err
	}), "the same, in which a key has an array of all its values")
}

// splitEntries reads entries, of which the last may be followed by a separator.
func splitEntries(a []schema.Value) (keys, items []schema.Value, err error) {
	text, entry, pair := a[0].S, a[1].S, a[2].S
	switch {
	case entry == "":
		return nil, nil, sqlerr.New(sqlerr.InvalidParameterValue, "the delimiter of entries is empty")
	case pair == "":
		return nil, nil, sqlerr.New(sqlerr.InvalidParameterValue, "the delimiter of keys and values is empty")
	case entry == pair:
		return nil, nil, sqlerr.New(sqlerr.InvalidParameterValue, "the delimiters of entries and of keys and values must not be the same")
	}
	for text != "" {
		var one string
		one, text, _ = strings.Cut(text, entry)
		k, v, found := strings.Cut(one, pair)
		if !found || strings.Contains(v, pair) {
			return nil, nil, sqlerr.New(sqlerr.InvalidParameterValue, "the delimiter of keys and values must appear exactly once in each entry. Bad input: '%s'", one)
		}
		keys, items = append(keys, schema.TextValue(k)), append(items, schema.TextValue(v))
	}
	return keys, items, nil
}

func splitToMap(c *Call) (vector.Vector, error) {
	b := vector.NewBuilder(c.Type, c.N)
	args := make([]schema.Value, 3)
	err := kernel.EachRow(c.N, c.Sel, func(i int) error {
		for b.Len() < i {
			b.AppendNull()
		}
		for k := range args {
			if args[k] = vector.ValueAt(c.Args[k], i); !args[k].Valid {
				b.AppendNull()
				return nil
			}
		}
		keys, items, err := splitEntries(args)
		if err != nil {
			return err
		}
		for k, f := range firsts(keys) {
			if k == f {
				continue
			}
			if len(c.Lambdas) == 0 {
				return sqlerr.New(sqlerr.InvalidParameterValue, "Duplicate keys (%s) are not allowed", keys[k].S).
					WithHint("A lambda as the last argument can make one of two values: (k, v1, v2) -> v1.")
			}
			v, err := c.Lambdas[3]([]vector.Vector{vector.FromValue(keys[k], 1), vector.FromValue(items[f], 1), vector.FromValue(items[k], 1)}, 1, []uint32{uint32(i)})
			if err != nil {
				return err
			}
			items[f] = vector.ValueAt(v, 0)
		}
		b.AppendValue(mapOfFirsts(c.Type, keys, items))
		return nil
	})
	for b.Len() < c.N {
		b.AppendNull()
	}
	return b.Build(), err
}
