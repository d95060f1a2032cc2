package schema

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
)

// CompareJSON orders two documents as PostgreSQL orders jsonb: objects after arrays, then booleans, numbers, strings and null,
// an empty array before all; arrays and objects by their number of items first. Text that is no document comes by its bytes.
func CompareJSON(a, b string) int {
	if a == b {
		return 0
	}
	x, errA := ParseJSON(a)
	y, errB := ParseJSON(b)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	return x.compare(y, true)
}

// JSONKey returns a text that is the same for documents that CompareJSON finds equal: jsonb whose numbers have no zeros behind
// their digits.
func JSONKey(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	n, err := ParseJSON(s)
	if err != nil {
		return s
	}
	n.trimNumbers()
	return string(n.Append(nil))
}

func (n *JSONNode) trimNumbers() {
	if n.Kind == JSONNumber && strings.Contains(n.Text, ".") {
		n.Text = strings.TrimSuffix(strings.TrimRight(n.Text, "0"), ".")
	}
	for i := range n.Items {
		n.Items[i].trimNumbers()
	}
}

// jsonRank is the place of each kind in the order.
var jsonRank = [...]int{JSONNull: 0, JSONText: 1, JSONNumber: 2, JSONFalse: 3, JSONTrue: 3, JSONArray: 4, JSONObject: 5}

func (n JSONNode) compare(o JSONNode, outermost bool) int {
	if rn, ro := n.rank(outermost), o.rank(outermost); rn != ro {
		return cmp.Compare(rn, ro)
	}
	switch n.Kind {
	case JSONText:
		return strings.Compare(n.Text, o.Text)
	case JSONNumber:
		return compareJSONNumbers(n.Text, o.Text)
	case JSONFalse, JSONTrue:
		return cmp.Compare(n.Kind, o.Kind)
	case JSONArray:
		if c := cmp.Compare(len(n.Items), len(o.Items)); c != 0 {
			return c
		}
		return slices.CompareFunc(n.Items, o.Items, func(a, b JSONNode) int { return a.compare(b, false) })
	case JSONObject:
		return n.compareObjects(o)
	}
	return 0
}

// rank is the place of the node's kind. An empty array comes before everything, as it does in PostgreSQL by an old mistake, but
// only as the whole document.
func (n JSONNode) rank(outermost bool) int {
	if outermost && n.Kind == JSONArray && len(n.Items) == 0 {
		return -1
	}
	return jsonRank[n.Kind]
}

func (n JSONNode) compareObjects(o JSONNode) int {
	if c := cmp.Compare(len(n.Items), len(o.Items)); c != 0 {
		return c
	}
	for i, key := range n.Keys {
		if c := strings.Compare(key, o.Keys[i]); c != 0 {
			return c
		}
		if c := n.Items[i].compare(o.Items[i], false); c != 0 {
			return c
		}
	}
	return 0
}

func compareJSONNumbers(a, b string) int {
	if a == b {
		return 0
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return strings.Compare(a, b)
	}
	return x.Cmp(y)
}
