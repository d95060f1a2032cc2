package json

import (
	"fmt"
	"strings"
	"testing"
)

// events is about 8 MB of web events.
func events() []byte {
	var b strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&b, `{"event_id":"%08x-aaaa","ts":"2026-06-%02dT%02d:%02d:%02d.%03dZ","user":{"id":%d,"country":"DE"},"kind":"page_view","path":"/products/%d","ms":%d.25,"ok":%t,"tags":["a","b%d"]}`+"\n",
			i, 1+i%28, i%24, i%60, i%59, i%1000, i*7%5000, i%300, i%900, i%2 == 0, i%9)
	}
	return []byte(b.String())
}

func BenchmarkRead(b *testing.B) {
	data := events()
	f := stored(b, "events.json", data)
	for _, c := range []struct{ name, columns string }{
		{"OneColumn", "kind varchar"},
		{"Scalars", "event_id varchar; ts timestamp; kind varchar; path varchar; ms double; ok boolean"},
		{"Nested", "user row(id bigint, country varchar); tags array(varchar)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			r := request(b, c.columns)
			for b.Loop() {
				n, err := count(r, f)
				if err != nil || n != 40_000 {
					b.Fatal(n, err)
				}
			}
		})
	}
	b.Run("CountOnly", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		r := request(b, "kind varchar")
		r.Output = nil
		for b.Loop() {
			if n, err := count(r, f); err != nil || n != 40_000 {
				b.Fatal(n, err)
			}
		}
	})
}
