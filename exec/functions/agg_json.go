package functions

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerJSONAggregates declares json_agg and json_object_agg, and the same of jsonb.
func registerJSONAggregates(r *Registry) {
	for _, t := range []string{"json", "jsonb"} {
		result := schema.T(schema.JSON)
		if t == "jsonb" {
			result = schema.T(schema.JSONB)
		}
		o := r.collect(t+"_agg(any) "+t, false, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
			if len(rows) == 0 {
				return schema.NullOf(c.Typ), nil
			}
			out := []byte{'['}
			for i, row := range rows {
				if i > 0 {
					out = append(out, ", "...)
				}
				if out = row[0].AppendJSON(out, nil); len(out) > maxText {
					return row[0], tooLong()
				}
			}
			return documentOf(c.Typ, append(out, ']'))
		}, "an array of all values").ordered()
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 1 {
				return nil, false
			}
			return &expr.Resolved{Args: []schema.Type{documentArg(args[0].Type)}, Result: result}, true
		}
		o = r.collect(t+"_object_agg(text, any) "+t, true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
			if len(rows) == 0 {
				return schema.NullOf(c.Typ), nil
			}
			out := []byte("{ ")
			for i, row := range rows {
				if i > 0 {
					out = append(out, ", "...)
				}
				out = schema.AppendJSONString(out, row[0].S)
				if out = row[1].AppendJSON(append(out, " : "...), nil); len(out) > maxText {
					return row[0], tooLong()
				}
			}
			return documentOf(c.Typ, append(out, " }"...))
		}, "an object of all keys and values").ordered()
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 {
				return nil, false
			}
			return &expr.Resolved{Args: []schema.Type{schema.Text, documentArg(args[1].Type)}, Result: result}, true
		}
	}
}

// documentArg is the type by which an aggregate takes a value that it writes as JSON. Times with a zone are written in the
// session's: a cast, which knows it, writes them.
func documentArg(t schema.Type) schema.Type {
	if t = decided(t); hasZone(t) {
		return schema.T(schema.JSON)
	}
	return t
}

// hasZone reports whether a type is, or holds, timestamp with time zone.
func hasZone(t schema.Type) bool {
	return t.Kind == schema.TimestampTZ || slices.ContainsFunc(t.Fields(), func(f schema.Field) bool { return hasZone(f.Type) })
}

// documentOf makes a document of a type; jsonb has its own form.
func documentOf(t schema.Type, text []byte) (schema.Value, error) {
	if t.Kind == schema.JSONB {
		s, err := schema.NormalJSON(string(text))
		return schema.StringValue(t, s), err
	}
	return schema.StringValue(t, string(text)), nil
}
