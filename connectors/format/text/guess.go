package text

import (
	"math"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
)

// Guess finds the type of a column of text by its values. The zero Guess has seen nothing.
type Guess struct {
	seen [numClasses]int
	// Nulls and Values count what was observed.
	Nulls, Values int
	bytes         int64
	// scale is the number of digits after the point of all fractions; -1 when they differ.
	scale int
	// Sample has the first values, at most SampleSize.
	Sample   []string
	distinct map[string]struct{}
	overflow bool
}

// class is what one value looks like.
type class uint8

const (
	classText class = iota
	classBool
	classInt
	classFraction
	classFloat
	classDate
	classTimestamp
	numClasses
)

// maxDistinct bounds what is remembered to count distinct values.
const maxDistinct = 50_000

// Null observes a NULL.
func (g *Guess) Null() { g.Nulls++ }

// Value observes a value.
func (g *Guess) Value(b []byte) {
	g.note(b)
	c, scale := classify(b)
	g.seen[c]++
	if c == classFraction {
		switch {
		case g.seen[c] == 1:
			g.scale = scale
		case g.scale != scale:
			g.scale = -1
		}
	}
}

// Text observes a value that is text whatever it looks like, but for dates and times.
func (g *Guess) Text(b []byte) {
	g.note(b)
	c, _ := classify(b)
	if c != classDate && c != classTimestamp {
		c = classText
	}
	g.seen[c]++
}

func (g *Guess) note(b []byte) {
	g.Values++
	g.bytes += int64(len(b))
	if len(g.Sample) < SampleSize {
		g.Sample = append(g.Sample, string(b))
	}
	if g.distinct == nil {
		g.distinct = map[string]struct{}{}
	}
	if len(g.distinct) >= maxDistinct {
		g.overflow = true
		return
	}
	if _, ok := g.distinct[string(b)]; !ok {
		g.distinct[string(b)] = struct{}{}
	}
}

func classify(b []byte) (c class, scale int) {
	if len(b) == 0 || len(b) > 40 {
		return classText, 0
	}
	switch first := b[0]; {
	case first == '-' || first == '.' || first-'0' <= 9:
		return classifyNumber(b)
	case len(b) == 4 || len(b) == 5:
		if _, ok := parseBool(b); ok {
			return classBool, 0
		}
	}
	return classText, 0
}

func classifyNumber(b []byte) (class, int) {
	if len(b) >= 8 {
		if _, ok := parseDate(b); ok {
			return classDate, 0
		}
		if _, ok := parseTimestamp(b); ok {
			return classTimestamp, 0
		}
	}
	if _, ok := parseFloat64(b); !ok {
		return classText, 0
	}
	digits := b
	if digits[0] == '-' {
		digits = digits[1:]
	}
	point, exponent := -1, false
	for i, c := range digits {
		switch {
		case c == '.':
			point = i
		case c|0x20 == 'e':
			exponent = true
		}
	}
	switch {
	case len(digits) > 1 && digits[0] == '0' && digits[1] != '.' && !exponent:
		return classText, 0 // 007 is a name
	case exponent:
		return classFloat, 0
	case point >= 0:
		if len(digits) > schema.MaxDecimal64 {
			return classFloat, 0
		}
		return classFraction, len(digits) - point - 1
	case len(digits) > schema.MaxDecimal64:
		return classText, 0 // an identifier, such as a card number: a double would lose digits
	}
	return classInt, 0
}

// The least number of values of one scale, at most that many digits, that make a decimal: money rather than measurements.
const (
	minFractions = 3
	maxScale     = 4
)

// Type returns the narrowest type that holds the values, unknown when there were none. Integers are bigint: what was not
// looked at may be larger. With exact, fractions that all have the same number of digits are decimal.
func (g *Guess) Type(exact bool) schema.Type {
	s := &g.seen
	n := g.Values
	switch {
	case n == 0:
		return schema.Type{}
	case s[classBool] == n:
		return schema.T(schema.Boolean)
	case s[classInt] == n:
		return schema.T(schema.BigInt)
	case exact && s[classFraction]+s[classInt] == n && s[classInt] == 0 && n >= minFractions && g.scale > 0 && g.scale <= maxScale:
		return schema.DecimalOf(schema.MaxDecimal64, g.scale)
	case s[classInt]+s[classFraction]+s[classFloat] == n:
		return schema.T(schema.Double)
	case s[classDate] == n:
		return schema.T(schema.Date)
	case s[classDate]+s[classTimestamp] == n:
		return schema.T(schema.Timestamp)
	}
	return schema.Text
}

// Typed reports whether the values are of a type other than text.
func (g *Guess) Typed() bool { return g.Values > 0 && !g.Type(true).IsString() }

// Stats returns what the values say of a column of type t. Bounds and distinct values are known only when all values were
// seen.
func (g *Guess) Stats(t schema.Type, whole bool) catalog.ColumnStats {
	var out catalog.ColumnStats
	total := g.Nulls + g.Values
	if total == 0 {
		return out
	}
	out.NullFraction = float64(g.Nulls) / float64(total)
	out.Width = float64(g.bytes) / float64(total)
	if !whole || g.overflow {
		return out
	}
	out.Distinct = float64(len(g.distinct))
	if t.Physical() == schema.PhysList || t.Physical() == schema.PhysStruct {
		return out
	}
	for text := range g.distinct {
		v, err := parseBound(t, text)
		if err != nil || t.IsFloat() && math.IsNaN(v.F) {
			out.Min, out.Max = schema.Value{}, schema.Value{}
			return out
		}
		if !out.Min.Valid || v.Compare(out.Min) < 0 {
			out.Min = v
		}
		if !out.Max.Valid || v.Compare(out.Max) > 0 {
			out.Max = v
		}
	}
	return out
}

func parseBound(t schema.Type, s string) (schema.Value, error) {
	switch t.Kind {
	case schema.Date:
		if days, ok := parseDate([]byte(s)); ok {
			return schema.IntValue(t, int64(days)), nil
		}
	case schema.Timestamp:
		if micros, ok := parseTimestamp([]byte(s)); ok {
			return schema.IntValue(t, micros), nil
		}
	}
	return schema.Parse(t, s)
}
