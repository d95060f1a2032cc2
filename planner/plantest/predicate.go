package plantest

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// Holds reports whether a value meets a predicate.
func Holds(p connectors.Predicate, v schema.Value) bool {
	switch {
	case p.Op == connectors.IsNull:
		return !v.Valid
	case p.Op == connectors.IsNotNull:
		return v.Valid
	case !v.Valid:
		return false
	case p.Op == connectors.In:
		for _, o := range p.Values {
			if v.Compare(o) == 0 {
				return true
			}
		}
		return false
	case p.Op == connectors.Prefix:
		return strings.HasPrefix(v.S, p.Values[0].S)
	}
	c := v.Compare(p.Values[0])
	return map[connectors.Op]bool{connectors.Eq: c == 0, connectors.Ne: c != 0, connectors.Lt: c < 0, connectors.Le: c <= 0,
		connectors.Gt: c > 0, connectors.Ge: c >= 0}[p.Op]
}
