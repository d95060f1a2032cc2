// Package pgtest starts a real PostgreSQL server for tests: the oracle for values, types, error codes and wire bytes,
// and the remote side of the relational connector's tests.
//
// [Start] gives every test of a process the same private cluster, made in a temporary folder with its own password,
// on a loopback port and a Unix socket. It is tuned to be thrown away (no fsync) and logs each statement that reaches
// it, so that a test can assert the SQL text a connector sent ([Database.Record]). The server stops and its folder is
// removed when the test process ends, however that ends: a small supervisor waits for the process's end of a pipe.
//
// Where PostgreSQL is not installed the test is skipped, by the rule of package testneeds.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tarnsql/tarn/internal/testneeds"
)

// install is what a reader is told to do when the server's programs are not there.
const install = "install the PostgreSQL server (Debian: apt-get install postgresql; macOS: brew install postgresql)"

// binFolders are where distributions keep the server's programs outside PATH.
var binFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
}

// User is the superuser of the cluster.
const User = "postgres"

// Server is a running PostgreSQL cluster that belongs to this process. It is safe for concurrent use.
type Server struct {
	folder   string
	password string
	port     int
	version  string
	log      statementLog

	lifeline io.Closer     // closing it makes the supervisor stop the server
	done     chan struct{} // closed when the supervisor has ended
}

var (
	sharedOnce sync.Once
	shared     *Server
	errShared  error
)

// Start returns the process's PostgreSQL server, starting it on the first call. The server outlives the test; isolate
// tests from each other with [Server.NewDatabase].
func Start(t testing.TB) *Server {
	t.Helper()
	initdb := testneeds.Program(t, "initdb", install, binFolders...)
	postgres := testneeds.Program(t, "postgres", install, binFolders...)
	sharedOnce.Do(func() { shared, errShared = launch(initdb, postgres) })
	if errShared != nil {
		t.Fatalf("start PostgreSQL: %v", errShared)
	}
	return shared
}

// DSN returns the connection string of the maintenance database, as the superuser, over loopback TCP.
func (s *Server) DSN() string { return s.dsn("postgres") }

// SocketFolder returns the folder of the Unix socket, which is what libpq wants as host name.
func (s *Server) SocketFolder() string { return s.folder }

func (s *Server) dsn(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(User, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// launch makes a cluster and starts it, trying other ports when the one it chose was taken meanwhile.
func launch(initdb, postgres string) (*Server, error) {
	s := &Server{}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if s.password, err = newPassword(); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp("", "tarnpg"); err != nil {
		return nil, err
	}
	if err := s.create(initdb, account); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	for attempt := 1; ; attempt++ {
		err := s.run(postgres, account)
		if err == nil {
			break
		}
		s.stop()
		if attempt == 3 {
			return nil, errors.Join(err, os.RemoveAll(s.folder))
		}
	}
	s.log.path = filepath.Join(s.folder, "log", "server.csv")
	return s, nil
}

func newPassword() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	return hex.EncodeToString(raw), nil
}

// create runs initdb. The folder must belong to the account that runs the server.
func (s *Server) create(initdb string, account *account) error {
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{s.folder, secret} {
		if err := account.own(path); err != nil {
			return err
		}
	}
	cmd := exec.Command(initdb, "--pgdata="+s.data(), "--username="+User, "--pwfile="+secret, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-sync")
	cmd.Dir = s.folder
	account.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// settings are the server's parameters: durability off because the data is thrown away, every statement logged as CSV,
// and everything that would make answers depend on the machine fixed.
func (s *Server) settings() []string {
	return []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(s.port),
		"unix_socket_directories=" + s.folder,
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "checkpoint_timeout=1h",
		"shared_buffers=128MB", "work_mem=64MB", "maintenance_work_mem=128MB", "max_connections=100", "jit=off",
		"timezone=UTC", "log_timezone=UTC", "datestyle=ISO, MDY", "lc_messages=C",
		"logging_collector=on", "log_destination=csvlog", "log_statement=all", "log_rotation_age=0",
		"log_rotation_size=0", "log_directory=" + filepath.Join(s.folder, "log"), "log_filename=server.log",
	}
}

// supervise is the supervisor's script: it starts the server, waits until its standard input ends, which happens when
// this process closes it or dies, and then stops the server and removes the folder named by its first argument. A
// server that ends by itself ends the wait too. Descriptor 3 carries the input past the shell's rule that a command in
// the background reads nothing.
const supervise = `folder=$1; shift
exec 3<&0
"$@" 3<&- </dev/null & server=$!
(cat >/dev/null; kill -QUIT $server 2>/dev/null) <&3 & watcher=$!
exec 3<&-
wait $server; status=$?
kill $watcher 2>/dev/null
[ -e "$folder/keep" ] || rm -rf "$folder"
exit $status`

// run starts the server under its supervisor and waits until it answers.
func (s *Server) run(postgres string, account *account) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.port = port
	keep := filepath.Join(s.folder, "keep") // a failed start must leave the folder for the next attempt
	if err := os.WriteFile(keep, nil, 0o600); err != nil {
		return err
	}
	if err := account.own(keep); err != nil {
		return err
	}
	args := []string{"-c", supervise, "tarn-pgtest", s.folder, postgres, "-D", s.data()}
	for _, setting := range s.settings() {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = s.folder
	account.apply(cmd)
	detach(cmd)
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	output, err := os.OpenFile(filepath.Join(s.folder, "output"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		return err
	}
	s.lifeline, s.done = lifeline, make(chan struct{})
	go func() {
		defer close(s.done)
		_ = cmd.Wait() // the way it ends is told by its output file, not by its status
	}()
	if err := s.await(); err != nil {
		return err
	}
	return os.Remove(keep)
}

// stop ends the supervisor and the server and waits for both.
func (s *Server) stop() {
	if s.lifeline == nil {
		return
	}
	_ = s.lifeline.Close()
	<-s.done
	s.lifeline = nil
}

// await polls until the server answers a query, ends, or a minute has passed.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var last error
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			s.version = conn.PgConn().ParameterStatus("server_version")
			return conn.Close(ctx)
		}
		last = err
		select {
		case <-s.done:
			return fmt.Errorf("PostgreSQL ended while starting: %s", s.tail())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not answer: %w; its output: %s", last, s.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tail returns the end of what the server printed.
func (s *Server) tail() string {
	var all strings.Builder
	for _, name := range []string{"output", "log/server.log", "log/server.csv"} {
		text, err := os.ReadFile(filepath.Join(s.folder, name))
		if err == nil {
			all.Write(text[max(0, len(text)-2000):])
		}
	}
	return all.String()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("unexpected address %v", l.Addr())
	}
	return addr.Port, nil
}
