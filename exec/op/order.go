package op

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

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

// compareRows compares row i of one set of key columns with row j of another, from key number from on.
func compareRows(keys []expr.SortKey, from int, x []vector.Vector, i int, y []vector.Vector, j int) int {
	for k := from; k < len(keys); k++ {
		if r := compareKey(x[k], i, y[k], j, keys[k].Descending, keys[k].NullsFirst); r != 0 {
			return r
		}
	}
	return 0
}

// item is a row with the prefix of its first key.
type item struct {
	prefix uint64
	row    uint32
}

// sortRows returns the n rows of key columns in their order; equal rows stay in the order of their numbers. It gives up when
// the context ends.
func sortRows(ctx context.Context, cols []vector.Vector, keys []expr.SortKey, n int) ([]uint32, error) {
	perm := make([]uint32, n)
	if len(keys) == 0 {
		return iota32(&perm, 0, n), nil
	}
	prefixes, exact := orderPrefix(cols[0], &keys[0], n, nil, nil)
	items := make([]item, n)
	for i, p := range prefixes {
		items[i] = item{p, uint32(i)}
	}
	items = radixSort(items)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	from := 0
	if exact {
		from = 1
	}
	if from < len(keys) {
		if err := sortTies(ctx, items, cols, keys, from); err != nil {
			return nil, err
		}
	}
	for i := range items {
		perm[i] = items[i].row
	}
	return perm, nil
}

// sortTies sorts the runs of equal prefixes by the keys from number from on.
func sortTies(ctx context.Context, items []item, cols []vector.Vector, keys []expr.SortKey, from int) error {
	checked := 0
	for lo := 0; lo < len(items); {
		hi := lo + 1
		for hi < len(items) && items[hi].prefix == items[lo].prefix {
			hi++
		}
		if hi-lo > 1 {
			if err := sortRun(ctx, items[lo:hi], cols, keys, from); err != nil {
				return err
			}
		}
		if hi-checked > 1<<14 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			checked = hi
		}
		lo = hi
	}
	return nil
}

// sortRun sorts one run by comparison. A sort cannot be left from within its comparison but by a panic.
func sortRun(ctx context.Context, run []item, cols []vector.Vector, keys []expr.SortKey, from int) (err error) {
	type stop struct{}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stop); !ok {
				panic(p)
			}
			err = context.Cause(ctx)
		}
	}()
	n := 0
	slices.SortFunc(run, func(a, b item) int {
		if n++; n&0xffff == 0 && ctx.Err() != nil {
			panic(stop{})
		}
		if r := compareRows(keys, from, cols, int(a.row), cols, int(b.row)); r != 0 {
			return r
		}
		return int(int64(a.row) - int64(b.row))
	})
	return nil
}

// radixSort sorts by prefix and keeps the order of equal ones: byte by byte from the last, but for bytes that are the same
// in all.
func radixSort(items []item) []item {
	if len(items) < 256 {
		slices.SortStableFunc(items, func(a, b item) int {
			switch {
			case a.prefix < b.prefix:
				return -1
			case a.prefix > b.prefix:
				return 1
			}
			return 0
		})
		return items
	}
	var counts [8][256]uint32
	for _, it := range items {
		p := it.prefix
		for b := range 8 {
			counts[b][p>>(8*b)&0xff]++
		}
	}
	other := make([]item, len(items))
	for b := range 8 {
		c := &counts[b]
		if c[items[0].prefix>>(8*b)&0xff] == uint32(len(items)) {
			continue
		}
		at := uint32(0)
		for i, n := range c {
			c[i] = at
			at += n
		}
		for _, it := range items {
			d := it.prefix >> (8 * b) & 0xff
			other[c[d]] = it
			c[d]++
		}
		items, other = other, items
	}
	return items
}
