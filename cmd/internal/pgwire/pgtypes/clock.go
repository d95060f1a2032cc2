package pgtypes

import (
	"math"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// clock prints dates and timestamps. It keeps the text of the last day and the bounds of the last zone offset, because the rows
// of a table mostly lie close together in time.
type clock struct {
	location *time.Location

	day     int64
	dayText []byte
	era     bool
	known   bool

	from, to int64 // microseconds between which the offset holds
	offset   int64 // microseconds east of UTC
	suffix   []byte
}

const (
	noDay     = math.MinInt64
	eraSuffix = " BC"
)

func (c *clock) reset(loc *time.Location) {
	if loc == nil {
		loc = time.UTC
	}
	if loc != c.location {
		c.location, c.known = loc, false
	}
	if c.dayText == nil {
		c.day = noDay
	}
}

// appendDay appends yyyy-mm-dd; an era is left to the caller.
func (c *clock) appendDay(dst []byte, day int64) []byte {
	if day != c.day || c.dayText == nil {
		c.dayText = schema.AppendDate(c.dayText[:0], int32(day))
		c.day, c.era = day, false
		if n := len(c.dayText) - len(eraSuffix); n > 0 && string(c.dayText[n:]) == eraSuffix {
			c.dayText, c.era = c.dayText[:n], true
		}
	}
	return append(dst, c.dayText...)
}

// date appends a date.
func (c *clock) date(dst []byte, day int32) []byte {
	if day == schema.DateInfinity || day == schema.DateMinusInfinity {
		return schema.AppendDate(dst, day)
	}
	dst = c.appendDay(dst, int64(day))
	if c.era {
		dst = append(dst, eraSuffix...)
	}
	return dst
}

// timestamp appends a timestamp without time zone.
func (c *clock) timestamp(dst []byte, micros int64) []byte {
	if micros == schema.TimestampInfinity || micros == schema.TimestampMinusInfinity {
		return schema.AppendTimestamp(dst, micros)
	}
	day, ofDay := schema.SplitTimestamp(micros)
	dst = c.appendDay(dst, day)
	dst = appendClock(append(dst, ' '), ofDay)
	if c.era {
		dst = append(dst, eraSuffix...)
	}
	return dst
}

// instant appends a timestamp with time zone as the clocks of the zone show it, with their offset.
func (c *clock) instant(dst []byte, micros int64) []byte {
	if micros == schema.TimestampInfinity || micros == schema.TimestampMinusInfinity {
		return schema.AppendTimestamp(dst, micros)
	}
	if !c.known || micros < c.from || micros >= c.to {
		c.findOffset(micros)
	}
	day, ofDay := schema.SplitTimestamp(micros + c.offset)
	dst = c.appendDay(dst, day)
	dst = appendClock(append(dst, ' '), ofDay)
	dst = append(dst, c.suffix...)
	if c.era {
		dst = append(dst, eraSuffix...)
	}
	return dst
}

func (c *clock) findOffset(micros int64) {
	t := time.UnixMicro(micros).In(c.location)
	start, end := t.ZoneBounds()
	c.from, c.to = math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		c.from = start.UnixMicro()
	}
	if !end.IsZero() {
		c.to = end.UnixMicro()
	}
	_, seconds := t.Zone()
	c.offset, c.known = int64(seconds)*schema.MicrosPerSecond, true
	c.suffix = appendOffset(c.suffix[:0], seconds)
}

// appendOffset appends +hh, +hh:mm or +hh:mm:ss.
func appendOffset(dst []byte, seconds int) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendTwo(append(dst, sign), seconds/3600)
	if m, s := seconds/60%60, seconds%60; m != 0 || s != 0 {
		dst = appendTwo(append(dst, ':'), m)
		if s != 0 {
			dst = appendTwo(append(dst, ':'), s)
		}
	}
	return dst
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendClock appends hh:mm:ss with the digits of the fraction that are not trailing zeros.
func appendClock(dst []byte, ofDay int64) []byte {
	seconds, fraction := ofDay/schema.MicrosPerSecond, int(ofDay%schema.MicrosPerSecond)
	h, m, s := int(seconds/3600), int(seconds/60%60), int(seconds%60)
	dst = append(dst, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
	if fraction == 0 {
		return dst
	}
	var digits [7]byte
	digits[0] = '.'
	for i := 6; i > 0; i-- {
		digits[i] = byte('0' + fraction%10)
		fraction /= 10
	}
	n := len(digits)
	for digits[n-1] == '0' {
		n--
	}
	return append(dst, digits[:n]...)
}
