package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// TopN returns the first rows of an order. Each worker keeps its own best rows and drops what lies beyond them as it comes.
type TopN struct {
	env           *Env
	grant         *Grant
	chains        []SortChain
	layout        *sortLayout
	limit, offset int64
	withTies      bool
	merge         *merger
	skip, left    int64
	last          []vector.Vector // the keys of the last row returned, for ties
	sel           []uint32
	batch         vector.Batch
}

// NewTopN returns the rows offset to offset+limit of the order of the rows of chains.
func NewTopN(env *Env, grant *Grant, chains []SortChain, keys []expr.SortKey, types []schema.Type, limit, offset int64, withTies bool) *TopN {
	return &TopN{env: env, grant: grant, chains: chains, layout: newSortLayout(types, keys), limit: limit, offset: offset, withTies: withTies}
}

// Open has nothing to do: the input is read by the first Next.
func (t *TopN) Open(context.Context) error { return nil }

// best is the rows that one worker keeps: at most about twice the number wanted, cut back by sorting.
type best struct {
	t      *TopN
	store  *rowStore
	memory part
	want   int64
	// bound and its prefix are of the last row wanted; they are set once there are enough rows.
	bound   []vector.Vector
	limit   uint64
	exact   bool
	scratch []uint64
	sel     []uint32
	sorted  []vector.Vector
	perm    []uint32
}

func (t *TopN) run(ctx context.Context) error {
	want := t.limit + t.offset
	if want < 0 { // the sum is beyond 64 bits
		want = 1<<63 - 1
	}
	bests := make([]*best, len(t.chains))
	for i := range t.chains {
		bests[i] = &best{t: t, want: want, store: newRowStore(t.layout.types), memory: part{g: t.grant}}
	}
	cursors := make([]*cursor, len(t.chains))
	err := Parallel(ctx, sortInputs(t.chains), func(ctx context.Context, w int, c Operator) error {
		var cols []vector.Vector
		err := Each(ctx, c, func(b *vector.Batch) (err error) {
			if cols, err = t.layout.kept(ctx, cols, b, t.chains[w].Keys); err != nil {
				return err
			}
			return bests[w].add(ctx, cols, b)
		})
		if err == nil {
			err = bests[w].sort(ctx)
		}
		if err != nil {
			return err
		}
		cursors[w], err = newCursor(ctx, nil, bests[w].sorted, bests[w].perm, t.layout)
		return err
	})
	if err != nil {
		return err
	}
	t.merge = newMerger(cursors, t.layout.keys, t.env.batchRows(), t.layout.types)
	t.skip, t.left = t.offset, t.limit
	return nil
}

// add takes the rows of a batch that can be among the best.
func (b *best) add(ctx context.Context, cols []vector.Vector, in *vector.Batch) error {
	sel := in.Sel
	if b.bound != nil {
		if sel = b.within(b.t.layout.of(cols), in); len(sel) == 0 {
			return nil
		}
	}
	b.store.add(cols, in.Len, sel)
	if rows := int64(b.store.rows); rows/2 >= b.want && rows >= int64(2*b.t.env.batchRows()) {
		return b.cut(ctx)
	}
	return b.memory.must(b.store.size())
}

// within returns the rows that are not beyond the bound.
func (b *best) within(keys []vector.Vector, in *vector.Batch) []uint32 {
	prefixes, t := orderPrefix(keys[0], &b.t.layout.keys[0], 0, in.Len, in.Sel, &b.scratch)
	b.sel = b.sel[:0]
	if t == tiedEqual && b.exact && len(b.t.layout.keys) == 1 && !b.t.withTies {
		eachSelected(in, func(r uint32) {
			if prefixes[r] < b.limit {
				b.sel = append(b.sel, r)
			}
		})
		return b.sel
	}
	eachSelected(in, func(r uint32) {
		if p := prefixes[r]; p < b.limit || p == b.limit && compareRows(b.t.layout.keys, 0, keys, int(r), b.bound, 0) <= 0 {
			b.sel = append(b.sel, r)
		}
	})
	return b.sel
}

func (b *best) sort(ctx context.Context) (err error) {
	var n int
	b.sorted, n = b.store.finish()
	b.perm, err = sortRows(ctx, b.t.layout.of(b.sorted), b.t.layout.keys, n)
	return err
}

// cut keeps the wanted rows, and ties of the last, and sets the bound.
func (b *best) cut(ctx context.Context) error {
	if err := b.sort(ctx); err != nil {
		return err
	}
	keys := b.t.layout.of(b.sorted)
	end := min(int(b.want), len(b.perm))
	if end > 0 {
		last := b.perm[end-1]
		for b.t.withTies && end < len(b.perm) && compareRows(b.t.layout.keys, 0, keys, int(b.perm[end]), keys, int(last)) == 0 {
			end++
		}
		b.bound = make([]vector.Vector, len(keys))
		for i, k := range keys {
			b.bound[i] = vector.CloneRows(k, []uint32{last})
		}
		one, t := orderPrefix(b.bound[0], &b.t.layout.keys[0], 0, 1, nil, nil)
		b.limit, b.exact = one[0], t == tiedEqual
	}
	cols, n := b.sorted, len(b.perm)
	b.store.reset()
	b.store.add(cols, n, b.perm[:end])
	b.sorted, b.perm = nil, nil
	return b.memory.must(b.store.size())
}

// Next returns the next rows.
func (t *TopN) Next(ctx context.Context) (*vector.Batch, error) {
	if t.limit == 0 {
		return nil, io.EOF
	}
	if t.merge == nil {
		if err := t.run(ctx); err != nil {
			return nil, err
		}
	}
	for t.left > 0 || t.withTies {
		b, err := t.merge.next(ctx)
		if err != nil {
			return nil, err
		}
		if t.skip >= int64(b.Len) {
			t.skip -= int64(b.Len)
			continue
		}
		from := int(t.skip)
		t.skip = 0
		n := int(min(int64(b.Len-from), t.left))
		keys := t.layout.of(b.Cols)
		if t.withTies {
			n = t.ties(keys, from, n, b.Len)
		}
		t.left -= min(int64(n), t.left)
		if n == 0 {
			return nil, io.EOF
		}
		t.batch = vector.Batch{Len: b.Len, Cols: b.Cols[:t.layout.input]}
		if n < b.Len {
			t.batch.Sel = iota32(&t.sel, from, n)
		}
		return &t.batch, nil
	}
	return nil, io.EOF
}

// ties extends the n rows from on by those that equal the last row wanted, which may be of the batch before.
func (t *TopN) ties(keys []vector.Vector, from, n, rows int) int {
	if n > 0 {
		t.last = make([]vector.Vector, len(keys))
		for i, k := range keys {
			t.last[i] = vector.CloneRows(k, []uint32{uint32(from + n - 1)})
		}
	}
	if int64(n) < t.left || t.last == nil {
		return n
	}
	for from+n < rows && compareRows(t.layout.keys, 0, keys, from+n, t.last, 0) == 0 {
		n++
	}
	return n
}

// Close closes the inputs.
func (t *TopN) Close() error {
	err := closeAll(sortInputs(t.chains))
	t.merge = nil
	t.grant.Close()
	return err
}
