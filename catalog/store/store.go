package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Options say where and how the store is kept.
type Options struct {
	// Path is the SQLite file; it and its folder are created when missing.
	Path string
	// SyncLedger syncs every ledger entry to disk.
	SyncLedger bool
}

// Store implements catalog.Catalog.
type Store struct {
	path string
	// read serves snapshots; write is the one connection that changes the catalog; record writes the ledger.
	read, write, record *sql.DB
	// writing orders the writers of this process, so that they do not poll for SQLite's lock.
	writing sync.Mutex
	cache   *cache
	ledger  *ledger
}

var _ catalog.Catalog = (*Store)(nil)

// formatVersion is the layout of the file; a file of a newer layout is refused.
const formatVersion = 1

const layout = `
CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
	id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
	since INTEGER NOT NULL, until INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS objects_live ON objects (until, since);
CREATE INDEX IF NOT EXISTS objects_name ON objects (kind, name, until);
CREATE TABLE IF NOT EXISTS partitions (
	table_id INTEGER NOT NULL, vals TEXT NOT NULL, location TEXT NOT NULL,
	row_count INTEGER NOT NULL, bytes INTEGER NOT NULL, files INTEGER NOT NULL,
	since INTEGER NOT NULL, until INTEGER NOT NULL,
	PRIMARY KEY (table_id, vals, since)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ledger (
	id TEXT PRIMARY KEY, started INTEGER NOT NULL, state TEXT NOT NULL, server TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_started ON ledger (started);
`

// Open opens the store and creates it when it is missing.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, sqlerr.New(sqlerr.IOError, "cannot create the folder of the catalog: %w", err)
	}
	s := &Store{path: o.Path, cache: newCache()}
	var err error
	if s.write, err = connect(o.Path, "FULL", 1); err != nil {
		return nil, err
	}
	if err = s.prepare(ctx); err != nil {
		_ = s.write.Close() // the first error is the one that counts
		return nil, err
	}
	if s.read, err = connect(o.Path, "FULL", 4); err != nil {
		return nil, err
	}
	sync := "NORMAL"
	if o.SyncLedger {
		sync = "FULL"
	}
	if s.record, err = connect(o.Path, sync, 1); err != nil {
		return nil, err
	}
	s.ledger = newLedger(s)
	return s, nil
}

func connect(path, synchronous string, conns int) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")", "foreign_keys(0)",
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, sqlerr.New(sqlerr.IOError, "cannot open the catalog %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// prepare checks the layout of the file and makes what is missing.
func (s *Store) prepare(ctx context.Context) error {
	var have int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return s.fault("open", err)
	}
	if have > formatVersion {
		return sqlerr.New(sqlerr.NotInPrerequisiteState, "the catalog %s has format %d, this version of tarn reads up to %d",
			s.path, have, formatVersion).WithHint("use the version of tarn that wrote it, or a newer one")
	}
	if have == formatVersion {
		return nil
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.fault("open", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if _, err := tx.ExecContext(ctx, layout); err != nil {
		return s.fault("create", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", formatVersion)); err != nil {
		return s.fault("create", err)
	}
	return s.fault("create", tx.Commit())
}

// fault wraps an error of the store itself.
func (s *Store) fault(verb string, err error) error {
	if err == nil {
		return nil
	}
	return sqlerr.New(sqlerr.IOError, "cannot %s the catalog %s: %w", verb, s.path, err)
}

// Ledger returns the record of queries.
func (s *Store) Ledger() catalog.Ledger { return s.ledger }

// Close waits for writers and closes the file.
func (s *Store) Close() error {
	s.ledger.close()
	s.writing.Lock()
	defer s.writing.Unlock()
	for _, db := range []*sql.DB{s.read, s.record, s.write} {
		if err := db.Close(); err != nil {
			return s.fault("close", err)
		}
	}
	return nil
}
