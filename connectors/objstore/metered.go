package objstore

import (
	"context"
	"io"
	"iter"
	"sync/atomic"
	"time"
)

// Op is a kind of storage request.
type Op uint8

// The kinds of request, in the order in which Counts keeps them.
const (
	OpList Op = iota
	OpStat
	OpRead
	OpPut
	OpDelete
	opCount
)

var opNames = [opCount]string{"list", "stat", "read", "write", "delete"}

// String is the verb for messages: list, stat, read, write or delete.
func (o Op) String() string {
	if o < opCount {
		return opNames[o]
	}
	return "unknown"
}

// Counter is told what crosses the network. The implementation at the bottom calls it, so that retries, the pages of a
// listing and bytes that were thrown away are counted too. Methods are called concurrently.
type Counter interface {
	// Request is called once for each request sent.
	Request(op Op)
	// Fetched is called with the number of content bytes received, in any number of steps.
	Fetched(bytes int64)
	// Retried is called for each repeated request, with the time waited before it.
	Retried(op Op, wait time.Duration)
}

// Counts is a Counter that adds up. The zero value is ready; it must not be copied.
type Counts struct {
	requests [opCount]atomic.Int64
	fetched  atomic.Int64
	retries  atomic.Int64
	waited   atomic.Int64
}

// Request implements Counter.
func (c *Counts) Request(op Op) {
	if op < opCount {
		c.requests[op].Add(1)
	}
}

// Fetched implements Counter.
func (c *Counts) Fetched(bytes int64) { c.fetched.Add(bytes) }

// Retried implements Counter.
func (c *Counts) Retried(_ Op, wait time.Duration) {
	c.retries.Add(1)
	c.waited.Add(int64(wait))
}

// Requests returns the number of requests of one kind.
func (c *Counts) Requests(op Op) int64 {
	if op >= opCount {
		return 0
	}
	return c.requests[op].Load()
}

// TotalRequests returns the number of requests of all kinds.
func (c *Counts) TotalRequests() int64 {
	var n int64
	for i := range c.requests {
		n += c.requests[i].Load()
	}
	return n
}

// FetchedBytes returns the content bytes received.
func (c *Counts) FetchedBytes() int64 { return c.fetched.Load() }

// Retries returns the number of repeated requests.
func (c *Counts) Retries() int64 { return c.retries.Load() }

// Waited returns the time spent waiting before repeated requests, summed over workers.
func (c *Counts) Waited() time.Duration { return time.Duration(c.waited.Load()) }

type counterKey struct{}

// counters is the list of counters of a context; a nested Metered adds to it.
type counters struct {
	c    Counter
	next *counters
}

// WithCounter returns a context whose storage requests are reported to c, besides the counters that ctx has already.
func WithCounter(ctx context.Context, c Counter) context.Context {
	next, _ := ctx.Value(counterKey{}).(*counters)
	return context.WithValue(ctx, counterKey{}, &counters{c: c, next: next})
}

func countersOf(ctx context.Context) *counters {
	l, _ := ctx.Value(counterKey{}).(*counters)
	return l
}

func (l *counters) request(op Op) {
	for ; l != nil; l = l.next {
		l.c.Request(op)
	}
}

func (l *counters) fetched(n int64) {
	for ; l != nil; l = l.next {
		l.c.Fetched(n)
	}
}

func (l *counters) retried(op Op, wait time.Duration) {
	for ; l != nil; l = l.next {
		l.c.Retried(op, wait)
	}
}

// Metered returns s with every request through it reported to c. It is cheap: a query wraps the shared store with its
// own counter.
func Metered(s Store, c Counter) Store { return &metered{Store: s, c: c} }

type metered struct {
	Store
	c Counter
}

func (m *metered) List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error] {
	return m.Store.List(WithCounter(ctx, m.c), prefix, o)
}

func (m *metered) Stat(ctx context.Context, key string) (Object, error) {
	return m.Store.Stat(WithCounter(ctx, m.c), key)
}

func (m *metered) ReadAt(ctx context.Context, obj Object, p []byte, off int64) error {
	return m.Store.ReadAt(WithCounter(ctx, m.c), obj, p, off)
}

func (m *metered) Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error) {
	return m.Store.Open(WithCounter(ctx, m.c), obj, off)
}

func (m *metered) Put(ctx context.Context, key string, r io.Reader, size int64, c Condition) (Object, error) {
	return m.Store.Put(WithCounter(ctx, m.c), key, r, size, c)
}

func (m *metered) Delete(ctx context.Context, key string) error {
	return m.Store.Delete(WithCounter(ctx, m.c), key)
}

// countingReader reports the bytes read through it.
type countingReader struct {
	io.ReadCloser
	l *counters
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if n > 0 {
		r.l.fetched(int64(n))
	}
	return n, err
}
