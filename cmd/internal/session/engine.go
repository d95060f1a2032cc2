package session

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/system"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Options are what an Engine is made of. All fields without a default are needed.
type Options struct {
	Catalog  catalog.Catalog
	Registry expr.Registry
	// Lake is the connector of the catalog LakeName.
	Lake connectors.Connector
	// System makes the connector of the system schemas (pg_catalog, information_schema, tarn) for a session.
	System func(*Session) connectors.Connector
	// Factories open what CREATE CATALOG ... USING names.
	Factories map[string]Factory
	// Crawl runs crawlers.
	Crawl Crawling
	// Stores is storage as DDL sees it (MSCK REPAIR TABLE).
	Stores Storage
	Tariff metering.Tariff
	// Memory is the server's budget; QueryMemory limits one statement.
	Memory      *memory.Budget
	QueryMemory int64
	// SpillDir is where statements keep rows that do not fit in their memory.
	SpillDir string
	// Workers is how many workers a statement may use.
	Workers int
	// Version is Tarn's own, for version().
	Version string
	// Port is where the server listens, and TLS whether it offers encryption, for SHOW.
	Port string
	TLS  bool
	// Users are those that the configuration names.
	Users []string
	// MaxSessions limits the sessions; 0 is no limit.
	MaxSessions int
	Log         *slog.Logger
}

// LakeName is the catalog of the lake: the current catalog of a new session.
const LakeName = "lake"

// Engine is shared by all sessions of a server. It is safe for concurrent use.
type Engine struct {
	Options
	sources  *sources
	started  time.Time
	mu       sync.Mutex
	sessions map[int32]*Session
	nextPID  int32
	queryIDs atomic.Uint64

	functionsOnce sync.Once
	functions     []system.Function
}

// NewEngine returns an engine.
func NewEngine(o Options) *Engine {
	e := &Engine{Options: o, started: time.Now(), sessions: map[int32]*Session{}}
	e.sources = newSources(o.Lake, o.Factories)
	return e
}

// Close closes the sources. Sessions must be closed before.
func (e *Engine) Close() error { return e.sources.close() }

// Started is when the server started.
func (e *Engine) Started() time.Time { return e.started }

// Sessions returns the open sessions in the order of their process numbers.
func (e *Engine) Sessions() []*Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.SortedFunc(maps.Values(e.sessions), func(a, b *Session) int { return cmp.Compare(a.pid, b.pid) })
}

// Session returns the open session with a process number, or nil.
func (e *Engine) Session(pid int32) *Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions[pid]
}

func (e *Engine) register(s *Session) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.MaxSessions > 0 && len(e.sessions) >= e.MaxSessions {
		return sqlerr.New(sqlerr.TooManyConnections, "sorry, too many clients already").
			WithHint("the limit is %d connections; close some or raise max_connections", e.MaxSessions)
	}
	e.nextPID++
	s.pid = e.nextPID
	e.sessions[s.pid] = s
	return nil
}

func (e *Engine) unregister(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s.pid)
}

// snapshot returns a version of the catalog.
func (e *Engine) snapshot(ctx context.Context, v catalog.Version) (catalog.Snapshot, error) {
	return e.Catalog.Snapshot(ctx, v)
}
