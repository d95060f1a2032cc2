package demolake

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonLine appends JSON text. Keys are written as they are: they are constants without special characters.
type jsonLine struct {
	b    []byte
	more bool // a comma is due before the next element
}

func (j *jsonLine) open(c byte) {
	j.b = append(j.b, c)
	j.more = false
}

func (j *jsonLine) close(c byte) {
	j.b = append(j.b, c)
	j.more = true
}

func (j *jsonLine) sep() {
	if j.more {
		j.b = append(j.b, ',')
	}
	j.more = true
}

func (j *jsonLine) key(k string) {
	j.sep()
	j.b = append(j.b, '"')
	j.b = append(j.b, k...)
	j.b = append(j.b, '"', ':')
	j.more = false
}

func (j *jsonLine) int(k string, n int64) {
	j.key(k)
	j.b = strconv.AppendInt(j.b, n, 10)
	j.more = true
}

// cents appends hundredths as a number.
func (j *jsonLine) cents(k string, n int64) {
	j.key(k)
	j.b = appendCents(j.b, n)
	j.more = true
}

func (j *jsonLine) bool(k string, v bool) {
	j.key(k)
	j.b = strconv.AppendBool(j.b, v)
	j.more = true
}

func (j *jsonLine) null(k string) {
	j.key(k)
	j.b = append(j.b, "null"...)
	j.more = true
}

func (j *jsonLine) time(k string, t time.Time) {
	j.key(k)
	j.b = append(j.b, '"')
	j.b = t.AppendFormat(j.b, "2006-01-02T15:04:05.000Z")
	j.b = append(j.b, '"')
	j.more = true
}

func (j *jsonLine) text(k, s string) {
	j.key(k)
	j.str(s)
}

// str appends a string value (RFC 8259, section 7).
func (j *jsonLine) str(s string) {
	j.sep()
	j.b = append(j.b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			j.b = append(j.b, '\\', byte(r))
		case r == '\n':
			j.b = append(j.b, '\\', 'n')
		case r < 0x20:
			j.b = append(j.b, "\\u00"...)
			j.b = append(j.b, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			j.b = utf8.AppendRune(j.b, r)
		}
	}
	j.b = append(j.b, '"')
}

func (j *jsonLine) end() {
	j.b = append(j.b, '}', '\n')
	j.more = false
}
