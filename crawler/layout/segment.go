// Package layout finds out how the folders below a table's root name its partitions: key=value, dates as folders
// (yyyy/mm/dd, yyyy-mm-dd), bare values, and mixtures of these. It turns a folder's path into typed partition values.
package layout

import (
	"github.com/tarnsql/tarn/catalog"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
)

// SplitPair splits key=value. Hive's escapes (%3A) are resolved in both; an escape that is none stays as it is.
func SplitPair(segment string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(segment, "=")
	if !ok || key == "" {
		return "", "", false
	}
	return unescape(key), unescape(value), true
}

func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// digits reads a number of between least and most digits.
func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func ranged(s string, least, most, lo, hi int) (int, bool) {
	n, ok := digits(s, least, most)
	return n, ok && n >= lo && n <= hi
}

func parseYear(s string) (int, bool)   { return ranged(s, 4, 4, 1900, 2099) }
func parseDay(s string) (int, bool)    { return ranged(s, 1, 2, 1, 31) }
func parseHour(s string) (int, bool)   { return ranged(s, 1, 2, 0, 23) }
func parseMinute(s string) (int, bool) { return ranged(s, 1, 2, 0, 59) }

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december"}

// parseMonth reads 1 to 12, with or without a leading zero, and English names of months.
func parseMonth(s string) (int, bool) {
	if n, ok := ranged(s, 1, 2, 1, 12); ok {
		return n, true
	}
	if len(s) < 3 {
		return 0, false
	}
	s = strings.ToLower(s)
	for i, name := range monthNames {
		if s == name || s == name[:3] {
			return i + 1, true
		}
	}
	return 0, false
}

func validDate(y, m, d int) bool { return m >= 1 && m <= 12 && d >= 1 && d <= schema.DaysInMonth(y, m) }

// parseDate reads yyyy-mm-dd, yyyy_mm_dd and yyyymmdd.
func parseDate(s string) (days int64, ok bool) {
	var y, m, d string
	switch {
	case len(s) == 8:
		y, m, d = s[:4], s[4:6], s[6:]
	case len(s) == 10 && s[4] == s[7] && (s[4] == '-' || s[4] == '_'):
		y, m, d = s[:4], s[5:7], s[8:]
	default:
		return 0, false
	}
	year, ok1 := parseYear(y)
	month, ok2 := ranged(m, 2, 2, 1, 12)
	day, ok3 := ranged(d, 2, 2, 1, 31)
	if !ok1 || !ok2 || !ok3 || !validDate(year, month, day) {
		return 0, false
	}
	return schema.DateOf(year, month, day), true
}

// parseYearMonth reads yyyy-mm.
func parseYearMonth(s string) (year, month int, ok bool) {
	if len(s) != 7 || s[4] != '-' {
		return 0, 0, false
	}
	year, ok1 := parseYear(s[:4])
	month, ok2 := ranged(s[5:], 2, 2, 1, 12)
	return year, month, ok1 && ok2
}

// parseDateHour reads yyyymmddhh and yyyy-mm-dd-hh.
func parseDateHour(s string) (days int64, hour int, ok bool) {
	var date, h string
	switch {
	case len(s) == 10:
		date, h = s[:8], s[8:]
	case len(s) == 13 && s[10] == '-':
		date, h = s[:10], s[11:]
	default:
		return 0, 0, false
	}
	days, ok1 := parseDate(date)
	hour, ok2 := ranged(h, 2, 2, 0, 23)
	return days, hour, ok1 && ok2
}

// guess collects the values of one key to find their type.
type guess struct {
	n, nulls, dates int64
	other           bool // a value that is neither a date nor an integer
	ints            bool
	wide            bool // an integer that needs 64 bits
	zeros           bool // an integer with leading zeros that are more than padding to two digits
}

func (g *guess) add(s string) {
	g.n++
	if s == catalog.NullPartition || s == "" {
		g.nulls++
		return
	}
	if len(s) == 10 && s[4] == '-' {
		if _, ok := parseDate(s); ok {
			g.dates++
			return
		}
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil || s[0] == '+' || s == "-0" {
		g.other = true
		return
	}
	g.ints = true
	if i != int64(int32(i)) { //nolint:gosec // the question is whether it fits
		g.wide = true
	}
	if text := strings.TrimPrefix(s, "-"); text[0] == '0' && len(text) > 2 {
		g.zeros = true
	}
}

// kind returns the narrowest type that holds every value without changing its text beyond zeros of padding. Dates may have
// a few values among them that are none: the folders are misplaced.
func (g *guess) kind() schema.Type {
	switch {
	case enoughDates(g.dates, g.n-g.nulls):
		return schema.T(schema.Date)
	case g.other || g.dates > 0 || g.n == g.nulls || g.zeros:
		return schema.Text
	case g.wide:
		return schema.T(schema.BigInt)
	}
	return schema.T(schema.Integer)
}

// ParseValue reads the text of a folder's name as a value of a partition column. It reports whether it is one.
func ParseValue(t schema.Type, s string) (schema.Value, bool) {
	if s == catalog.NullPartition || s == "" && !t.IsString() {
		return schema.NullOf(t), true
	}
	switch {
	case t.IsString():
		// Text without these is what the catalog and the clients can hold.
		return schema.StringValue(t, s), utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
	case t.Kind == schema.Date:
		d, ok := parseDate(s)
		return schema.IntValue(t, d), ok
	case t.IsInteger():
		i, err := strconv.ParseInt(s, 10, integerBits[t.Kind])
		return schema.IntValue(t, i), err == nil
	case t.Kind == schema.Boolean:
		b, err := strconv.ParseBool(s)
		return schema.BoolValue(b), err == nil
	}
	return schema.Value{}, false
}

var integerBits = map[schema.Kind]int{schema.TinyInt: 8, schema.SmallInt: 16, schema.Integer: 32, schema.BigInt: 64}

// Speaks reports whether a folder's name alone says that it is a partition: key=value, or a date that begins with the year.
func Speaks(segment string) bool {
	if _, _, ok := SplitPair(segment); ok {
		return true
	}
	if _, ok := parseYear(segment); ok {
		return true
	}
	if _, ok := parseDate(segment); ok {
		return true
	}
	if _, _, ok := parseYearMonth(segment); ok {
		return true
	}
	_, _, ok := parseDateHour(segment)
	return ok
}
