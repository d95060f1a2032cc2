package parser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// seeds returns the statements of the datadriven files.
func seeds(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			if input, _, ok := strings.Cut(block, "\n----"); ok {
				_, sql, _ := strings.Cut(input, "\n")
				list = append(list, sql)
			}
		}
	}
	return list
}

// FuzzParse holds three properties of any text: parsing does not panic and its errors are *sqlerr.Error, formatting a
// tree gives a text that parses, and formatting the tree of that text gives the same text.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		list, err := parser.Parse(sql)
		if err != nil {
			if sqlerr.As(err) == nil {
				t.Fatalf("error without SQLSTATE: %v", err)
			}
			return
		}
		for _, s := range list {
			checkFixedPoint(t, s.Statement)
		}
		if _, err := parser.Split(sql); err != nil {
			t.Fatalf("a text that parses does not split: %v", err)
		}
	})
}

func checkFixedPoint(t *testing.T, s parser.Statement) {
	t.Helper()
	first := parser.Format(s)
	again, err := parser.ParseOne(first)
	if err != nil {
		t.Fatalf("formatted text does not parse: %v\n%s", err, first)
	}
	if second := parser.Format(again.Statement); second != first {
		t.Fatalf("format is no fixed point:\n%s\n%s", first, second)
	}
	if diff := difference(reflect.ValueOf(s), reflect.ValueOf(again.Statement)); diff != "" {
		t.Fatalf("formatting changed the tree: %s\n%s", diff, first)
	}
}

// difference returns the path of the first field in which two trees differ, and what it holds in each; "" for equal trees. Places
// and texts as written differ by nature, and a nil list is an empty one.
func difference(a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Sprintf(": %v and %v", a, b)
	}
	if !a.IsValid() {
		return ""
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			return fmt.Sprintf(": %v and %v", a, b)
		}
		return difference(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return fmt.Sprintf(": %d and %d items", a.Len(), b.Len())
		}
		for i := range a.Len() {
			if diff := difference(a.Index(i), b.Index(i)); diff != "" {
				return fmt.Sprintf("[%d]%s", i, diff)
			}
		}
	case reflect.Struct:
		return fieldDifference(a, b)
	default:
		if a.Type() != reflect.TypeFor[parser.Loc]() && !a.Equal(b) {
			return fmt.Sprintf(": %#v and %#v", a, b)
		}
	}
	return ""
}

func fieldDifference(a, b reflect.Value) string {
	of := a.Type()
	for i := range of.NumField() {
		name := of.Field(i).Name
		// The text of a prepared statement is as written, and constraints that are not kept have no text.
		if name == "Text" && (of.Name() == "Prepare" || of.Name() == "DeclareCursor") || name == "Constraints" {
			continue
		}
		if diff := difference(a.Field(i), b.Field(i)); diff != "" {
			return "." + name + diff
		}
	}
	return ""
}
