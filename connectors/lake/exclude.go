package lake

import (
	"encoding/json"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format/text"
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

// wrapFile names the table in an error, and adds how to leave out a file that cannot be read as what it should be.
func (t *Table) wrapFile(err error, f *file) error {
	e := sqlerr.As(err)
	if e == nil || e.Hint != "" || f == nil || !badContent(e.Code) {
		return t.wrap(err)
	}
	_ = e.WithHint("Write the file anew, or leave it out: ALTER TABLE %s SET TBLPROPERTIES ('%s' = '%s').", t.name.Schema+"."+t.name.Table,
		exclusionsProperty, hiveString.Replace(t.exclusionsWith(f)))
	return t.wrap(err)
}

// hiveString escapes a text for a string of Hive's DDL.
var hiveString = strings.NewReplacer("'", "''", `\`, `\\`)

// badContent says that the code is of a file whose bytes are not what its format asks for.
func badContent(c sqlerr.Code) bool { return c == sqlerr.DataCorrupted || c == text.BadRecord }

// exclusionsWith returns the property that excludes a file besides what it excludes now.
func (t *Table) exclusionsWith(f *file) string {
	var patterns []string
	_ = json.Unmarshal([]byte(t.def.Properties[exclusionsProperty]), &patterns) // the scan has read it
	url := f.Store.URL(f.Object.Key)
	if below, ok := strings.CutPrefix(url, slashed(t.def.Location)); ok {
		url = below
	}
	list, err := json.Marshal(append(patterns, glob.Escape(url)))
	if err != nil {
		return "[]" // strings always encode
	}
	return string(list)
}

func slashed(url string) string { return strings.TrimSuffix(url, "/") + "/" }

// match reports whether a file is excluded.
func (x exclusions) match(store objstore.Store, key string) bool {
	return len(x) > 0 && glob.Set(x).Match(store.URL(key))
}
