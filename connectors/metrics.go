package connectors

import "sync/atomic"

// Metrics count the work of one scan. Counters only grow; readers and the engine use them concurrently.
type Metrics struct {
	// PartitionsTotal and PartitionsSelected are partitions of the table, before and after pruning.
	PartitionsTotal, PartitionsSelected atomic.Int64
	// FilesTotal are the files in the selected partitions, FilesPruned those that statistics excluded, FilesRead those of
	// which data was read, or the number of rows where no more is asked for.
	FilesTotal, FilesPruned, FilesRead atomic.Int64
	// RowGroupsTotal are the row groups of the files that were opened, RowGroupsPruned those that statistics or dynamic
	// filters excluded. PagesPruned are pages skipped by index or by mask.
	RowGroupsTotal, RowGroupsPruned, PagesPruned atomic.Int64
	// BilledBytes are the stored bytes of the ranges that the plan needed: the same for the same plan and objects, whatever
	// caches, retries and workers do.
	BilledBytes atomic.Int64
	// FetchedBytes are the bytes that crossed the network or were read from disk.
	FetchedBytes atomic.Int64
	// Gets, Lists and Heads are requests to object storage; Lookups are keys sent to a key-value store, KeysRead the
	// keys that it read, Statements the statements sent to a database.
	Gets, Lists, Heads, Lookups, KeysRead, Statements atomic.Int64
	// Rows are the rows that the scan returned.
	Rows atomic.Int64
}
