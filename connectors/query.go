package connectors

import (
	"sync"
	"time"

	"github.com/tarnsql/tarn/exec/memory"
)

// Query is what the scans of one statement share. It is safe for concurrent use.
type Query struct {
	// ID is unique in the server's life; remote sessions carry it ("tarn/<id>").
	ID string
	// User and Database are the session's.
	User, Database string
	// Start is the statement's time: now() has this value.
	Start time.Time
	// CatalogVersion is the version of Tarn's catalog that the statement sees; 0 is the newest.
	CatalogVersion int64
	// Memory is the statement's budget.
	Memory *memory.Budget
	// BatchRows is the greatest number of rows of a batch; 0 is vector.DefaultRows.
	BatchRows int
	// Workers is how many workers read a scan at once.
	Workers int

	mu     sync.Mutex
	shared map[any]any
	closed []func()
}

// Shared returns the statement's one value for key, made by the first caller. The maker may register its end with
// OnClose, outside the maker's own lock. Connectors keep here what scans of one statement share: a read-only transaction,
// decoded column chunks.
func (q *Query) Shared(key any, create func() any) any {
	q.mu.Lock()
	defer q.mu.Unlock()
	if v, ok := q.shared[key]; ok {
		return v
	}
	if q.shared == nil {
		q.shared = map[any]any{}
	}
	v := create()
	q.shared[key] = v
	return v
}

// OnClose registers a function to run when the statement ends, in reverse order of registration.
func (q *Query) OnClose(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = append(q.closed, f)
}

// Close runs the functions that OnClose registered. The engine calls it once, after all scans are closed.
func (q *Query) Close() {
	q.mu.Lock()
	fs := q.closed
	q.closed, q.shared = nil, nil
	q.mu.Unlock()
	for i := len(fs) - 1; i >= 0; i-- {
		fs[i]()
	}
}
