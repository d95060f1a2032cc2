package functions

import (
	"math"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// field is a part of a time.
type field uint8

const (
	noField field = iota
	fieldMicrosecond
	fieldMillisecond
	fieldSecond
	fieldMinute
	fieldHour
	fieldDay
	fieldDow
	fieldISODow
	fieldDoy
	fieldWeek
	fieldISOYear
	fieldMonth
	fieldQuarter
	fieldYear
	fieldDecade
	fieldCentury
	fieldMillennium
	fieldEpoch
	fieldJulian
	fieldTimezone
	fieldTimezoneHour
	fieldTimezoneMinute
)

var fieldNames = map[string]field{
	"microseconds": fieldMicrosecond, "microsecond": fieldMicrosecond, "us": fieldMicrosecond, "usec": fieldMicrosecond, "usecs": fieldMicrosecond,
	"milliseconds": fieldMillisecond, "millisecond": fieldMillisecond, "ms": fieldMillisecond, "msec": fieldMillisecond, "msecs": fieldMillisecond,
	"second": fieldSecond, "seconds": fieldSecond, "sec": fieldSecond, "secs": fieldSecond, "s": fieldSecond,
	"minute": fieldMinute, "minutes": fieldMinute, "min": fieldMinute, "mins": fieldMinute, "m": fieldMinute,
	"hour": fieldHour, "hours": fieldHour, "hr": fieldHour, "hrs": fieldHour, "h": fieldHour,
	"day": fieldDay, "days": fieldDay, "d": fieldDay, "day_of_month": fieldDay, "dow": fieldDow, "isodow": fieldISODow, "day_of_week": fieldISODow,
	"doy": fieldDoy, "day_of_year": fieldDoy, "week": fieldWeek, "weeks": fieldWeek, "w": fieldWeek, "week_of_year": fieldWeek,
	"isoyear": fieldISOYear, "year_of_week": fieldISOYear, "yow": fieldISOYear, "month": fieldMonth, "months": fieldMonth, "mon": fieldMonth, "mons": fieldMonth,
	"quarter": fieldQuarter, "qtr": fieldQuarter, "year": fieldYear, "years": fieldYear, "yr": fieldYear, "yrs": fieldYear, "y": fieldYear,
	"decade": fieldDecade, "decades": fieldDecade, "century": fieldCentury, "centuries": fieldCentury, "millennium": fieldMillennium, "millennia": fieldMillennium,
	"epoch": fieldEpoch, "julian": fieldJulian, "timezone": fieldTimezone, "timezone_hour": fieldTimezoneHour, "timezone_minute": fieldTimezoneMinute,
}

// scale is the number of digits after the point that PostgreSQL's extract gives the field.
func (f field) scale(of schema.Kind) int {
	switch f {
	case fieldSecond:
		return 6
	case fieldMillisecond:
		return 3
	case fieldEpoch, fieldJulian:
		if of != schema.Date {
			return 6
		}
	}
	return 0
}

// bigField says that a value may need more than 18 digits.
func (f field) big() bool { return f == fieldEpoch || f == fieldJulian }

// partOf returns a field of a local timestamp, times 10 to the power of the field's scale.
func partOf(f field, ts int64) int64 {
	days, ofDay := schema.SplitTimestamp(ts)
	switch f {
	case fieldMicrosecond, fieldMillisecond, fieldSecond:
		return ofDay % schema.MicrosPerMinute
	case fieldMinute:
		return ofDay / schema.MicrosPerMinute % 60
	case fieldHour:
		return ofDay / schema.MicrosPerHour
	case fieldDow:
		return (weekday(days) + 1) % 7
	case fieldISODow:
		return weekday(days) + 1
	case fieldWeek:
		_, w := isoWeek(days)
		return w
	case fieldISOYear:
		y, _ := isoWeek(days)
		return yearShown(y)
	case fieldEpoch:
		return ts
	}
	y, m, d := schema.Civil(days)
	switch f {
	case fieldDay:
		return int64(d)
	case fieldDoy:
		return days - schema.DateOf(y, 1, 1) + 1
	case fieldMonth:
		return int64(m)
	case fieldQuarter:
		return int64((m-1)/3 + 1)
	case fieldYear:
		return yearShown(y)
	case fieldDecade:
		return int64(floorTo(y, 10) / 10)
	case fieldCentury:
		return age100(y, 100)
	case fieldMillennium:
		return age100(y, 1000)
	}
	return 0
}

// yearShown numbers years before 1 as people do: 1 BC is -1.
func yearShown(y int) int64 {
	if y <= 0 {
		y--
	}
	return int64(y)
}

// age100 numbers centuries and millennia: the first began in year 1, the one before it is -1.
func age100(y, unit int) int64 {
	if y > 0 {
		return int64((y + unit - 1) / unit)
	}
	return -int64((unit - y) / unit)
}

// intervalPartOf returns a field of an interval, times 10 to the power of the field's scale.
func intervalPartOf(f field, iv interval) (int64, bool) {
	switch f {
	case fieldMicrosecond, fieldMillisecond, fieldSecond:
		return iv.Micros % schema.MicrosPerMinute, true
	case fieldMinute:
		return iv.Micros / schema.MicrosPerMinute % 60, true
	case fieldHour:
		return iv.Micros / schema.MicrosPerHour, true
	case fieldDay:
		return int64(iv.Days), true
	case fieldMonth:
		return int64(iv.Months % 12), true
	case fieldQuarter:
		return int64(iv.Months%12/3 + 1), true
	case fieldYear:
		return int64(iv.Months / 12), true
	case fieldDecade:
		return int64(iv.Months / 120), true
	case fieldCentury:
		return int64(iv.Months / 1200), true
	case fieldMillennium:
		return int64(iv.Months / 12000), true
	case fieldEpoch:
		const yearMicros = 36525 * schema.MicrosPerDay / 100
		return int64(iv.Months/12)*yearMicros + (int64(iv.Months%12)*30+int64(iv.Days))*schema.MicrosPerDay + iv.Micros, true
	}
	return 0, false
}

// partReader returns fields of the rows of an argument.
type partReader struct {
	c    *Call
	kind schema.Kind
	typ  schema.Type
	at   func(i int) int64
	iv   kernel.Col[interval]
}

func newPartReader(c *Call, arg int) *partReader {
	p := &partReader{c: c, typ: c.Args[arg].Type(), kind: c.Args[arg].Type().Kind}
	if p.kind == schema.Interval {
		p.iv = kernel.FlatCol[interval](c.Args[arg], nil)
	} else {
		p.at = instants(c.Args[arg])
	}
	return p
}

func (p *partReader) unknown(name string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "unit %q not recognized for type %s", name, schema.PostgresName(p.typ))
}

func (p *partReader) unsupported(name string) error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "unit %q not supported for type %s", name, schema.PostgresName(p.typ))
}

// check tells whether the field exists in the argument's type. date_part reads a date as a timestamp.
func (p *partReader) check(f field, name string, strict bool) error {
	clock := f >= fieldMicrosecond && f <= fieldHour
	zone := f >= fieldTimezone
	switch {
	case f == noField:
		return p.unknown(name)
	case p.kind == schema.Date && strict && (clock || zone), zone && p.kind != schema.TimestampTZ,
		p.kind == schema.Time && !clock && f != fieldEpoch,
		p.kind == schema.Interval && (f >= fieldDow && f <= fieldISOYear || f == fieldJulian):
		return p.unsupported(name)
	}
	return nil
}

// value returns field f of row i times 10^scale; ok is false for fields that an infinity does not have, and sign its sign.
func (p *partReader) value(f field, i int) (v int64, infinity int) {
	if p.kind == schema.Interval {
		v, _ = intervalPartOf(f, p.iv.At(i))
		return v, 0
	}
	raw := p.at(i)
	if p.kind == schema.Date && infiniteDate(int32(raw)) || p.kind != schema.Date && p.kind != schema.Time && infinite(raw) {
		if raw < 0 {
			return 0, -1
		}
		return 0, 1
	}
	switch {
	case f >= fieldTimezone:
		_, offset := time.UnixMicro(raw).In(p.c.Env.Location).Zone()
		return int64([]int{offset, offset / 3600, offset / 60 % 60}[f-fieldTimezone]), 0
	case f == fieldEpoch && p.kind == schema.Date:
		return raw * 86400, 0
	case f == fieldEpoch && p.kind == schema.TimestampTZ:
		return raw, 0
	case f == fieldJulian && p.kind == schema.Date:
		return raw + unixJulian, 0
	case f == fieldJulian:
		days, ofDay := schema.SplitTimestamp(local(p.c, p.kind, raw))
		return (days+unixJulian)*1_000_000 + ofDay/86400, 0
	}
	return partOf(f, local(p.c, p.kind, raw)), 0
}

// unixJulian is the Julian day of 1970-01-01.
const unixJulian = 2440588

// monotonic fields of an infinity are infinite, the others NULL.
func (f field) monotonic() bool {
	return f >= fieldISOYear && f != fieldMonth && f != fieldQuarter && f < fieldTimezone
}

// ofInfinity is the error of a field of an infinity whose value is infinite, where the result's type has no infinity; nil for
// the fields that are NULL.
func (f field) ofInfinity(name, typ string) error {
	if !f.monotonic() {
		return nil
	}
	return sqlerr.New(sqlerr.NumericOutOfRange, "the %s of an infinity is infinite, which type %s cannot hold", name, typ).
		WithHint("date_part returns double precision, which can.")
}

// datePart is date_part: a double.
func datePart(c *Call) (vector.Vector, error) {
	out := outFlat[float64](c)
	p, unit := newPartReader(c, 1), unitOf(c, 0)
	err := rows(c, out.Null, func(i int) error {
		name := unit(i)
		f := fieldNames[name]
		if err := p.check(f, name, false); err != nil {
			return err
		}
		v, infinity := p.value(f, i)
		switch {
		case infinity == 0:
			out.Values[i] = float64(v) / math.Pow10(f.scale(p.kind))
		case f.monotonic():
			out.Values[i] = math.Inf(infinity)
		default:
			out.Null = setNull(out.Null, c.N, i)
		}
		return nil
	})
	return out, err
}

func setNull(null vector.Bitmap, n, i int) vector.Bitmap {
	if null == nil {
		null = vector.NewBitmap(n)
	}
	null.Set(i)
	return null
}

// extractPart is extract: a decimal whose scale is the field's where that is a constant. Where the answer is an infinity, which
// decimals do not have, it fails.
func extractPart(c *Call) (vector.Vector, error) {
	p, unit := newPartReader(c, 1), unitOf(c, 0)
	get := func(i int) (schema.Int128, bool, error) {
		name := unit(i)
		f := fieldNames[name]
		if err := p.check(f, name, true); err != nil {
			return schema.Int128{}, false, err
		}
		v, infinity := p.value(f, i)
		if infinity != 0 {
			return schema.Int128{}, false, f.ofInfinity(name, "numeric")
		}
		return schema.Int128FromInt64(v).Mul(schema.Pow10(int(c.Type.Scale) - f.scale(p.kind))), true, nil
	}
	if c.Type.Physical() == schema.PhysInt64 {
		out := outFlat[int64](c)
		err := rows(c, out.Null, func(i int) error {
			v, ok, err := get(i)
			if !ok && err == nil {
				out.Null = setNull(out.Null, c.N, i)
			}
			out.Values[i] = int64(v.Lo)
			return err
		})
		return out, err
	}
	out := outFlat[schema.Int128](c)
	err := rows(c, out.Null, func(i int) error {
		v, ok, err := get(i)
		if !ok && err == nil {
			out.Null = setNull(out.Null, c.N, i)
		}
		out.Values[i] = v
		return err
	})
	return out, err
}

func registerExtract(r *Registry) {
	for _, t := range []string{"date", "timestamp", "timestamptz", "time", "interval"} {
		r.strict("date_part(text, "+t+") double", datePart, "").stable()
		o := r.strict("extract(text, "+t+") decimal(38,6)", extractPart, "").stable()
		want := o.params[1].typ
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 || args[1].Type.Kind != want.Kind || !args[0].Type.IsString() {
				return nil, false
			}
			result := schema.DecimalOf(schema.MaxDecimal, 6)
			if unit := args[0].Const; unit != nil && unit.Valid {
				if f := fieldNames[strings.ToLower(unit.S)]; !f.big() {
					result = schema.DecimalOf(schema.MaxDecimal64, f.scale(want.Kind))
				} else {
					result.Scale = int32(f.scale(want.Kind))
				}
			}
			return &expr.Resolved{Args: []schema.Type{schema.Text, args[1].Type}, Result: result}, true
		}
	}
	for _, name := range []string{"year", "quarter", "month", "week", "week_of_year", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
		"doy", "hour", "minute", "second", "millisecond", "year_of_week", "yow", "timezone_hour", "timezone_minute"} {
		f := fieldNames[name]
		if name == "dow" {
			f = fieldISODow // Trino's dow is ISO's
		}
		for _, t := range []string{"date", "timestamp", "timestamptz", "time", "interval"} {
			o := parseSignature(name + "(" + t + ") bigint")
			if (&partReader{typ: o.params[0].typ, kind: o.params[0].typ.Kind}).check(f, name, false) == nil {
				r.strict(name+"("+t+") bigint", wholePart(f), "").stable()
			}
		}
	}
}

// wholePart is year(x) and its kin: a whole number.
func wholePart(f field) Kernel {
	divisor := int64(1)
	if f == fieldSecond {
		divisor = schema.MicrosPerSecond
	}
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[int64](c)
		p := newPartReader(c, 0)
		err := rows(c, out.Null, func(i int) error {
			v, infinity := p.value(f, i)
			if infinity != 0 {
				if err := f.ofInfinity("field", "bigint"); err != nil {
					return err
				}
				out.Null = setNull(out.Null, c.N, i)
			}
			if f == fieldMillisecond {
				v = v / 1000 % 1000
			}
			out.Values[i] = v / divisor
			return nil
		})
		return out, err
	}
}

// justifyInterval makes 24 hours days and 30 days months, and gives all parts one sign.
func justifyInterval(iv interval) interval {
	days := int64(iv.Days) + iv.Micros/schema.MicrosPerDay
	micros := iv.Micros % schema.MicrosPerDay
	months := int64(iv.Months) + days/30
	days %= 30
	switch {
	case months > 0 && (days < 0 || days == 0 && micros < 0):
		days += 30
		months--
	case months < 0 && (days > 0 || days == 0 && micros > 0):
		days -= 30
		months++
	}
	switch {
	case days > 0 && micros < 0:
		micros += schema.MicrosPerDay
		days--
	case days < 0 && micros > 0:
		micros -= schema.MicrosPerDay
		days++
	}
	return interval{Months: int32(months), Days: int32(days), Micros: micros}
}

// registerOverlaps declares (start, end) OVERLAPS (start, end); an end may be a length.
func registerOverlaps(r *Registry) {
	for _, t := range []string{"date", "timestamp", "timestamptz", "time"} {
		for _, e1 := range []string{t, "interval"} {
			for _, e2 := range []string{t, "interval"} {
				r.lenient("overlaps("+t+", "+e1+", "+t+", "+e2+") boolean", values(overlapping), "periods have a time in common").stable()
			}
		}
	}
}

func overlapping(c *Call, a []schema.Value) (schema.Value, error) {
	var lo, hi [2]schema.Value
	for i := range 2 {
		start, end := a[2*i], a[2*i+1]
		if end.Type.Kind == schema.Interval && end.Valid && start.Valid {
			v, err := plusInterval(c, start, end.Interval())
			if err != nil {
				return start, err
			}
			end = v
		}
		end.Type = start.Type
		if !start.Valid || end.Valid && start.Compare(end) > 0 { // NULL is the greater end
			start, end = end, start
		}
		lo[i], hi[i] = start, end
	}
	if !lo[0].Valid || !lo[1].Valid {
		return nullOf(c)
	}
	if cmp := lo[0].Compare(lo[1]); cmp == 0 {
		return schema.BoolValue(true), nil
	} else if cmp > 0 {
		lo[0], lo[1], hi[0], hi[1] = lo[1], lo[0], hi[1], hi[0]
	}
	if !hi[0].Valid {
		return nullOf(c)
	}
	return schema.BoolValue(lo[1].Compare(hi[0]) < 0), nil
}

// plusInterval adds an interval to a time of any kind, within that kind.
func plusInterval(c *Call, v schema.Value, iv interval) (schema.Value, error) {
	var err error
	switch v.Type.Kind {
	case schema.Date:
		var ts int64
		ts, err = addInterval(dateToTimestamp(int32(v.I)), iv)
		v.I = int64(timestampToDate(ts))
	case schema.TimestampTZ:
		v.I, err = addIntervalTZ(v.I, iv, c.Env.Location)
	case schema.Timestamp:
		v.I, err = addInterval(v.I, iv)
	default:
		v.I = wrapTime(v.I + iv.Micros)
	}
	return v, err
}
