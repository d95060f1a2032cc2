package functions

import (
	"math"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerPercentiles declares the ordered-set aggregates (their last argument is the ordered one) and approx_percentile.
func registerPercentiles(r *Registry) {
	r.percentile("percentile_cont", schema.T(schema.Double), continuous)
	r.percentile("percentile_cont", schema.T(schema.Interval), continuous)
	r.percentile("percentile_disc", schema.Type{}, func(list []schema.Value, p float64) (schema.Value, error) {
		return list[max(int(math.Ceil(p*float64(len(list))))-1, 0)], nil
	})
	r.collect("mode(any) any", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		slices.SortStableFunc(rows, func(a, b []schema.Value) int { return a[0].Compare(b[0]) })
		best, count, run := schema.NullOf(c.Typ), 0, 0
		for i, row := range rows {
			if i > 0 && rows[i-1][0].Compare(row[0]) == 0 {
				run++
			} else {
				run = 1
			}
			if run > count {
				best, count = row[0], run
			}
		}
		return best, nil
	}, "the most frequent value")
	o := r.collect("approx_percentile(any, double) any", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		if len(rows) == 0 {
			return schema.NullOf(c.Typ), nil
		}
		slices.SortStableFunc(rows, func(a, b []schema.Value) int { return a[0].Compare(b[0]) })
		p := rows[0][1].F
		if p < 0 || p > 1 {
			return rows[0][1], sqlerr.New(sqlerr.InvalidParameterValue, "percentile must be between 0 and 1")
		}
		return rows[min(int(p*float64(len(rows))), len(rows)-1)][0], nil
	}, "percentile, exact")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || !args[0].Type.IsNumeric() {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type, schema.T(schema.Double)}, Result: args[0].Type}, true
	}
}

// percentile declares an ordered-set aggregate of one fraction, or of an array of them; of any type when of is unknown. Of empty
// groups, and for a fraction that is NULL, it is NULL.
func (r *Registry) percentile(name string, of schema.Type, at func(list []schema.Value, p float64) (schema.Value, error)) {
	for _, many := range []bool{false, true} {
		fraction := schema.T(schema.Double)
		if many {
			fraction = schema.ArrayOf(fraction)
		}
		o := r.collect(name+"(double, any) any", false, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
			list := orderedValues(c, rows)
			if len(list) == 0 || !rows[0][0].Valid {
				return schema.NullOf(c.Typ), checkFractions(rows)
			}
			if !many {
				return percentileAt(list, rows[0][0], at)
			}
			var out []schema.Value
			for _, p := range rows[0][0].Elems {
				v, err := percentileAt(list, p, at)
				if err != nil {
					return v, err
				}
				out = append(out, v)
			}
			return schema.NestedValue(c.Typ, out), nil
		}, "the value at a share of the ordered rows")
		o.params[0] = param{typ: fraction}
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 || (args[0].Type.Kind == schema.Array) != many {
				return nil, false
			}
			t := decided(args[1].Type)
			switch _, ok := implicitCost(t, of); {
			case of.Kind == schema.Interval && t.Kind != schema.Interval, of.Kind == schema.Double && !ok:
				return nil, false
			case of.Kind != schema.Unknown:
				t = of
			}
			res := &expr.Resolved{Args: []schema.Type{fraction, t}, Result: t}
			if many {
				res.Result = schema.ArrayOf(t)
			}
			return res, true
		}
	}
}

func percentileAt(list []schema.Value, p schema.Value, at func([]schema.Value, float64) (schema.Value, error)) (schema.Value, error) {
	if !p.Valid {
		return schema.NullOf(list[0].Type), nil
	}
	if err := checkFraction(p.F); err != nil {
		return p, err
	}
	return at(list, p.F)
}

// checkFractions checks the fraction of a group without values.
func checkFractions(rows [][]schema.Value) error {
	if len(rows) == 0 || !rows[0][0].Valid || rows[0][0].Type.Kind == schema.Array {
		return nil
	}
	return checkFraction(rows[0][0].F)
}

func checkFraction(p float64) error {
	if p < 0 || p > 1 || math.IsNaN(p) {
		return sqlerr.New(sqlerr.NumericOutOfRange, "percentile value %g is not between 0 and 1", p)
	}
	return nil
}

// continuous interpolates between the two values next to the share.
func continuous(list []schema.Value, p float64) (schema.Value, error) {
	at := p * float64(len(list)-1)
	lo, hi, share := list[int(math.Floor(at))], list[int(math.Ceil(at))], at-math.Floor(at)
	if lo.Type.Kind != schema.Interval {
		return schema.FloatValue(lo.Type, lo.F+(hi.F-lo.F)*share), nil
	}
	span, err := addIntervals(hi.Interval(), negInterval(lo.Interval()))
	if err != nil {
		return lo, err
	}
	if span, err = scaleInterval(span, share); err != nil {
		return lo, err
	}
	sum, err := addIntervals(lo.Interval(), span)
	return schema.IntervalOf(sum), err
}

// orderedValues are the values of the last argument that are not NULL, in the call's order.
func orderedValues(c *expr.AggregateCall, rows [][]schema.Value) []schema.Value {
	var out []schema.Value
	for _, row := range rows {
		if row[1].Valid {
			out = append(out, row[1])
		}
	}
	slices.SortStableFunc(out, schema.Value.Compare)
	if len(c.OrderBy) > 0 && c.OrderBy[0].Descending {
		slices.Reverse(out)
	}
	return out
}
