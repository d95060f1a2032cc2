package cost

import (
	"math"
	"sort"

	"github.com/tarnsql/tarn/planner/expr"
)

// independence is how independent the conditions on different columns are assumed to be: the second most selective one
// counts with this power, the third with its square (Trino's filter-conjunction-independence-factor).
const independence = 0.75

// Filter returns the assumptions about the rows of in that pass all conditions.
func (e *Estimator) Filter(in *Stats, conds []expr.Expr) *Stats {
	s := in.scaled(in.Rows)
	// Conditions on one column narrow it one after the other; what they leave of different columns is combined below.
	byColumn := map[expr.ColumnID]float64{}
	var shares []float64
	for _, c := range conds {
		share, col := e.narrow(s, c)
		if col < 0 {
			shares = append(shares, share)
			continue
		}
		if old, ok := byColumn[col]; ok {
			share *= old
		}
		byColumn[col] = share
	}
	for _, share := range byColumn {
		shares = append(shares, share)
	}
	s.Rows = in.Rows * combine(shares)
	return s
}

// combine multiplies the shares of conditions, the more selective ones counting fully.
func combine(shares []float64) float64 {
	sort.Float64s(shares)
	product, power := 1.0, 1.0
	for _, s := range shares {
		product *= math.Pow(s, power)
		power *= independence
	}
	return product
}

// narrow applies a condition to s and returns the share of rows that pass, and the column that it is about or -1.
func (e *Estimator) narrow(s *Stats, cond expr.Expr) (share float64, col expr.ColumnID) {
	switch c := cond.(type) {
	case *expr.Const:
		if expr.IsFalseOrNull(c) {
			return 0, -1
		}
		return 1, -1
	case *expr.Compare:
		return e.compare(s, c)
	case *expr.In:
		return e.in(s, c)
	case *expr.IsNull:
		return e.isNull(s, c)
	case *expr.Not:
		share, _ = e.narrow(s.scaled(s.Rows), c.Arg)
		return 1 - share, -1
	case *expr.And:
		sub := e.Filter(s, c.Args)
		if s.Rows == 0 {
			return 0, -1
		}
		return sub.Rows / s.Rows, -1
	case *expr.Or:
		return e.or(s, c), -1
	case *expr.ColumnRef:
		return 0.5, c.ID
	case *expr.Call:
		switch c.Fn.Name {
		case "~~", "~~*", "~", "~*", "regexp_like", "starts_with":
			return likeFilter, -1
		}
	}
	return unknownFilter, -1
}

func (e *Estimator) or(s *Stats, c *expr.Or) float64 {
	total := 0.0
	for _, a := range c.Args {
		share, _ := e.narrow(s.scaled(s.Rows), a)
		total = total + share - total*share
	}
	return math.Min(total, 1)
}

func (e *Estimator) isNull(s *Stats, c *expr.IsNull) (float64, expr.ColumnID) {
	ref, ok := c.Arg.(*expr.ColumnRef)
	if !ok {
		return unknownFilter, -1
	}
	cs, ok := s.Column(ref.ID)
	if !ok {
		return unknownFilter, -1
	}
	if c.Negated {
		share := 1 - cs.Nulls
		cs.Nulls = 0
		s.set(ref.ID, cs)
		return share, ref.ID
	}
	return cs.Nulls, ref.ID
}

// compare estimates a comparison of a column with a constant, or of two columns.
func (e *Estimator) compare(s *Stats, c *expr.Compare) (float64, expr.ColumnID) {
	l, r, op := c.Left, c.Right, c.Op
	if _, ok := l.(*expr.Const); ok {
		l, r, op = r, l, op.Swap()
	}
	cs := e.ofExpr(l, s)
	col := expr.ColumnID(-1)
	if ref, ok := l.(*expr.ColumnRef); ok {
		col = ref.ID
	}
	k, constant := r.(*expr.Const)
	if !constant {
		return e.compareColumns(op, cs, e.ofExpr(r, s)), -1
	}
	if !k.Value.Valid && op != expr.Distinct && op != expr.NotDistinct {
		return 0, col
	}
	v := numberOf(k.Value)
	var share float64
	share, cs = compareConst(op, cs, v)
	if col >= 0 {
		s.set(col, cs)
	}
	return share, col
}

// compareConst returns the share of a column's values for which the comparison with v holds, and the column of these rows.
func compareConst(op expr.CompareOp, c Column, v float64) (float64, Column) {
	some := 1 - c.Nulls
	outside := !math.IsNaN(v) && (c.Low > v || c.High < v)
	switch op {
	case expr.Eq, expr.NotDistinct:
		share := some * unknownEqual
		if c.Distinct > 0 {
			share = some / c.Distinct
		}
		if outside {
			share = 0
		}
		return share, Column{Distinct: 1, Low: v, High: v, Width: c.Width}
	case expr.Ne, expr.Distinct:
		share, _ := compareConst(expr.Eq, c, v)
		c.Distinct, c.Nulls = math.Max(c.Distinct-1, math.Min(c.Distinct, 1)), 0
		return some - share, c
	}
	share := unknownRange
	low, high := c.Low, c.High
	if !math.IsNaN(low) && !math.IsNaN(high) && !math.IsNaN(v) {
		length := high - low
		switch op {
		case expr.Lt, expr.Le:
			high = math.Min(high, v)
		case expr.Gt, expr.Ge:
			low = math.Max(low, v)
		}
		switch {
		case high < low:
			share = 0
		case length == 0:
			share = 1
		default:
			share = (high - low) / length
			if share == 0 && c.Distinct > 0 {
				share = 1 / c.Distinct
			}
		}
	} else if !math.IsNaN(v) {
		switch op {
		case expr.Lt, expr.Le:
			high = v
		case expr.Gt, expr.Ge:
			low = v
		}
	}
	return share * some, Column{Distinct: c.Distinct * share, Low: low, High: high, Width: c.Width}
}

func (e *Estimator) compareColumns(op expr.CompareOp, l, r Column) float64 {
	switch op {
	case expr.Eq, expr.NotDistinct:
		if d := math.Max(l.Distinct, r.Distinct); d > 0 {
			return (1 - l.Nulls) * (1 - r.Nulls) / d
		}
		return unknownEqual
	case expr.Ne, expr.Distinct:
		return 1 - e.compareColumns(expr.Eq, l, r)
	}
	return unknownRange
}

func (e *Estimator) in(s *Stats, c *expr.In) (float64, expr.ColumnID) {
	cs := e.ofExpr(c.Arg, s)
	total, n := 0.0, float64(len(c.Set)+len(c.List))
	low, high := math.NaN(), math.NaN()
	for _, v := range c.Set {
		x := numberOf(v)
		share, _ := compareConst(expr.Eq, cs, x)
		total += share
		low, high = minKnown(low, x), maxKnown(high, x)
	}
	for range c.List {
		share, _ := compareConst(expr.Eq, cs, math.NaN())
		total += share
	}
	total = math.Min(total, 1-cs.Nulls)
	ref, ok := c.Arg.(*expr.ColumnRef)
	if c.Negated {
		return math.Max(1-cs.Nulls-total, 0), -1
	}
	if !ok {
		return total, -1
	}
	s.set(ref.ID, Column{Distinct: n, Low: low, High: high, Width: cs.Width})
	return total, ref.ID
}
