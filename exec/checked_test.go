//go:build invariants

package exec

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
)

// listed is an operator that returns given batches.
type listed struct {
	op.Operator
	batches []*vector.Batch
}

// Open has nothing to open.
func (*listed) Open(context.Context) error { return nil }

// Next returns the next batch.
func (l *listed) Next(context.Context) (*vector.Batch, error) {
	if len(l.batches) == 0 {
		return nil, io.EOF
	}
	b := l.batches[0]
	l.batches = l.batches[1:]
	return b, nil
}

// Close has nothing to close.
func (*listed) Close() error { return nil }

func numbers(values ...int64) *vector.Batch {
	b := vector.NewBuilder(schema.T(schema.BigInt), len(values))
	for _, v := range values {
		b.AppendInt(v)
	}
	return &vector.Batch{Len: len(values), Cols: []vector.Vector{b.Build()}}
}

// Who keeps a batch beyond the next call sees at once that it is gone, and what the operator itself owns stays whole.
func TestABatchIsOverwrittenWhenItsLifeEnds(t *testing.T) {
	ctx := context.Background()
	first, second := numbers(1, 2), numbers(3)
	o := check(&listed{batches: []*vector.Batch{first, second}}, "test")
	if err := o.Open(ctx); err != nil {
		t.Fatal(err)
	}
	kept, err := o.Next(ctx)
	if err != nil || vector.ValueAt(kept.Cols[0], 1).I != 2 {
		t.Fatalf("%v, %v", kept, err)
	}
	again, err := o.Next(ctx)
	if err != nil || vector.ValueAt(again.Cols[0], 0).I != 3 {
		t.Fatalf("%v, %v", again, err)
	}
	if v := vector.ValueAt(kept.Cols[0], 1).I; v == 2 {
		t.Error("the first batch can still be read after the second was asked for")
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if v := vector.ValueAt(again.Cols[0], 0).I; v == 3 {
		t.Error("the second batch can still be read after Close")
	}
	if vector.ValueAt(first.Cols[0], 0).I != 1 || vector.ValueAt(second.Cols[0], 0).I != 3 {
		t.Error("the operator's own batches were overwritten")
	}
}

func TestBrokenContractsOfOperatorsArePanics(t *testing.T) {
	ctx := context.Background()
	short := numbers(1, 2)
	short.Len = 3
	unsorted := numbers(1, 2)
	unsorted.Sel = []uint32{1, 0}
	open := func(o op.Operator) { _ = o.Open(ctx) }
	next := func(o op.Operator) { _, _ = o.Next(ctx) }
	for what, c := range map[string]struct {
		batch *vector.Batch
		run   func(o op.Operator)
	}{
		"Next before Open":                    {nil, func(o op.Operator) { next(o) }},
		"Open after Open or Close":            {nil, func(o op.Operator) { open(o); open(o) }},
		"after Close or after an error":       {nil, func(o op.Operator) { open(o); next(o); next(o) }},
		"column and batch differ in length":   {short, func(o op.Operator) { open(o); next(o) }},
		"selection is not ascending within t": {unsorted, func(o op.Operator) { open(o); next(o) }},
	} {
		l := &listed{}
		if c.batch != nil {
			l.batches = []*vector.Batch{c.batch}
		}
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.Contains(r, what) {
					t.Errorf("%s: %v", what, r)
				}
			}()
			c.run(check(l, "test"))
		}()
	}
}
