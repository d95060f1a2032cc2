package pgwire

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/pgwire/pgtypes"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// Backend opens sessions: the engine, as the protocol needs it.
type Backend interface {
	// Connect opens a session. Its error is the client's last message.
	Connect(ctx context.Context, l session.Login) (Session, error)
}

// Session is what the protocol needs of a session; the methods are those of session.Session. Cancel may be called by any
// goroutine, the others by one at a time.
type Session interface {
	PID() int32
	Parse(sql string) (*session.Script, error)
	Refused(ctx context.Context, text string, err error)
	Prepare(ctx context.Context, name string, st session.Statement, types []schema.Type) (*session.Prepared, error)
	Prepared(name string) (*session.Prepared, error)
	Unprepare(name string)
	Bind(name string, p *session.Prepared, params []schema.Value) (*session.Portal, error)
	Portal(name string) (*session.Portal, error)
	ClosePortal(name string) error
	Timed(ctx context.Context) (timed context.Context, done func())
	Result(ctx context.Context, p *session.Portal) (Result, error)
	Execute(ctx context.Context, st session.Statement, params []schema.Value) (Result, error)
	Status() byte
	Fail()
	EndImplicit()
	Notices() []session.Notice
	Reported() []session.ParameterStatus
	ReportChanges() []session.ParameterStatus
	Setting(name string) (string, bool)
	Timeout(name string) time.Duration
	Location() *time.Location
	ObjectName(ctx context.Context, kind schema.Kind, oid int64) (string, error)
	Cancel()
	Close()
}

// Result is the outcome of a statement; see session.Result.
type Result interface {
	// Shape returns the columns, nil for a statement without rows, and the options of COPY TO STDOUT, nil for other statements.
	Shape() ([]physical.Column, *session.CopyOptions)
	// SimpleFormats are the formats of the rows when a simple query asked for them: none, which is text, but for a BINARY cursor.
	SimpleFormats() []int16
	Next(ctx context.Context) (*vector.Batch, error)
	Take(ctx context.Context, n int64) (*vector.Batch, error)
	Tag(rows int64) string
	Close() error
	Abort(err error)
}

// engineBackend is the engine itself.
type engineBackend struct{ engine *session.Engine }

// Connect opens a session of the engine.
func (b engineBackend) Connect(ctx context.Context, l session.Login) (Session, error) {
	s, err := b.engine.Connect(ctx, l)
	if err != nil {
		return nil, err
	}
	return engineSession{s}, nil
}

// engineSession is a session of the engine. Only the type of results differs.
type engineSession struct{ *session.Session }

// Execute runs a statement.
func (s engineSession) Execute(ctx context.Context, st session.Statement, params []schema.Value) (Result, error) {
	return wrapResult(s.Session.Execute(ctx, st, params))
}

// Result starts a portal's statement, or returns the running one.
func (s engineSession) Result(ctx context.Context, p *session.Portal) (Result, error) {
	return wrapResult(s.Session.Result(ctx, p))
}

func wrapResult(r *session.Result, err error) (Result, error) {
	if err != nil {
		return nil, err
	}
	return engineResult{r}, nil
}

type engineResult struct{ *session.Result }

// SimpleFormats returns the formats of rows for a simple query.
func (r engineResult) SimpleFormats() []int16 {
	if r.Binary {
		return []int16{pgtypes.Binary}
	}
	return nil
}

// Shape returns the columns and the COPY options.
func (r engineResult) Shape() ([]physical.Column, *session.CopyOptions) { return r.Columns, r.Copy }
