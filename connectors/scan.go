package connectors

import (
	"context"
	"iter"

	"github.com/tarnsql/tarn/exec/vector"
)

// ScanRequest is what the planner offers a table. It grows by fields.
type ScanRequest struct {
	Query *Query
	// Columns are the ordinals in Table.Columns that the scan must return, in this order. None at all asks for the
	// number of rows only: batches then have a length and no columns.
	Columns []int
	// Filters are the conjuncts of the WHERE clause.
	Filters []Filter
	// Dynamic are the filters that joins of this query will publish while it runs.
	Dynamic []DynamicFilter
	// Limit is how many rows suffice, whichever they are; 0 is all. It counts rows after the filters, so a scan may use it
	// only if its verdict is Exact for all of them.
	Limit int64
	// TopN says that only the first Limit rows in this order will be used.
	TopN *TopN
	// Shared are the ordinals that another scan of this query reads from the same table, so that decoding a part of a
	// file once serves both.
	Shared []int
	// Metrics is where the scan counts its work. It is never nil.
	Metrics *Metrics
}

// TopN is an order and a number of rows.
type TopN struct {
	Keys  []SortKey
	Limit int64
}

// SortKey is a column of an order.
type SortKey struct {
	// Column is the ordinal in Table.Columns.
	Column     int
	Descending bool
	NullsFirst bool
}

// Scan is a table's answer to a ScanRequest. It is immutable and safe for concurrent use.
type Scan interface {
	// Verdicts has one entry for each of ScanRequest.Filters.
	Verdicts() []Verdict
	// LimitExact says that the scan returns at most ScanRequest.Limit rows in all.
	LimitExact() bool
	// Estimate is what the scan will return and read.
	Estimate() Estimate
	// Explain are lines for EXPLAIN, for example {"Partitions", "3/730"} and {"Remote SQL", "SELECT ..."}.
	Explain() []Property
	// Splits yields the parts of the work. It may wait for dynamic filters and list storage as it goes. It is called
	// once.
	Splits(ctx context.Context) iter.Seq2[Split, error]
	// NewReader returns a reader for one worker.
	NewReader() (Reader, error)
	// Close ends the scan. It is idempotent; readers are closed before it.
	Close() error
}

// Split is a part of a scan's work: some row groups of a file, a byte range, a key range, a remote query.
type Split interface {
	// String names the split in errors and traces.
	String() string
	// Bytes is about how many stored bytes the split reads.
	Bytes() int64
}

// Reader reads splits, one after the other, for one worker. Its buffers live as long as it does. It is not safe for
// concurrent use.
type Reader interface {
	// Assign begins a split. The batches of the split before it are no longer valid.
	Assign(ctx context.Context, s Split) error
	// Next returns the batches of the split and io.EOF at its end. Columns are in the order of ScanRequest.Columns.
	vector.Source
}

// Estimate is what a scan will return and read.
type Estimate struct {
	// Rows is the number of rows after the filters with an Exact or Inexact verdict; negative is unknown.
	Rows float64
	// Bytes is the number of stored bytes to be read; negative is unknown. BytesExact says that it is the very figure
	// that will be billed.
	Bytes      int64
	BytesExact bool
}

// Property is a line of EXPLAIN.
type Property struct{ Name, Value string }
