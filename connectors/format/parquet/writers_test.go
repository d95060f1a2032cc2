package parquet

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
)

// spelled is a value in the spelling of testdata/expected.txt, which was made by pyarrow from the same table as the
// files: brackets for lists, braces for rows, angle brackets for maps, times as microseconds.
func spelled(v schema.Value) string {
	if !v.Valid {
		return "NULL"
	}
	elems := func(sep func(i int) string) string {
		var b strings.Builder
		for i, e := range v.Elems {
			if i > 0 {
				b.WriteString(sep(i))
			}
			b.WriteString(spelled(e))
		}
		return b.String()
	}
	comma := func(int) string { return "," }
	switch v.Type.Kind {
	case schema.Boolean:
		return strconv.FormatBool(v.I != 0)
	case schema.Real, schema.Double:
		s := strconv.FormatFloat(v.F, 'g', -1, 64)
		if math.IsInf(v.F, 0) || math.IsNaN(v.F) {
			return v.Text()
		}
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case schema.Timestamp, schema.TimestampTZ, schema.Time:
		return strconv.FormatInt(v.I, 10)
	case schema.Array:
		return "[" + elems(comma) + "]"
	case schema.Row:
		return "{" + elems(comma) + "}"
	case schema.Map:
		return "<" + elems(func(i int) string { return ":,"[1-i%2 : 2-i%2] }) + ">"
	}
	return v.Text()
}

// The files hold one table of 50 rows, written by pyarrow (pages of both versions, page index, INT96, delta encodings,
// byte stream split, dictionaries that are given up), DuckDB (version 2, Zstandard) and Polars.
func TestFilesOfOtherWriters(t *testing.T) {
	expected, err := os.ReadFile("testdata/expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSuffix(string(expected), "\n"), "\n") {
		cells := strings.Split(line, "\t")
		want[cells[0]] = cells[1:]
	}
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for i, name := range files {
		shortTail(t, uint64(i))
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := stored(t, data)
		fields := fieldsOf(t, f)
		if len(fields) < 6 {
			t.Fatalf("%s has %d columns", name, len(fields))
		}
		for i, field := range fields {
			var got []string
			if err := scanBatches(request(fields, i), f, func(v schema.Value) { got = append(got, spelled(v)) }); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for r, w := range want[field.Name] {
				if r >= len(got) || got[r] != w && !sameNumber(got[r], w) {
					t.Errorf("%s, column %s: row %d of %d differs from %s", name, field.Name, r, len(got), w)
					break
				}
			}
		}
	}
}

// sameNumber forgives another form of an exponent.
func sameNumber(a, b string) bool {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
