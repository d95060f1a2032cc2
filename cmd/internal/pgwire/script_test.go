package pgwire

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgproto3/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tarnsql/tarn/internal/pgtest"
)

// Scripts are conversations: each block sends messages and expects answers. The same file must hold against Tarn and against a
// real PostgreSQL server, so that what the file says is PostgreSQL's behaviour and Tarn's.
//
//	send [until=Message]
//	Query text
//	Parse name|- text [| oid ...]
//	Bind portal|- statement|- [text:v bin:hex null ...] [-> 0|1 ...]
//	Describe S|P name|-
//	Execute portal|- [rows]
//	Close S|P name|-
//	Flush, Sync
//	Raw hex
const scripts = "testdata/scripts"

func TestScripts(t *testing.T) {
	addr := serveEngine(t)
	datadriven.Walk(t, scripts, func(t *testing.T, path string) {
		runScript(t, path, login(t, addr))
	})
}

func TestScriptsHoldOnPostgreSQL(t *testing.T) {
	server := pgtest.Start(t)
	datadriven.Walk(t, scripts, func(t *testing.T, path string) {
		db := server.NewDatabase(t)
		conn, err := pgconn.Connect(context.Background(), db.DSN)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(context.Background(), "set timezone = 'UTC'").ReadAll(); err != nil {
			t.Fatal(err)
		}
		hijacked, err := conn.Hijack()
		if err != nil {
			t.Fatal(err)
		}
		runScript(t, path, newClient(t, hijacked.Conn))
	})
}

func runScript(t *testing.T, path string, c *client) {
	t.Helper()
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		last := "ReadyForQuery"
		d.MaybeScanArgs(t, "until", &last)
		n := 0
		var out []pgproto3.FrontendMessage
		for line := range strings.Lines(d.Input) {
			m := scripted(t, strings.TrimSpace(line))
			switch m.(type) {
			case *pgproto3.Query, *pgproto3.Sync:
				n++
			}
			out = append(out, m)
		}
		if last != "ReadyForQuery" {
			n = 1
		}
		c.send(t, out...)
		return c.until(t, last, n)
	})
}

// raw is a message given by its bytes.
type raw struct {
	pgproto3.Flush
	bytes []byte
}

func (r *raw) Encode(dst []byte) ([]byte, error) { return append(dst, r.bytes...), nil }

func scripted(t *testing.T, line string) pgproto3.FrontendMessage {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	name := func(i int) string {
		if i >= len(words) || words[i] == "-" {
			return ""
		}
		return words[i]
	}
	switch verb {
	case "Query":
		return &pgproto3.Query{String: strings.ReplaceAll(rest, `\n`, "\n")}
	case "Parse":
		_, text, _ := strings.Cut(rest, " ")
		text, oids, _ := strings.Cut(text, " |")
		m := &pgproto3.Parse{Name: name(0), Query: text}
		for _, oid := range strings.Fields(oids) {
			m.ParameterOIDs = append(m.ParameterOIDs, uint32(number(t, oid)))
		}
		return m
	case "Bind":
		return scriptedBind(t, name(0), name(1), words)
	case "Describe":
		return &pgproto3.Describe{ObjectType: words[0][0], Name: name(1)}
	case "Close":
		return &pgproto3.Close{ObjectType: words[0][0], Name: name(1)}
	case "Execute":
		m := &pgproto3.Execute{Portal: name(0)}
		if len(words) > 1 {
			m.MaxRows = uint32(number(t, words[1]))
		}
		return m
	case "Flush":
		return &pgproto3.Flush{}
	case "Sync":
		return &pgproto3.Sync{}
	case "Raw":
		b, err := hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return &raw{bytes: b}
	}
	t.Fatalf("unknown message %q", line)
	return nil
}

func scriptedBind(t *testing.T, portal, statement string, words []string) *pgproto3.Bind {
	t.Helper()
	m := &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement}
	for i := 2; i < len(words); i++ {
		kind, value, _ := strings.Cut(words[i], ":")
		switch kind {
		case "->":
			for _, f := range words[i+1:] {
				m.ResultFormatCodes = append(m.ResultFormatCodes, int16(number(t, f)))
			}
			return m
		case "null":
			m.Parameters, m.ParameterFormatCodes = append(m.Parameters, nil), append(m.ParameterFormatCodes, 0)
		case "text":
			m.Parameters, m.ParameterFormatCodes = append(m.Parameters, []byte(value)), append(m.ParameterFormatCodes, 0)
		case "bin":
			b, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			m.Parameters, m.ParameterFormatCodes = append(m.Parameters, b), append(m.ParameterFormatCodes, 1)
		default:
			t.Fatalf("unknown parameter %q", words[i])
		}
	}
	return m
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
