package op

import (
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// AggregateSpec describes a grouping to all its workers.
type AggregateSpec struct {
	KeyTypes []schema.Type
	// Sets are grouping sets as ordinals of keys; nil is the one set of all keys, without a grouping id in the output.
	Sets [][]int
	Aggs []expr.AggregateCall
}

// AggregateChain is the input of one worker with its evaluators: Args[i], Filters[i] and Orders[i] belong to aggregate i.
type AggregateChain struct {
	Input   Operator
	Keys    []*eval.Evaluator
	Args    [][]*eval.Evaluator
	Filters []*eval.Evaluator
	Orders  [][]*eval.Evaluator
}

// Aggregate groups the rows of its chains. Each worker has a table of its own. A table that grows beyond the cache without
// reducing its input much is left as it is, and further rows are kept apart by the hash of their keys, so that at the end each
// part is grouped within the cache; what does not fit in memory goes to files by the same parts. Tables and parts are then merged
// part by part, by as many workers as there are outputs.
type Aggregate struct {
	env    *Env
	grant  *Grant
	spec   *AggregateSpec
	chains []AggregateChain
	sets   [][]int

	once      sync.Once
	err       error
	groupings []*grouping
	mu        sync.Mutex
	tasks     []*groupTask // taken from the end
	open      int          // outputs that are not closed
}

// NewAggregate returns the grouping of several chains.
func NewAggregate(env *Env, grant *Grant, spec *AggregateSpec, chains []AggregateChain) *Aggregate {
	a := &Aggregate{env: env, grant: grant, spec: spec, chains: chains, sets: spec.Sets}
	if a.sets == nil {
		all := make([]int, len(spec.KeyTypes))
		for i := range all {
			all[i] = i
		}
		a.sets = [][]int{all}
	}
	return a
}

// Outputs returns n operators that share the groups.
func (a *Aggregate) Outputs(n int) []Operator {
	a.open = n
	out := make([]Operator, n)
	for i := range out {
		out[i] = &groupOutput{a: a}
	}
	return out
}

// run reads all input, once.
func (a *Aggregate) run(ctx context.Context) error {
	a.once.Do(func() { a.err = Guard(func() error { return a.collect(ctx) }) })
	return a.err
}

func (a *Aggregate) collect(ctx context.Context) error {
	inputs := make([]Operator, len(a.chains))
	for w := range a.chains {
		inputs[w] = a.chains[w].Input
	}
	for _, set := range a.sets {
		g, err := newGrouping(a, set, len(a.chains))
		if err != nil {
			return err
		}
		a.groupings = append(a.groupings, g)
	}
	err := Parallel(ctx, inputs, func(ctx context.Context, w int, c Operator) error {
		in := &aggregateInput{chain: &a.chains[w], a: a}
		return Each(ctx, c, func(b *vector.Batch) error {
			if err := in.read(ctx, b); err != nil {
				return err
			}
			for s, g := range a.groupings {
				if err := g.workers[w].add(ctx, b, in.keysOf(a.sets[s]), in); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	if err := closeAll(inputs); err != nil { // the scans' buffers are of no more use
		return err
	}
	for i := len(a.groupings) - 1; i >= 0; i-- {
		tasks, err := a.groupings[i].finish(ctx)
		if err != nil {
			return err
		}
		a.tasks = append(a.tasks, tasks...)
	}
	return nil
}

// aggregateInput is what one batch gives to the aggregates.
type aggregateInput struct {
	a      *Aggregate
	chain  *AggregateChain
	keys   []vector.Vector
	part   []vector.Vector
	args   [][]vector.Vector
	orders [][]vector.Vector
	sels   [][]uint32 // of those with a filter: the rows that pass
}

// read evaluates all that the aggregates need of a batch.
func (in *aggregateInput) read(ctx context.Context, b *vector.Batch) error {
	c := in.chain
	if in.args == nil {
		n := len(in.a.spec.Aggs)
		in.keys, in.args, in.orders = make([]vector.Vector, len(c.Keys)), make([][]vector.Vector, n), make([][]vector.Vector, n)
		in.sels = make([][]uint32, n)
	}
	for i, k := range c.Keys {
		v, err := k.Eval(ctx, b)
		if err != nil {
			return err
		}
		in.keys[i] = v
	}
	for i := range in.a.spec.Aggs {
		sel := b.Sel
		if c.Filters[i] != nil {
			picked, err := c.Filters[i].Select(ctx, b.Cols, b.Len, b.Sel)
			if err != nil {
				return err
			}
			sel = picked
		}
		in.sels[i] = sel
		in.args[i], in.orders[i] = in.args[i][:0], in.orders[i][:0]
		for _, e := range c.Args[i] {
			v, err := e.EvalRows(ctx, b.Cols, b.Len, sel)
			if err != nil {
				return err
			}
			in.args[i] = append(in.args[i], v)
		}
		for _, e := range c.Orders[i] {
			v, err := e.EvalRows(ctx, b.Cols, b.Len, sel)
			if err != nil {
				return err
			}
			in.orders[i] = append(in.orders[i], v)
		}
	}
	return nil
}

// keysOf returns the keys of a grouping set.
func (in *aggregateInput) keysOf(set []int) []vector.Vector {
	if in.a.spec.Sets == nil {
		return in.keys
	}
	in.part = in.part[:0]
	for _, k := range set {
		in.part = append(in.part, in.keys[k])
	}
	return in.part
}

// take returns the next task, or nil.
func (a *Aggregate) take() *groupTask {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tasks) == 0 {
		return nil
	}
	t := a.tasks[len(a.tasks)-1]
	a.tasks = a.tasks[:len(a.tasks)-1]
	return t
}

// groupOutput returns the groups of the tasks that it takes.
type groupOutput struct {
	a      *Aggregate
	task   *groupTask
	groups *groups
	keys   []vector.Vector
	at     int
	rows   []uint32
	gather []kernel.Gatherer
	merger groupMerger
	out    vector.Batch
	closed bool
}

// Open has nothing to do: the input is read by the first Next.
func (o *groupOutput) Open(context.Context) error { return nil }

// Next returns the next groups.
func (o *groupOutput) Next(ctx context.Context) (*vector.Batch, error) {
	if err := o.a.run(ctx); err != nil {
		return nil, err
	}
	for {
		if o.groups != nil && o.at < o.groups.table.n {
			return o.next()
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if o.task != nil {
			if err := o.task.close(); err != nil {
				return nil, err
			}
		}
		if o.groups, o.task = nil, o.a.take(); o.task == nil {
			return nil, io.EOF
		}
		g, err := o.task.run(ctx, &o.merger)
		if err != nil {
			return nil, err
		}
		if g == nil { // it was split
			continue
		}
		if err := g.finish(ctx); err != nil {
			return nil, err
		}
		o.groups, o.keys, o.at = g, g.table.built(), 0
	}
}

// next returns the next part of the current groups.
func (o *groupOutput) next() (*vector.Batch, error) {
	from := o.at
	to := min(from+o.a.env.batchRows(), o.groups.table.n)
	o.at = to
	spec, set := o.a.spec, o.task.g.set
	if o.gather == nil {
		o.gather = make([]kernel.Gatherer, len(spec.KeyTypes))
	}
	o.out = vector.Batch{Len: to - from, Cols: o.out.Cols[:0]}
	rows := iota32(&o.rows, from, to-from)
	id := int64(0)
	for k, t := range spec.KeyTypes {
		at := -1
		for i, s := range set {
			if s == k {
				at = i
			}
		}
		if at < 0 {
			id |= 1 << (len(spec.KeyTypes) - 1 - k)
			o.out.Cols = append(o.out.Cols, kernel.NullConst(t, to-from))
			continue
		}
		o.out.Cols = append(o.out.Cols, o.gather[k].Gather(o.keys[at], rows, false))
	}
	if spec.Sets != nil {
		o.out.Cols = append(o.out.Cols, vector.FromValue(schema.IntValue(schema.T(schema.BigInt), id), to-from))
	}
	for _, acc := range o.groups.accs {
		v, err := acc.Result(from, to)
		if err != nil {
			return nil, err
		}
		o.out.Cols = append(o.out.Cols, v)
	}
	return &o.out, nil
}

// Close lets go; the last output closes the inputs and frees the memory.
func (o *groupOutput) Close() error {
	if o.closed {
		return nil
	}
	o.closed = true
	var err error
	if o.task != nil {
		err = o.task.close()
	}
	o.groups, o.keys, o.task = nil, nil, nil
	if closeErr := o.a.closeOne(); err == nil {
		err = closeErr
	}
	return err
}

func (a *Aggregate) closeOne() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open--; a.open > 0 {
		return nil
	}
	var first error
	for _, c := range a.chains {
		if err := c.Input.Close(); err != nil && first == nil {
			first = err
		}
	}
	for _, g := range a.groupings {
		if err := g.close(); err != nil && first == nil {
			first = err
		}
	}
	for _, t := range a.tasks {
		if err := t.close(); err != nil && first == nil {
			first = err
		}
	}
	a.groupings, a.tasks = nil, nil
	a.grant.Close()
	return first
}
