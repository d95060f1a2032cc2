package pgwire

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"

	"github.com/tarnsql/tarn/cmd/internal/session"
)

// busy starts an endless statement on a connection and returns when the engine shows it.
func busy(t *testing.T, e *session.Engine, c *client) {
	t.Helper()
	c.send(t, &pgproto3.Query{String: quietEndless})
	eventually(t, func() bool {
		s := e.Session(int32(c.pid))
		return s != nil && s.Activity().State == "active"
	}, "the statement does not start")
}

// quietEndless never ends and sends no rows meanwhile.
const quietEndless = "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b, generate_series(1, 1000000) c"

// eventually waits for a condition.
func eventually(t *testing.T, holds func() bool, complaint string) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatal(complaint)
		}
	}
}

func TestCancelWithAWrongKeyDoesNothing(t *testing.T) {
	e := newEngine(t)
	addr := serve(t, Options{Engine: e, TrustLoopback: true, ShutdownGrace: time.Second})
	c := login(t, addr)
	busy(t, e, c)
	for _, request := range []pgproto3.CancelRequest{{ProcessID: c.pid, SecretKey: c.key + 1}, {ProcessID: c.pid + 1000, SecretKey: c.key}, {}} {
		k := dial(t, addr)
		k.send(t, &request)
		if got := k.ended(t); got != "" {
			t.Errorf("answer to a cancel request: %s", got)
		}
	}
	if s := e.Session(int32(c.pid)); s == nil || s.Activity().State != "active" {
		t.Fatal("the statement has ended")
	}
	k := dial(t, addr)
	k.send(t, &pgproto3.CancelRequest{ProcessID: c.pid, SecretKey: c.key})
	if got := c.until(t, "ReadyForQuery", 1); !strings.Contains(got, "ErrorResponse ERROR 57014") {
		t.Errorf("with the right key: %s", got)
	}
}

func TestStatementEndsWhenItsClientIsGone(t *testing.T) {
	for name, leave := range map[string]func(net.Conn) error{
		"closed": net.Conn.Close,
		"reset": func(nc net.Conn) error {
			if err := nc.(*net.TCPConn).SetLinger(0); err != nil {
				return err
			}
			return nc.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			c := login(t, serve(t, Options{Engine: e, TrustLoopback: true, ShutdownGrace: time.Second}))
			busy(t, e, c)
			if err := leave(c.nc); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() bool { return len(e.Sessions()) == 0 }, "the session is still there")
			for entry, err := range e.Catalog.Ledger().Entries(t.Context(), time.Time{}) {
				if err != nil || entry.State == "running" || entry.State == "succeeded" {
					t.Errorf("ledger: %s %s, %d rows, %v", entry.SQL, entry.State, entry.Rows, err)
				}
			}
		})
	}
}

func TestTerminateBackend(t *testing.T) {
	e := newEngine(t)
	addr := serve(t, Options{Engine: e, TrustLoopback: true, ShutdownGrace: time.Second})
	admin, idle, working := login(t, addr), login(t, addr), login(t, addr)
	busy(t, e, working)
	for name, c := range map[string]*client{"idle": idle, "working": working} {
		if got := admin.query(t, "select pg_terminate_backend("+itoa(c.pid)+")"); !strings.Contains(got, "DataRow 't'") {
			t.Errorf("%s: %s", name, got)
		}
		if got := c.ended(t); !strings.Contains(got, "FATAL 57P01 terminating connection due to administrator command") {
			t.Errorf("%s was told: %s", name, got)
		}
	}
	eventually(t, func() bool { return len(e.Sessions()) == 1 }, "the sessions are still there")
	if got := admin.query(t, "select pg_terminate_backend("+itoa(idle.pid)+")"); !strings.Contains(got, "DataRow 'f'") || !strings.Contains(got, "WARNING") {
		t.Errorf("a session that has ended: %s", got)
	}
	admin.send(t, &pgproto3.Query{String: "select pg_terminate_backend(pg_backend_pid())"})
	if got := admin.ended(t); !strings.Contains(got, "FATAL 57P01") {
		t.Errorf("its own session: %s", got)
	}
}

func TestShutdownTellsIdleClientsAtOnceAndBusyOnesAfterTheGrace(t *testing.T) {
	e := newEngine(t)
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const grace = 1500 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- NewServer(Options{Engine: e, TrustLoopback: true, ShutdownGrace: grace}).Serve(ctx, l)
	}()
	idle, working, waiting := login(t, l.Addr()), login(t, l.Addr()), dial(t, l.Addr())
	busy(t, e, working)
	began := time.Now()
	cancel()
	if got := waiting.ended(t); got != "" {
		t.Errorf("the client that has not logged in was told: %s", got)
	}
	if got := idle.ended(t); !strings.Contains(got, "FATAL 57P01") {
		t.Errorf("the idle client was told: %s", got)
	}
	if s := e.Session(int32(working.pid)); s == nil || s.Activity().State != "active" {
		t.Error("the statement did not get the grace")
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the server still accepts clients")
	}
	if got := working.ended(t); !strings.Contains(got, "FATAL 57P01") {
		t.Errorf("the busy client was told: %s", got)
	}
	if waited := time.Since(began); waited < grace {
		t.Errorf("the busy client was ended after %s", waited)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestShutdownLetsAStatementEndWithinTheGrace(t *testing.T) {
	e := newEngine(t)
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- NewServer(Options{Engine: e, TrustLoopback: true, ShutdownGrace: patience}).Serve(ctx, l)
	}()
	c := login(t, l.Addr())
	c.query(t, "set statement_timeout = '500ms'")
	busy(t, e, c)
	cancel()
	if got := c.ended(t); !strings.Contains(got, "ERROR 57014") || !strings.Contains(got, "FATAL 57P01") {
		t.Errorf("got %s", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTooManyConnections(t *testing.T) {
	addr := serve(t, Options{Engine: newEngine(t), TrustLoopback: true, MaxConnections: 2, ShutdownGrace: time.Second})
	first := login(t, addr)
	login(t, addr)
	late := dial(t, addr)
	late.send(t, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: map[string]string{"user": "tester"}})
	if got := late.ended(t); !strings.Contains(got, "FATAL 53300 sorry, too many clients already") {
		t.Errorf("got %s", got)
	}
	first.send(t, &pgproto3.Terminate{})
	first.ended(t)
	login(t, addr)
}

func TestLoginDeadline(t *testing.T) {
	addr := serve(t, Options{Engine: newEngine(t), TrustLoopback: true, LoginTime: 100 * time.Millisecond, ShutdownGrace: time.Second})
	for name, sent := range map[string][]byte{
		"nothing":                   nil,
		"half a length":             {0, 0},
		"half a startup message":    {0, 0, 0, 40, 0, 3, 0, 0, 'u'},
		"a request for TLS":         {0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f},
		"the first byte of TLS":     {0x16},
		"nothing after a GSS offer": {0, 0, 0, 8, 4, 0xd2, 0x16, 0x30},
	} {
		c := dial(t, addr)
		if _, err := c.nc.Write(sent); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		for {
			if _, err := c.nc.Read(b); err != nil {
				if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // of this connection
					t.Errorf("after %s the connection stays open", name)
				}
				break
			}
		}
	}
}

func TestOversizedMessages(t *testing.T) {
	addr := serveEngine(t)
	startup := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	for name, b := range map[string][]byte{
		"startup of 1 GB": append(startup(1<<30), 0, 3, 0, 0), "negative startup": append(startup(1<<31), 0, 3, 0, 0),
		"startup of 7 bytes": append(startup(7), 0, 3, 0, 0), "just over the limit": append(startup(maxStartup+1), 0, 3, 0, 0),
	} {
		c := dial(t, addr)
		if _, err := c.nc.Write(b); err != nil {
			t.Fatal(err)
		}
		if got := c.ended(t); !strings.Contains(got, "FATAL 08P01 invalid length of startup packet") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, b := range map[string][]byte{
		"query of 2 GB":   {'Q', 0x7f, 0xff, 0xff, 0xff},
		"negative length": {'Q', 0xff, 0xff, 0xff, 0xff},
		"length below 4":  {'Q', 0, 0, 0, 3},
		"large sync":      {'S', 0, 0, 0xff, 0xff},
		"unknown message": {'z', 0, 0, 0, 4},
		"a late password": {'p', 0, 0, 0, 6, 'x', 0},
	} {
		c := login(t, addr)
		if _, err := c.nc.Write(b); err != nil {
			t.Fatal(err)
		}
		if got := c.ended(t); !strings.Contains(got, "FATAL 08P01") {
			t.Errorf("%s: %s", name, got)
		}
	}
	c := login(t, addr)
	if got := c.query(t, "select "+strings.Repeat("(", 100_000)+"1"); !strings.Contains(got, "ERROR 54001") {
		t.Errorf("deep nesting: %.200s", got)
	}
	if got := c.query(t, "select '"+strings.Repeat("x", 20<<20)+"'"); !strings.Contains(got, "ERROR 54000") {
		t.Errorf("a statement of 20 MB: %.200s", got)
	}
	if got := c.query(t, "select 1"); !strings.Contains(got, "DataRow '1'") {
		t.Errorf("after the refusals: %s", got)
	}
}
