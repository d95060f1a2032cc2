package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Login is who connects and to what.
type Login struct {
	User     string
	Database string
	Address  net.Addr
	// Settings are those of the startup packet (application_name, options); unknown ones give a notice.
	Settings map[string]string
	// Terminate ends the client's connection, for pg_terminate_backend. Any goroutine may call it. It is nil for an embedded
	// session, of which only the running statement can be ended.
	Terminate func()
	// Cancel stops what the client's connection is doing, sending rows included, for pg_cancel_backend. Any goroutine may call it.
	// It is nil for an embedded session.
	Cancel func()
}

// Severity is how loud a notice is.
type Severity string

// The severities, from quiet to loud.
const (
	Note    Severity = "NOTICE"
	Warning Severity = "WARNING"
)

// Notice is a message beside a result.
type Notice struct {
	Severity Severity
	Code     sqlerr.Code
	Message  string
	Hint     string
}

// Session is one client's.
type Session struct {
	engine   *Engine
	login    Login
	pid      int32
	opened   time.Time
	settings *settings
	system   connectors.Connector
	prepared map[string]*Prepared
	portals  map[string]*Portal
	// bound counts the portals made; nested counts the EXECUTEs that run within one another.
	bound  int64
	nested int
	tx     transaction
	// implicit are the settings before the implicit transaction changed any, nil when it did not.
	implicit *settings
	// told are the values of the reported settings that the client knows.
	told    map[string]string
	notices []Notice

	// mu guards what other sessions see.
	mu       sync.Mutex
	activity Activity
	cancel   context.CancelCauseFunc
	database string // the current catalog
}

// Activity is what pg_stat_activity shows of a session.
type Activity struct {
	// State is active, idle, idle in transaction, or idle in transaction (aborted).
	State       string
	Query       string
	Application string
	QueryStart  time.Time
	Changed     time.Time
}

// Connect opens a session. The database must be the name of a catalog.
func (e *Engine) Connect(ctx context.Context, l Login) (*Session, error) {
	s := &Session{
		engine: e, login: l, opened: time.Now(), settings: newSettings(e), told: map[string]string{}, prepared: map[string]*Prepared{},
		portals: map[string]*Portal{}, activity: Activity{State: "idle", Changed: time.Now()}, database: l.Database,
	}
	if s.database == "" {
		s.database = LakeName
	}
	if s.database == l.User && !e.sources.has(ctx, e.Catalog, s.database) {
		s.database = LakeName // psql's default database is the user's name
	}
	if !e.sources.has(ctx, e.Catalog, s.database) {
		return nil, sqlerr.New(sqlerr.UndefinedDatabase, "database %q does not exist", s.database).
			WithHint("connect to %q, the lake's catalog", LakeName)
	}
	if err := e.register(s); err != nil {
		return nil, err
	}
	s.system = e.System(s)
	if err := s.startSettings(l.Settings); err != nil {
		s.Close()
		return nil, err
	}
	s.setApplication()
	return s, nil
}

// Close ends the session: its running statement is cancelled, its cursors are closed.
func (s *Session) Close() {
	s.stop(errTerminated())
	s.closePortals(func(*Portal) bool { return true })
	s.engine.unregister(s)
}

// PID is the process number that clients cancel by.
func (s *Session) PID() int32 { return s.pid }

// Engine returns the engine.
func (s *Session) Engine() *Engine { return s.engine }

// User is who connected.
func (s *Session) User() string { return s.login.User }

// Address is where the client is; nil for an embedded one.
func (s *Session) Address() net.Addr { return s.login.Address }

// Opened is when the session began.
func (s *Session) Opened() time.Time { return s.opened }

// Database is the current catalog.
func (s *Session) Database() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.database
}

// Activity returns what the session does now.
func (s *Session) Activity() Activity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.activity
}

// setApplication makes the application's name known to other sessions, after it may have changed.
func (s *Session) setApplication() {
	name, _ := s.settings.get("application_name")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activity.Application = name
}

// SearchPath returns the schemas in which unqualified names are looked up.
func (s *Session) SearchPath() []string { return s.settings.searchPath(s.login.User) }

// Setting returns the value of a setting and whether there is one of the name.
func (s *Session) Setting(name string) (string, bool) { return s.settings.get(name) }

// Timeout returns the value of a setting that is a time; 0 is none.
func (s *Session) Timeout(name string) time.Duration { return s.settings.timeout(name) }

// Settings returns all settings for SHOW ALL and pg_settings.
func (s *Session) Settings() []SettingInfo { return s.settings.list() }

// Location returns the time zone.
func (s *Session) Location() *time.Location { return s.settings.location() }

// Cancel stops the running statement, if there is one, with SQLSTATE 57014. It may be called by any goroutine.
func (s *Session) Cancel() {
	if s.login.Cancel != nil {
		s.login.Cancel()
		return
	}
	s.stop(sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request"))
}

// Terminate ends the session as an administrator does: its running statement fails with SQLSTATE 57P01, and the client's connection
// is closed. It may be called by any goroutine.
func (s *Session) Terminate() {
	s.stop(errTerminated())
	if s.login.Terminate != nil {
		s.login.Terminate()
	}
}

func errTerminated() error {
	return sqlerr.New(sqlerr.AdminShutdown, "terminating connection due to administrator command")
}

func (s *Session) stop(cause error) {
	s.mu.Lock()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// Notices returns the notices since the last call that client_min_messages lets through.
func (s *Session) Notices() []Notice {
	out := s.notices
	s.notices = nil
	return s.settings.loudEnough(out)
}

func (s *Session) notice(sev Severity, code sqlerr.Code, format string, args ...any) {
	s.notices = append(s.notices, Notice{Severity: sev, Code: code, Message: fmt.Sprintf(format, args...)})
}

// busy marks the session as running a statement that cancel stops. The result must be called when the statement rests; the session
// is active until EndImplicit.
func (s *Session) busy(text string, cancel context.CancelCauseFunc) (rest func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.cancel
	s.cancel = cancel
	if text == "" { // of a statement that is only prepared
		text = s.activity.Query
	}
	if now := time.Now(); before == nil && (s.activity.State != "active" || s.activity.Query != text) {
		s.activity = Activity{State: "active", Query: text, Application: s.activity.Application, QueryStart: now, Changed: now}
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cancel = before
	}
}

// idle notes that the session waits for its client.
func (s *Session) idle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state := s.restState(); s.activity.State != state {
		s.activity.State, s.activity.Changed = state, time.Now()
	}
}

func (s *Session) restState() string {
	switch {
	case s.tx.failed:
		return "idle in transaction (aborted)"
	case s.tx.open:
		return "idle in transaction"
	}
	return "idle"
}

// statementContext returns a context that statement_timeout and Cancel end.
func (s *Session) statementContext(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := s.settings.timeout("statement_timeout")
	if d == 0 {
		return ctx, cancel
	}
	timer := time.AfterFunc(d, func() {
		cancel(sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to statement timeout"))
	})
	return ctx, func(cause error) {
		timer.Stop()
		cancel(cause)
	}
}

// Timed returns a context for a message that runs a portal: statement_timeout ends it. done must be called when the portal rests.
func (s *Session) Timed(ctx context.Context) (timed context.Context, done func()) {
	timed, cancel := s.statementContext(ctx)
	return timed, func() { cancel(nil) }
}

// explainError replaces the error of a context that ended by its cause.
func explainError(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	if sqlerr.As(cause) != nil && (errors.Is(err, context.Canceled) || errors.Is(err, cause) || sqlerr.As(err) == nil) {
		return cause
	}
	if errors.Is(err, context.Canceled) {
		return sqlerr.New(sqlerr.QueryCanceled, "canceling statement because the client has gone")
	}
	return err
}

// version returns the catalog version that the next statement sees.
func (s *Session) version(ctx context.Context) (catalog.Version, error) {
	if s.tx.open && s.tx.version != 0 {
		return s.tx.version, nil
	}
	snap, err := s.engine.snapshot(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	if s.tx.open {
		s.tx.version = snap.Version()
	}
	return snap.Version(), nil
}

// CatalogSnapshot returns the version that the current statement sees. It must be closed.
func (s *Session) CatalogSnapshot(ctx context.Context) (catalog.Snapshot, error) {
	v, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	return s.engine.snapshot(ctx, v)
}

// textColumns returns text columns with the given names.
func textColumns(names ...string) []schema.Column {
	out := make([]schema.Column, len(names))
	for i, n := range names {
		out[i] = schema.Column{Name: n, Type: schema.Text}
	}
	return out
}
