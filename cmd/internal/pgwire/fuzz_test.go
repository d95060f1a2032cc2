package pgwire

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// No bytes before the login take more memory than a startup packet may have, and what is read is one.
func FuzzStartup(f *testing.F) {
	start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: map[string]string{
		"user": "ana", "database": "lake", "options": `-c search_path=a\ b --statement-timeout=1s`, "_pq_.x": "1"}}
	message, err := start.Encode(nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{message, message[:20], {0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f}, {0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 2},
		{0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0}, {0, 0, 0, 9, 0, 3, 0, 2, 0}, nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		code, body, err := readPacket(r, nil)
		if err != nil {
			return
		}
		if len(body)+8 > maxStartup || len(body)+8+r.Len() != len(in) {
			t.Fatalf("a body of %d bytes from %d", len(body), len(in))
		}
		s, err := parseStartup(code, body)
		if err != nil {
			if sqlerr.As(err) == nil {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if _, err := s.settings(); err != nil && sqlerr.As(err) == nil {
			t.Fatalf("an error without a code: %v", err)
		}
	})
}

// Whatever a client sends after its login, the server answers or ends the connection, its answers are messages, and its next client
// is served.
func FuzzMessages(f *testing.F) {
	for _, conversation := range [][]pgproto3.FrontendMessage{
		{&pgproto3.Query{String: "select 1; select 'a'"}, &pgproto3.Terminate{}},
		{&pgproto3.Parse{Name: "s", Query: "select $1::int", ParameterOIDs: []uint32{23}}, &pgproto3.Describe{ObjectType: 'S', Name: "s"},
			&pgproto3.Bind{PreparedStatement: "s", ParameterFormatCodes: []int16{1}, Parameters: [][]byte{{0, 0, 0, 1}}, ResultFormatCodes: []int16{1}},
			&pgproto3.Execute{MaxRows: 1}, &pgproto3.Close{ObjectType: 'S', Name: "s"}, &pgproto3.Sync{}},
		{&pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{}, &pgproto3.CopyFail{Message: "no"}, &pgproto3.Flush{}, &pgproto3.Sync{}},
		{&pgproto3.Parse{Query: "begin"}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Execute{}, &pgproto3.Sync{}},
	} {
		var seed []byte
		for _, m := range conversation {
			var err error
			if seed, err = m.Encode(seed); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(seed)
		f.Add(seed[:len(seed)-3])
	}
	f.Add([]byte{'Q', 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{'B', 0, 0, 0, 12, 0, 0, 0x7f, 0xff, 0, 0, 0, 0})
	addr := serveEngine(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		c := login(t, addr, "options", "-c statement_timeout=200ms")
		if _, err := c.nc.Write(in); err != nil {
			return // the server has ended the connection already
		}
		if err := c.nc.(*net.TCPConn).CloseWrite(); err != nil {
			return
		}
		checkMessages(t, c.nc)
	})
}

// checkMessages reads to the end of a connection and checks that what comes is whole messages of the server's kinds.
func checkMessages(t *testing.T, nc net.Conn) {
	t.Helper()
	if err := nc.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(nc)
	if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // of this connection
		t.Fatal("the server neither answers nor ends the connection")
	}
	if err != nil {
		return // reset, because bytes of the client were left unread
	}
	r := pgproto3.NewFrontend(pgproto3.NewChunkReader(bytes.NewReader(out)), io.Discard)
	for {
		m, err := r.Receive()
		if err != nil {
			if err != io.EOF && err != io.ErrUnexpectedEOF { //nolint:errorlint // of a reader in memory
				t.Fatalf("answers that are no messages: %v", err)
			}
			return
		}
		if e, ok := m.(*pgproto3.ErrorResponse); ok && e.Code == "XX000" {
			t.Fatalf("internal error: %s", e.Message)
		}
	}
}
