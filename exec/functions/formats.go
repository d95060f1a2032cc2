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
			return schema.TextValue(toChar(wallTime(c, a[0]), a[1].S)), nil
		}), "").stable()
		r.strict("date_format("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.TextValue(percentFormat(wallTime(c, a[0]), a[1].S)), nil
		}), "MySQL's format").stable()
		r.strict("format_datetime("+t+", text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
			return schema.TextValue(wallTime(c, a[0]).Format(jodaLayout(a[1].S))), nil
		}), "Joda's format").stable()
	}
	r.strict("to_char(bigint, text) text", strictValues(numberToChar), "")
	r.strict("to_char(numeric, text) text", strictValues(numberToChar), "")
	r.strict("to_char(double, text) text", strictValues(numberToChar), "")
	r.strict("to_number(text, text) decimal(38,10)", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		clean := strings.Map(func(x rune) rune {
			if x >= '0' && x <= '9' || x == '.' || x == '-' {
				return x
			}
			return -1
		}, a[0].S)
		return schema.Parse(c.Type, clean)
	}), "")
	r.strict("to_date(text, text) date", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		ts, err := parseTemplate(a[0].S, a[1].S)
		days, _ := schema.SplitTimestamp(ts)
		return schema.IntValue(c.Type, days), err
	}), "")
	r.strict("to_timestamp(text, text) timestamptz", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		ts, err := parseTemplate(a[0].S, a[1].S)
		return schema.IntValue(c.Type, schema.LocalToUTC(ts, c.Env.Location)), err
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

// charPatterns are to_char's, the longest first where one begins another.
var charPatterns = []struct {
	name   string
	format func(t time.Time) string
}{
	{"YYYY", func(t time.Time) string { return fmt.Sprintf("%04d", t.Year()) }},
	{"YYY", func(t time.Time) string { return fmt.Sprintf("%03d", t.Year()%1000) }},
	{"YY", func(t time.Time) string { return fmt.Sprintf("%02d", t.Year()%100) }},
	{"IYYY", func(t time.Time) string { y, _ := t.ISOWeek(); return fmt.Sprintf("%04d", y) }},
	{"Month", func(t time.Time) string { return fmt.Sprintf("%-9s", t.Month()) }},
	{"MONTH", func(t time.Time) string { return fmt.Sprintf("%-9s", strings.ToUpper(t.Month().String())) }},
	{"month", func(t time.Time) string { return fmt.Sprintf("%-9s", strings.ToLower(t.Month().String())) }},
	{"Mon", func(t time.Time) string { return t.Format("Jan") }},
	{"MON", func(t time.Time) string { return strings.ToUpper(t.Format("Jan")) }},
	{"mon", func(t time.Time) string { return strings.ToLower(t.Format("Jan")) }},
	{"MM", func(t time.Time) string { return t.Format("01") }},
	{"Day", func(t time.Time) string { return fmt.Sprintf("%-9s", t.Weekday()) }},
	{"DAY", func(t time.Time) string { return fmt.Sprintf("%-9s", strings.ToUpper(t.Weekday().String())) }},
	{"day", func(t time.Time) string { return fmt.Sprintf("%-9s", strings.ToLower(t.Weekday().String())) }},
	{"DDD", func(t time.Time) string { return fmt.Sprintf("%03d", t.YearDay()) }},
	{"DD", func(t time.Time) string { return t.Format("02") }},
	{"Dy", func(t time.Time) string { return t.Format("Mon") }},
	{"DY", func(t time.Time) string { return strings.ToUpper(t.Format("Mon")) }},
	{"dy", func(t time.Time) string { return strings.ToLower(t.Format("Mon")) }},
	{"ID", func(t time.Time) string { return strconv.Itoa((int(t.Weekday())+6)%7 + 1) }},
	{"D", func(t time.Time) string { return strconv.Itoa(int(t.Weekday()) + 1) }},
	{"IW", func(t time.Time) string { _, w := t.ISOWeek(); return fmt.Sprintf("%02d", w) }},
	{"WW", func(t time.Time) string { return fmt.Sprintf("%02d", (t.YearDay()-1)/7+1) }},
	{"W", func(t time.Time) string { return strconv.Itoa((t.Day()-1)/7 + 1) }},
	{"Q", func(t time.Time) string { return strconv.Itoa((int(t.Month())-1)/3 + 1) }},
	{"HH24", func(t time.Time) string { return t.Format("15") }},
	{"HH12", func(t time.Time) string { return t.Format("03") }},
	{"HH", func(t time.Time) string { return t.Format("03") }},
	{"MI", func(t time.Time) string { return t.Format("04") }},
	{"SSSS", func(t time.Time) string { return strconv.Itoa(t.Hour()*3600 + t.Minute()*60 + t.Second()) }},
	{"SS", func(t time.Time) string { return t.Format("05") }},
	{"MS", func(t time.Time) string { return fmt.Sprintf("%03d", t.Nanosecond()/1e6) }},
	{"US", func(t time.Time) string { return fmt.Sprintf("%06d", t.Nanosecond()/1e3) }},
	{"FF3", func(t time.Time) string { return fmt.Sprintf("%03d", t.Nanosecond()/1e6) }},
	{"FF6", func(t time.Time) string { return fmt.Sprintf("%06d", t.Nanosecond()/1e3) }},
	{"AM", func(t time.Time) string { return t.Format("PM") }}, {"PM", func(t time.Time) string { return t.Format("PM") }},
	{"am", func(t time.Time) string { return t.Format("pm") }}, {"pm", func(t time.Time) string { return t.Format("pm") }},
	{"TZ", func(t time.Time) string { n, _ := t.Zone(); return n }}, {"OF", func(t time.Time) string { return t.Format("-07") }},
	{"CC", func(t time.Time) string { return fmt.Sprintf("%02d", (t.Year()+99)/100) }},
	{"J", func(t time.Time) string { return strconv.FormatInt(t.Unix()/86400+2440588, 10) }},
	{"Y", func(t time.Time) string { return strconv.Itoa(t.Year() % 10) }},
}

// toChar formats a time by PostgreSQL's template.
func toChar(t time.Time, template string) string {
	var b strings.Builder
	for i := 0; i < len(template); {
		rest := template[i:]
		if rest[0] == '"' {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				end = len(rest) - 1
			}
			b.WriteString(rest[1 : 1+end])
			i += end + 2
			continue
		}
		fill := false
		if len(rest) > 2 && strings.EqualFold(rest[:2], "FM") {
			fill, rest, i = true, rest[2:], i+2
		}
		n, out := charPattern(t, rest)
		if n == 0 {
			b.WriteByte(rest[0])
			i++
			continue
		}
		if fill {
			out = strings.TrimRight(strings.TrimLeft(out, "0"), " ")
		}
		b.WriteString(out)
		i += n
		if strings.HasPrefix(template[min(i, len(template)):], "th") {
			b.WriteString(ordinal(out))
			i += 2
		}
	}
	return b.String()
}

func charPattern(t time.Time, rest string) (int, string) {
	for _, p := range charPatterns {
		if strings.HasPrefix(rest, p.name) || strings.HasPrefix(rest, strings.ToLower(p.name)) && strings.ToUpper(p.name) == p.name && len(p.name) > 1 {
			return len(p.name), p.format(t)
		}
	}
	return 0, ""
}

func ordinal(n string) string {
	if strings.HasSuffix(n, "11") || strings.HasSuffix(n, "12") || strings.HasSuffix(n, "13") || n == "" {
		return "th"
	}
	return map[byte]string{'1': "st", '2': "nd", '3': "rd"}[n[len(n)-1]] + map[bool]string{true: "th"}[!strings.ContainsAny(n[len(n)-1:], "123")]
}

// parseTemplate reads a time by PostgreSQL's template: numbers, month names and separators.
func parseTemplate(s, template string) (int64, error) {
	f := map[string]int{"YYYY": 1, "MM": 1, "DD": 1}
	bad := func() (int64, error) {
		return 0, sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid value %q for the format %q", s, template)
	}
	pm := -1
	for i := 0; i < len(template); {
		rest := strings.ToUpper(template[i:])
		name := ""
		for _, p := range []string{"YYYY", "MONTH", "MON", "MM", "DDD", "DD", "HH24", "HH12", "HH", "MI", "SS", "MS", "US", "AM", "PM", "YY", "DAY", "DY"} {
			if strings.HasPrefix(rest, p) {
				name = p
				break
			}
		}
		if name == "" {
			if strings.HasPrefix(rest, "FM") {
				i += 2
				continue
			}
			i++
			if s != "" && !isDigit(s[0]) {
				s = s[1:]
			}
			continue
		}
		i += len(name)
		s = strings.TrimLeft(s, " ")
		switch name {
		case "MONTH", "MON", "DAY", "DY":
			n := 0
			for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z') {
				n++
			}
			if name[0] == 'M' {
				at, err := time.Parse("Jan", titleCase(s[:min(n, 3)]))
				if err != nil {
					return bad()
				}
				f["MM"] = int(at.Month())
			}
			s = s[n:]
		case "AM", "PM":
			if len(s) < 2 {
				return bad()
			}
			pm = boolInt(strings.EqualFold(s[:2], "PM"))
			s = s[2:]
		default:
			width := map[string]int{"YYYY": 4, "DDD": 3, "MS": 3, "US": 6}[name]
			if width == 0 {
				width = 2
			}
			n := 0
			for n < len(s) && n < width && isDigit(s[n]) {
				n++
			}
			v, err := strconv.Atoi(s[:n])
			if err != nil {
				return bad()
			}
			for ; (name == "MS" || name == "US") && n < width; n++ {
				v *= 10
			}
			f[name] = v
			s = s[min(n, len(s)):]
		}
	}
	return templateTime(f, pm, bad)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func titleCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
}

func templateTime(f map[string]int, pm int, bad func() (int64, error)) (int64, error) {
	y := f["YYYY"]
	if yy, ok := f["YY"]; ok {
		y = 2000 + yy
		if yy >= 70 {
			y = 1900 + yy
		}
	}
	h := f["HH24"] + f["HH12"] + f["HH"]
	if pm >= 0 {
		h = h%12 + 12*pm
	}
	if f["MM"] < 1 || f["MM"] > 12 || f["DD"] < 1 || f["DD"] > schema.DaysInMonth(y, f["MM"]) || h > 24 || f["MI"] > 59 || f["SS"] > 59 {
		return bad()
	}
	days := schema.DateOf(y, f["MM"], f["DD"])
	if n, ok := f["DDD"]; ok {
		days = schema.DateOf(y, 1, n)
	}
	return days*schema.MicrosPerDay + int64(h)*schema.MicrosPerHour + int64(f["MI"])*schema.MicrosPerMinute +
		int64(f["SS"])*schema.MicrosPerSecond + int64(f["MS"])*1000 + int64(f["US"]), nil
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

// numberToChar formats a number by the template digits 9 and 0, with D or a point, G or a comma, S, MI, FM and a currency sign.
func numberToChar(c *Call, a []schema.Value) (schema.Value, error) {
	template := a[1].S
	fill := strings.HasPrefix(template, "FM")
	template = strings.TrimPrefix(template, "FM")
	whole, fraction, hasPoint := strings.Cut(strings.NewReplacer("D", ".").Replace(template), ".")
	decimals := strings.Count(fraction, "9") + strings.Count(fraction, "0")
	num, err := schema.Parse(schema.DecimalOf(38, decimals), a[0].Text())
	if err != nil {
		return a[0], err
	}
	digits := num.Text()
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	intPart, fracPart, _ := strings.Cut(digits, ".")
	slots := strings.Count(whole, "9") + strings.Count(whole, "0")
	if len(intPart) > slots && intPart != "0" {
		return schema.TextValue(strings.Repeat("#", len(a[1].S)+1)), nil
	}
	out := fillDigits(whole, intPart, slots)
	if hasPoint {
		out += "." + fracPart
	}
	sign := " "
	if negative {
		sign = "-"
	}
	trimmed := strings.TrimLeft(out, " ")
	out = strings.Repeat(" ", len(out)-len(trimmed)) + sign + trimmed
	if fill {
		out = strings.TrimSpace(out)
		if zeros := strings.TrimRight(fraction, "9"); hasPoint && zeros == "" {
			out = strings.TrimRight(out, "0")
		}
	}
	return schema.TextValue(out), nil
}

// fillDigits puts digits into a template's places: leading places are blank for 9 and zero from the first 0 on.
func fillDigits(template, digits string, slots int) string {
	padded := strings.Repeat("\x00", max(slots-len(digits), 0)) + digits
	if digits == "0" && !strings.Contains(template, "0") && slots > 0 {
		padded = strings.Repeat("\x00", slots-1) + "0"
	}
	var b strings.Builder
	started, zero := false, false
	at := 0
	for i := range len(template) {
		switch t := template[i]; t {
		case '9', '0':
			zero = zero || t == '0'
			d := padded[at]
			at++
			switch {
			case d != 0:
				started = true
				b.WriteByte(d)
			case zero:
				started = true
				b.WriteByte('0')
			default:
				b.WriteByte(' ')
			}
		case ',', 'G':
			if started {
				b.WriteByte(',')
			} else {
				b.WriteByte(' ')
			}
		case '$', 'L':
			b.WriteByte('$')
		}
	}
	return b.String()
}
