package pgwire

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"
)

const endless = "select a.n, b.n from generate_series(1, 1000000) as a(n), generate_series(1, 1000000) as b(n)"

// socketBuffers is more than the kernel holds of a connection at both its ends, and far less than the statement makes in the
// time that the test gives it.
const socketBuffers = 32 << 20

// A client that stops reading holds its statement up, can still cancel it, and its session lives on.
func TestCancelReachesAStatementWhoseClientDoesNotRead(t *testing.T) {
	addr := serveEngine(t)
	c := login(t, addr)
	c.send(t, &pgproto3.Query{String: endless})
	time.Sleep(1500 * time.Millisecond)
	k := dial(t, addr)
	k.send(t, &pgproto3.CancelRequest{ProcessID: c.pid, SecretKey: c.key})
	out, sent := "", 0
	for {
		m := c.receive(t)
		if row, ok := m.(*pgproto3.DataRow); ok {
			for _, v := range row.Values {
				sent += 7 + 4 + len(v)
			}
		}
		line := describe(m)
		if strings.HasPrefix(line, "ErrorResponse") || strings.HasPrefix(line, "ReadyForQuery") {
			out += line + "\n"
		}
		if strings.HasPrefix(line, "ReadyForQuery") {
			break
		}
	}
	if !strings.Contains(out, "57014") {
		t.Fatal(out)
	}
	if sent > socketBuffers {
		t.Errorf("%d bytes of rows were kept for a client that does not read", sent)
	}
	if got := c.query(t, "select 1"); !strings.Contains(got, "DataRow '1'") {
		t.Fatal(got)
	}
}

func TestIdleTransactionIsEnded(t *testing.T) {
	c := login(t, serveEngine(t))
	c.query(t, "set idle_in_transaction_session_timeout = '100ms'")
	c.query(t, "begin")
	if got := c.ended(t); !strings.Contains(got, "FATAL 25P03") {
		t.Error(got)
	}
}
