package slt

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// session holds a file's connections to one target.
type session struct {
	target  Target
	conns   map[string]*pgconn.PgConn
	current string
	notices []string // of the statement that runs
}

// newSession makes a session whose connections are closed when the test ends.
func newSession(t testing.TB, target Target) *session {
	if target.Timeout == 0 {
		target.Timeout = 2 * time.Minute
	}
	s := &session{target: target, conns: map[string]*pgconn.PgConn{}, current: "default"}
	t.Cleanup(s.close)
	return s
}

func (s *session) use(name string) { s.current = name }

func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, conn := range s.conns {
		_ = conn.Close(ctx) // the test's verdict stands by now
	}
}

// run sends SQL on the current connection.
func (s *session) run(sql string) (*Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.target.Timeout)
	defer cancel()
	conn, err := s.conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("%sconnect: %w", s.prefix(), err)
	}
	s.notices = nil
	result, err := Query(ctx, conn, s.target.Mode, s.expand(sql))
	if err != nil {
		return nil, fmt.Errorf("%sno answer: %w", s.prefix(), err)
	}
	result.Notices = s.notices
	return result, nil
}

func (s *session) prefix() string {
	if s.target.Name == "" {
		return ""
	}
	return s.target.Name + ": "
}

func (s *session) conn(ctx context.Context) (*pgconn.PgConn, error) {
	if conn := s.conns[s.current]; conn != nil {
		return conn, nil
	}
	connect := s.target.Connect
	if connect == nil {
		connect = s.connect
	}
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s.conns[s.current] = conn
	for _, sql := range s.target.Setup {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			return nil, fmt.Errorf("%s: %w", sql, err)
		}
	}
	return conn, nil
}

// connect opens a connection that collects notices.
func (s *session) connect(ctx context.Context) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig(s.target.DSN)
	if err != nil {
		return nil, err
	}
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) { s.notices = append(s.notices, notice.Message) }
	return pgconn.ConnectConfig(ctx, config)
}

var variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// expand replaces ${NAME}; a name without a value is left alone.
func (s *session) expand(sql string) string {
	return variable.ReplaceAllStringFunc(sql, func(use string) string {
		if value, ok := s.target.Vars[use[2:len(use)-1]]; ok {
			return value
		}
		return use
	})
}
