package pgwire

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"
)

// rowless has no row for long.
const rowless = "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"

// TestTimeoutIsOfStatements checks that statement_timeout bounds each statement that runs a cursor or a portal, and not the rest
// between them.
func TestTimeoutIsOfStatements(t *testing.T) {
	c := login(t, serveEngine(t))
	c.query(t, "set statement_timeout = '400ms'")
	c.query(t, "begin; declare c cursor for select * from generate_series(1, 100000)")
	c.send(t, &pgproto3.Parse{Query: "select * from generate_series(1, 100000)"}, &pgproto3.Bind{DestinationPortal: "p"}, &pgproto3.Sync{})
	c.until(t, "ReadyForQuery", 1)
	for range 3 {
		if got := c.query(t, "fetch 1 from c; move 9000 in c"); !strings.Contains(got, "MOVE 9000") {
			t.Fatal(got)
		}
		c.send(t, &pgproto3.Execute{Portal: "p", MaxRows: 9000}, &pgproto3.Sync{})
		if got := c.until(t, "ReadyForQuery", 1); !strings.Contains(got, "PortalSuspended") {
			t.Fatal(got[max(0, len(got)-300):])
		}
		time.Sleep(300 * time.Millisecond)
	}
	if got := c.query(t, "rollback; begin; declare c cursor for "+rowless+"; fetch 1 from c"); !strings.Contains(got, "57014 canceling statement due to statement timeout") {
		t.Error(got)
	}
	if got := c.query(t, "rollback; begin; declare c cursor for select $1"); !strings.Contains(got, "42P02 there is no parameter $1") {
		t.Error(got)
	}
	c.query(t, "rollback")
	c.send(t, &pgproto3.Parse{Query: rowless}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
	if got := c.until(t, "ReadyForQuery", 1); !strings.Contains(got, "57014 canceling statement due to statement timeout") {
		t.Error(got)
	}
}

// TestSendingRowsIsActive checks that a session whose client is slow to take rows is active, and that it can be stopped by
// pg_cancel_backend.
func TestSendingRowsIsActive(t *testing.T) {
	addr := serveEngine(t)
	slow, other := login(t, addr), login(t, addr)
	text := "select repeat('x', 1000) from generate_series(1, 10000000)"
	slow.send(t, &pgproto3.Query{String: text})
	time.Sleep(300 * time.Millisecond)
	ask := "select state, query from pg_stat_activity where pid = " + itoa(slow.pid)
	for range 5 {
		if got := other.query(t, ask); !strings.Contains(got, "DataRow 'active' 'select repeat") {
			t.Fatal(got)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := other.query(t, "select pg_cancel_backend("+itoa(slow.pid)+")"); !strings.Contains(got, "DataRow 't'") {
		t.Fatal(got)
	}
	if got := slow.until(t, "ReadyForQuery", 1); !strings.Contains(got, "57014 canceling statement due to user request") {
		t.Error("the statement was not cancelled")
	}
	if got := other.query(t, ask); !strings.Contains(got, "DataRow 'idle' 'select repeat") {
		t.Error(got)
	}
}
