package infer

import (
	"math"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
)

// maxBound is the longest text that is kept as a bound of a column, in bytes.
const maxBound = 256

// ColumnSum merges the statistics of one column over files.
type ColumnSum struct {
	// Type is the type of the column in the table: bounds are converted to it.
	Type schema.Type
	// rows and nulls are of the files that know; weight is the sum of the rows behind width.
	rows, nulls, width, weight float64
	min, max                   schema.Value
	unbounded                  bool
	// distinct is that of the file with most; sum, its rows without NULL and its files are of all that tell.
	distinct, sum, sumRows, sumFiles float64

	disjoint bool
	lastMax  schema.Value
	files    int
	// ends are different bounds of files, a few: at least so many values there are.
	ends map[string]bool
}

// maxEnds bounds the different bounds that are remembered.
const maxEnds = 256

// Add merges the statistics of a file with some number of rows; unknown rows count as one.
func (c *ColumnSum) Add(s catalog.ColumnStats, rows int64) {
	n := float64(max(rows, 1))
	c.rows += n
	c.nulls += s.NullFraction * n
	if s.Width > 0 {
		c.width += s.Width * n
		c.weight += n
	}
	lo, okLo := Convert(s.Min, c.Type)
	hi, okHi := Convert(s.Max, c.Type)
	if !okLo || !okHi {
		c.unbounded = c.unbounded || s.NullFraction < 1
	} else {
		c.bound(lo, hi)
	}
	if c.files++; c.files == 1 {
		c.disjoint = okLo && okHi
	} else {
		c.disjoint = c.disjoint && okLo && okHi && c.lastMax.Valid && lo.Compare(c.lastMax) > 0
	}
	c.lastMax = hi
	if s.Distinct > 0 {
		c.distinct = max(c.distinct, s.Distinct)
		c.sum += s.Distinct
		c.sumRows += n * (1 - s.NullFraction)
		c.sumFiles++
	}
}

// AddMissing counts the rows of a file that lacks the column.
func (c *ColumnSum) AddMissing(rows int64) {
	n := float64(max(rows, 1))
	c.rows += n
	c.nulls += n
}

func (c *ColumnSum) bound(lo, hi schema.Value) {
	if c.ends == nil {
		c.ends = map[string]bool{}
	}
	if len(c.ends) < maxEnds {
		c.ends[lo.Text()] = true
		c.ends[hi.Text()] = true
	}
	if !c.min.Valid || lo.Compare(c.min) < 0 {
		c.min = lo
	}
	if !c.max.Valid || hi.Compare(c.max) > 0 {
		c.max = hi
	}
}

// Stats returns the sum for a table of so many rows (negative: unknown).
func (c *ColumnSum) Stats(rows int64) catalog.ColumnStats {
	var s catalog.ColumnStats
	if c.rows == 0 {
		return s
	}
	s.NullFraction = min(1, max(0, c.nulls/c.rows))
	if c.weight > 0 {
		s.Width = c.width / c.weight
	}
	if !c.unbounded {
		s.Min, s.Max = c.min, c.max
	}
	s.Distinct = c.distincts(rows, 1-s.NullFraction)
	return s
}

// distincts estimates the number of distinct values: the sum where files hold ranges that follow each other, else what a
// domain must be like from which the rows of a mean file draw as many different values as it has, seen over the whole table.
func (c *ColumnSum) distincts(rows int64, valued float64) float64 {
	if c.distinct == 0 {
		return 0
	}
	all := c.rows * valued
	if rows >= 0 {
		all = float64(rows) * valued
	}
	d := c.sum
	switch {
	case !c.disjoint:
		d = drawn(domain(c.sum/c.sumFiles, c.sumRows/c.sumFiles), all)
	case c.rows > 0 && rows >= 0 && c.sum > 0.9*c.rows*valued:
		d = c.sum * float64(rows) / c.rows
	}
	return math.Round(min(max(d, c.distinct, float64(len(c.ends))), max(all, c.distinct)))
}

// drawn is the expected number of different values among n drawn from a domain of d values.
func drawn(d, n float64) float64 {
	if math.IsInf(d, 1) {
		return n
	}
	return -d * math.Expm1(-n/d)
}

// domain solves drawn(d, n) = k for d. Where every row has a value of its own there is no bound.
func domain(k, n float64) float64 {
	if k >= n-0.5 {
		return math.Inf(1)
	}
	lo, hi := k, k
	for drawn(hi, n) < k {
		hi *= 2
	}
	for range 60 {
		if mid := (lo + hi) / 2; drawn(mid, n) < k {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// Convert returns a bound as a value of another type, where that keeps its order exactly. Values that the catalog cannot
// store (no number, text that is not UTF-8 or long) are not ok.
func Convert(v schema.Value, t schema.Type) (schema.Value, bool) {
	if !v.Valid {
		return v, false
	}
	switch p := t.Physical(); {
	case v.Type.IsFloat():
		if math.IsNaN(v.F) || math.IsInf(v.F, 0) || !t.IsFloat() {
			return schema.Value{}, false
		}
	case v.Type.IsInteger() && t.IsFloat():
		return schema.FloatValue(t, float64(v.I)), true
	case v.Type.IsInteger() && t.Kind == schema.Decimal:
		return scaled(v.I, t)
	case v.Type.IsInteger() && t.IsInteger():
	case v.Type.Kind == schema.Date && (t.Kind == schema.Timestamp || t.Kind == schema.TimestampTZ):
		return schema.IntValue(t, v.I*schema.MicrosPerDay), true
	case v.Type.IsString() && t.IsString():
		if len(v.S) > maxBound || !utf8.ValidString(v.S) {
			return schema.Value{}, false
		}
	case v.Type.Kind != t.Kind || v.Type.Physical() != p || v.Type.Scale != t.Scale || p == schema.PhysBytes && t.Kind != schema.UUID:
		return schema.Value{}, false
	case p == schema.PhysList || p == schema.PhysStruct || t.Kind == schema.UUID:
		return schema.Value{}, false
	}
	v.Type = t
	return v, true
}

func scaled(i int64, t schema.Type) (schema.Value, bool) {
	if t.Physical() != schema.PhysInt64 {
		return schema.Value{}, false
	}
	for range t.Scale {
		if i > math.MaxInt64/10 || i < math.MinInt64/10 {
			return schema.Value{}, false
		}
		i *= 10
	}
	return schema.IntValue(t, i), true
}
