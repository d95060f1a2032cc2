// Package objstore reads and writes objects in S3-compatible storage, in a directory, or in memory, behind one small
// interface.
//
// A Store is one bucket (or one directory). Wrappers add what every caller wants and no implementation should repeat:
// Retrying retries with backoff and a process-wide budget, Metered counts requests and bytes for one query, and Ranges
// turns a list of byte ranges into few, large, overlapping requests. Open puts the wrappers together.
//
// Reads are pinned: an Object carries the ETag that a listing or a Stat saw, and every read of it fails with ErrChanged
// when the object has been replaced since. A query therefore never mixes two versions of a file.
//
// Every error that a Store returns is a *sqlerr.Error whose message names the object by its URL, and whose tree holds
// one of the sentinels of this package (or fs.ErrNotExist) for errors.Is. Context errors are returned as they are.
package objstore
