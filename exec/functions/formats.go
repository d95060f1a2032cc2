package functions

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerFormats declares to_char, to_date, to_timestamp of PostgreSQL, date_format and date_parse of MySQL and Trino, and
// format_datetime and parse_datetime of Joda.
func registerFormats(r *Registry) {
	for _, t := range []string{"timestamp", "timestamptz", "date"} {
		r.strict("to_char("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.TextValue(timeToChar(wallClock(c, a[0]), a[1].S)), nil
		}), "").stable()
		r.strict("date_format("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.TextValue(percentFormat(wallTime(c, a[0]), a[1].S)), nil
		}), "MySQL's format").stable()
		r.strict("format_datetime("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.TextValue(wallTime(c, a[0]).Format(jodaLayout(a[1].S))), nil
		}), "Joda's format").stable()
	}
	r.strict("to_char(interval, text) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.TextValue(intervalToChar(a[0].Interval(), a[1].S)), nil
	}), "")
	for _, t := range []string{"bigint", "numeric", "double", "real"} {
		r.strict("to_char("+t+", text) text", strictValues(numberToChar), "")
	}
	registerToNumber(r)
	r.strict("to_date(text, text) date", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		t, err := parseTemplate(a[0].S, a[1].S)
		days, _ := schema.SplitTimestamp(t.local)
		return schema.IntValue(c.Type, days), err
	}), "")
	r.strict("to_timestamp(text, text) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		t, err := parseTemplate(a[0].S, a[1].S)
		if t.hasZone {
			return schema.IntValue(c.Type, t.local-int64(t.zone)*schema.MicrosPerSecond), err
		}
		return schema.IntValue(c.Type, schema.LocalToUTC(t.local, c.Env.Location)), err
	}), "").stable()
	r.strict("date_parse(text, text) timestamp", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		return parseLayout(c.Type, a[0].S, percentLayout(a[1].S), time.UTC)
	}), "MySQL's format")
	r.strict("parse_datetime(text, text) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		return parseLayout(c.Type, a[0].S, jodaLayout(a[1].S), c.Env.Location)
	}), "Joda's format").stable()
}

func parseLayout(t schema.Type, s, layout string, loc *time.Location) (schema.Value, error) {
	at, err := time.ParseInLocation(layout, s, loc)
	if err != nil {
		return schema.Value{}, sqlerr.New(sqlerr.InvalidDatetimeFormat, "%q does not have the form of the format", s)
	}
	return schema.IntValue(t, at.UnixMicro()), nil
}

// wallTime is what the session's clocks show, as a time in UTC but for instants, which keep their zone.
func wallTime(c *Call, v schema.Value) time.Time {
	switch v.Type.Kind {
	case schema.Date:
		return time.Unix(v.I*86400, 0).UTC()
	case schema.TimestampTZ:
		return time.UnixMicro(v.I).In(c.Env.Location)
	}
	return time.UnixMicro(v.I).UTC()
}

// percentLayouts are MySQL's specifiers as Go layouts.
var percentLayouts = map[byte]string{'Y': "2006", 'y': "06", 'm': "01", 'c': "1", 'd': "02", 'e': "2", 'H': "15", 'k': "15", 'h': "03", 'I': "03",
	'l': "3", 'i': "04", 's': "05", 'S': "05", 'f': "000000", 'p': "PM", 'M': "January", 'b': "Jan", 'W': "Monday", 'a': "Mon", 'T': "15:04:05",
	'r': "03:04:05 PM"}

func percentLayout(format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if l, ok := percentLayouts[format[i]]; ok {
			b.WriteString(l)
		} else {
			b.WriteByte(format[i])
		}
	}
	return b.String()
}

// percentFormat formats by MySQL's specifiers.
func percentFormat(t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch c := format[i]; c {
		case 'f':
			fmt.Fprintf(&b, "%06d", t.Nanosecond()/1000)
		case 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case 'v':
			_, w := t.ISOWeek()
			fmt.Fprintf(&b, "%02d", w)
		case 'x':
			y, _ := t.ISOWeek()
			fmt.Fprintf(&b, "%04d", y)
		case 'w':
			b.WriteString(strconv.Itoa(int(t.Weekday())))
		case 'k':
			b.WriteString(strconv.Itoa(t.Hour()))
		case 'D':
			d := strconv.Itoa(t.Day())
			b.WriteString(d + ordinal(d))
		default:
			if l, ok := percentLayouts[c]; ok {
				b.WriteString(t.Format(l))
			} else {
				b.WriteByte(c)
			}
		}
	}
	return b.String()
}

// jodaLayout translates Joda's pattern letters to a Go layout.
func jodaLayout(format string) string {
	names := []struct{ from, to string }{{"yyyy", "2006"}, {"YYYY", "2006"}, {"yy", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
		{"dd", "02"}, {"d", "2"}, {"EEEE", "Monday"}, {"EEE", "Mon"}, {"E", "Mon"}, {"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"m", "4"},
		{"ss", "05"}, {"s", "5"}, {"SSSSSS", "000000"}, {"SSS", "000"}, {"a", "PM"}, {"ZZ", "-07:00"}, {"Z", "-0700"}, {"z", "MST"}}
	var b strings.Builder
next:
	for i := 0; i < len(format); {
		if format[i] == '\'' {
			end := strings.IndexByte(format[i+1:], '\'')
			if end >= 0 {
				b.WriteString(format[i+1 : i+1+end])
				i += end + 2
				continue
			}
		}
		for _, n := range names {
			if strings.HasPrefix(format[i:], n.from) {
				b.WriteString(n.to)
				i += len(n.from)
				continue next
			}
		}
		b.WriteByte(format[i])
		i++
	}
	return b.String()
}
