package exec

import (
	"slices"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

func (b *builder) aggregate(n *physical.Aggregate, s scope) ([]op.Operator, *memory.Account, error) {
	in, err := b.chains(n.Input, s)
	if err != nil {
		return nil, nil, err
	}
	chains := make([]op.AggregateChain, len(in))
	for i, c := range in {
		if chains[i], err = aggregateChain(n, c, s); err != nil {
			return nil, nil, err
		}
	}
	spec := &op.AggregateSpec{KeyTypes: exprTypes(n.Keys), Sets: n.Sets, Aggs: n.Aggs}
	account := b.account()
	return []op.Operator{op.NewAggregate(spec, chains, account)}, account, nil
}

func aggregateChain(n *physical.Aggregate, in op.Operator, s scope) (c op.AggregateChain, err error) {
	c.Input = in
	if c.Keys, err = compile(n.Keys, s); err != nil {
		return c, err
	}
	for i := range n.Aggs {
		call := &n.Aggs[i]
		args, err := compile(call.Args, s)
		if err != nil {
			return c, err
		}
		filter, err := condition(call.Filter, s)
		if err != nil {
			return c, err
		}
		orders, err := compileKeys(call.OrderBy, s)
		if err != nil {
			return c, err
		}
		c.Args, c.Filters, c.Orders = append(c.Args, args), append(c.Filters, filter), append(c.Orders, orders)
	}
	return c, nil
}

// sortChains builds an input with the evaluators of sort keys for each worker.
func (b *builder) sortChains(input physical.Node, keys []expr.SortKey, s scope) ([]op.SortChain, error) {
	in, err := b.chains(input, s)
	if err != nil {
		return nil, err
	}
	chains := make([]op.SortChain, len(in))
	for i, c := range in {
		es, err := compileKeys(keys, s)
		if err != nil {
			return nil, err
		}
		chains[i] = op.SortChain{Input: c, Keys: es}
	}
	return chains, nil
}

func (b *builder) sort(n *physical.Sort, s scope) ([]op.Operator, *memory.Account, error) {
	chains, err := b.sortChains(n.Input, n.Keys, s)
	account := b.account()
	return []op.Operator{op.NewSort(chains, n.Keys, types(n.Input), account)}, account, err
}

func (b *builder) topN(n *physical.TopN, s scope) ([]op.Operator, *memory.Account, error) {
	chains, err := b.sortChains(n.Input, n.Keys, s)
	account := b.account()
	return []op.Operator{op.NewTopN(chains, n.Keys, types(n.Input), n.Limit, n.Offset, n.WithTies, account)}, account, err
}

// window builds the sort that a window needs below it, and the window.
func (b *builder) window(n *physical.Window, s scope) ([]op.Operator, *memory.Account, error) {
	keys := make([]expr.SortKey, 0, len(n.Partition)+len(n.Order))
	for _, p := range n.Partition {
		keys = append(keys, expr.SortKey{Expr: p})
	}
	keys = append(keys, n.Order...)
	var in op.Operator
	var err error
	if len(keys) == 0 {
		in, err = b.single(n.Input, s)
	} else {
		var chains []op.SortChain
		chains, err = b.sortChains(n.Input, keys, s)
		in = op.NewSort(chains, keys, types(n.Input), b.account())
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := windowInput(n, s)
	account := b.account()
	return []op.Operator{op.NewWindow(in, w, slices.Clone(n.Order), n.Calls, types(n.Input), account)}, account, err
}

func windowInput(n *physical.Window, s scope) (w op.WindowInput, err error) {
	if w.Partition, err = compile(n.Partition, s); err != nil {
		return w, err
	}
	if w.Order, err = compileKeys(n.Order, s); err != nil {
		return w, err
	}
	for i := range n.Calls {
		c := &n.Calls[i]
		args, err := compile(c.Args, s)
		if err != nil {
			return w, err
		}
		rest := make([]*eval.Evaluator, 3)
		for j, e := range []expr.Expr{c.Filter, c.Frame.Start.Offset, c.Frame.End.Offset} {
			if rest[j], err = condition(e, s); err != nil {
				return w, err
			}
		}
		w.Args, w.Filters, w.Starts, w.Ends = append(w.Args, args), append(w.Filters, rest[0]), append(w.Starts, rest[1]), append(w.Ends, rest[2])
	}
	return w, nil
}
