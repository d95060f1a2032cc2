package sqlerr

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"statement_timeout", "search_path", "timezone", "price"}
	for name, want := range map[string]string{"statment_timeout": "statement_timeout", "pric": "price", "timezome": "timezone", "x": "", "xyzzyplugh": ""} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
