package exec

import (
	"slices"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// manyGroups is the estimated number of groups from which several workers return them.
const manyGroups = 100_000

func (b *builder) aggregate(n *physical.Aggregate, s scope) ([]op.Operator, error) {
	in, err := b.chains(n.Input, s)
	if err != nil {
		return nil, err
	}
	chains := make([]op.AggregateChain, len(in))
	for i, c := range in {
		if chains[i], err = aggregateChain(n, c, s); err != nil {
			return nil, err
		}
	}
	spec := &op.AggregateSpec{KeyTypes: exprTypes(n.Keys), Sets: n.Sets, Aggs: n.Aggs}
	outputs := 1
	if n.Groups >= manyGroups {
		outputs = s.workers
	}
	return op.NewAggregate(b.env, b.grant(n, s), spec, chains).Outputs(outputs), nil
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

func (b *builder) sort(n *physical.Sort, s scope) ([]op.Operator, error) {
	chains, err := b.sortChains(n.Input, n.Keys, s)
	return op.NewSort(b.env, b.grant(n, s), chains, n.Keys, types(n.Input)).Outputs(1, 0), err
}

func (b *builder) topN(n *physical.TopN, s scope) ([]op.Operator, error) {
	chains, err := b.sortChains(n.Input, n.Keys, s)
	return []op.Operator{op.NewTopN(b.env, b.grant(n, s), chains, n.Keys, types(n.Input), n.Limit, n.Offset, n.WithTies)}, err
}

// manyWindowRows is the estimated number of rows from which several workers compute the partitions of a window.
const manyWindowRows = 50_000

// window builds the sort that a window needs below it, and the window.
func (b *builder) window(n *physical.Window, s scope) ([]op.Operator, error) {
	keys := make([]expr.SortKey, 0, len(n.Partition)+len(n.Order))
	for _, p := range n.Partition {
		keys = append(keys, expr.SortKey{Expr: p})
	}
	keys = append(keys, n.Order...)
	var in []op.Operator
	if len(keys) == 0 {
		one, err := b.single(n.Input, s)
		if err != nil {
			return nil, err
		}
		in = []op.Operator{one}
	} else {
		chains, err := b.sortChains(n.Input, keys, s)
		if err != nil {
			return nil, err
		}
		outputs := 1
		if len(n.Partition) > 0 && n.Input.Props().Rows >= manyWindowRows {
			outputs = s.workers
		}
		in = op.NewSort(b.env, b.grant(n, s), chains, keys, types(n.Input)).Outputs(outputs, len(n.Partition))
	}
	grant := b.grant(n, s)
	for i := range in {
		w, err := windowInput(n, s)
		if err != nil {
			return nil, err
		}
		in[i] = op.NewWindow(b.env, grant, in[i], w, slices.Clone(n.Order), n.Calls, types(n.Input))
	}
	return in, nil
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
