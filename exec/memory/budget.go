package memory

import (
	"sync/atomic"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Budget is an amount of memory that may be reserved, in bytes, and its children's parent. All methods are safe for
// concurrent use.
type Budget struct {
	name   string
	limit  int64
	parent *Budget
	used   atomic.Int64
	peak   atomic.Int64
}

// NewBudget returns a budget of limit bytes (0: no limit of its own) under parent, which may be nil. The name stands in
// error messages: "query memory limit", "server memory limit".
func NewBudget(name string, limit int64, parent *Budget) *Budget {
	return &Budget{name: name, limit: limit, parent: parent}
}

// Try reserves n bytes and reports whether they were free. What a query reserves it must release.
func (b *Budget) Try(n int64) bool { return b.reserve(n) == nil }

// Reserve reserves n bytes or returns the 53200 error that names the budget that is used up.
func (b *Budget) Reserve(n int64) error {
	if full := b.reserve(n); full != nil {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: %s of %d bytes is used up", full.name, full.limit).
			WithDetail("%d bytes are in use; %d more were asked for", full.used.Load(), n).
			WithHint("select fewer rows or columns, or raise the limit")
	}
	return nil
}

// reserve returns the budget that refused, or nil.
func (b *Budget) reserve(n int64) *Budget {
	if b == nil || n <= 0 {
		return nil
	}
	used := b.used.Add(n)
	if b.limit > 0 && used > b.limit {
		b.used.Add(-n)
		return b
	}
	if full := b.parent.reserve(n); full != nil {
		b.used.Add(-n)
		return full
	}
	for {
		p := b.peak.Load()
		if used <= p || b.peak.CompareAndSwap(p, used) {
			return nil
		}
	}
}

// Release gives n bytes back.
func (b *Budget) Release(n int64) {
	for ; b != nil && n > 0; b = b.parent {
		b.used.Add(-n)
	}
}

// Used returns the bytes that are reserved now.
func (b *Budget) Used() int64 { return b.used.Load() }

// Peak returns the most bytes that were reserved at once.
func (b *Budget) Peak() int64 { return b.peak.Load() }

// Limit returns the budget's own limit; 0 is none.
func (b *Budget) Limit() int64 { return b.limit }

// Account is one operator's share of a budget: it remembers what it reserved, so that Close gives all of it back. It is not
// safe for concurrent use.
type Account struct {
	budget *Budget
	held   int64
}

// Account returns an empty account.
func (b *Budget) Account() *Account { return &Account{budget: b} }

// Grow reserves n more bytes or returns the 53200 error.
func (a *Account) Grow(n int64) error {
	if err := a.budget.Reserve(n); err != nil {
		return err
	}
	a.held += max(n, 0)
	return nil
}

// TryGrow reserves n more bytes and reports whether they were free.
func (a *Account) TryGrow(n int64) bool {
	if !a.budget.Try(n) {
		return false
	}
	a.held += max(n, 0)
	return true
}

// Resize changes what is held to n bytes in all.
func (a *Account) Resize(n int64) error {
	if n > a.held {
		return a.Grow(n - a.held)
	}
	a.budget.Release(a.held - n)
	a.held = n
	return nil
}

// Held returns the bytes that the account holds.
func (a *Account) Held() int64 { return a.held }

// Close gives back all that is held. The account can be used again.
func (a *Account) Close() {
	a.budget.Release(a.held)
	a.held = 0
}

// Sub returns an empty account of the same budget, for another worker.
func (a *Account) Sub() *Account { return a.budget.Account() }
