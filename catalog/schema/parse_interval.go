package schema

import (
	"math"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// intervalUnits are the units of intervals by every spelling that PostgreSQL takes. Months, days and microseconds of one
// unit; only one of them is not zero.
var intervalUnits = func() map[string]IntervalValue {
	m := map[string]IntervalValue{}
	add := func(iv IntervalValue, names string) {
		for name := range strings.FieldsSeq(names) {
			m[name] = iv
		}
	}
	add(IntervalValue{Months: 12000}, "millennium millennia mil mils millenniums")
	add(IntervalValue{Months: 1200}, "century centuries cent c")
	add(IntervalValue{Months: 120}, "decade decades dec decs")
	add(IntervalValue{Months: 12}, "year years y yr yrs")
	add(IntervalValue{Months: 3}, "quarter quarters qtr")
	add(IntervalValue{Months: 1}, "month months mon mons")
	add(IntervalValue{Days: 7}, "week weeks w")
	add(IntervalValue{Days: 1}, "day days d")
	add(IntervalValue{Micros: MicrosPerHour}, "hour hours h hr hrs")
	add(IntervalValue{Micros: MicrosPerMinute}, "minute minutes m min mins")
	add(IntervalValue{Micros: MicrosPerSecond}, "second seconds s sec secs")
	add(IntervalValue{Micros: 1000}, "millisecond milliseconds ms msec msecs msecond mseconds")
	add(IntervalValue{Micros: 1}, "microsecond microseconds us usec usecs usecond useconds")
	return m
}()

// IntervalUnit returns one of a unit by its name in lower case, singular or plural.
func IntervalUnit(name string) (IntervalValue, bool) {
	iv, ok := intervalUnits[name]
	return iv, ok
}

// ParseInterval reads PostgreSQL's forms: 1 year 2 mons 3 days 04:05:06.7, 1-2, 3 4:05:06, P1Y2M3DT4H5M6S, with "@" before
// and "ago" behind. A number without a unit is seconds.
func ParseInterval(s string) (IntervalValue, error) {
	p := &intervalParser{original: s}
	text := strings.ToLower(strings.TrimSpace(s))
	if strings.HasPrefix(text, "p") {
		return p.iso(text[1:])
	}
	words := strings.Fields(strings.TrimPrefix(text, "@"))
	ago := len(words) > 0 && words[len(words)-1] == "ago"
	if ago {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return IntervalValue{}, p.bad()
	}
	if err := p.words(words); err != nil {
		return IntervalValue{}, err
	}
	return p.finish(ago)
}

// intervalParser adds up parts; sums are floats of whole units until the end, so that overflow is noticed.
type intervalParser struct {
	original             string
	months, days, micros float64
}

func (p *intervalParser) bad() error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid input syntax for type interval: %q", p.original)
}

func (p *intervalParser) finish(negate bool) (IntervalValue, error) {
	if math.Abs(p.months) > math.MaxInt32 || math.Abs(p.days) > math.MaxInt32 || math.Abs(p.micros) >= math.MaxInt64 {
		return IntervalValue{}, sqlerr.New(sqlerr.IntervalOverflow, "interval field value out of range: %q", p.original)
	}
	iv := IntervalValue{Months: int32(p.months), Days: int32(p.days), Micros: int64(math.Round(p.micros))}
	if negate {
		iv = IntervalValue{Months: -iv.Months, Days: -iv.Days, Micros: -iv.Micros}
	}
	return iv, nil
}

func (p *intervalParser) words(words []string) error {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if strings.Contains(w, ":") {
			if err := p.clock(w); err != nil {
				return err
			}
			continue
		}
		number, unit := splitNumber(w)
		if number == "" {
			return p.bad()
		}
		if y, m, ok := yearMonth(w); ok {
			p.months += y*12 + m
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return p.bad()
		}
		switch {
		case unit != "":
		case i+1 < len(words) && strings.Contains(words[i+1], ":"):
			unit = "day" // 3 4:05:06
		case i+1 < len(words):
			i++
			unit = words[i]
		default:
			unit = "second"
		}
		iv, ok := intervalUnits[unit]
		if !ok {
			return p.bad()
		}
		p.add(n, iv)
	}
	return nil
}

// splitNumber cuts 3days into 3 and days.
func splitNumber(w string) (number, unit string) {
	n := 0
	for n < len(w) && (w[n] >= '0' && w[n] <= '9' || w[n] == '.' || n == 0 && (w[n] == '-' || w[n] == '+')) {
		n++
	}
	return w[:n], w[n:]
}

// yearMonth reads 1-2 and -1-2.
func yearMonth(w string) (years, months float64, ok bool) {
	sign := 1.0
	if strings.HasPrefix(w, "-") {
		sign, w = -1, w[1:]
	}
	y, m, found := strings.Cut(strings.TrimPrefix(w, "+"), "-")
	yn, err1 := strconv.Atoi(y)
	mn, err2 := strconv.Atoi(m)
	if !found || err1 != nil || err2 != nil || mn < 0 || mn > 11 {
		return 0, 0, false
	}
	return sign * float64(yn), sign * float64(mn), true
}

// add adds n units. Fractions of months become days of 30 to a month, fractions of days hours, as in PostgreSQL.
func (p *intervalParser) add(n float64, unit IntervalValue) {
	switch {
	case unit.Months != 0:
		total := n * float64(unit.Months)
		whole := math.Trunc(total)
		p.months += whole
		if unit.Months == 1 {
			p.add(math.Round((total-whole)*30*1e9)/1e9, IntervalValue{Days: 1})
		} else {
			p.months += math.Round(total - whole)
		}
	case unit.Days != 0:
		total := n * float64(unit.Days)
		whole := math.Trunc(total)
		p.days += whole
		p.micros += math.Round((total - whole) * float64(MicrosPerDay))
	default:
		p.micros += n * float64(unit.Micros)
	}
}

// clock reads [-]hh:mm[:ss[.f]].
func (p *intervalParser) clock(w string) error {
	sign := 1.0
	if w[0] == '-' || w[0] == '+' {
		if w[0] == '-' {
			sign = -1
		}
		w = w[1:]
	}
	parts := strings.Split(w, ":")
	if len(parts) > 3 {
		return p.bad()
	}
	unit := []float64{float64(MicrosPerHour), float64(MicrosPerMinute), float64(MicrosPerSecond)}
	if len(parts) == 2 && strings.Contains(parts[1], ".") { // mm:ss.f
		unit = unit[1:]
	}
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || strings.Trim(part, "0123456789.") != "" {
			return p.bad()
		}
		if i > 0 && (n >= 61 || n >= 60 && unit[i] == float64(MicrosPerMinute)) {
			return sqlerr.New(sqlerr.IntervalOverflow, "interval field value out of range: %q", p.original)
		}
		p.micros += sign * n * unit[i]
	}
	return nil
}

// iso reads ISO 8601's form behind the P.
func (p *intervalParser) iso(text string) (IntervalValue, error) {
	units := map[byte]string{'y': "year", 'm': "month", 'w': "week", 'd': "day"}
	if text == "" {
		return IntervalValue{}, p.bad()
	}
	for text != "" {
		if text[0] == 't' {
			units = map[byte]string{'h': "hour", 'm': "minute", 's': "second"}
			text = text[1:]
			continue
		}
		number, rest := splitNumber(text)
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || rest == "" || units[rest[0]] == "" {
			return IntervalValue{}, p.bad()
		}
		p.add(n, intervalUnits[units[rest[0]]])
		text = rest[1:]
	}
	return p.finish(false)
}
