package functions

import (
	"encoding/json"
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func jsonResult(c *Call, v jsonValue, ok bool) (schema.Value, error) {
	if !ok {
		return nullOf(c)
	}
	return schema.StringValue(c.Type, string(v.raw)), nil
}

func textResult(c *Call, v jsonValue, ok bool) (schema.Value, error) {
	if s, valid := v.text(); ok && valid {
		return schema.StringValue(c.Type, s), nil
	}
	return nullOf(c)
}

// jsonAnswer returns a document as the call's type: jsonb is normal.
func jsonAnswer(c *Call, doc []byte) (schema.Value, error) {
	if c.Type.Kind == schema.JSONB {
		s, err := schema.NormalJSON(string(doc))
		return schema.StringValue(c.Type, s), err
	}
	return schema.StringValue(c.Type, string(doc)), nil
}

func registerJSON(r *Registry) {
	for _, t := range []string{"json", "jsonb"} {
		registerJSONAccess(r, t)
		registerJSONBuild(r, t)
	}
	o := r.strict("json_array_length(text) bigint", strictValues(jsonArrayLength), "Trino's, of text; an undecided literal is json")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 || args[0].Type.Kind != schema.Varchar {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type}, Result: schema.T(schema.BigInt)}, true
	}
	r.lenient("row_to_json(any) json", values(toJSON), "").stable()
	r.lenient("row_to_json(any, boolean) json", values(toJSON), "").stable()
	r.lenient("array_to_json(any) json", values(toJSON), "").stable()
	registerJSONB(r)
	registerJSONPaths(r)
	r.strict("json_parse(text) json", strictValues(parseAs), "")
	r.strict("json_format(json) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		n, err := schema.ParseJSON(a[0].S)
		return schema.TextValue(string(n.AppendCompact(nil))), err
	}), "")
	r.strict("is_json_scalar(text) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		k := jsonOf([]byte(a[0].S)).kind
		return schema.BoolValue(json.Valid([]byte(a[0].S)) && k != '{' && k != '['), nil
	}), "")
}

// registerJSONAccess declares what takes documents apart.
func registerJSONAccess(r *Registry, t string) {
	for _, byIndex := range []bool{false, true} {
		key := map[bool]string{true: "integer", false: "text"}[byIndex]
		member := func(a []schema.Value) (jsonValue, bool) {
			doc := jsonOf([]byte(a[0].S))
			if byIndex {
				return doc.index(int(a[1].I))
			}
			if doc.kind != '{' {
				return doc, false
			}
			return doc.get(a[1].S)
		}
		r.operator("->("+t+", "+key+") "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := member(a)
			return jsonResult(c, v, ok)
		}), "member")
		r.operator("->>("+t+", "+key+") text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := member(a)
			return textResult(c, v, ok)
		}), "member as text")
	}
	r.operator("#>("+t+", text[]) "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		v, ok := memberAt(a[0], a[1].Elems)
		return jsonResult(c, v, ok)
	}), "member by path")
	r.operator("#>>("+t+", text[]) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		v, ok := memberAt(a[0], a[1].Elems)
		return textResult(c, v, ok)
	}), "member by path as text")
	r.strict(t+"_extract_path("+t+", text...) "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		v, ok := memberAt(a[0], a[1:])
		return jsonResult(c, v, ok)
	}), "member by path")
	r.strict(t+"_extract_path_text("+t+", text...) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		v, ok := memberAt(a[0], a[1:])
		return textResult(c, v, ok)
	}), "member by path as text")
	r.strict(t+"_array_length("+t+") integer", strictValues(jsonArrayLength), "")
	r.strict(t+"_typeof("+t+") text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		names := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null", 0: "number"}
		return schema.TextValue(names[jsonOf([]byte(a[0].S)).kind]), nil
	}), "")
}

func jsonArrayLength(c *Call, a []schema.Value) (schema.Value, error) {
	v := jsonOf([]byte(a[0].S))
	switch {
	case v.kind == '[':
		return intResult(c, int64(v.length()))
	case a[0].Type.Kind == schema.Varchar: // Trino: NULL for what is not an array
		return nullOf(c)
	case v.kind == '{':
		return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "cannot get array length of a non-array")
	}
	return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "cannot get array length of a scalar")
}

// memberAt follows keys, those of arrays being numbers.
func memberAt(doc schema.Value, keys []schema.Value) (jsonValue, bool) {
	v, ok := jsonOf([]byte(doc.S)), true
	for _, k := range keys {
		if v, ok = v.get(k.S); !ok || !k.Valid {
			return v, false
		}
	}
	return v, ok
}

// registerJSONPaths declares what finds members by paths: Trino's json_extract and its kin, SQL's json_query and its kin, and
// PostgreSQL's.
func registerJSONPaths(r *Registry) {
	for _, t := range []string{"json", "text"} {
		r.strict("json_extract("+t+", text) json", extract(jsonResult), "member by JSONPath")
		r.strict("json_extract_scalar("+t+", text) text", extract(func(c *Call, v jsonValue, ok bool) (schema.Value, error) {
			return textResult(c, v, ok && isScalar(v))
		}), "scalar member by JSONPath")
		r.strict("json_size("+t+", text) bigint", extract(func(c *Call, v jsonValue, ok bool) (schema.Value, error) {
			if !ok {
				return nullOf(c)
			}
			return intResult(c, int64(v.length()))
		}), "number of members of an object or array")
		r.strict("json_query("+t+", text) json", query(2, func(c *Call, list []jsonValue) (schema.Value, error) {
			return jsonResult(c, first(list), len(list) == 1)
		}), "the value that a path of SQL leads to; NULL where it is none or several")
		r.strict("json_value("+t+", text) text", query(2, func(c *Call, list []jsonValue) (schema.Value, error) {
			return textResult(c, first(list), len(list) == 1 && isScalar(list[0]))
		}), "the scalar that a path of SQL leads to; NULL where it is none or several")
		r.strict("json_exists("+t+", text) boolean", query(1, func(_ *Call, list []jsonValue) (schema.Value, error) {
			return schema.BoolValue(len(list) > 0), nil
		}), "whether a path of SQL leads anywhere")
		r.strict("json_array_get("+t+", bigint) json", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := jsonOf([]byte(a[0].S)).index(int(a[1].I))
			return jsonResult(c, v, ok)
		}), "")
		for _, elem := range []string{"bigint", "double", "boolean", "text"} {
			r.strict("json_array_contains("+t+", "+elem+") boolean", strictValues(jsonArrayContains), "")
		}
	}
	r.strict("jsonb_path_exists(jsonb, text) boolean", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		list, err := valuesByPath(c, a[0].S, a[1].S, parseSQLPath, 1)
		return schema.BoolValue(len(list) > 0), err
	}), "whether a path leads anywhere")
	r.strict("jsonb_path_query_first(jsonb, text) jsonb", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		list, err := valuesByPath(c, a[0].S, a[1].S, parseSQLPath, 1)
		if err != nil {
			return a[0], err
		}
		return jsonResult(c, first(list), len(list) > 0)
	}), "the first value that a path leads to")
	r.strict("jsonb_path_query_array(jsonb, text) jsonb", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		list, err := valuesByPath(c, a[0].S, a[1].S, parseSQLPath, 0)
		if err != nil {
			return a[0], err
		}
		out := []byte{'['}
		for i, v := range list {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = append(out, v.raw...)
		}
		return schema.StringValue(c.Type, string(append(out, ']'))), nil
	}), "an array of all values that a path leads to")
}

func isScalar(v jsonValue) bool { return v.kind != '{' && v.kind != '[' }

func first(list []jsonValue) (v jsonValue) {
	if len(list) > 0 {
		v = list[0]
	}
	return v
}

// extract makes a kernel of what is done with the value that a path of json_extract leads to. Text that is no JSON is NULL.
func extract(f func(c *Call, v jsonValue, ok bool) (schema.Value, error)) Kernel {
	return strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if a[0].Type.IsString() && !json.Valid([]byte(a[0].S)) {
			return nullOf(c)
		}
		list, err := valuesByPath(c, a[0].S, a[1].S, parseExtractPath, 1)
		if err != nil {
			return a[0], err
		}
		return f(c, first(list), len(list) > 0)
	})
}

// query makes a kernel of what is done with up to limit values that a path of SQL leads to. Text that is no JSON, and a strict path
// that does not fit it, give none.
func query(limit int, f func(c *Call, list []jsonValue) (schema.Value, error)) Kernel {
	return strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		p, err := cached(c, a[1].S, parseSQLPath)
		if err != nil {
			return a[0], err
		}
		var list []jsonValue
		if !a[0].Type.IsString() || json.Valid([]byte(a[0].S)) {
			if err := p.follow(jsonOf([]byte(a[0].S)), func(v jsonValue) bool {
				list = append(list, v)
				return len(list) < limit
			}); err != nil {
				list = nil
			}
		}
		return f(c, list)
	})
}

func jsonArrayContains(_ *Call, a []schema.Value) (schema.Value, error) {
	found := false
	jsonOf([]byte(a[0].S)).each(func(_ []byte, v jsonValue) bool {
		switch k := a[1].Type.Kind; {
		case k == schema.Boolean:
			found = v.kind == 't' && a[1].Bool() || v.kind == 'f' && !a[1].Bool()
		case k == schema.Varchar:
			s, ok := v.text()
			found = v.kind == '"' && ok && s == a[1].S
		case v.kind == 0:
			f, err := strconv.ParseFloat(string(v.raw), 64)
			found = err == nil && (k == schema.Double && f == a[1].F || k == schema.BigInt && f == float64(a[1].I))
		}
		return !found
	})
	return schema.BoolValue(found), nil
}

// registerJSONBuild declares what makes documents.
func registerJSONBuild(r *Registry, t string) {
	r.lenient("to_"+t+"(any) "+t, values(toJSON), "").stable()
	r.lenient(t+"_build_object(any...) "+t, values(buildObject), "").stable()
	r.lenient(t+"_build_object() "+t, values(buildObject), "")
	r.lenient(t+"_build_array(any...) "+t, values(buildArray), "").stable()
	r.lenient(t+"_build_array() "+t, values(buildArray), "")
	r.strict(t+"_object(text[]) "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if len(a[0].Elems)%2 != 0 {
			return a[0], sqlerr.New(sqlerr.ArraySubscript, "array must have even number of elements")
		}
		var keys, items []schema.Value
		for i := 0; i < len(a[0].Elems); i += 2 {
			keys, items = append(keys, a[0].Elems[i]), append(items, a[0].Elems[i+1])
		}
		return objectOf(c, keys, items)
	}), "")
	r.strict(t+"_object(text[], text[]) "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if len(a[0].Elems) != len(a[1].Elems) {
			return a[0], sqlerr.New(sqlerr.ArraySubscript, "mismatched array dimensions")
		}
		return objectOf(c, a[0].Elems, a[1].Elems)
	}), "")
	r.strict(t+"_strip_nulls("+t+") "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		n, err := schema.ParseJSON(a[0].S)
		if err != nil {
			return a[0], err
		}
		return jsonAnswer(c, stripNulls(n).AppendCompact(nil))
	}), "")
}

func objectOf(c *Call, keys, items []schema.Value) (schema.Value, error) {
	out := []byte{'{'}
	for i, k := range keys {
		if !k.Valid {
			return k, sqlerr.New("22004", "null value not allowed for object key")
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(schema.AppendJSONString(out, k.S), " : "...)
		out = items[i].AppendJSON(out, c.Env.Location)
	}
	return jsonAnswer(c, append(out, '}'))
}

func toJSON(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid {
		return nullOf(c)
	}
	return jsonAnswer(c, a[0].AppendJSON(nil, c.Env.Location))
}

func buildObject(c *Call, a []schema.Value) (schema.Value, error) {
	if len(a)%2 != 0 {
		return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "argument list must have even number of elements")
	}
	out := []byte{'{'}
	for i := 0; i < len(a); i += 2 {
		if !a[i].Valid {
			return a[i], sqlerr.New("22004", "null value not allowed for object key")
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		out = schema.AppendJSONString(out, string(appendConcat(nil, c, a[i])))
		out = a[i+1].AppendJSON(append(out, " : "...), c.Env.Location)
	}
	return jsonAnswer(c, append(out, '}'))
}

func buildArray(c *Call, a []schema.Value) (schema.Value, error) {
	out := []byte{'['}
	for i, v := range a {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = v.AppendJSON(out, c.Env.Location)
	}
	return jsonAnswer(c, append(out, ']'))
}
