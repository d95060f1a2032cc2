package bind

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
)

// Catalogs is what names of tables are looked up in. The session implements it.
type Catalogs interface {
	// Connector returns the source that is known under the name of a catalog; a missing one is SQLSTATE 3D000.
	Connector(ctx context.Context, catalog string) (connectors.Connector, error)
	// Current is the catalog of names without one.
	Current() string
	// SearchPath lists the schemas of names without one. pg_catalog is searched before them without being listed.
	SearchPath() []string
	// System is the connector of the schemas pg_catalog, information_schema and tarn, which every catalog has.
	System() connectors.Connector
}

// Settings are the session's settings that change plans.
type Settings struct {
	// Dialect decides where PostgreSQL and Trino define the same spelling differently: "postgres" (also ""), "trino".
	Dialect string
	// DisabledRules names the optimiser's rules that do not run.
	DisabledRules map[string]bool
	// Location is the session's time zone; nil is UTC.
	Location *time.Location
	// Workers is how many workers a scan has, BatchRows the greatest number of rows of a batch; 0 are the defaults.
	Workers, BatchRows int
}

// Env is what a statement is planned with.
type Env struct {
	Catalogs  Catalogs
	Registry  expr.Registry
	Evaluator expr.Evaluator
	Query     *connectors.Query
	Settings  Settings
	// Params are the values of $1 and so on. ParamTypes are the types that the client declared, unknown where it did not;
	// they are used when there are no values.
	Params     []schema.Value
	ParamTypes []schema.Type
}

// trino reports whether Trino's meaning of ambiguous constructs is asked for.
func (e *Env) trino() bool { return e.Settings.Dialect == "trino" }
