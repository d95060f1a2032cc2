package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// The kinds of objects.
const (
	kindDatabase = "database"
	kindTable    = "table"
	kindSource   = "source"
	kindCrawler  = "crawler"
)

// tableKey is a table's place: database and name.
type tableKey struct{ database, name string }

// objectName is the name column of the objects table.
func (k tableKey) objectName() string { return k.database + "\x00" + k.name }

// state is all objects of one version, but for partitions. It is immutable once it is in the cache.
type state struct {
	version   catalog.Version
	databases map[string]*catalog.Database
	tables    map[tableKey]*catalog.Table
	sources   map[string]*catalog.Source
	crawlers  map[string]*catalog.Crawler
}

func newState(v catalog.Version) *state {
	return &state{
		version: v, databases: map[string]*catalog.Database{}, tables: map[tableKey]*catalog.Table{},
		sources: map[string]*catalog.Source{}, crawlers: map[string]*catalog.Crawler{},
	}
}

// clone returns a copy for version v that can be changed; the objects themselves are shared.
func (s *state) clone(v catalog.Version) *state {
	return &state{version: v, databases: maps.Clone(s.databases), tables: maps.Clone(s.tables),
		sources: maps.Clone(s.sources), crawlers: maps.Clone(s.crawlers)}
}

// cache keeps decoded objects and the newest states and partition sets.
type cache struct {
	mu      sync.Mutex
	states  map[catalog.Version]*state
	objects map[int64]any // decoded body by row id; rows never change
	// parts has the newest partition set of each table, by the table's ID, and order the tables in the order of their arrival.
	parts map[int64]versionedParts
	order []int64
}

// versionedParts are a table's partitions since a version.
type versionedParts struct {
	version catalog.Version
	set     *catalog.PartitionSet
}

const (
	cachedStates     = 8
	cachedPartitions = 256
	// cachedObjects is how many decoded objects may stay that the newest loaded version has not.
	cachedObjects = 1024
)

func newCache() *cache {
	return &cache{states: map[catalog.Version]*state{}, objects: map[int64]any{}, parts: map[int64]versionedParts{}}
}

func (c *cache) state(v catalog.Version) *state {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[v]
}

func (c *cache) putState(s *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.states) >= cachedStates {
		delete(c.states, slices.Min(slices.Collect(maps.Keys(c.states))))
	}
	c.states[s.version] = s
}

// partitions returns the partitions of a table as they are since a version, nil when they are not cached.
func (c *cache) partitions(table int64, version catalog.Version) *catalog.PartitionSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.parts[table]; p.version == version {
		return p.set
	}
	return nil
}

// putPartitions keeps the partitions of a table in the place of those of an older version, which may be as many.
func (c *cache) putPartitions(table int64, version catalog.Version, set *catalog.PartitionSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok := c.parts[table]
	if have.version > version {
		return
	}
	if !ok {
		if len(c.order) >= cachedPartitions {
			delete(c.parts, c.order[0])
			c.order = c.order[1:]
		}
		c.order = append(c.order, table)
	}
	c.parts[table] = versionedParts{version, set}
}

// forget drops the decoded objects that are not among the given ones when there are many.
func (c *cache) forget(but map[int64]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.objects) > len(but)+cachedObjects {
		maps.DeleteFunc(c.objects, func(id int64, _ any) bool { return !but[id] })
	}
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// load reads all objects of version v, decoding only rows that it has not seen.
func (s *Store) load(ctx context.Context, q querier, v catalog.Version) (*state, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, kind, name, since, body FROM objects WHERE since <= ? AND until > ?", v, v)
	if err != nil {
		return nil, s.fault("read", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells what Close would
	st, seen := newState(v), map[int64]bool{}
	for rows.Next() {
		var id, since int64
		var kind, name string
		var body []byte
		if err := rows.Scan(&id, &kind, &name, &since, &body); err != nil {
			return nil, s.fault("read", err)
		}
		if err := s.decode(st, id, kind, name, catalog.Version(since), body); err != nil {
			return nil, err
		}
		seen[id] = true
	}
	s.cache.forget(seen)
	return st, s.fault("read", rows.Err())
}

func (s *Store) decode(st *state, id int64, kind, name string, since catalog.Version, body []byte) error {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	object, ok := s.cache.objects[id]
	if !ok {
		var err error
		if object, err = decodeObject(kind, body); err != nil {
			return sqlerr.New(sqlerr.DataCorrupted, "the catalog's %s %s cannot be read: %w", kind, strings.ReplaceAll(name, "\x00", "."), err)
		}
		if t, ok := object.(*catalog.Table); ok {
			t.Version = since
		}
		s.cache.objects[id] = object
	}
	switch o := object.(type) {
	case *catalog.Database:
		st.databases[o.Name] = o
	case *catalog.Table:
		st.tables[tableKey{o.Database, o.Name}] = o
	case *catalog.Source:
		st.sources[o.Name] = o
	case *catalog.Crawler:
		st.crawlers[o.Name] = o
	}
	return nil
}

func decodeObject(kind string, body []byte) (any, error) {
	var o any
	switch kind {
	case kindDatabase:
		o = new(catalog.Database)
	case kindTable:
		o = new(catalog.Table)
	case kindSource:
		o = new(catalog.Source)
	case kindCrawler:
		o = new(catalog.Crawler)
	default:
		return nil, sqlerr.New(sqlerr.DataCorrupted, "unknown kind %q", kind)
	}
	return o, json.Unmarshal(body, o)
}
