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

// local makes a timestamp of a temporal argument for the session's clocks.
func local(c *Call, kind schema.Kind, v int64) int64 {
	switch kind {
	case schema.Date:
		return dateToTimestamp(int32(v))
	case schema.TimestampTZ:
		return schema.UTCToLocal(v, c.Env.Location)
	}
	return v
}

// instants returns the values of a date, time or timestamp argument.
func instants(v vector.Vector) func(i int) int64 {
	if v.Type().Kind == schema.Date {
		col := kernel.FlatCol[int32](v, nil)
		return func(i int) int64 { return int64(col.At(i)) }
	}
	col := kernel.FlatCol[int64](v, nil)
	return col.At
}

func registerTime(r *Registry) {
	for _, t := range []string{"timestamp", "timestamptz"} {
		r.strict("date_trunc(text, "+t+") "+t, dateTrunc, "").stable()
	}
	o := r.strict("date_trunc(text, date) timestamp", dateTrunc, "")
	o.about = "a date counts as a timestamp"
	r.strict("date_trunc(text, timestamptz, text) timestamptz", strictValues(truncInZone), "")
	r.strict("date_trunc(text, interval) interval", strictValues(truncInterval), "")
	registerExtract(r)
	registerNow(r)
	registerMake(r)
	registerTrinoTime(r)
	registerFormats(r)
}

func dateTrunc(c *Call) (vector.Vector, error) {
	out := outFlat[int64](c)
	unit, at, kind := unitOf(c, 0), instants(c.Args[1]), c.Args[1].Type().Kind
	err := rows(c, out.Null, func(i int) error {
		if kind == schema.TimestampTZ {
			ts, err := truncateInstant(unit(i), at(i), c.Env.Location)
			out.Values[i] = ts
			return err
		}
		ts, err := truncateTimestamp(unit(i), local(c, kind, at(i)))
		out.Values[i] = ts
		return err
	})
	return out, err
}

func truncInterval(c *Call, a []schema.Value) (schema.Value, error) {
	iv := a[1].Interval()
	switch strings.ToLower(a[0].S) {
	case "year":
		iv = interval{Months: iv.Months / 12 * 12}
	case "month":
		iv = interval{Months: iv.Months}
	case "day":
		iv.Micros = 0
	case "hour":
		iv.Micros -= iv.Micros % schema.MicrosPerHour
	case "minute":
		iv.Micros -= iv.Micros % schema.MicrosPerMinute
	case "second":
		iv.Micros -= iv.Micros % schema.MicrosPerSecond
	default:
		return a[1], sqlerr.New(sqlerr.InvalidParameterValue, "unit %q not recognized for type interval", a[0].S)
	}
	return schema.IntervalOf(iv), nil
}

// truncInZone is date_trunc by the clocks of a zone.
func truncInZone(c *Call, a []schema.Value) (schema.Value, error) {
	loc, err := zoneNamed(a[2].S)
	if err != nil {
		return a[2], err
	}
	ts, err := truncateInstant(strings.ToLower(a[0].S), a[1].I, loc)
	return schema.IntValue(c.Type, ts), err
}

// truncateInstant is date_trunc by the clocks of a zone. Hours and less keep the offset of their instant: an hour that clocks
// show twice stays the one it is.
func truncateInstant(unit string, ts int64, loc *time.Location) (int64, error) {
	shown := schema.UTCToLocal(ts, loc)
	cut, err := truncateTimestamp(unit, shown)
	if err == nil && shown-cut < schema.MicrosPerHour {
		if same := ts - (shown - cut); schema.UTCToLocal(same, loc) == cut {
			return same, nil
		}
	}
	return schema.LocalToUTC(cut, loc), err
}

func constantTime(f func(c *Call) int64) Kernel {
	return func(c *Call) (vector.Vector, error) {
		return vector.FromValue(schema.IntValue(c.Type, f(c)), c.N), nil
	}
}

func registerNow(r *Registry) {
	start := func(c *Call) int64 { return c.Env.Start.UnixMicro() }
	localStart := func(c *Call) int64 { return schema.UTCToLocal(start(c), c.Env.Location) }
	for _, name := range []string{"now", "current_timestamp", "transaction_timestamp", "statement_timestamp"} {
		r.lenient(name+"() timestamptz", constantTime(start), "the time at which the statement began").stable()
	}
	r.lenient("clock_timestamp() timestamptz", constantTime(func(*Call) int64 { return time.Now().UnixMicro() }), "the time").volatile()
	r.lenient("localtimestamp() timestamp", constantTime(localStart), "").stable()
	r.lenient("current_date() date", constantTime(func(c *Call) int64 {
		days, _ := schema.SplitTimestamp(localStart(c))
		return days
	}), "").stable()
	for _, name := range []string{"localtime", "current_time"} {
		r.lenient(name+"() time", constantTime(func(c *Call) int64 {
			_, ofDay := schema.SplitTimestamp(localStart(c))
			return ofDay
		}), "").stable()
	}
	r.lenient("timeofday() text", values(func(*Call, []schema.Value) (schema.Value, error) {
		return schema.TextValue(time.Now().UTC().Format("Mon Jan 02 15:04:05.000000 2006 UTC")), nil
	}), "").volatile()
	r.lenient("current_timezone() text", values(func(c *Call, _ []schema.Value) (schema.Value, error) {
		return schema.TextValue(c.Env.Location.String()), nil
	}), "").stable()
	r.strict("timezone(text, timestamp) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		loc, err := zoneNamed(a[0].S)
		return schema.IntValue(c.Type, schema.LocalToUTC(a[1].I, loc)), err
	}), "the instant at which clocks of a zone show a time")
	for _, sig := range []string{"timezone(text, timestamptz) timestamp", "at_timezone_local(text, timestamptz) timestamp"} {
		r.strict(sig, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			loc, err := zoneNamed(a[0].S)
			return schema.IntValue(c.Type, schema.UTCToLocal(a[1].I, loc)), err
		}), "what clocks of a zone show at an instant")
	}
	r.strict("timezone(interval, timestamptz) timestamp", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		return schema.IntValue(c.Type, a[1].I+a[0].Interval().Micros), nil
	}), "")
	r.strict("at_timezone(timestamptz, text) timestamptz", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		_, err := zoneNamed(a[1].S)
		return a[0], err
	}), "the same instant: Tarn's instants carry no zone")
	r.strict("with_timezone(timestamp, text) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		loc, err := zoneNamed(a[1].S)
		return schema.IntValue(c.Type, schema.LocalToUTC(a[0].I, loc)), err
	}), "")
}

// zoneNamed reads a zone's name, an abbreviation, or an offset as POSIX writes it, perhaps behind letters: +03 and UTC+3 are
// west of Greenwich.
func zoneNamed(name string) (*time.Location, error) {
	name = strings.TrimSpace(name)
	if loc, err := schema.LoadZone(name); err == nil {
		return loc, nil
	}
	unknown := sqlerr.New(sqlerr.InvalidParameterValue, "time zone %q not recognized", name)
	offset := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	switch letters := len(name) - len(offset); {
	case offset == "" || letters == 0 && offset[0] != '+' && offset[0] != '-':
	case letters > 0 && letters < 3:
		return time.UTC, unknown
	case offset[0] != '+' && offset[0] != '-':
		offset = "+" + offset
	}
	west := strings.ContainsAny(offset, "+-")
	if !west {
		offset = name
	}
	v, err := schema.ParseIn(schema.T(schema.TimestampTZ), "1970-01-01 00:00:00 "+offset, time.UTC)
	if err != nil {
		return time.UTC, unknown
	}
	seconds := int(-v.I / schema.MicrosPerSecond)
	if west {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds), nil
}

func registerMake(r *Registry) {
	r.strict("make_date(integer, integer, integer) date", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		days, err := civilDays(a)
		return schema.IntValue(c.Type, days), err
	}), "").named("year", "month", "day")
	r.strict("make_time(integer, integer, double) time", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		micros, err := clockMicros(a)
		return schema.IntValue(c.Type, micros), err
	}), "").named("hour", "min", "sec")
	for _, t := range []string{"make_timestamp", "make_timestamptz"} {
		typ := strings.TrimPrefix(t, "make_")
		r.strict(t+"(integer, integer, integer, integer, integer, double) "+typ, strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			ts, err := civilTime(a)
			if c.Type.Kind == schema.TimestampTZ {
				ts = schema.LocalToUTC(ts, c.Env.Location)
			}
			return schema.IntValue(c.Type, ts), err
		}), "").stable().named("year", "month", "mday", "hour", "min", "sec")
	}
	r.strict("make_timestamptz(integer, integer, integer, integer, integer, double, text) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		ts, err := civilTime(a)
		if err != nil {
			return a[0], err
		}
		loc, err := zoneNamed(a[6].S)
		return schema.IntValue(c.Type, schema.LocalToUTC(ts, loc)), err
	}), "").named("year", "month", "mday", "hour", "min", "sec", "timezone")
	r.strict("make_interval(integer?, integer?, integer?, integer?, integer?, integer?, double?) interval", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		n := make([]int64, 7)
		seconds := 0.0
		for i, v := range a {
			n[i], seconds = v.I, v.F
		}
		months, days, micros := n[0]*12+n[1], n[2]*7+n[3], math.Round(seconds*1e6)
		if months != int64(int32(months)) || days != int64(int32(days)) || math.IsNaN(micros) || math.Abs(micros) > math.MaxInt64/2 {
			return a[0], sqlerr.New(sqlerr.DatetimeOverflow, "interval out of range")
		}
		return schema.IntervalOf(interval{Months: int32(months), Days: int32(days),
			Micros: n[4]*schema.MicrosPerHour + n[5]*schema.MicrosPerMinute + int64(micros)}), nil
	}), "years, months, weeks, days, hours, minutes, seconds").named("years", "months", "weeks", "days", "hours", "mins", "secs")
	for _, t := range []string{"timestamp", "timestamptz"} {
		r.strict("age("+t+", "+t+") interval", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.IntervalOf(age(local(c, a[0].Type.Kind, a[0].I), local(c, a[1].Type.Kind, a[1].I))), nil
		}), "years, months and days between two times").stable()
		r.strict("age("+t+") interval", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			days, _ := schema.SplitTimestamp(schema.UTCToLocal(c.Env.Start.UnixMicro(), c.Env.Location))
			return schema.IntervalOf(age(days*schema.MicrosPerDay, local(c, a[0].Type.Kind, a[0].I))), nil
		}), "").stable()
	}
	r.strict("justify_days(interval) interval", unary(func(iv interval) interval {
		return interval{Months: iv.Months + iv.Days/30, Days: iv.Days % 30, Micros: iv.Micros}
	}), "")
	r.strict("justify_hours(interval) interval", unary(func(iv interval) interval {
		return interval{Months: iv.Months, Days: iv.Days + int32(iv.Micros/schema.MicrosPerDay), Micros: iv.Micros % schema.MicrosPerDay}
	}), "")
	r.strict("justify_interval(interval) interval", unary(justifyInterval), "")
	r.strict("isfinite(date) boolean", unary(func(d int32) bool { return !infiniteDate(d) }), "")
	r.strict("isfinite(timestamp) boolean", unary(func(ts int64) bool { return !infinite(ts) }), "")
	r.strict("isfinite(timestamptz) boolean", unary(func(ts int64) bool { return !infinite(ts) }), "")
	r.strict("isfinite(interval) boolean", unary(func(interval) bool { return true }), "")
	registerOverlaps(r)
	r.strict("last_day_of_month(date) date", unary(func(d int32) int32 {
		y, m, _ := schema.Civil(int64(d))
		return int32(schema.DateOf(y, m+1, 1) - 1)
	}), "")
	r.strict("to_timestamp(double) timestamptz", unaryErr(instantOfSeconds), "from seconds since 1970")
	r.strict("from_unixtime(double) timestamptz", unaryErr(instantOfSeconds), "from seconds since 1970")
	for _, t := range []string{"timestamp", "timestamptz"} {
		r.strict("to_unixtime("+t+") double", unary(func(ts int64) float64 { return float64(ts) / 1e6 }), "seconds since 1970")
	}
	r.strict("date_bin(interval, timestamp, timestamp) timestamp", strictValues(dateBin), "")
	r.strict("date_bin(interval, timestamptz, timestamptz) timestamptz", strictValues(dateBin), "")
}

func dateBin(c *Call, a []schema.Value) (schema.Value, error) {
	iv := a[0].Interval()
	step := int64(iv.Days)*schema.MicrosPerDay + iv.Micros
	if iv.Months != 0 || step <= 0 {
		return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "stride must be positive and without months")
	}
	d := a[1].I - a[2].I
	q := d / step
	if d%step < 0 {
		q--
	}
	return schema.IntValue(c.Type, a[2].I+q*step), nil
}

func civilDays(a []schema.Value) (int64, error) {
	y, m, d := int(a[0].I), int(a[1].I), int(a[2].I)
	if y < 0 {
		y++
	}
	if a[0].I == 0 || y < -4713 || y > 5_874_897 || m < 1 || m > 12 || d < 1 || d > schema.DaysInMonth(y, m) {
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "date field value out of range: %d-%02d-%02d", a[0].I, m, d)
	}
	return schema.DateOf(y, m, d), nil
}

// clockMicros is a time of day from hours, minutes and seconds. 24:00:00 and a second of 60 are times.
func clockMicros(a []schema.Value) (int64, error) {
	h, m, sec := a[0].I, a[1].I, a[2].F
	if h < 0 || h > 24 || m < 0 || m > 59 || !(sec >= 0 && sec <= 60) || h == 24 && (m > 0 || sec > 0) {
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "time field value out of range: %d:%02d:%02g", h, m, sec)
	}
	return h*schema.MicrosPerHour + m*schema.MicrosPerMinute + int64(math.Round(sec*1e6)), nil
}

// civilTime is a timestamp from year, month, day, hours, minutes and seconds.
func civilTime(a []schema.Value) (int64, error) {
	days, err := civilDays(a)
	if err != nil {
		return 0, err
	}
	if a[0].I > 294_276 {
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "timestamp out of range")
	}
	micros, err := clockMicros(a[3:])
	return days*schema.MicrosPerDay + micros, err
}

// instantOfSeconds is to_timestamp of seconds since 1970. It counts from 2000, as PostgreSQL does, so that it rounds alike.
func instantOfSeconds(f float64) (int64, error) {
	const y2k = 946_684_800
	switch {
	case math.IsInf(f, 1):
		return schema.TimestampInfinity, nil
	case math.IsInf(f, -1):
		return schema.TimestampMinusInfinity, nil
	case math.IsNaN(f):
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "timestamp cannot be NaN")
	case f < -210_866_803_200 || f >= 9_224_318_016_000:
		return 0, sqlerr.New(sqlerr.DatetimeOverflow, "timestamp out of range: \"%g\"", f)
	}
	return int64(math.RoundToEven((f-y2k)*1e6)) + y2k*schema.MicrosPerSecond, nil
}

// age is the difference of two local times in years, months, days and time.
func age(a, b int64) interval {
	if a < b {
		return negInterval(age(b, a))
	}
	da, ta := schema.SplitTimestamp(a)
	db, tb := schema.SplitTimestamp(b)
	y1, m1, d1 := schema.Civil(da)
	y2, m2, d2 := schema.Civil(db)
	micros := ta - tb
	days := d1 - d2
	months := (y1-y2)*12 + m1 - m2
	if micros < 0 {
		micros += schema.MicrosPerDay
		days--
	}
	if days < 0 {
		days += schema.DaysInMonth(y2, m2)
		months--
	}
	return interval{Months: int32(months), Days: int32(days), Micros: micros}
}

// registerTrinoTime declares date_add, date_diff, ISO forms and date().
func registerTrinoTime(r *Registry) {
	for _, t := range []string{"date", "timestamp", "timestamptz"} {
		r.strict("date_add(text, bigint, "+t+") "+t, strictValues(dateAdd), "").stable()
		r.strict("date_diff(text, "+t+", "+t+") bigint", strictValues(dateDiff), "").stable()
		r.strict("to_iso8601("+t+") text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			s := strings.Replace(string(a[0].AppendText(nil, c.Env.Location)), " ", "T", 1)
			return schema.TextValue(s), nil
		}), "").stable()
	}
	r.strict("from_iso8601_date(text) date", strictValues(parseAs), "")
	r.strict("from_iso8601_timestamp(text) timestamptz", strictValues(parseAs), "").stable()
	r.strict("date(text) date", strictValues(parseAs), "").stable()
	for _, t := range []string{"date", "timestamp", "timestamptz"} {
		r.strict("date("+t+") date", func(c *Call) (vector.Vector, error) {
			out := outFlat[int32](c)
			at, kind := instants(c.Args[0]), c.Args[0].Type().Kind
			err := rows(c, out.Null, func(i int) error {
				days, _ := schema.SplitTimestamp(local(c, kind, at(i)))
				out.Values[i] = int32(days)
				return nil
			})
			return out, err
		}, "").stable()
	}
}

func parseAs(c *Call, a []schema.Value) (schema.Value, error) {
	return schema.ParseIn(c.Type, a[0].S, c.Env.Location)
}

func dateAdd(c *Call, a []schema.Value) (schema.Value, error) {
	unit, ok := schema.IntervalUnit(strings.ToLower(a[0].S))
	if !ok {
		return a[2], sqlerr.New(sqlerr.InvalidParameterValue, "%q is not a unit of time", a[0].S)
	}
	iv, err := scaleInterval(unit, float64(a[1].I))
	if err != nil {
		return a[2], err
	}
	switch a[2].Type.Kind {
	case schema.Date:
		ts, err := addInterval(dateToTimestamp(int32(a[2].I)), iv)
		days, _ := schema.SplitTimestamp(ts)
		return schema.IntValue(c.Type, days), err
	case schema.TimestampTZ:
		ts, err := addIntervalTZ(a[2].I, iv, c.Env.Location)
		return schema.IntValue(c.Type, ts), err
	}
	ts, err := addInterval(a[2].I, iv)
	return schema.IntValue(c.Type, ts), err
}

func dateDiff(c *Call, a []schema.Value) (schema.Value, error) {
	unit, ok := schema.IntervalUnit(strings.ToLower(a[0].S))
	if !ok {
		return a[1], sqlerr.New(sqlerr.InvalidParameterValue, "%q is not a unit of time", a[0].S)
	}
	from, to := local(c, a[1].Type.Kind, a[1].I), local(c, a[2].Type.Kind, a[2].I)
	var n int64
	switch {
	case unit.Months != 0:
		n = int64(age(to, from).Months / unit.Months)
	case unit.Days != 0:
		n = (to - from) / (int64(unit.Days) * schema.MicrosPerDay)
	default:
		n = (to - from) / unit.Micros
	}
	return schema.IntValue(c.Type, n), nil
}
