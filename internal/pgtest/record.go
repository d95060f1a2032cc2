package pgtest

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Statement is one statement that reached the server.
type Statement struct {
	// SQL is the text as it arrived, with its parameter symbols.
	SQL string
	// Parameters is the server's rendering of the parameter values ("$1 = '5', $2 = NULL"), empty without parameters.
	Parameters string
	// Prepared says whether it came by the extended protocol (an execute message) and not as a simple query.
	Prepared bool
	// Application is the client's application_name.
	Application string
}

// Recording collects the statements that reach one database from [Database.Record] on.
type Recording struct {
	database *Database
	offset   int64
}

// Record starts collecting the statements that reach this database.
func (d *Database) Record(t testing.TB) *Recording {
	t.Helper()
	_, end := d.server.log.upTo(t, d.server, 0)
	return &Recording{database: d, offset: end}
}

// Statements returns what has reached the database since the recording began or since the last call, in order of
// arrival. A statement whose answer the test has seen is always among them.
func (r *Recording) Statements(t testing.TB) []Statement {
	t.Helper()
	text, end := r.database.server.log.upTo(t, r.database.server, r.offset)
	r.offset = end
	statements, err := parseLog(text, r.database.Name)
	if err != nil {
		t.Fatalf("read PostgreSQL's statement log: %v", err)
	}
	return statements
}

// statementLog reads the server's CSV log. A writer process of the server fills it through a pipe that all backends
// write to, so that it lags behind the answers; a marker statement sent now is in the file only after everything that
// was logged before it.
type statementLog struct {
	mu     sync.Mutex
	path   string
	marker *pgx.Conn
	marks  atomic.Int64
}

// upTo returns the log from an offset to the end of the line of a marker that it sends now, and that end's offset.
func (l *statementLog) upTo(t testing.TB, s *Server, offset int64) ([]byte, int64) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	mark, err := l.send(ctx, s)
	if err != nil {
		t.Fatalf("mark PostgreSQL's statement log: %v", err)
	}
	for {
		text, err := readFrom(l.path, offset)
		if err != nil {
			t.Fatalf("read PostgreSQL's statement log: %v", err)
		}
		if at := bytes.Index(text, mark); at >= 0 {
			if line := bytes.IndexByte(text[at:], '\n'); line >= 0 {
				end := at + line + 1
				return text[:end], offset + int64(end)
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("PostgreSQL's statement log never showed the marker %s", mark)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (l *statementLog) send(ctx context.Context, s *Server) ([]byte, error) {
	if l.marker == nil || l.marker.IsClosed() {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err != nil {
			return nil, err
		}
		l.marker = conn
	}
	mark := fmt.Sprintf("tarn-log-mark-%d.", l.marks.Add(1))
	_, err := l.marker.PgConn().Exec(ctx, "select '"+mark+"'").ReadAll()
	return []byte(mark), err
}

func readFrom(path string, offset int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// Columns of PostgreSQL's CSV log; later versions only append.
// Source: PostgreSQL documentation, section "Error Reporting and Logging", "Using CSV-Format Log Output".
const (
	logDatabase    = 2
	logMessage     = 13
	logDetail      = 14
	logApplication = 22
)

// parseLog picks one database's statements out of the CSV log.
func parseLog(text []byte, database string) ([]Statement, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	var found []Statement
	for {
		record, err := r.Read()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if len(record) <= logApplication || record[logDatabase] != database {
			continue
		}
		sql, prepared, ok := statementText(record[logMessage])
		if !ok {
			continue
		}
		found = append(found, Statement{
			SQL:         sql,
			Parameters:  parameterText(record[logDetail]),
			Prepared:    prepared,
			Application: record[logApplication],
		})
	}
}

// statementText reads "statement: SQL" and "execute NAME: SQL"; a fetch from an open portal is not a new statement.
func statementText(message string) (sql string, prepared, ok bool) {
	if sql, ok := strings.CutPrefix(message, "statement: "); ok {
		return sql, false, true
	}
	rest, ok := strings.CutPrefix(message, "execute ")
	if !ok || strings.HasPrefix(rest, "fetch from ") {
		return "", false, false
	}
	_, sql, ok = strings.Cut(rest, ": ")
	return sql, true, ok
}

func parameterText(detail string) string {
	for _, prefix := range []string{"parameters: ", "Parameters: "} {
		if text, ok := strings.CutPrefix(detail, prefix); ok {
			return text
		}
	}
	return ""
}
