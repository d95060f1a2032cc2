package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

func equal(i int, t schema.Type, e expr.Expr) expr.Expr {
	return &expr.Compare{Op: expr.Eq, Left: ref(i, t), Right: e}
}

// TestApplyRunsItsRightSideForEachRow compares a correlated subquery with the join that it is.
func TestApplyRunsItsRightSideForEachRow(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	left, right := randomRelation(r, 60, 7, intType, textType), randomRelation(r, 50, 7, intType, textType)
	for name, kind := range allKinds {
		switch kind {
		case physical.RightOuter, physical.FullOuter, physical.RightSemi, physical.RightAnti, physical.NullAwareAnti:
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, s := range setups {
				c := joinCase{kind: kind, left: left, right: right, keys: 1}
				want, twice := c.want()
				p := &plan{t: t, setup: s}
				out := c.outputTypes()
				inner := &physical.Filter{P: p.props(right.types...), Input: p.scan(right), Cond: equal(0, intType, &expr.OuterRef{ID: 7, Typ: intType})}
				got, err := p.run(&physical.Apply{P: p.props(out...), Kind: kind, Left: p.scan(left), Right: inner,
					Params: []physical.ApplyParam{{ID: 7, Index: 0}}, Output: upTo(len(out))})
				if kind == physical.Single && twice {
					if !sqlerr.Is(err, sqlerr.CardinalityViolation) {
						t.Fatalf("error is %v, want one of code 21000", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				same(t, got, want)
			}
		})
	}
}

func TestSharedPlanRunsOnce(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(3, 0)), 400, 9, intType))
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		shared := &physical.Shared{P: p.props(rel.types...), Input: p.scan(rel), Readers: 2}
		// The plan joins itself: splits are asked for once, or the scan of the table fails.
		got, err := p.run(&physical.HashJoin{P: p.props(bigType), Kind: physical.Semi, Left: shared, Right: shared,
			LeftKeys: refs(rel.types, 1), RightKeys: refs(rel.types, 1), NullsEqual: []bool{false}, Output: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 400 {
			t.Fatalf("%s: got %d rows, want 400", s, len(got))
		}
	}
}

// slowTable is a scan whose readers say that they began, and then take their time.
type slowTable struct {
	connectors.Scan
	began chan struct{}
}

func (s *slowTable) NewReader() (connectors.Reader, error) {
	r, err := s.Scan.NewReader()
	return &slowReader{r, s}, err
}

type slowReader struct {
	connectors.Reader
	of *slowTable
}

func (r *slowReader) Next(ctx context.Context) (*vector.Batch, error) {
	select {
	case <-r.of.began:
	default:
		close(r.of.began)
	}
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(50 * time.Millisecond):
	}
	return r.Reader.Next(ctx)
}

// TestASharedPlanOutlivesTheReaderThatBeganIt has a limit that is reached while a worker below it reads the common plan, which is
// read again above.
func TestASharedPlanOutlivesTheReaderThatBeganIt(t *testing.T) {
	number := func(n int) row { return row{schema.IntValue(intType, int64(n))} }
	fast, slow := relation{types: []schema.Type{intType}}, relation{types: []schema.Type{intType}}
	for i := range 40 {
		fast.rows = append(fast.rows, number(1))
		slow.rows = append(slow.rows, number(i))
	}
	p := &plan{t: t, setup: setup{batch: 10, workers: 2}}
	table := &slowTable{began: make(chan struct{})}
	in, first := p.scan(slow), p.scan(fast)
	table.Scan, in.Scan = in.Scan, table
	first.Scan = &interrupted{first.Scan, &interruption{at: 4, act: func() error {
		<-table.began // the other worker has come to the common plan
		return nil
	}}}
	shared := &physical.Shared{P: p.props(intType), Input: in, Readers: 3}
	both := &physical.Union{P: p.props(intType), All: []physical.Node{first, shared, shared}}
	limit := &physical.Limit{P: p.props(intType), Input: both, Limit: 40}
	got, err := p.run(&physical.Union{P: p.props(intType), All: []physical.Node{limit, shared}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, append(slices.Clone(fast.rows), slow.rows...))
}

// TestRecursionStopsWhenARoundIsEmpty walks a graph with cycles.
func TestRecursionStopsWhenARoundIsEmpty(t *testing.T) {
	edges := relation{types: []schema.Type{intType, intType}}
	next := map[int64][]int64{}
	r := rand.New(rand.NewPCG(4, 0))
	for range 150 {
		a, b := r.Int64N(100), r.Int64N(100)
		edges.rows = append(edges.rows, row{schema.IntValue(intType, a), schema.IntValue(intType, b)})
		next[a] = append(next[a], b)
	}
	reached := map[int64]bool{3: true}
	for queue := []int64{3}; len(queue) > 0; queue = queue[1:] {
		for _, b := range next[queue[0]] {
			if !reached[b] {
				reached[b] = true
				queue = append(queue, b)
			}
		}
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		base := &physical.Values{P: p.props(intType), Rows: [][]expr.Expr{{&expr.Const{Value: schema.IntValue(intType, 3)}}}}
		step := &physical.HashJoin{P: p.props(intType), Kind: physical.Inner, Left: &physical.WorkTable{P: p.props(intType), ID: 1}, Right: p.scan(edges),
			LeftKeys: []expr.Expr{ref(0, intType)}, RightKeys: []expr.Expr{ref(0, intType)}, NullsEqual: []bool{false}, Output: []int{2}}
		got, err := p.run(&physical.RecursiveUnion{P: p.props(intType), ID: 1, Base: base, Step: step, Distinct: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(reached) {
			t.Fatalf("%s: reached %d, want %d", s, len(got), len(reached))
		}
		for _, x := range got {
			if !reached[x[0].I] {
				t.Fatalf("%d cannot be reached", x[0].I)
			}
		}
	}
}

// TestRecursionsOfDifferentRowsAreApart has a recursion for each row of a table that several workers read.
func TestRecursionsOfDifferentRowsAreApart(t *testing.T) {
	starts, edges := relation{types: []schema.Type{intType}}, relation{types: []schema.Type{intType, intType}}
	number := func(n int) schema.Value { return schema.IntValue(intType, int64(n)) }
	var want []row
	for i := range 40 {
		starts.rows = append(starts.rows, row{number(i)})
		if i%4 < 3 {
			edges.rows = append(edges.rows, row{number(i), number(i + 1)})
		}
		for n := i; n/4 == i/4; n++ {
			want = append(want, row{number(i), number(n)})
		}
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		base := &physical.Values{P: p.props(intType), Rows: [][]expr.Expr{{&expr.OuterRef{ID: 7, Typ: intType}}}}
		step := &physical.HashJoin{P: p.props(intType), Kind: physical.Inner, Left: &physical.WorkTable{P: p.props(intType), ID: 1}, Right: p.scan(edges),
			LeftKeys: []expr.Expr{ref(0, intType)}, RightKeys: []expr.Expr{ref(0, intType)}, NullsEqual: []bool{false}, Output: []int{2}}
		got, err := p.run(&physical.Apply{P: p.props(intType, intType), Kind: physical.Inner, Left: p.scan(starts),
			Right:  &physical.RecursiveUnion{P: p.props(intType), ID: 1, Base: base, Step: step},
			Params: []physical.ApplyParam{{ID: 7, Index: 0}}, Output: upTo(2)})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
}

func constant(n int64) expr.Expr { return &expr.Const{Value: schema.IntValue(bigType, n)} }

func series(t testing.TB, p *plan, from, to int64, ordinality bool) *physical.TableFunc {
	f := resolve(t, expr.TableFunction, "generate_series", constant(from), constant(to))
	types := []schema.Type{f.Result}
	if ordinality {
		types = append(types, bigType)
	}
	one := &physical.Values{P: p.props(), Rows: [][]expr.Expr{{}}}
	return &physical.TableFunc{P: p.props(types...), Input: one, Ordinality: ordinality,
		Calls: []expr.Call{{Fn: f.Fn, Args: []expr.Expr{constant(from), constant(to)}, Typ: f.Result}}}
}

func TestTableFunctionsAreReadInPieces(t *testing.T) {
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		got, err := p.run(series(t, p, 5, 10_004, true))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range got {
			if r[0].I != int64(i+5) || r[1].I != int64(i+1) {
				t.Fatalf("row %d is %s", i, text(r))
			}
		}
		if len(got) != 10_000 {
			t.Fatalf("got %d rows, want 10000", len(got))
		}
	}
	// A limit over rows without number ends at once.
	p := &plan{t: t, setup: setups[0]}
	f := series(t, p, 1, 1<<60, false)
	got, err := p.run(&physical.Limit{P: p.props(bigType), Input: f, Limit: 10})
	if err != nil || len(got) != 10 {
		t.Fatalf("got %d rows and error %v, want 10 rows", len(got), err)
	}
}

// slowPlans are plans that work for long before they return anything, one for each operator that does.
func slowPlans(t testing.TB, p *plan) map[string]physical.Node {
	many := func() physical.Node { return series(t, p, 1, 1<<40, false) }
	keys := []expr.SortKey{{Expr: ref(0, bigType)}}
	small := relation{types: []schema.Type{bigType}}
	for i := range int64(3000) {
		small.rows = append(small.rows, row{schema.IntValue(bigType, i)})
	}
	never := &expr.Compare{Op: expr.Lt, Left: ref(0, bigType), Right: constant(0)}
	return map[string]physical.Node{
		"sort":      &physical.Sort{P: p.props(bigType), Input: many(), Keys: keys},
		"top n":     &physical.TopN{P: p.props(bigType), Input: many(), Keys: keys, Limit: 3},
		"aggregate": &physical.Aggregate{P: p.props(bigType, bigType), Input: many(), Keys: []expr.Expr{ref(0, bigType)}, Aggs: []expr.AggregateCall{aggregate(t, "count")}},
		"filter":    &physical.Filter{P: p.props(bigType), Input: many(), Cond: never},
		"build": &physical.HashJoin{P: p.props(bigType), Kind: physical.Semi, Left: many(), Right: many(), LeftKeys: []expr.Expr{ref(0, bigType)},
			RightKeys: []expr.Expr{ref(0, bigType)}, NullsEqual: []bool{false}, Output: []int{0}},
		"nested loop": &physical.NestedLoopJoin{P: p.props(bigType), Kind: physical.Inner, Left: many(), Right: p.scan(small), Output: []int{0},
			Cond: &expr.Compare{Op: expr.Lt, Left: ref(0, bigType), Right: ref(1, bigType)}},
		"window":        &physical.Window{P: p.props(bigType, bigType), Input: many(), Calls: []expr.WindowCall{windowCall(t, "row_number", frames()["all"])}},
		"set operation": &physical.SetOp{P: p.props(bigType), Kind: physical.Except, Left: many(), Right: many()},
		"shared":        &physical.Shared{P: p.props(bigType), Input: many(), Readers: 1},
	}
}

// TestCancelEndsEveryOperator also looks for files that stay.
func TestCancelEndsEveryOperator(t *testing.T) {
	for name := range slowPlans(t, &plan{t: t, setup: setups[0]}) {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				p := &plan{t: t, setup: setups[0]}
				dir := t.TempDir()
				budget := memory.NewBudget("query memory limit", 8<<20, nil)
				n := slowPlans(t, p)[name]
				ctx, cancel := context.WithCancelCause(context.Background())
				r, err := exec.Run(ctx, n, exec.Options{Query: &connectors.Query{}, Workers: workers, ParallelRows: 1, Memory: budget, SpillDir: dir})
				if err != nil {
					t.Fatal(err)
				}
				reason := errors.New("stop")
				time.AfterFunc(30*time.Millisecond, func() { cancel(reason) })
				for err == nil {
					_, err = r.Next(ctx)
				}
				// A window over one partition may run out of memory first; nothing else may end by itself.
				if !errors.Is(err, reason) && !(name == "window" && sqlerr.Is(err, sqlerr.OutOfMemory)) {
					t.Fatalf("error is %v, want the reason of the cancellation", err)
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				if left, _ := os.ReadDir(dir); len(left) != 0 {
					t.Fatalf("%d spill files are left", len(left))
				}
				if budget.Used() != 0 {
					t.Fatalf("%d bytes are still reserved", budget.Used())
				}
			})
		}
	}
}

// TestClosingEarlyLeavesNothing closes plans after their first batch.
func TestClosingEarlyLeavesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	rel := numbered(randomRelation(r, 5000, 400, intType))
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		join := &physical.HashJoin{P: p.props(rel.types...), Kind: physical.FullOuter, Left: p.scan(rel), Right: p.scan(rel), LeftKeys: refs(rel.types, 0),
			RightKeys: refs(rel.types, 0), NullsEqual: []bool{false}, Output: []int{0, 1}}
		group := &physical.Aggregate{P: p.props(intType, bigType), Input: join, Keys: refs(rel.types, 0), Aggs: []expr.AggregateCall{aggregate(t, "count")}, Groups: 1e6}
		got, err := p.run(&physical.Limit{P: p.props(intType, bigType), Input: group, Limit: 1})
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: got %d rows and error %v", s, len(got), err)
		}
	}
}

// TestKeysArePublishedBeforeTheProbeSideIsRead uses a scan that awaits them, and would hang otherwise.
func TestKeysArePublishedBeforeTheProbeSideIsRead(t *testing.T) {
	build := relation{types: []schema.Type{bigType}, rows: []row{{schema.IntValue(bigType, 4)}, {schema.IntValue(bigType, 9)}, {schema.NullOf(bigType)}}}
	probe := relation{types: []schema.Type{bigType}}
	for i := range int64(50) {
		probe.rows = append(probe.rows, row{schema.IntValue(bigType, i)})
	}
	for _, s := range setups {
		p := &plan{t: t, setup: s}
		keys := connectors.NewJoinKeys()
		left := p.scan(probe)
		left.Request.Dynamic = []connectors.DynamicFilter{{Column: 0, Keys: keys, Await: true}}
		got, err := p.run(&physical.HashJoin{P: p.props(bigType), Kind: physical.Inner, Left: left, Right: p.scan(build), LeftKeys: refs(probe.types, 0),
			RightKeys: refs(build.types, 0), NullsEqual: []bool{false}, Output: []int{0}, Publish: []*connectors.JoinKeys{keys}})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, []row{build.rows[0], build.rows[1]})
		set, err := keys.Wait(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if s.spill {
			continue // what was spilled is not summarised
		}
		if set.Count != 2 || len(set.List) != 2 || set.List[0].I != 4 || set.Max.I != 9 || set.Bits == nil {
			t.Fatalf("key set is %+v", set)
		}
	}
}

// TestOperatorsWorkWithinTheirMemory runs each operator over about twenty times its budget.
func TestOperatorsWorkWithinTheirMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	rel := relation{types: []schema.Type{bigType, textType}}
	for i := range 60_000 {
		rel.rows = append(rel.rows, row{schema.IntValue(bigType, r.Int64N(1<<40)), schema.TextValue(fmt.Sprintf("a string of some length, number %d", i))})
	}
	plans := map[string]func(p *plan) physical.Node{
		"sort": func(p *plan) physical.Node {
			return &physical.Sort{P: p.props(rel.types...), Input: p.scan(rel), Keys: []expr.SortKey{{Expr: ref(1, textType)}}}
		},
		"join": func(p *plan) physical.Node {
			return &physical.HashJoin{P: p.props(rel.types...), Kind: physical.FullOuter, Left: p.scan(rel), Right: p.scan(rel), LeftKeys: refs(rel.types, 0, 1),
				RightKeys: refs(rel.types, 0, 1), NullsEqual: []bool{false, false}, Output: []int{2, 1}}
		},
		"aggregate": func(p *plan) physical.Node {
			return &physical.Aggregate{P: p.props(append(rel.types, bigType)...), Input: p.scan(rel), Keys: refs(rel.types, 0, 1), Aggs: []expr.AggregateCall{aggregate(t, "count")}}
		},
		"except": func(p *plan) physical.Node {
			return &physical.SetOp{P: p.props(rel.types...), Kind: physical.Except, Left: p.scan(rel), Right: p.scan(relation{types: rel.types})}
		},
		"shared": func(p *plan) physical.Node {
			return &physical.Shared{P: p.props(rel.types...), Input: p.scan(rel), Readers: 1}
		},
	}
	for name, node := range plans {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				p := &plan{t: t, setup: setup{batch: 2048, workers: workers}}
				n := node(p)
				budget := memory.NewBudget("query memory limit", 2<<20, nil)
				res, err := exec.Run(context.Background(), n, exec.Options{Query: &connectors.Query{}, Workers: workers, ParallelRows: 1, Memory: budget, SpillDir: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				rows := 0
				for {
					b, err := res.Next(context.Background())
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					rows += b.Rows()
				}
				if err := res.Close(); err != nil {
					t.Fatal(err)
				}
				if rows != len(rel.rows) {
					t.Fatalf("got %d rows, want %d", rows, len(rel.rows))
				}
				if a := res.Stats()[n.Props().ID]; a.SpilledBytes == 0 || a.Memory == 0 || a.Rows != int64(rows) {
					t.Fatalf("statistics are %+v", a)
				}
			})
		}
	}
}

// panicking is a table whose reader has a fault.
type panicking struct{ connectors.Scan }

func (p panicking) NewReader() (connectors.Reader, error) { panic("a fault of a reader") }

func TestAFaultOfAWorkerIsAnErrorOfItsStatement(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(7, 0)), 500, 10, intType))
	for _, workers := range []int{1, 4} {
		p := &plan{t: t, setup: setup{batch: 10, workers: workers}}
		scan := p.scan(rel)
		scan.Scan = panicking{scan.Scan}
		if _, err := p.run(scan); !sqlerr.Is(err, sqlerr.InternalError) {
			t.Fatalf("%d workers: error is %v, want one of code XX000", workers, err)
		}
	}
}

// TestAUnionOverJoinsLeavesTheirBuildSidesToTheOtherWorkers has chains that are closed one by one while others still probe.
func TestAUnionOverJoinsLeavesTheirBuildSidesToTheOtherWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	for name, kind := range allKinds {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				c := joinCase{kind: kind, keys: 1, left: randomRelation(r, 200, 9, intType, textType), right: randomRelation(r, 20, 9, intType, textType)}
				want, twice := c.want()
				if kind == physical.Single && twice {
					continue
				}
				for _, node := range []func(*plan) physical.Node{c.hash, c.loop} {
					p := &plan{t: t, setup: setup{batch: 5, workers: 4}}
					a, b := node(p), node(p)
					if a == nil {
						continue
					}
					got, err := p.run(&physical.Union{P: p.props(c.outputTypes()...), All: []physical.Node{a, b}})
					if err != nil {
						t.Fatal(err)
					}
					same(t, got, append(append([]row(nil), want...), want...))
				}
			}
		})
	}
}
