package pgtypes

import (
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
)

// appendInterval appends an interval in one of PostgreSQL's styles.
func appendInterval(dst []byte, iv schema.IntervalValue, style string) []byte {
	switch style {
	case "iso_8601":
		return appendISOInterval(dst, iv)
	case "postgres_verbose":
		return appendVerboseInterval(dst, iv)
	case "sql_standard":
		return appendStandardInterval(dst, iv)
	}
	return schema.AppendInterval(dst, iv)
}

// appendISOInterval appends P1Y2M3DT4H5M6.7S; parts that are 0 are left out.
func appendISOInterval(dst []byte, iv schema.IntervalValue) []byte {
	if iv == (schema.IntervalValue{}) {
		return append(dst, "PT0S"...)
	}
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	dst = append(dst, 'P')
	part(int64(iv.Months/12), 'Y')
	part(int64(iv.Months%12), 'M')
	part(int64(iv.Days), 'D')
	if iv.Micros == 0 {
		return dst
	}
	dst = append(dst, 'T')
	part(iv.Micros/schema.MicrosPerHour, 'H')
	part(iv.Micros/schema.MicrosPerMinute%60, 'M')
	if rest := iv.Micros % schema.MicrosPerMinute; rest != 0 {
		if rest < 0 {
			dst = append(dst, '-')
			rest = -rest
		}
		dst = append(appendSeconds(dst, rest, 1), 'S')
	}
	return dst
}

// appendSeconds appends seconds of at least the given number of digits, and their fraction.
func appendSeconds(dst []byte, micros int64, width int) []byte {
	s := micros / schema.MicrosPerSecond
	if width == 2 && s < 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, s, 10)
	if micros%schema.MicrosPerSecond == 0 {
		return dst
	}
	whole := appendClock(nil, micros%schema.MicrosPerSecond) // 00:00:00.fraction
	return append(dst, whole[len("00:00:00"):]...)
}

// appendVerboseInterval appends "@ 1 year 2 mons 3 days 4 hours 5 mins 6.7 secs", with "ago" when its first part is negative.
func appendVerboseInterval(dst []byte, iv schema.IntervalValue) []byte {
	dst = append(dst, '@')
	ago, empty := false, true
	part := func(n int64, one, many string) {
		if n == 0 {
			return
		}
		if empty {
			ago = n < 0
		}
		if ago {
			n = -n
		}
		empty = false
		dst = append(strconv.AppendInt(append(dst, ' '), n, 10), ' ')
		if n == 1 {
			many = one
		}
		dst = append(dst, many...)
	}
	part(int64(iv.Months/12), "year", "years")
	part(int64(iv.Months%12), "mon", "mons")
	part(int64(iv.Days), "day", "days")
	part(iv.Micros/schema.MicrosPerHour, "hour", "hours")
	part(iv.Micros/schema.MicrosPerMinute%60, "min", "mins")
	if rest := iv.Micros % schema.MicrosPerMinute; rest != 0 {
		if empty {
			ago = rest < 0
		}
		if ago {
			rest = -rest
		}
		empty = false
		dst = append(dst, ' ')
		if rest < 0 {
			dst = append(dst, '-')
			rest = -rest
		}
		dst = append(appendSeconds(dst, rest, 1), " sec"...)
		if rest != schema.MicrosPerSecond {
			dst = append(dst, 's')
		}
	}
	if empty {
		dst = append(dst, " 0"...)
	}
	if ago {
		dst = append(dst, " ago"...)
	}
	return dst
}

// appendStandardInterval appends the SQL standard's forms: 1-2, 3 4:05:06, or all parts with their signs when they are mixed.
func appendStandardInterval(dst []byte, iv schema.IntervalValue) []byte {
	negative := iv.Months < 0 || iv.Days < 0 || iv.Micros < 0
	positive := iv.Months > 0 || iv.Days > 0 || iv.Micros > 0
	yearMonth, dayTime := iv.Months != 0, iv.Days != 0 || iv.Micros != 0
	if !yearMonth && !dayTime {
		return append(dst, '0')
	}
	if negative && positive || yearMonth && dayTime {
		dst = appendYearMonth(appendSign(dst, int64(iv.Months), true), iv.Months)
		dst = appendSign(append(dst, ' '), int64(iv.Days), true)
		dst = strconv.AppendInt(dst, abs(int64(iv.Days)), 10)
		return appendHours(appendSign(append(dst, ' '), iv.Micros, true), iv.Micros)
	}
	switch {
	case yearMonth:
		return appendYearMonth(appendSign(dst, int64(iv.Months), false), iv.Months)
	case iv.Days != 0:
		dst = strconv.AppendInt(dst, int64(iv.Days), 10)
		return appendHours(append(dst, ' '), iv.Micros)
	}
	return appendHours(appendSign(dst, iv.Micros, false), iv.Micros)
}

func appendSign(dst []byte, n int64, always bool) []byte {
	switch {
	case n < 0:
		return append(dst, '-')
	case always:
		return append(dst, '+')
	}
	return dst
}

func appendYearMonth(dst []byte, months int32) []byte {
	n := abs(int64(months))
	return strconv.AppendInt(append(strconv.AppendInt(dst, n/12, 10), '-'), n%12, 10)
}

// appendHours appends h:mm:ss without a sign.
func appendHours(dst []byte, micros int64) []byte {
	n := uint64(abs(micros))
	dst = strconv.AppendUint(dst, n/uint64(schema.MicrosPerHour), 10)
	rest := int64(n % uint64(schema.MicrosPerHour))
	dst = append(appendTwo(append(dst, ':'), int(rest/schema.MicrosPerMinute)), ':')
	return appendSeconds(dst, rest%schema.MicrosPerMinute, 2)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
