package lake

import (
	"encoding/json"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/glob"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// exclusionsProperty is the table property with patterns of files that are not the table's, a JSON list as Glue's crawlers
// write it. Patterns are URLs; one without a scheme is relative to the table's location.
const exclusionsProperty = "exclusions"

// exclusions are the patterns of a table; none exclude nothing.
type exclusions glob.Set

// exclusionsOf reads the property.
func exclusionsOf(t *catalog.Table) (exclusions, error) {
	text := t.Properties[exclusionsProperty]
	if text == "" {
		return nil, nil
	}
	var patterns []string
	if err := json.Unmarshal([]byte(text), &patterns); err != nil {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "property %q must be a JSON list of patterns: %w", exclusionsProperty, err)
	}
	for i, p := range patterns {
		if !strings.Contains(p, "://") {
			patterns[i] = glob.Escape(slashed(t.Location)) + p
		}
	}
	set, err := glob.CompileAll(patterns)
	if err != nil {
		return nil, sqlerr.New(sqlerr.CodeOf(err), "property %q: %w", exclusionsProperty, err)
	}
	return exclusions(set), nil
}

func slashed(url string) string { return strings.TrimSuffix(url, "/") + "/" }

// match reports whether a file is excluded.
func (x exclusions) match(store objstore.Store, key string) bool {
	return len(x) > 0 && glob.Set(x).Match(store.URL(key))
}
