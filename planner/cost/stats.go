package cost

import (
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// Column is what is assumed about the values of a column.
type Column struct {
	// Distinct is the number of distinct values; 0 is unknown.
	Distinct float64
	// Nulls is the share of NULLs.
	Nulls float64
	// Low and High bound the values on a number line (numberOf); NaN is unknown.
	Low, High float64
	// Width is the mean size in bytes.
	Width float64
}

// unknownColumn is a column that nothing is known about.
func unknownColumn(t schema.Type) Column {
	return Column{Low: math.NaN(), High: math.NaN(), Width: widthOf(t)}
}

// Stats are the assumptions about the output of an operator. They are immutable.
type Stats struct {
	Rows float64
	// Known says that the row count rests on figures of the source and not on a guess.
	Known bool
	own   map[expr.ColumnID]Column
	// from are the inputs whose columns are passed on.
	from []*Stats
}

// Column returns the assumptions about a column. There are never more distinct values than rows.
func (s *Stats) Column(id expr.ColumnID) (Column, bool) {
	c, ok := s.find(id)
	if ok && c.Distinct > s.Rows {
		c.Distinct = math.Max(s.Rows, 1)
	}
	return c, ok
}

func (s *Stats) find(id expr.ColumnID) (Column, bool) {
	if c, ok := s.own[id]; ok {
		return c, true
	}
	for _, f := range s.from {
		if c, ok := f.find(id); ok {
			return c, true
		}
	}
	return Column{}, false
}

func (s *Stats) set(id expr.ColumnID, c Column) {
	if s.own == nil {
		s.own = map[expr.ColumnID]Column{}
	}
	s.own[id] = c
}

// scaled returns the stats with another number of rows and the same columns.
func (s *Stats) scaled(rows float64) *Stats {
	return &Stats{Rows: rows, Known: s.Known, from: []*Stats{s}}
}

// numberOf places a value on a number line, so that lengths of ranges can be compared. Text is placed by its first
// bytes.
func numberOf(v schema.Value) float64 {
	if !v.Valid {
		return math.NaN()
	}
	switch v.Type.Physical() {
	case schema.PhysFloat32, schema.PhysFloat64:
		return v.F
	case schema.PhysInt128:
		return v.Int128().Float64() / math.Pow10(int(v.Type.Scale))
	case schema.PhysInt32, schema.PhysBool:
		return float64(v.I)
	case schema.PhysInt64:
		if v.Type.Kind == schema.Decimal {
			return float64(v.I) / math.Pow10(int(v.Type.Scale))
		}
		return float64(v.I)
	case schema.PhysBytes:
		n, scale := 0.0, 1.0
		for i := range min(len(v.S), 8) {
			scale /= 256
			n += float64(v.S[i]) * scale
		}
		return n
	}
	return math.NaN()
}

// widthOf is the assumed size of a value.
func widthOf(t schema.Type) float64 {
	p := t.Physical()
	if w := p.Width(); w > 0 {
		return float64(w)
	}
	if p == schema.PhysList || p == schema.PhysStruct {
		return 64
	}
	if t.Precision > 0 && t.Precision < 32 {
		return float64(t.Precision)
	}
	return 32
}
