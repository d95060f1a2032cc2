// Package kv is the connector of HBase-like key-value stores: rows of sparse cells in column families, sorted by a row key.
// The store is an embedded one on Pebble.
//
// A table declares its row key as one or more typed columns and every other column as a cell, family:qualifier, or a whole
// family as a map. Keys are encoded so that their bytes sort as their values do, which turns predicates on leading key
// columns into point look-ups, prefixes and ranges (package file access.go). A scan reads only the families that the
// query names: families are stored apart, and a row's existence is a cell of a family of its own, so that a row without a
// cell in the families that are read is not lost.
package kv
