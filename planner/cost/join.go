package cost

import (
	"math"
	"sort"

	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// keyIndependence is how independent the further keys of a join are of its most selective one (Trino's
// join-multi-clause-independence-factor).
const keyIndependence = 0.25

// Join returns the assumptions about a join of two inputs.
func (e *Estimator) Join(kind logical.JoinKind, l, r *Stats, left, right logical.Node, on []expr.Expr, mark logical.Column) *Stats {
	out := &Stats{Known: l.Known && r.Known, from: []*Stats{l, r}}
	switch kind {
	case logical.Semi, logical.Anti:
		share := e.semiShare(l, r, left, right, on)
		if kind == logical.Anti {
			share = math.Max(1-share, 0.05)
		}
		return l.scaled(l.Rows * share)
	case logical.Mark:
		s := l.scaled(l.Rows)
		s.set(mark.ID, Column{Distinct: 2, Low: math.NaN(), High: math.NaN(), Width: 1})
		return s
	}
	out.Rows = e.matches(out, l, r, left, right, on)
	switch kind {
	case logical.LeftOuter:
		out.Rows = math.Max(out.Rows, l.Rows)
	case logical.Single:
		out.Rows = l.Rows
	case logical.FullOuter:
		out.Rows = math.Max(out.Rows, math.Max(l.Rows, r.Rows))
	}
	return out
}

// matches estimates the rows of an inner join: the driving key pair counts fully, the others less; what is no key pair
// filters the result.
func (e *Estimator) matches(out, l, r *Stats, left, right logical.Node, on []expr.Expr) float64 {
	cross := l.Rows * r.Rows
	var shares []float64
	var rest []expr.Expr
	lout, rout := logical.Out(left), logical.Out(right)
	for _, c := range on {
		lk, rk, ok := KeyPair(c, lout, rout)
		if !ok {
			rest = append(rest, c)
			continue
		}
		lc, rc := e.ofExpr(lk, l), e.ofExpr(rk, r)
		d := math.Max(distinctOr(lc, l), distinctOr(rc, r))
		shares = append(shares, (1-lc.Nulls)*(1-rc.Nulls)/math.Max(d, 1))
		e.narrowKeys(out, lk, rk, lc, rc)
	}
	out.Rows = cross * keyShare(shares)
	if len(rest) > 0 {
		return e.Filter(out, rest).Rows
	}
	return out.Rows
}

func keyShare(shares []float64) float64 {
	sort.Float64s(shares)
	product, power := 1.0, 1.0
	for _, s := range shares {
		product *= math.Pow(s, power)
		power *= keyIndependence
	}
	return product
}

// distinctOr returns the distinct values of a key. Of one that nothing is known about all rows are assumed to differ.
func distinctOr(c Column, s *Stats) float64 {
	if c.Distinct > 0 {
		return c.Distinct
	}
	return math.Max(s.Rows, 1)
}

// narrowKeys leaves the values that both sides have.
func (e *Estimator) narrowKeys(out *Stats, lk, rk expr.Expr, lc, rc Column) {
	d := 0.0
	if lc.Distinct > 0 && rc.Distinct > 0 {
		d = math.Min(lc.Distinct, rc.Distinct)
	}
	for _, k := range []struct {
		e expr.Expr
		c Column
	}{{lk, lc}, {rk, rc}} {
		if ref, ok := k.e.(*expr.ColumnRef); ok {
			c := k.c
			c.Nulls = 0
			if d > 0 {
				c.Distinct = d
			}
			if !(lc.Low != lc.Low || rc.Low != rc.Low) {
				c.Low, c.High = math.Max(lc.Low, rc.Low), math.Min(lc.High, rc.High)
			}
			out.set(ref.ID, c)
		}
	}
}

// semiShare estimates which share of the left rows has a match: the left keys' values are assumed to contain the right
// ones'.
func (e *Estimator) semiShare(l, r *Stats, left, right logical.Node, on []expr.Expr) float64 {
	if r.Rows == 0 {
		return 0
	}
	if len(on) == 0 {
		return 1
	}
	lout, rout := logical.Out(left), logical.Out(right)
	share := 1.0
	for _, c := range on {
		lk, rk, ok := KeyPair(c, lout, rout)
		if !ok {
			share *= unknownFilter
			continue
		}
		ld, rd := distinctOr(e.ofExpr(lk, l), l), distinctOr(e.ofExpr(rk, r), r)
		share = math.Min(share, math.Min(rd/math.Max(ld, 1), 1))
	}
	return share
}

// KeyPair splits an equality of one expression over each side into the left and the right one.
func KeyPair(c expr.Expr, left, right expr.ColSet) (l, r expr.Expr, ok bool) {
	cmp, isCmp := c.(*expr.Compare)
	if !isCmp || cmp.Op != expr.Eq && cmp.Op != expr.NotDistinct {
		return nil, nil, false
	}
	lc, rc := expr.Columns(cmp.Left), expr.Columns(cmp.Right)
	switch {
	case lc.Empty() || rc.Empty():
		return nil, nil, false
	case lc.SubsetOf(left) && rc.SubsetOf(right):
		return cmp.Left, cmp.Right, true
	case lc.SubsetOf(right) && rc.SubsetOf(left):
		return cmp.Right, cmp.Left, true
	}
	return nil, nil, false
}
