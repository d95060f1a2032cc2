package jdbc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// postgres implements connectors.Connector over a PostgreSQL database.
type postgres struct {
	name string
	// pool has the connections that read rows; snapshots those that keep a query's snapshot open. They are apart, because a
	// query that has its snapshot and waits for a reader must not wait for another query that waits as well.
	pool, snapshots *pgxpool.Pool
}

var _ connectors.Connector = (*postgres)(nil)

// postgresConnections is the greatest number of connections to one source that read, and of queries that read from it at once;
// acquireTimeout is how long a scan waits for one.
const (
	postgresConnections = 8
	acquireTimeout      = time.Minute
)

// OpenPostgreSQL opens the connector of CREATE CATALOG name USING postgresql WITH ("connection-url" =
// 'jdbc:postgresql://host:port/database', "connection-user" = ..., "connection-password" = ...). It connects once, so that
// wrong credentials show at once.
func OpenPostgreSQL(ctx context.Context, name string, properties map[string]string) (connectors.Connector, error) {
	if err := checkProperties("postgresql", properties, propURL, propUser, propPassword); err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(strings.TrimPrefix(properties[propURL], "jdbc:"))
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "connection-url of catalog %s is not a PostgreSQL URL", name).
			WithHint("for example jdbc:postgresql://host:5432/database")
	}
	if u := properties[propUser]; u != "" {
		cfg.ConnConfig.User = u
	}
	if p := properties[propPassword]; p != "" {
		cfg.ConnConfig.Password = p
	}
	cfg.MaxConns, cfg.MaxConnIdleTime = postgresConnections, time.Minute
	cfg.ConnConfig.RuntimeParams["application_name"] = "tarn"
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.ConnectTimeout = 10 * time.Second
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, sqlerr.New(sqlerr.ConnectionFailure, "catalog %s: %w", name, err)
	}
	p := &postgres{name: name, pool: pool}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, p.fault(err)
	}
	if p.snapshots, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg.Copy()); err != nil {
		pool.Close()
		return nil, sqlerr.New(sqlerr.ConnectionFailure, "catalog %s: %w", name, err)
	}
	return p, nil
}

// fault says which source failed. The remote error's own message stays; its SQLSTATE would be misread as Tarn's.
func (p *postgres) fault(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var remote *pgconn.PgError
	if errors.As(err, &remote) {
		return sqlerr.New(sqlerr.IOError, "catalog %s (PostgreSQL): %s", p.name, remote.Message).
			WithDetail("the source's SQLSTATE is %s", remote.Code)
	}
	return sqlerr.New(sqlerr.IOError, "catalog %s (PostgreSQL) cannot be reached: %w", p.name, err)
}

// Close closes the connections.
func (p *postgres) Close() error {
	p.pool.Close()
	p.snapshots.Close()
	return nil
}

// acquire takes a connection that reads. Scans of one query that run side by side each hold one, so the wait must have an end.
func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := p.pool.Acquire(limited)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() == nil && limited.Err() != nil:
		return nil, sqlerr.New(sqlerr.TooManyConnections, "catalog %s (PostgreSQL): all %d connections are in use", p.name, postgresConnections)
	}
	return nil, p.fault(err)
}

// DefaultSchema is public.
func (p *postgres) DefaultSchema() string { return "public" }

// Schemas lists the schemas that are not PostgreSQL's own.
func (p *postgres) Schemas(ctx context.Context, _ *connectors.Query) ([]string, error) {
	rows, err := p.pool.Query(ctx, `SELECT nspname FROM pg_catalog.pg_namespace
		WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname COLLATE "C"`)
	if err != nil {
		return nil, p.fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, p.fault(err)
	}
	return out, nil
}

// Tables lists tables, partitioned and foreign tables, and views.
func (p *postgres) Tables(ctx context.Context, _ *connectors.Query, name string) ([]connectors.TableInfo, error) {
	rows, err := p.pool.Query(ctx, `SELECT c.relname, c.relkind IN ('v', 'm'), coalesce(obj_description(c.oid, 'pg_class'), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY c.relname COLLATE "C"`, name)
	if err != nil {
		return nil, p.fault(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (i connectors.TableInfo, err error) {
		err = r.Scan(&i.Name, &i.View, &i.Comment)
		return i, err
	})
	if err != nil {
		return nil, p.fault(err)
	}
	return out, nil
}

// snapshot is what the connections of one query share: the identity of a transaction's snapshot, and that transaction.
type snapshot struct {
	mu   sync.Mutex
	id   string
	conn *pgxpool.Conn
}

type snapshotKey struct{ p *postgres }

// begin takes a connection and opens a read-only transaction on it that sees what all transactions of the query see.
func (p *postgres) begin(ctx context.Context, q *connectors.Query) (*pgxpool.Conn, error) {
	id, err := p.sharedSnapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	conn, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	// The identity is the server's own, of the form 00000003-0000001B-1.
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '"+strings.ReplaceAll(id, "'", "''")+"'"); err != nil {
		conn.Conn().Close(context.WithoutCancel(ctx)) //nolint:errcheck // the connection is dropped
		conn.Release()
		return nil, p.fault(err)
	}
	return conn, nil
}

func (p *postgres) sharedSnapshot(ctx context.Context, q *connectors.Query) (string, error) {
	s, _ := q.Shared(snapshotKey{p}, func() any { return new(snapshot) }).(*snapshot)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		return s.id, nil
	}
	conn, err := p.snapshots.Acquire(ctx)
	if err != nil {
		return "", p.fault(err)
	}
	if _, err = conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err == nil {
		err = conn.QueryRow(ctx, "SELECT pg_export_snapshot(), set_config('application_name', $1, false)", "tarn/"+q.ID).Scan(&s.id, nil)
	}
	if err != nil {
		conn.Conn().Close(context.WithoutCancel(ctx)) //nolint:errcheck // the connection is dropped
		conn.Release()
		return "", p.fault(err)
	}
	s.conn = conn
	q.OnClose(func() { p.end(conn) })
	return s.id, nil
}

// end closes a transaction and gives its connection back; a connection that is in doubt is dropped.
func (p *postgres) end(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if conn.Conn().IsClosed() || conn.Conn().PgConn().IsBusy() {
		conn.Conn().Close(ctx) //nolint:errcheck // the connection is dropped
	} else if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		conn.Conn().Close(ctx) //nolint:errcheck // the connection is dropped
	}
	conn.Release()
}
