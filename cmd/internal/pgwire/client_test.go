package pgwire

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"
)

// client speaks the protocol with the messages of pgproto3 v2, which the server does not use: an independent check of its bytes.
type client struct {
	nc  net.Conn
	f   *pgproto3.Frontend
	pid uint32
	key uint32
}

const patience = 20 * time.Second

func newClient(t testing.TB, nc net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{nc: nc, f: pgproto3.NewFrontend(pgproto3.NewChunkReader(nc), nc)}
}

// dial connects without logging in.
func dial(t testing.TB, addr net.Addr) *client {
	t.Helper()
	nc, err := (&net.Dialer{}).DialContext(context.Background(), addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, nc)
}

// login connects as a trusted user.
func login(t testing.TB, addr net.Addr, parameters ...string) *client {
	t.Helper()
	c := dial(t, addr)
	p := map[string]string{"user": "tester"}
	for i := 0; i+1 < len(parameters); i += 2 {
		p[parameters[i]] = parameters[i+1]
	}
	c.send(t, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: p})
	for {
		switch m := c.receive(t).(type) {
		case *pgproto3.BackendKeyData:
			c.pid, c.key = m.ProcessID, m.SecretKey
		case *pgproto3.ErrorResponse:
			t.Fatal(m.Message)
		case *pgproto3.ReadyForQuery:
			return c
		}
	}
}

func (c *client) send(t testing.TB, messages ...pgproto3.FrontendMessage) {
	t.Helper()
	var out []byte
	for _, m := range messages {
		var err error
		if out, err = m.Encode(out); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.nc.Write(out); err != nil {
		t.Fatal(err)
	}
}

func (c *client) receive(t testing.TB) pgproto3.BackendMessage {
	t.Helper()
	m, err := c.f.Receive()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// until describes the answers up to the n-th that begins with last.
func (c *client) until(t testing.TB, last string, n int) string {
	t.Helper()
	var out strings.Builder
	for {
		line := describe(c.receive(t))
		if line != "" {
			out.WriteString(line + "\n")
		}
		if strings.HasPrefix(line, last) {
			if n--; n == 0 {
				return out.String()
			}
		}
	}
}

// query runs a simple query and describes its answers.
func (c *client) query(t testing.TB, sql string) string {
	t.Helper()
	c.send(t, &pgproto3.Query{String: sql})
	return c.until(t, "ReadyForQuery", 1)
}

// ended describes the answers until the server closes the connection.
func (c *client) ended(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	for {
		m, err := c.f.Receive()
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // of this connection
				t.Fatalf("the connection is still open after:\n%s", out.String())
			}
			return out.String()
		}
		out.WriteString(describe(m) + "\n")
	}
}

// describe writes a message as a line.
func describe(m pgproto3.BackendMessage) string {
	switch m := m.(type) {
	case *pgproto3.RowDescription:
		var f []string
		for _, x := range m.Fields {
			f = append(f, fmt.Sprintf("%s(oid=%d,len=%d,mod=%d,fmt=%d)", x.Name, x.DataTypeOID, x.DataTypeSize, x.TypeModifier, x.Format))
		}
		return strings.TrimSpace("RowDescription " + strings.Join(f, " "))
	case *pgproto3.DataRow:
		var f []string
		for _, v := range m.Values {
			f = append(f, cell(v))
		}
		return strings.TrimSpace("DataRow " + strings.Join(f, " "))
	case *pgproto3.CommandComplete:
		return "CommandComplete " + string(m.CommandTag)
	case *pgproto3.ErrorResponse:
		return "ErrorResponse " + problem(*m)
	case *pgproto3.NoticeResponse:
		return "NoticeResponse " + problem(pgproto3.ErrorResponse(*m))
	case *pgproto3.ParameterDescription:
		return fmt.Sprintf("ParameterDescription %v", m.ParameterOIDs)
	case *pgproto3.ParameterStatus:
		return "ParameterStatus " + m.Name + "=" + m.Value
	case *pgproto3.ReadyForQuery:
		return fmt.Sprintf("ReadyForQuery %c", m.TxStatus)
	case *pgproto3.CopyOutResponse:
		return fmt.Sprintf("CopyOutResponse %d %v", m.OverallFormat, m.ColumnFormatCodes)
	case *pgproto3.CopyData:
		return fmt.Sprintf("CopyData %q", m.Data)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
}

func cell(v []byte) string {
	if v == nil {
		return "NULL"
	}
	for _, b := range v {
		if b < 0x20 || b > 0x7e {
			return "0x" + hex.EncodeToString(v)
		}
	}
	return "'" + string(v) + "'"
}

func problem(m pgproto3.ErrorResponse) string {
	out := m.SeverityUnlocalized + " " + m.Code + " " + m.Message
	for _, f := range []struct{ name, value string }{{"D", m.Detail}, {"W", m.Where}} {
		if f.value != "" {
			out += " " + f.name + "=" + f.value
		}
	}
	if m.Position > 0 {
		out += " P=" + strconv.Itoa(int(m.Position))
	}
	return out
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
