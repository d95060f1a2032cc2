package slt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/internal/pgtest"
)

// verdict stands in for a test and collects its failures.
type verdict struct {
	testing.TB
	failures []string
}

func (v *verdict) Helper() {}

func (v *verdict) Errorf(format string, args ...any) {
	v.failures = append(v.failures, fmt.Sprintf(format, args...))
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	panic(v)
}

func (v *verdict) Fatal(args ...any) { v.Fatalf("%s", fmt.Sprint(args...)) }

// failuresOf runs a test body and returns what it reported.
func failuresOf(t *testing.T, body func(t testing.TB)) []string {
	v := &verdict{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(v) {
				panic(r)
			}
		}()
		body(v)
	}()
	return v.failures
}

func postgres(t *testing.T, mode Mode) Target {
	return Target{
		Name:    "postgresql",
		DSN:     pgtest.Start(t).NewDatabase(t).DSN,
		Mode:    mode,
		Configs: []string{"postgresql"},
		Vars:    map[string]string{"number": "41"},
	}
}

func TestFilesPassOnPostgreSQLInEveryMode(t *testing.T) {
	for _, path := range Files(t, "testdata/*.slt") {
		for _, mode := range []Mode{Simple, Extended, Binary} {
			t.Run(TestName(path)+"/"+mode.String(), func(t *testing.T) { Run(t, path, postgres(t, mode)) })
		}
	}
}

func TestFilesDoNotDifferBetweenEqualServers(t *testing.T) {
	for _, path := range Files(t, "testdata/*.slt") {
		t.Run(TestName(path), func(t *testing.T) {
			Compare(t, path, postgres(t, Simple), postgres(t, Extended), CompareOptions{Positions: true})
		})
	}
}

// write makes a file of the given text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.slt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunFindsWhatIsWrong(t *testing.T) {
	target := postgres(t, Simple)
	for name, c := range map[string]struct{ text, want string }{
		"value":        {"query I\nselect 1\n----\n2\n", "file.slt:1: wrong answer"},
		"order":        {"\nquery I\nvalues (2), (1)\n----\n1\n2\n", "file.slt:2: wrong answer"},
		"null":         {"query T\nselect 'NULL'\n----\nNULL\n", "wrong answer"},
		"missing row":  {"query I\nvalues (1), (2)\n----\n1\n", "first difference at row 2"},
		"type":         {"query T\nselect 1\n----\n1\n", "of type int4 (letter I), want letter T"},
		"columns":      {"query I\nselect 1, 2\n----\n1\n", "2 columns, want 1"},
		"name":         {"query I names\nselect 1 as a\n----\nb\n1\n", "wrong answer"},
		"oid":          {"query I oids\nselect 1 as a\n----\na:int8\n1\n", "wrong answer"},
		"float":        {"query F\nselect 0.1::float8\n----\n0.1001\n", "wrong answer"},
		"success":      {"statement error 22012\nselect 1\n", "succeeded (SELECT 1), want SQLSTATE 22012"},
		"other state":  {"statement error 42P01\nselect 1/0\n", "failed: SQLSTATE 22012: division by zero; want SQLSTATE 42P01"},
		"message":      {"statement error 22012 by one\nselect 1/0\n", "want a message that matches by one"},
		"failure":      {"statement ok\nselect x\n", "SQLSTATE 42703: column \"x\" does not exist; at character 8"},
		"query fails":  {"query I\nselect x\n----\n1\n", "SQLSTATE 42703"},
		"count":        {"statement count 2\nselect 1\n", "1 rows (SELECT 1), want 2"},
		"notice":       {"statement notice other\ndo 'begin raise notice $$read 1 of 2$$; end'\n", `notices ["read 1 of 2"], want one that matches other`},
		"label":        {"query I l\nselect 1\n----\n1\n\nquery I l\nselect 2\n----\n2\n", "file.slt:6: the answer differs from line 1's"},
		"bad row":      {"query T\nselect 'a'\n----\n\"a\n", "unfinished or wrong quoting"},
		"lost session": {"statement error *\nselect pg_terminate_backend(pg_backend_pid())\n\nstatement ok\nselect 1\n", "postgresql: no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.text)
			got := failuresOf(t, func(t testing.TB) { Run(t, path, target) })
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Fatalf("failures %q, want one with %q", got, c.want)
			}
		})
	}
}

func TestCompareFindsWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct{ left, right, query, want string }{
		"value":     {"select 1 as a", "select 2 as a", "query I", "values"},
		"name":      {"select 1 as a", "select 1 as b", "query I", `name of column 1: oracle "a", subject "b"`},
		"type":      {"select 1 as a", "select 1::bigint as a", "query I", "type of column 1 (a): oracle int4, subject int8"},
		"success":   {"select 1 as a", "select 1/(random()*0) as a", "query I", "outcome: oracle succeeded (SELECT 1); subject failed with SQLSTATE 22012"},
		"columns":   {"select 1 as a", "select 1 as a, 2 as b", "query I", "columns: oracle 1, subject 2"},
		"order":     {"values (1), (2)", "values (2), (1)", "query I", "values"},
		"set":       {"values (1), (2)", "values (2), (1)", "query I rowsort", ""},
		"float":     {"select 0.3::float8 as a", "select 0.1::float8 + 0.2::float8 as a", "query R", "values"},
		"tolerance": {"select 0.3::float8 as a", "select 0.1::float8 + 0.2::float8 as a", "query F", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := "onlyif l\nstatement ok\ncreate view v as " + c.left + "\n\nonlyif r\nstatement ok\ncreate view v as " + c.right +
				"\n\n" + c.query + "\ntable v\n----\n"
			path := write(t, text)
			left, right := postgres(t, Simple), postgres(t, Simple)
			left.Configs, right.Configs = []string{"l"}, []string{"r"}
			got := failuresOf(t, func(t testing.TB) { Compare(t, path, left, right, CompareOptions{}) })
			if c.want == "" && len(got) == 0 {
				return
			}
			if c.want == "" || len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Fatalf("differences %q, want %q", got, c.want)
			}
		})
	}
}

func TestRewriteWritesTheServersAnswers(t *testing.T) {
	text := `# kept
query ? rowsort oids
values (2), (1)
----
old

onlyif elsewhere
query I
not run
----
7

statement error 00000 zero
select 1/0
# the end`
	want := `# kept
query ? rowsort oids
values (2), (1)
----
column1:int4
1
2

onlyif elsewhere
query I
not run
----
7

statement error 22012 zero
select 1/0
# the end
`
	f, err := parse("x", strings.Replace(text, "\n# the end", "\n\n# the end", 1))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, file: f, session: newSession(t, postgres(t, Simple)), labels: map[string]labelled{}, rewrite: true}
	for _, rec := range f.records {
		if rec.applies(r.session.target.Configs) {
			r.record(rec)
		}
	}
	if got := f.rewritten(); got != strings.Replace(want, "\n# the end", "\n\n# the end", 1) {
		t.Fatalf("rewritten:\n%s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown":     {"select 1", `x:1: unknown record "select"`},
		"no sql":      {"statement ok\n\n", "x:1: a record without SQL"},
		"no rows":     {"query I\nselect 1\n", "x:2: a query needs the line ----"},
		"rows":        {"statement ok\nselect 1\n----\n1", "a statement has no expected rows"},
		"letters":     {"query Z\nselect 1\n----\n", `column types "Z"`},
		"state":       {"statement error abc\nselect", `"abc" is no SQLSTATE`},
		"pattern":     {"statement error 22012 (\nselect", "missing closing"},
		"count":       {"statement count many\nselect", `"many" is no row count`},
		"dangling":    {"onlyif a\n", "a condition without a record"},
		"bare onlyif": {"onlyif\n", "want: onlyif CONFIG..."},
		"extra":       {"query I rowsort names l x\nselect 1\n----\n", `unexpected "x"`},
		"connection":  {"connection\n", "want: connection NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("x", c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestNumericTextKeepsTheScale(t *testing.T) {
	for want, raw := range map[string][]byte{
		"0.00":     {0, 0, 0, 0, 0, 0, 0, 2},
		"12345.6":  {0, 3, 0, 1, 0, 0, 0, 1, 0, 1, 0x09, 0x29, 0x17, 0x70},
		"-0.0001":  {0, 1, 0xff, 0xff, 0x40, 0, 0, 4, 0, 1},
		"10000":    {0, 1, 0, 1, 0, 0, 0, 0, 0, 1},
		"NaN":      {0, 0, 0, 0, 0xC0, 0, 0, 0},
		"Infinity": {0, 0, 0, 0, 0xD0, 0, 0, 0},
	} {
		got, err := numericText(raw)
		if err != nil || got != want {
			t.Errorf("numericText(%x) = %q, %v; want %q", raw, got, err, want)
		}
	}
	for _, raw := range [][]byte{nil, {0, 1}, {0, 2, 0, 0, 0, 0, 0, 0, 0, 1}} {
		if got, err := numericText(raw); err == nil {
			t.Errorf("numericText(%x) = %q, want an error", raw, got)
		}
	}
}

// FuzzRow checks that every row that is written is read back the same.
func FuzzRow(f *testing.F) {
	f.Add("a", "b", false)
	f.Add("", "NULL", true)
	f.Add(" x|y ", "\"\\\n", false)
	f.Add("()", "\xff", false)
	f.Fuzz(func(t *testing.T, a, b string, null bool) {
		row := []Cell{{Text: a}, {Text: b}, {Null: null}}
		line := formatRow(row)
		if strings.ContainsAny(line, "\n\r") {
			t.Fatalf("row %q is more than a line", line)
		}
		back, err := parseRow(line)
		if err != nil {
			t.Fatalf("parse %q: %v", line, err)
		}
		if formatRow(back) != line || len(back) != 3 || back[0] != row[0] || back[1] != row[1] {
			t.Fatalf("row %q is read back as %q", line, back)
		}
	})
}

// FuzzParse checks that no text makes the parser fail other than by an error, and that a file that is not changed is
// written as it was.
func FuzzParse(f *testing.F) {
	for _, path := range Files(f, "testdata/*.slt") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parse("x", text)
		if err != nil {
			return
		}
		again, err := parse("x", parsed.rewritten())
		if err != nil {
			t.Fatalf("a rewritten file does not parse: %v\n%q", err, parsed.rewritten())
		}
		if again.rewritten() != parsed.rewritten() {
			t.Fatalf("rewriting is not stable:\n%q\n%q", parsed.rewritten(), again.rewritten())
		}
		for i, rec := range parsed.records {
			if len(again.records) <= i || again.records[i].sql != rec.sql {
				t.Fatalf("record %d changed", i)
			}
		}
	})
}
