// Package spill keeps rows that do not fit in memory in temporary files.
//
// A Dir belongs to one query and closes what its streams leave open. Files have no names, so that nothing is left of them when
// the process ends. A Stream is a sequence of batches: it is written, then read once or more often. Files are read only by the process
// that wrote them, so values are stored as they lie in memory; every block has its length and a checksum, so that a damaged file is
// an error and never a wrong result.
package spill
