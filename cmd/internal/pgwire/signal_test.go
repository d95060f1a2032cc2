package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func asPg(err error) *pgconn.PgError {
	var e *pgconn.PgError
	errors.As(err, &e)
	return e
}

// as connects a user.
func as(t *testing.T, addr, user string) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(t.Context(), "postgres://"+user+"@"+addr+"/lake?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) }) //nolint:errcheck // the server may have closed it
	return c
}

// Users end the statements and sessions of their own, and not those of others.
func TestOnlyOwnSessionsAreSignalled(t *testing.T) {
	e := newEngine(t)
	addr := serve(t, Options{Engine: e, TrustLoopback: true, ShutdownGrace: time.Second}).String()
	ana, eve, target := as(t, addr, "ana"), as(t, addr, "eve"), as(t, addr, "ana")
	pid := strconv.Itoa(int(target.PID()))
	told := make(chan error, 1)
	go func() {
		_, err := target.Exec(context.Background(), "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000) b").ReadAll()
		told <- err
	}()
	eventually(t, func() bool {
		s := e.Session(int32(target.PID())) //nolint:gosec // the server's numbers fit
		return s != nil && s.Activity().State == "active"
	}, "the statement does not run")
	for sql, want := range map[string]string{
		"select pg_cancel_backend(" + pid + ")":    "permission denied to cancel query",
		"select pg_terminate_backend(" + pid + ")": "permission denied to terminate process",
		"kill query '" + pid + "'":                 "permission denied to cancel query",
	} {
		_, err := eve.Exec(t.Context(), sql).ReadAll()
		if e := asPg(err); e == nil || e.Code != "42501" || e.Message != want || !strings.Contains(e.Detail, `belongs to user "ana"`) {
			t.Errorf("%s: %v, want %q", sql, err, want)
		}
	}
	select {
	case err := <-told:
		t.Fatalf("the statement has ended: %v", err)
	default:
	}
	if _, err := ana.Exec(t.Context(), "select pg_cancel_backend("+pid+")").ReadAll(); err != nil {
		t.Error(err)
	}
	if err := <-told; asPg(err) == nil || asPg(err).Code != "57014" {
		t.Errorf("the cancelled statement: %v", err)
	}
	if _, err := target.Exec(t.Context(), "select 1").ReadAll(); err != nil {
		t.Errorf("after the cancellation: %v", err)
	}
	if _, err := ana.Exec(t.Context(), "select pg_terminate_backend("+pid+")").ReadAll(); err != nil {
		t.Error(err)
	}
	if _, err := target.Exec(t.Context(), "select 1").ReadAll(); asPg(err) == nil || asPg(err).Code != "57P01" {
		t.Errorf("the terminated session: %v", err)
	}
}

// Channel binding ties the password's proof to the server's certificate; a client that demands it gets SCRAM-SHA-256-PLUS, and
// only within TLS.
func TestChannelBinding(t *testing.T) {
	verifier, err := NewVerifier("secret")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, Options{Engine: newEngine(t), Users: map[string]string{"ana": verifier}, ShutdownGrace: time.Second,
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12}}).String()
	for mode, works := range map[string]bool{
		"sslmode=require&channel_binding=require": true, "sslmode=require&channel_binding=prefer": true,
		"sslmode=require&channel_binding=disable": true, "sslmode=disable&channel_binding=require": false,
	} {
		c, err := pgx.Connect(t.Context(), "postgres://ana:secret@"+addr+"/lake?"+mode)
		if (err == nil) != works {
			t.Errorf("%s: %v", mode, err)
		}
		if err == nil {
			c.Close(t.Context()) //nolint:errcheck // the test is over
		}
	}
}

// farListener gives its connections the address of another machine.
type farListener struct{ net.Listener }

type farConn struct{ net.Conn }

func (l farListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	return farConn{nc}, err
}

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5000} }

// A server that requires TLS refuses other machines that come without it before they send a password.
func TestTLSIsRequiredOfOtherMachines(t *testing.T) {
	verifier, err := NewVerifier("secret")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Engine: newEngine(t), Users: map[string]string{"ana": verifier}, ShutdownGrace: time.Second, RequireTLS: true, TrustLoopback: true,
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12}}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	near, far := serve(t, o).String(), serveOn(t, farListener{l}, o).String()
	for _, c := range []struct{ login, addr, mode, code, hint string }{
		{"ana:secret", far, "disable", "28000", "connect with sslmode=require"}, {"ana:secret", far, "require", "", ""},
		{"ana:wrong", far, "require", "28P01", ""}, {"ana", near, "disable", "", ""},
	} {
		conn, err := pgx.Connect(t.Context(), "postgres://"+c.login+"@"+c.addr+"/lake?sslmode="+c.mode)
		if e := asPg(err); (c.code == "") != (err == nil) || e != nil && (e.Code != c.code || e.Hint != c.hint) {
			t.Errorf("%s with sslmode=%s: %v, want %q", c.login, c.mode, err, c.code)
		}
		if conn != nil {
			conn.Close(t.Context()) //nolint:errcheck // the test is over
		}
	}
}
