package lake

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
)

const (
	// smallFile is the size up to which a text file is fetched ahead as a whole: reading it takes one round trip, which
	// costs more time than its bytes.
	smallFile = 1 << 20
	// smallAhead is how many small files are under way or waiting for a reader.
	smallAhead = 32
)

// fetcher fetches small files of a scan before their readers ask. Files that memory has no room for are read as others are.
type fetcher struct {
	s *scan

	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
	held   map[*aheadStore]struct{}
	wg     sync.WaitGroup
}

// fetches reports whether a scan's files are worth fetching ahead. Formats with a footer do it themselves.
func (s *scan) fetches() bool {
	f := s.t.def.Storage.Format
	return (f == catalog.CSV || f == catalog.JSON) && s.req.Limit == 0
}

// begin starts to fetch a file and returns the file to read instead.
func (p *fetcher) begin(ctx context.Context, f format.File) format.File {
	size := f.Object.Size
	if size > smallFile || !p.s.req.Query.Memory.Try(size) {
		return f
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		// Readers go on after the last split was given out; the scan's end ends the requests.
		p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
		p.held = map[*aheadStore]struct{}{}
	}
	if p.ctx.Err() != nil {
		p.s.req.Query.Memory.Release(size)
		return f
	}
	a := &aheadStore{Store: f.Store, obj: f.Object, done: make(chan struct{})}
	p.held[a] = struct{}{}
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		defer close(a.done)
		data := make([]byte, size)
		if a.Store.ReadAt(p.ctx, a.obj, data, 0) == nil {
			a.data = data
		}
	}()
	return format.File{Store: a, Object: f.Object}
}

// release gives back the memory of a file that is not read any more.
func (p *fetcher) release(f format.File) {
	a, ok := f.Store.(*aheadStore)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.held[a]; ok {
		delete(p.held, a)
		p.s.req.Query.Memory.Release(a.obj.Size)
	}
}

// close ends the requests and gives back all memory.
func (p *fetcher) close() {
	p.mu.Lock()
	held := p.held
	if held != nil {
		p.cancel()
		p.held = map[*aheadStore]struct{}{}
	}
	p.mu.Unlock()
	p.wg.Wait()
	for a := range held {
		p.s.req.Query.Memory.Release(a.obj.Size)
	}
}

// aheadStore answers reads of one object from memory. When that could not be filled, reads go to the storage and meet the
// error themselves.
type aheadStore struct {
	objstore.Store
	obj  objstore.Object
	done chan struct{}
	// data is nil when fetching failed.
	data []byte
}

// content waits for the object; nil is for one that must be read from the storage.
func (a *aheadStore) content(ctx context.Context, obj objstore.Object, off, n int64) ([]byte, error) {
	if obj.Key != a.obj.Key || off < 0 || n < 0 || off > a.obj.Size-n {
		return nil, nil
	}
	select {
	case <-a.done:
		return a.data, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// ReadAt implements objstore.Store.
func (a *aheadStore) ReadAt(ctx context.Context, obj objstore.Object, p []byte, off int64) error {
	data, err := a.content(ctx, obj, off, int64(len(p)))
	if err != nil {
		return err
	}
	if data == nil {
		return a.Store.ReadAt(ctx, obj, p, off)
	}
	copy(p, data[off:])
	return nil
}

// Open implements objstore.Store.
func (a *aheadStore) Open(ctx context.Context, obj objstore.Object, off int64) (io.ReadCloser, error) {
	data, err := a.content(ctx, obj, off, 0)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return a.Store.Open(ctx, obj, off)
	}
	return io.NopCloser(bytes.NewReader(data[off:])), nil
}
