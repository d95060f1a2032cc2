// Package text is what the formats made of text records (CSV, JSON lines) share: reading a file once for many workers,
// turning located values into vectors, filtering in passes, and naming the place of an error.
//
// # How a file is shared
//
// Where a record ends in a text file depends on all that precedes it: a line break may stand inside quotes. A Feed
// therefore reads a file from start to end, once, cuts it into chunks of whole records, and gives each chunk to the worker
// that asks next. Finding the cut is cheap next to parsing (a search for the last line break where no quotes are), so
// that parsing, the work, runs on all workers, also for compressed files. The splits of a file are equal: each stands for
// "the next chunks", and is at its end when the file is.
//
// # What is billed
//
// The stored bytes that were read: of a compressed file its size, of others each chunk. A scan without limit bills the
// size of each file, whatever the workers do.
//
// # How values become columns
//
// A format locates values (Span) in a batch of records, only those that are needed. Filters then run in passes: the
// columns of one filter are converted for the rows that are left, the filter shrinks the rows, and so on; columns that no
// filter reads are converted for surviving rows only. Text without escapes is not copied: vectors point into the chunk.
//
// Decimals are rounded half away from zero to the scale of their column, seconds to the sixth digit, text is cut to
// the length of varchar(n) and char(n), as Hive does when it reads. A time with an offset is turned to UTC.
package text
