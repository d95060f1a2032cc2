// Package faulty wraps a Store with faults for tests: server errors, throttling, resets, hangs, short bodies, wrong
// bytes and replaced objects, by operation, key, count and probability. With a fixed seed and one caller the same
// requests fail in every run.
package faulty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
)

// Kind is what goes wrong.
type Kind uint8

// The kinds of fault.
const (
	// InternalError is S3's 500.
	InternalError Kind = iota
	// Unavailable is S3's 503 without a request to slow down.
	Unavailable
	// SlowDown is S3's throttling answer; Rule.After is its Retry-After.
	SlowDown
	// Reset is a connection that breaks before an answer.
	Reset
	// Hang never answers; it ends with the context.
	Hang
	// Truncated ends a body, or a listing, in the middle with an error that is worth a retry.
	Truncated
	// WrongBytes flips one bit of the content and reports success.
	WrongBytes
	// Changed answers that the object has another ETag now.
	Changed
	// Denied is S3's AccessDenied.
	Denied
	// LostAnswer does the operation and then fails like Reset: the caller cannot know.
	LostAnswer
)

// Rule says which requests fail, and how.
type Rule struct {
	// Kind is the fault.
	Kind Kind
	// Ops are the operations that it hits; none is all.
	Ops []objstore.Op
	// Keys is a pattern (path.Match, with "" for every key; a pattern that ends in "/" is a prefix).
	Keys string
	// Skip lets that many matching requests pass first.
	Skip int
	// Count is how many requests fail at most; 0 is no limit.
	Count int
	// Probability is the share of matching requests that fail; 0 is all.
	Probability float64
	// After is the wait that SlowDown asks for.
	After time.Duration

	seen, hit int
}

// Store is a Store with faults. Rules are tried in order; the first that hits decides.
type Store struct {
	objstore.Store

	mu    sync.Mutex
	rules []*Rule
	rng   *rand.Rand
	log   []string
}

// New wraps s.
func New(s objstore.Store, seed uint64, rules ...Rule) *Store {
	f := &Store{Store: s, rng: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // tests want a fixed sequence
	for _, r := range rules {
		f.rules = append(f.rules, &r)
	}
	return f
}

// Injected returns how many faults were injected so far.
func (f *Store) Injected() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.log)
}

// Log returns one line for each injected fault: operation, key, kind.
func (f *Store) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

func (r *Rule) matches(op objstore.Op, key string) bool {
	if len(r.Ops) > 0 {
		found := false
		for _, o := range r.Ops {
			found = found || o == op
		}
		if !found {
			return false
		}
	}
	if r.Keys == "" || strings.HasSuffix(r.Keys, "/") && strings.HasPrefix(key, r.Keys) {
		return true
	}
	ok, err := path.Match(r.Keys, key)
	return ok && err == nil
}

// pick returns the rule that hits this request, or nil.
func (f *Store) pick(op objstore.Op, key string) *Rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if !r.matches(op, key) {
			continue
		}
		r.seen++
		if r.seen <= r.Skip || r.Count > 0 && r.hit >= r.Count {
			continue
		}
		if r.Probability > 0 && f.rng.Float64() >= r.Probability {
			continue
		}
		r.hit++
		f.log = append(f.log, fmt.Sprintf("%s %s %d", op, key, r.Kind))
		return r
	}
	return nil
}

func (f *Store) draw(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.IntN(n)
}

// fail is the error of the kinds that fail outright; nil for those that need the operation to run.
func (f *Store) fail(ctx context.Context, r *Rule, op objstore.Op, key string) error {
	u := f.URL(key)
	switch r.Kind {
	case InternalError:
		return objstore.Unavailable(op.String(), u, "InternalError", nil)
	case Unavailable:
		return objstore.Unavailable(op.String(), u, "ServiceUnavailable", nil)
	case SlowDown:
		return objstore.Throttled(op.String(), u, "SlowDown", r.After, nil)
	case Reset:
		return objstore.Unavailable(op.String(), u, "connection reset by peer", syscall.ECONNRESET)
	case Changed:
		return objstore.Changed(u)
	case Denied:
		return objstore.AccessDenied(op.String(), u, nil)
	case Hang:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// before runs the faults that come before the operation. The rule is not nil when one must come after or during it.
func (f *Store) before(ctx context.Context, op objstore.Op, key string) (*Rule, error) {
	r := f.pick(op, key)
	if r == nil {
		return nil, nil
	}
	return r, f.fail(ctx, r, op, key)
}

// lost is the failure after the operation was done.
func (f *Store) lost(r *Rule, op objstore.Op, key string) error {
	if r == nil || r.Kind != LostAnswer && r.Kind != Truncated {
		return nil
	}
	return objstore.Unavailable(op.String(), f.URL(key), "connection reset by peer", syscall.ECONNRESET)
}

// Stat implements objstore.Store.
func (f *Store) Stat(ctx context.Context, key string) (objstore.Object, error) {
	r, err := f.before(ctx, objstore.OpStat, key)
	if err != nil {
		return objstore.Object{}, err
	}
	obj, err := f.Store.Stat(ctx, key)
	if err == nil {
		err = f.lost(r, objstore.OpStat, key)
	}
	return obj, err
}

// Delete implements objstore.Store.
func (f *Store) Delete(ctx context.Context, key string) error {
	r, err := f.before(ctx, objstore.OpDelete, key)
	if err != nil {
		return err
	}
	if err := f.Store.Delete(ctx, key); err != nil {
		return err
	}
	return f.lost(r, objstore.OpDelete, key)
}

// Put implements objstore.Store.
func (f *Store) Put(ctx context.Context, key string, body io.Reader, size int64, c objstore.Condition) (objstore.Object, error) {
	r, err := f.before(ctx, objstore.OpPut, key)
	if err != nil {
		return objstore.Object{}, err
	}
	if r != nil && r.Kind == Truncated {
		_, _ = io.CopyN(io.Discard, body, size/2) // the connection breaks in the middle of the upload
		return objstore.Object{}, f.lost(r, objstore.OpPut, key)
	}
	obj, err := f.Store.Put(ctx, key, body, size, c)
	if err == nil {
		err = f.lost(r, objstore.OpPut, key)
	}
	return obj, err
}

// ReadAt implements objstore.Store.
func (f *Store) ReadAt(ctx context.Context, obj objstore.Object, p []byte, off int64) error {
	r, err := f.before(ctx, objstore.OpRead, obj.Key)
	if err != nil {
		return err
	}
	if err := f.Store.ReadAt(ctx, obj, p, off); err != nil || r == nil || len(p) == 0 {
		return err
	}
	switch r.Kind {
	case WrongBytes:
		p[f.draw(len(p))] ^= 1 << f.draw(8)
	case Truncated:
		n := f.draw(len(p))
		clear(p[n:])
		return f.short(obj.Key, n, len(p))
	case LostAnswer:
		clear(p)
		return f.lost(r, objstore.OpRead, obj.Key)
	}
	return nil
}

func (f *Store) short(key string, got, want int) error {
	return objstore.Unavailable("read", f.URL(key), fmt.Sprintf("the answer ended after %d of %d bytes", got, want), io.ErrUnexpectedEOF)
}

// Open implements objstore.Store. Faults of a stream strike at its start, or for Truncated and WrongBytes within it.
func (f *Store) Open(ctx context.Context, obj objstore.Object, off int64) (io.ReadCloser, error) {
	r, err := f.before(ctx, objstore.OpRead, obj.Key)
	if err != nil {
		return nil, err
	}
	body, err := f.Store.Open(ctx, obj, off)
	left := obj.Size - off
	if err != nil || r == nil || left == 0 {
		return body, err
	}
	switch r.Kind {
	case LostAnswer:
		return nil, errors.Join(f.lost(r, objstore.OpRead, obj.Key), body.Close())
	case WrongBytes, Truncated:
		data, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil {
			return nil, err
		}
		at := f.draw(len(data))
		if r.Kind == WrongBytes {
			data[at] ^= 1 << f.draw(8)
			return io.NopCloser(bytes.NewReader(data)), nil
		}
		short := f.short(obj.Key, at, len(data))
		return io.NopCloser(io.MultiReader(bytes.NewReader(data[:at]), errorReader{short})), nil
	}
	return body, nil
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// List implements objstore.Store. Truncated and LostAnswer strike after some entries.
func (f *Store) List(ctx context.Context, prefix string, o objstore.ListOptions) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		r, err := f.before(ctx, objstore.OpList, prefix)
		if err != nil {
			yield(objstore.Object{}, err)
			return
		}
		stop := -1
		if r != nil {
			stop = f.draw(10)
		}
		for obj, err := range f.Store.List(ctx, prefix, o) {
			if lost := f.lost(r, objstore.OpList, prefix); lost != nil && stop == 0 {
				yield(objstore.Object{}, lost)
				return
			}
			stop--
			if !yield(obj, err) {
				return
			}
		}
		if lost := f.lost(r, objstore.OpList, prefix); lost != nil && stop >= 0 {
			yield(objstore.Object{}, lost)
		}
	}
}
