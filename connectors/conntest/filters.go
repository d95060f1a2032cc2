package conntest

import (
	"errors"
	"slices"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// samples returns a few distinct values of a column, ascending.
func (x *suite) samples(column int) []schema.Value {
	var all []schema.Value
	for _, row := range x.Rows {
		if row[column].Valid {
			all = append(all, row[column])
		}
	}
	slices.SortFunc(all, schema.Value.Compare)
	all = slices.CompactFunc(all, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
	if len(all) <= 3 {
		return all
	}
	return []schema.Value{all[0], all[len(all)/2], all[len(all)-1]}
}

func isOrdered(t schema.Type) bool {
	p := t.Physical()
	return p != schema.PhysList && p != schema.PhysStruct && t.Kind != schema.JSON
}

func (x *suite) predicates(t *testing.T) {
	for i, col := range x.Source.Columns {
		ps := []connectors.Predicate{{Column: i, Op: connectors.IsNull}, {Column: i, Op: connectors.IsNotNull}}
		if isOrdered(col.Type) {
			values := x.samples(i)
			for _, v := range values {
				for op := connectors.Eq; op <= connectors.Ge; op++ {
					ps = append(ps, connectors.Predicate{Column: i, Op: op, Values: []schema.Value{v}})
				}
				if col.Type.IsString() {
					prefix := schema.StringValue(col.Type, v.S[:len(v.S)/2])
					ps = append(ps, connectors.Predicate{Column: i, Op: connectors.Prefix, Values: []schema.Value{prefix}})
				}
			}
			if len(values) > 0 {
				ps = append(ps, connectors.Predicate{Column: i, Op: connectors.In, Values: values})
			}
		}
		for _, p := range ps {
			f := where(p, col.Name)
			x.filtered(t, []connectors.Filter{f}, []condition{func(v []schema.Value) (bool, error) { return holds(p, v[0]), nil }})
		}
	}
}

// textSum is a condition that no predicate expresses.
func textSum(values []schema.Value) (bool, error) {
	sum := 0
	for _, v := range values {
		for _, c := range []byte(v.Literal()) {
			sum += int(c)
		}
	}
	return sum%3 != 0, nil
}

func (x *suite) opaqueFilters(t *testing.T) {
	n := len(x.Source.Columns)
	for _, columns := range [][]int{{0}, {n - 1}, x.all()} {
		x.filtered(t, []connectors.Filter{opaque("sum of all bytes", columns, textSum)}, []condition{textSum})
	}
	none := func([]schema.Value) (bool, error) { return false, nil }
	x.filtered(t, []connectors.Filter{opaque("nothing", []int{0}, none)}, []condition{none})
}

func (x *suite) conjunctions(t *testing.T) {
	n := len(x.Source.Columns)
	var filters []connectors.Filter
	var conds []condition
	for _, i := range []int{n - 1, 0} {
		p := connectors.Predicate{Column: i, Op: connectors.IsNotNull}
		filters = append(filters, where(p, x.Source.Columns[i].Name))
		conds = append(conds, func(v []schema.Value) (bool, error) { return holds(p, v[0]), nil })
	}
	filters = append(filters, opaque("sum of all bytes", x.all(), textSum))
	x.filtered(t, filters, append(conds, textSum))
}

var errBoom = errors.New("the filter fails")

// guardedFilters have a filter that fails for the rows that the one before it keeps away.
func (x *suite) guardedFilters(t *testing.T) {
	sum := func(v []schema.Value) (bool, error) { return textSum(v[:1]) }
	for _, first := range x.samples(0) {
		p := connectors.Predicate{Column: 0, Op: connectors.Eq, Values: []schema.Value{first}}
		guarded := func(v []schema.Value) (bool, error) {
			if ok, err := sum(v); !ok {
				return false, errors.Join(err, errBoom)
			}
			return holds(p, v[0]), nil
		}
		f := opaque("guarded", []int{0}, guarded)
		f.Predicates, f.MayFail = []connectors.Predicate{p}, true
		x.filtered(t, []connectors.Filter{opaque("guard", x.all(), sum), f}, []condition{sum, guarded})
	}
}

func (x *suite) failingFilters(t *testing.T) {
	for _, columns := range [][]int{{0}, {len(x.Source.Columns) - 1}, x.all()} {
		s := x.begin(t, 0)
		fails := func([]schema.Value) (bool, error) { return false, errBoom }
		req := connectors.ScanRequest{Columns: x.all(), Filters: []connectors.Filter{opaque("boom", columns, fails)}}
		sc := s.scan(req)
		if sc.Verdicts()[0] != connectors.Exact {
			continue // the engine applies it and fails
		}
		if _, err := s.read(req, sc); !errors.Is(err, errBoom) {
			t.Errorf("columns %v: %v, want the filter's error", columns, err)
		}
	}
}
