package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// programs holds the built program, made by the first test that needs it.
var programs struct {
	once sync.Once
	// source is the folder of this package: an S3 gateway changes the working directory.
	source, dir string
	err         error
}

func TestMain(m *testing.M) {
	programs.source, programs.err = os.Getwd()
	code := m.Run()
	if programs.dir != "" {
		os.RemoveAll(programs.dir) //nolint:errcheck // a temporary folder
	}
	os.Exit(code)
}

// program builds the program once and returns its path.
func program(t *testing.T) string {
	t.Helper()
	programs.once.Do(func() {
		if programs.err != nil {
			return
		}
		if programs.dir, programs.err = os.MkdirTemp("", "tarn-program"); programs.err != nil {
			return
		}
		build := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(programs.dir, "tarn"), ".")
		build.Dir = programs.source
		out, err := build.CombinedOutput()
		if err != nil {
			programs.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.dir, "tarn")
}

// process is the program, running as a server.
type process struct {
	cmd   *exec.Cmd
	addr  string
	ended chan error
	log   lockedText
	// ready is how long it took until clients could connect.
	ready time.Duration
}

// lockedText is a text that a process writes and a test reads.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends to the text.
func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns the text.
func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// addressLine finds the address in the log of serve and in the greeting of demo.
var addressLine = regexp.MustCompile(`(?:serving PostgreSQL clients" address=|psql -h )(\S+)(?: -p (\d+))?`)

// startupPatience is how long a start may take on a machine that is busy with something else.
const startupPatience = 60 * time.Second

// startProgram runs a command line that serves, and returns when clients can connect.
func startProgram(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(context.Background(), program(t), args...), ended: make(chan error, 1)}
	p.cmd.Dir = programs.source
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()                             //nolint:errcheck // the process has its own
	t.Cleanup(func() { p.cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	found := make(chan string, 1)
	go func() {
		defer reader.Close() //nolint:errcheck // only read from
		lines := bufio.NewScanner(io.TeeReader(reader, &p.log))
		for lines.Scan() {
			if m := addressLine.FindStringSubmatch(lines.Text()); m != nil && len(found) == 0 {
				found <- strings.TrimSuffix(m[1]+":"+m[2], ":")
			}
		}
		p.ended <- p.cmd.Wait()
	}()
	select {
	case p.addr = <-found:
		p.ready = time.Since(began)
	case err := <-p.ended:
		t.Fatalf("%v ended at its start: %v\n%s", args, err, &p.log)
	case <-time.After(startupPatience):
		t.Fatalf("%v does not start\n%s", args, &p.log)
	}
	return p
}

// wait returns the end of the process.
func (p *process) wait(t *testing.T, patience time.Duration) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("the process does not end\n%s", &p.log)
		return nil
	}
}

// connect opens a connection whose statements are sent as they are.
func (p *process) connect(ctx context.Context, t *testing.T) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig("postgres://tester@" + p.addr + "/lake?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) }) //nolint:errcheck // the server may be gone
	return c
}

// texts returns the first column of a query's rows.
func texts(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := c.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}
