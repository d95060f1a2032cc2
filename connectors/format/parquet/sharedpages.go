package parquet

import (
	"sync"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/connectors"
)

// sharedLimit bounds the decompressed pages of one column that a query keeps for its other scans of the same files.
const sharedLimit = 48 << 20

// sharedKey is the query's key of its sharedPages.
type sharedKey struct{}

// sharedPages are the decompressed pages of columns that several scans of a query read: a column that two scans read is
// decompressed once as long as it fits. All methods are safe for concurrent use.
type sharedPages struct {
	q      *connectors.Query
	mu     sync.Mutex
	chunks map[chunkKey]*sharedChunk
	column map[string]int64 // bytes by column
	held   int64
}

type chunkKey struct {
	file        fileKey
	group, leaf int
	typ         string
}

// sharedChunk is what is kept of one column chunk. Its pages are immutable.
type sharedChunk struct {
	owner  *sharedPages
	column string
	mu     sync.Mutex
	dict   *dictionary
	pages  []*page // any order
	rows   int     // of pages
}

func sharedOf(q *connectors.Query) *sharedPages {
	made := false
	v := q.Shared(sharedKey{}, func() any {
		made = true
		return &sharedPages{q: q, chunks: map[chunkKey]*sharedChunk{}, column: map[string]int64{}}
	})
	s, ok := v.(*sharedPages)
	if !ok {
		return nil
	}
	if made {
		q.OnClose(s.close)
	}
	return s
}

func (s *sharedPages) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.q.Memory.Release(s.held)
	s.held, s.chunks = 0, nil
}

func (s *sharedPages) chunk(key chunkKey, column string) *sharedChunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chunks == nil {
		return nil
	}
	c := s.chunks[key]
	if c == nil {
		c = &sharedChunk{owner: s, column: column}
		s.chunks[key] = c
	}
	return c
}

// reserve asks for room for n more bytes of a column.
func (s *sharedPages) reserve(column string, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chunks == nil || s.column[column]+n > sharedLimit || !s.q.Memory.Try(n) {
		return false
	}
	s.column[column] += n
	s.held += n
	return true
}

// keep stores a page that was just decoded.
func (s *sharedChunk) keep(c *chunk, p *page) {
	if p.shared || c.m.Codec == format.Uncompressed || p.owned == nil {
		return
	}
	n := int64(cap(p.owned)) + int64(len(p.valid))*8
	for _, b := range p.values.owned {
		n += int64(cap(b))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.pages {
		if o.first == p.first {
			return
		}
	}
	if !s.owner.reserve(s.column, n) {
		return
	}
	p.shared = true
	kept := *p
	s.pages = append(s.pages, &kept)
	s.rows += p.end - p.first
}

func (s *sharedChunk) keepDict(c *chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dict == nil {
		s.dict = c.dict
	}
}

// adopt takes over a chunk that was decoded in full by another scan, with the identity of its dictionary.
func (c *flatColumn) adopt() {
	s := c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows < c.rows {
		return
	}
	c.pages = make([]*page, len(s.pages))
	for _, p := range s.pages {
		kept := *p
		if p.index >= len(c.pages) {
			c.pages = nil
			return
		}
		c.pages[p.index] = &kept
	}
	c.hasDict, c.dict, c.walked = true, s.dict, c.rows
}
