package op

import (
	"cmp"
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

// item is a row with a number that orders it.
type item struct {
	prefix uint64
	row    uint32
}

// span is the items from lo to hi, without hi.
type span struct{ lo, hi int }

// maxWords is how many words of a text are sorted by: what is equal so far is compared.
const maxWords = 8

// sortRows returns the n rows of key columns in their order; equal rows stay in the order of their numbers. It sorts by the
// words of the keys one after another, each time only the rows that are equal so far. It gives up when the context ends.
func sortRows(ctx context.Context, cols []vector.Vector, keys []expr.SortKey, n int) ([]uint32, error) {
	perm := make([]uint32, n)
	iota32(&perm, 0, n)
	if len(keys) == 0 || n < 2 {
		return perm, nil
	}
	items, spare := make([]item, n), make([]item, n)
	for i := range items {
		items[i].row = uint32(i)
	}
	var scratch []uint64
	runs, rows := []span{{0, n}}, []uint32(nil)
	for key, word := 0, 0; key < len(keys) && len(runs) > 0; {
		prefixes, t := orderPrefix(cols[key], &keys[key], word, n, rows, &scratch)
		if err := sortRuns(ctx, items, spare, runs, prefixes); err != nil {
			return nil, err
		}
		runs = ties(runs, items)
		switch {
		case t == tiedEqual:
			key, word = key+1, 0
		case t == tiedWord && word < maxWords:
			word++
		default:
			if err := compareRuns(ctx, items, runs, cols, keys, key); err != nil {
				return nil, err
			}
			runs = nil
		}
		rows = someRows(rows)
		for _, r := range runs {
			for _, it := range items[r.lo:r.hi] {
				rows = append(rows, it.row)
			}
		}
	}
	for i := range items {
		perm[i] = items[i].row
	}
	return perm, nil
}

// sortRuns sorts each run by the numbers of its rows.
func sortRuns(ctx context.Context, items, spare []item, runs []span, prefixes []uint64) error {
	checked := 0
	for _, r := range runs {
		run := items[r.lo:r.hi]
		for i := range run {
			run[i].prefix = prefixes[run[i].row]
		}
		radixSort(run, spare[r.lo:r.hi])
		if checked += len(run); checked > 1<<16 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			checked = 0
		}
	}
	return nil
}

// ties returns the runs of equal numbers within sorted runs.
func ties(runs []span, items []item) (out []span) {
	for _, r := range runs {
		for lo := r.lo; lo < r.hi; {
			hi := lo + 1
			for hi < r.hi && items[hi].prefix == items[lo].prefix {
				hi++
			}
			if hi-lo > 1 {
				out = append(out, span{lo, hi})
			}
			lo = hi
		}
	}
	return out
}

// compareRuns sorts each run by comparison, from key number from on.
func compareRuns(ctx context.Context, items []item, runs []span, cols []vector.Vector, keys []expr.SortKey, from int) error {
	checked := 0
	for _, r := range runs {
		if err := sortRun(ctx, items[r.lo:r.hi], cols, keys, from); err != nil {
			return err
		}
		if checked += r.hi - r.lo; checked > 1<<14 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			checked = 0
		}
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
// in all. Spare is as long as the items.
func radixSort(items, spare []item) {
	if len(items) < 256 {
		slices.SortFunc(items, func(a, b item) int {
			if a.prefix != b.prefix {
				return cmp.Compare(a.prefix, b.prefix)
			}
			return cmp.Compare(a.row, b.row)
		})
		return
	}
	var counts [8][256]uint32
	for _, it := range items {
		p := it.prefix
		for b := range 8 {
			counts[b][p>>(8*b)&0xff]++
		}
	}
	from, to := items, spare
	for b := range 8 {
		c := &counts[b]
		if c[from[0].prefix>>(8*b)&0xff] == uint32(len(from)) {
			continue
		}
		at := uint32(0)
		for i, n := range c {
			c[i] = at
			at += n
		}
		for _, it := range from {
			d := it.prefix >> (8 * b) & 0xff
			to[c[d]] = it
			c[d]++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}
