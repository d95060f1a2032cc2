package kv_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/connectors/kv"
)

// fill makes a store with one table of the given rows and returns its folder.
func fill(t *testing.T, def kv.Definition, rows [][]schema.Value) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	store, err := kv.Open(path, kv.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CreateTable(def); err != nil {
		t.Fatal(err)
	}
	w, err := store.NewWriter(def.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Put(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *kv.Connector {
	t.Helper()
	c, err := kv.OpenCatalog(context.Background(), "kv", map[string]string{"connection-url": "file://" + filepath.ToSlash(path)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	k, ok := c.(*kv.Connector)
	if !ok {
		t.Fatalf("connector %T", c)
	}
	return k
}

// cellColumns are one cell of every type, in two families, and a family as a whole.
func cellColumns() []kv.CellColumn {
	return []kv.CellColumn{
		{Name: "flag", Type: schema.T(schema.Boolean), Family: "a", Qualifier: "flag"},
		{Name: "small", Type: schema.T(schema.SmallInt), Family: "a", Qualifier: "small"},
		{Name: "amount", Type: schema.DecimalOf(12, 2), Family: "b", Qualifier: "amount"},
		{Name: "ratio", Type: schema.T(schema.Double), Family: "b", Qualifier: "ratio"},
		{Name: "rest", Type: schema.MapOf(schema.Text, schema.Text), Family: "b", Qualifier: "*"},
		{Name: "at", Type: schema.T(schema.Timestamp), Family: "a", Qualifier: "at"},
		{Name: "note", Type: schema.Text, Family: "a", Qualifier: "note"},
	}
}

// cells returns the cells of row i; every fifth is NULL.
func cells(columns []kv.CellColumn, i int64) []schema.Value {
	pairs := []schema.Value{schema.TextValue("k"), schema.TextValue(fmt.Sprint(i))} //nolint:perfsprint // a test
	out := []schema.Value{
		schema.BoolValue(i%2 == 0), schema.IntValue(columns[1].Type, i-20), schema.IntValue(columns[2].Type, i*101-1000),
		schema.FloatValue(columns[3].Type, float64(i)/8-1), schema.NestedValue(columns[4].Type, pairs),
		schema.IntValue(columns[5].Type, 1_700_000_000_000_001+i), schema.TextValue(fmt.Sprintf("note\x00%d", i%3)),
	}
	if i%5 == 0 {
		k := i / 5 % int64(len(out))
		out[k] = schema.NullOf(columns[k].Type)
	}
	return out
}

// texts are keys whose bytes need escaping, or are a prefix of one another.
var texts = []string{"", "a", "a\x00", "a\x00\x01", "a\xc3\xbf", "ab", "b", "ü", "zz"}

func TestConformance(t *testing.T) {
	text, big, day := schema.Text, schema.T(schema.BigInt), schema.T(schema.Date)
	value := func(typ schema.Type, i int64) schema.Value {
		switch typ.Kind {
		case schema.Varchar:
			return schema.TextValue(texts[i%int64(len(texts))])
		case schema.Boolean:
			return schema.BoolValue(i%2 == 0)
		}
		return schema.IntValue(typ, i*7-100)
	}
	for name, key := range map[string][]kv.KeyColumn{
		"number":             {{Name: "id", Type: big}},
		"descending number":  {{Name: "id", Type: big, Descending: true}},
		"text and number":    {{Name: "name", Type: text}, {Name: "id", Type: big}},
		"descending text":    {{Name: "name", Type: text, Descending: true}, {Name: "day", Type: day}},
		"boolean, text, day": {{Name: "ok", Type: schema.T(schema.Boolean), Descending: true}, {Name: "name", Type: text}, {Name: "day", Type: day, Descending: true}},
	} {
		t.Run(name, func(t *testing.T) {
			def := kv.Definition{Name: "things", Key: key, Columns: cellColumns()}
			src := conntest.Source{Schema: "public", Table: "things"}
			for _, k := range key {
				src.Columns = append(src.Columns, schema.Column{Name: k.Name, Type: k.Type})
			}
			for _, c := range def.Columns {
				src.Columns = append(src.Columns, schema.Column{Name: c.Name, Type: c.Type})
			}
			for i := range int64(45) {
				var row []schema.Value
				for _, k := range key {
					row = append(row, value(k.Type, i))
				}
				src.Rows = append(src.Rows, append(row, cells(def.Columns, i)...))
			}
			src.Connector = open(t, fill(t, def, src.Rows))
			conntest.Run(t, src)
		})
	}
}
