package op

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// sortLayout is what is kept of rows that are sorted: the columns of the input, and those keys that are none of them.
type sortLayout struct {
	keys  []expr.SortKey
	types []schema.Type
	input int   // how many of the columns are the input's
	at    []int // the column of each key
}

func newSortLayout(input []schema.Type, keys []expr.SortKey) *sortLayout {
	l := &sortLayout{keys: keys, types: slices.Clone(input), input: len(input), at: make([]int, len(keys))}
	for i, k := range keys {
		if ref, ok := k.Expr.(*expr.InputRef); ok {
			l.at[i] = ref.Index
			continue
		}
		l.at[i] = len(l.types)
		l.types = append(l.types, k.Expr.Type())
	}
	return l
}

// kept appends to the columns of a batch the keys that are none of them.
func (l *sortLayout) kept(ctx context.Context, cols []vector.Vector, b *vector.Batch, keys []*eval.Evaluator) ([]vector.Vector, error) {
	cols = append(cols[:0], b.Cols...)
	for i, k := range keys {
		if l.at[i] < l.input {
			continue
		}
		v, err := k.Eval(ctx, b)
		if err != nil {
			return nil, err
		}
		cols = append(cols, v)
	}
	return cols, nil
}

// of returns the keys among the columns that are kept.
func (l *sortLayout) of(cols []vector.Vector) []vector.Vector {
	keys := make([]vector.Vector, len(l.at))
	for i, c := range l.at {
		keys[i] = cols[c]
	}
	return keys
}
