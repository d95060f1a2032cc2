package exec

import (
	"context"

	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
)

// checked holds an operator and its reader to the contract, in builds with the tag "invariants": Open comes once and first,
// Next does not follow its own error, all columns have the batch's length, and a batch that was returned is overwritten when
// its life ends.
type checked struct {
	op.Operator
	what           string
	opened, closed bool
	ended          bool
	last           *vector.Batch
}

// check wraps an operator in builds that check.
func check(o op.Operator, what string) op.Operator {
	if !vector.Invariants {
		return o
	}
	return &checked{Operator: o, what: what}
}

func (c *checked) fail(what string) { panic("exec: " + c.what + ": " + what) }

// Open opens the operator.
func (c *checked) Open(ctx context.Context) error {
	if c.opened || c.closed {
		c.fail("Open after Open or Close")
	}
	c.opened = true
	return c.Operator.Open(ctx)
}

// Next returns a copy of the next batch, so that it can be overwritten later whoever owns the original.
func (c *checked) Next(ctx context.Context) (*vector.Batch, error) {
	if !c.opened || c.closed || c.ended {
		c.fail("Next before Open, after Close or after an error")
	}
	vector.Mangle(c.last)
	c.last = nil
	b, err := c.Operator.Next(ctx)
	if err != nil {
		c.ended = true
		return nil, err
	}
	for i, r := range b.Sel {
		if int(r) >= b.Len || i > 0 && b.Sel[i-1] >= r {
			c.fail("selection is not ascending within the batch")
		}
	}
	for _, col := range b.Cols {
		if col.Len() != b.Len {
			c.fail("column and batch differ in length")
		}
	}
	c.last = b.Clone()
	return c.last, nil
}

// Close closes the operator.
func (c *checked) Close() error {
	c.closed = true
	vector.Mangle(c.last)
	c.last = nil
	return c.Operator.Close()
}
