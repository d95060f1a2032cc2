package layout

import (
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Kind is what the folders of a level name.
type Kind uint8

// The kinds of levels. Date is yyyy-mm-dd or yyyymmdd in one folder, DateHour has the hour too.
const (
	Value Kind = iota
	Pair
	Year
	Month
	Day
	Hour
	Minute
	YearMonth
	Date
	DateHour
)

// symbols are how a layout is written, in the letters of Java's date formats.
var symbols = [...]string{Value: "*", Pair: "=", Year: "yyyy", Month: "MM", Day: "dd", Hour: "HH", Minute: "mm",
	YearMonth: "yyyy-MM", Date: "yyyy-MM-dd", DateHour: "yyyy-MM-dd-HH"}

// parts are the columns that a level of a kind makes.
var parts = [...][]string{Value: {""}, Pair: {""}, Year: {"year"}, Month: {"month"}, Day: {"day"}, Hour: {"hour"},
	Minute: {"minute"}, YearMonth: {"year", "month"}, Date: {"date"}, DateHour: {"date", "hour"}}

// Level is one level of folders below a table's root.
type Level struct {
	Kind Kind
	// Key is the key of a Pair in lower case.
	Key string
	// Names and Types are the columns that the level makes.
	Names []string
	Types []schema.Type
}

// Layout says how the folders below a table's root become partition values. The zero value is a table without partitions.
type Layout struct {
	Levels []Level
	// DateName is the derived column with the date of the folders for year, month and day; empty when there are none.
	DateName string
	// from are the indexes of the columns of year, month and day.
	from [3]int
	// Total counts the folders with files, Matched those that fit. Confidence is the share.
	Total, Matched int64
	Evidence       string
}

// Partitioned reports whether the table has partitions.
func (l *Layout) Partitioned() bool { return l != nil && len(l.Levels) > 0 }

// Confidence is the share of folders that fit.
func (l *Layout) Confidence() float64 {
	if l.Total == 0 {
		return 1
	}
	return float64(l.Matched) / float64(l.Total)
}

// String writes the levels: "*/yyyy/MM/dd", "dt=/country=". It identifies the layout in the catalog.
func (l *Layout) String() string {
	out := make([]string, len(l.Levels))
	for i, level := range l.Levels {
		out[i] = symbols[level.Kind]
		if level.Kind == Pair {
			out[i] = level.Key + "="
		}
	}
	return strings.Join(out, "/")
}

// Columns returns the partition columns in the order of the folders, the derived date last.
func (l *Layout) Columns() []catalog.Column {
	var out []catalog.Column
	for _, level := range l.Levels {
		for i, name := range level.Names {
			c := catalog.Column{Name: name, Type: level.Types[i]}
			if level.Kind == Pair && level.Key != name {
				c.Source = level.Key
			}
			out = append(out, c)
		}
	}
	if l.DateName != "" {
		out = append(out, catalog.Column{Name: l.DateName, Type: schema.T(schema.Date),
			Expr: "make_date(" + out[l.from[0]].Name + ", " + out[l.from[1]].Name + ", " + out[l.from[2]].Name + ")"})
	}
	return out
}

// Mismatch says why a folder is no partition of a layout.
type Mismatch struct {
	// Level is the level that does not fit, or -1 when their number does not.
	Level  int
	Reason string
}

// Error implements error.
func (m *Mismatch) Error() string { return m.Reason }

// Values returns the partition values of a folder from the names on the way to it. A folder that ends before the hour, as
// those of days that were written as a whole, has no hour: NULL. The error is a *Mismatch.
func (l *Layout) Values(path []string) ([]schema.Value, error) {
	if len(path) > len(l.Levels) || len(path) < len(l.Levels) && !l.Short(path) {
		return nil, &Mismatch{Level: -1, Reason: depthText(len(path), len(l.Levels), l.String())}
	}
	values := make([]schema.Value, 0, len(l.Levels)+2)
	for i := range l.Levels {
		if i >= len(path) {
			values = append(values, schema.NullOf(l.Levels[i].Types[0]))
			continue
		}
		var ok bool
		if values, ok = l.Levels[i].appendValues(values, path[i]); !ok {
			return nil, &Mismatch{Level: i, Reason: "the folder " + path[i] + " is not " + l.Levels[i].wanted()}
		}
	}
	if l.DateName == "" {
		return values, nil
	}
	y, m, d := values[l.from[0]], values[l.from[1]], values[l.from[2]]
	date := schema.NullOf(schema.T(schema.Date))
	if y.Valid && m.Valid && d.Valid && y.I >= 1 && y.I <= 9999 && validDate(int(y.I), int(m.I), int(d.I)) {
		date = schema.IntValue(date.Type, schema.DateOf(int(y.I), int(m.I), int(d.I)))
	} else if l.bareDay() {
		return nil, &Mismatch{Level: len(l.Levels) - 1, Reason: "the folders " + strings.Join(path, "/") + " are not a calendar date"}
	}
	return append(values, date), nil
}

// Short reports whether a path lacks nothing but the hour or the minute at its end.
func (l *Layout) Short(path []string) bool {
	if len(path) == 0 || len(path) >= len(l.Levels) {
		return false
	}
	for _, level := range l.Levels[len(path):] {
		if level.Kind != Hour && level.Kind != Minute {
			return false
		}
	}
	return true
}

// bareDay reports whether the date is made of folders that are nothing but its parts, so that an impossible one is an error.
func (l *Layout) bareDay() bool {
	for _, level := range l.Levels {
		if level.Kind == Day {
			return true
		}
	}
	return false
}

func depthText(have, want int, layout string) string {
	switch {
	case have == 0:
		return "the files lie in the root of a table whose partitions are " + layout
	case have < want:
		return "the folder is not as deep as the layout " + layout
	}
	return "the folder is deeper than the layout " + layout
}

func (l *Level) wanted() string {
	switch l.Kind {
	case Pair:
		return l.Key + "=" + "<" + l.Types[0].String() + ">"
	case Value:
		return "of type " + l.Types[0].String()
	case Year, Month, Day, Hour, Minute:
		article := "a "
		if l.Kind == Hour {
			article = "an "
		}
		return article + parts[l.Kind][0]
	}
	return "a date as " + symbols[l.Kind]
}

// Fits reports whether a folder's name fits the level.
func (l *Level) Fits(segment string) bool {
	_, ok := l.appendValues(nil, segment)
	return ok
}

func integer(n int) schema.Value { return schema.IntValue(schema.T(schema.Integer), int64(n)) }

func (l *Level) appendValues(values []schema.Value, segment string) ([]schema.Value, bool) {
	var n, m int
	var days int64
	var ok bool
	date := schema.T(schema.Date)
	switch l.Kind {
	case Pair:
		key, value, pair := SplitPair(segment)
		if !pair || !strings.EqualFold(key, l.Key) {
			return nil, false
		}
		v, ok := ParseValue(l.Types[0], value)
		return append(values, v), ok
	case Value:
		v, ok := ParseValue(l.Types[0], segment)
		return append(values, v), ok
	case YearMonth:
		n, m, ok = parseYearMonth(segment)
		return append(values, integer(n), integer(m)), ok
	case Date:
		days, ok = parseDate(segment)
		return append(values, schema.IntValue(date, days)), ok
	case DateHour:
		days, n, ok = parseDateHour(segment)
		return append(values, schema.IntValue(date, days), integer(n)), ok
	case Year:
		n, ok = parseYear(segment)
	case Month:
		n, ok = parseMonth(segment)
	case Day:
		n, ok = parseDay(segment)
	case Hour:
		n, ok = parseHour(segment)
	case Minute:
		n, ok = parseMinute(segment)
	}
	return append(values, integer(n)), ok
}

// Restore rebuilds the layout that String wrote, for the partition columns of a stored table.
func Restore(text string, keys []catalog.Column) (*Layout, error) {
	bad := func() (*Layout, error) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "the layout %q does not fit the partition columns", text)
	}
	l := &Layout{}
	if text == "" {
		return l, nil
	}
	rest := keys
	for sym := range strings.SplitSeq(text, "/") {
		level := Level{Kind: Pair, Key: strings.TrimSuffix(sym, "=")}
		for k, s := range symbols {
			if s == sym {
				level = Level{Kind: Kind(k)} //nolint:gosec // there are ten
			}
		}
		n := len(parts[level.Kind])
		if n > len(rest) || level.Kind == Pair && !strings.HasSuffix(sym, "=") {
			return bad()
		}
		for _, c := range rest[:n] {
			level.Names, level.Types = append(level.Names, c.Name), append(level.Types, c.Type)
		}
		l.Levels, rest = append(l.Levels, level), rest[n:]
	}
	switch {
	case len(rest) == 1 && l.linkDate():
		l.DateName = rest[0].Name
	case len(rest) != 0:
		return bad()
	}
	return l, nil
}

// linkDate finds the columns that the derived date is made of.
func (l *Layout) linkDate() bool {
	l.from = [3]int{-1, -1, -1}
	column := 0
	for _, level := range l.Levels {
		for i := range level.Names {
			part := parts[level.Kind][i]
			if level.Kind == Pair && level.Types[0].Kind == schema.Integer {
				part = level.Key
			}
			for k, name := range [3]string{"year", "month", "day"} {
				if part == name && l.from[k] < 0 {
					l.from[k] = column
				}
			}
			column++
		}
	}
	return l.from[0] >= 0 && l.from[1] >= 0 && l.from[2] >= 0
}
