package pgwire

import (
	"context"
	"sync"
)

// running is the statement that a connection runs now, for those who want to stop it: cancel requests, the reader that finds the
// client gone, the server that shuts down.
type running struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc
	// over, when set, is why every later statement ends at once.
	over error
}

// begin returns the context of a message that starts to be worked on. It is never cancelled when the work is done, because a
// portal's statement goes on with later messages.
func (r *running) begin(base context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(base)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel = cancel
	if r.over != nil {
		cancel(r.over)
	}
	return ctx
}

// rest notes that nothing runs: a cancel request that comes now has no effect.
func (r *running) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel = nil
}

// stop cancels what runs, and reports whether something did.
func (r *running) stop(cause error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel == nil {
		return false
	}
	r.cancel(cause)
	return true
}

// finish cancels what runs and what will.
func (r *running) finish(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over == nil {
		r.over = cause
	}
	if r.cancel != nil {
		r.cancel(r.over)
	}
}
