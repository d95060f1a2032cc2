package csv

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/tarnsql/tarn/connectors"
)

func BenchmarkRead(b *testing.B) {
	var data bytes.Buffer
	for i := range 200_000 {
		fmt.Fprintf(&data, "%d,customer-%d,%d.%02d,2024-%02d-%02d,2024-01-%02dT10:%02d:00Z,%s\n", i, i%1000, i%500, i%100, i%12+1, i%28+1, i%28+1, i%60,
			[]string{"new", "paid", "sent", "returned"}[i%4])
	}
	quoted := bytes.ReplaceAll(data.Bytes(), []byte(",paid\n"), []byte(",\"paid\"\n"))
	const fields = "id bigint; name varchar; price decimal(10,2); day date; at timestamp; state varchar"
	for _, c := range []struct {
		name   string
		data   []byte
		output []int
	}{
		{"all", data.Bytes(), []int{0, 1, 2, 3, 4, 5}},
		{"one", data.Bytes(), []int{2}},
		{"count", data.Bytes(), nil},
		{"quotes", quoted, []int{0, 1, 2, 3, 4, 5}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := fileOf(b, "f.csv", c.data)
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				r := request(fieldsOf(b, fields), comma)
				r.Output, r.Query.Workers = c.output, 1
				count(b, r.Metrics, func() error {
					splits, err := New().Splits(context.Background(), r, f)
					if err != nil {
						return err
					}
					x := New().NewReader(r)
					defer x.Close() //nolint:errcheck // nothing was written
					for _, s := range splits {
						if err := x.Assign(context.Background(), s); err != nil {
							return err
						}
						for {
							if _, err := x.Next(context.Background()); err != nil {
								break
							}
						}
					}
					return nil
				})
			}
		})
	}
}

func count(b *testing.B, m *connectors.Metrics, run func() error) {
	b.Helper()
	if err := run(); err != nil {
		b.Fatal(err)
	}
	if m.Rows.Load() != 200_000 {
		b.Fatalf("%d rows", m.Rows.Load())
	}
}
