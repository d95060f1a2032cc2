package catalog

import (
	"context"
	"iter"
	"time"
)

// Ledger is the record of statements: one entry each, durable before the statement's answer ends. It is safe for
// concurrent use.
type Ledger interface {
	// Begin makes an entry in state running, so that a crash leaves a trace. Finish completes it.
	Begin(ctx context.Context, e *LedgerEntry) error
	// Finish stores the final entry under its ID and returns when it is durable.
	Finish(ctx context.Context, e *LedgerEntry) error
	// Entries returns entries, newest first, that started at or after since.
	Entries(ctx context.Context, since time.Time) iter.Seq2[LedgerEntry, error]
}

// QueryState is where a statement ended.
type QueryState string

// The states. Lost is a statement that was running when the server died.
const (
	Running   QueryState = "running"
	Succeeded QueryState = "succeeded"
	Failed    QueryState = "failed"
	Cancelled QueryState = "cancelled"
	Lost      QueryState = "lost"
)

// LedgerEntry is the record of one statement.
type LedgerEntry struct {
	ID string
	// User, Database and Application are the session's; SQL is the statement's own text, cut at 64 KiB.
	User, Database, Application, SQL string
	// Kind is the command tag's verb: SELECT, EXPLAIN, CREATE TABLE.
	Kind  string
	State QueryState
	// SQLState and Message are those of the error.
	SQLState, Message string
	Started, Finished time.Time
	Planning          time.Duration
	Rows              int64
	Tables            []string

	PartitionsTotal, PartitionsRead int64
	FilesTotal, FilesRead           int64
	RowGroupsTotal, RowGroupsRead   int64
	BilledBytes, FetchedBytes       int64
	Gets, Lists, Heads, Lookups     int64
	Statements                      int64
	PeakMemory, SpillBytes          int64
	// ChargedBytes is BilledBytes after rounding and minimum; MicroDollars is its price.
	ChargedBytes, MicroDollars int64
	// Price is the tariff used, as text, so that an old entry can be checked.
	Price string
}
