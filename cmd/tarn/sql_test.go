package main

import (
	"context"
	"strings"
	"testing"
)

// TestSeveralCommands gives --command several times, as psql takes it: all run, in one session, until one fails.
func TestSeveralCommands(t *testing.T) {
	var out strings.Builder
	args := []string{"sql", "--data", t.TempDir(), "-c", "set tarn.receipts = off -- quiet", "-c", "select 1 as a", "-c", "select 2 as b; select 3 as c", "-c", "select 1 / 0", "-c", "select 4 as d"}
	if code := run(context.Background(), args, streams{in: strings.NewReader(""), out: &out, err: &out}); code != 1 {
		t.Errorf("code %d", code)
	}
	const want = "SET\n a\n---\n 1\n(1 row)\n\n b\n---\n 2\n(1 row)\n\n c\n---\n 3\n(1 row)\n\nERROR:  division by zero\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
