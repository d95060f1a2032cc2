package op

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// chargeWorker brings worker w's part of the account to n bytes.
func (a *Aggregate) chargeWorker(held []int64, w int, n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	grown := n - held[w]
	held[w] = n
	return a.account.Resize(a.account.Held() + grown)
}

// distinctRows keeps the argument lists that DISTINCT has seen in each group.
type distinctRows struct {
	table *groupTable
	types []schema.Type
	ids   []uint32
	rows  []uint32
	out   []uint32
}

func newDistinctRows(call *expr.AggregateCall) *distinctRows {
	types := []schema.Type{schema.T(schema.BigInt)}
	for _, a := range call.Args {
		types = append(types, a.Type())
	}
	return &distinctRows{table: newGroupTable(types), types: types}
}

// fresh returns the rows whose arguments are new in their group.
func (d *distinctRows) fresh(groups, rows []uint32, args []vector.Vector, n int) ([]uint32, []uint32) {
	// The group number is a column like the arguments.
	g := &vector.Flat[int64]{Typ: d.types[0], Values: make([]int64, n)}
	for k, id := range groups {
		r := k
		if rows != nil {
			r = int(rows[k])
		}
		g.Values[r] = int64(id)
	}
	before := d.table.n
	d.ids = growIDs(d.ids, len(groups))
	d.table.assign(append([]vector.Vector{g}, args...), n, rows, d.ids)
	outGroups, outRows := d.out[:0], d.rows[:0]
	next := uint32(before)
	for k, id := range d.ids {
		if id != next {
			continue
		}
		next++
		r := uint32(k)
		if rows != nil {
			r = rows[k]
		}
		outGroups, outRows = append(outGroups, groups[k]), append(outRows, r)
	}
	d.out, d.rows = outGroups, outRows
	if outRows == nil {
		outRows = []uint32{}
	}
	return outGroups, outRows
}

// merge adds what another worker saw, and updates the aggregate with what is new here.
func (d *distinctRows) merge(o *distinctRows, mapping []uint32, acc functions.Accumulator) error {
	n := o.table.n
	if n == 0 {
		return nil
	}
	cols := make([]vector.Vector, len(o.table.keys))
	for i, b := range o.table.keys {
		cols[i] = b.Build()
	}
	groups := make([]uint32, n)
	for i, g := range cols[0].(*vector.Flat[int64]).Values {
		groups[i] = mapping[g]
	}
	ids, rows := d.fresh(groups, nil, cols[1:], n)
	return acc.Update(ids, cols[1:], rows)
}

// orderedRows keeps the rows of an aggregate with ORDER BY until all are there.
type orderedRows struct {
	call   *expr.AggregateCall
	groups []uint32
	args   []*vector.Builder
	orders []*vector.Builder
}

func newOrderedRows(call *expr.AggregateCall) *orderedRows {
	o := &orderedRows{call: call}
	for _, a := range call.Args {
		o.args = append(o.args, vector.NewBuilder(a.Type(), 0))
	}
	for _, k := range call.OrderBy {
		o.orders = append(o.orders, vector.NewBuilder(k.Expr.Type(), 0))
	}
	return o
}

func (o *orderedRows) add(groups, rows []uint32, args, orders []vector.Vector) error {
	o.groups = append(o.groups, groups...)
	for i, b := range o.args {
		b.AppendRows(args[i], rows)
	}
	for i, b := range o.orders {
		b.AppendRows(orders[i], rows)
	}
	return nil
}

func (o *orderedRows) merge(other *orderedRows, mapping []uint32) {
	for _, g := range other.groups {
		o.groups = append(o.groups, mapping[g])
	}
	for i, b := range o.args {
		b.AppendRows(other.args[i].Build(), nil)
	}
	for i, b := range o.orders {
		b.AppendRows(other.orders[i].Build(), nil)
	}
}

func (o *orderedRows) size() int64 {
	n := int64(cap(o.groups)) * 4
	for _, b := range o.args {
		n += b.Size()
	}
	for _, b := range o.orders {
		n += b.Size()
	}
	return n
}

// feed updates an aggregate with the rows in order. DISTINCT keeps the first of equal ones.
func (o *orderedRows) feed(acc functions.Accumulator) error {
	n := len(o.groups)
	args, orders := make([]vector.Vector, len(o.args)), make([]vector.Vector, len(o.orders))
	for i, b := range o.args {
		args[i] = b.Build()
	}
	for i, b := range o.orders {
		orders[i] = b.Build()
	}
	perm := make([]uint32, n)
	for i := range perm {
		perm[i] = uint32(i)
	}
	compare := rowComparer(orders, o.call.OrderBy)
	slices.SortStableFunc(perm, func(a, b uint32) int { return compare(int(a), int(b)) })
	groups := make([]uint32, n)
	for i, r := range perm {
		groups[i] = o.groups[r]
	}
	if o.call.Distinct {
		d := newDistinctRows(o.call)
		sorted := make([]vector.Vector, len(args))
		for i, a := range args {
			sorted[i] = vector.CloneRows(a, perm)
		}
		ids, rows := d.fresh(groups, nil, sorted, n)
		return acc.Update(ids, sorted, rows)
	}
	return acc.Update(groups, args, perm)
}

// rowComparer compares rows by sort keys: -1, 0 or 1.
func rowComparer(cols []vector.Vector, keys []expr.SortKey) func(a, b int) int {
	return func(a, b int) int {
		for i, c := range cols {
			if r := compareKey(c, a, c, b, keys[i].Descending, keys[i].NullsFirst); r != 0 {
				return r
			}
		}
		return 0
	}
}

// compareKey compares two values of a sort key.
func compareKey(x vector.Vector, i int, y vector.Vector, j int, descending, nullsFirst bool) int {
	a, b := vector.NullAt(x, i), vector.NullAt(y, j)
	switch {
	case a && b:
		return 0
	case a:
		return nullOrder(nullsFirst)
	case b:
		return -nullOrder(nullsFirst)
	}
	r := kernel.Compare(x, i, y, j)
	if descending {
		return -r
	}
	return r
}

func nullOrder(first bool) int {
	if first {
		return -1
	}
	return 1
}
