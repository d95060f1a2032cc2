package main

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// Each mistake of a user has a message that says what is wrong and where.
func TestMistakesOfAUserAreNamed(t *testing.T) {
	dir := t.TempDir()
	lake, data := filepath.Join(dir, "lake"), filepath.Join(dir, "data")
	config, wrong := filepath.Join(dir, "tarn.yaml"), filepath.Join(dir, "wrong.yaml")
	write(t, config, "storage: [{url: 'file://"+lake+"'}]\n")
	write(t, wrong, "limits:\n  memry: 1GB\n")
	write(t, filepath.Join(dir, "broken", "catalog.db"), strings.Repeat("this is a letter, not a database. ", 40))
	write(t, filepath.Join(lake, "t", "x.csv"), "1,2\n3,4,5\n")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	used, err := lockFolder(filepath.Join(dir, "used"))
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close() //nolint:errcheck // the test is over
	table := "create external table t (a int, b int) row format delimited fields terminated by ',' location 'file://" + lake + "/t/'; "
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"a missing configuration file", []string{"sql", "--config", "nowhere.yaml", "select 1"}, []string{"nowhere.yaml does not exist", "HINT:"}},
		{"an unknown key", []string{"sql", "--config", wrong, "select 1"}, []string{`wrong.yaml:2: unknown key "limits.memry"`, `did you mean "limits.memory"?`}},
		{"a catalog that is not one", []string{"sql", "--data", filepath.Join(dir, "broken"), "select 1"}, []string{"cannot open the catalog", "catalog.db", "not a database"}},
		{"a port in use", []string{"serve", "--data", data, "--listen", l.Addr().String()}, []string{l.Addr().String() + " is already in use", "--listen"}},
		{"a demo without days", []string{"demo", "--data", data, "--days", "0"}, []string{"--days must be at least 1, not 0"}},
		{"a demo without rows", []string{"demo", "--data", data, "--scale", "-1"}, []string{"--scale must be a number above 0"}},
		{"a demo that listens nowhere", []string{"demo", "--data", data, "--listen", "5433"}, []string{"--listen must be an address such as 127.0.0.1:5433"}},
		{"two demos in one folder", []string{"demo", "--data", filepath.Join(dir, "used"), "--sql", "select 1"}, []string{"another tarn demo uses the folder", "--data"}},
		{"a crawl of a folder that is not there", []string{"crawl", "--config", config, "--data", data, "file://" + lake + "-gone/"}, []string{"lake-gone"}},
		{"a crawl of nothing", []string{"crawl", "--data", data}, []string{"needs a place to crawl", "s3://bucket/prefix/"}},
		{"a row with too many fields", []string{"sql", "--config", config, "--data", data, table + "select * from t"},
			[]string{"the record has 3 fields, more than the 2 of table lake.public.t", "row 2 of", "x.csv"}},
	} {
		var out strings.Builder
		if code := run(context.Background(), c.args, streams{in: strings.NewReader(""), out: &out, err: &out}); code != 1 {
			t.Errorf("%s: code %d", c.name, code)
		}
		if strings.Count(out.String(), c.want[0]) > 1 {
			t.Errorf("%s: told more than once: %s", c.name, out.String())
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in %s", c.name, want, out.String())
			}
		}
	}
}
