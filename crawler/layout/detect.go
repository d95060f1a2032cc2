package layout

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
)

// DateShare is the share of folders that must be calendar dates for a run of levels to be taken for one.
const DateShare = 0.95

// maxLevels bounds the depth that is looked at; maxKeys the different keys of a level.
const (
	maxLevels = 64
	maxKeys   = 32
)

// run is a sequence of levels that forms a date.
type run struct {
	kinds []Kind
	name  string
}

// runs are the dates that are recognised, the more telling ones first.
var runs = []run{
	{[]Kind{Year, Month, Day, Hour, Minute}, "yyyy/mm/dd/hh/mm"},
	{[]Kind{Year, Month, Day, Hour}, "yyyy/mm/dd/hh"},
	{[]Kind{Year, Month, Day}, "yyyy/mm/dd"},
	{[]Kind{Year, Day, Month}, "yyyy/dd/mm"},
	{[]Kind{Date, Hour, Minute}, "yyyy-mm-dd/hh/mm"},
	{[]Kind{Date, Hour}, "yyyy-mm-dd/hh"},
	{[]Kind{YearMonth, Day, Hour}, "yyyy-mm/dd/hh"},
	{[]Kind{YearMonth, Day}, "yyyy-mm/dd"},
	{[]Kind{DateHour}, "yyyymmddhh"},
	{[]Kind{Date}, "yyyy-mm-dd"},
	{[]Kind{Year, Month}, "yyyy/mm"},
	{[]Kind{YearMonth}, "yyyy-mm"},
	{[]Kind{Year}, "yyyy"},
}

// fits reports whether folders are such a date, which must exist in the calendar.
func (r *run) fits(path []string) bool {
	if len(path) < len(r.kinds) {
		return false
	}
	return r.starts(path)
}

// starts reports whether folders are such a date as far as they go.
func (r *run) starts(path []string) bool {
	y, m, d := 0, 0, 0
	for i, k := range r.kinds {
		if i == len(path) {
			break
		}
		ok := false
		switch k {
		case Year:
			y, ok = parseYear(path[i])
		case Month:
			m, ok = parseMonth(path[i])
		case Day:
			d, ok = parseDay(path[i])
		case Hour:
			_, ok = parseHour(path[i])
		case Minute:
			_, ok = parseMinute(path[i])
		case YearMonth:
			y, m, ok = parseYearMonth(path[i])
		case Date:
			_, ok = parseDate(path[i])
		case DateHour:
			_, _, ok = parseDateHour(path[i])
		}
		if !ok {
			return false
		}
	}
	return d == 0 || m == 0 || validDate(y, m, d)
}

// levelStats collects what the folders of one level are like.
type levelStats struct {
	pairs  map[string]*guess
	values guess
	// runs counts the folders where each of the runs begins; begun those of another depth where it begins as far as they
	// go, which speak neither for nor against it.
	runs, begun []int64
}

func (s *levelStats) add(path []string) {
	seg := path[0]
	if key, value, ok := SplitPair(seg); ok {
		key = strings.ToLower(key)
		g := s.pairs[key]
		if g == nil && len(s.pairs) < maxKeys {
			g = &guess{}
			s.pairs[key] = g
		}
		if g != nil {
			g.add(value)
		}
		return
	}
	s.values.add(seg)
	for i := range runs {
		if runs[i].fits(path) {
			s.runs[i]++
		}
	}
}

// addOther takes a folder of another depth.
func (s *levelStats) addOther(path []string) {
	for i := range runs {
		if runs[i].starts(path) {
			s.begun[i]++
		}
	}
}

// bestKey returns the most frequent key and how often it is there.
func (s *levelStats) bestKey() (key string, n int64) {
	for k, g := range s.pairs {
		if g.n > n || g.n == n && k < key {
			key, n = k, g.n
		}
	}
	return key, n
}

// Detect finds the layout of a table from the names on the way to each of its folders with files. The sequence is run
// through twice.
func Detect(leaves iter.Seq[[]string]) *Layout {
	depth, total := modalDepth(leaves)
	l := &Layout{Total: total}
	if depth == 0 {
		for path := range leaves {
			if len(path) == 0 {
				l.Matched++
			}
		}
		return l
	}
	stats := make([]levelStats, depth)
	for i := range stats {
		stats[i] = levelStats{pairs: map[string]*guess{}, runs: make([]int64, len(runs)), begun: make([]int64, len(runs))}
	}
	for path := range leaves {
		if len(path) != depth {
			for i := range min(len(path), depth) {
				stats[i].addOther(path[i:])
			}
			continue
		}
		l.Matched++
		for i := range stats {
			stats[i].add(path[i:])
		}
	}
	l.settle(stats)
	return l
}

// modalDepth returns the most frequent depth of folders, the deeper one of two, and the number of folders. Files in the
// root count only when there are no others, and those below maxLevels only among all.
func modalDepth(leaves iter.Seq[[]string]) (depth int, total int64) {
	var counts [maxLevels + 1]int64
	deeper := int64(0)
	for path := range leaves {
		if len(path) > maxLevels {
			deeper++
			continue
		}
		counts[len(path)]++
	}
	for d := 1; d <= maxLevels; d++ {
		total += counts[d]
		if counts[d] > 0 && (depth == 0 || counts[d] >= counts[depth]) {
			depth = d
		}
	}
	return depth, total + counts[0] + deeper
}

// settle decides the kind of every level.
func (l *Layout) settle(stats []levelStats) {
	l.Levels = make([]Level, len(stats))
	for i := range stats {
		key, n := stats[i].bestKey()
		if 2*n >= l.Matched {
			l.Levels[i] = Level{Kind: Pair, Key: key, Names: []string{""}, Types: []schema.Type{stats[i].pairs[key].kind()}}
			continue
		}
		l.Levels[i] = Level{Kind: Value, Names: []string{""}, Types: []schema.Type{stats[i].values.kind()}}
	}
	evidence := l.settleDate(stats)
	if l.linkDate() {
		l.DateName = "date"
	}
	l.Evidence = fmt.Sprintf("%d of %d folders with files are %s", l.Matched, l.Total, l)
	if evidence != "" {
		l.Evidence += "; " + evidence
	}
}

// settleDate takes the best run of levels for a date.
func (l *Layout) settleDate(stats []levelStats) string {
	best, at, count := -1, 0, int64(0)
	for i := range stats {
		for r, n := range stats[i].runs {
			enough := enoughDates(n, l.Total-stats[i].begun[r])
			if !enough || best >= 0 && (better(r, n, best, count) != r || r == best) {
				continue
			}
			best, at, count = r, i, n
		}
	}
	if best < 0 {
		return ""
	}
	for k, kind := range runs[best].kinds {
		level := Level{Kind: kind}
		for _, part := range parts[kind] {
			t := schema.T(schema.Integer)
			if part == "date" {
				t = schema.T(schema.Date)
			}
			level.Names, level.Types = append(level.Names, part), append(level.Types, t)
		}
		l.Levels[at+k] = level
	}
	return fmt.Sprintf("%d of %d are calendar dates %s", count, l.Total, runs[best].name)
}

// enoughDates reports whether n of all folders being dates makes them dates: DateShare of them, or all but one of some.
func enoughDates(n, all int64) bool {
	return n > 0 && (float64(n) >= DateShare*float64(all) || n == all-1 && n >= fewDates)
}

// fewDates is the number of dates from which on one folder that is none does not count.
const fewDates = 9

// better returns the more telling of two runs. Between month before day and day before month the one that fits more
// folders wins, and month first when both fit all.
func better(a int, na int64, b int, nb int64) int {
	ka, kb := runs[a].kinds, runs[b].kinds
	if slices.Contains(ka, Day) && slices.Contains(kb, Day) && len(ka) == len(kb) && na != nb {
		if na > nb {
			return a
		}
		return b
	}
	return min(a, b)
}
