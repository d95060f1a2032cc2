package pgtest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database is an empty database of its own for one test.
type Database struct {
	// Name is the database's name, derived from the test's.
	Name string
	// DSN is the connection string, as the superuser, over loopback TCP.
	DSN string

	server *Server
}

var databases atomic.Int64

// NewDatabase creates an empty database and drops it when the test ends, cutting connections that are left.
func (s *Server) NewDatabase(t testing.TB) *Database {
	t.Helper()
	name := databaseName(t.Name(), databases.Add(1))
	s.admin(t, "create database "+pgx.Identifier{name}.Sanitize())
	t.Cleanup(func() {
		s.admin(t, "drop database "+pgx.Identifier{name}.Sanitize()+" with (force)")
	})
	return &Database{Name: name, DSN: s.dsn(name), server: s}
}

// databaseName keeps what is legible of a test's name within PostgreSQL's 63 bytes.
func databaseName(test string, number int64) string {
	var b strings.Builder
	for _, r := range strings.ToLower(test) {
		if b.Len() >= 40 {
			break
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	return fmt.Sprintf("%s_%d", b.String(), number)
}

// admin runs one statement in the maintenance database.
func (s *Server) admin(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Connect opens a connection that is closed when the test ends.
func (d *Database) Connect(t testing.TB) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.DSN)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements, one after another, on a connection of its own and fails the test when one fails.
func (d *Database) Exec(t testing.TB, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.DSN)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}
