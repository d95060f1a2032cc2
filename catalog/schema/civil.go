package schema

import (
	"math"
	"strconv"
)

// Days and microseconds count from 1970-01-01. The extreme values are PostgreSQL's infinities.
const (
	DateInfinity           = math.MaxInt32
	DateMinusInfinity      = math.MinInt32
	TimestampInfinity      = math.MaxInt64
	TimestampMinusInfinity = math.MinInt64

	MicrosPerSecond = int64(1_000_000)
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour
)

// DateOf returns the days since 1970-01-01 of a date of the proleptic Gregorian calendar (year 0 is 1 BC). Month and day
// may lie outside their range and carry over. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
func DateOf(year, month, day int) int64 {
	y := int64(year) + floorDiv(int64(month)-1, 12)
	m := floorMod(int64(month)-1, 12) + 1
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// Civil returns the date of a number of days since 1970-01-01.
func Civil(days int64) (year, month, day int) {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if mp >= 10 {
		month = int(mp - 9)
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, day
}

// DaysInMonth returns the number of days of a month.
func DaysInMonth(year, month int) int {
	return int(DateOf(year, month+1, 1) - DateOf(year, month, 1))
}

// SplitTimestamp returns the days and the microseconds within the day of a timestamp.
func SplitTimestamp(micros int64) (days, ofDay int64) {
	return floorDiv(micros, MicrosPerDay), floorMod(micros, MicrosPerDay)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// FractionMicros returns the microseconds that the decimal digits of a part of a second spell. As in PostgreSQL, digits after
// the sixth round the double-precision number that all of them spell, halves to the even neighbour; one second may result.
func FractionMicros[T string | []byte](digits T) int64 {
	const exact = 15 // digits whose integer and whose power of ten are doubles, so that one division rounds as a parser does
	if len(digits) > exact {
		seconds, err := strconv.ParseFloat("0."+string(digits), 64)
		if err != nil {
			return 0 // not digits
		}
		return int64(math.RoundToEven(seconds * float64(MicrosPerSecond)))
	}
	var n int64
	for i := range len(digits) {
		n = n*10 + int64(digits[i]-'0')
	}
	for i := len(digits); i < 6; i++ {
		n *= 10
	}
	if len(digits) <= 6 {
		return n
	}
	return int64(math.RoundToEven(float64(n) / math.Pow10(len(digits)) * float64(MicrosPerSecond)))
}
