package jdbc

import (
	"maps"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// The properties of CREATE CATALOG, with Trino's names.
const (
	propURL      = "connection-url"
	propUser     = "connection-user"
	propPassword = "connection-password"
)

// checkProperties refuses unknown properties and demands the URL.
func checkProperties(connector string, given map[string]string, known ...string) error {
	for _, k := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(known, k) {
			continue
		}
		err := sqlerr.New(sqlerr.UndefinedObject, "unknown property %q of connector %s", k, connector)
		if best := sqlerr.Nearest(k, known); best != "" {
			return err.WithHint("did you mean %q?", best)
		}
		return err.WithHint("its properties are %s", strings.Join(known, ", "))
	}
	if given[propURL] == "" {
		return sqlerr.New(sqlerr.InvalidParameterValue, "connector %s needs the property %q", connector, propURL)
	}
	return nil
}
