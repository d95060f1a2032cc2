package parquet

import "context"

// slot is a row group of a split of a file.
type slot struct{ piece, group int }

// ahead is a row group that is being opened before a reader wants it, so that its bytes are under way while the row
// groups before it are decoded. Whichever reader gets its split takes it over.
type ahead struct {
	cancel context.CancelFunc
	done   chan struct{}
	group  *group
	err    error
	size   int64
}

// wait returns the group when it is open.
func (a *ahead) wait(ctx context.Context) (*group, error) {
	select {
	case <-a.done:
		if a.err != nil {
			a.cancel()
		}
		return a.group, a.err
	case <-ctx.Done():
		go a.drop()
		return nil, context.Cause(ctx)
	}
}

// drop ends the work and gives its memory back.
func (a *ahead) drop() {
	a.cancel()
	<-a.done
	if a.group != nil {
		a.group.close(nil)
	}
}

// takeAhead marks a row group of the piece as begun and returns what was opened ahead of it, or nil.
func (p *piece) takeAhead(group int) *ahead {
	o := p.opened
	o.mu.Lock()
	defer o.mu.Unlock()
	k := slot{p.number, group}
	a := o.begun[k]
	o.begun[k] = nil
	if a != nil {
		o.pending--
		o.pendingBytes -= a.size
	}
	return a
}

// What is opened ahead in one file: enough row groups to have a few requests under way for each worker, and no more bytes
// than can soon be used.
const (
	aheadPerWorker = 4
	aheadBytes     = 64 << 20
)

// openAhead begins to open the row groups of the file that come after the reader's own and that nobody has begun. A scan
// that may end early opens nothing ahead.
func (x *reader) openAhead(ctx context.Context, early []bool) {
	if x.r.Limit > 0 || x.r.Query == nil || x.piece.file.whole != nil {
		return
	}
	o := x.piece.opened
	o.mu.Lock()
	defer o.mu.Unlock()
	k := slot{x.piece.number, x.next - 1}
	for o.pending < aheadPerWorker*max(x.r.Query.Workers, 1) {
		var ok bool
		if k, ok = o.following(k); !ok {
			return
		}
		size := x.plan.stored(o.pieces[k.piece].groups[k.group])
		if o.pending > 0 && o.pendingBytes+size > aheadBytes || !x.affords(size) {
			return
		}
		x.begin(ctx, k, size, early)
	}
}

// begin opens a row group ahead. The lock of the file's scan is held.
func (x *reader) begin(ctx context.Context, k slot, size int64, early []bool) {
	o := x.piece.opened
	if !o.closing {
		o.closing = true
		x.r.Query.OnClose(o.close)
	}
	// The reader that takes the group over may be another one than this, and outlive it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &ahead{cancel: cancel, done: make(chan struct{}), size: size}
	o.begun[k] = a
	o.pending++
	o.pendingBytes += size
	plan, src, p := x.plan, x.src, o.pieces[k.piece]
	go func() {
		defer close(a.done)
		defer guard(place{url: plan.f.url, group: p.groups[k.group], page: -1}, &a.err)
		if a.group, a.err = openGroup(ctx, plan, src, p, p.groups[k.group], early, &buffers{}); a.err == nil {
			a.group.cancel = cancel
		}
	}()
}

// affords reports whether so much may be fetched ahead beside all that is in memory: what is needed goes first.
func (x *reader) affords(size int64) bool {
	m := x.r.Query.Memory
	return m == nil || m.Limit() == 0 || m.Used()+4*min(size, aheadBytes) <= m.Limit()
}

// following returns the first slot after k that is not begun. o.mu is held.
func (o *fileScan) following(k slot) (slot, bool) {
	for {
		k.group++
		if k.group == len(o.pieces[k.piece].groups) {
			k = slot{k.piece + 1, 0}
		}
		if k.piece == len(o.pieces) {
			return k, false
		}
		if _, begun := o.begun[k]; !begun {
			return k, true
		}
	}
}

// close drops what was opened ahead and not taken, at the end of the query.
func (o *fileScan) close() {
	o.mu.Lock()
	var left []*ahead
	for k, a := range o.begun {
		if a != nil {
			left = append(left, a)
		}
		o.begun[k] = nil
	}
	o.mu.Unlock()
	for _, a := range left {
		a.drop()
	}
}
