package objstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Range is a part of an object: Len bytes from Off.
type Range struct{ Off, Len int64 }

// RangeOptions tune a Ranges reader. The zero value suits object storage: below 1 MiB a read costs a request, not
// bytes, and above 8 MiB a second connection is faster than a longer answer.
type RangeOptions struct {
	// MaxGap is the largest hole between two ranges that is read along to save a request. Default 1 MiB; negative is
	// none.
	MaxGap int64
	// MaxRequest is the largest number of bytes asked for in one request. Default 8 MiB.
	MaxRequest int64
	// InFlight is the number of requests under way at once. Default 8.
	InFlight int
	// Budget is the number of bytes that may be in flight or waiting to be used. The range that the consumer waits for
	// is fetched whatever its size. Default 64 MiB.
	Budget int64
	// Reserve, when set, must grant memory before it is allocated ahead of need; refused read-ahead happens later. The
	// range that the consumer waits for is reserved with Reserve too, and a refusal then fails Get. Release gives
	// memory back. Both are called with the reader's lock held and must not call the reader.
	Reserve func(bytes int64) bool
	// Release gives back what Reserve granted.
	Release func(bytes int64)
	// Alloc, when set, gives the memory of reads, with any content, and Free takes it back when no range in it is
	// needed any more: callers that read much keep it for the next reader. Free must not call the reader.
	Alloc func(bytes int64) []byte
	Free  func([]byte)
}

func (o RangeOptions) withDefaults() RangeOptions {
	if o.MaxGap == 0 {
		o.MaxGap = 1 << 20
	}
	if o.MaxRequest <= 0 {
		o.MaxRequest = 8 << 20
	}
	if o.InFlight <= 0 {
		o.InFlight = 8
	}
	if o.Budget <= 0 {
		o.Budget = 64 << 20
	}
	if o.Reserve == nil {
		o.Reserve = func(int64) bool { return true }
	}
	if o.Release == nil {
		o.Release = func(int64) {}
	}
	if o.Alloc == nil {
		o.Alloc = func(n int64) []byte { return make([]byte, n) }
	}
	if o.Free == nil {
		o.Free = func([]byte) {}
	}
	return o
}

// span is a run of bytes that is held in one buffer: one long range, or several near ones.
type span struct {
	off, size int64
	first     int // lowest index of a range in it: the order of need
	users     int // ranges that are not released
	state     spanState
	buf       []byte
	pending   int // requests that have not ended
	next      int64
	err       error
	done      chan struct{}
}

type spanState uint8

const (
	spanWaiting spanState = iota
	spanFetching
	spanReady
	spanReleased
)

// RangeReader fetches a fixed list of ranges of one object ahead of their use. Get and Release may be called from
// several goroutines.
type RangeReader struct {
	store Store
	obj   Object
	o     RangeOptions
	rs    []Range
	of    []int // range index -> span index

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	spans    []*span // in order of need
	released []bool
	flying   int
	held     int64
	closed   bool
}

// Ranges starts to read rs, which are given in the order of their use. Near ranges share a request, long ones are
// split; fetching runs ahead within the budget. It returns at once; the caller must Close the reader.
func Ranges(ctx context.Context, s Store, obj Object, rs []Range, o RangeOptions) *RangeReader {
	r := &RangeReader{store: s, obj: obj, o: o.withDefaults(), rs: rs, released: make([]bool, len(rs))}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.plan()
	r.mu.Lock()
	r.advance(nil)
	r.mu.Unlock()
	return r
}

// plan puts the ranges into spans.
func (r *RangeReader) plan() {
	r.of = make([]int, len(r.rs))
	order := make([]int, len(r.rs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.rs[a].Off, r.rs[b].Off) })
	owner := make([]*span, len(r.rs))
	var cur *span
	for _, i := range order {
		x := r.rs[i]
		if x.Off < 0 || x.Len < 0 || x.Off > r.obj.Size || x.Len > r.obj.Size-x.Off {
			s := &span{first: i, users: 1, state: spanReady, done: make(chan struct{})}
			s.err = OutOfRange(r.store.URL(r.obj.Key), x.Off, x.Len, r.obj.Size)
			close(s.done)
			r.spans = append(r.spans, s)
			owner[i] = s
			continue
		}
		end := x.Off + x.Len
		if cur != nil && r.joins(cur, x.Off, end) {
			cur.size = max(cur.size, end-cur.off)
			cur.first = min(cur.first, i)
			cur.users++
		} else {
			cur = &span{off: x.Off, size: x.Len, first: i, users: 1, done: make(chan struct{})}
			r.spans = append(r.spans, cur)
		}
		owner[i] = cur
	}
	slices.SortFunc(r.spans, func(a, b *span) int { return cmp.Compare(a.first, b.first) })
	index := make(map[*span]int, len(r.spans))
	for i, s := range r.spans {
		index[s] = i
	}
	for i, s := range owner {
		r.of[i] = index[s]
	}
}

// joins reports whether a range from off to end is read along with s.
func (r *RangeReader) joins(s *span, off, end int64) bool {
	last := s.off + s.size
	if end <= last {
		return true
	}
	return off-last <= max(r.o.MaxGap, 0) && end-s.off <= r.o.MaxRequest
}

// Requests returns the number of requests that the reader makes when everything is used and nothing is retried.
func (r *RangeReader) Requests() int {
	n := 0
	for _, s := range r.spans {
		n += int((s.size + r.o.MaxRequest - 1) / r.o.MaxRequest)
	}
	return n
}

// advance starts what may be started. wanted, if not nil, is a span that a consumer waits for. r.mu is held.
func (r *RangeReader) advance(wanted *span) {
	if r.closed {
		return
	}
	if wanted != nil && wanted.state == spanWaiting && !r.begin(wanted, true) {
		wanted.state = spanReady
		wanted.err = sqlerr.New(sqlerr.OutOfMemory, "cannot hold %d bytes of %q in memory", wanted.size, r.store.URL(r.obj.Key))
		close(wanted.done)
		return
	}
	if wanted != nil {
		r.launch(wanted)
	}
	full := false // later spans are needed later: none overtakes one that does not fit
	for _, s := range r.spans {
		if r.flying >= r.o.InFlight {
			return
		}
		if s.state == spanWaiting && !full {
			full = !r.begin(s, false)
		}
		r.launch(s)
	}
}

// begin gives s its buffer. Ahead of need it respects the budget.
func (r *RangeReader) begin(s *span, needed bool) bool {
	if !needed && r.held > 0 && r.held+s.size > r.o.Budget {
		return false
	}
	if !r.o.Reserve(s.size) {
		return false
	}
	r.held += s.size
	s.state = spanFetching
	s.buf = r.o.Alloc(s.size)
	if s.size == 0 {
		s.state = spanReady
		close(s.done)
	}
	return true
}

// launch starts the requests of s that fit beside those under way.
func (r *RangeReader) launch(s *span) {
	for s.state == spanFetching && s.err == nil && s.next < s.size && r.flying < r.o.InFlight {
		lo, hi := s.next, min(s.next+r.o.MaxRequest, s.size)
		s.next = hi
		s.pending++
		r.flying++
		r.wg.Add(1)
		go r.fetch(s, lo, hi)
	}
}

func (r *RangeReader) fetch(s *span, lo, hi int64) {
	defer r.wg.Done()
	err := r.store.ReadAt(r.ctx, r.obj, s.buf[lo:hi:hi], s.off+lo)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.pending--
	r.flying--
	if err != nil && s.err == nil {
		s.err = err
	}
	if s.pending == 0 && (s.next == s.size || s.err != nil) && s.state == spanFetching {
		s.state = spanReady
		close(s.done)
		if s.users == 0 {
			r.drop(s)
		}
	}
	r.advance(nil)
}

// Get waits for range i and returns its bytes. They may be changed by nobody and are valid until Release(i) or Close.
func (r *RangeReader) Get(i int) ([]byte, error) {
	r.mu.Lock()
	if r.closed || r.released[i] {
		r.mu.Unlock()
		return nil, errors.New("range reader: the range was released")
	}
	s := r.spans[r.of[i]]
	r.advance(s)
	r.mu.Unlock()
	select {
	case <-s.done:
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	if s.buf == nil && s.size > 0 {
		return nil, errors.New("range reader: the range was released")
	}
	lo := r.rs[i].Off - s.off
	hi := lo + r.rs[i].Len
	return s.buf[lo:hi:hi], nil
}

// Release says that range i is not needed any more; its memory makes room for further read-ahead.
func (r *RangeReader) Release(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.released[i] {
		return
	}
	r.released[i] = true
	s := r.spans[r.of[i]]
	s.users--
	if s.users > 0 {
		return
	}
	switch s.state {
	case spanWaiting:
		s.state = spanReleased // nobody will ask for it
	case spanReady:
		r.drop(s)
	}
	r.advance(nil)
}

// drop frees the buffer of a span that has no users left.
func (r *RangeReader) drop(s *span) {
	if s.buf != nil {
		r.held -= s.size
		r.o.Release(s.size)
		r.o.Free(s.buf)
		s.buf = nil
	}
	s.state = spanReleased
}

// Close ends the requests under way, waits for them, and frees all memory. It may be called more than once.
func (r *RangeReader) Close() {
	r.mu.Lock()
	already := r.closed
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.wg.Wait()
	if already {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		r.drop(s)
	}
}
