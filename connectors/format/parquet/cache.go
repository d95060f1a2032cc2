package parquet

import (
	"container/list"
	"sync"

	"github.com/tarnsql/tarn/connectors/format"
)

// cacheBytes bounds the memory of the process's cache of footers.
const cacheBytes = 128 << 20

// footers is the process's cache. What is in it was read under an ETag and is asked for under the same one, so that it
// can never be stale; an object without an ETag is not kept.
var footers = newFooterCache(cacheBytes)

type fileKey struct {
	url, etag string
	size      int64
}

type footerCache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // most recently used first; of *cacheEntry
	files map[fileKey]*list.Element
}

type cacheEntry struct {
	key  fileKey
	file *file
	cost int64
}

func newFooterCache(limit int64) *footerCache {
	return &footerCache{limit: limit, order: list.New(), files: map[fileKey]*list.Element{}}
}

func keyOf(f format.File) fileKey {
	return fileKey{url: f.Store.URL(f.Object.Key), etag: f.Object.ETag, size: f.Object.Size}
}

func (c *footerCache) get(f format.File) *file {
	if f.Object.ETag == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.files[keyOf(f)]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return entry(e).file
}

func (c *footerCache) put(f format.File, opened *file) {
	if f.Object.ETag == "" {
		return
	}
	key := keyOf(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.files[key]; ok {
		return
	}
	n := &cacheEntry{key: key, file: opened, cost: opened.cost()}
	c.files[key] = c.order.PushFront(n)
	c.used += n.cost
	c.evict()
}

// grew accounts for page indexes that were added to a cached file.
func (c *footerCache) grew(f *file, key fileKey, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.files[key]; ok && entry(e).file == f {
		entry(e).cost += n
		c.used += n
		c.evict()
	}
}

func (c *footerCache) evict() {
	for c.used > c.limit && c.order.Len() > 0 {
		last := c.order.Back()
		c.order.Remove(last)
		c.used -= entry(last).cost
		delete(c.files, entry(last).key)
	}
}

func entry(e *list.Element) *cacheEntry {
	n, ok := e.Value.(*cacheEntry)
	if !ok {
		panic("parquet: the footer cache holds something else")
	}
	return n
}
