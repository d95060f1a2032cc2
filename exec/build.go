package exec

import (
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// builder turns nodes into operators. The right side of an Apply and the step of a recursion are built while the plan runs, by
// several workers perhaps, hence the lock.
type builder struct {
	o        Options
	stats    *statistics
	mu       sync.Mutex
	shared   map[*physical.Shared]*op.Shared
	work     map[int]*op.WorkTable
	accounts []*memory.Account
}

// scope is what changes on the way down a plan.
type scope struct {
	eval    eval.Options
	workers int
}

// smallScan is the number of estimated rows below which one worker reads a scan: to start others costs more than it saves.
const smallScan = 20000

func newBuilder(n physical.Node, o Options) *builder {
	return &builder{o: o, stats: &statistics{nodes: make([]counters, maxID(n)+1)}, shared: map[*physical.Shared]*op.Shared{}, work: map[int]*op.WorkTable{}}
}

func maxID(n physical.Node) int {
	id := n.Props().ID
	for _, in := range n.Inputs() {
		id = max(id, maxID(in))
	}
	return id
}

// account returns an account that release closes.
func (b *builder) account() *memory.Account {
	a := b.o.Memory.Account()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts = append(b.accounts, a)
	return a
}

func (b *builder) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.accounts {
		a.Close()
	}
	b.accounts = nil
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
	ops, account, err := b.node(n, s)
	if err != nil {
		return nil, err
	}
	c := &b.stats.nodes[n.Props().ID]
	c.workers.Store(int32(len(ops)))
	for i, o := range ops {
		ops[i] = &counted{Operator: o, c: c, account: account}
		account = nil // the account is not safe for concurrent use
	}
	return ops, nil
}

func (b *builder) node(n physical.Node, s scope) ([]op.Operator, *memory.Account, error) {
	switch n := n.(type) {
	case *physical.Scan:
		return b.scan(n, s), nil, nil
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
	}
	return b.stream(n, s)
}

// stream builds the operators that read one stream.
func (b *builder) stream(n physical.Node, s scope) ([]op.Operator, *memory.Account, error) {
	switch n := n.(type) {
	case *physical.Limit:
		if streams(n.Input) {
			s.workers = 1 // others would read, and bill, what nobody wants
		}
		in, err := b.single(n.Input, s)
		return []op.Operator{op.NewLimit(in, n.Limit, n.Offset)}, nil, err
	case *physical.DistinctOn:
		in, err := b.single(n.Input, s)
		if err != nil {
			return nil, nil, err
		}
		keys, err := compile(n.Keys, s)
		return []op.Operator{op.NewDistinctOn(in, keys)}, nil, err
	case *physical.Union:
		var inputs []op.Operator
		for _, x := range n.All {
			in, err := b.single(x, s)
			if err != nil {
				return nil, nil, err
			}
			inputs = append(inputs, in)
		}
		return []op.Operator{op.NewUnion(inputs)}, nil, nil
	case *physical.SetOp:
		left, err := b.single(n.Left, s)
		if err != nil {
			return nil, nil, err
		}
		right, err := b.single(n.Right, s)
		account := b.account()
		return []op.Operator{op.NewSetOp(n.Kind, n.All, left, right, types(n), account)}, account, err
	case *physical.RecursiveUnion:
		return b.recursive(n, s)
	case *physical.WorkTable:
		return []op.Operator{b.workTable(n.ID).Reader()}, nil, nil
	}
	return nil, nil, sqlerr.New(sqlerr.InternalError, "the executor has no operator for %T", n)
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

// each builds an operator on every chain of an input.
func (b *builder) each(input physical.Node, s scope, f func(in op.Operator) (op.Operator, error)) ([]op.Operator, *memory.Account, error) {
	chains, err := b.chains(input, s)
	if err != nil {
		return nil, nil, err
	}
	for i, c := range chains {
		if chains[i], err = f(c); err != nil {
			return nil, nil, err
		}
	}
	return chains, nil, nil
}

func (b *builder) scan(n *physical.Scan, s scope) []op.Operator {
	workers := s.workers
	if e := n.Scan.Estimate(); e.Rows >= 0 && e.Rows < smallScan && n.P.Rows < smallScan && e.Bytes < 1<<20 {
		workers = 1
	}
	queue := op.NewSplitQueue(n.Scan)
	chains := make([]op.Operator, workers)
	for i := range chains {
		chains[i] = op.NewScan(queue)
	}
	return chains
}

func (b *builder) values(n *physical.Values, s scope) ([]op.Operator, *memory.Account, error) {
	rows := make([][]*eval.Evaluator, len(n.Rows))
	for i, r := range n.Rows {
		var err error
		if rows[i], err = compile(r, s); err != nil {
			return nil, nil, err
		}
	}
	builders := make([]*vector.Builder, len(n.P.Columns))
	for i, c := range n.P.Columns {
		builders[i] = vector.NewBuilder(c.Type, len(rows))
	}
	return []op.Operator{op.NewValues(rows, builders)}, nil, nil
}

func (b *builder) tableFunc(n *physical.TableFunc, s scope) ([]op.Operator, *memory.Account, error) {
	return b.each(n.Input, s, func(in op.Operator) (op.Operator, error) {
		args := make([][]*eval.Evaluator, len(n.Calls))
		for i := range n.Calls {
			var err error
			if args[i], err = compile(n.Calls[i].Args, s); err != nil {
				return nil, err
			}
		}
		return op.NewTableFunc(in, n.Calls, args, s.eval, len(n.Input.Props().Columns), n.Ordinality, n.Outer)
	})
}

// sharedPlan builds a common plan once; it has no outer columns, wherever it is read.
func (b *builder) sharedPlan(n *physical.Shared, s scope) ([]op.Operator, *memory.Account, error) {
	b.mu.Lock()
	sh, ok := b.shared[n]
	b.mu.Unlock()
	if !ok {
		in, err := b.single(n.Input, scope{eval: b.o.Eval, workers: max(b.o.Workers, 1)})
		if err != nil {
			return nil, nil, err
		}
		sh = op.NewShared(in, types(n), n.Readers, b.account())
		b.mu.Lock()
		if other, ok := b.shared[n]; ok {
			sh = other
		}
		b.shared[n] = sh
		b.mu.Unlock()
	}
	return []op.Operator{sh.Reader()}, nil, nil
}

func (b *builder) workTable(id int) *op.WorkTable {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, ok := b.work[id]
	if !ok {
		w = &op.WorkTable{}
		b.work[id] = w
	}
	return w
}

func (b *builder) recursive(n *physical.RecursiveUnion, s scope) ([]op.Operator, *memory.Account, error) {
	base, err := b.single(n.Base, s)
	if err != nil {
		return nil, nil, err
	}
	step := func() (op.Operator, error) { return b.single(n.Step, scope{eval: s.eval, workers: 1}) }
	var distinct []schema.Type
	if n.Distinct {
		distinct = types(n)
	}
	account := b.account()
	return []op.Operator{op.NewRecursive(base, step, b.workTable(n.ID), distinct, account)}, account, nil
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

func compileKeys(keys []expr.SortKey, s scope) ([]*eval.Evaluator, error) {
	es := make([]expr.Expr, len(keys))
	for i, k := range keys {
		es[i] = k.Expr
	}
	return compile(es, s)
}

func exprTypes(es []expr.Expr) []schema.Type {
	out := make([]schema.Type, len(es))
	for i, e := range es {
		out[i] = e.Type()
	}
	return out
}
