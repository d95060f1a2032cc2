package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// interruption is what happens when the scans of a plan have returned some batches in all, or the plan itself has.
type interruption struct {
	at   int64
	how  string
	seen atomic.Int64
	act  func() error
}

var errInterrupted = errors.New("interrupted")

// interrupted is a scan whose readers count their batches.
type interrupted struct {
	connectors.Scan
	by *interruption
}

func (s *interrupted) NewReader() (connectors.Reader, error) {
	r, err := s.Scan.NewReader()
	return &interruptedReader{r, s.by}, err
}

type interruptedReader struct {
	connectors.Reader
	by *interruption
}

func (r *interruptedReader) Next(ctx context.Context) (*vector.Batch, error) {
	if r.by.seen.Add(1) == r.by.at {
		if err := r.by.act(); err != nil {
			return nil, err
		}
	}
	return r.Reader.Next(ctx)
}

// interruptedPlans have an operator of each kind that keeps rows, or runs others.
func interruptedPlans(t testing.TB) map[string]func(p *plan, scan func() physical.Node) physical.Node {
	types := []schema.Type{intType, textType, bigType}
	join := func(p *plan, kind physical.JoinKind, l, r physical.Node) physical.Node {
		return &physical.HashJoin{P: p.props(types...), Kind: kind, Left: l, Right: r, LeftKeys: refs(types, 0), RightKeys: refs(types, 0),
			NullsEqual: []bool{false}, Output: upTo(3), Residual: &expr.Compare{Op: expr.Lt, Left: ref(2, bigType), Right: ref(5, bigType)}}
	}
	keys := []expr.SortKey{{Expr: ref(1, textType)}}
	one := &expr.Const{Value: schema.IntValue(intType, 1)}
	return map[string]func(p *plan, scan func() physical.Node) physical.Node{
		"sort": func(p *plan, scan func() physical.Node) physical.Node {
			return &physical.Sort{P: p.props(types...), Input: scan(), Keys: keys}
		},
		"top n": func(p *plan, scan func() physical.Node) physical.Node {
			return &physical.TopN{P: p.props(types...), Input: scan(), Keys: keys, Limit: 40}
		},
		"aggregate": func(p *plan, scan func() physical.Node) physical.Node {
			distinct, words := aggregate(t, "count", ref(2, bigType)), aggregate(t, "array_agg", ref(1, textType))
			distinct.Distinct, words.OrderBy = true, keys
			return &physical.Aggregate{P: p.props(intType, textType, bigType, bigType, words.Typ), Input: scan(), Keys: refs(types, 0, 1), Groups: 1e6,
				Sets: [][]int{{0, 1}, {0}, {}}, Aggs: []expr.AggregateCall{distinct, words}}
		},
		"full join": func(p *plan, scan func() physical.Node) physical.Node {
			return join(p, physical.FullOuter, scan(), scan())
		},
		"semi join": func(p *plan, scan func() physical.Node) physical.Node {
			return join(p, physical.Semi, scan(), scan())
		},
		"nested loop": func(p *plan, scan func() physical.Node) physical.Node {
			return &physical.NestedLoopJoin{P: p.props(types...), Kind: physical.FullOuter, Left: scan(), Right: scan(), Output: upTo(3),
				Cond: &expr.Compare{Op: expr.Lt, Left: ref(2, bigType), Right: ref(5, bigType)}}
		},
		"window": func(p *plan, scan func() physical.Node) physical.Node {
			in := scan()
			in.Props().Rows = 1e6
			return &physical.Window{P: p.props(append(types, bigType)...), Input: in, Partition: refs(types, 0), Order: keys,
				Calls: []expr.WindowCall{windowCall(t, "sum", frames()["running range"], ref(2, bigType))}}
		},
		"set operation": func(p *plan, scan func() physical.Node) physical.Node {
			return &physical.SetOp{P: p.props(types...), Kind: physical.Except, All: true, Left: scan(), Right: scan()}
		},
		"shared": func(p *plan, scan func() physical.Node) physical.Node {
			shared := &physical.Shared{P: p.props(types...), Input: scan(), Readers: 3}
			shared.P.Rows = 1e6
			return &physical.Union{P: p.props(types...), All: []physical.Node{join(p, physical.Inner, shared, shared), shared}}
		},
		"apply": func(p *plan, scan func() physical.Node) physical.Node {
			inner := &physical.Filter{P: p.props(types...), Input: scan(), Cond: equal(0, intType, &expr.OuterRef{ID: 7, Typ: intType})}
			sorted := &physical.Sort{P: p.props(types...), Input: inner, Keys: keys}
			return &physical.Apply{P: p.props(types...), Kind: physical.LeftOuter, Left: scan(), Right: sorted, Params: []physical.ApplyParam{{ID: 7, Index: 0}}, Output: upTo(3)}
		},
		"recursion": func(p *plan, scan func() physical.Node) physical.Node {
			// Each round joins the rows of the round before with the table, by numbers that grow.
			step := join(p, physical.RightSemi, scan(), &physical.WorkTable{P: p.props(types...), ID: 1})
			less := &physical.Filter{P: p.props(types...), Input: step, Cond: &expr.Compare{Op: expr.Gt, Left: ref(0, intType), Right: one}}
			return &physical.RecursiveUnion{P: p.props(types...), ID: 1, Base: scan(), Step: less, Distinct: true}
		},
	}
}

// TestInterruptionsLeaveNothing cancels each plan, lets a reader fail, and closes the plan early, at more and more batches: nothing may be
// left of it, and what it says must be the reason.
func TestInterruptionsLeaveNothing(t *testing.T) {
	rel := numbered(randomRelation(rand.New(rand.NewPCG(11, 0)), 240, 9, intType, textType))
	for name, node := range interruptedPlans(t) {
		for _, s := range []setup{{batch: 16, workers: 1}, {batch: 16, workers: 3}, {batch: 16, workers: 3, spill: true}} {
			for _, how := range []string{"cancel", "fail", "close"} {
				t.Run(fmt.Sprintf("%s/%s/%s", name, s, how), func(t *testing.T) {
					step, ended := int64(1), false
					for at := int64(1); !ended && at < 300; at += step {
						ended = interrupt(t, s, rel, node, &interruption{at: at, how: how})
						if at > 8 {
							step = 13
						}
					}
				})
			}
		}
	}
}

// interrupt runs a plan with an interruption and reports whether it ended before that.
func interrupt(t *testing.T, s setup, rel relation, node func(p *plan, scan func() physical.Node) physical.Node, by *interruption) (ended bool) {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	by.act = func() error {
		switch by.how {
		case "cancel":
			cancel(errInterrupted)
		case "fail":
			return errInterrupted
		}
		return nil
	}
	p := &plan{t: t, setup: s}
	n := node(p, func() physical.Node {
		scan := p.scan(rel)
		if by.how != "close" {
			scan.Scan = &interrupted{scan.Scan, by}
		}
		return scan
	})
	dir, budget := t.TempDir(), memory.NewBudget("query memory limit", 0, nil)
	r, err := exec.Run(ctx, n, exec.Options{Query: &connectors.Query{}, Workers: s.workers, ParallelRows: 1, BatchRows: s.batch, Memory: budget,
		SpillDir: dir, ForceSpill: s.spill})
	if err != nil {
		t.Fatal(err)
	}
	for batches := int64(1); err == nil && (by.how != "close" || batches < by.at); batches++ {
		_, err = r.Next(ctx)
	}
	ended = errors.Is(err, io.EOF)
	if err != nil && !ended && !errors.Is(err, errInterrupted) {
		t.Fatalf("at %d: error is %v", by.at, err)
	}
	if by.how == "fail" && ended && by.seen.Load() >= by.at {
		t.Fatalf("at %d: the error of a reader was lost", by.at)
	}
	if err := r.Close(); err != nil {
		t.Fatalf("at %d: close: %v", by.at, err)
	}
	for _, scan := range p.scans {
		if err := scan.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if used := budget.Used(); used != 0 {
		t.Fatalf("at %d: %d bytes are still reserved", by.at, used)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Fatalf("at %d: %d spill files are left (%v)", by.at, len(left), err)
	}
	for wait := time.Duration(1); runtime.NumGoroutine() > before; wait *= 2 { // they have been told to end
		if wait > 1<<12 {
			t.Fatalf("at %d: %d goroutines are left", by.at, runtime.NumGoroutine()-before)
		}
		time.Sleep(wait * time.Millisecond)
	}
	return ended && by.seen.Load() < by.at
}
