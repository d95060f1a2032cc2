package session

import (
	"context"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// kill runs KILL: it cancels the statement of the session whose process number is given.
func (s *Session) kill(_ context.Context, st *parser.KillQuery) (*Result, error) {
	for _, other := range s.engine.Sessions() {
		if itoa(other.pid) != st.ID {
			continue
		}
		if other.login.User != s.login.User {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "must be a member of the role whose query is being canceled")
		}
		other.Cancel()
		return command("KILL"), nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedObject, "no session has the process number %s", st.ID).
		WithHint("see the column pid of pg_stat_activity")
}
