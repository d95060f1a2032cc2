package exec

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// Options are what a plan runs with.
type Options struct {
	Query *connectors.Query
	// Workers is how many chains read a scan at once; less than 1 is one.
	Workers int
	// Memory is the budget that operators take from; one that refuses ends the statement with SQLSTATE 53200.
	Memory *memory.Budget
	Eval   eval.Options
}

// Result is a running plan. It is not safe for concurrent use.
type Result struct {
	root   op.Operator
	b      *builder
	opened bool
	ended  bool
}

// Run builds the operators of a plan. Nothing is read before the first Next. The caller closes the result, and then the plan.
func Run(_ context.Context, n physical.Node, o Options) (*Result, error) {
	b := newBuilder(n, o)
	root, err := b.single(n, scope{eval: o.Eval, workers: max(o.Workers, 1)})
	if err != nil {
		b.release()
		return nil, err
	}
	return &Result{root: root, b: b}, nil
}

// Next returns the next batch, valid until the call after it; io.EOF is the end. A fault in an operator is an internal error
// of this statement alone.
func (r *Result) Next(ctx context.Context) (batch *vector.Batch, err error) {
	if r.ended {
		return nil, io.EOF
	}
	err = op.Guard(func() (err error) {
		if !r.opened {
			r.opened = true
			if err := r.root.Open(ctx); err != nil {
				return err
			}
		}
		batch, err = r.root.Next(ctx)
		return err
	})
	if err != nil {
		r.ended = true
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, err
	}
	return batch, nil
}

// Close stops the workers and gives all memory back. It is idempotent.
func (r *Result) Close() error {
	r.ended = true
	err := r.root.Close()
	r.b.release()
	return err
}

// Stats returns what each node did, by node ID. It is complete once the result is closed.
func (r *Result) Stats() []physical.Actual { return r.b.stats.actual() }
