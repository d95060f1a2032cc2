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
	// ParallelRows is the estimated number of rows from which a scan is read by several workers; 0 is a default, 1 always.
	ParallelRows int
	// BatchRows is the greatest number of rows of the batches that operators make; 0 is vector.DefaultRows.
	BatchRows int
	// Memory is the budget that operators take from; nil is without limit. An operator that is refused spills; one that cannot ends
	// the statement with SQLSTATE 53200.
	Memory *memory.Budget
	// SpillDir is where operators make temporary files; "" is the system's directory for them.
	SpillDir string
	// ForceSpill makes every operator that keeps rows spill them, for tests.
	ForceSpill bool
	Eval       eval.Options
}

// Result is a running plan. It is not safe for concurrent use.
type Result struct {
	// Columns are the plan's output columns.
	Columns []physical.Column

	root   op.Operator
	b      *builder
	opened bool
	ended  bool
	closed bool
}

// Run builds the operators of a plan. Nothing is read before the first Next. The caller closes the result, and then the plan.
func Run(_ context.Context, n physical.Node, o Options) (*Result, error) {
	if o.Memory == nil {
		o.Memory = memory.NewBudget("query memory limit", 0, nil)
	}
	o.Workers = max(o.Workers, 1)
	b := newBuilder(n, o)
	root, err := b.single(n, scope{eval: o.Eval, workers: o.Workers})
	if err != nil {
		return nil, errors.Join(err, b.release())
	}
	return &Result{Columns: n.Props().Columns, root: root, b: b}, nil
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

// Close stops the workers, removes temporary files, and gives all memory back. It is idempotent.
func (r *Result) Close() error {
	if r.closed {
		return nil
	}
	r.closed, r.ended = true, true
	return errors.Join(r.root.Close(), r.b.release())
}

// Stats returns what each node did, by node ID. It is complete once the result is closed.
func (r *Result) Stats() []physical.Actual { return r.b.stats.actual() }
