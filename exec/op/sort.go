package op

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// SortChain is the input of one worker with the evaluators of the sort keys.
type SortChain struct {
	Input Operator
	Keys  []*eval.Evaluator
}

// Sort returns all rows in order. It is stable for one worker.
type Sort struct {
	chains  []SortChain
	keys    []expr.SortKey
	types   []schema.Type
	account *memory.Account
	cols    []vector.Vector
	perm    []uint32
	at      int
	ran     bool
}

// NewSort returns a sort of the rows of chains, whose columns have the given types.
func NewSort(chains []SortChain, keys []expr.SortKey, types []schema.Type, account *memory.Account) *Sort {
	return &Sort{chains: chains, keys: keys, types: types, account: account}
}

// Open has nothing to do: the input is read by the first Next.
func (s *Sort) Open(context.Context) error { return nil }

func (s *Sort) run(ctx context.Context) error {
	keyTypes := make([]schema.Type, len(s.keys))
	for i, k := range s.keys {
		keyTypes[i] = k.Expr.Type()
	}
	store := newRowStore(append(slices.Clone(s.types), keyTypes...), s.account)
	var mu sync.Mutex
	inputs := make([]Operator, len(s.chains))
	for i, c := range s.chains {
		inputs[i] = c.Input
	}
	err := Parallel(ctx, inputs, func(ctx context.Context, w int, c Operator) error {
		cols := make([]vector.Vector, len(s.types)+len(s.keys))
		return Each(ctx, c, func(b *vector.Batch) error {
			copy(cols, b.Cols)
			for i, k := range s.chains[w].Keys {
				v, err := k.Eval(ctx, b)
				if err != nil {
					return err
				}
				cols[len(s.types)+i] = v
			}
			mu.Lock()
			defer mu.Unlock()
			return store.add(cols, b.Len, b.Sel)
		})
	})
	if err != nil {
		return err
	}
	all := store.finish()
	s.cols = all[:len(s.types)]
	s.perm = make([]uint32, store.rows)
	for i := range s.perm {
		s.perm[i] = uint32(i)
	}
	return sortRows(ctx, s.perm, rowComparer(all[len(s.types):], s.keys))
}

// sortRows sorts row numbers stably, and gives up when the context ends.
func sortRows(ctx context.Context, perm []uint32, compare func(a, b int) int) (err error) {
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
	slices.SortStableFunc(perm, func(a, b uint32) int {
		if n++; n&0xffff == 0 && ctx.Err() != nil {
			panic(stop{})
		}
		return compare(int(a), int(b))
	})
	return nil
}

// Next returns the next rows.
func (s *Sort) Next(ctx context.Context) (*vector.Batch, error) {
	if !s.ran {
		s.ran = true
		if err := s.run(ctx); err != nil {
			return nil, err
		}
	}
	if s.at >= len(s.perm) {
		return nil, io.EOF
	}
	rows := s.perm[s.at:min(s.at+vector.DefaultRows, len(s.perm))]
	s.at += len(rows)
	b := &vector.Batch{Len: len(rows), Cols: make([]vector.Vector, len(s.cols))}
	for i, c := range s.cols {
		b.Cols[i] = vector.CloneRows(c, rows)
	}
	return b, nil
}

// Close closes the inputs and frees the rows.
func (s *Sort) Close() error {
	var first error
	for _, c := range s.chains {
		if err := c.Input.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.account.Close()
	s.cols, s.perm = nil, nil
	return first
}

// TopN returns the first rows of an order. Each worker keeps its own best rows and drops what lies beyond them as it
// comes.
type TopN struct {
	chains        []SortChain
	keys          []expr.SortKey
	types         []schema.Type
	limit, offset int64
	withTies      bool
	account       *memory.Account
	out           *Rows
}

// NewTopN returns the top rows of chains.
func NewTopN(chains []SortChain, keys []expr.SortKey, types []schema.Type, limit, offset int64, withTies bool, account *memory.Account) *TopN {
	return &TopN{chains: chains, keys: keys, types: types, limit: limit, offset: offset, withTies: withTies, account: account}
}

// Open has nothing to do: the input is read by the first Next.
func (t *TopN) Open(context.Context) error { return nil }

// best is the rows that one worker keeps: about twice the number wanted at most, cut back by sorting.
type best struct {
	t     *TopN
	store *rowStore
	bound []schema.Value // keys of the last row wanted; nil while there are not enough
	want  int
}

func (t *TopN) run(ctx context.Context) error {
	want := int(min(t.limit+t.offset, 1<<40))
	bests := make([]*best, len(t.chains))
	inputs := make([]Operator, len(t.chains))
	accounts := make([]*memory.Account, len(t.chains))
	for i, c := range t.chains {
		inputs[i] = c.Input
		accounts[i] = t.account.Sub()
		bests[i] = &best{t: t, want: want, store: newRowStore(t.storedTypes(), accounts[i])}
	}
	defer func() {
		for _, a := range accounts {
			a.Close()
		}
	}()
	err := Parallel(ctx, inputs, func(ctx context.Context, w int, c Operator) error {
		return Each(ctx, c, func(b *vector.Batch) error { return bests[w].add(ctx, t.chains[w].Keys, b) })
	})
	if err != nil {
		return err
	}
	all := bests[0]
	for _, o := range bests[1:] {
		cols := o.store.finish()
		if err := all.store.add(cols, o.store.rows, nil); err != nil {
			return err
		}
	}
	cols, perm := all.sorted()
	perm = perm[min(int(t.offset), len(perm)):]
	if n := int(min(t.limit, 1<<40)); n < len(perm) {
		end := n
		if t.withTies && n > 0 {
			compare := rowComparer(cols[len(t.types):], t.keys)
			for end < len(perm) && compare(int(perm[end]), int(perm[n-1])) == 0 {
				end++
			}
		}
		perm = perm[:end]
	}
	var batches []*vector.Batch
	for len(perm) > 0 {
		rows := perm[:min(len(perm), vector.DefaultRows)]
		perm = perm[len(rows):]
		b := &vector.Batch{Len: len(rows)}
		for _, c := range cols[:len(t.types)] {
			b.Cols = append(b.Cols, vector.CloneRows(c, rows))
		}
		batches = append(batches, b)
	}
	t.out = NewRows(batches...)
	return nil
}

func (t *TopN) storedTypes() []schema.Type {
	types := slices.Clone(t.types)
	for _, k := range t.keys {
		types = append(types, k.Expr.Type())
	}
	return types
}

// add takes the rows of a batch that can be among the best.
func (b *best) add(ctx context.Context, keys []*eval.Evaluator, in *vector.Batch) error {
	cols := make([]vector.Vector, 0, len(in.Cols)+len(keys))
	cols = append(cols, in.Cols...)
	for _, k := range keys {
		v, err := k.Eval(ctx, in)
		if err != nil {
			return err
		}
		cols = append(cols, v)
	}
	sel := in.Sel
	if b.bound != nil {
		sel = b.within(cols[len(in.Cols):], in)
		if len(sel) == 0 {
			return nil
		}
	}
	if err := b.store.add(cols, in.Len, sel); err != nil {
		return err
	}
	if b.store.rows >= max(2*b.want, 4*vector.DefaultRows) {
		return b.cut()
	}
	return nil
}

// within returns the rows that are not beyond the bound by their first key.
func (b *best) within(keys []vector.Vector, in *vector.Batch) []uint32 {
	k := b.t.keys[0]
	bound := vector.FromValue(b.bound[0], 1)
	sel := make([]uint32, 0, in.Rows())
	eachSelected(in, func(r uint32) {
		if compareKey(keys[0], int(r), bound, 0, k.Descending, k.NullsFirst) <= 0 {
			sel = append(sel, r)
		}
	})
	return sel
}

func (b *best) sorted() ([]vector.Vector, []uint32) {
	n := b.store.rows
	cols := b.store.finish()
	perm := make([]uint32, n)
	for i := range perm {
		perm[i] = uint32(i)
	}
	compare := rowComparer(cols[len(b.t.types):], b.t.keys)
	slices.SortStableFunc(perm, func(x, y uint32) int { return compare(int(x), int(y)) })
	return cols, perm
}

// cut keeps the wanted rows, and ties of the last, and sets the bound.
func (b *best) cut() error {
	cols, perm := b.sorted()
	end := min(b.want, len(perm))
	keys := cols[len(b.t.types):]
	if end > 0 && end < len(perm) {
		if b.t.withTies {
			compare := rowComparer(keys, b.t.keys)
			for end < len(perm) && compare(int(perm[end]), int(perm[b.want-1])) == 0 {
				end++
			}
		}
		b.bound = make([]schema.Value, len(keys))
		for i, k := range keys {
			b.bound[i] = vector.ValueAt(k, int(perm[b.want-1]))
		}
	}
	b.store = newRowStore(b.t.storedTypes(), b.store.account)
	return b.store.add(cols, len(perm), perm[:end])
}

// Next returns the next rows.
func (t *TopN) Next(ctx context.Context) (*vector.Batch, error) {
	if t.limit == 0 {
		return nil, io.EOF
	}
	if t.out == nil {
		if err := t.run(ctx); err != nil {
			return nil, err
		}
	}
	return t.out.Next(ctx)
}

// Close closes the inputs.
func (t *TopN) Close() error {
	var first error
	for _, c := range t.chains {
		if err := c.Input.Close(); err != nil && first == nil {
			first = err
		}
	}
	t.account.Close()
	return first
}
