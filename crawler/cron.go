package crawler

import (
	"strconv"
	"strings"
	"time"

	"github.com/adhocore/gronx"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Schedule is when a crawler is due, in UTC.
type Schedule struct {
	text string
	// expr has seven fields: second, minute, hour, day, month, weekday, year.
	expr string
}

// maxSchedule is the longest schedule, in bytes.
const maxSchedule = 256

// scheduleFields are the fields of a schedule and how many values each may list.
var scheduleFields = [...]struct {
	name   string
	values int
}{{"minutes", 60}, {"hours", 24}, {"days", 31}, {"months", 12}, {"weekdays", 7}, {"years", 10}}

// ParseSchedule reads cron(minute hour day month weekday year) as Glue does (weekdays 1 to 7 from Sunday), and the cron
// expressions of Unix with five fields, or six with the year (weekdays 0 to 7 from Sunday). Errors are SQLSTATE 22023.
func ParseSchedule(text string) (*Schedule, error) {
	bad := func(why string) (*Schedule, error) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid schedule %q: %s", text, why).
			WithHint("Write it as cron(15 3 * * ? *) or 15 3 * * *: minute, hour, day, month, weekday and perhaps year, in UTC.")
	}
	if len(text) > maxSchedule {
		return bad("it is too long")
	}
	inner := strings.TrimSpace(text)
	glue := len(inner) > 6 && strings.EqualFold(inner[:5], "cron(") && strings.HasSuffix(inner, ")")
	if glue {
		inner = inner[5 : len(inner)-1]
	}
	fields := strings.Fields(inner)
	switch {
	case glue && len(fields) != 6:
		return bad("it needs six fields")
	case len(fields) == 5:
		fields = append(fields, "*")
	case len(fields) != 6:
		return bad("it needs five or six fields")
	}
	for i, f := range scheduleFields {
		if strings.Count(fields[i], ",") >= f.values {
			return bad("the list of " + f.name + " has more than " + strconv.Itoa(f.values) + " values")
		}
	}
	if glue {
		fields[4] = weekdays(fields[4])
	}
	s := &Schedule{text: text, expr: "0 " + strings.Join(fields, " ")}
	if !gronx.New().IsValid(s.expr) {
		return bad("it is no cron expression")
	}
	return s, nil
}

// weekdays turns Glue's numbers of weekdays (1 is Sunday) into Unix's (0 is Sunday). The number behind # and / is none.
func weekdays(field string) string {
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		c := field[i]
		after := byte(0)
		if i > 0 {
			after = field[i-1]
		}
		if c >= '1' && c <= '7' && after != '#' && after != '/' {
			c--
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Next returns the first time after t that the crawler is due; ok is false when there is none.
func (s *Schedule) Next(t time.Time) (next time.Time, ok bool) {
	next, err := gronx.NextTickAfter(s.expr, t.UTC(), false)
	if err != nil || !next.After(t) {
		return time.Time{}, false
	}
	if last := s.expr[strings.LastIndexByte(s.expr, ' ')+1:]; strings.Trim(last, "0123456789") == "" {
		if year, err := strconv.Atoi(last); err == nil && next.Year() != year {
			return time.Time{}, false
		}
	}
	return next, true
}
