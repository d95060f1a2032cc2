package schema

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are known where the system has no data base of them

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// What PostgreSQL's dates and our timestamps reach.
const (
	minYear = -4713
	maxYear = 5874897
	minDate = -2440588 // 4714-11-24 BC, day 0 of Julian dates
	// timestampDays are the days from 1970 on that an int64 of microseconds reaches, into the year 294247.
	timestampDays = math.MaxInt64 / MicrosPerDay
)

func badDatetime(t Type, s string) error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid input syntax for type %s: %q", PostgresName(t), s)
}

func datetimeRange(s string) error {
	return sqlerr.New(sqlerr.DatetimeOverflow, "date/time field value out of range: %q", s)
}

// parseTemporal reads dates, times and timestamps. A timestamp's zone is ignored for timestamp without time zone, as in
// PostgreSQL.
func parseTemporal(t Type, s string, loc *time.Location) (Value, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if v, ok := specialTime(t, text); ok {
		return v, nil
	}
	p := &datetimeParser{typ: t, original: s, rest: text}
	if t.Kind == Time {
		return p.timeOnly()
	}
	days, err := p.date()
	if err != nil {
		return Value{}, err
	}
	micros, zone, err := p.clock()
	if err != nil {
		return Value{}, err
	}
	if t.Kind != TimestampTZ {
		if err := p.checkZone(zone); err != nil {
			return Value{}, err
		}
	}
	if t.Kind == Date {
		return IntValue(t, days), nil
	}
	if days >= timestampDays {
		return Value{}, datetimeRange(s)
	}
	micros = roundDigits(micros, t.Digits())
	total := days*MicrosPerDay + micros
	if t.Kind == TimestampTZ {
		total, err = p.toUTC(total, zone, loc)
	}
	return IntValue(t, total), err
}

func specialTime(t Type, text string) (Value, bool) {
	switch text {
	case "infinity", "+infinity", "-infinity":
		if t.Kind == Time {
			return Value{}, false
		}
		lo, hi := int64(TimestampMinusInfinity), int64(TimestampInfinity)
		if t.Kind == Date {
			lo, hi = DateMinusInfinity, DateInfinity
		}
		if text[0] == '-' {
			return IntValue(t, lo), true
		}
		return IntValue(t, hi), true
	case "epoch":
		return IntValue(t, 0), t.Kind != Time
	case "allballs":
		return IntValue(t, 0), t.Kind == Time
	}
	return Value{}, false
}

// roundDigits rounds microseconds to a declared number of digits; -1 keeps all six.
func roundDigits(micros int64, digits int) int64 {
	if digits < 0 || digits >= 6 {
		return micros
	}
	unit := Pow10Int64(6 - digits)
	return floorDiv(micros+unit/2, unit) * unit
}

// datetimeParser reads from rest, which is in lower case.
type datetimeParser struct {
	typ      Type
	original string
	rest     string
	// early says that the time of day, micros and zone, stood before the year.
	early  bool
	micros int64
	zone   string
}

func (p *datetimeParser) bad() error { return badDatetime(p.typ, p.original) }

// number reads up to n digits.
func (p *datetimeParser) number(n int) (value, digits int) {
	for digits < n && digits < len(p.rest) && p.rest[digits] >= '0' && p.rest[digits] <= '9' {
		value = value*10 + int(p.rest[digits]-'0')
		digits++
	}
	p.rest = p.rest[digits:]
	return value, digits
}

func (p *datetimeParser) accept(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func (p *datetimeParser) blanks() bool {
	n := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " \t\n,")
	return len(p.rest) < n
}

func (p *datetimeParser) letters() string {
	n := 0
	for n < len(p.rest) && p.rest[n] >= 'a' && p.rest[n] <= 'z' {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	return w
}

// date reads the date and leaves the rest. BC may stand at the very end.
func (p *datetimeParser) date() (int64, error) {
	bc := false
	if r, ok := strings.CutSuffix(p.rest, " bc"); ok {
		p.rest, bc = r, true
	} else if r, ok := strings.CutSuffix(p.rest, " ad"); ok {
		p.rest = r
	}
	y, m, d, err := p.fields()
	if err != nil {
		return 0, err
	}
	if y == 0 {
		return 0, datetimeRange(p.original)
	}
	if bc {
		y = 1 - y
	}
	if m < 1 || m > 12 || d < 1 || d > DaysInMonth(y, m) || y < minYear || y > maxYear {
		return 0, datetimeRange(p.original)
	}
	days := DateOf(y, m, d)
	if days < minDate {
		return 0, datetimeRange(p.original)
	}
	return days, nil
}

func (p *datetimeParser) fields() (y, m, d int, err error) {
	p.weekday()
	if p.rest != "" && p.rest[0] >= 'a' && p.rest[0] <= 'z' {
		return p.monthFirst()
	}
	first, n := p.number(8)
	switch {
	case n == 0:
		return 0, 0, 0, p.bad()
	case n == 8:
		return first / 10000, first / 100 % 100, first % 100, nil
	case p.accept('-'):
		if p.rest != "" && p.rest[0] >= 'a' {
			return p.namedMonth(first, '-')
		}
		if n < 3 { // mm-dd-yyyy
			return p.yearLast(first, '-')
		}
		return p.tail(first, '-')
	case n >= 3 && (p.accept('/') || p.accept('.')):
		return p.tail(first, '/')
	case p.accept('/'):
		return p.yearLast(first, '/')
	case p.accept('.'):
		return p.yearLast(first, '.')
	case p.blanks():
		return p.namedMonth(first, ' ')
	}
	return 0, 0, 0, p.bad()
}

// weekday skips the name of a day, which nobody checks.
func (p *datetimeParser) weekday() {
	whole := p.rest
	w := p.letters()
	for _, name := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if (w == name || len(w) >= 3 && len(w) <= 5 && strings.HasPrefix(name, w)) && p.blanks() {
			return
		}
	}
	p.rest = whole
}

// tail reads the month and the day after a year.
func (p *datetimeParser) tail(y int, sep byte) (int, int, int, error) {
	m, n := p.number(2)
	if n == 0 || !p.accept(sep) && !p.accept('-') && !p.accept('.') {
		return 0, 0, 0, p.bad()
	}
	d, n := p.number(2)
	if n == 0 {
		return 0, 0, 0, p.bad()
	}
	return y, m, d, nil
}

// yearLast reads the day and the year after a month.
func (p *datetimeParser) yearLast(m int, sep byte) (int, int, int, error) {
	d, n := p.number(2)
	if n == 0 || !p.accept(sep) {
		return 0, 0, 0, p.bad()
	}
	y, n := p.number(7)
	if n == 0 {
		return 0, 0, 0, p.bad()
	}
	return fullYear(y, n), m, d, nil
}

// fullYear completes a year of two digits as PostgreSQL does: 70 and more are of the last century.
func fullYear(y, digits int) int {
	switch {
	case digits > 2:
		return y
	case y < 70:
		return 2000 + y
	}
	return 1900 + y
}

var monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

func monthOf(word string) int {
	full := []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	for i, short := range monthNames {
		if word == short || word == full[i] || word == "sept" && i == 8 {
			return i + 1
		}
	}
	return 0
}

// monthFirst reads January 8, 1999.
func (p *datetimeParser) monthFirst() (int, int, int, error) {
	m := monthOf(p.letters())
	if m == 0 || !p.blanks() && !p.accept('-') {
		return 0, 0, 0, p.bad()
	}
	d, n := p.number(2)
	if n == 0 || !p.blanks() && !p.accept('-') {
		return 0, 0, 0, p.bad()
	}
	if err := p.timeBeforeYear(); err != nil {
		return 0, 0, 0, err
	}
	y, n := p.number(7)
	if n == 0 {
		return 0, 0, 0, p.bad()
	}
	return fullYear(y, n), m, d, nil
}

// timeBeforeYear reads the time of day of Jan 5 10:11:12 UTC 2024, which is how many programs print dates.
func (p *datetimeParser) timeBeforeYear() error {
	hour := strings.TrimLeft(p.rest, "0123456789")
	if hour == "" || hour[0] != ':' {
		return nil
	}
	var err error
	if p.micros, err = p.timeOfDay(); err != nil {
		return err
	}
	p.early = true
	p.blanks()
	if p.zone = p.letters(); p.zone != "" && !p.blanks() {
		return p.bad()
	}
	return nil
}

// namedMonth reads the month's name and the year after a day, or the day after a year.
func (p *datetimeParser) namedMonth(first int, sep byte) (int, int, int, error) {
	m := monthOf(p.letters())
	if m == 0 || !(p.accept(sep) || p.blanks()) {
		return 0, 0, 0, p.bad()
	}
	second, n := p.number(7)
	switch {
	case n == 0:
		return 0, 0, 0, p.bad()
	case first > 31:
		return first, m, second, nil
	}
	return fullYear(second, n), m, first, nil
}

// clock reads what follows a date: nothing, or a time of day and perhaps a zone.
func (p *datetimeParser) clock() (micros int64, zone string, err error) {
	if p.early {
		return p.micros, strings.TrimSpace(p.zone + p.rest), nil
	}
	if p.rest == "" {
		return 0, "", nil
	}
	if !p.accept('t') && !p.blanks() {
		return 0, p.rest, nil // a zone right behind the date
	}
	p.blanks()
	if p.rest == "" {
		return 0, "", nil
	}
	if p.rest[0] < '0' || p.rest[0] > '9' {
		return 0, p.rest, nil
	}
	micros, err = p.timeOfDay()
	return micros, strings.TrimSpace(p.rest), err
}

func (p *datetimeParser) timeOfDay() (int64, error) {
	h, n := p.number(6)
	var m, sec int
	switch {
	case n == 6 || n == 4 && (p.rest == "" || p.rest[0] != ':'):
		if n == 4 {
			h *= 100
		}
		h, m, sec = h/10000, h/100%100, h%100
	case n == 0 || n > 2 || !p.accept(':'):
		return 0, p.bad()
	default:
		if m, n = p.number(2); n == 0 {
			return 0, p.bad()
		}
		if p.accept(':') {
			if sec, n = p.number(2); n == 0 {
				return 0, p.bad()
			}
		}
	}
	micros := p.fraction()
	p.blanks()
	if r, ok := strings.CutPrefix(p.rest, "pm"); ok && h <= 12 && !isLetterAt(r, 0) {
		p.rest, h = r, h%12+12
	} else if r, ok := strings.CutPrefix(p.rest, "am"); ok && h <= 12 && !isLetterAt(r, 0) {
		p.rest, h = r, h%12
	}
	if h > 24 || m > 59 || sec > 60 || h == 24 && (m > 0 || sec > 0 || micros > 0) {
		return 0, datetimeRange(p.original)
	}
	return int64(h)*MicrosPerHour + int64(m)*MicrosPerMinute + int64(sec)*MicrosPerSecond + micros, nil
}

// fraction reads the digits of a part of a second.
func (p *datetimeParser) fraction() int64 {
	if !p.accept('.') && !(len(p.rest) > 1 && p.rest[0] == ',' && p.rest[1] >= '0' && p.rest[1] <= '9' && p.accept(',')) {
		return 0
	}
	after := strings.TrimLeft(p.rest, "0123456789")
	digits := p.rest[:len(p.rest)-len(after)]
	p.rest = after
	return FractionMicros(digits)
}

func (p *datetimeParser) timeOnly() (Value, error) {
	if strings.IndexByte(p.rest, '-') > 2 { // a timestamp, of which the time is taken
		if _, err := p.date(); err == nil {
			micros, _, err := p.clock()
			return IntValue(p.typ, roundDigits(micros, p.typ.Digits())), err
		}
		return Value{}, p.bad()
	}
	micros, err := p.timeOfDay()
	if err != nil {
		return Value{}, err
	}
	zone := strings.TrimSpace(p.rest)
	if err := p.checkZone(zone); err != nil {
		return Value{}, err
	}
	if _, named, _ := zoneOf(zone); named != nil { // a place's offset depends on the date
		return Value{}, p.bad()
	}
	return IntValue(p.typ, roundDigits(micros, p.typ.Digits())), nil
}

// checkZone refuses text behind a time of day that is no time zone.
func (p *datetimeParser) checkZone(zone string) error {
	if zone == "" {
		return nil
	}
	if _, _, ok := zoneOf(zone); ok {
		return nil
	}
	if strings.Contains(zone, "/") {
		return sqlerr.New(sqlerr.InvalidParameterValue, "time zone %q not recognized", zone)
	}
	return p.bad()
}

// toUTC applies the zone of the text, or loc when it names none.
func (p *datetimeParser) toUTC(local int64, zone string, loc *time.Location) (int64, error) {
	if zone == "" {
		return LocalToUTC(local, loc), nil
	}
	if err := p.checkZone(zone); err != nil {
		return 0, err
	}
	offset, named, _ := zoneOf(zone)
	if named != nil {
		return LocalToUTC(local, named), nil
	}
	return local - int64(offset)*MicrosPerSecond, nil
}

// LocalToUTC returns the instant at which clocks in loc show the given microseconds. As in PostgreSQL, a time that clocks
// skip is read by the offset before the change, and one that they show twice is the later one.
func LocalToUTC(local int64, loc *time.Location) int64 {
	if loc == time.UTC || local == TimestampInfinity || local == TimestampMinusInfinity {
		return local
	}
	before, after := offsetAt(local-MicrosPerDay, loc), offsetAt(local+MicrosPerDay, loc)
	if late := local - after; before == after || offsetAt(late, loc) == after {
		return late
	}
	return local - before
}

// offsetAt returns how far clocks in loc are ahead of UTC, in microseconds.
func offsetAt(micros int64, loc *time.Location) int64 {
	_, offset := time.UnixMicro(micros).In(loc).Zone()
	return int64(offset) * MicrosPerSecond
}

// UTCToLocal returns what clocks in loc show at an instant.
func UTCToLocal(micros int64, loc *time.Location) int64 {
	if loc == time.UTC || micros == TimestampInfinity || micros == TimestampMinusInfinity {
		return micros
	}
	return micros + offsetAt(micros, loc)
}

// zoneAbbreviations are the common ones with their offset in hours.
var zoneAbbreviations = map[string]int{"z": 0, "zulu": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
	"mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "cet": 1, "cest": 2, "bst": 1, "msk": 3, "jst": 9, "wet": 0, "eet": 2, "eest": 3}

// zoneOf reads an offset, an abbreviation or a zone's name.
func zoneOf(s string) (offset int, loc *time.Location, ok bool) {
	s = strings.TrimSpace(s)
	if h, ok := zoneAbbreviations[s]; ok {
		return h * 3600, nil, true
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		offset, ok = clockOffset(s)
		return offset, nil, ok
	}
	loc, err := LoadZone(s)
	return 0, loc, err == nil
}

// clockOffset reads +hh, +hhmm, +hh:mm and +hh:mm:ss.
func clockOffset(s string) (int, bool) {
	parts := strings.Split(s[1:], ":")
	if len(parts) == 1 && len(parts[0]) == 4 {
		parts = []string{parts[0][:2], parts[0][2:]}
	}
	if len(parts) > 3 || len(parts[0]) > 2 {
		return 0, false
	}
	seconds, unit := 0, 3600
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || i > 0 && n > 59 || n > 15 && i == 0 || part[0] == '-' || part[0] == '+' {
			return 0, false
		}
		seconds += n * unit
		unit /= 60
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// zones are the time zones that were loaded, by the name that was asked for.
var zones sync.Map

// LoadZone returns a time zone of the IANA data base by its name in any case. It keeps what it loaded.
func LoadZone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" || strings.EqualFold(name, "local") {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "time zone %q not recognized", name)
	}
	area, place, _ := strings.Cut(name, "/")
	for _, candidate := range []string{name, titleZone(name), strings.ToUpper(name), titleZone(area) + "/" + strings.ToUpper(place)} {
		if loc, err := time.LoadLocation(candidate); err == nil {
			zones.Store(name, loc)
			return loc, nil
		}
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, "time zone %q not recognized", name)
}

// zoneParticles are the words in zones' names that begin with a small letter.
var zoneParticles = strings.NewReplacer("_Of_", "_of_", "_Es_", "_es_", "-Au-", "-au-")

// titleZone writes a zone's name in the case that the data base uses.
func titleZone(name string) string { return zoneParticles.Replace(titleWords(name)) }

func titleWords(name string) string {
	up := true
	return strings.Map(func(r rune) rune {
		was := up
		up = r == '/' || r == '_' || r == '-'
		if was && r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if !was && r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, name)
}
