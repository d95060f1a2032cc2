package objstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Policy says how requests are retried. The zero value is the default policy.
type Policy struct {
	// BaseDelay is the upper bound of the wait before the first retry; it doubles with each further one. Default 50 ms.
	BaseDelay time.Duration
	// MaxDelay caps that bound. Default 5 s.
	MaxDelay time.Duration
	// MaxElapsed is the time after which a request is given up, counted from its first failure. Default 60 s.
	MaxElapsed time.Duration
	// MaxRefused is the same for an endpoint that refuses connections: it is down, or the address is wrong. Default 10 s.
	MaxRefused time.Duration
	// MaxAttempts bounds the number of tries; 0 leaves MaxElapsed alone to decide, 1 turns retrying off.
	MaxAttempts int
	// AttemptTimeout bounds one try of a small request; a read gets a second more for each MinBytesPerSecond it asks
	// for. Default 10 s.
	AttemptTimeout time.Duration
	// MinBytesPerSecond is the slowest body that is still worth waiting for. Default 256 KiB/s.
	MinBytesPerSecond int64
	// Budget bounds the retries of all stores that share it. Default DefaultBudget.
	Budget *Budget
}

func (p Policy) withDefaults() Policy {
	if p.BaseDelay <= 0 {
		p.BaseDelay = 50 * time.Millisecond
	}
	if p.MaxDelay <= 0 {
		p.MaxDelay = 5 * time.Second
	}
	if p.MaxElapsed <= 0 {
		p.MaxElapsed = time.Minute
	}
	if p.MaxRefused <= 0 {
		p.MaxRefused = 10 * time.Second
	}
	if p.AttemptTimeout <= 0 {
		p.AttemptTimeout = 10 * time.Second
	}
	if p.MinBytesPerSecond <= 0 {
		p.MinBytesPerSecond = 256 << 10
	}
	if p.Budget == nil {
		p.Budget = DefaultBudget
	}
	return p
}

// delay draws the wait before retry number n (from 1) with full jitter: uniform between zero and the doubled bound, so
// that clients that failed together do not come back together.
func (p Policy) delay(n int) time.Duration {
	bound := p.MaxDelay
	if n < 30 {
		bound = min(bound, p.BaseDelay<<(n-1))
	}
	return time.Duration(rand.Int64N(int64(bound) + 1)) //nolint:gosec // jitter needs no secrecy
}

// Retrying returns s with transient failures retried under p. A listing resumes behind the last entry that it gave out,
// a stream behind the last byte. Puts are retried when their reader can seek and the condition makes a second write
// harmless or there is none.
func Retrying(s Store, p Policy) Store { return &retrying{Store: s, p: p.withDefaults()} }

type retrying struct {
	Store
	p Policy
}

// tries is the state of one request over its attempts.
type tries struct {
	p     Policy
	op    Op
	start time.Time
	n     int
	taken int
}

func (r *retrying) begin(op Op) *tries { return &tries{p: r.p, op: op, start: time.Now()} }

// progressed forgets the failures so far: a listing or a stream that moves on starts counting again.
func (t *tries) progressed() {
	if t.n == 0 {
		return
	}
	t.p.Budget.giveBack(t.taken)
	t.n, t.taken, t.start = 0, 0, time.Now()
}

// again waits before the next try and returns nil, or returns the error to give up with.
func (t *tries) again(ctx context.Context, err error) error {
	after, ok := IsTransient(err)
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	if !ok {
		return err
	}
	if t.n == 0 {
		t.start = time.Now()
	}
	t.n++
	deadline := t.start.Add(t.p.MaxElapsed)
	if errors.Is(err, syscall.ECONNREFUSED) {
		deadline = t.start.Add(min(t.p.MaxRefused, t.p.MaxElapsed))
	}
	wait := max(t.p.delay(t.n), after)
	if t.p.MaxAttempts > 0 && t.n >= t.p.MaxAttempts || time.Now().Add(wait).After(deadline) {
		return t.giveUp(err)
	}
	got, cerr := t.p.Budget.take(ctx, deadline)
	if cerr != nil {
		return cerr
	}
	if !got {
		return t.giveUp(err)
	}
	t.taken++
	if cerr := sleep(ctx, wait); cerr != nil {
		return cerr
	}
	countersOf(ctx).retried(t.op, wait)
	return nil
}

func (t *tries) giveUp(err error) error {
	if e := sqlerr.As(err); e != nil && e.Detail == "" && t.n > 1 {
		e.Detail = fmt.Sprintf("Tried %d times in %s.", t.n, time.Since(t.start).Round(time.Millisecond))
	}
	return err
}

// bounded runs one attempt under its own time limit; running into that limit is a transient failure.
func (r *retrying) bounded(ctx context.Context, op Op, url string, bytes int64, f func(context.Context) error) error {
	limit := r.p.AttemptTimeout + time.Duration(float64(bytes)/float64(r.p.MinBytesPerSecond)*float64(time.Second))
	actx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := f(actx)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && actx.Err() != nil {
		return Unavailable(op.String(), url, fmt.Sprintf("no complete answer within %s", limit.Round(time.Millisecond)), nil)
	}
	return err
}

func (r *retrying) do(ctx context.Context, op Op, url string, bytes int64, f func(context.Context) error) error {
	t := r.begin(op)
	for {
		err := r.bounded(ctx, op, url, bytes, f)
		if err == nil {
			t.progressed()
			return nil
		}
		if err := t.again(ctx, err); err != nil {
			return err
		}
	}
}

func (r *retrying) Stat(ctx context.Context, key string) (obj Object, err error) {
	err = r.do(ctx, OpStat, r.URL(key), 0, func(ctx context.Context) error {
		obj, err = r.Store.Stat(ctx, key)
		return err
	})
	return obj, err
}

func (r *retrying) ReadAt(ctx context.Context, obj Object, p []byte, off int64) error {
	return r.do(ctx, OpRead, r.URL(obj.Key), int64(len(p)), func(ctx context.Context) error {
		return r.Store.ReadAt(ctx, obj, p, off)
	})
}

func (r *retrying) Delete(ctx context.Context, key string) error {
	return r.do(ctx, OpDelete, r.URL(key), 0, func(ctx context.Context) error {
		return r.Store.Delete(ctx, key)
	})
}

func (r *retrying) List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		t := r.begin(OpList)
		for {
			var failed error
			for obj, err := range r.Store.List(ctx, prefix, o) {
				if err != nil {
					failed = err
					break
				}
				t.progressed()
				if !yield(obj, nil) {
					return
				}
				o.StartAfter = obj.Key
			}
			if failed == nil {
				t.progressed()
				return
			}
			if err := t.again(ctx, failed); err != nil {
				yield(Object{}, err)
				return
			}
		}
	}
}

func (r *retrying) Put(ctx context.Context, key string, body io.Reader, size int64, c Condition) (Object, error) {
	seeker, canSeek := body.(io.Seeker)
	var start int64
	if canSeek {
		var err error
		if start, err = seeker.Seek(0, io.SeekCurrent); err != nil {
			canSeek = false
		}
	}
	t := r.begin(OpPut)
	for {
		obj, err := r.Store.Put(ctx, key, body, size, c)
		if err == nil {
			t.progressed()
			return obj, nil
		}
		if t.n > 0 && errors.Is(err, ErrConflict) && c != (Condition{}) {
			return Object{}, r.settle(ctx, key, err)
		}
		if !canSeek {
			return Object{}, err
		}
		if err := t.again(ctx, err); err != nil {
			return Object{}, err
		}
		if _, err := seeker.Seek(start, io.SeekStart); err != nil {
			return Object{}, sqlerr.New(sqlerr.IOError, "cannot read the content for %q again: %w", r.URL(key), err)
		}
	}
}

// settle adds to the conflict of a repeated conditional write that the first try may have been the one that won: the
// answer got lost, not necessarily the write. Only the caller knows whether the object that is there is its own.
func (r *retrying) settle(ctx context.Context, key string, err error) error {
	if e := sqlerr.As(err); e != nil {
		e.Detail = "An earlier try of this write failed without a clear answer and may have written the object."
		if obj, serr := r.Stat(ctx, key); serr == nil {
			e.Detail += fmt.Sprintf(" The object has %d bytes and ETag %q now.", obj.Size, obj.ETag)
		}
	}
	return err
}

func (r *retrying) Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error) {
	s := &resumingReader{r: r, ctx: ctx, obj: obj, off: off, t: r.begin(OpRead)}
	if err := s.reopen(); err != nil {
		return nil, err
	}
	return s, nil
}

// resumingReader continues a stream behind the last byte after a transient failure. The ETag pins all parts to the
// same version.
type resumingReader struct {
	r    *retrying
	ctx  context.Context
	obj  Object
	off  int64
	body io.ReadCloser
	t    *tries
	err  error
}

func (s *resumingReader) reopen() error {
	for {
		body, err := s.r.Store.Open(s.ctx, s.obj, s.off)
		if err == nil {
			s.body = body
			return nil
		}
		if err := s.t.again(s.ctx, err); err != nil {
			return err
		}
	}
}

func (s *resumingReader) Read(p []byte) (int, error) {
	for s.err == nil {
		n, err := s.body.Read(p)
		s.off += int64(n)
		if n > 0 {
			s.t.progressed()
		}
		switch {
		case err == nil && (n > 0 || len(p) == 0):
			return n, nil
		case err == nil:
			continue
		case err == io.EOF && s.off >= s.obj.Size: //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
			s.err = io.EOF
			return n, s.err
		case err == io.EOF: //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
			err = shortBody(s.r.URL(s.obj.Key), s.off, s.obj.Size)
		}
		_ = s.body.Close() // the read's error is the one that counts
		s.body = nil
		if err := s.t.again(s.ctx, err); err != nil {
			s.err = err
		} else if err := s.reopen(); err != nil {
			s.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, s.err
}

func (s *resumingReader) Close() error {
	if s.err == nil {
		s.err = errors.New("read of a closed object")
	}
	if s.body == nil {
		return nil
	}
	body := s.body
	s.body = nil
	return body.Close()
}

// shortBody is the transient failure of a body that ended early.
func shortBody(url string, got, want int64) error {
	return Unavailable("read", url, fmt.Sprintf("the answer ended after %d of %d bytes", got, want), io.ErrUnexpectedEOF)
}
