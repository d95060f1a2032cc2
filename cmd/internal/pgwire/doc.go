// Package pgwire serves sessions to PostgreSQL clients by the frontend/backend protocol, version 3.0: simple and extended queries,
// portals and cursors, COPY TO STDOUT, cancellation, TLS and SCRAM-SHA-256.
//
// A connection is one goroutine that reads a message, has the session do it, and answers (conn.go). After the login a second one
// reads ahead, so that a client that goes away is noticed while a statement runs (input.go), and while rows stream a third one
// writes what the first has encoded (output.go): a client that reads slowly blocks the executor and nothing else, and a cancel
// request stops the statement even then.
//
// The protocol is documented in chapter "Frontend/Backend Protocol" of PostgreSQL's manual; error texts and codes are those of
// PostgreSQL 15 (src/backend/tcop/postgres.c, src/backend/libpq), because clients act on them.
package pgwire
