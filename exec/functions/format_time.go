package functions

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// clockTime is what to_char shows: the fields of a local time with its zone, or of an interval.
type clockTime struct {
	year, month, day int
	days             int64 // since 1970-01-01
	hour             int64
	minute, second   int
	micros           int
	zone             string
	offset           int // seconds east of UTC
	interval         bool
}

func clockOf(ts int64) clockTime {
	days, ofDay := schema.SplitTimestamp(ts)
	t := clockTime{days: days}
	t.year, t.month, t.day = schema.Civil(days)
	return t.withClock(ofDay)
}

func (t clockTime) withClock(micros int64) clockTime {
	t.hour = micros / schema.MicrosPerHour
	t.minute = int(micros / schema.MicrosPerMinute % 60)
	t.second = int(micros / schema.MicrosPerSecond % 60)
	t.micros = int(micros % schema.MicrosPerSecond)
	return t
}

// wallClock is what the session's clocks show of a time.
func wallClock(c *Call, v schema.Value) clockTime {
	switch v.Type.Kind {
	case schema.Date:
		return clockOf(dateToTimestamp(int32(v.I)))
	case schema.TimestampTZ:
		t := clockOf(schema.UTCToLocal(v.I, c.Env.Location))
		t.zone, t.offset = time.UnixMicro(v.I).In(c.Env.Location).Zone()
		return t
	}
	return clockOf(v.I)
}

func intervalToChar(iv interval, template string) string {
	t := clockTime{interval: true, year: int(iv.Months / 12), month: int(iv.Months % 12), day: int(iv.Days)}
	return timeToChar(t.withClock(iv.Micros), template)
}

// timeKeywords are the patterns of to_char, to_date and to_timestamp; longer ones stand before those that they begin with.
var timeKeywords = []string{"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS",
	"SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y"}

// timeKeyword returns the pattern that a template begins with, "" for none. Words are found in upper, lower or capitalised
// case, the way they are shown.
func timeKeyword(template string) string {
	for _, k := range timeKeywords {
		if len(template) < len(k) || !strings.EqualFold(template[:len(k)], k) {
			continue
		}
		return k
	}
	return ""
}

// timeToChar formats a time by a template.
func timeToChar(t clockTime, template string) string {
	var b strings.Builder
	for template != "" {
		switch {
		case template[0] == '"':
			text, rest := quotedTemplate(template[1:])
			b.WriteString(text)
			template = rest
			continue
		case template[0] == '\\' && len(template) > 1:
			b.WriteByte(template[1])
			template = template[2:]
			continue
		}
		fill := false
		if len(template) > 2 && strings.EqualFold(template[:2], "FM") {
			fill, template = true, template[2:]
		} else if len(template) > 2 && strings.EqualFold(template[:2], "TM") {
			template = template[2:]
		}
		k := timeKeyword(template)
		if k == "" {
			b.WriteByte(template[0])
			template = template[1:]
			continue
		}
		out := t.show(k, template[:len(k)], fill)
		template = template[len(k):]
		if len(template) >= 2 && strings.EqualFold(template[:2], "TH") && isNumeral(out) {
			suffix := ordinal(strings.TrimSpace(out))
			if template[:2] == "TH" {
				suffix = strings.ToUpper(suffix)
			}
			out, template = out+suffix, template[2:]
		}
		b.WriteString(out)
	}
	return b.String()
}

func isNumeral(s string) bool { return s != "" && isDigit(s[len(s)-1]) }

// quotedTemplate returns the text up to a double quote, and what follows.
func quotedTemplate(s string) (text, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// show formats one pattern; word is the pattern as written, whose case names take.
func (t clockTime) show(k, word string, fill bool) string {
	num := func(n int64, width int) string {
		if fill {
			width = 0
		}
		if n < 0 {
			return fmt.Sprintf("-%0*d", width, -n)
		}
		return fmt.Sprintf("%0*d", width, n)
	}
	name := func(s string, width int) string {
		switch {
		case word == strings.ToUpper(word):
			s = strings.ToUpper(s)
		case word == strings.ToLower(word):
			s = strings.ToLower(s)
		}
		if fill {
			return s
		}
		return fmt.Sprintf("%-*s", width, s)
	}
	switch k {
	case "HH24":
		return num(t.hour, 2)
	case "HH12", "HH":
		h := t.hour % 12
		if h == 0 && !t.interval {
			h = 12
		}
		return num(h, 2)
	case "MI":
		return num(int64(t.minute), 2)
	case "SS":
		return num(int64(t.second), 2)
	case "SSSS", "SSSSS":
		return num(t.hour*3600+int64(t.minute*60+t.second), 0)
	case "MS":
		return fmt.Sprintf("%03d", t.micros/1000)
	case "US":
		return fmt.Sprintf("%06d", t.micros)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return fmt.Sprintf("%06d", t.micros)[:k[2]-'0']
	case "AM", "PM", "A.M.", "P.M.":
		return inCase(word, map[bool]string{true: "PM", false: "AM"}[t.hour%24 >= 12])
	case "TZ":
		return inCase(word, t.zone)
	case "OF":
		return offsetText(t.offset)
	case "TZH":
		return fmt.Sprintf("%+03d", t.offset/3600)
	case "TZM":
		return fmt.Sprintf("%02d", max(t.offset, -t.offset)/60%60)
	case "DD":
		return num(int64(t.day), 2)
	case "MM":
		return num(int64(t.month), 2)
	}
	return t.showDate(k, word, num, name)
}

func (t clockTime) showDate(k, word string, num func(int64, int) string, name func(string, int) string) string {
	year := t.year
	if year <= 0 && !t.interval {
		year = 1 - year
	}
	iso, week := isoWeek(t.days)
	wday := int(weekday(t.days)+1) % 7 // from Sunday
	switch k {
	case "AD", "BC", "A.D.", "B.C.":
		era := "AD"
		if t.year <= 0 {
			era = "BC"
		}
		return inCase(word, era)
	case "CC":
		return num(age100(t.year, 100), 2)
	case "MONTH", "MON":
		if t.month < 1 {
			return ""
		}
		if k == "MON" {
			return name(time.Month(t.month).String()[:3], 3)
		}
		return name(time.Month(t.month).String(), 9)
	case "RM":
		return name([]string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}[max(t.month, 0)], 4)
	case "DAY":
		return name(time.Weekday(wday).String(), 9)
	case "DY":
		return name(time.Weekday(wday).String()[:3], 3)
	case "D":
		return num(int64(wday+1), 0)
	case "ID":
		return num(weekday(t.days)+1, 0)
	case "DDD":
		return num(t.days-schema.DateOf(t.year, 1, 1)+1, 3)
	case "IDDD":
		return num((week-1)*7+weekday(t.days)+1, 3)
	case "IW":
		return num(week, 2)
	case "WW":
		return num((t.days-schema.DateOf(t.year, 1, 1))/7+1, 2)
	case "W":
		return num(int64(t.day-1)/7+1, 0)
	case "Q":
		return num(int64(t.month-1)/3+1, 0)
	case "J":
		return num(t.days+unixJulian, 0)
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", year/1000, year%1000)
	case "YYYY":
		return num(int64(year), 4)
	case "YYY":
		return num(int64(year%1000), 3)
	case "YY":
		return num(int64(year%100), 2)
	case "Y":
		return num(int64(year%10), 1)
	case "IYYY":
		return num(int64(iso), 4)
	case "IYY":
		return num(int64(iso%1000), 3)
	case "IY":
		return num(int64(iso%100), 2)
	}
	return num(int64(iso%10), 1)
}

// inCase writes AM and its like with the dots and the case of the pattern.
func inCase(word, s string) string {
	if strings.Contains(word, ".") {
		s = s[:1] + "." + s[1:] + "."
	}
	if word == strings.ToLower(word) {
		return strings.ToLower(s)
	}
	return s
}

func offsetText(seconds int) string {
	s := fmt.Sprintf("%+03d", seconds/3600)
	if m := max(seconds, -seconds) / 60 % 60; m != 0 {
		s += ":" + fmt.Sprintf("%02d", m)
	}
	return s
}

func ordinal(n string) string {
	v, err := strconv.Atoi(strings.TrimLeft(n, "-0"))
	if err != nil || v%100/10 == 1 || v%10 > 3 || v%10 == 0 {
		return "th"
	}
	return [...]string{"", "st", "nd", "rd"}[v%10]
}
