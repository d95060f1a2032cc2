package functions

import (
	"context"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// castJSON converts a JSON value: scalars to scalars, arrays to arrays, objects to maps and rows. A null becomes NULL. To text it is
// the document, but in Trino's dialect a string is its characters.
func castJSON(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	doc := jsonOf([]byte(v.S))
	switch {
	case to.IsString() && (env.Dialect != "trino" || doc.kind == '{' || doc.kind == '['):
		return toText(env, schema.TextValue(v.S), to)
	case to.Kind == schema.JSONB && v.Type.Kind == schema.JSON:
		s, err := schema.NormalJSON(v.S)
		return schema.StringValue(to, s), err
	case to.Kind == schema.JSON || to.Kind == schema.JSONB:
		return schema.StringValue(to, v.S), nil
	}
	return jsonTo(ctx, env, doc, v.Type, to)
}

var jsonKindNames = map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null", 0: "numeric"}

func jsonTo(ctx context.Context, env *Env, doc jsonValue, from, to schema.Type) (schema.Value, error) {
	if doc.kind == 'n' {
		return schema.NullOf(to), nil
	}
	refused := func() (schema.Value, error) {
		return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "cannot cast %s %s to type %s", from, jsonKindNames[doc.kind], schema.PostgresName(to))
	}
	switch to.Kind {
	case schema.Array, schema.Map, schema.Row:
		return jsonToNested(ctx, env, doc, from, to)
	case schema.JSON, schema.JSONB:
		return castJSON(ctx, env, schema.StringValue(from, string(doc.raw)), to)
	case schema.Boolean:
		if doc.kind == 't' || doc.kind == 'f' {
			return schema.BoolValue(doc.kind == 't'), nil
		}
	}
	if doc.kind == '{' || doc.kind == '[' {
		return refused()
	}
	text, _ := doc.text()
	if from.Kind == schema.JSONB && to.IsNumeric() && doc.kind != 0 {
		return refused()
	}
	if doc.kind == 0 && to.IsInteger() {
		number, err := schema.Parse(schema.DecimalOf(schema.MaxDecimal, 18), text)
		if err != nil {
			if number, err = schema.Parse(schema.T(schema.Double), text); err != nil {
				return number, err
			}
		}
		return castNumber(number, to)
	}
	return CastValue(ctx, env, schema.TextValue(text), to)
}

func jsonToNested(ctx context.Context, env *Env, doc jsonValue, from, to schema.Type) (out schema.Value, err error) {
	want := map[schema.Kind]string{schema.Array: "[", schema.Map: "{", schema.Row: "{["}[to.Kind]
	if doc.kind == 0 || !strings.Contains(want, string(rune(doc.kind))) {
		return out, sqlerr.New(sqlerr.InvalidParameterValue, "cannot cast %s %s to type %s", from, jsonKindNames[doc.kind], schema.PostgresName(to))
	}
	fields := to.Fields()
	elems := make([]schema.Value, 0, len(fields))
	if to.Kind == schema.Row {
		for _, f := range fields {
			elems = append(elems, schema.NullOf(f.Type))
		}
	}
	i := 0
	doc.members(func(key string, m jsonValue) bool {
		var v schema.Value
		switch to.Kind {
		case schema.Array:
			if v, err = jsonTo(ctx, env, m, from, to.Elem()); err == nil {
				elems = append(elems, v)
			}
		case schema.Map:
			var k schema.Value
			if k, err = CastValue(ctx, env, schema.TextValue(key), to.Key()); err != nil {
				return false
			}
			if v, err = jsonTo(ctx, env, m, from, to.Elem()); err == nil {
				elems = append(elems, k, v)
			}
		default:
			at := i
			if doc.kind == '{' {
				at = fieldNamed(fields, key)
			}
			if at >= 0 && at < len(fields) {
				elems[at], err = jsonTo(ctx, env, m, from, fields[at].Type)
			}
		}
		i++
		return err == nil
	})
	return schema.NestedValue(to, elems), err
}

func fieldNamed(fields []schema.Field, name string) int {
	for i, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return i
		}
	}
	return -1
}
