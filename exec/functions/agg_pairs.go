package functions

import (
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// registerPairs declares the statistics of two columns.
func registerPairs(r *Registry) {
	type sums struct{ n, x, y, xx, yy, xy float64 }
	for name, f := range map[string]func(s sums) (float64, bool){
		"corr":           func(s sums) (float64, bool) { return s.xy / math.Sqrt(s.xx*s.yy), s.n > 0 && s.xx*s.yy > 0 },
		"covar_pop":      func(s sums) (float64, bool) { return s.xy / s.n, s.n > 0 },
		"covar_samp":     func(s sums) (float64, bool) { return s.xy / (s.n - 1), s.n > 1 },
		"regr_slope":     func(s sums) (float64, bool) { return s.xy / s.xx, s.n > 0 && s.xx > 0 },
		"regr_intercept": func(s sums) (float64, bool) { return (s.y - s.x*s.xy/s.xx) / s.n, s.n > 0 && s.xx > 0 },
		"regr_r2": func(s sums) (float64, bool) {
			if s.n > 0 && s.xx > 0 && s.yy == 0 {
				return 1, true
			}
			return s.xy * s.xy / (s.xx * s.yy), s.n > 0 && s.xx > 0
		},
		"regr_avgx": func(s sums) (float64, bool) { return s.x / s.n, s.n > 0 },
		"regr_avgy": func(s sums) (float64, bool) { return s.y / s.n, s.n > 0 },
		"regr_sxx":  func(s sums) (float64, bool) { return s.xx, s.n > 0 },
		"regr_syy":  func(s sums) (float64, bool) { return s.yy, s.n > 0 },
		"regr_sxy":  func(s sums) (float64, bool) { return s.xy, s.n > 0 },
	} {
		r.collect(name+"(double, double) double", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
			var s sums // y is the first argument, x the second; Youngs and Cramer's update, as of variances
			for _, row := range rows {
				if !row[1].Valid {
					continue
				}
				s.n++
				s.y += row[0].F
				s.x += row[1].F
				if s.n > 1 {
					dy, dx, scale := row[0].F*s.n-s.y, row[1].F*s.n-s.x, 1/(s.n*(s.n-1))
					s.xx, s.yy, s.xy = s.xx+dx*dx*scale, s.yy+dy*dy*scale, s.xy+dx*dy*scale
				}
			}
			if v, ok := f(s); ok {
				return schema.FloatValue(c.Typ, v), nil
			}
			return schema.NullOf(c.Typ), nil
		}, "")
	}
	r.collect("regr_count(double, double) bigint", true, func(c *expr.AggregateCall, rows [][]schema.Value) (schema.Value, error) {
		n := int64(0)
		for _, row := range rows {
			if row[1].Valid {
				n++
			}
		}
		return schema.IntValue(c.Typ, n), nil
	}, "number of rows in which neither is NULL")
}
