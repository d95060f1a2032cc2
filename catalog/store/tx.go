package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// forever is the end of the range of an object that still exists.
const forever = math.MaxInt64

// firstID is the first table ID: PostgreSQL clients take smaller oids for the system's own.
const firstID = 16384

// tx implements catalog.Tx.
type tx struct {
	snapshot
	sql     *sql.Tx
	changed bool
	touched map[int64]bool // tables whose row already begins at this version
}

var _ catalog.Tx = (*tx)(nil)

// Update runs f in one transaction and commits a new version.
func (s *Store) Update(ctx context.Context, f func(catalog.Tx) error) (catalog.Version, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	t, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer t.sql.Rollback() //nolint:errcheck // after Commit it has nothing to do
	before := t.state.version - 1
	if err := f(t); err != nil {
		return 0, err
	}
	if !t.changed {
		return before, nil
	}
	if _, err := t.sql.ExecContext(ctx, "INSERT INTO versions VALUES (?, ?)", t.state.version, time.Now().UnixMicro()); err != nil {
		return 0, s.fault("change", err)
	}
	if err := t.sql.Commit(); err != nil {
		return 0, s.fault("change", err)
	}
	return t.state.version, nil
}

func (s *Store) begin(ctx context.Context) (*tx, error) {
	q, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, s.fault("change", err)
	}
	newest, err := s.newest(ctx, q)
	if err != nil {
		q.Rollback() //nolint:errcheck // the first error counts
		return nil, err
	}
	st := s.cache.state(newest)
	if st == nil {
		if st, err = s.load(ctx, q, newest); err != nil {
			q.Rollback() //nolint:errcheck // the first error counts
			return nil, err
		}
	}
	return &tx{snapshot: snapshot{store: s, state: st.clone(newest + 1), from: q}, sql: q, touched: map[int64]bool{}}, nil
}

// put makes object the one of its name from this version on.
func (t *tx) put(ctx context.Context, kind, name string, object any) error {
	if err := t.remove(ctx, kind, name); err != nil {
		return err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return sqlerr.New(sqlerr.InternalError, "encode %s %s: %w", kind, name, err)
	}
	_, err = t.sql.ExecContext(ctx, "INSERT INTO objects (kind, name, body, since, until) VALUES (?, ?, ?, ?, ?)",
		kind, name, body, t.state.version, int64(forever))
	return t.store.fault("change", err)
}

// remove ends the object of a name with the version before. A row that began in this transaction is deleted: it was never
// seen.
func (t *tx) remove(ctx context.Context, kind, name string) error {
	t.changed = true
	if _, err := t.sql.ExecContext(ctx, "DELETE FROM objects WHERE kind = ? AND name = ? AND until = ? AND since = ?",
		kind, name, int64(forever), t.state.version); err != nil {
		return t.store.fault("change", err)
	}
	_, err := t.sql.ExecContext(ctx, "UPDATE objects SET until = ? WHERE kind = ? AND name = ? AND until = ?",
		t.state.version, kind, name, int64(forever))
	return t.store.fault("change", err)
}

// CreateDatabase adds a database.
func (t *tx) CreateDatabase(ctx context.Context, d catalog.Database) error {
	if _, ok := t.state.databases[d.Name]; ok {
		return sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists", d.Name)
	}
	return t.putDatabase(ctx, d)
}

// AlterDatabase replaces a database.
func (t *tx) AlterDatabase(ctx context.Context, d catalog.Database) error {
	if _, err := t.Database(ctx, d.Name); err != nil {
		return err
	}
	return t.putDatabase(ctx, d)
}

func (t *tx) putDatabase(ctx context.Context, d catalog.Database) error {
	t.state.databases[d.Name] = &d
	return t.put(ctx, kindDatabase, d.Name, &d)
}

// DropDatabase removes a database, with its tables when cascade is set.
func (t *tx) DropDatabase(ctx context.Context, name string, cascade bool) error {
	tables, err := t.Tables(ctx, name)
	if err != nil {
		return err
	}
	if len(tables) > 0 && !cascade {
		return sqlerr.New("2BP01", "cannot drop schema %s because other objects depend on it", name).
			WithDetail("%d tables are in it, the first is %s", len(tables), tables[0].Name).
			WithHint("use DROP SCHEMA ... CASCADE to drop them too")
	}
	for _, table := range tables {
		if err := t.DropTable(ctx, name, table.Name); err != nil {
			return err
		}
	}
	delete(t.state.databases, name)
	return t.remove(ctx, kindDatabase, name)
}

// PutSource creates or replaces a source.
func (t *tx) PutSource(ctx context.Context, o catalog.Source) error {
	t.state.sources[o.Name] = &o
	return t.put(ctx, kindSource, o.Name, &o)
}

// DropSource removes a source.
func (t *tx) DropSource(ctx context.Context, name string) error {
	if _, ok := t.state.sources[name]; !ok {
		return sqlerr.New(sqlerr.UndefinedObject, "catalog %q does not exist", name)
	}
	delete(t.state.sources, name)
	return t.remove(ctx, kindSource, name)
}

// PutCrawler creates or replaces a crawler.
func (t *tx) PutCrawler(ctx context.Context, o catalog.Crawler) error {
	t.state.crawlers[o.Name] = &o
	return t.put(ctx, kindCrawler, o.Name, &o)
}

// DropCrawler removes a crawler.
func (t *tx) DropCrawler(ctx context.Context, name string) error {
	if _, err := t.Crawler(ctx, name); err != nil {
		return err
	}
	delete(t.state.crawlers, name)
	return t.remove(ctx, kindCrawler, name)
}
