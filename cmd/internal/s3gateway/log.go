package s3gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"
)

// Request is one request as the server saw it.
type Request struct {
	// Method is GET, HEAD, PUT, POST or DELETE.
	Method string
	// Bucket and Key name the object; a listing has an empty Key and the listed prefix in Prefix.
	Bucket string
	Key    string
	Prefix string
	// Range is the request's Range header.
	Range string
	// Status is the answer's HTTP status.
	Status int
	// Bytes is the length of the answer's body.
	Bytes int64
}

// List says whether the request lists a bucket.
func (r Request) List() bool { return r.Method == http.MethodGet && r.Key == "" }

// Log keeps the requests that a gateway served, in the order in which they ended. It is safe for concurrent use.
type Log struct {
	mu       sync.Mutex
	requests []Request
}

// observe is the server's middleware.
func (l *Log) observe(c fiber.Ctx) error {
	r := Request{Method: strings.Clone(c.Method()), Range: strings.Clone(c.Get("Range")), Prefix: strings.Clone(c.Query("prefix"))}
	path := strings.Clone(strings.TrimPrefix(string(c.Request().URI().PathOriginal()), "/"))
	if p, err := url.PathUnescape(path); err == nil {
		path = p
	}
	r.Bucket, r.Key, _ = strings.Cut(path, "/")
	err := c.Next()
	r.Status = c.Response().StatusCode()
	if n := c.Response().Header.ContentLength(); n > 0 && r.Method != http.MethodHead {
		r.Bytes = int64(n)
	} else if n == 0 && !c.Response().IsBodyStream() {
		r.Bytes = int64(len(c.Response().Body()))
	}
	l.mu.Lock()
	l.requests = append(l.requests, r)
	l.mu.Unlock()
	return err
}

// Reset forgets what was recorded.
func (l *Log) Reset() {
	l.mu.Lock()
	l.requests = nil
	l.mu.Unlock()
}

// Requests returns a copy of what was recorded.
func (l *Log) Requests() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// KeysRead returns the keys of the objects whose content was asked for with success, sorted, each once.
func (l *Log) KeysRead() []string {
	var keys []string
	for _, r := range l.Requests() {
		if r.Method == http.MethodGet && r.Key != "" && r.Status < 300 {
			keys = append(keys, r.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Listed returns the prefixes that were listed, sorted, each once.
func (l *Log) Listed() []string {
	var prefixes []string
	for _, r := range l.Requests() {
		if r.List() {
			prefixes = append(prefixes, r.Prefix)
		}
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes)
}

// BytesRead returns the bytes of object content served for one key, or for all keys when key is empty.
func (l *Log) BytesRead(key string) int64 {
	var n int64
	for _, r := range l.Requests() {
		if r.Method == http.MethodGet && r.Key != "" && r.Status < 300 && (key == "" || r.Key == key) {
			n += r.Bytes
		}
	}
	return n
}
