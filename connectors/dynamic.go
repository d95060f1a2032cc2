package connectors

import (
	"context"
	"sync"
	"sync/atomic"
)

// DynamicFilter is a slot of a scan: a join of the same query will publish the set of keys that can match, and rows whose
// column is not in the set will not be used. A scan that ignores it returns the same result, later.
type DynamicFilter struct {
	// Column is the ordinal in Table.Columns.
	Column int
	Keys   *JoinKeys
	// Await says that the join's build side is small and finishes before this scan is asked for splits, so that waiting
	// costs nothing; a scan waits for it before it reads.
	Await bool
}

// JoinKeys carries the key set of a join from its build side to the scans of its probe side. It is published once.
type JoinKeys struct {
	once sync.Once
	done chan struct{}
	set  atomic.Pointer[KeySet]
}

// NewJoinKeys returns an empty carrier.
func NewJoinKeys() *JoinKeys { return &JoinKeys{done: make(chan struct{})} }

// Publish makes the set known. A nil set says that the join gave up: nothing can be excluded. Only the first call counts.
func (k *JoinKeys) Publish(set *KeySet) {
	k.once.Do(func() {
		k.set.Store(set)
		close(k.done)
	})
}

// Load returns the set, and nil while it is not published or when the join gave up.
func (k *JoinKeys) Load() *KeySet { return k.set.Load() }

// Wait waits until Publish was called and returns the set, which may be nil.
func (k *JoinKeys) Wait(ctx context.Context) (*KeySet, error) {
	select {
	case <-k.done:
		return k.set.Load(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
