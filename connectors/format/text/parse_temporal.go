package text

import "github.com/tarnsql/tarn/catalog/schema"

func two(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// parseDate reads yyyy-mm-dd and yyyy/m/d. What begins with a day or a month is text: 1/2/2003 is a day in January for some
// and in February for others.
func parseDate(s []byte) (int32, bool) {
	days, n := dateAt(s)
	return days, n > 0 && n == len(s)
}

// dateAt reads the date that s begins with and returns its length, 0 when there is none.
func dateAt(s []byte) (days int32, n int) {
	switch {
	case len(s) < 8:
		return 0, 0
	case s[4] == '/':
		return slashedDate(s)
	case len(s) < 10 || s[4] != '-' || s[7] != '-':
		return 0, 0
	}
	y, ok1 := four(s)
	m, ok2 := two(s[5:])
	d, ok3 := two(s[8:])
	if days, ok := dayOf(y, m, d); ok && ok1 && ok2 && ok3 {
		return days, 10
	}
	return 0, 0
}

// slashedDate reads yyyy/m/d with one or two digits of month and day.
func slashedDate(s []byte) (days int32, n int) {
	y, ok := four(s)
	m, i := upToTwo(s, 5)
	if !ok || i == 5 || i == len(s) || s[i] != '/' {
		return 0, 0
	}
	d, n := upToTwo(s, i+1)
	if days, ok = dayOf(y, m, d); !ok || n == i+1 {
		return 0, 0
	}
	return days, n
}

// compactDate reads yyyymmdd.
func compactDate(s []byte) (int32, bool) {
	y, ok1 := four(s)
	m, ok2 := two(s[4:])
	d, ok3 := two(s[6:])
	days, ok := dayOf(y, m, d)
	return days, ok && ok1 && ok2 && ok3
}

func four(s []byte) (int, bool) {
	a, ok1 := two(s)
	b, ok2 := two(s[2:])
	return a*100 + b, ok1 && ok2
}

// upToTwo reads one or two digits at i and returns where they end, i when there are none.
func upToTwo(s []byte, i int) (value, end int) {
	for end = i; end < len(s) && end < i+2 && s[end]-'0' <= 9; end++ {
		value = value*10 + int(s[end]-'0')
	}
	return value, end
}

func dayOf(y, m, d int) (int32, bool) {
	if y == 0 || m < 1 || m > 12 || d < 1 || d > 28 && d > schema.DaysInMonth(y, m) {
		return 0, false
	}
	return int32(schema.DateOf(y, m, d)), true
}

// parseClock reads hh:mm[:ss[.f...]] and returns what follows. More than six digits of a second are rounded.
func parseClock(s []byte) (micros int64, rest []byte, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, nil, false
	}
	h, ok1 := two(s)
	m, ok2 := two(s[3:])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, nil, false
	}
	micros = int64(h)*schema.MicrosPerHour + int64(m)*schema.MicrosPerMinute
	s = s[5:]
	if len(s) < 3 || s[0] != ':' {
		return micros, s, true
	}
	sec, ok := two(s[1:])
	if !ok || sec > 59 {
		return 0, nil, false
	}
	micros += int64(sec) * schema.MicrosPerSecond
	s = s[3:]
	if len(s) < 2 || s[0] != '.' {
		return micros, s, true
	}
	i := 1
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return micros + schema.FractionMicros(s[1:i]), s[i:], i > 1
}

// parseOffset reads Z, +hh, +hhmm and +hh:mm as microseconds east of UTC.
func parseOffset(s []byte) (int64, bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok := two(s[1:])
	m := 0
	switch rest := s[3:]; {
	case !ok || h > 15:
		return 0, false
	case len(rest) == 0:
	case len(rest) == 2:
		m, ok = two(rest)
	case len(rest) == 3 && rest[0] == ':':
		m, ok = two(rest[1:])
	default:
		return 0, false
	}
	off := int64(h)*schema.MicrosPerHour + int64(m)*schema.MicrosPerMinute
	if s[0] == '-' {
		off = -off
	}
	return off, ok && m < 60
}

// parseTimestamp reads a date, then T or a blank, hh:mm[:ss[.f]] and an offset, and ISO 8601's basic form
// yyyymmddThhmm[ss[.f]] with one. A time with an offset is turned to UTC, also for timestamps without time zone: a column of
// them means one clock.
func parseTimestamp(s []byte) (int64, bool) {
	if len(s) > 8 && s[8]|0x20 == 't' {
		return compactTimestamp(s)
	}
	days, n := dateAt(s)
	if n == 0 {
		return 0, false
	}
	micros := int64(days) * schema.MicrosPerDay
	s = s[n:]
	if len(s) == 0 {
		return micros, true
	}
	if s[0] != ' ' && s[0]|0x20 != 't' {
		return 0, false
	}
	clock, rest, ok := parseClock(s[1:])
	if !ok {
		return 0, false
	}
	return withOffset(micros+clock, rest)
}

// withOffset turns a time to UTC by the offset that follows it, if there is one.
func withOffset(micros int64, rest []byte) (int64, bool) {
	if len(rest) == 0 {
		return micros, true
	}
	if rest[0] == ' ' {
		rest = rest[1:]
	}
	off, ok := parseOffset(rest)
	return micros - off, ok
}

func compactTimestamp(s []byte) (int64, bool) {
	days, ok := compactDate(s)
	if s = s[9:]; !ok || len(s) < 4 {
		return 0, false
	}
	// The clock with its colons is at most hh:mm:ss and what follows.
	var spelled [32]byte
	clock := append(append(append(spelled[:0], s[:2]...), ':'), s[2:4]...)
	if s = s[4:]; len(s) >= 2 && s[0]-'0' <= 9 {
		clock = append(append(clock, ':'), s[:2]...)
		s = s[2:]
	}
	if len(clock)+len(s) > len(spelled) {
		return 0, false
	}
	micros, rest, ok := parseClock(append(clock, s...))
	if !ok {
		return 0, false
	}
	return withOffset(int64(days)*schema.MicrosPerDay+micros, rest)
}

func parseTime(s []byte) (int64, bool) {
	micros, rest, ok := parseClock(s)
	return micros, ok && len(rest) == 0
}

// epoch returns parsers for the OpenCSVSerde, whose dates are days and whose timestamps are milliseconds since 1970, and which
// here may be written out too.
func epochDate(s []byte) (int32, bool) {
	if d, ok := parseDate(s); ok {
		return d, true
	}
	n, ok := parseInt64(s)
	return int32(n), ok && n < 1<<24 && n > -(1<<24)
}

func epochTimestamp(s []byte) (int64, bool) {
	if t, ok := parseTimestamp(s); ok {
		return t, true
	}
	n, ok := parseInt64(s)
	return n * 1000, ok && n < 1<<50 && n > -(1<<50)
}
