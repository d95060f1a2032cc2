package lake

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// dateUnits are the units of an interval.
var dateUnits = map[string]func(t time.Time, n int) time.Time{
	"YEARS":   func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0) },
	"MONTHS":  func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) },
	"WEEKS":   func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) },
	"DAYS":    func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) },
	"HOURS":   func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Hour) },
	"MINUTES": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Minute) },
	"SECONDS": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Second) },
}

// unitOf returns a unit written in singular or plural, in any case.
func unitOf(text string) (func(time.Time, int) time.Time, bool) {
	text = strings.ToUpper(text)
	if !strings.HasSuffix(text, "S") {
		text += "S"
	}
	f, ok := dateUnits[text]
	return f, ok
}

// dates enumerates a range of dates or times in UTC.
func (p *projection) dates(key int) ([]projectedValue, error) {
	layout, finest, err := goLayout(p.property(key, "format"))
	if err != "" {
		return nil, p.badColumn(key, "format", err)
	}
	lo, hi, e := p.bounds(key)
	if e != nil {
		return nil, e
	}
	from, ok1 := p.moment(lo, layout)
	to, ok2 := p.moment(hi, layout)
	if !ok1 || !ok2 {
		return nil, p.badColumn(key, "range", "its ends must be in the format or NOW, NOW-n<unit>, NOW+n<unit>")
	}
	unit := p.property(key, "interval.unit")
	if unit == "" {
		unit = finest
	}
	step, ok := unitOf(unit)
	if !ok {
		return nil, p.badColumn(key, "interval.unit", "it must be years, months, weeks, days, hours, minutes or seconds")
	}
	n, e := p.number(key, "interval", 1)
	if e != nil {
		return nil, e
	}
	// What the format does not show is not counted: NOW means today for days.
	from, to = truncate(from, layout), truncate(to, layout)
	var out []projectedValue
	for i := 0; ; i++ {
		t := step(from, i*int(min(n, 1<<20)))
		if t.After(to) {
			return out, nil
		}
		if i == maxDomain {
			return nil, p.badColumn(key, "range", "it has too many values")
		}
		text := t.Format(layout)
		v, e := p.dateValue(key, t, text)
		if e != nil {
			return nil, e
		}
		if len(out) == 0 || out[len(out)-1].path != text {
			out = append(out, projectedValue{v, text})
		}
	}
}

// truncate drops what a layout does not show.
func truncate(t time.Time, layout string) time.Time {
	if u, err := time.Parse(layout, t.Format(layout)); err == nil {
		return u
	}
	return t
}

func (p *projection) dateValue(key int, t time.Time, text string) (schema.Value, error) {
	switch typ := p.t.Keys[key].Type; typ.Kind {
	case schema.Date:
		return schema.IntValue(typ, schema.DateOf(t.Year(), int(t.Month()), t.Day())), nil
	case schema.Timestamp, schema.TimestampTZ:
		return schema.IntValue(typ, t.UnixMicro()), nil
	}
	return p.value(key, "format", text)
}

var nowPattern = regexp.MustCompile(`^(?i)NOW\s*(?:([+-])\s*(\d{1,6})\s*([A-Z]+))?$`)

// moment reads the end of a range.
func (p *projection) moment(text, layout string) (time.Time, bool) {
	m := nowPattern.FindStringSubmatch(text)
	if m == nil {
		t, err := time.Parse(layout, text)
		return t, err == nil
	}
	if m[3] == "" {
		return p.now, true
	}
	step, ok := unitOf(m[3])
	if !ok {
		return p.now, false
	}
	n, err := strconv.Atoi(m[1] + m[2])
	return step(p.now, n), err == nil
}

// layouts are the letters of Java's DateTimeFormatter that folders use, with Go's and the unit that they count.
var layouts = map[string]struct{ layout, unit string }{
	"yyyy": {"2006", "YEARS"}, "uuuu": {"2006", "YEARS"}, "yy": {"06", "YEARS"}, "MM": {"01", "MONTHS"}, "M": {"1", "MONTHS"},
	"MMM": {"Jan", "MONTHS"}, "dd": {"02", "DAYS"}, "d": {"2", "DAYS"}, "HH": {"15", "HOURS"}, "mm": {"04", "MINUTES"}, "m": {"4", "MINUTES"},
	"ss": {"05", "SECONDS"}, "s": {"5", "SECONDS"},
}

var unitOrder = []string{"YEARS", "MONTHS", "DAYS", "HOURS", "MINUTES", "SECONDS"}

// goLayout turns a Java pattern into a layout of package time and names its finest unit.
func goLayout(pattern string) (layout, finest, problem string) {
	if pattern == "" {
		return "", "", "it is missing"
	}
	rank := 0
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return "", "", "a quote is not closed"
			}
			layout += pattern[i+1 : i+1+end]
			i += end + 2
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := i
			for n < len(pattern) && pattern[n] == c {
				n++
			}
			l, ok := layouts[pattern[i:n]]
			if !ok {
				return "", "", "the letters " + strconv.Quote(pattern[i:n]) + " are not supported"
			}
			for r, u := range unitOrder {
				if u == l.unit {
					rank = max(rank, r)
				}
			}
			layout += l.layout
			i = n
		default:
			layout += string(c)
			i++
		}
	}
	return layout, unitOrder[rank], ""
}
