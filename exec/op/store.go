package op

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// rowStore keeps rows as columns.
type rowStore struct {
	types    []schema.Type
	builders []*vector.Builder
	rows     int
}

func newRowStore(types []schema.Type) *rowStore {
	s := &rowStore{types: types}
	s.reset()
	return s
}

// reset empties the store and lets its memory go.
func (s *rowStore) reset() {
	s.rows = 0
	s.builders = make([]*vector.Builder, len(s.types))
	for i, t := range s.types {
		s.builders[i] = vector.NewBuilder(t, 0)
	}
}

// add appends the rows of the columns that sel lists (nil: all n).
func (s *rowStore) add(cols []vector.Vector, n int, sel []uint32) {
	for i, b := range s.builders {
		b.AppendRows(cols[i], sel)
	}
	if sel != nil {
		n = len(sel)
	}
	s.rows += n
}

// size is about the memory of the rows: slices grow by a quarter to a half beyond what is in them.
func (s *rowStore) size() int64 {
	total := int64(0)
	for _, b := range s.builders {
		total += b.Size()
	}
	return total + total/2
}

// finish returns the columns and empties the store.
func (s *rowStore) finish() ([]vector.Vector, int) {
	cols, n := make([]vector.Vector, len(s.builders)), s.rows
	for i, b := range s.builders {
		cols[i] = b.Build()
	}
	s.rows = 0
	return cols, n
}

// joined returns the rows of several stores as columns, and empties them.
func joined(stores []*rowStore) ([]vector.Vector, int) {
	if len(stores) == 1 {
		return stores[0].finish()
	}
	total := 0
	for _, s := range stores {
		total += s.rows
	}
	first := stores[0]
	cols := make([]vector.Vector, len(first.types))
	for i, t := range first.types {
		b := vector.NewBuilder(t, total)
		for _, s := range stores {
			if s.rows > 0 {
				b.Adopt(s.builders[i].Build())
			}
			s.builders[i] = vector.NewBuilder(t, 0)
		}
		cols[i] = b.Build()
	}
	for _, s := range stores {
		s.rows = 0
	}
	return cols, total
}

// someRows empties a list of rows that may stay empty: it is never nil, which would be all rows.
func someRows(s []uint32) []uint32 {
	if s == nil {
		return make([]uint32, 0, 64)
	}
	return s[:0]
}

// iota32 returns the numbers from..from+n-1 in memory that it reuses.
func iota32(s *[]uint32, from, n int) []uint32 {
	*s = growIDs(*s, n)
	for i := range *s {
		(*s)[i] = uint32(from + i)
	}
	return *s
}

func growIDs(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n, n+n/4)
	}
	return s[:n]
}

func eachSelected(b *vector.Batch, f func(r uint32)) {
	if b.Sel == nil {
		for r := range uint32(b.Len) {
			f(r)
		}
		return
	}
	for _, r := range b.Sel {
		f(r)
	}
}
