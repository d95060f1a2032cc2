package functions

import (
	"math"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func timestampRange() error { return sqlerr.New(sqlerr.DatetimeOverflow, "timestamp out of range") }

// infinite reports whether a timestamp is one of the infinities.
func infinite(ts int64) bool {
	return ts == schema.TimestampInfinity || ts == schema.TimestampMinusInfinity
}

// addMonths adds months to days: the day is cut at the end of the month.
func addMonths(days int64, months int32) int64 {
	if months == 0 {
		return days
	}
	y, m, d := schema.Civil(days)
	first := schema.DateOf(y, m+int(months), 1)
	y, m, _ = schema.Civil(first)
	return first + int64(min(d, schema.DaysInMonth(y, m))-1)
}

// addInterval adds an interval to a timestamp without time zone.
func addInterval(ts int64, iv schema.IntervalValue) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	days, ofDay := schema.SplitTimestamp(ts)
	days = addMonths(days, iv.Months) + int64(iv.Days)
	base, ok := mul64(days, schema.MicrosPerDay)
	sum := base + ofDay + iv.Micros
	if !ok || days > 110_000_000 || days < -2_500_000 || (iv.Micros > 0) == (sum < base+ofDay) && iv.Micros != 0 {
		return 0, timestampRange()
	}
	return sum, nil
}

// addIntervalTZ adds months and days by the clocks of a zone, then the rest.
func addIntervalTZ(ts int64, iv schema.IntervalValue, loc *time.Location) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	if iv.Months != 0 || iv.Days != 0 {
		local, err := addInterval(schema.UTCToLocal(ts, loc), schema.IntervalValue{Months: iv.Months, Days: iv.Days})
		if err != nil {
			return 0, err
		}
		ts = schema.LocalToUTC(local, loc)
	}
	return addInterval(ts, schema.IntervalValue{Micros: iv.Micros})
}

func infiniteDate(d int32) bool { return d == schema.DateInfinity || d == schema.DateMinusInfinity }

func negInterval(iv schema.IntervalValue) schema.IntervalValue {
	return schema.IntervalValue{Months: -iv.Months, Days: -iv.Days, Micros: -iv.Micros}
}

func addIntervals(a, b schema.IntervalValue) (schema.IntervalValue, error) {
	m, d := int64(a.Months)+int64(b.Months), int64(a.Days)+int64(b.Days)
	s := schema.Int128FromInt64(a.Micros).Add(schema.Int128FromInt64(b.Micros))
	micros, ok := s.Int64()
	if !ok || m != int64(int32(m)) || d != int64(int32(d)) {
		return a, sqlerr.New(sqlerr.DatetimeOverflow, "interval out of range")
	}
	return schema.IntervalValue{Months: int32(m), Days: int32(d), Micros: micros}, nil
}

// scaleInterval multiplies: fractions of months go to days, of days to the time.
func scaleInterval(iv schema.IntervalValue, f float64) (schema.IntervalValue, error) {
	months := float64(iv.Months) * f
	wholeMonths := math.Trunc(months)
	days := float64(iv.Days)*f + math.Round((months-wholeMonths)*30*1e6)/1e6
	wholeDays := math.Trunc(days)
	micros := math.Round(float64(iv.Micros)*f + (days-wholeDays)*float64(schema.MicrosPerDay))
	if math.Abs(wholeMonths) > math.MaxInt32 || math.Abs(wholeDays) > math.MaxInt32 || math.Abs(micros) > math.MaxInt64/2 || math.IsNaN(f) {
		return iv, sqlerr.New(sqlerr.DatetimeOverflow, "interval out of range")
	}
	return schema.IntervalValue{Months: int32(wholeMonths), Days: int32(wholeDays), Micros: int64(micros)}, nil
}

// subTimestamps is days and time, as PostgreSQL's timestamp minus timestamp.
func subTimestamps(a, b int64) (schema.IntervalValue, error) {
	if infinite(a) || infinite(b) {
		return schema.IntervalValue{}, sqlerr.New(sqlerr.DatetimeOverflow, "cannot subtract infinite timestamps")
	}
	d := a - b
	return schema.IntervalValue{Days: int32(d / schema.MicrosPerDay), Micros: d % schema.MicrosPerDay}, nil
}

func dateToTimestamp(d int32) int64 {
	switch d {
	case schema.DateInfinity:
		return schema.TimestampInfinity
	case schema.DateMinusInfinity:
		return schema.TimestampMinusInfinity
	}
	return int64(d) * schema.MicrosPerDay
}

func wrapTime(t int64) int64 {
	return ((t % schema.MicrosPerDay) + schema.MicrosPerDay) % schema.MicrosPerDay
}

// inZone makes a kernel of a function that needs the session's time zone.
func inZone[A, B, R vector.Fixed](f func(a A, b B, loc *time.Location) (R, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		return binaryErr(func(a A, b B) (R, error) { return f(a, b, c.Env.Location) })(c)
	}
}

type interval = schema.IntervalValue

func registerTimeOperators(r *Registry) {
	r.operator("+(date, integer) date", binaryErr(func(d, n int32) (int32, error) { return addDays(d, int64(n)) }), "")
	r.operator("+(integer, date) date", binaryErr(func(n, d int32) (int32, error) { return addDays(d, int64(n)) }), "")
	r.operator("-(date, integer) date", binaryErr(func(d, n int32) (int32, error) { return addDays(d, -int64(n)) }), "")
	r.operator("-(date, date) integer", binaryErr(func(a, b int32) (int32, error) {
		if infiniteDate(a) || infiniteDate(b) {
			return 0, sqlerr.New(sqlerr.DatetimeOverflow, "cannot subtract infinite dates")
		}
		return a - b, nil
	}), "")
	r.operator("+(date, interval) timestamp", binaryErr(func(d int32, iv interval) (int64, error) { return addInterval(dateToTimestamp(d), iv) }), "")
	r.operator("+(interval, date) timestamp", binaryErr(func(iv interval, d int32) (int64, error) { return addInterval(dateToTimestamp(d), iv) }), "")
	r.operator("-(date, interval) timestamp", binaryErr(func(d int32, iv interval) (int64, error) {
		return addInterval(dateToTimestamp(d), negInterval(iv))
	}), "")
	r.operator("+(date, time) timestamp", binary(func(d int32, t int64) int64 { return dateToTimestamp(d) + t }), "")
	r.operator("+(timestamp, interval) timestamp", binaryErr(addInterval), "")
	r.operator("+(interval, timestamp) timestamp", binaryErr(func(iv interval, ts int64) (int64, error) { return addInterval(ts, iv) }), "")
	r.operator("-(timestamp, interval) timestamp", binaryErr(func(ts int64, iv interval) (int64, error) { return addInterval(ts, negInterval(iv)) }), "")
	r.operator("-(timestamp, timestamp) interval", binaryErr(subTimestamps), "")
	r.operator("+(timestamptz, interval) timestamptz", inZone(addIntervalTZ), "").stable()
	r.operator("+(interval, timestamptz) timestamptz", inZone(func(iv interval, ts int64, loc *time.Location) (int64, error) {
		return addIntervalTZ(ts, iv, loc)
	}), "").stable()
	r.operator("-(timestamptz, interval) timestamptz", inZone(func(ts int64, iv interval, loc *time.Location) (int64, error) {
		return addIntervalTZ(ts, negInterval(iv), loc)
	}), "").stable()
	r.operator("-(timestamptz, timestamptz) interval", binaryErr(subTimestamps), "")
	r.operator("+(time, interval) time", binary(func(t int64, iv interval) int64 { return wrapTime(t + iv.Micros) }), "")
	r.operator("-(time, interval) time", binary(func(t int64, iv interval) int64 { return wrapTime(t - iv.Micros) }), "")
	r.operator("-(time, time) interval", binary(func(a, b int64) interval { return interval{Micros: a - b} }), "")
	r.operator("+(interval, interval) interval", binaryErr(addIntervals), "")
	r.operator("-(interval, interval) interval", binaryErr(func(a, b interval) (interval, error) { return addIntervals(a, negInterval(b)) }), "")
	r.operator("-(interval) interval", unary(negInterval), "")
	r.operator("*(interval, double) interval", binaryErr(scaleInterval), "")
	r.operator("*(double, interval) interval", binaryErr(func(f float64, iv interval) (interval, error) { return scaleInterval(iv, f) }), "")
	r.operator("/(interval, double) interval", binaryErr(func(iv interval, f float64) (interval, error) {
		if f == 0 {
			return iv, divisionByZero()
		}
		return scaleInterval(iv, 1/f)
	}), "")
}

func addDays(d int32, n int64) (int32, error) {
	if d == schema.DateInfinity || d == schema.DateMinusInfinity {
		return d, nil
	}
	s := int64(d) + n
	if s > 2_145_031_948 || s < -2_440_588-4_713*366 {
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "date out of range")
	}
	return int32(s), nil
}

// truncateTimestamp is date_trunc of a local timestamp.
func truncateTimestamp(unit string, ts int64) (int64, error) {
	if infinite(ts) {
		return ts, nil
	}
	days, ofDay := schema.SplitTimestamp(ts)
	y, m, _ := schema.Civil(days)
	at := func(y, m, d int) (int64, error) { return schema.DateOf(y, m, d) * schema.MicrosPerDay, nil }
	switch strings.TrimSuffix(unit, "s") {
	case "microsecond", "u":
		return ts, nil
	case "millisecond", "m":
		return ts - ofDay%1000, nil
	case "second":
		return ts - ofDay%schema.MicrosPerSecond, nil
	case "minute":
		return ts - ofDay%schema.MicrosPerMinute, nil
	case "hour":
		return ts - ofDay%schema.MicrosPerHour, nil
	case "day":
		return days * schema.MicrosPerDay, nil
	case "week":
		return (days - weekday(days)) * schema.MicrosPerDay, nil
	case "month":
		return at(y, m, 1)
	case "quarter":
		return at(y, (m-1)/3*3+1, 1)
	case "year":
		return at(y, 1, 1)
	case "decade":
		return at(floorTo(y, 10), 1, 1)
	case "century":
		return at(floorTo(y-1, 100)+1, 1, 1)
	case "millennium":
		return at(floorTo(y-1, 1000)+1, 1, 1)
	}
	return 0, sqlerr.New(sqlerr.InvalidParameterValue, "unit %q not recognized for type timestamp without time zone", unit)
}

func floorTo(n, unit int) int { return int(math.Floor(float64(n)/float64(unit))) * unit }

// weekday counts from Monday, 0, to Sunday, 6.
func weekday(days int64) int64 { return ((days+3)%7 + 7) % 7 }

// isoWeek returns the ISO 8601 year and week.
func isoWeek(days int64) (year int, week int64) {
	thursday := days - weekday(days) + 3
	y, _, _ := schema.Civil(thursday)
	return y, (thursday-schema.DateOf(y, 1, 1))/7 + 1
}

// unitOf reads the unit argument, usually a constant.
func unitOf(c *Call, arg int) func(i int) string {
	col := kernel.StringCol(c.Args[arg], nil)
	if col.Mask == 0 && !col.AllNull {
		u := strings.ToLower(string(col.At(0)))
		return func(int) string { return u }
	}
	return func(i int) string { return strings.ToLower(string(col.At(i))) }
}
