package op

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// groups are groups with the states of the aggregates.
type groups struct {
	spec  *AggregateSpec
	table *groupTable
	accs  []functions.Accumulator
	seen  []*distinctRows // of DISTINCT aggregates
	kept  []*orderedRows  // of aggregates with an order
	ids   []uint32
	sub   []uint32
}

func newGroups(spec *AggregateSpec, set []int) (*groups, error) {
	types := make([]schema.Type, len(set))
	for i, k := range set {
		types[i] = spec.KeyTypes[k]
	}
	n := len(spec.Aggs)
	g := &groups{spec: spec, table: newGroupTable(types), seen: make([]*distinctRows, n), kept: make([]*orderedRows, n)}
	for i := range spec.Aggs {
		call := &spec.Aggs[i]
		acc, err := functions.NewAccumulator(call)
		if err != nil {
			return nil, err
		}
		g.accs = append(g.accs, acc)
		switch {
		case keepsOrder(call):
			g.kept[i] = newOrderedRows(call)
		case call.Distinct && !call.Fn.IgnoresDuplicates:
			g.seen[i] = newDistinctRows(call)
		}
	}
	return g, nil
}

// keepsOrder says that the rows of an aggregate must be sorted first.
func keepsOrder(c *expr.AggregateCall) bool { return len(c.OrderBy) > 0 && c.Fn.OrderSensitive }

// aggregateRows is what the aggregates get: arguments, order keys, and, where filtered says so, the rows that pass a filter.
type aggregateRows interface {
	arguments(i int) (args, orders []vector.Vector)
	passing(i int) (sel []uint32, filtered bool)
}

func (in *aggregateInput) arguments(i int) (args, orders []vector.Vector) {
	return in.args[i], in.orders[i]
}

func (in *aggregateInput) passing(i int) ([]uint32, bool) {
	return in.sels[i], in.chain.Filters[i] != nil
}

// keepRows says that an aggregate keeps rows of its groups.
func (g *groups) keepRows() bool {
	for i := range g.accs {
		if g.seen[i] != nil || g.kept[i] != nil {
			return true
		}
	}
	return false
}

// states is the number of groups and of the rows that are kept for them.
func (g *groups) states() int {
	n := g.table.n
	for i := range g.accs {
		if g.seen[i] != nil {
			n += g.seen[i].table.n
		}
		if g.kept[i] != nil {
			n += len(g.kept[i].groups)
		}
	}
	return n
}

// update adds rows: row sel[k] (nil: k) of n belongs to group ids[k].
func (g *groups) update(ids []uint32, n int, sel []uint32, rows aggregateRows) error {
	for i, acc := range g.accs {
		acc.Resize(g.table.n)
		args, orders := rows.arguments(i)
		ids, sel := ids, sel
		if pass, filtered := rows.passing(i); filtered {
			if ids, sel = g.both(ids, sel, pass); len(ids) == 0 {
				continue
			}
		}
		if g.kept[i] != nil {
			g.kept[i].add(ids, sel, args, orders)
			continue
		}
		if g.seen[i] != nil {
			ids, sel = g.seen[i].fresh(ids, sel, args, n)
		}
		if len(ids) == 0 {
			continue
		}
		if err := acc.Update(ids, args, sel); err != nil {
			return err
		}
	}
	return nil
}

// both returns the groups and rows of sel (nil: all) that are in pass too.
func (g *groups) both(ids, sel, pass []uint32) ([]uint32, []uint32) {
	g.sub = growIDs(g.sub, len(pass))
	if sel == nil {
		for k, r := range pass {
			g.sub[k] = ids[r]
		}
		return g.sub, pass
	}
	out := make([]uint32, 0, len(pass))
	at := 0
	for _, r := range pass {
		for at < len(sel) && sel[at] < r {
			at++
		}
		if at < len(sel) && sel[at] == r {
			g.sub[len(out)] = ids[at]
			out = append(out, r)
		}
	}
	return g.sub[:len(out)], out
}

// assign finds or begins the groups of rows and returns their numbers.
func (g *groups) assign(keys []vector.Vector, n int, sel []uint32) []uint32 {
	g.ids = growIDs(g.ids, vector.RowCount(n, sel))
	g.table.assign(keys, n, sel, g.ids)
	return g.ids
}

// finish feeds sorted rows to the aggregates that need an order.
func (g *groups) finish(ctx context.Context) error {
	for i, acc := range g.accs {
		acc.Resize(g.table.n)
		if g.kept[i] != nil {
			if err := g.kept[i].feed(ctx, acc); err != nil {
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
