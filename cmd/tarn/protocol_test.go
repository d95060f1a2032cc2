package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"
)

// dial logs in by the messages of pgproto3 v2, which the server does not use: an independent check of the wire format.
func dial(t *testing.T, dsn string) (*pgproto3.Frontend, *pgproto3.BackendKeyData) {
	t.Helper()
	nc, err := net.Dial("tcp", address(dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() }) //nolint:errcheck // the server may have closed it
	if err := nc.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	f := pgproto3.NewFrontend(pgproto3.NewChunkReader(nc), nc)
	start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: map[string]string{"user": "tester", "database": "lake"}}
	if err := f.Send(start); err != nil {
		t.Fatal(err)
	}
	var key *pgproto3.BackendKeyData
	for {
		switch m := receive(t, f).(type) {
		case *pgproto3.BackendKeyData:
			k := *m
			key = &k
		case *pgproto3.ReadyForQuery:
			return f, key
		case *pgproto3.ErrorResponse:
			t.Fatal(m.Message)
		}
	}
}

func address(dsn string) string {
	_, rest, _ := strings.Cut(dsn, "@")
	addr, _, _ := strings.Cut(rest, "/")
	return addr
}

func receive(t *testing.T, f *pgproto3.Frontend) pgproto3.BackendMessage {
	t.Helper()
	m, err := f.Receive()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// transcript sends messages and describes the answers up to ReadyForQuery.
func transcript(t *testing.T, f *pgproto3.Frontend, messages ...pgproto3.FrontendMessage) string {
	t.Helper()
	for _, m := range messages {
		if err := f.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	for {
		switch m := receive(t, f).(type) {
		case *pgproto3.RowDescription:
			var cols []string
			for _, c := range m.Fields {
				cols = append(cols, fmt.Sprintf("%s:%d", c.Name, c.DataTypeOID))
			}
			out = append(out, "columns "+strings.Join(cols, " "))
		case *pgproto3.DataRow:
			var cells []string
			for _, v := range m.Values {
				cells = append(cells, fmt.Sprintf("%q", v))
			}
			out = append(out, "row "+strings.Join(cells, " "))
		case *pgproto3.CommandComplete:
			out = append(out, "done "+string(m.CommandTag))
		case *pgproto3.ErrorResponse:
			out = append(out, fmt.Sprintf("error %s at %d", m.Code, m.Position))
		case *pgproto3.ParameterDescription:
			out = append(out, fmt.Sprintf("parameters %v", m.ParameterOIDs))
		case *pgproto3.CopyData:
			out = append(out, fmt.Sprintf("copy %q", m.Data))
		case *pgproto3.NoticeResponse:
		case *pgproto3.ReadyForQuery:
			return strings.Join(append(out, fmt.Sprintf("ready %c", m.TxStatus)), "\n")
		default:
			out = append(out, strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3."))
		}
	}
}

func TestSpeaksTheProtocol(t *testing.T) {
	f, _ := dial(t, serveTest(t))
	sync, execute := &pgproto3.Sync{}, &pgproto3.Execute{}
	for _, c := range []struct {
		name string
		send []pgproto3.FrontendMessage
		want string
	}{
		{"simple query", []pgproto3.FrontendMessage{&pgproto3.Query{String: "select 1 as one, null as none, true; select 'x' where false"}},
			"columns one:23 none:25 ?column?:16\nrow \"1\" \"\" \"t\"\ndone SELECT 1\ncolumns ?column?:25\ndone SELECT 0\nready I"},
		{"empty query", []pgproto3.FrontendMessage{&pgproto3.Query{String: " ; "}}, "EmptyQueryResponse\nready I"},
		{"error", []pgproto3.FrontendMessage{&pgproto3.Query{String: "select nothing"}}, "error 42703 at 8\nready I"},
		{"failed transaction", []pgproto3.FrontendMessage{&pgproto3.Query{String: "begin; select 1/0"}}, "done BEGIN\ncolumns ?column?:23\nerror 22012 at 0\nready E"},
		{"commands in a failed transaction", []pgproto3.FrontendMessage{&pgproto3.Query{String: "select 1"}}, "error 25P02 at 0\nready E"},
		{"rollback", []pgproto3.FrontendMessage{&pgproto3.Query{String: "rollback"}}, "done ROLLBACK\nready I"},
		{"describe", []pgproto3.FrontendMessage{&pgproto3.Parse{Name: "s", Query: "select $1::int + 1 as n, $2 || 'x' as s"}, &pgproto3.Describe{ObjectType: 'S', Name: "s"}, sync},
			"ParseComplete\nparameters [23 25]\ncolumns n:23 s:25\nready I"},
		{"binary parameter and result", []pgproto3.FrontendMessage{
			&pgproto3.Bind{PreparedStatement: "s", ParameterFormatCodes: []int16{1, 0}, Parameters: [][]byte{{0, 0, 0, 41}, []byte("a")}, ResultFormatCodes: []int16{1}}, execute, sync},
			"BindComplete\nrow \"\\x00\\x00\\x00*\" \"ax\"\ndone SELECT 1\nready I"},
		{"portal with a row limit", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "select * from generate_series(1, 3)"}, &pgproto3.Bind{},
			&pgproto3.Execute{MaxRows: 2}, &pgproto3.Execute{MaxRows: 2}, sync},
			"ParseComplete\nBindComplete\nrow \"1\"\nrow \"2\"\nPortalSuspended\nrow \"3\"\ndone SELECT 1\nready I"},
		{"messages after an error wait for sync", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "selec"}, &pgproto3.Bind{}, execute, sync}, "error 42601 at 1\nready I"},
		{"copy", []pgproto3.FrontendMessage{&pgproto3.Query{String: "copy (select 'a\tb', null, true) to stdout"}},
			"CopyOutResponse\ncopy \"a\\\\tb\\t\\\\N\\tt\\n\"\nCopyDone\ndone COPY 1\nready I"},
		{"what is not there", []pgproto3.FrontendMessage{&pgproto3.Query{String: "insert into t values (1)"}}, "error 0A000 at 1\nready I"},
	} {
		if got := transcript(t, f, c.send...); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestCancelsARunningStatement(t *testing.T) {
	dsn := serveTest(t)
	f, key := dial(t, dsn)
	time.AfterFunc(300*time.Millisecond, func() {
		nc, err := net.Dial("tcp", address(dsn))
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close() //nolint:errcheck // a cancel request has no answer
		request := pgproto3.CancelRequest{ProcessID: key.ProcessID, SecretKey: key.SecretKey}
		message, err := request.Encode(nil)
		if err == nil {
			_, err = nc.Write(message)
		}
		if err != nil {
			t.Error(err)
		}
	})
	got := transcript(t, f, &pgproto3.Query{String: "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000) b"})
	if !strings.Contains(got, "error 57014") {
		t.Errorf("got %q", got)
	}
	if got := transcript(t, f, &pgproto3.Query{String: "select 1"}); !strings.Contains(got, "done SELECT 1") {
		t.Errorf("after the cancellation: %q", got)
	}
}
