package op

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// distinctRows keeps the argument lists that DISTINCT has seen in each group.
type distinctRows struct {
	table *groupTable
	types []schema.Type
	ids   []uint32
	rows  []uint32
	out   []uint32
	wide  []int32
	built []vector.Vector
}

func newDistinctRows(call *expr.AggregateCall) *distinctRows {
	types := []schema.Type{schema.T(schema.Integer)}
	for _, a := range call.Args {
		types = append(types, a.Type())
	}
	return &distinctRows{table: newGroupTable(types), types: types}
}

// fresh returns the groups and rows whose arguments are new in their group.
func (d *distinctRows) fresh(groups, rows []uint32, args []vector.Vector, n int) ([]uint32, []uint32) {
	// The group number is a column like the arguments.
	if cap(d.wide) < n {
		d.wide = make([]int32, n)
	}
	g := &vector.Flat[int32]{Typ: d.types[0], Values: d.wide[:n]}
	for k, id := range groups {
		r := k
		if rows != nil {
			r = int(rows[k])
		}
		g.Values[r] = int32(id)
	}
	before := d.table.n
	d.ids = growIDs(d.ids, len(groups))
	d.table.assign(append([]vector.Vector{g}, args...), n, rows, d.ids)
	d.out, d.rows = d.out[:0], d.rows[:0]
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
		d.out, d.rows = append(d.out, groups[k]), append(d.rows, r)
	}
	if d.rows == nil {
		d.rows = []uint32{}
	}
	return d.out, d.rows
}

// prepare makes the columns that others read.
func (d *distinctRows) prepare() { d.built = d.table.built() }

// groups returns the group of each row, once prepared.
func (d *distinctRows) groups() []int32 { return d.built[0].(*vector.Flat[int32]).Values[:d.table.n] }

// merge adds rows that another worker saw, and updates the aggregate with what is new here.
func (d *distinctRows) merge(o *distinctRows, some []uint32, m *groupMerger, acc functions.Accumulator) error {
	groups, rows := make([]uint32, 0, len(some)), make([]uint32, 0, len(some))
	of := o.groups()
	for _, r := range some {
		if to := m.mapping[of[r]]; to != noGroup {
			groups, rows = append(groups, to), append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	cols := m.seen.gather(o.built[1:], rows)
	ids, fresh := d.fresh(groups, nil, cols, len(rows))
	if len(ids) == 0 {
		return nil
	}
	return acc.Update(ids, cols, fresh)
}

// orderedRows keeps the rows of an aggregate with ORDER BY until all are there.
type orderedRows struct {
	call   *expr.AggregateCall
	groups []uint32
	store  *rowStore // arguments, then order keys
	built  []vector.Vector
}

func newOrderedRows(call *expr.AggregateCall) *orderedRows {
	var types []schema.Type
	for _, a := range call.Args {
		types = append(types, a.Type())
	}
	for _, k := range call.OrderBy {
		types = append(types, k.Expr.Type())
	}
	return &orderedRows{call: call, store: newRowStore(types)}
}

func (o *orderedRows) add(groups, rows []uint32, args, orders []vector.Vector) {
	if rows != nil && len(rows) == 0 {
		return
	}
	n := len(groups)
	o.groups = append(o.groups, groups...)
	o.store.add(append(append(make([]vector.Vector, 0, len(args)+len(orders)), args...), orders...), n, rows)
}

// prepare makes the columns that others read.
func (o *orderedRows) prepare() { o.built, _ = o.store.finish() }

// merge adds rows of another worker's groups.
func (o *orderedRows) merge(other *orderedRows, some, mapping []uint32) {
	var groups, rows []uint32
	for _, r := range some {
		if to := mapping[other.groups[r]]; to != noGroup {
			groups, rows = append(groups, to), append(rows, r)
		}
	}
	if len(rows) > 0 {
		o.groups = append(o.groups, groups...)
		o.store.add(other.built, 0, rows)
	}
}

func (o *orderedRows) size() int64 { return int64(cap(o.groups))*4 + o.store.size() }

// feed updates an aggregate with the rows in order. DISTINCT keeps the first of equal ones.
func (o *orderedRows) feed(ctx context.Context, acc functions.Accumulator) error {
	cols, n := o.store.finish()
	args, orders := cols[:len(o.call.Args)], cols[len(o.call.Args):]
	perm, err := sortRows(ctx, orders, o.call.OrderBy, n)
	if err != nil || n == 0 {
		return err
	}
	groups := make([]uint32, n)
	for i, r := range perm {
		groups[i] = o.groups[r]
	}
	if !o.call.Distinct {
		return acc.Update(groups, args, perm)
	}
	d := newDistinctRows(o.call)
	ids, rows := d.fresh(groups, perm, args, n)
	return acc.Update(ids, args, rows)
}
