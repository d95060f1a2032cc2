package system

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// Host is the session and the server that the tables describe. It is safe for use by one statement at a time.
type Host interface {
	User() string
	// Database is the current catalog; Catalogs lists all of them.
	Database() string
	Catalogs(ctx context.Context) ([]string, error)
	Connector(ctx context.Context, name string) (connectors.Connector, error)
	SearchPath() []string
	// Snapshot is the lake's catalog as the statement sees it; it must be closed.
	Snapshot(ctx context.Context) (catalog.Snapshot, error)
	Ledger() catalog.Ledger
	Functions() []Function
	Settings() []Setting
	Sessions() []Activity
	Users() []string
	// PreparedStatements and Cursors are the session's own.
	PreparedStatements() []Prepared
	Cursors() []string
	Started() time.Time
}

// Setting is a run-time parameter.
type Setting struct {
	Name, Value, Default, About string
	Fixed                       bool
}

// Activity is a session of the server.
type Activity struct {
	PID                                        int32
	User, Database, Application, Address       string
	Port                                       int32
	State, Query                               string
	Opened, QueryStart, StateChanged, TxOpened time.Time
}

// Prepared is a prepared statement.
type Prepared struct{ Name, SQL string }

// Function is a function of the engine, for pg_proc.
type Function struct {
	Name string
	// Kind is PostgreSQL's prokind: f, a, w; Set says that it returns rows.
	Kind     byte
	Set      bool
	Args     []schema.Type
	Variadic bool
	Result   schema.Type
	// ArgNames and ResultName name the types; those of families of types ("anyarray") are no types of the engine.
	ArgNames   []string
	ResultName string
	Volatility byte
}
