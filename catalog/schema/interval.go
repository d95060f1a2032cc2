package schema

// IntervalValue is a PostgreSQL interval: months, days and microseconds are kept apart because a month has no fixed number
// of days and a day no fixed number of hours.
type IntervalValue struct {
	Months, Days int32
	Micros       int64
}

// Compare orders intervals as PostgreSQL does: a month counts 30 days and a day 24 hours.
func (a IntervalValue) Compare(b IntervalValue) int {
	return a.span().Compare(b.span())
}

func (a IntervalValue) span() Int128 {
	days := int64(a.Months)*30 + int64(a.Days)
	return Int128FromInt64(days).Mul(Int128FromInt64(86_400_000_000)).Add(Int128FromInt64(a.Micros))
}

// Canonical returns the span in microseconds: intervals that compare equal have the same, so hash this.
func (a IntervalValue) Canonical() Int128 { return a.span() }
