package objstore

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // ETags of S3 are MD5 sums; nothing depends on their strength.
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Memory is a Store in the process's memory, for tests and for small embedded tables. Its ETags are MD5 sums of the
// content, as S3's are.
type Memory struct {
	bucket string
	now    func() time.Time

	mu      sync.RWMutex
	keys    []string // sorted
	objects map[string]memObject
}

type memObject struct {
	Object
	data []byte
}

// NewMemory returns an empty store whose URLs are "mem://bucket/key".
func NewMemory(bucket string) *Memory {
	return &Memory{bucket: bucket, now: time.Now, objects: map[string]memObject{}}
}

// URL implements Store.
func (m *Memory) URL(key string) string { return "mem://" + m.bucket + "/" + key }

// memoryPage is how many entries a listing copies under the lock at a time.
const memoryPage = 1000

// List implements Store. It sees the objects page by page, so a listing that overlaps writes may or may not show them.
func (m *Memory) List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := checkDelimiter(o); err != nil {
			yield(Object{}, err)
			return
		}
		after := o.StartAfter
		for {
			if err := ctx.Err(); err != nil {
				yield(Object{}, err)
				return
			}
			countersOf(ctx).request(OpList)
			page := m.page(prefix, o.Delimiter, after)
			for _, obj := range page {
				if !yield(obj, nil) {
					return
				}
			}
			if len(page) < memoryPage {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}

func (m *Memory) page(prefix, delimiter, after string) []Object {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, _ := slices.BinarySearch(m.keys, max(prefix, after))
	var page []Object
	for i < len(m.keys) && len(page) < memoryPage {
		k := m.keys[i]
		if !strings.HasPrefix(k, prefix) {
			break
		}
		if delimiter != "" {
			if cut := strings.Index(k[len(prefix):], delimiter); cut >= 0 {
				folder := k[:len(prefix)+cut+len(delimiter)]
				if folder > after {
					page = append(page, Object{Key: folder, Prefix: true})
				}
				i = m.firstAfterFolder(i, folder)
				continue
			}
		}
		if k > after {
			page = append(page, m.objects[k].Object)
		}
		i++
	}
	return page
}

// firstAfterFolder returns the index of the first key at or behind i that does not start with folder.
func (m *Memory) firstAfterFolder(i int, folder string) int {
	n, _ := slices.BinarySearchFunc(m.keys[i:], folder, func(k, f string) int {
		if strings.HasPrefix(k, f) {
			return -1
		}
		return strings.Compare(k, f)
	})
	return i + n
}

// Stat implements Store.
func (m *Memory) Stat(ctx context.Context, key string) (Object, error) {
	if err := ctx.Err(); err != nil {
		return Object{}, err
	}
	if key == "" {
		return Object{}, InvalidKey(key, "it is empty")
	}
	countersOf(ctx).request(OpStat)
	m.mu.RLock()
	defer m.mu.RUnlock()
	if o, ok := m.objects[key]; ok {
		return o.Object, nil
	}
	return Object{}, NotFound(m.URL(key))
}

// pinned returns the content of obj if it is still the version that obj names.
func (m *Memory) pinned(obj Object) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[obj.Key]
	switch {
	case !ok:
		return nil, NotFound(m.URL(obj.Key))
	case obj.ETag != "" && obj.ETag != o.ETag, obj.ETag == "" && obj.Size != o.Size:
		return nil, Changed(m.URL(obj.Key))
	}
	return o.data, nil
}

// ReadAt implements Store.
func (m *Memory) ReadAt(ctx context.Context, obj Object, p []byte, off int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkRange(m, obj, off, int64(len(p))); err != nil || len(p) == 0 {
		return err
	}
	l := countersOf(ctx)
	l.request(OpRead)
	data, err := m.pinned(obj)
	if err != nil {
		return err
	}
	l.fetched(int64(copy(p, data[off:])))
	return nil
}

// Open implements Store.
func (m *Memory) Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkRange(m, obj, off, 0); err != nil {
		return nil, err
	}
	l := countersOf(ctx)
	l.request(OpRead)
	data, err := m.pinned(obj)
	if err != nil {
		return nil, err
	}
	return &countingReader{ReadCloser: io.NopCloser(bytes.NewReader(data[off:])), l: l}, nil
}

// Put implements Store.
func (m *Memory) Put(ctx context.Context, key string, r io.Reader, size int64, c Condition) (Object, error) {
	if err := checkPut(key, size, c); err != nil {
		return Object{}, err
	}
	data, err := readExactly(m.URL(key), r, size)
	if err != nil {
		return Object{}, err
	}
	if err := ctx.Err(); err != nil {
		return Object{}, err
	}
	countersOf(ctx).request(OpPut)
	sum := md5.Sum(data) //nolint:gosec // see the import
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.objects[key]
	if c.IfAbsent && exists || c.IfMatch != "" && (!exists || old.ETag != c.IfMatch) {
		return Object{}, Conflict(m.URL(key), c)
	}
	obj := Object{Key: key, Size: size, ETag: hex.EncodeToString(sum[:]), Modified: m.now().UTC()}
	m.objects[key] = memObject{Object: obj, data: data}
	if i, found := slices.BinarySearch(m.keys, key); !found {
		m.keys = slices.Insert(m.keys, i, key)
	}
	return obj, nil
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	countersOf(ctx).request(OpDelete)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	if i, found := slices.BinarySearch(m.keys, key); found {
		m.keys = slices.Delete(m.keys, i, i+1)
	}
	return nil
}

// checkDelimiter refuses delimiters that not every store can list by.
func checkDelimiter(o ListOptions) error {
	if o.Delimiter != "" && o.Delimiter != "/" {
		return sqlerr.New(sqlerr.InvalidParameterValue, "cannot list by the delimiter %q, only by \"/\"", o.Delimiter)
	}
	return nil
}

// checkRange refuses a read that does not lie inside obj. It is written so that no sum overflows.
func checkRange(s Store, obj Object, off, n int64) error {
	if off < 0 || n < 0 || off > obj.Size || n > obj.Size-off {
		return OutOfRange(s.URL(obj.Key), off, n, obj.Size)
	}
	return nil
}

// maxKeyBytes is S3's limit for a key.
const maxKeyBytes = 1024

// checkPut refuses writes that no store can do.
func checkPut(key string, size int64, c Condition) error {
	switch {
	case key == "":
		return InvalidKey(key, "it is empty")
	case len(key) > maxKeyBytes:
		return InvalidKey(key[:64]+"...", fmt.Sprintf("it has %d bytes, at most %d are allowed", len(key), maxKeyBytes))
	case size < 0:
		return sqlerr.New(sqlerr.InvalidParameterValue, "size of object %q is negative", key)
	case c.IfAbsent && c.IfMatch != "":
		return sqlerr.New(sqlerr.InvalidParameterValue, "object %q cannot be written if absent and if matching at once", key)
	}
	return nil
}
