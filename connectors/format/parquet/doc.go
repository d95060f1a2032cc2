// Package parquet reads Apache Parquet files: the footer, statistics, page indexes and Bloom filters decide what is
// needed, and own decoders turn pages into vectors. Columns that filters read are decoded first, in passes that get
// smaller; other columns are fetched and decoded only where rows are left. Dictionary-coded columns stay
// dictionary-coded, and values that need no conversion are not copied.
//
// # What is billed
//
// Metrics.BilledBytes of a scan is the sum of
//
//   - the footer of each file (its length and the 8 bytes after it), when its splits are made;
//   - for each row group that is read, and that neither its statistics nor a join filter that the scan waits for
//     exclude: the Bloom filters, column indexes and offset indexes that filters (those of joins that the scan waits for
//     among them) consult; and, unless those exclude the row group, the stored bytes of the column chunks of all fields in
//     the output or in a filter, with dictionary and headers. A filter that by the statistics all rows of the row group
//     pass is not evaluated, and needs no column. Where the column index leaves only some pages, a chunk counts with those pages and what comes before
//     its first data page.
//
// It depends on the plan and the objects alone: what caches hold, how ranges are joined, read ahead or repeated, how
// many workers there are, and what late materialisation skips while the query runs does not change it. A scan that
// ends early (LIMIT) is billed for the row groups that it began. A join filter that the scan does not wait for may
// spare reading a row group, and does not change what is billed.
//
// # Types
//
// Columns are matched by name. A column that a file lacks is NULL; a type that is narrower in the file than in the table
// is widened; what could lose information is an error that names the file. Timestamps in nanoseconds are rounded down
// to microseconds.
package parquet
