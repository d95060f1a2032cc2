// Package pgwire serves sessions to PostgreSQL clients by the wire protocol, version 3: simple and extended queries, cursors,
// COPY TO STDOUT, cancellation, TLS and SCRAM-SHA-256.
package pgwire
