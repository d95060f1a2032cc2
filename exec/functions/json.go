package functions

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// jsonValue is a parsed JSON document: objects keep the order of their keys.
type jsonValue struct {
	raw  json.RawMessage
	kind byte // { [ " t f n or 0 for a number
}

func jsonOf(raw []byte) jsonValue {
	raw = bytes.TrimSpace(raw)
	v := jsonValue{raw: raw}
	if len(raw) > 0 {
		switch c := raw[0]; c {
		case '{', '[', '"', 't', 'f', 'n':
			v.kind = c
		}
	}
	return v
}

// members calls f for the members of an object or array in order.
func (v jsonValue) members(f func(key string, value jsonValue) bool) error {
	d := json.NewDecoder(bytes.NewReader(v.raw))
	if _, err := d.Token(); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		key := strconv.Itoa(i)
		if v.kind == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			key, _ = t.(string)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if !f(key, jsonOf(raw)) {
			return nil
		}
	}
	return nil
}

// get finds a member by key, or by index (negative from the end).
func (v jsonValue) get(key string) (found jsonValue, ok bool) {
	switch v.kind {
	case '{':
	case '[':
		n, err := strconv.Atoi(key)
		if err != nil {
			return found, false
		}
		if n < 0 {
			n += v.length()
			key = strconv.Itoa(n)
		}
	default:
		return found, false
	}
	_ = v.members(func(k string, m jsonValue) bool {
		if k == key {
			found, ok = m, true // the last of equal keys wins
		}
		return true
	})
	return found, ok
}

func (v jsonValue) length() int {
	n := 0
	_ = v.members(func(string, jsonValue) bool { n++; return true })
	return n
}

// text is the value as ->> gives it; ok is false for JSON's null.
func (v jsonValue) text() (string, bool) {
	switch v.kind {
	case 'n':
		return "", false
	case '"':
		var s string
		if json.Unmarshal(v.raw, &s) == nil {
			return s, true
		}
	}
	return string(v.raw), true
}

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

func keyOf(v schema.Value) string {
	if v.Type.IsInteger() {
		return strconv.FormatInt(v.I, 10)
	}
	return v.S
}

func registerJSON(r *Registry) {
	for _, t := range []string{"json", "jsonb"} {
		for _, k := range []string{"text", "integer"} {
			member := func(a []schema.Value) (jsonValue, bool) {
				doc := jsonOf([]byte(a[0].S))
				if a[1].Type.IsInteger() != (doc.kind == '[') {
					return doc, false
				}
				return doc.get(keyOf(a[1]))
			}
			r.operator("->("+t+", "+k+") "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
				v, ok := member(a)
				return jsonResult(c, v, ok)
			}), "member")
			r.operator("->>("+t+", "+k+") text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
				v, ok := member(a)
				return textResult(c, v, ok)
			}), "member as text")
		}
		r.operator("#>("+t+", text[]) "+t, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := jsonPathList(a)
			return jsonResult(c, v, ok)
		}), "member by path")
		r.operator("#>>("+t+", text[]) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := jsonPathList(a)
			return textResult(c, v, ok)
		}), "member by path as text")
		for _, name := range []string{t + "_array_length", "json_array_length"} {
			r.strict(name+"("+t+") integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
				v := jsonOf([]byte(a[0].S))
				if v.kind != '[' {
					return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "cannot get array length of a non-array")
				}
				return intResult(c, int64(v.length()))
			}), "")
		}
		r.strict(t+"_typeof("+t+") text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
			names := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null", 0: "number"}
			return schema.TextValue(names[jsonOf([]byte(a[0].S)).kind]), nil
		}), "")
		r.lenient("to_"+t+"(any) "+t, values(toJSON), "").stable()
		r.lenient(t+"_build_object(any...) "+t, values(buildObject), "").stable()
		r.lenient(t+"_build_object() "+t, values(buildObject), "")
		r.lenient(t+"_build_array(any...) "+t, values(buildArray), "").stable()
		r.lenient(t+"_build_array() "+t, values(buildArray), "")
	}
	r.lenient("row_to_json(any) json", values(toJSON), "").stable()
	r.lenient("array_to_json(any) json", values(toJSON), "").stable()
	for _, t := range []string{"json", "text"} {
		r.strict("json_extract("+t+", text) json", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok, err := jsonPath(a)
			if err != nil {
				return a[0], err
			}
			return jsonResult(c, v, ok)
		}), "member by JSONPath")
		r.strict("json_extract_scalar("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok, err := jsonPath(a)
			if err != nil || v.kind == '{' || v.kind == '[' {
				return schema.NullOf(c.Type), err
			}
			return textResult(c, v, ok)
		}), "scalar member by JSONPath")
		r.strict("json_array_get("+t+", bigint) json", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			v, ok := jsonOf([]byte(a[0].S)).get(strconv.FormatInt(a[1].I, 10))
			return jsonResult(c, v, ok)
		}), "")
	}
	r.strict("json_parse(text) json", strictValues(parseAs), "")
	r.strict("json_format(json) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(a[0].S)); err != nil {
			return a[0], sqlerr.New(sqlerr.InvalidJSONText, "invalid JSON: %w", err)
		}
		return schema.TextValue(b.String()), nil
	}), "")
}

func jsonPathList(a []schema.Value) (jsonValue, bool) {
	v, ok := jsonOf([]byte(a[0].S)), true
	for _, k := range a[1].Elems {
		if v, ok = v.get(k.S); !ok {
			return v, false
		}
	}
	return v, ok
}

// jsonPath follows $.a.b[0]["c"]; wildcards and filters are not supported.
func jsonPath(a []schema.Value) (jsonValue, bool, error) {
	path := a[1].S
	bad := func() (jsonValue, bool, error) {
		return jsonValue{}, false, sqlerr.New(sqlerr.InvalidParameterValue, "invalid JSON path: %q", path)
	}
	if !json.Valid([]byte(a[0].S)) {
		return jsonValue{}, false, nil
	}
	v, ok := jsonOf([]byte(a[0].S)), true
	rest, found := strings.CutPrefix(path, "$")
	if !found {
		rest = "." + path
	}
	for rest != "" && ok {
		var key string
		switch {
		case strings.HasPrefix(rest, "["):
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return bad()
			}
			key, rest = strings.Trim(rest[1:end], `"'`), rest[end+1:]
		case rest[0] == '.':
			rest = rest[1:]
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			key, rest = strings.Trim(rest[:end], `"`), rest[end:]
		default:
			return bad()
		}
		if key == "" || key == "*" {
			return bad()
		}
		v, ok = v.get(key)
	}
	return v, ok, nil
}

func toJSON(c *Call, a []schema.Value) (schema.Value, error) {
	if !a[0].Valid {
		return nullOf(c)
	}
	return schema.StringValue(c.Type, string(a[0].AppendJSON(nil, c.Env.Location))), nil
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
	return schema.StringValue(c.Type, string(append(out, '}'))), nil
}

func buildArray(c *Call, a []schema.Value) (schema.Value, error) {
	out := []byte{'['}
	for i, v := range a {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = v.AppendJSON(out, c.Env.Location)
	}
	return schema.StringValue(c.Type, string(append(out, ']'))), nil
}
