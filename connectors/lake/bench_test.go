package lake_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// hourIs keeps the partitions of one hour, over whole columns as the engine's evaluator does.
type hourIs struct {
	hour int32
	out  []uint32
}

func (m *hourIs) Match(_ context.Context, cols []vector.Vector, _ int, sel []uint32) ([]uint32, error) {
	values := cols[0].(*vector.Flat[int32]).Values
	m.out = m.out[:0]
	for _, r := range sel {
		if values[r] == m.hour {
			m.out = append(m.out, r)
		}
	}
	return m.out, nil
}

// BenchmarkPlan chooses one of 87,600 hourly partitions and lists it.
func BenchmarkPlan(b *testing.B) {
	w := newWorld(b)
	var parts []string
	for h := range 87_600 {
		parts = append(parts, fmt.Sprintf("%d mem://b/t/%d/%d/", h, h/24, h%24))
	}
	w.csvTable("t", "a bigint", "hour integer", parts...)
	w.put("t/100/7/f", "1\n")
	for b.Loop() {
		s := w.statement("t")
		sc := s.scan("a", connectors.ScanRequest{Filters: []connectors.Filter{{
			Columns: []int{1}, Text: "hour", NewMatcher: func() connectors.Matcher { return &hourIs{hour: 2407} },
		}}})
		if property(sc, "Files") != "1" {
			b.Fatal(sc.Explain())
		}
	}
}
