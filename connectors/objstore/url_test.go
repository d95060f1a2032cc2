package objstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestParseURL(t *testing.T) {
	for in, want := range map[string]string{
		"s3://b":                   "s3://b/",
		"s3://b/":                  "s3://b/",
		"s3://b/a/b/":              "s3://b/a/b/",
		"s3://b/a%20b//c":          "s3://b/a%20b//c",
		"S3A://b/k":                "s3://b/k",
		"s3n://b/k":                "s3://b/k",
		"file:///a/b":              "file:///a/b",
		"file:///a/b/":             "file:///a/b/",
		"file:/a/../c":             "file:///c",
		"file://localhost/a":       "file:///a",
		"file:///":                 "file:///",
		"mem://b/k":                "mem://b/k",
		"gs://b/k":                 "invalid",
		"b/k":                      "invalid",
		"":                         "invalid",
		"s3:b/k":                   "invalid",
		"s3:///k":                  "invalid",
		"s3://user:pw@b/k":         "invalid",
		"file://host/a":            "invalid",
		"file:a":                   "invalid",
		"http://127.0.0.1:9000/b/": "invalid",
	} {
		l, err := objstore.ParseURL(in)
		switch {
		case want == "invalid":
			if sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue || !strings.Contains(err.Error(), in) {
				t.Errorf("%q: %v, %v", in, l, err)
			}
		case err != nil || l.String() != want:
			t.Errorf("%q: %v, %v, want %s", in, l, err, want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("s3://b/k")
	f.Add("file:///a//b/../c/")
	f.Fuzz(func(t *testing.T, in string) {
		l, err := objstore.ParseURL(in)
		if err != nil {
			return
		}
		again, err := objstore.ParseURL(l.String())
		if err != nil || again != l {
			t.Errorf("%q: %+v, again %+v, %v", in, l, again, err)
		}
	})
}

func TestSetResolvesTheLongestRoot(t *testing.T) {
	ctx := context.Background()
	set, err := objstore.NewSet(ctx, objstore.Config{URL: "s3://", Endpoint: "http://127.0.0.1:1", Credentials: objstore.CredentialsConfig{Kind: "anonymous"}})
	if err != nil {
		t.Fatal(err)
	}
	defer set.CloseIdle()
	outer, inner := t.TempDir(), t.TempDir()
	a, b, mem := openDir(t, outer), openDir(t, inner), objstore.NewMemory("m")
	mustDo(t, set.Add("file:///data", a), set.Add("file:///data/inner/", b), set.Add("mem://m", mem))
	tests := []struct {
		url  string
		want objstore.Store
		key  string
	}{
		{"file:///data/x/y", a, "x/y"},
		{"file:///data/inner/y/", b, "y/"},
		{"file:///data/inner", b, ""},
		{"file:///data/inner2/y", a, "inner2/y"},
		{"mem://m/k", mem, "k"},
	}
	for _, test := range tests {
		s, key, err := set.Resolve(ctx, test.url)
		if err != nil || s != test.want || key != test.key {
			t.Errorf("%s: %q, %v", test.url, key, err)
		}
	}
	one, key, err := set.Resolve(ctx, "s3://any/where/x")
	if err != nil || key != "where/x" || one.URL("k") != "s3://any/k" {
		t.Errorf("%q, %v", key, err)
	}
	if two, _, _ := set.Resolve(ctx, "s3a://any/else"); two != one {
		t.Error("a bucket was opened twice")
	}
	for _, url := range []string{"file:///database/x", "file:///", "mem://other/k"} {
		if _, _, err := set.Resolve(ctx, url); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			t.Errorf("%s: %v", url, err)
		}
	}
}
