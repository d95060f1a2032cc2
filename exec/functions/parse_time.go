package functions

import (
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// parsedTime is what a template made of a text.
type parsedTime struct {
	local   int64
	zone    int // seconds east of UTC
	hasZone bool
}

// templateReader reads a text by a template of to_date and to_timestamp.
type templateReader struct {
	s      string
	values map[string]int
	pm     int // 0 am, 1 pm, -1 not given
	bc     bool
	zone   int
	hasTZ  bool
}

// fieldWidths are the digits that a numeric pattern takes at most.
var fieldWidths = map[string]int{"YYYY": 4, "IYYY": 4, "YYY": 3, "IYY": 3, "YY": 2, "IY": 2, "Y": 1, "I": 1, "DDD": 3, "IDDD": 3, "MS": 3, "US": 6, "J": 7,
	"SSSS": 5, "SSSSS": 5, "D": 1, "ID": 1, "Q": 1, "W": 1, "FF1": 1, "FF2": 2, "FF3": 3, "FF4": 4, "FF5": 5, "FF6": 6}

func parseTemplate(s, template string) (parsedTime, error) {
	r := &templateReader{s: s, values: map[string]int{}, pm: -1}
	for template != "" {
		if template[0] == '"' {
			text, rest := quotedTemplate(template[1:])
			r.s, template = r.s[min(len(text), len(r.s)):], rest
			continue
		}
		if len(template) > 2 && (strings.EqualFold(template[:2], "FM") || strings.EqualFold(template[:2], "TM") || strings.EqualFold(template[:2], "FX")) {
			template = template[2:]
			continue
		}
		k := timeKeyword(template)
		if k == "" {
			r.separator(template[0])
			template = template[1:]
			continue
		}
		template = template[len(k):]
		// A number that another number follows right away takes its own width only.
		if err := r.read(k, timeKeyword(template) != ""); err != nil {
			return parsedTime{}, err
		}
		if len(template) >= 2 && strings.EqualFold(template[:2], "TH") {
			template, r.s = template[2:], r.s[min(2, len(r.s)):]
		}
	}
	return r.time()
}

// separator skips a character of the template: letters and digits for themselves, others for any separators.
func (r *templateReader) separator(c byte) {
	if r.s == "" {
		return
	}
	if isAlnum(c) {
		r.s = r.s[1:]
		return
	}
	if !isAlnum(r.s[0]) && !((r.s[0] == '-' || r.s[0] == '+') && c == ' ') {
		r.s = r.s[1:]
	}
	r.s = strings.TrimLeft(r.s, " ")
}

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (r *templateReader) bad(k string) error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid value %q for %q", firstWord(r.s), k).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i]
	}
	return s
}

func (r *templateReader) read(k string, tight bool) error {
	r.s = strings.TrimLeft(r.s, " ")
	switch k {
	case "MONTH", "MON":
		for m := time.January; m <= time.December; m++ {
			if rest, ok := cutFold(r.s, m.String()); ok && k == "MONTH" {
				r.s, r.values["MM"] = rest, int(m)
				return nil
			}
			if rest, ok := cutFold(r.s, m.String()[:3]); ok && (k == "MON" || !isLetterByte(rest)) {
				r.s, r.values["MM"] = rest, int(m)
				return nil
			}
		}
		return r.bad(k)
	case "DAY", "DY":
		r.s = strings.TrimLeft(r.s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
		return nil
	case "RM":
		names := []string{"VIII", "VII", "III", "XII", "XI", "IX", "VI", "IV", "II", "X", "V", "I"}
		months := []int{8, 7, 3, 12, 11, 9, 6, 4, 2, 10, 5, 1}
		for i, n := range names {
			if rest, ok := cutFold(r.s, n); ok {
				r.s, r.values["MM"] = rest, months[i]
				return nil
			}
		}
		return r.bad(k)
	case "AM", "PM", "A.M.", "P.M.":
		for i, names := range [][]string{{"A.M.", "AM"}, {"P.M.", "PM"}} {
			for _, n := range names {
				if rest, ok := cutFold(r.s, n); ok {
					r.s, r.pm = rest, i
					return nil
				}
			}
		}
		return r.bad(k)
	case "AD", "BC", "A.D.", "B.C.":
		for _, n := range []string{"A.D.", "AD", "B.C.", "BC"} {
			if rest, ok := cutFold(r.s, n); ok {
				r.s, r.bc = rest, n[0] == 'B'
				return nil
			}
		}
		return r.bad(k)
	case "TZ", "OF", "TZH":
		return r.readZone(k)
	}
	return r.number(k, tight)
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func isLetterByte(s string) bool { return s != "" && isAlnum(s[0]) && !isDigit(s[0]) }

func (r *templateReader) readZone(k string) error {
	word := r.s
	if i := strings.IndexFunc(word, func(c rune) bool { return c == ' ' || c == ')' }); i >= 0 {
		word = word[:i]
	}
	if k == "TZH" && len(word) > 3 {
		word = word[:3]
	}
	v, err := schema.Parse(schema.T(schema.TimestampTZ), "1970-01-01 00:00:00 "+word)
	if err != nil || word == "" {
		return r.bad(k)
	}
	r.s, r.zone, r.hasTZ = r.s[len(word):], int(-v.I/schema.MicrosPerSecond), true
	return nil
}

func (r *templateReader) number(k string, tight bool) error {
	if k == "Y,YYY" {
		r.s = strings.Replace(r.s, ",", "", 1)
		k = "YYYY"
	}
	width := fieldWidths[k]
	if width == 0 {
		width = 2
	}
	limit := width
	if !tight && (k == "YYYY" || k == "IYYY") {
		limit = 9
	}
	negative := k == "TZM"
	if (k == "YYYY" || k == "IYYY") && strings.HasPrefix(r.s, "-") {
		r.s, r.bc = r.s[1:], true
	}
	n := 0
	for n < len(r.s) && n < limit && isDigit(r.s[n]) {
		n++
	}
	v, err := strconv.Atoi(r.s[:n])
	if err != nil {
		return sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid value %q for %q", r.s[:min(width, len(r.s))], k).WithDetail("Value must be an integer.")
	}
	r.s = r.s[n:]
	switch {
	case negative:
		if r.zone < 0 {
			v = -v
		}
		r.zone += v * 60
		return nil
	case k == "MS" || k == "US" || strings.HasPrefix(k, "FF"):
		for ; n < 6; n++ {
			v *= 10
		}
		k = "US"
	case k == "YY" || k == "Y" || k == "YYY" || k == "IY":
		switch {
		case n <= 2 && v < 70, n == 3 && v < 520:
			v += 2000
		case n <= 2:
			v += 1900
		case n == 3:
			v += 1000
		}
		k = "YYYY"
	}
	r.values[k] = v
	return nil
}

// time makes the time of the values that were read.
func (r *templateReader) time() (parsedTime, error) {
	f := r.values
	days, err := r.date()
	if err != nil {
		return parsedTime{}, err
	}
	h := f["HH24"]
	if v, ok := f["HH12"]; ok {
		h = v
	} else if v, ok := f["HH"]; ok {
		h = v
	}
	_, twelve := f["HH24"]
	if !twelve && r.pm >= 0 {
		if h < 1 || h > 12 {
			return parsedTime{}, sqlerr.New(sqlerr.InvalidDatetimeFormat, "hour %q is invalid for the 12-hour clock", strconv.Itoa(h)).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		h = h%12 + 12*r.pm
	}
	for _, name := range []string{"SSSS", "SSSSS"} {
		if s, ok := f[name]; ok {
			h, f["MI"], f["SS"] = s/3600, s/60%60, s%60
		}
	}
	if h > 23 || f["MI"] > 59 || f["SS"] > 59 {
		return parsedTime{}, outOfField()
	}
	ts := days*schema.MicrosPerDay + int64(h)*schema.MicrosPerHour + int64(f["MI"])*schema.MicrosPerMinute +
		int64(f["SS"])*schema.MicrosPerSecond + int64(f["US"])
	return parsedTime{local: ts, zone: r.zone, hasZone: r.hasTZ}, nil
}

func outOfField() error {
	return sqlerr.New(sqlerr.DatetimeOverflow, "date/time field value out of range")
}

func (r *templateReader) date() (int64, error) {
	f := r.values
	if j, ok := f["J"]; ok {
		return int64(j) - unixJulian, nil
	}
	if y, ok := f["IYYY"]; ok {
		jan4 := schema.DateOf(y, 1, 4)
		monday := jan4 - weekday(jan4)
		return monday + int64(max(f["IW"]-1, 0))*7 + int64(max(f["ID"]-1, 0)), nil
	}
	y, ok := f["YYYY"]
	switch {
	case !ok && r.bc:
		y = 0
	case !ok:
		y = 0 // PostgreSQL's year of a time without one: 1 BC
	case r.bc:
		y = 1 - y
	}
	m, d := 1, 1
	if v, ok := f["MM"]; ok {
		m = v
	} else if q, ok := f["Q"]; ok {
		m = (q-1)*3 + 1
	}
	if v, ok := f["DD"]; ok {
		d = v
	}
	if n, ok := f["DDD"]; ok {
		if n < 1 || n > 366 {
			return 0, outOfField()
		}
		return schema.DateOf(y, 1, n), nil
	}
	if m < 1 || m > 12 || d < 1 || d > schema.DaysInMonth(y, m) {
		return 0, outOfField()
	}
	return schema.DateOf(y, m, d), nil
}
