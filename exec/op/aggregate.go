package op

import (
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
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

// Aggregate groups the rows of its chains, one table a worker, and merges the tables.
type Aggregate struct {
	spec    *AggregateSpec
	chains  []AggregateChain
	account *memory.Account
	sets    []*groups // of each grouping set, merged
	set, at int
	ran     bool
	mu      sync.Mutex // guards account while workers run
}

// NewAggregate returns the grouping of several chains.
func NewAggregate(spec *AggregateSpec, chains []AggregateChain, account *memory.Account) *Aggregate {
	return &Aggregate{spec: spec, chains: chains, account: account}
}

// Open has nothing to do: the input is read by the first Next.
func (a *Aggregate) Open(context.Context) error { return nil }

// groups are the groups of one grouping set with the states of the aggregates.
type groups struct {
	table *groupTable
	accs  []functions.Accumulator
	seen  []*distinctRows // of DISTINCT aggregates
	kept  []*orderedRows  // of aggregates with an order
	ids   []uint32
	sub   []uint32
}

func (a *Aggregate) newGroups(set []int) (*groups, error) {
	types := make([]schema.Type, len(set))
	for i, k := range set {
		types[i] = a.spec.KeyTypes[k]
	}
	g := &groups{table: newGroupTable(types), seen: make([]*distinctRows, len(a.spec.Aggs)), kept: make([]*orderedRows, len(a.spec.Aggs))}
	for i := range a.spec.Aggs {
		call := &a.spec.Aggs[i]
		acc, err := functions.NewAccumulator(call)
		if err != nil {
			return nil, err
		}
		g.accs = append(g.accs, acc)
		if call.Distinct {
			g.seen[i] = newDistinctRows(call)
		}
		if keepsOrder(call) {
			g.kept[i] = newOrderedRows(call)
		}
	}
	return g, nil
}

// keepsOrder says that the rows of an aggregate must be sorted first.
func keepsOrder(c *expr.AggregateCall) bool { return len(c.OrderBy) > 0 && c.Fn.OrderSensitive }

func (a *Aggregate) groupingSets() [][]int {
	if a.spec.Sets != nil {
		return a.spec.Sets
	}
	all := make([]int, len(a.spec.KeyTypes))
	for i := range all {
		all[i] = i
	}
	return [][]int{all}
}

func (a *Aggregate) run(ctx context.Context) error {
	sets := a.groupingSets()
	workers := make([][]*groups, len(a.chains))
	inputs := make([]Operator, len(a.chains))
	for w := range a.chains {
		inputs[w] = a.chains[w].Input
		for _, set := range sets {
			g, err := a.newGroups(set)
			if err != nil {
				return err
			}
			workers[w] = append(workers[w], g)
		}
	}
	accounts := make([]int64, len(a.chains))
	err := Parallel(ctx, inputs, func(ctx context.Context, w int, c Operator) error {
		return Each(ctx, c, func(b *vector.Batch) error {
			if err := a.update(ctx, &a.chains[w], workers[w], sets, b); err != nil {
				return err
			}
			return a.charge(workers, accounts, w)
		})
	})
	if err != nil {
		return err
	}
	a.sets = workers[0]
	for _, other := range workers[1:] {
		for i, g := range other {
			if err := a.sets[i].merge(g); err != nil {
				return err
			}
		}
	}
	for i, g := range a.sets {
		if len(sets[i]) == 0 && (a.spec.Sets != nil || len(a.spec.KeyTypes) == 0) {
			g.table.n = max(g.table.n, 1)
		}
		if err := g.finish(); err != nil {
			return err
		}
	}
	return nil
}

// update adds a batch to the groups of every set.
func (a *Aggregate) update(ctx context.Context, c *AggregateChain, gs []*groups, sets [][]int, b *vector.Batch) error {
	keys := make([]vector.Vector, len(c.Keys))
	for i, k := range c.Keys {
		v, err := k.Eval(ctx, b)
		if err != nil {
			return err
		}
		keys[i] = v
	}
	args := make([][]vector.Vector, len(a.spec.Aggs))
	orders := make([][]vector.Vector, len(a.spec.Aggs))
	sels := make([][]uint32, len(a.spec.Aggs))
	for i := range a.spec.Aggs {
		sel := b.Sel
		if c.Filters[i] != nil {
			picked, err := c.Filters[i].Select(ctx, b.Cols, b.Len, b.Sel)
			if err != nil {
				return err
			}
			sel = picked
		}
		sels[i] = sel
		for _, e := range c.Args[i] {
			v, err := e.EvalRows(ctx, b.Cols, b.Len, sel)
			if err != nil {
				return err
			}
			args[i] = append(args[i], v)
		}
		for _, e := range c.Orders[i] {
			v, err := e.EvalRows(ctx, b.Cols, b.Len, sel)
			if err != nil {
				return err
			}
			orders[i] = append(orders[i], v)
		}
	}
	for s, g := range gs {
		part := keys
		if a.spec.Sets != nil {
			part = make([]vector.Vector, len(sets[s]))
			for i, k := range sets[s] {
				part[i] = keys[k]
			}
		}
		if err := g.update(b, part, args, orders, sels, c.Filters); err != nil {
			return err
		}
	}
	return nil
}

func (g *groups) update(b *vector.Batch, keys []vector.Vector, args, orders [][]vector.Vector, sels [][]uint32, filters []*eval.Evaluator) error {
	g.ids = growIDs(g.ids, b.Rows())
	g.table.assign(keys, b.Len, b.Sel, g.ids)
	for i, acc := range g.accs {
		acc.Resize(g.table.n)
		ids, rows := g.ids, b.Sel
		if filters[i] != nil {
			ids, rows = g.idsOf(b.Sel, sels[i]), sels[i]
		}
		switch {
		case g.kept[i] != nil:
			if err := g.kept[i].add(ids, rows, args[i], orders[i]); err != nil {
				return err
			}
			continue
		case g.seen[i] != nil:
			ids, rows = g.seen[i].fresh(ids, rows, args[i], b.Len)
		}
		if err := acc.Update(ids, args[i], rows); err != nil {
			return err
		}
	}
	return nil
}

func growIDs(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n)
	}
	return s[:n]
}

// idsOf returns the group numbers of the rows in sub, which is part of sel.
func (g *groups) idsOf(sel, sub []uint32) []uint32 {
	g.sub = growIDs(g.sub, len(sub))
	if sel == nil {
		for k, r := range sub {
			g.sub[k] = g.ids[r]
		}
		return g.sub
	}
	at := 0
	for k, r := range sub {
		for sel[at] != r {
			at++
		}
		g.sub[k] = g.ids[at]
	}
	return g.sub
}

// merge adds the groups of another worker.
func (g *groups) merge(o *groups) error {
	n := o.table.n
	if n == 0 {
		return nil
	}
	mapping := make([]uint32, n)
	keys := make([]vector.Vector, len(o.table.keys))
	for i, b := range o.table.keys {
		keys[i] = b.Build()
	}
	g.table.assign(keys, n, nil, mapping)
	for i, acc := range g.accs {
		acc.Resize(g.table.n)
		switch {
		case g.kept[i] != nil:
			g.kept[i].merge(o.kept[i], mapping)
			continue
		case g.seen[i] != nil:
			if err := g.seen[i].merge(o.seen[i], mapping, acc); err != nil {
				return err
			}
			continue
		}
		o.accs[i].Resize(n)
		if err := acc.Merge(o.accs[i], mapping); err != nil {
			return err
		}
	}
	return nil
}

// finish feeds sorted rows to the aggregates that need an order.
func (g *groups) finish() error {
	for i, acc := range g.accs {
		acc.Resize(g.table.n)
		if g.kept[i] != nil {
			if err := g.kept[i].feed(acc); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *groups) memory() int64 {
	n := g.table.memory()
	for i, acc := range g.accs {
		n += acc.Size()
		if g.seen[i] != nil {
			n += g.seen[i].table.memory()
		}
		if g.kept[i] != nil {
			n += g.kept[i].size()
		}
	}
	return n
}

// charge brings the account to the memory of all workers.
func (a *Aggregate) charge(workers [][]*groups, held []int64, w int) error {
	n := int64(0)
	for _, g := range workers[w] {
		n += g.memory()
	}
	return a.chargeWorker(held, w, n)
}

// Next returns the groups.
func (a *Aggregate) Next(ctx context.Context) (*vector.Batch, error) {
	if !a.ran {
		a.ran = true
		if err := a.run(ctx); err != nil {
			return nil, err
		}
	}
	for a.set < len(a.sets) {
		g := a.sets[a.set]
		if a.at >= g.table.n {
			a.set, a.at = a.set+1, 0
			continue
		}
		to := min(a.at+vector.DefaultRows, g.table.n)
		b, err := a.output(g, a.at, to)
		a.at = to
		return b, err
	}
	return nil, io.EOF
}

// output returns the groups [from, to) of the current set.
func (a *Aggregate) output(g *groups, from, to int) (*vector.Batch, error) {
	b := &vector.Batch{Len: to - from}
	if from == 0 {
		g.built()
	}
	rows := make([]uint32, to-from)
	for i := range rows {
		rows[i] = uint32(from + i)
	}
	set := a.groupingSets()[a.set]
	id := int64(0)
	for k, t := range a.spec.KeyTypes {
		at := -1
		for i, s := range set {
			if s == k {
				at = i
			}
		}
		if at < 0 {
			id |= 1 << (len(a.spec.KeyTypes) - 1 - k)
			b.Cols = append(b.Cols, vector.FromValue(schema.NullOf(t), to-from))
			continue
		}
		b.Cols = append(b.Cols, vector.CloneRows(g.table.built[at], rows))
	}
	if a.spec.Sets != nil {
		b.Cols = append(b.Cols, vector.FromValue(schema.IntValue(schema.T(schema.BigInt), id), to-from))
	}
	for _, acc := range g.accs {
		v, err := acc.Result(from, to)
		if err != nil {
			return nil, err
		}
		b.Cols = append(b.Cols, v)
	}
	return b, nil
}

func (g *groups) built() {
	if g.table.built != nil {
		return
	}
	g.table.built = make([]vector.Vector, len(g.table.keys))
	for i, k := range g.table.keys {
		g.table.built[i] = k.Build()
	}
}

// Close closes the inputs and frees the memory.
func (a *Aggregate) Close() error {
	var first error
	for _, c := range a.chains {
		if err := c.Input.Close(); err != nil && first == nil {
			first = err
		}
	}
	a.account.Close()
	a.sets = nil
	return first
}
