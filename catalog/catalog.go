package catalog

import (
	"context"
	"time"
)

// Version numbers the states of a catalog; it grows by one with every committed change. 0 means the newest.
type Version int64

// Catalog is a versioned store of metadata. It is safe for concurrent use.
type Catalog interface {
	// Snapshot returns the state of version v (0: the newest). It must be closed.
	Snapshot(ctx context.Context, v Version) (Snapshot, error)
	// Update runs f in one transaction on the newest version and commits a new version when f returns nil. Writers run one
	// after the other. On an error, or when the context ends, nothing has changed.
	Update(ctx context.Context, f func(Tx) error) (Version, error)
	// Ledger is the record of queries, kept in the same store.
	Ledger() Ledger
	// Close waits for writers and closes the store.
	Close() error
}

// Snapshot is one version, immutable and safe for concurrent use. Names are as stored: lower case unless they were quoted.
type Snapshot interface {
	Version() Version
	// Databases lists all databases by name.
	Databases(ctx context.Context) ([]Database, error)
	// Database returns one; missing is SQLSTATE 3F000.
	Database(ctx context.Context, name string) (*Database, error)
	// Tables lists the tables and views of a database by name, without their partitions.
	Tables(ctx context.Context, database string) ([]*Table, error)
	// Table returns one; missing is SQLSTATE 42P01. The result is shared: do not change it.
	Table(ctx context.Context, database, name string) (*Table, error)
	// Partitions returns the partitions of a table, ordered by their values, with their values also as columns. The result
	// is cached for the version of the table and shared: do not change it.
	Partitions(ctx context.Context, t *Table) (*PartitionSet, error)
	// Sources lists what CREATE CATALOG added, by name.
	Sources(ctx context.Context) ([]Source, error)
	// Crawlers lists the crawlers by name.
	Crawlers(ctx context.Context) ([]Crawler, error)
	// Crawler returns one; missing is SQLSTATE 42704.
	Crawler(ctx context.Context, name string) (*Crawler, error)
	Close() error
}

// Tx is a Snapshot of the newest version that can be changed; it sees its own changes.
type Tx interface {
	Snapshot
	// CreateDatabase fails with 42P06 when the name is taken.
	CreateDatabase(ctx context.Context, d Database) error
	// AlterDatabase replaces comment, location and properties.
	AlterDatabase(ctx context.Context, d Database) error
	// DropDatabase fails with 2BP01 when tables are in it and cascade is false.
	DropDatabase(ctx context.Context, name string, cascade bool) error
	// CreateTable fails with 42P07 when the name is taken. It sets t.ID.
	CreateTable(ctx context.Context, t *Table) error
	// AlterTable replaces everything but the ID and the partitions; Name and Database may change.
	AlterTable(ctx context.Context, t *Table) error
	// DropTable removes a table with its partitions; no object in storage is touched.
	DropTable(ctx context.Context, database, name string) error
	// AddPartitions adds partitions; one whose values exist is replaced when replace is set and is 42710 otherwise.
	AddPartitions(ctx context.Context, t *Table, ps []Partition, replace bool) error
	// DropPartitions removes the partitions with the given values and returns how many there were.
	DropPartitions(ctx context.Context, t *Table, ps []Partition) (int, error)
	// PutSource and PutCrawler create or replace; DropSource and DropCrawler fail with 42704 when there is none.
	PutSource(ctx context.Context, s Source) error
	DropSource(ctx context.Context, name string) error
	PutCrawler(ctx context.Context, c Crawler) error
	DropCrawler(ctx context.Context, name string) error
}

// Database is a schema of the lake.
type Database struct {
	Name, Comment, Location string
	Properties              map[string]string
}

// Source is a connector instance that CREATE CATALOG added.
type Source struct {
	Name string
	// Connector is the kind: pebble, sqlite, postgresql.
	Connector string
	// Properties are those of WITH (...), secrets included: show Redacted ones only.
	Properties map[string]string
	Created    time.Time
}

// Crawler is a stored definition of a crawl.
type Crawler struct {
	Name     string
	Targets  []string
	Exclude  []string
	Database string
	Prefix   string
	Schedule string
	Options  map[string]string
	Created  time.Time
	// LastRun describes the newest crawl; its zero value says that there was none.
	LastRun CrawlRun
}

// CrawlRun is the outcome of one crawl.
type CrawlRun struct {
	Started                                                     time.Time
	Elapsed                                                     time.Duration
	Version                                                     Version
	TablesAdded, TablesChanged, PartitionsAdded, PartitionsGone int64
	Files, Bytes, Lists, Gets                                   int64
	Error                                                       string
}
