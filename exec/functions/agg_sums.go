package functions

import (
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// averageScale is how many digits an average of integers or decimals has after the point at least.
const averageScale = 16

// countState counts rows whose argument is not NULL; without an argument, all.
type countState struct{ n []int64 }

func (s *countState) Resize(n int) { s.n = grow(s.n, n) }

func (s *countState) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	if len(args) == 0 || args[0].Nulls() == nil {
		for _, g := range groups {
			s.n[g]++
		}
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if !vector.NullAt(args[0], r) {
			s.n[g]++
		}
	})
	return nil
}

func (s *countState) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*countState)
	for k, i := range from {
		s.n[to[k]] += o.n[i]
	}
	return nil
}

func (s *countState) Result(from, to int) (vector.Vector, error) {
	return &vector.Flat[int64]{Typ: schema.T(schema.BigInt), Values: append([]int64(nil), s.n[from:to]...)}, nil
}

func (s *countState) Size() int64 { return int64(cap(s.n)) * 8 }

// exactSum adds integers or decimals in 128 bits; the result is the sum, or with average the mean.
type exactSum struct {
	typ     schema.Type
	scaleUp int // digits that the mean has beyond the argument's
	average bool
	sum     []schema.Int128
	n       []int64
	// Room for dictionaries that are written out, for the batch at hand.
	flat32  []int32
	flat64  []int64
	flat128 []schema.Int128
}

func (s *exactSum) Resize(n int) {
	s.sum, s.n = grow(s.sum, n), grow(s.n, n)
}

func (s *exactSum) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	switch args[0].Type().Physical() {
	case schema.PhysInt32:
		sumInts(s, groups, kernel.FlatCol(args[0], &s.flat32), rows)
	case schema.PhysInt64:
		sumInts(s, groups, kernel.FlatCol(args[0], &s.flat64), rows)
	default:
		return s.sumWide(groups, kernel.FlatCol(args[0], &s.flat128), rows)
	}
	return nil
}

// sumInts adds 64-bit values with a carry into the high half.
func sumInts[T int32 | int64](s *exactSum, groups []uint32, c kernel.Col[T], rows []uint32) {
	if c.AllNull {
		return
	}
	add := func(g uint32, r int) {
		v := int64(c.V[r&c.Mask])
		t := &s.sum[g]
		lo := t.Lo + uint64(v)
		t.Hi += v >> 63
		if lo < t.Lo {
			t.Hi++
		}
		t.Lo = lo
		s.n[g]++
	}
	if c.Null == nil && rows == nil {
		for k, g := range groups {
			add(g, k)
		}
		return
	}
	if c.Null == nil {
		for k, g := range groups {
			add(g, int(rows[k]))
		}
		return
	}
	each(groups, rows, func(g uint32, r int) {
		if !c.Null.Get(r) {
			add(g, r)
		}
	})
}

func (s *exactSum) sumWide(groups []uint32, c kernel.Col[schema.Int128], rows []uint32) error {
	if c.AllNull {
		return nil
	}
	ok := true
	for k, g := range groups {
		r := k
		if rows != nil {
			r = int(rows[k])
		}
		if c.Null.Get(r) {
			continue
		}
		var fits bool
		s.sum[g], fits = s.sum[g].AddChecked(c.V[r&c.Mask])
		ok = ok && fits
		s.n[g]++
	}
	if !ok {
		return overflow128()
	}
	return nil
}

func (s *exactSum) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*exactSum)
	for k, i := range from {
		g := to[k]
		var ok bool
		if s.sum[g], ok = s.sum[g].AddChecked(o.sum[i]); !ok {
			return overflow128()
		}
		s.n[g] += o.n[i]
	}
	return nil
}

func (s *exactSum) Result(from, to int) (vector.Vector, error) {
	if !s.average && s.typ.Physical() == schema.PhysInt128 {
		return s.wideSums(from, to)
	}
	b := vector.NewBuilder(s.typ, to-from)
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			b.AppendNull()
			continue
		}
		v := s.sum[g]
		if s.average {
			up, ok := v.MulChecked(schema.Pow10(s.scaleUp))
			if !ok {
				return nil, overflow128()
			}
			v = roundQuo(up, schema.Int128FromInt64(s.n[g]))
		}
		if s.typ.Kind == schema.BigInt {
			n, ok := v.Int64()
			if !ok {
				return nil, outOfRange("bigint")
			}
			b.AppendInt(n)
			continue
		}
		if v.Compare(schema.Pow10(int(s.typ.Precision))) >= 0 || v.Neg().Compare(schema.Pow10(int(s.typ.Precision))) >= 0 {
			return nil, overflow128()
		}
		if s.typ.Physical() == schema.PhysInt64 {
			n, _ := v.Int64()
			b.AppendInt(n)
			continue
		}
		b.AppendValue(schema.Int128Value(s.typ, v))
	}
	return b.Build(), nil
}

// wideSums returns sums that are as wide as the state.
func (s *exactSum) wideSums(from, to int) (vector.Vector, error) {
	out := &vector.Flat[schema.Int128]{Typ: s.typ, Values: append([]schema.Int128(nil), s.sum[from:to]...)}
	limit := schema.Pow10(int(s.typ.Precision))
	least := limit.Neg()
	for i, v := range out.Values {
		if s.n[from+i] == 0 {
			if out.Null == nil {
				out.Null = vector.NewBitmap(to - from)
			}
			out.Null.Set(i)
		}
		if v.Compare(limit) >= 0 || v.Compare(least) <= 0 {
			return nil, overflow128()
		}
	}
	return out, nil
}

func (s *exactSum) Size() int64 { return int64(cap(s.sum))*16 + int64(cap(s.n))*8 }

// floatSum adds floats; the result is the sum or the mean.
type floatSum struct {
	typ     schema.Type
	average bool
	sum     []float64
	n       []int64
	flat32  []float32 // as of exactSum
	flat64  []float64
	// infinite are the groups that infinite values were added to: the sum of another overflows when it is infinite.
	infinite map[uint32]struct{}
}

func (s *floatSum) markInfinite(g uint32) {
	if s.infinite == nil {
		s.infinite = map[uint32]struct{}{}
	}
	s.infinite[g] = struct{}{}
}

func (s *floatSum) Resize(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *floatSum) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	if args[0].Type().Physical() == schema.PhysFloat32 {
		c := kernel.FlatCol(args[0], &s.flat32)
		s.add(groups, rows, c.Null, c.AllNull, func(r int) float64 { return float64(c.At(r)) })
		return nil
	}
	c := kernel.FlatCol(args[0], &s.flat64)
	if rows == nil && c.Null == nil && c.Mask != 0 {
		for k, g := range groups {
			v := c.V[k]
			if math.IsInf(v, 0) {
				s.markInfinite(g)
			}
			s.sum[g] += v
			s.n[g]++
		}
		return nil
	}
	s.add(groups, rows, c.Null, c.AllNull, c.At)
	return nil
}

func (s *floatSum) add(groups, rows []uint32, null vector.Bitmap, allNull bool, at func(int) float64) {
	if allNull {
		return
	}
	each(groups, rows, func(g uint32, r int) {
		if !null.Get(r) {
			v := at(r)
			if math.IsInf(v, 0) {
				s.markInfinite(g)
			}
			s.sum[g] += v
			s.n[g]++
		}
	})
}

func (s *floatSum) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*floatSum)
	for k, i := range from {
		g := to[k]
		s.sum[g] += o.sum[i]
		s.n[g] += o.n[i]
		if _, ok := o.infinite[i]; ok {
			s.markInfinite(g)
		}
	}
	return nil
}

// overflows reports whether the sum of a group left the range of its type, though all its values are finite.
func (s *floatSum) overflows(g int) bool {
	sum := s.sum[g]
	if s.typ.Kind == schema.Real {
		sum = float64(float32(sum))
	}
	if !math.IsInf(sum, 0) {
		return false
	}
	_, ok := s.infinite[uint32(g)]
	return !ok
}

func (s *floatSum) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(s.typ, to-from)
	for g := from; g < to; g++ {
		switch {
		case s.overflows(g):
			return nil, sqlerr.New(sqlerr.NumericOutOfRange, "value out of range: overflow")
		case s.n[g] == 0:
			b.AppendNull()
		case s.average:
			b.AppendFloat(s.sum[g] / float64(s.n[g]))
		default:
			b.AppendFloat(s.sum[g])
		}
	}
	return b.Build(), nil
}

func (s *floatSum) Size() int64 { return int64(cap(s.sum)+cap(s.n))*8 + int64(len(s.infinite))*16 }

// moments are the sum and the sum of squared differences from the mean, kept by the update of Youngs and Cramer (1971) that
// PostgreSQL uses, for variances: the last digits agree with its answers.
type moments struct {
	result func(n, m2 float64) (float64, bool)
	n      []float64
	sum    []float64
	m2     []float64
}

func (s *moments) Resize(n int) { s.n, s.sum, s.m2 = grow(s.n, n), grow(s.sum, n), grow(s.m2, n) }

func (s *moments) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	c := kernel.FlatCol[float64](args[0], nil)
	if c.AllNull {
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if c.Null.Get(r) {
			return
		}
		x := c.At(r)
		s.n[g]++
		s.sum[g] += x
		if n := s.n[g]; n > 1 {
			d := x*n - s.sum[g]
			s.m2[g] += d * d / (n * (n - 1))
		} else if math.IsNaN(x) || math.IsInf(x, 0) {
			s.m2[g] = math.NaN()
		}
	})
	return nil
}

func (s *moments) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*moments)
	for k, i := range from {
		g, n := to[k], o.n[i]
		if n == 0 {
			continue
		}
		if s.n[g] == 0 {
			s.n[g], s.sum[g], s.m2[g] = n, o.sum[i], o.m2[i]
			continue
		}
		total := s.n[g] + n
		d := s.sum[g]/s.n[g] - o.sum[i]/n
		s.m2[g] += o.m2[i] + s.n[g]*n*d*d/total
		s.sum[g] += o.sum[i]
		s.n[g] = total
	}
	return nil
}

func (s *moments) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(schema.T(schema.Double), to-from)
	for g := from; g < to; g++ {
		if v, ok := s.result(s.n[g], s.m2[g]); ok {
			b.AppendFloat(v)
		} else {
			b.AppendNull()
		}
	}
	return b.Build(), nil
}

func (s *moments) Size() int64 { return int64(cap(s.n)+cap(s.sum)+cap(s.m2)) * 8 }

func registerSums(r *Registry) {
	r.aggregate("count() bigint", func(*expr.AggregateCall) Accumulator { return &countState{} }, "number of rows")
	r.aggregate("count(any) bigint", func(*expr.AggregateCall) Accumulator { return &countState{} }, "number of rows that are not NULL")
	sum := func(c *expr.AggregateCall) Accumulator { return &exactSum{typ: c.Typ} }
	r.aggregate("sum(smallint) bigint", sum, "")
	r.aggregate("sum(integer) bigint", sum, "")
	r.aggregate("sum(bigint) decimal(38,0)", sum, "")
	r.aggregate("sum(numeric) numeric", sum, "").numericResult(func(t schema.Type) schema.Type { return schema.DecimalOf(schema.MaxDecimal, int(t.Scale)) })
	floats := func(average bool) aggregateImpl {
		return func(c *expr.AggregateCall) Accumulator { return &floatSum{typ: c.Typ, average: average} }
	}
	r.aggregate("sum(double) double", floats(false), "")
	r.aggregate("sum(real) real", floats(false), "")
	r.aggregate("avg(double) double", floats(true), "")
	r.aggregate("avg(real) double", floats(true), "")
	mean := func(c *expr.AggregateCall) Accumulator {
		return &exactSum{typ: c.Typ, average: true, scaleUp: int(c.Typ.Scale - c.Args[0].Type().Scale)}
	}
	for _, t := range []string{"smallint", "integer", "bigint"} {
		r.aggregate("avg("+t+") decimal(38,16)", mean, "")
	}
	r.aggregate("avg(numeric) numeric", mean, "").numericResult(func(t schema.Type) schema.Type {
		return schema.DecimalOf(schema.MaxDecimal, int(max(averageScale, t.Scale)))
	})
	r.aggregate("sum(interval) interval", func(c *expr.AggregateCall) Accumulator { return &intervalSum{} }, "")
	r.aggregate("avg(interval) interval", func(c *expr.AggregateCall) Accumulator { return &intervalSum{average: true} }, "")
	variance := func(sample bool, root bool) aggregateImpl {
		return func(*expr.AggregateCall) Accumulator {
			return &moments{result: func(n, m2 float64) (float64, bool) {
				d := n
				if sample {
					d--
				}
				if d <= 0 {
					return 0, false
				}
				if root {
					return math.Sqrt(m2 / d), true
				}
				return m2 / d, true
			}}
		}
	}
	for name, f := range map[string]aggregateImpl{"variance": variance(true, false), "var_samp": variance(true, false), "var_pop": variance(false, false),
		"stddev": variance(true, true), "stddev_samp": variance(true, true), "stddev_pop": variance(false, true)} {
		r.aggregate(name+"(double) double", f, "")
	}
}

// intervalSum adds intervals.
type intervalSum struct {
	average bool
	sum     []schema.IntervalValue
	n       []int64
}

func (s *intervalSum) Resize(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *intervalSum) Update(groups []uint32, args []vector.Vector, rows []uint32) (err error) {
	c := kernel.FlatCol[schema.IntervalValue](args[0], nil)
	if c.AllNull {
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if !c.Null.Get(r) && err == nil {
			s.sum[g], err = addIntervals(s.sum[g], c.At(r))
			s.n[g]++
		}
	})
	return err
}

func (s *intervalSum) Merge(other Accumulator, from, to []uint32) (err error) {
	o := other.(*intervalSum)
	for k, i := range from {
		g := to[k]
		if s.sum[g], err = addIntervals(s.sum[g], o.sum[i]); err != nil {
			return err
		}
		s.n[g] += o.n[i]
	}
	return nil
}

func (s *intervalSum) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(schema.T(schema.Interval), to-from)
	for g := from; g < to; g++ {
		v := s.sum[g]
		if s.n[g] == 0 {
			b.AppendNull()
			continue
		}
		if s.average {
			var err error
			if v, err = scaleInterval(v, 1/float64(s.n[g])); err != nil {
				return nil, err
			}
		}
		b.AppendValue(schema.IntervalOf(v))
	}
	return b.Build(), nil
}

func (s *intervalSum) Size() int64 { return int64(cap(s.sum))*16 + int64(cap(s.n))*8 }
