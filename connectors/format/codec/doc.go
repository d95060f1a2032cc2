// Package codec decompresses whole files: gzip, zlib, zstd, bzip2, snappy (framed, raw and Hadoop's blocks) and lz4 (frames
// and Hadoop's blocks). Everything streams; what a header claims is never allocated before it is checked against a bound.
//
// A codec is found by the file's extension, in any case, and for files without a telling one by the first bytes.
package codec
