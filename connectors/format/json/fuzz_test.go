package json

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/tarnsql/tarn/connectors/format/text"
)

// FuzzScanner compares what is valid with encoding/json.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,null,true],"b":"\u00e9\n"}`, `[]`, `{}`, `{"a":01}`, `"\ud800"`, `[1,]`, `-`, `1.`, "\"\t\"", `{"a" : 1 , "b":{}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scanner{data}
		i := s.blank(0)
		v, next, err := s.value(i, 0)
		valid := err == nil && s.blank(next) == len(data)
		if want := json.Valid(data); valid != want && depth(data) < maxDepth {
			t.Fatalf("%q: valid is %v, encoding/json says %v (%v)", data, valid, want, err)
		}
		if !valid || !v.Has(text.Quoted) || !utf8.Valid(data) {
			return
		}
		var want string
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if got := string(unescape(nil, v.In(data))); got != want {
			t.Fatalf("%q reads as %q, encoding/json says %q", data, got, want)
		}
	})
}

func depth(data []byte) (n int) {
	for _, c := range data {
		if c == '[' || c == '{' {
			n++
		}
	}
	return n
}

// FuzzCut checks that records are cut at the same places however much of a file is at hand.
func FuzzCut(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n{\"a\":2}\n"), 5)
	f.Add([]byte("[{\"a\":\"]\"},\n{\"b\":[1]}]"), 9)
	f.Add([]byte("{\n\"a\":1}{\"b\":\"}\"}"), 12)
	f.Add([]byte("{\n}100000"), 8)
	f.Fuzz(func(t *testing.T, data []byte, part int) {
		whole := &cutter{}
		skip, _, more, err := whole.Start(data, true)
		if err != nil || more {
			t.Fatalf("start: more %v, %v", more, err)
		}
		if skip > len(data) {
			t.Fatalf("skip %d of %d", skip, len(data))
		}
		_, want, err := whole.Cut(data[skip:], true)
		if err != nil {
			return
		}
		cut := &cutter{layout: whole.layout}
		rest, total := data[skip:], int64(0)
		for len(rest) > 0 {
			n, records, err := cut.Cut(rest[:min(len(rest), max(part, 1)%4096)], false)
			if err != nil && !errors.Is(err, errShort) {
				return // a part may look malformed only when the whole is, which Cut of the whole may not have reached
			}
			if n == 0 {
				break
			}
			rest, total = rest[n:], total+records
		}
		_, records, err := cut.Cut(rest, true)
		if err != nil || total+records != want {
			t.Fatalf("%q cut by %d: %d records, %v; whole: %d", data, part, total+records, err, want)
		}
	})
}
