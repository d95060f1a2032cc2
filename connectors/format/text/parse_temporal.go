package text

import "github.com/tarnsql/tarn/catalog/schema"

func two(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

// parseDate reads yyyy-mm-dd.
func parseDate(s []byte) (int32, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	c, ok1 := two(s)
	y, ok2 := two(s[2:])
	m, ok3 := two(s[5:])
	d, ok4 := two(s[8:])
	y += c * 100
	if !(ok1 && ok2 && ok3 && ok4) || y == 0 || m < 1 || m > 12 || d < 1 || d > 28 && d > schema.DaysInMonth(y, m) {
		return 0, false
	}
	return int32(schema.DateOf(y, m, d)), true
}

// parseClock reads hh:mm[:ss[.f...]] and returns what follows. Digits after the sixth are dropped.
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
	unit, i := schema.MicrosPerSecond/10, 1
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		micros += int64(s[i]-'0') * unit
		unit /= 10
	}
	return micros, s[i:], i > 1
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

// parseTimestamp reads ISO 8601: yyyy-mm-dd, then T or a blank, hh:mm[:ss[.f]] and an offset. A time with an offset is
// turned to UTC, also for timestamps without time zone: a column of them means one clock.
func parseTimestamp(s []byte) (int64, bool) {
	if len(s) < 10 {
		return 0, false
	}
	days, ok := parseDate(s[:10])
	if !ok {
		return 0, false
	}
	micros := int64(days) * schema.MicrosPerDay
	s = s[10:]
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
	micros += clock
	if len(rest) == 0 {
		return micros, true
	}
	if rest[0] == ' ' {
		rest = rest[1:]
	}
	off, ok := parseOffset(rest)
	return micros - off, ok
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
