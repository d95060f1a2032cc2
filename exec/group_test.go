package exec_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// groupCase groups a relation by its first columns; the aggregates are over the last two, an integer and a text.
type groupCase struct {
	in   relation
	keys int
	sets [][]int
}

func (c *groupCase) number() int { return len(c.in.types) - 2 }
func (c *groupCase) text() int   { return len(c.in.types) - 1 }

// node has one aggregate of each kind of work: counting, adding, comparing, DISTINCT, FILTER, ORDER BY.
func (c *groupCase) node(t *testing.T, p *plan) physical.Node {
	number, word := ref(c.number(), intType), ref(c.text(), textType)
	distinct := aggregate(t, "count", number)
	distinct.Distinct = true
	filtered := aggregate(t, "sum", number)
	filtered.Filter = &expr.IsNull{Arg: word, Negated: true}
	joined := aggregate(t, "string_agg", word, &expr.Const{Value: schema.TextValue(",")})
	joined.OrderBy = []expr.SortKey{{Expr: word, Descending: true}, {Expr: number}}
	once := aggregate(t, "string_agg", word, &expr.Const{Value: schema.TextValue(",")})
	once.Distinct, once.OrderBy = true, []expr.SortKey{{Expr: word}}
	aggs := []expr.AggregateCall{aggregate(t, "count"), aggregate(t, "sum", number), aggregate(t, "min", word), aggregate(t, "max", number), distinct, filtered, joined, once}
	var types []schema.Type
	types = append(types, c.in.types[:c.keys]...)
	if c.sets != nil {
		types = append(types, bigType)
	}
	for _, a := range aggs {
		types = append(types, a.Typ)
	}
	return &physical.Aggregate{P: p.props(types...), Input: p.scan(c.in), Keys: refs(c.in.types, upTo(c.keys)...), Sets: c.sets, Aggs: aggs, Groups: 1e6}
}

// groupsOf splits rows by the keys in a set, in any order.
func (c *groupCase) groupsOf(set []int) map[string][]row {
	out := map[string][]row{}
	for _, r := range c.in.rows {
		var key row
		for _, k := range set {
			v := r[k]
			if v.Type.Kind == schema.Char {
				v.S = strings.TrimRight(v.S, " ")
			}
			key = append(key, v)
		}
		out[text(key)] = append(out[text(key)], r)
	}
	if len(set) == 0 && len(out) == 0 {
		out[""] = nil
	}
	return out
}

func (c *groupCase) want() []row {
	sets := c.sets
	if sets == nil {
		sets = [][]int{upTo(c.keys)}
	}
	var out []row
	for _, set := range sets {
		for _, rows := range c.groupsOf(set) {
			r := nulls(c.in.types[:c.keys])
			id := int64(1)<<c.keys - 1
			for _, k := range set {
				r[k] = rows[0][k]
				id &^= 1 << (c.keys - 1 - k)
			}
			if c.sets != nil {
				r = append(r, schema.IntValue(bigType, id))
			}
			out = append(out, append(r, c.aggregates(rows)...))
		}
	}
	return out
}

func (c *groupCase) aggregates(rows []row) row {
	var sum, filtered, numbers int64
	var passing bool
	seen, words := map[int64]bool{}, []row{}
	least, greatest := schema.NullOf(textType), schema.NullOf(intType)
	for _, r := range rows {
		n, w := r[c.number()], r[c.text()]
		if n.Valid {
			sum, numbers = sum+n.I, numbers+1
			seen[n.I] = true
			if !greatest.Valid || n.I > greatest.I {
				greatest = n
			}
			if w.Valid {
				filtered, passing = filtered+n.I, true
			}
		}
		if w.Valid {
			words = append(words, row{w, n})
			if !least.Valid || w.S < least.S {
				least = w
			}
		}
	}
	optional := func(n int64, some bool) schema.Value {
		if !some {
			return schema.NullOf(bigType)
		}
		return schema.IntValue(bigType, n)
	}
	return row{schema.IntValue(bigType, int64(len(rows))), optional(sum, numbers > 0), least, greatest, schema.IntValue(bigType, int64(len(seen))),
		optional(filtered, passing), joinWords(words, true, false), joinWords(words, false, true)}
}

func joinWords(words []row, descending, once bool) schema.Value {
	if len(words) == 0 {
		return schema.NullOf(textType)
	}
	sort.SliceStable(words, func(i, j int) bool {
		return (words[i][0].S < words[j][0].S) != descending && words[i][0].S != words[j][0].S
	})
	var list []string
	for i, w := range words {
		if !once || i == 0 || words[i-1][0].S != w[0].S {
			list = append(list, w[0].S)
		}
	}
	return schema.TextValue(strings.Join(list, ","))
}

func TestGroups(t *testing.T) {
	keys := map[string][]schema.Type{"none": {}, "int": {intType}, "big": {bigType}, "text": {textType}, "float": {floatType}, "wide": {wideType},
		"packed": {intType, boolType, bigType}, "mixed": {textType, intType}}
	for name, types := range keys {
		for _, distinct := range []int{3, 400} {
			t.Run(fmt.Sprintf("%s/%d", name, distinct), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(distinct), 0))
				for i, s := range setups {
					for _, rows := range []int{0, 100 + 150*i} {
						cols := slices.Concat(types, []schema.Type{intType, textType})
						c := groupCase{in: randomRelation(r, rows, distinct, cols...), keys: len(types)}
						p := &plan{t: t, setup: s}
						got, err := p.run(c.node(t, p))
						if err != nil {
							t.Fatal(err)
						}
						same(t, got, c.want())
					}
				}
			})
		}
	}
}

func TestCharKeysIgnoreTrailingBlanks(t *testing.T) {
	in := relation{types: []schema.Type{charType, intType, textType}}
	for i := range 10 {
		in.rows = append(in.rows, row{schema.StringValue(charType, "a"+strings.Repeat(" ", i%3)), schema.IntValue(intType, 1), schema.TextValue("x")})
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		c := groupCase{in: in, keys: 1}
		got, err := p.run(c.node(t, p))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0][1].I != 10 {
			t.Fatalf("%s: got %d groups, want one of 10 rows", s, len(got))
		}
	}
}

func TestGroupingSets(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for _, s := range setups {
		for _, rows := range []int{0, 500} {
			c := groupCase{in: randomRelation(r, rows, 6, intType, textType, boolType, intType, textType), keys: 3,
				sets: [][]int{{0, 1, 2}, {1}, {}, {2, 0}}}
			p := &plan{t: t, setup: s}
			got, err := p.run(c.node(t, p))
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, c.want())
		}
	}
}

// TestGroupsOfShortAndLongTexts has keys that differ in length and in zero bytes alone, and begins with short ones: the groups that
// they began stay when longer ones come.
func TestGroupsOfShortAndLongTexts(t *testing.T) {
	words := []string{"", "a", "a\x00", "\x00", "\x00\x00", "b", "1234567", "123456\x00", "\xff\xff\xff\xff\xff\xff\xff", "è", "a longer word", "12345678", "12345678\x00"}
	r := rand.New(rand.NewPCG(4, 0))
	word := func(some int) schema.Value {
		if r.IntN(6) == 0 {
			return schema.NullOf(textType)
		}
		return schema.TextValue(words[r.IntN(some)])
	}
	for _, keys := range [][]schema.Type{{textType}, {textType, textType}, {textType, intType, boolType}} {
		for _, short := range []int{0, 200, 400} {
			in := relation{types: slices.Concat(keys, []schema.Type{intType, textType})}
			for i := range 400 {
				some := len(words)
				if i < short {
					some = 10
				}
				values := make(row, len(in.types))
				for c, typ := range in.types {
					values[c] = randomValue(r, typ, 3)
					if c < len(keys) && typ == textType {
						values[c] = word(some)
					}
				}
				in.rows = append(in.rows, values)
			}
			for _, s := range setups {
				t.Run(fmt.Sprintf("%d keys/%d short/%s", len(keys), short, s), func(t *testing.T) {
					c, p := groupCase{in: in, keys: len(keys)}, &plan{t: t, setup: s}
					got, err := p.run(c.node(t, p))
					if err != nil {
						t.Fatal(err)
					}
					same(t, got, c.want())
				})
			}
		}
	}
}

// TestManyGroups goes beyond the size at which tables are left as they are, with and without memory for all: keys that seldom
// come again, that come again at once, and that come again for as long as there are rows.
func TestManyGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 0))
	keys := map[string]func(i int) int64{
		"seldom":    func(int) int64 { return r.Int64N(90_000) * 97 },
		"clustered": func(i int) int64 { return int64(i/3)*7 + int64(i/3)%2*1e6 },
		"always":    func(int) int64 { return r.Int64N(36_000) },
	}
	for name, key := range keys {
		in := relation{types: []schema.Type{bigType, intType, textType}}
		for i := range 240_000 {
			in.rows = append(in.rows, row{schema.IntValue(bigType, key(i)), schema.IntValue(intType, r.Int64N(100)), schema.TextValue(strconv.Itoa(i % 5))})
		}
		want := manyGroups(in)
		ways := []setup{{batch: 2048, workers: 4}, {batch: 2048, workers: 2, limit: 6 << 20}}
		if !testing.Short() {
			ways = append(ways, setup{batch: 2048, workers: 1}, setup{batch: 2048, workers: 2, spill: true})
		}
		for _, s := range ways {
			t.Run(name+"/"+s.String(), func(t *testing.T) {
				p := &plan{t: t, setup: s}
				sum, distinct, last := aggregate(t, "sum", ref(1, intType)), aggregate(t, "count", ref(1, intType)), aggregate(t, "array_agg", ref(2, textType))
				distinct.Distinct = true
				last.OrderBy = []expr.SortKey{{Expr: ref(1, intType)}, {Expr: ref(2, textType)}}
				aggs := []expr.AggregateCall{aggregate(t, "count"), sum, distinct, last}
				if s.limit > 0 { // the states of the last two are as large as the rows
					aggs = aggs[:2]
				}
				types := []schema.Type{bigType}
				for _, a := range aggs {
					types = append(types, a.Typ)
				}
				got, err := p.run(&physical.Aggregate{P: p.props(types...), Input: p.scan(in), Keys: refs(in.types, 0), Aggs: aggs, Groups: 1e6})
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(want) {
					t.Fatalf("got %d groups, want %d", len(got), len(want))
				}
				for _, g := range got {
					if w := want[g[0].I][:len(g)]; text(g) != text(w) {
						t.Fatalf("got the group %s, want %s", text(g), text(w))
					}
				}
			})
		}
	}
}

// manyGroups returns for each key the row of the key, count(*), sum, the number of different values, and all texts in the order of the
// values.
func manyGroups(in relation) map[int64]row {
	rows := map[int64][]row{}
	for _, x := range in.rows {
		rows[x[0].I] = append(rows[x[0].I], x)
	}
	out := map[int64]row{}
	for k, list := range rows {
		slices.SortStableFunc(list, func(a, b row) int { return cmp.Or(cmp.Compare(a[1].I, b[1].I), strings.Compare(a[2].S, b[2].S)) })
		sum, distinct := int64(0), int64(0)
		var texts []schema.Value
		for i, x := range list {
			sum += x[1].I
			if i == 0 || x[1].I != list[i-1][1].I {
				distinct++
			}
			texts = append(texts, x[2])
		}
		out[k] = row{schema.IntValue(bigType, k), schema.IntValue(bigType, int64(len(list))), schema.IntValue(bigType, sum), schema.IntValue(bigType, distinct),
			{Valid: true, Type: schema.ArrayOf(textType), Elems: texts}}
	}
	return out
}
