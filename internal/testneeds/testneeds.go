// Package testneeds holds the one rule for what a test does when something it needs is not on the machine.
//
// A test that needs another program or a data set runs when it is there and is skipped when it is not; the skip says
// what is missing and how to get it. Continuous integration installs everything and sets TARN_TEST_REQUIRE=1, which
// turns "missing" into a failure, so that nothing is skipped there unseen.
package testneeds

import (
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"testing"
)

// RequireVariable is the environment variable that, set to 1, makes a missing program or data set a test failure.
const RequireVariable = "TARN_TEST_REQUIRE"

// Required reports whether a missing program or data set must fail the test instead of skipping it.
func Required() bool { return os.Getenv(RequireVariable) == "1" }

// Missing ends the test: skipped, or failed when [Required] holds. The text what names the thing that is not there
// ("PostgreSQL's initdb"), and how says what the reader should run to have it ("apt-get install postgresql").
func Missing(t testing.TB, what, how string) {
	t.Helper()
	if Required() {
		t.Fatalf("%s is missing and %s=1 forbids skipping; to get it: %s", what, RequireVariable, how)
		return
	}
	t.Skipf("%s is missing; to run this test: %s", what, how)
}

// Program returns the path of an executable found in PATH or in one of the folders that match the globs, in that
// order; where a glob matches several folders the last in lexical order wins, which for folders named by version is
// the newest of equal width. When there is none it ends the test by the rule of [Missing].
func Program(t testing.TB, name, how string, globs ...string) string {
	t.Helper()
	if path, ok := Find(name, globs...); ok {
		return path
	}
	Missing(t, name, how)
	return ""
}

// Find is [Program] without the test: it reports whether the program was found.
func Find(name string, globs ...string) (string, bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, glob := range globs {
		folders, err := filepath.Glob(glob)
		if err != nil {
			continue
		}
		sort.Sort(sort.Reverse(sort.StringSlice(folders)))
		for _, folder := range folders {
			if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				return path, true
			}
		}
	}
	return "", false
}

// File returns path when it exists; otherwise it ends the test by the rule of [Missing].
func File(t testing.TB, path, how string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		Missing(t, path, how)
	}
	return path
}
