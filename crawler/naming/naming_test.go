package naming

import (
	"strings"
	"testing"
)

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{
		"OrderID": "orderid", "unit price (€)": "unit_price", "2026": "_2026", "a-b--c": "a_b_c", "__x__": "__x__",
		"日本": "", "___": "", "": "", " lead": "lead", "ärger": "rger", strings.Repeat("x", 300): strings.Repeat("x", 128),
	} {
		if got := Normal(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if Column("日本", 3) != "col3" {
		t.Error("a name without letters is not numbered")
	}
}

func TestUniqueAndHashed(t *testing.T) {
	taken := map[string]bool{}
	if a, b, c := Unique("a", taken), Unique("a", taken), Unique("a", taken); a != "a" || b != "a_2" || c != "a_3" {
		t.Error(a, b, c)
	}
	if h := Hashed("t", "s3://b/x/"); len(h) != 10 || h != Hashed("t", "s3://b/x/") || h == Hashed("t", "s3://b/y/") {
		t.Error(h)
	}
}
