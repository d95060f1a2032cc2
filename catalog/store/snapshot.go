package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// snapshot implements catalog.Snapshot over a state.
type snapshot struct {
	store *Store
	state *state
	// from is where partitions are read: the store, or a transaction that sees its own changes.
	from querier
}

// Snapshot returns the state of version v; 0 is the newest.
func (s *Store) Snapshot(ctx context.Context, v catalog.Version) (catalog.Snapshot, error) {
	newest, err := s.newest(ctx, s.read)
	if err != nil {
		return nil, err
	}
	if v == 0 {
		v = newest
	}
	if v < 0 || v > newest {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "the catalog has no version %d: the newest is %d", v, newest)
	}
	st := s.cache.state(v)
	if st == nil {
		if st, err = s.load(ctx, s.read, v); err != nil {
			return nil, err
		}
		s.cache.putState(st)
	}
	return &snapshot{store: s, state: st, from: s.read}, nil
}

func (s *Store) newest(ctx context.Context, q querier) (catalog.Version, error) {
	var v catalog.Version
	err := q.QueryRowContext(ctx, "SELECT version FROM versions ORDER BY version DESC LIMIT 1").Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return v, s.fault("read", err)
}

// Version returns the version.
func (s *snapshot) Version() catalog.Version { return s.state.version }

// Close has nothing to free.
func (s *snapshot) Close() error { return nil }

// Databases lists all databases by name.
func (s *snapshot) Databases(context.Context) ([]catalog.Database, error) {
	return sorted(s.state.databases, func(d *catalog.Database) string { return d.Name }), nil
}

// Database returns a database.
func (s *snapshot) Database(_ context.Context, name string) (*catalog.Database, error) {
	if d, ok := s.state.databases[name]; ok {
		return d, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
}

// Tables lists the tables of a database by name.
func (s *snapshot) Tables(ctx context.Context, database string) ([]*catalog.Table, error) {
	if _, err := s.Database(ctx, database); err != nil {
		return nil, err
	}
	var out []*catalog.Table
	for k, t := range s.state.tables {
		if k.database == database {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *catalog.Table) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// Table returns a table.
func (s *snapshot) Table(_ context.Context, database, name string) (*catalog.Table, error) {
	if t, ok := s.state.tables[tableKey{database, name}]; ok {
		return t, nil
	}
	err := sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", database+"."+name)
	err.Schema, err.Table = database, name
	return nil, err
}

// Sources lists the sources by name.
func (s *snapshot) Sources(context.Context) ([]catalog.Source, error) {
	return sorted(s.state.sources, func(o *catalog.Source) string { return o.Name }), nil
}

// Crawlers lists the crawlers by name.
func (s *snapshot) Crawlers(context.Context) ([]catalog.Crawler, error) {
	return sorted(s.state.crawlers, func(o *catalog.Crawler) string { return o.Name }), nil
}

// Crawler returns a crawler.
func (s *snapshot) Crawler(_ context.Context, name string) (*catalog.Crawler, error) {
	if c, ok := s.state.crawlers[name]; ok {
		return c, nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedObject, "crawler %q does not exist", name)
}

func sorted[T any](m map[string]*T, name func(*T) string) []T {
	out := make([]T, 0, len(m))
	for _, v := range m {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(name(&a), name(&b)) })
	return out
}
