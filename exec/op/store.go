package op

import (
	"context"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// rowStore keeps rows as columns, under an account.
type rowStore struct {
	builders []*vector.Builder
	account  *memory.Account
	rows     int
}

func newRowStore(types []schema.Type, account *memory.Account) *rowStore {
	s := &rowStore{account: account}
	for _, t := range types {
		s.builders = append(s.builders, vector.NewBuilder(t, 0))
	}
	return s
}

// add appends the selected rows of a batch's columns.
func (s *rowStore) add(cols []vector.Vector, n int, sel []uint32) error {
	for i, b := range s.builders {
		b.AppendRows(cols[i], sel)
	}
	if sel != nil {
		n = len(sel)
	}
	s.rows += n
	return s.account.Resize(s.size())
}

func (s *rowStore) size() int64 {
	// Slices grow by a quarter to a half beyond what is in them.
	total := int64(0)
	for _, b := range s.builders {
		total += b.Size()
	}
	return total + total/2
}

// finish returns the columns; the store is empty afterwards, and its account still holds the memory.
func (s *rowStore) finish() []vector.Vector {
	cols := make([]vector.Vector, len(s.builders))
	for i, b := range s.builders {
		cols[i] = b.Build()
	}
	return cols
}

// collect runs all chains and returns all their rows as columns.
func collect(ctx context.Context, chains []Operator, types []schema.Type, account *memory.Account) (cols []vector.Vector, rows int, err error) {
	var mu sync.Mutex
	all := newRowStore(types, account)
	err = Parallel(ctx, chains, func(ctx context.Context, _ int, c Operator) error {
		return Each(ctx, c, func(b *vector.Batch) error {
			mu.Lock()
			defer mu.Unlock()
			return all.add(b.Cols, b.Len, b.Sel)
		})
	})
	if err != nil {
		return nil, 0, err
	}
	return all.finish(), all.rows, nil
}
