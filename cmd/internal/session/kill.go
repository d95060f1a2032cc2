package session

import (
	"context"
	"strconv"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// kill runs KILL: it cancels the statement of the session whose process number is given.
func (s *Session) kill(_ context.Context, st *parser.KillQuery) (*Result, error) {
	var other *Session
	if pid, err := strconv.ParseInt(st.ID, 10, 32); err == nil {
		other = s.engine.Session(int32(pid))
	}
	if other == nil {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "no session has the process number %s", st.ID).
			WithHint("see the column pid of pg_stat_activity")
	}
	if err := s.maySignal(other, false); err != nil {
		return nil, err
	}
	other.Cancel()
	return command("KILL"), nil
}

// maySignal reports whether the session may cancel the statement of another, or terminate it: a user may do so to their own.
func (s *Session) maySignal(other *Session, terminate bool) error {
	if other.login.User == s.login.User {
		return nil
	}
	what, done := "cancel query", "whose query is being canceled"
	if terminate {
		what, done = "terminate process", "whose process is being terminated"
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to %s", what).
		WithDetail("Process %d belongs to user %q; only the user %s may do this.", other.pid, other.login.User, done)
}
