package exec

import (
	"errors"
	"fmt"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// builder turns nodes into operators. The right side of an Apply and the step of a recursion are built while the plan runs, by
// several workers perhaps, hence the lock.
type builder struct {
	o     Options
	env   *op.Env
	stats *statistics

	mu      sync.Mutex
	shared  map[physical.Node]*op.Shared
	builds  map[*physical.HashJoin]*op.JoinBuild // those that probes of several rounds share
	depends map[physical.Node]bool
	closers []func() error
}

// scope is what changes on the way down a plan.
type scope struct {
	eval    eval.Options
	workers int
	// repeated says that the plan runs again and again.
	repeated bool
	// work are the tables of the recursions around the plan, by ID.
	work map[int]*op.WorkTable
}

// round is the scope of the step of a recursion, which reads work.
func (s scope) round(id int, work *op.WorkTable) scope {
	tables := map[int]*op.WorkTable{id: work}
	for k, w := range s.work {
		if k != id {
			tables[k] = w
		}
	}
	return scope{eval: s.eval, workers: 1, repeated: true, work: tables}
}

// smallScan is the number of estimated rows below which one worker reads a scan: to start others costs more than it saves.
const smallScan = 20000

func newBuilder(n physical.Node, o Options) *builder {
	return &builder{
		o: o, stats: &statistics{nodes: make([]counters, maxID(n)+1)}, shared: map[physical.Node]*op.Shared{},
		builds: map[*physical.HashJoin]*op.JoinBuild{}, depends: map[physical.Node]bool{},
		env: &op.Env{Budget: o.Memory, Spill: spill.NewDir(o.SpillDir), BatchRows: o.BatchRows, Keepers: keepers(n), ForceSpill: o.ForceSpill},
	}
}

// eachNode calls f once for each node of a plan, however many read it.
func eachNode(n physical.Node, f func(n physical.Node)) {
	seen := map[physical.Node]bool{}
	var walk func(n physical.Node)
	walk = func(n physical.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		f(n)
		for _, in := range n.Inputs() {
			walk(in)
		}
	}
	walk(n)
}

func maxID(n physical.Node) int {
	id := 0
	eachNode(n, func(n physical.Node) { id = max(id, n.Props().ID) })
	return id
}

// keepers counts the operators that keep rows.
func keepers(n physical.Node) int {
	c := 0
	eachNode(n, func(n physical.Node) {
		switch n.(type) {
		case *physical.HashJoin, *physical.NestedLoopJoin, *physical.Aggregate, *physical.Sort, *physical.Window, *physical.SetOp, *physical.Shared,
			*physical.RecursiveUnion:
			c++
		}
	})
	return c
}

func (b *builder) counters(n physical.Node) *counters { return &b.stats.nodes[n.Props().ID] }

// grant returns the memory of an operator of a node. What the operator does not give back, release does, but for plans that run
// repeatedly.
func (b *builder) grant(n physical.Node, s scope) *op.Grant {
	g := b.env.Grant(&b.counters(n).usage)
	if !s.repeated {
		b.atEnd(func() error {
			g.Close()
			return nil
		})
	}
	return g
}

// atEnd registers what is closed when the plan ends, in reverse order.
func (b *builder) atEnd(f func() error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closers = append(b.closers, f)
}

func (b *builder) release() error {
	b.mu.Lock()
	closers := b.closers
	b.closers = nil
	b.mu.Unlock()
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(append(errs, b.env.Spill.Close())...)
}

// single builds a node as one stream.
func (b *builder) single(n physical.Node, s scope) (op.Operator, error) {
	chains, err := b.chains(n, s)
	if err != nil {
		return nil, err
	}
	return op.NewGather(chains), nil
}

// chains builds a node as one stream a worker. Operators that need all rows return one.
func (b *builder) chains(n physical.Node, s scope) ([]op.Operator, error) {
	var ops []op.Operator
	var err error
	if s.repeated && worthKeeping(n) && !b.dependent(n) {
		// What is the same in every round runs once.
		sh, err := b.sharedOnce(n, n, 0)
		if err != nil {
			return nil, err
		}
		return sh.Readers(1), nil
	}
	if ops, err = b.node(n, s); err != nil {
		return nil, err
	}
	c := b.counters(n)
	c.workers.Store(int32(len(ops)))
	for i, o := range ops {
		ops[i] = &counted{Operator: check(o, fmt.Sprintf("%T", n)), c: c}
	}
	return ops, nil
}

// worthKeeping says that a plan that always gives the same rows is better kept than run again.
func worthKeeping(n physical.Node) bool {
	switch n := n.(type) {
	case *physical.Values, *physical.WorkTable, *physical.Shared:
		return false
	case *physical.Project:
		return worthKeeping(n.Input)
	}
	return true
}

func (b *builder) node(n physical.Node, s scope) ([]op.Operator, error) {
	switch n := n.(type) {
	case *physical.Scan:
		return b.scan(n, s), nil
	case *physical.Values:
		return b.values(n, s)
	case *physical.Filter:
		return b.each(n.Input, s, func(in op.Operator) (op.Operator, error) {
			e, err := eval.Compile(n.Cond, s.eval)
			return op.NewFilter(in, e), err
		})
	case *physical.Project:
		return b.each(n.Input, s, func(in op.Operator) (op.Operator, error) {
			es, err := compile(n.Exprs, s)
			return op.NewProject(in, es), err
		})
	case *physical.TableFunc:
		return b.tableFunc(n, s)
	case *physical.HashJoin:
		return b.hashJoin(n, s)
	case *physical.NestedLoopJoin:
		return b.nestedLoop(n, s)
	case *physical.Apply:
		return b.apply(n, s)
	case *physical.Aggregate:
		return b.aggregate(n, s)
	case *physical.Sort:
		return b.sort(n, s)
	case *physical.TopN:
		return b.topN(n, s)
	case *physical.Window:
		return b.window(n, s)
	case *physical.Shared:
		return b.sharedPlan(n, s)
	case *physical.Union:
		return b.union(n, s)
	}
	o, err := b.stream(n, s)
	return []op.Operator{o}, err
}

// stream builds the operators that read one stream.
func (b *builder) stream(n physical.Node, s scope) (op.Operator, error) {
	switch n := n.(type) {
	case *physical.Limit:
		return b.limit(n, s)
	case *physical.DistinctOn:
		in, err := b.single(n.Input, s)
		if err != nil {
			return nil, err
		}
		keys, err := compile(n.Keys, s)
		return op.NewDistinctOn(in, keys), err
	case *physical.SetOp:
		left, err := b.single(n.Left, s)
		if err != nil {
			return nil, err
		}
		right, err := b.single(n.Right, s)
		return op.NewSetOp(b.env, b.grant(n, s), n.Kind, n.All, left, right, types(n)), err
	case *physical.RecursiveUnion:
		base, err := b.single(n.Base, s)
		work := &op.WorkTable{}
		step := func() (op.Operator, error) { return b.single(n.Step, s.round(n.ID, work)) }
		return op.NewRecursive(b.env, b.grant(n, s), base, step, work, types(n), n.Distinct), err
	case *physical.WorkTable:
		if work, ok := s.work[n.ID]; ok {
			return work.Reader(), nil
		}
	}
	return nil, sqlerr.New(sqlerr.InternalError, "the executor has no operator for %T", n)
}

// fewRows is a number of rows that is found sooner by one worker, without reading what nobody wants.
const fewRows = 10_000

// limit stops early. Each chain of several stops at the limit too.
func (b *builder) limit(n *physical.Limit, s scope) (op.Operator, error) {
	if streams(n.Input) && n.Limit >= 0 && n.Limit+n.Offset <= fewRows {
		s.workers = 1
	}
	chains, err := b.chains(n.Input, s)
	if err != nil {
		return nil, err
	}
	if all := n.Limit + n.Offset; len(chains) > 1 && n.Limit >= 0 && all >= 0 {
		for i, c := range chains {
			chains[i] = op.NewLimit(c, all, 0)
		}
	}
	return op.NewLimit(op.NewGather(chains), n.Limit, n.Offset), nil
}

// streams says that a plan reads a table without keeping rows.
func streams(n physical.Node) bool {
	switch n := n.(type) {
	case *physical.Scan:
		return true
	case *physical.Filter:
		return streams(n.Input)
	case *physical.Project:
		return streams(n.Input)
	}
	return false
}

// union reads the inputs one after the other, on as many chains as the widest has.
func (b *builder) union(n *physical.Union, s scope) ([]op.Operator, error) {
	var of [][]op.Operator
	width := 1
	for _, x := range n.All {
		chains, err := b.chains(x, s)
		if err != nil {
			return nil, err
		}
		of = append(of, chains)
		width = max(width, len(chains))
	}
	out := make([]op.Operator, width)
	narrow := 0
	parts := make([][]op.Operator, width)
	for _, chains := range of {
		if len(chains) == 1 { // they take turns
			parts[narrow%width] = append(parts[narrow%width], chains[0])
			narrow++
			continue
		}
		for i, c := range chains {
			parts[i] = append(parts[i], c)
		}
	}
	for i := range out {
		out[i] = op.NewUnion(parts[i])
	}
	return out, nil
}

// each builds an operator on every chain of an input.
func (b *builder) each(input physical.Node, s scope, f func(in op.Operator) (op.Operator, error)) ([]op.Operator, error) {
	chains, err := b.chains(input, s)
	if err != nil {
		return nil, err
	}
	for i, c := range chains {
		if chains[i], err = f(c); err != nil {
			return nil, err
		}
	}
	return chains, nil
}

func (b *builder) scan(n *physical.Scan, s scope) []op.Operator {
	workers := s.workers
	small := float64(smallScan)
	if b.o.ParallelRows > 0 {
		small = float64(b.o.ParallelRows)
	}
	if e := n.Scan.Estimate(); e.Rows >= 0 && e.Rows < small && n.P.Rows < small && (e.Bytes < 1<<20 || b.o.ParallelRows > 0) {
		workers = 1
	}
	var await []*connectors.JoinKeys
	for _, d := range n.Request.Dynamic {
		if d.Await && d.Keys != nil {
			await = append(await, d.Keys)
		}
	}
	queue := op.NewSplitQueue(n.Scan, await)
	chains := make([]op.Operator, workers)
	for i := range chains {
		chains[i] = op.NewScan(queue)
	}
	return chains
}

func (b *builder) values(n *physical.Values, s scope) ([]op.Operator, error) {
	rows := make([][]*eval.Evaluator, len(n.Rows))
	for i, r := range n.Rows {
		var err error
		if rows[i], err = compile(r, s); err != nil {
			return nil, err
		}
	}
	return []op.Operator{op.NewValues(b.env, rows, types(n))}, nil
}

func (b *builder) tableFunc(n *physical.TableFunc, s scope) ([]op.Operator, error) {
	return b.each(n.Input, s, func(in op.Operator) (op.Operator, error) {
		args := make([][]*eval.Evaluator, len(n.Calls))
		for i := range n.Calls {
			var err error
			if args[i], err = compile(n.Calls[i].Args, s); err != nil {
				return nil, err
			}
		}
		return op.NewTableFunc(b.env, in, n.Calls, args, s.eval, len(n.Input.Props().Columns), n.Ordinality, n.Outer)
	})
}

// sharedPlan reads a common plan.
func (b *builder) sharedPlan(n *physical.Shared, s scope) ([]op.Operator, error) {
	readers := n.Readers
	if s.repeated {
		readers = 0
	}
	sh, err := b.sharedOnce(n, n.Input, readers)
	if err != nil {
		return nil, err
	}
	workers := 1
	if s.workers > 1 && n.P.Rows >= smallScan && !ordered(n.Input) {
		workers = s.workers
	}
	return sh.Readers(workers), nil
}

// ordered says that a plan's rows have an order that its reader may see.
func ordered(n physical.Node) bool {
	switch n := n.(type) {
	case *physical.Sort, *physical.TopN, *physical.Window, *physical.DistinctOn:
		return true
	case *physical.Limit:
		return ordered(n.Input)
	case *physical.Project:
		return ordered(n.Input)
	case *physical.Filter:
		return ordered(n.Input)
	}
	return false
}

// sharedOnce builds a plan that several read, once; it has no outer columns, wherever it is read.
func (b *builder) sharedOnce(key, input physical.Node, readers int) (*op.Shared, error) {
	b.mu.Lock()
	sh, ok := b.shared[key]
	b.mu.Unlock()
	if ok {
		return sh, nil
	}
	s := scope{eval: b.o.Eval, workers: b.o.Workers}
	in, err := b.chains(input, s)
	if err != nil {
		return nil, err
	}
	sh = op.NewShared(b.env, b.grant(key, s), in, types(input), readers)
	b.mu.Lock()
	other, ok := b.shared[key]
	if !ok {
		b.shared[key] = sh
	}
	b.mu.Unlock()
	if ok { // another worker built it meanwhile
		return other, sh.Close()
	}
	b.atEnd(sh.Close)
	return sh, nil
}

func types(n physical.Node) []schema.Type {
	cols := n.Props().Columns
	out := make([]schema.Type, len(cols))
	for i, c := range cols {
		out[i] = c.Type
	}
	return out
}

func compile(es []expr.Expr, s scope) ([]*eval.Evaluator, error) {
	out := make([]*eval.Evaluator, len(es))
	for i, e := range es {
		if e == nil {
			continue
		}
		var err error
		if out[i], err = eval.Compile(e, s.eval); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// condition compiles a condition that may be missing.
func condition(e expr.Expr, s scope) (*eval.Evaluator, error) {
	if e == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	return eval.Compile(e, s.eval)
}

func compileKeys(keys []expr.SortKey, s scope) ([]*eval.Evaluator, error) {
	return compile(keyExprs(keys), s)
}

func exprTypes(es []expr.Expr) []schema.Type {
	out := make([]schema.Type, len(es))
	for i, e := range es {
		out[i] = e.Type()
	}
	return out
}
