// Package pgtypes holds PostgreSQL's text and binary forms of Tarn's types: rows encoded straight from vectors, and decoders of
// parameters. It knows nothing of connections; package pgwire frames what it makes.
//
// The forms are those of PostgreSQL's output, send, input and receive functions (src/backend/utils/adt of its sources). Rows are
// encoded row after row into one buffer: what to do with a column is decided once a batch, so that a cell costs a branch, a null
// test and its own digits.
package pgtypes
