package slt

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/cockroachdb/datadriven" // defines the flag -rewrite
	"github.com/jackc/pgx/v5/pgconn"
)

// Target is a server to run files on, and how.
type Target struct {
	// Name tells targets apart in messages ("postgresql", "tarn").
	Name string
	// DSN is the connection string, in any form that pgconn reads. Ignored when Connect is set.
	DSN string
	// Connect opens a connection; nil connects by DSN.
	Connect func(ctx context.Context) (*pgconn.PgConn, error)
	// Mode is the protocol and value format to use.
	Mode Mode
	// Configs are the names that onlyif and skipif look at.
	Configs []string
	// Vars are the values of ${NAME} in SQL.
	Vars map[string]string
	// Setup are statements run on each new connection, for session settings that a configuration needs.
	Setup []string
	// Timeout bounds one record; 0 is two minutes.
	Timeout time.Duration
}

// maxFailures is how many records of one file may fail before the rest is left out.
const maxFailures = 20

// Run runs one file and fails the test where an answer is not the expected one. With the flag -rewrite it writes the
// answers into the file instead.
func Run(t testing.TB, path string, target Target) {
	t.Helper()
	f, err := readFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, file: f, session: newSession(t, target), labels: map[string]labelled{}}
	r.rewrite = rewriting() && target.Mode == Simple
	for _, rec := range f.records {
		if !rec.applies(target.Configs) {
			continue
		}
		r.record(rec)
		if r.failures >= maxFailures {
			t.Errorf("%s: more than %d records failed; the rest is left out", path, maxFailures-1)
			break
		}
	}
	if r.rewrite {
		if err := os.WriteFile(path, []byte(f.rewritten()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// RunFiles runs each file that matches the glob as a subtest named by the file, and fails when none does.
func RunFiles(t *testing.T, glob string, target Target) {
	t.Helper()
	for _, path := range Files(t, glob) {
		t.Run(TestName(path), func(t *testing.T) { Run(t, path, target) })
	}
}

// Files returns the files that match the glob and fails the test when there are none.
func Files(t testing.TB, glob string) []string {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("no file matches %s", glob)
	}
	return paths
}

// TestName is the name of a file's subtest.
func TestName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".slt") }

func rewriting() bool {
	f := flag.Lookup("rewrite")
	return f != nil && f.Value.String() == "true"
}

// runner runs the records of one file.
type runner struct {
	t        testing.TB
	file     *file
	session  *session
	labels   map[string]labelled
	rewrite  bool
	failures int
}

// labelled is the first answer to a query with a label.
type labelled struct {
	line int
	rows string
}

func (r *runner) errorf(rec *record, format string, args ...any) {
	r.t.Helper()
	r.failures++
	r.t.Errorf("%s:%d: %s\n%s", r.file.path, rec.line, fmt.Sprintf(format, args...), indent(rec.sql))
}

func indent(s string) string { return "\t" + strings.ReplaceAll(s, "\n", "\n\t") }

func (r *runner) record(rec *record) {
	r.t.Helper()
	if rec.kind == connection {
		r.session.use(rec.name)
		return
	}
	result, err := r.session.run(rec.sql)
	if err != nil {
		r.t.Fatalf("%s:%d: %v\n%s", r.file.path, rec.line, err, indent(rec.sql))
	}
	switch rec.kind {
	case statementOK, statementCount, statementNotice:
		r.checkStatement(rec, result)
	case statementError:
		r.checkError(rec, result)
	case query:
		r.checkQuery(rec, result)
	}
}

func (r *runner) checkStatement(rec *record, result *Result) {
	r.t.Helper()
	if result.Err != nil {
		r.errorf(rec, "failed: %s", describe(result.Err))
		return
	}
	if rec.kind == statementCount && result.Tag.RowsAffected() != rec.count {
		r.errorf(rec, "%d rows (%s), want %d", result.Tag.RowsAffected(), result.Tag, rec.count)
	}
	if rec.kind == statementNotice && !slices.ContainsFunc(result.Notices, rec.message.MatchString) {
		r.errorf(rec, "notices %q, want one that matches %s", result.Notices, rec.message)
	}
}

func (r *runner) checkError(rec *record, result *Result) {
	r.t.Helper()
	if result.Err == nil {
		r.errorf(rec, "succeeded (%s), want SQLSTATE %s", result.Tag, rec.sqlState)
		return
	}
	if rec.sqlState != "*" && rec.sqlState != result.Err.Code {
		if r.rewrite {
			rec.sqlState = result.Err.Code
		} else {
			r.errorf(rec, "failed: %s; want SQLSTATE %s", describe(result.Err), rec.sqlState)
			return
		}
	}
	if rec.message == nil || rec.message.MatchString(result.Err.Message) {
		return
	}
	if r.rewrite {
		rec.message = regexp.MustCompile(regexp.QuoteMeta(result.Err.Message))
		return
	}
	r.errorf(rec, "failed: %s; want a message that matches %s", describe(result.Err), rec.message)
}

func (r *runner) checkQuery(rec *record, result *Result) {
	r.t.Helper()
	if result.Err != nil {
		r.errorf(rec, "failed: %s", describe(result.Err))
		return
	}
	got := answer(rec, result)
	r.checkLabel(rec, got)
	if r.rewrite {
		rec.types, rec.expected = rewrittenTypes(rec.types, result), got.lines()
		return
	}
	if problem := checkTypes(rec.types, result); problem != "" {
		r.errorf(rec, "%s", problem)
		return
	}
	want, err := expectation(rec, result, r.session.target.Mode)
	if err != nil {
		r.errorf(rec, "%v", err)
		return
	}
	if !got.equal(want, rec, result) {
		r.errorf(rec, "wrong answer\n%s", sideBySide(want.lines(), got.lines()))
	}
}

func (r *runner) checkLabel(rec *record, got rows) {
	r.t.Helper()
	if rec.label == "" {
		return
	}
	text := strings.Join(got.lines(), "\n")
	first, seen := r.labels[rec.label]
	if !seen {
		r.labels[rec.label] = labelled{line: rec.line, rows: text}
		return
	}
	if first.rows != text {
		r.errorf(rec, "the answer differs from line %d's with the same label %s\n%s", first.line, rec.label,
			sideBySide(strings.Split(first.rows, "\n"), got.lines()))
	}
}

func describe(e *pgconn.PgError) string {
	text := fmt.Sprintf("SQLSTATE %s: %s", e.Code, e.Message)
	if e.Detail != "" {
		text += "; detail: " + e.Detail
	}
	if e.Hint != "" {
		text += "; hint: " + e.Hint
	}
	if e.Position > 0 {
		text += fmt.Sprintf("; at character %d", e.Position)
	}
	return text
}

// rewritten is the text of the file with the records' present expectations.
func (f *file) rewritten() string {
	var out []string
	at := 0
	for _, rec := range f.records {
		if rec.kind != query && rec.kind != statementError {
			continue
		}
		out = append(out, f.lines[at:rec.line-1]...)
		out = append(out, rec.headerLine())
		at = rec.line
		if rec.kind == query {
			out = append(out, f.lines[at:rec.expectedFrom]...)
			out = append(out, rec.expected...)
			at = rec.expectedTo
		}
	}
	out = append(out, f.lines[at:]...)
	return strings.Join(out, "\n") + "\n"
}
