package parser_test

import (
	"os"
	"path/filepath"
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
	if a, b := again.Statement.Tag(), s.Tag(); a != b {
		t.Fatalf("tag changed from %s to %s: %s", b, a, first)
	}
}
