package objstore

import (
	"context"
	"sync"
	"time"
)

// Budget bounds how many retries the process makes, so that a storage in trouble is not met with a multiple of the
// usual load. A retry takes a token; the success of a retried request gives its tokens back, and tokens also grow back
// slowly with time. With few faults the budget is therefore never felt; in an outage retries go on at the slow rate.
type Budget struct {
	mu     sync.Mutex
	tokens float64
	size   float64
	rate   float64
	last   time.Time
}

// NewBudget returns a full budget of size tokens that grows back perSecond tokens a second.
func NewBudget(size int, perSecond float64) *Budget {
	return &Budget{tokens: float64(size), size: float64(size), rate: perSecond, last: time.Now()}
}

// DefaultBudget is the process-wide budget of retries.
var DefaultBudget = NewBudget(128, 2)

// budgetPoll is the longest time between two looks at an empty budget.
const budgetPoll = 250 * time.Millisecond

// take waits for a token. It gives up at the deadline and reports false, or with the context's error.
func (b *Budget) take(ctx context.Context, deadline time.Time) (bool, error) {
	for {
		wait := b.tryTake(time.Now())
		if wait == 0 {
			return true, nil
		}
		left := time.Until(deadline)
		if left <= 0 {
			return false, nil
		}
		if err := sleep(ctx, min(wait, left, budgetPoll)); err != nil {
			return false, err
		}
	}
}

// tryTake takes a token and answers 0, or answers how long the next one takes to grow.
func (b *Budget) tryTake(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if dt := now.Sub(b.last).Seconds(); dt > 0 {
		b.tokens = min(b.size, b.tokens+dt*b.rate)
	}
	b.last = now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	if b.rate <= 0 {
		return budgetPoll
	}
	return max(time.Millisecond, time.Duration((1-b.tokens)/b.rate*float64(time.Second)))
}

// giveBack returns n tokens after a success.
func (b *Budget) giveBack(n int) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	b.tokens = min(b.size, b.tokens+float64(n))
	b.mu.Unlock()
}

// sleep waits for d or for the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
