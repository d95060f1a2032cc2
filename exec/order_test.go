package exec_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// compareBy orders rows as ORDER BY does.
func compareBy(keys []expr.SortKey, a, b row) int {
	for _, k := range keys {
		i := k.Expr.(*expr.InputRef).Index
		x, y := a[i], b[i]
		if x.Valid != y.Valid {
			if x.Valid == k.NullsFirst {
				return 1
			}
			return -1
		}
		if !x.Valid {
			continue
		}
		if c := x.Compare(y); c != 0 {
			if k.Descending {
				return -c
			}
			return c
		}
	}
	return 0
}

func sorted(rows []row, keys []expr.SortKey) []row {
	out := slices.Clone(rows)
	sort.SliceStable(out, func(i, j int) bool { return compareBy(keys, out[i], out[j]) < 0 })
	return out
}

// orders are some orders over a relation: each column alone in all directions, and several. The last key is always the row's number,
// so that there is one right answer.
func orders(types []schema.Type, number int) [][]expr.SortKey {
	var out [][]expr.SortKey
	last := expr.SortKey{Expr: ref(number, types[number])}
	for i, t := range types {
		for _, d := range []bool{false, true} {
			for _, n := range []bool{false, true} {
				out = append(out, []expr.SortKey{{Expr: ref(i, t), Descending: d, NullsFirst: n}, last})
			}
		}
	}
	return append(out, []expr.SortKey{{Expr: ref(1, types[1])}, {Expr: ref(0, types[0]), Descending: true}, last})
}

func numbered(rel relation) relation {
	rel.types = append(rel.types[:len(rel.types):len(rel.types)], bigType)
	for i := range rel.rows {
		rel.rows[i] = append(rel.rows[i], schema.IntValue(bigType, int64(i)))
	}
	return rel
}

var sortTypes = []schema.Type{intType, textType, bigType, floatType, boolType, wideType, charType, schema.T(schema.Interval)}

func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for _, s := range setups {
		for _, rows := range []int{0, 1, 700} {
			rel := randomRelation(r, rows, 20, sortTypes[:7]...)
			for i := range rel.rows {
				rel.rows[i] = append(rel.rows[i], schema.IntervalOf(schema.IntervalValue{Months: int32(r.IntN(2)), Days: int32(r.IntN(60)), Micros: int64(r.IntN(9))}))
			}
			rel.types = sortTypes
			rel = numbered(rel)
			for _, keys := range orders(rel.types, len(rel.types)-1) {
				p := &plan{t: t, setup: s}
				got, err := p.run(&physical.Sort{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys})
				if err != nil {
					t.Fatal(err)
				}
				inOrder(t, got, sorted(rel.rows, keys))
			}
		}
	}
}

// TestSortOfTextsThatBeginAlike has texts that are equal for any number of words, with bytes that a word has of its own, and
// numbers that a word of NULL has too.
func TestSortOfTextsThatBeginAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	types := []schema.Type{textType, schema.T(schema.Varbinary), bigType}
	rel := relation{types: types}
	for range 700 {
		long := strings.Repeat("a", r.IntN(90)) + strings.Repeat("\x00", r.IntN(3)) + [...]string{"", "b", "\xff", "\x01\x01"}[r.IntN(4)]
		numbers := [...]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, math.MaxInt64 - 1, math.MaxInt64}
		x := row{schema.StringValue(textType, strings.ToValidUTF8(long, "?")), schema.StringValue(types[1], long), schema.IntValue(bigType, numbers[r.IntN(6)])}
		for i := range x {
			if r.IntN(9) == 0 {
				x[i] = schema.NullOf(types[i])
			}
		}
		rel.rows = append(rel.rows, x)
	}
	rel = numbered(rel)
	for _, s := range setups {
		for _, keys := range orders(rel.types, 3) {
			p := &plan{t: t, setup: s}
			got, err := p.run(&physical.Sort{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			inOrder(t, got, sorted(rel.rows, keys))
		}
	}
}

// TestSortInManyRuns merges more runs than are merged at once.
func TestSortInManyRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	rel := numbered(randomRelation(r, 20_000, 5000, textType, intType))
	keys := []expr.SortKey{{Expr: ref(0, textType)}, {Expr: ref(2, bigType)}}
	p := &plan{t: t, setup: setup{batch: 64, workers: 2, spill: true}}
	got, err := p.run(&physical.Sort{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, got, sorted(rel.rows, keys))
}

func TestTopN(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	rel := numbered(randomRelation(r, 3000, 40, intType, textType, floatType))
	for _, s := range setups {
		if s.spill {
			continue // it keeps what it returns
		}
		for _, keys := range orders(rel.types, 3) {
			for _, w := range []struct{ limit, offset int64 }{{0, 0}, {1, 0}, {10, 3}, {2500, 400}, {5000, 0}, {3, 2999}, {3, 5000}} {
				p := &plan{t: t, setup: s}
				got, err := p.run(&physical.TopN{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys, Limit: w.limit, Offset: w.offset})
				if err != nil {
					t.Fatal(err)
				}
				want := sorted(rel.rows, keys)
				want = want[min(int(w.offset), len(want)):]
				inOrder(t, got, want[:min(int(w.limit), len(want))])
			}
		}
	}
}

func TestTopNWithTies(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	rel := randomRelation(r, 900, 12, intType, textType)
	for _, s := range setups {
		for _, columns := range [][]int{{0}, {1, 0}} {
			for _, w := range []struct{ limit, offset int64 }{{1, 0}, {10, 3}, {100, 50}, {899, 0}, {900, 0}, {5, 895}} {
				var keys []expr.SortKey
				for _, c := range columns {
					keys = append(keys, expr.SortKey{Expr: ref(c, rel.types[c])})
				}
				p := &plan{t: t, setup: s}
				got, err := p.run(&physical.TopN{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys, Limit: w.limit, Offset: w.offset, WithTies: true})
				if err != nil {
					t.Fatal(err)
				}
				want := sorted(rel.rows, keys)[w.offset:]
				n := min(int(w.limit), len(want))
				for n < len(want) && compareBy(keys, want[n], want[n-1]) == 0 {
					n++
				}
				for i := range want[:n] { // ties may come in any order
					if len(got) != n || compareBy(keys, got[i], want[i]) != 0 {
						t.Fatalf("%s keys %v limit %v: got %d rows, want %d", s, columns, w, len(got), n)
					}
				}
			}
		}
	}
}

func TestLimit(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(7, 0)), 500, 9, intType))
	for _, s := range setups {
		for _, w := range []struct{ limit, offset, want int64 }{{10, 0, 10}, {10, 495, 5}, {-1, 490, 10}, {0, 0, 0}, {7, 600, 0}, {1000, 0, 500}} {
			p := &plan{t: t, setup: s}
			got, err := p.run(&physical.Limit{P: p.props(rel.types...), Input: p.scan(rel), Limit: w.limit, Offset: w.offset})
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(got)) != w.want {
				t.Fatalf("%s: limit %d offset %d gives %d rows, want %d", s, w.limit, w.offset, len(got), w.want)
			}
		}
	}
}

func TestDistinctOn(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(8, 0)), 600, 7, intType, textType))
	keys := []expr.SortKey{{Expr: ref(1, textType)}, {Expr: ref(0, intType)}, {Expr: ref(2, bigType)}}
	var want []row
	for i, r := range sorted(rel.rows, keys) {
		if all := sorted(rel.rows, keys); i == 0 || compareBy(keys[:2], all[i-1], r) != 0 {
			want = append(want, r)
		}
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		in := &physical.Sort{P: p.props(rel.types...), Input: p.scan(rel), Keys: keys}
		got, err := p.run(&physical.DistinctOn{P: p.props(rel.types...), Input: in, Keys: refs(rel.types, 1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		inOrder(t, got, want)
	}
}

func TestSetOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 0))
	for _, s := range setups {
		for _, distinct := range []int{4, 60} {
			left, right := randomRelation(r, 300, distinct, intType, textType), randomRelation(r, 200, distinct, intType, textType)
			for _, kind := range []physical.SetOpKind{physical.Intersect, physical.Except} {
				for _, all := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%d/%d/%v", s, distinct, kind, all), func(t *testing.T) {
						p := &plan{t: t, setup: s}
						got, err := p.run(&physical.SetOp{P: p.props(left.types...), Kind: kind, All: all, Left: p.scan(left), Right: p.scan(right)})
						if err != nil {
							t.Fatal(err)
						}
						same(t, got, setWant(kind, all, left, right))
					})
				}
			}
		}
	}
}

func setWant(kind physical.SetOpKind, all bool, left, right relation) []row {
	l, r, sample := map[string]int{}, map[string]int{}, map[string]row{}
	for _, x := range left.rows {
		l[text(x)]++
		sample[text(x)] = x
	}
	for _, x := range right.rows {
		r[text(x)]++
	}
	var out []row
	for k, n := range l {
		m := min(n, r[k])
		if kind == physical.Except {
			m = max(n-r[k], 0)
			if !all && r[k] > 0 {
				m = 0
			}
		}
		if !all {
			m = min(m, 1)
		}
		for range m {
			out = append(out, sample[k])
		}
	}
	return out
}

func TestUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 0))
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		u := &physical.Union{P: p.props(intType)}
		var want []row
		for range 5 {
			rel := randomRelation(r, r.IntN(300), 9, intType)
			want = append(want, rel.rows...)
			u.All = append(u.All, p.scan(rel))
		}
		got, err := p.run(u)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
}
