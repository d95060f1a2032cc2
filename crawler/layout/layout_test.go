package layout

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/tarnsql/tarn/catalog/schema"
)

func paths(lines []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for _, l := range lines {
			var path []string
			if l != "." {
				path = strings.Split(l, "/")
			}
			if !yield(path) {
				return
			}
		}
	}
}

// expandPath writes out {1..30} in a path.
func expandPath(s string) []string {
	open := strings.IndexByte(s, '{')
	if open < 0 {
		return []string{s}
	}
	end := open + strings.IndexByte(s[open:], '}')
	from, to, _ := strings.Cut(s[open+1:end], "..")
	var lo, hi int
	if _, err := fmt.Sscan(from, &lo); err != nil {
		return []string{s}
	}
	fmt.Sscan(to, &hi) //nolint:errcheck // of a test
	var out []string
	for i := lo; i <= hi; i++ {
		out = append(out, expandPath(s[:open]+fmt.Sprintf("%0*d", len(from), i)+s[end+1:])...)
	}
	return out
}

// TestDetect runs testdata/*: "detect" takes folders, one a line, and prints the layout, the columns, some partitions and
// what does not fit.
func TestDetect(t *testing.T) {
	datadriven.Walk(t, "testdata/detect", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			columns := map[string]bool{}
			for _, a := range d.CmdArgs {
				for _, v := range a.Vals {
					columns[v] = true
				}
			}
			var lines []string
			for _, l := range strings.Split(d.Input, "\n") {
				lines = append(lines, expandPath(l)...)
			}
			l := Detect(paths(lines))
			l.Name(columns, nil)
			return describe(t, l, lines)
		})
	})
}

func describe(t *testing.T, l *Layout, lines []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "layout %q confidence %.2f\n%s\n", l, l.Confidence(), l.Evidence)
	for _, c := range l.Columns() {
		fmt.Fprintf(&b, "  %s %s %s\n", c.Name, c.Type, c.Expr)
	}
	shown := 0
	for path := range paths(lines) {
		v, err := l.Values(path)
		switch {
		case err != nil:
			fmt.Fprintf(&b, "misfit %s: %s\n", strings.Join(path, "/"), err)
		case shown < 3:
			shown++
			fmt.Fprintf(&b, "%s ->", strings.Join(path, "/"))
			for i := range v {
				fmt.Fprintf(&b, " %s", v[i].Literal())
			}
			b.WriteByte('\n')
		}
	}
	again, err := Restore(l.String(), l.Columns())
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.Columns()) != fmt.Sprint(l.Columns()) {
		t.Errorf("restored %v, want %v", again.Columns(), l.Columns())
	}
	return b.String()
}

// TestRandomLayouts makes lakes of random layouts and asks for the partitions back.
func TestRandomLayouts(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // data of a test
		shape := []string{"yyyy/mm/dd", "yyyy/mm/dd/hh", "yyyy-mm-dd", "dt=", "year=/month=/day=", "yyyymmdd/hh", "yyyy/mm"}[r.IntN(7)]
		before, after := r.IntN(2) == 1, r.IntN(2) == 1
		var lines []string
		want := map[string]string{}
		start := time.Date(2000+r.IntN(40), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		for i := range 40 {
			at := start.Add(time.Duration(i) * 25 * time.Hour)
			date, value := formatPath(shape, at)
			if before {
				date, value = fmt.Sprintf("dev-%02d/%s", i%5, date), fmt.Sprintf("'dev-%02d' %s", i%5, value)
			}
			if after {
				date = fmt.Sprintf("%s/k=%d", date, i*7)
			}
			lines = append(lines, date)
			want[date] = value
		}
		l := Detect(paths(lines))
		l.Name(nil, nil)
		for path := range paths(lines) {
			v, err := l.Values(path)
			if err != nil {
				t.Fatalf("seed %d, %s, layout %s: %v", seed, path, l, err)
			}
			var got []string
			for i, c := range l.Columns() {
				if c.Expr == "" && c.Name != "k" {
					got = append(got, v[i].Literal())
				}
			}
			if s := strings.Join(path, "/"); strings.Join(got, " ") != want[s] {
				t.Fatalf("seed %d, %s, layout %s: %v, want %s", seed, s, l, got, want[s])
			}
			if y := l.DateName; y != "" && !v[len(v)-1].Valid {
				t.Fatalf("seed %d: no date", seed)
			}
		}
	}
}

func formatPath(shape string, at time.Time) (path, values string) {
	ymd := fmt.Sprintf("%d %d %d", at.Year(), at.Month(), at.Day())
	date := "DATE '" + at.Format(time.DateOnly) + "'"
	switch shape {
	case "yyyy/mm/dd":
		return at.Format("2006/01/02"), ymd
	case "yyyy/mm/dd/hh":
		return at.Format("2006/01/02/15"), fmt.Sprintf("%s %d", ymd, at.Hour())
	case "yyyy-mm-dd":
		return at.Format("2006-01-02"), date
	case "dt=":
		return at.Format("dt=2006-01-02"), date
	case "year=/month=/day=":
		return at.Format("year=2006/month=1/day=2"), ymd
	case "yyyymmdd/hh":
		return at.Format("20060102/15"), fmt.Sprintf("%s %d", date, at.Hour())
	}
	return at.Format("2006/01"), fmt.Sprintf("%d %d", at.Year(), at.Month())
}

func FuzzValues(f *testing.F) {
	f.Add("2026/06/30", "dt=2026-01-01/x=1")
	f.Add("a=%zz/b=", "20260230/23")
	f.Add("Jan/=", "2026-13/00")
	f.Add(strings.Repeat("/", 2*maxLevels), "0")
	f.Add(strings.Repeat("/", maxLevels), "0")
	f.Fuzz(func(t *testing.T, a, b string) {
		lines := []string{a, a, b}
		l := Detect(paths(lines))
		l.Name(nil, nil)
		columns := l.Columns()
		fitted := 0
		for path := range paths(lines) {
			v, err := l.Values(path)
			if err != nil {
				continue
			}
			fitted++
			if len(v) != len(columns) {
				t.Fatalf("%d values for %d columns", len(v), len(columns))
			}
			for i := range v {
				if !v[i].Type.Equal(columns[i].Type) {
					t.Fatalf("%s of column %s %s", v[i].Type, columns[i].Name, columns[i].Type)
				}
			}
		}
		if _, err := Restore(l.String(), columns); err != nil && !strings.Contains(l.String(), "//") && !strings.ContainsAny(a+b, "=%*") {
			t.Fatal(err)
		}
	})
}

func TestParseValueRefusesOtherTypes(t *testing.T) {
	for _, c := range []struct {
		t schema.Type
		s string
	}{{schema.T(schema.Integer), "3000000000"}, {schema.T(schema.Date), "2026-02-30"}, {schema.T(schema.Double), "1"}, {schema.T(schema.TinyInt), "200"}} {
		if _, ok := ParseValue(c.t, c.s); ok {
			t.Errorf("%s reads as %s", c.s, c.t)
		}
	}
}
