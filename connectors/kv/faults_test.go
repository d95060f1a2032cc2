package kv_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/kv"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestStoresThatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(folder, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		properties map[string]string
		code       sqlerr.Code
	}{
		"no url":           {nil, sqlerr.InvalidParameterValue},
		"unknown property": {map[string]string{"path": folder}, sqlerr.UndefinedObject},
		"other scheme":     {map[string]string{"connection-url": "s3://bucket/x"}, sqlerr.InvalidParameterValue},
		"other host":       {map[string]string{"connection-url": "file://host/x"}, sqlerr.InvalidParameterValue},
		"missing":          {map[string]string{"connection-url": "file://" + folder + "/none"}, sqlerr.UndefinedFile},
		"a file":           {map[string]string{"connection-url": "file://" + file}, sqlerr.IOError},
		"an empty folder":  {map[string]string{"connection-url": "file://" + empty}, sqlerr.UndefinedFile},
	} {
		source, err := kv.OpenCatalog(t.Context(), "x", c.properties)
		if source != nil || !sqlerr.Is(err, c.code) {
			t.Errorf("%s: %v (%s), want SQLSTATE %s", name, err, sqlerr.CodeOf(err), c.code)
		}
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("opening left %v in the folder, %v", left, err)
	}
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	text := schema.Text
	key := []kv.KeyColumn{{Name: "id", Type: text}}
	for name, d := range map[string]kv.Definition{
		"no name":           {Key: key},
		"no key":            {Name: "t"},
		"a floating key":    {Name: "t", Key: []kv.KeyColumn{{Name: "id", Type: schema.T(schema.Double)}}},
		"a column twice":    {Name: "t", Key: key, Columns: []kv.CellColumn{{Name: "id", Type: text, Family: "f", Qualifier: "q"}}},
		"no family":         {Name: "t", Key: key, Columns: []kv.CellColumn{{Name: "a", Type: text, Qualifier: "q"}}},
		"a nested cell":     {Name: "t", Key: key, Columns: []kv.CellColumn{{Name: "a", Type: schema.ArrayOf(text), Family: "f", Qualifier: "q"}}},
		"a family as text":  {Name: "t", Key: key, Columns: []kv.CellColumn{{Name: "a", Type: text, Family: "f", Qualifier: "*"}}},
		"a zero in a name":  {Name: "t\x00u", Key: key},
		"a zero in a group": {Name: "t", Key: key, Columns: []kv.CellColumn{{Name: "a", Type: text, Family: "f\x00", Qualifier: "q"}}},
	} {
		store, err := kv.Open(filepath.Join(t.TempDir(), "store"), kv.Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.CreateTable(d); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}
