package conntest

import (
	"slices"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

func (x *suite) all() []int {
	out := make([]int, len(x.Source.Columns))
	for i := range out {
		out[i] = i
	}
	return out
}

// want returns the columns of the rows for which all conditions hold.
func (x *suite) want(columns []int, keep func(row []schema.Value) bool) []string {
	out := []string{}
	for _, row := range x.Rows {
		if keep != nil && !keep(row) {
			continue
		}
		part := make([]schema.Value, len(columns))
		for i, c := range columns {
			part[i] = row[c]
		}
		out = append(out, rowText(part))
	}
	return out
}

func (x *suite) fullScan(t *testing.T) {
	for _, batch := range []int{0, 1, 3} {
		s := x.begin(t, batch)
		req := connectors.ScanRequest{Columns: x.all()}
		sc := s.scan(req)
		got, err := s.read(req, sc)
		if err != nil {
			t.Fatal(err)
		}
		s.expect("full scan", got, x.want(req.Columns, nil))
		if e := sc.Estimate(); e.Rows < 0 && e.Rows != -1 {
			t.Errorf("estimate %+v", e)
		}
		for _, p := range sc.Explain() {
			if p.Name == "" || p.Value == "" {
				t.Errorf("explain %+v", p)
			}
		}
	}
}

func (x *suite) projections(t *testing.T) {
	n := len(x.Source.Columns)
	sets := [][]int{{n - 1}, {0}, {n - 1, 0}}
	reversed := x.all()
	slices.Reverse(reversed)
	for _, columns := range append(sets, reversed) {
		s := x.begin(t, 0)
		req := connectors.ScanRequest{Columns: columns}
		got, err := s.read(req, s.scan(req))
		if err != nil {
			t.Fatal(err)
		}
		s.expect("projection", got, x.want(columns, nil))
	}
}

func (x *suite) noColumns(t *testing.T) {
	s := x.begin(t, 0)
	req := connectors.ScanRequest{}
	got, err := s.read(req, s.scan(req))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(x.Rows) {
		t.Errorf("%d rows, want %d", len(got), len(x.Rows))
	}
}

// filtered reads with filters, applies those again whose verdict is not Exact, and compares.
func (x *suite) filtered(t *testing.T, filters []connectors.Filter, conds []condition) {
	t.Helper()
	s := x.begin(t, 0)
	req := connectors.ScanRequest{Columns: x.all(), Filters: filters}
	sc := s.scan(req)
	got, err := s.read(req, sc)
	if err != nil {
		t.Errorf("%s: %v", filters[0].Text, err)
		return
	}
	passes := func(row []schema.Value, which func(connectors.Verdict) bool) bool {
		for i, f := range filters {
			if !which(sc.Verdicts()[i]) {
				continue
			}
			values := make([]schema.Value, len(f.Columns))
			for k, c := range f.Columns {
				values[k] = row[c]
			}
			if ok, err := conds[i](values); err != nil || !ok {
				return false
			}
		}
		return true
	}
	again := map[string]bool{} // rows that pass what the engine would apply
	for _, row := range x.Rows {
		if passes(row, func(v connectors.Verdict) bool { return v != connectors.Exact }) {
			again[rowText(row)] = true
		}
	}
	got = slices.DeleteFunc(got, func(r string) bool { return !again[r] })
	want := x.want(req.Columns, func(row []schema.Value) bool {
		return passes(row, func(connectors.Verdict) bool { return true })
	})
	s.expect(filters[0].Text, got, want)
}
