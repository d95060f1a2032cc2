package functions

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerJSONB declares the operators that only jsonb has, and what changes documents.
func registerJSONB(r *Registry) {
	r.operator("@>(jsonb, jsonb) boolean", strictValues(onTrees(func(_ *Call, a, b schema.JSONNode) (schema.Value, error) {
		return schema.BoolValue(jsonContains(a, b, true)), nil
	})), "contains")
	r.operator("<@(jsonb, jsonb) boolean", strictValues(onTrees(func(_ *Call, a, b schema.JSONNode) (schema.Value, error) {
		return schema.BoolValue(jsonContains(b, a, true)), nil
	})), "is contained in")
	r.operator("||(jsonb, jsonb) jsonb", strictValues(onTrees(func(c *Call, a, b schema.JSONNode) (schema.Value, error) {
		return treeResult(c, jsonConcat(a, b))
	})), "concatenation")
	r.operator("?(jsonb, text) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.BoolValue(hasKey(a[0].S, a[1].S)), nil
	}), "has a key")
	r.operator("?|(jsonb, text[]) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		for _, k := range a[1].Elems {
			if k.Valid && hasKey(a[0].S, k.S) {
				return schema.BoolValue(true), nil
			}
		}
		return schema.BoolValue(false), nil
	}), "has any of the keys")
	r.operator("?&(jsonb, text[]) boolean", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		for _, k := range a[1].Elems {
			if k.Valid && !hasKey(a[0].S, k.S) {
				return schema.BoolValue(false), nil
			}
		}
		return schema.BoolValue(true), nil
	}), "has all keys")
	for name, without := range map[string]func(n schema.JSONNode, arg schema.Value) (schema.JSONNode, error){
		"-(jsonb, text) jsonb": func(n schema.JSONNode, arg schema.Value) (schema.JSONNode, error) {
			return jsonWithout(n, []schema.Value{arg})
		},
		"-(jsonb, text[]) jsonb": func(n schema.JSONNode, arg schema.Value) (schema.JSONNode, error) { return jsonWithout(n, arg.Elems) },
		"-(jsonb, integer) jsonb": func(n schema.JSONNode, arg schema.Value) (schema.JSONNode, error) {
			if n.Kind != schema.JSONArray {
				return n, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from object using integer index")
			}
			return removeAt(n, placeOf(n, int(arg.I))), nil
		},
		"#-(jsonb, text[]) jsonb": func(n schema.JSONNode, arg schema.Value) (schema.JSONNode, error) {
			return changeAt(n, arg.Elems, func(parent schema.JSONNode, at int, _ string) (schema.JSONNode, error) {
				return removeAt(parent, at), nil
			})
		},
	} {
		r.operator(name, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			n, err := schema.ParseJSON(a[0].S)
			if err != nil {
				return a[0], err
			}
			if n, err = without(n, a[1]); err != nil {
				return a[0], err
			}
			return treeResult(c, n)
		}), "without a member")
	}
	r.strict("jsonb_set(jsonb, text[], jsonb, boolean?) jsonb", strictValues(jsonSet), "")
	r.strict("jsonb_insert(jsonb, text[], jsonb, boolean?) jsonb", strictValues(jsonInsert), "")
	r.strict("jsonb_pretty(jsonb) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		n, err := schema.ParseJSON(a[0].S)
		return schema.TextValue(string(prettyJSON(nil, n, 0))), err
	}), "")
	r.strict("jsonb_contains(jsonb, jsonb) boolean", strictValues(onTrees(func(_ *Call, a, b schema.JSONNode) (schema.Value, error) {
		return schema.BoolValue(jsonContains(a, b, true)), nil
	})), "")
}

func onTrees(f func(c *Call, a, b schema.JSONNode) (schema.Value, error)) func(c *Call, a []schema.Value) (schema.Value, error) {
	return func(c *Call, a []schema.Value) (schema.Value, error) {
		x, err := schema.ParseJSON(a[0].S)
		if err != nil {
			return a[0], err
		}
		y, err := schema.ParseJSON(a[1].S)
		if err != nil {
			return a[1], err
		}
		return f(c, x, y)
	}
}

func treeResult(c *Call, n schema.JSONNode) (schema.Value, error) {
	n, err := n.Normal()
	if err != nil {
		return schema.Value{}, err
	}
	out := n.Append(nil)
	if len(out) > maxText {
		return schema.Value{}, tooLong()
	}
	return schema.StringValue(c.Type, string(out)), nil
}

// hasKey reports whether an object has a key, an array a string, or a string is equal.
func hasKey(doc, key string) bool {
	v := jsonOf([]byte(doc))
	switch v.kind {
	case '{':
		_, ok := v.get(key)
		return ok
	case '"':
		return unquoteJSON(v.raw) == key
	}
	found := false
	v.each(func(_ []byte, m jsonValue) bool {
		found = m.kind == '"' && unquoteJSON(m.raw) == key
		return !found
	})
	return found
}

// jsonContains is jsonb's @>: an array contains a scalar at the top only.
func jsonContains(a, b schema.JSONNode, top bool) bool {
	if a.Kind != b.Kind {
		return top && a.Kind == schema.JSONArray && b.Kind != schema.JSONObject && hasItem(a, b)
	}
	switch a.Kind {
	case schema.JSONObject:
		for i, k := range b.Keys {
			at := keyPlace(a, k)
			if at < 0 || !jsonContains(a.Items[at], b.Items[i], false) {
				return false
			}
		}
		return true
	case schema.JSONArray:
		for _, item := range b.Items {
			if !hasItem(a, item) {
				return false
			}
		}
		return true
	}
	return equalJSON(a, b)
}

func hasItem(a, b schema.JSONNode) bool {
	for _, item := range a.Items {
		if item.Kind == b.Kind && jsonContains(item, b, false) {
			return true
		}
	}
	return false
}

func equalJSON(a, b schema.JSONNode) bool {
	if a.Kind != schema.JSONNumber {
		return a.Text == b.Text
	}
	plain := func(n schema.JSONNode) string {
		n, _ = n.Normal()
		if strings.Contains(n.Text, ".") {
			return strings.TrimRight(strings.TrimRight(n.Text, "0"), ".")
		}
		return n.Text
	}
	return plain(a) == plain(b)
}

func keyPlace(n schema.JSONNode, key string) int {
	for i := len(n.Keys) - 1; i >= 0; i-- {
		if n.Keys[i] == key {
			return i
		}
	}
	return -1
}

// placeOf turns an index that may count from the end into a place, -1 for none.
func placeOf(n schema.JSONNode, i int) int {
	if i < 0 {
		i += len(n.Items)
	}
	if i < 0 || i >= len(n.Items) {
		return -1
	}
	return i
}

func jsonConcat(a, b schema.JSONNode) schema.JSONNode {
	if a.Kind == schema.JSONObject && b.Kind == schema.JSONObject {
		return schema.JSONNode{Kind: schema.JSONObject, Keys: append(append([]string{}, a.Keys...), b.Keys...), Items: append(append([]schema.JSONNode{}, a.Items...), b.Items...)}
	}
	out := schema.JSONNode{Kind: schema.JSONArray}
	for _, n := range []schema.JSONNode{a, b} {
		if n.Kind == schema.JSONArray {
			out.Items = append(out.Items, n.Items...)
		} else {
			out.Items = append(out.Items, n)
		}
	}
	return out
}

func jsonWithout(n schema.JSONNode, keys []schema.Value) (schema.JSONNode, error) {
	if n.Kind != schema.JSONObject && n.Kind != schema.JSONArray {
		return n, sqlerr.New(sqlerr.InvalidParameterValue, "cannot delete from scalar")
	}
	out := schema.JSONNode{Kind: n.Kind}
	for i, item := range n.Items {
		name, named := item.Text, item.Kind == schema.JSONText
		if n.Kind == schema.JSONObject {
			name, named = n.Keys[i], true
		}
		drop := false
		for _, k := range keys {
			drop = drop || named && k.Valid && k.S == name
		}
		if drop {
			continue
		}
		if out.Items = append(out.Items, item); n.Kind == schema.JSONObject {
			out.Keys = append(out.Keys, name)
		}
	}
	return out, nil
}

func removeAt(n schema.JSONNode, at int) schema.JSONNode {
	if at < 0 {
		return n
	}
	n.Items = append(append([]schema.JSONNode{}, n.Items[:at]...), n.Items[at+1:]...)
	if n.Kind == schema.JSONObject {
		n.Keys = append(append([]string{}, n.Keys[:at]...), n.Keys[at+1:]...)
	}
	return n
}

// changeAt replaces the container of the last key of a path by what f makes of it; at is the place of the key, -1 when it is not
// there. A path that leads nowhere changes nothing.
func changeAt(n schema.JSONNode, path []schema.Value, f func(parent schema.JSONNode, at int, key string) (schema.JSONNode, error)) (schema.JSONNode, error) {
	if len(path) == 0 || n.Kind != schema.JSONObject && n.Kind != schema.JSONArray {
		return n, nil
	}
	key := path[0].S
	var at int
	if n.Kind == schema.JSONObject {
		at = keyPlace(n, key)
	} else {
		i, err := strconv.Atoi(key)
		if err != nil {
			return n, sqlerr.New(sqlerr.InvalidTextRepresent, "path element at position %d is not an integer: %q", 1, key)
		}
		at = placeOf(n, i)
	}
	if len(path) == 1 {
		return f(n, at, key)
	}
	if at < 0 {
		return n, nil
	}
	item, err := changeAt(n.Items[at], path[1:], f)
	if err != nil {
		return n, err
	}
	n.Items = append([]schema.JSONNode{}, n.Items...)
	n.Items[at] = item
	return n, nil
}

func jsonSet(c *Call, a []schema.Value) (schema.Value, error) {
	create := len(a) < 4 || a[3].Bool()
	return onTrees(func(c *Call, n, item schema.JSONNode) (schema.Value, error) {
		out, err := changeAt(n, a[1].Elems, func(p schema.JSONNode, at int, key string) (schema.JSONNode, error) {
			switch {
			case at >= 0:
				p.Items = append([]schema.JSONNode{}, p.Items...)
				p.Items[at] = item
			case create:
				p = addItem(p, key, item)
			}
			return p, nil
		})
		if err != nil {
			return a[0], err
		}
		return treeResult(c, out)
	})(c, []schema.Value{a[0], a[2]})
}

// addItem adds a member that is not there: to an array at its end, or at its start for an index before it.
func addItem(p schema.JSONNode, key string, item schema.JSONNode) schema.JSONNode {
	if p.Kind == schema.JSONObject {
		p.Keys = append(append([]string{}, p.Keys...), key)
	}
	if p.Kind == schema.JSONArray && strings.HasPrefix(key, "-") {
		p.Items = append([]schema.JSONNode{item}, p.Items...)
		return p
	}
	p.Items = append(append([]schema.JSONNode{}, p.Items...), item)
	return p
}

func jsonInsert(c *Call, a []schema.Value) (schema.Value, error) {
	after := len(a) > 3 && a[3].Bool()
	return onTrees(func(c *Call, n, item schema.JSONNode) (schema.Value, error) {
		out, err := changeAt(n, a[1].Elems, func(p schema.JSONNode, at int, key string) (schema.JSONNode, error) {
			switch {
			case at < 0:
				return addItem(p, key, item), nil
			case p.Kind == schema.JSONObject:
				return p, sqlerr.New(sqlerr.InvalidParameterValue, "cannot replace existing key")
			}
			if after {
				at++
			}
			items := append([]schema.JSONNode{}, p.Items[:at]...)
			p.Items = append(append(items, item), p.Items[at:]...)
			return p, nil
		})
		if err != nil {
			return a[0], err
		}
		return treeResult(c, out)
	})(c, []schema.Value{a[0], a[2]})
}

// stripNulls removes the members of objects that are null, at all depths.
func stripNulls(n schema.JSONNode) schema.JSONNode {
	out := schema.JSONNode{Kind: n.Kind, Text: n.Text}
	for i, item := range n.Items {
		if n.Kind == schema.JSONObject {
			if item.Kind == schema.JSONNull {
				continue
			}
			out.Keys = append(out.Keys, n.Keys[i])
		}
		out.Items = append(out.Items, stripNulls(item))
	}
	return out
}

func prettyJSON(dst []byte, n schema.JSONNode, indent int) []byte {
	if n.Kind != schema.JSONArray && n.Kind != schema.JSONObject {
		return n.Append(dst)
	}
	open, end := byte('['), byte(']')
	if n.Kind == schema.JSONObject {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	line := func(depth int) {
		dst = append(append(dst, '\n'), strings.Repeat("    ", depth)...)
	}
	for i, item := range n.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		line(indent + 1)
		if n.Kind == schema.JSONObject {
			dst = append(schema.AppendJSONString(dst, n.Keys[i]), ": "...)
		}
		dst = prettyJSON(dst, item, indent+1)
	}
	line(indent)
	return append(dst, end)
}
