package testneeds

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder stands in for a test and remembers how it was ended.
type recorder struct {
	testing.TB
	skipped, failed bool
	format          string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, _ ...any) { r.skipped, r.format = true, format }

func (r *recorder) Fatalf(format string, _ ...any) { r.failed, r.format = true, format }

func TestMissingSkipsOnADevelopersMachine(t *testing.T) {
	t.Setenv(RequireVariable, "")
	var r recorder
	Missing(&r, "thing", "install thing")
	if !r.skipped || r.failed {
		t.Fatalf("skipped=%v failed=%v, want a skip", r.skipped, r.failed)
	}
}

func TestMissingFailsWhenRequired(t *testing.T) {
	t.Setenv(RequireVariable, "1")
	var r recorder
	Missing(&r, "thing", "install thing")
	if r.skipped || !r.failed {
		t.Fatalf("skipped=%v failed=%v, want a failure", r.skipped, r.failed)
	}
	if !strings.Contains(r.format, "missing") {
		t.Fatalf("message %q does not say that something is missing", r.format)
	}
}

func TestFindTakesTheNewestMatchingFolder(t *testing.T) {
	file := "tarn-no-such-program"
	if runtime.GOOS == "windows" {
		file += ".exe" // what makes a program there
	}
	root := t.TempDir()
	for _, version := range []string{"14", "15"} {
		folder := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, file), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, ok := Find("tarn-no-such-program", filepath.Join(root, "*", "bin"))
	want := filepath.Join(root, "15", "bin", file)
	if !ok || got != want {
		t.Fatalf("Find = %q, %v; want %q", got, ok, want)
	}
	if _, ok := Find("tarn-no-such-program"); ok {
		t.Fatal("found a program outside the folders given")
	}
}
