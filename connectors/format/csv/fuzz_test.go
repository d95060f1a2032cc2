package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"strings"
	"testing"
)

// FuzzRead compares with encoding/csv where both agree on the grammar: what it accepts strictly must give the same fields. Of
// everything else it only asks that reading ends, and that what is cut in pieces is what is read in one.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"a,b,c\n1,2,3\n", "\"a\"\"b\",c\n", "\"a\nb\",c\r\nd,e", "a,\"b", "\"a\"b,c\n", ",,\n", "\xef\xbb\xbfa\n", "a\"b,c\n", "\"\",\"\"\n"} {
		f.Add([]byte(s))
	}
	fields := fieldsOf(f, strings.TrimSuffix(strings.Repeat("x varchar; ", 8), "; "))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || len(data) > 1<<9 {
			return
		}
		cutsAgree(t, data)
		got, err := readAll(t, request(fields, comma), fileOf(t, "f.csv", data), 1)
		want, ok := oracle(data)
		if !ok {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for i := range got { // encoding/csv does not tell an empty field in quotes from one without
			got[i] = strings.ReplaceAll(got[i], "∅", "")
		}
		equal(t, got, want)
	})
}

// oracle reads with encoding/csv; ok is false where it refuses, or is known to differ.
func oracle(data []byte) (rows []string, ok bool) {
	for _, c := range data {
		if c >= 0x80 || c == '\r' || c < 0x20 && c != '\n' { // it drops CR before LF, also in quotes
			return nil, false
		}
	}
	r := stdcsv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		return nil, false
	}
	for _, rec := range records {
		if len(rec) > 8 {
			return nil, false
		}
		out := make([]string, 8)
		for i := range out {
			if i < len(rec) {
				out[i] = rec[i]
			}
		}
		rows = append(rows, strings.Join(out, "|"))
	}
	return rows, true
}

// cutsAgree checks that the cutter finds the same ends of records whether it sees the data at once or in part.
func cutsAgree(t *testing.T, data []byte) {
	t.Helper()
	x := syntaxOf(comma)
	full, _, err := (&cutter{syntax: x}).Cut(data, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i <= len(data); i++ {
		n, _, err := (&cutter{syntax: x}).Cut(data[:i], false)
		if err != nil {
			t.Fatal(err)
		}
		if n > full {
			t.Fatalf("%q: a record ends at %d of the first %d bytes, and none does of all", data, n, i)
		}
		rest, _, err := (&cutter{syntax: x}).Cut(data[n:], false)
		if err != nil {
			t.Fatal(err)
		}
		if n+rest != full {
			t.Fatalf("%q: cut at %d and then at %d, at once at %d", data, n, n+rest, full)
		}
	}
}
