package session

import (
	"context"
	"maps"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// transaction is a session's transaction block: a read snapshot of the catalog and the settings to go back to.
type transaction struct {
	open, failed bool
	// version is the catalog's, taken by the first statement that needs it.
	version    catalog.Version
	before     *settings
	savepoints []savepoint
}

// remember keeps the settings as they are before the first change in the implicit transaction of a simple query or of the messages
// up to a Sync: a later statement that fails takes the change back.
func (s *Session) remember() {
	if !s.tx.open && s.implicit == nil {
		s.implicit = s.settings.clone()
	}
}

// forgetImplicit ends the implicit transaction; undo takes back its settings.
func (s *Session) forgetImplicit(undo bool) {
	if undo && s.implicit != nil {
		s.settings.restore(s.implicit)
	}
	s.implicit = nil
}

type savepoint struct {
	name   string
	before *settings
	// bound is the number of the youngest portal.
	bound int64
}

// Status is the transaction status of the protocol: I, T or E.
func (s *Session) Status() byte {
	switch {
	case s.tx.failed:
		return 'E'
	case s.tx.open:
		return 'T'
	}
	return 'I'
}

// Fail notes that a statement failed: a transaction block is aborted from then on, an implicit transaction is rolled back.
func (s *Session) Fail() {
	if s.tx.open {
		s.tx.failed = true
	} else {
		s.forgetImplicit(true)
	}
	s.setApplication()
}

// EndImplicit ends the implicit transaction of a simple query or a Sync: outside a block, cursors without hold are closed. The
// session is idle from then on.
func (s *Session) EndImplicit() {
	defer s.idle()
	if !s.tx.open {
		s.forgetImplicit(false)
		s.closePortals(func(p *Portal) bool { return !p.hold })
	}
}

func (s *Session) beginTransaction(st *parser.Begin) *Result {
	tag := "BEGIN"
	if st.Start {
		tag = "START TRANSACTION"
	}
	if s.tx.open {
		s.notice(Warning, sqlerr.ActiveTransaction, "there is already a transaction in progress")
		return command("%s", tag)
	}
	before := s.implicit // BEGIN makes what came before it in the same query part of the block
	if before == nil {
		before = s.settings.clone()
	}
	s.tx, s.implicit = transaction{open: true, before: before}, nil
	s.settings.enterTransaction(modeSettings(st.Modes))
	return command("%s", tag)
}

func (s *Session) commit(chain bool) (*Result, error) {
	if !s.tx.open {
		return s.endNothing("COMMIT", chain)
	}
	if s.tx.failed {
		return s.rollback(chain)
	}
	modes := s.settings.modes()
	s.settings.endLocal()
	s.endTransaction(chain, modes)
	return command("COMMIT"), nil
}

func (s *Session) rollback(chain bool) (*Result, error) {
	if !s.tx.open {
		return s.endNothing("ROLLBACK", chain)
	}
	modes := s.settings.modes()
	s.settings.restore(s.tx.before)
	s.endTransaction(chain, modes)
	return command("ROLLBACK"), nil
}

// endNothing is COMMIT or ROLLBACK outside a block: it ends the implicit transaction.
func (s *Session) endNothing(verb string, chain bool) (*Result, error) {
	if chain {
		return nil, sqlerr.New(sqlerr.NoActiveTransaction, "%s AND CHAIN can only be used in transaction blocks", verb)
	}
	s.forgetImplicit(verb == "ROLLBACK")
	s.notice(Warning, sqlerr.NoActiveTransaction, "there is no transaction in progress")
	return command("%s", verb), nil
}

// endTransaction ends the block; AND CHAIN begins another one with the same modes.
func (s *Session) endTransaction(chain bool, modes map[string]string) {
	s.closePortals(func(p *Portal) bool { return !p.hold || s.tx.failed })
	s.tx = transaction{}
	if chain {
		s.tx = transaction{open: true, before: s.settings.clone()}
		s.settings.enterTransaction(modes)
	}
}

// lock runs LOCK TABLE, which has nothing to do: a transaction reads one version of the catalog and changes none.
func (s *Session) lock(ctx context.Context, st *parser.Lock) (*Result, error) {
	if !s.tx.open {
		return nil, sqlerr.New(sqlerr.NoActiveTransaction, "LOCK TABLE can only be used in transaction blocks")
	}
	for _, name := range st.Tables {
		if err := s.exists(ctx, name, 0); err != nil {
			return nil, err
		}
	}
	return command("LOCK TABLE"), nil
}

// setTransaction runs SET TRANSACTION and SET SESSION CHARACTERISTICS AS TRANSACTION, which is about later transactions.
func (s *Session) setTransaction(st *parser.SetTransaction) (*Result, error) {
	prefix := "default_"
	if !st.Session {
		prefix = ""
		if !s.tx.open {
			s.notice(Warning, sqlerr.NoActiveTransaction, "SET TRANSACTION can only be used in transaction blocks")
			return command("SET"), nil
		}
	}
	for name, value := range modeSettings(st.Modes) {
		if err := s.assign(prefix+name, value, false); err != nil {
			return nil, err
		}
	}
	return command("SET"), nil
}

// modeSettings are the settings that BEGIN and SET TRANSACTION give values to.
func modeSettings(m parser.TransactionModes) map[string]string {
	given := map[string]string{}
	if m.Isolation != "" {
		given["transaction_isolation"] = m.Isolation
	}
	if m.Access != parser.DefaultAccess {
		given["transaction_read_only"] = onOff(m.Access == parser.ReadOnly)
	}
	if m.Deferrable != parser.DefaultDeferrable {
		given["transaction_deferrable"] = onOff(m.Deferrable == parser.Deferrable)
	}
	return given
}

// modes are the current transaction's.
func (g *settings) modes() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"transaction_isolation", "transaction_read_only", "transaction_deferrable"} {
		out[name], _ = g.get(name)
	}
	return out
}

// enterTransaction fixes the modes of a transaction that begins: the given ones, the defaults for the others.
func (g *settings) enterTransaction(given map[string]string) {
	modes := g.modes()
	maps.Copy(modes, given)
	for name, value := range modes {
		g.remember(name, true)
		g.values[name] = value
	}
}

func (s *Session) savepoint(name string) (*Result, error) {
	if !s.tx.open {
		return nil, sqlerr.New(sqlerr.NoActiveTransaction, "SAVEPOINT can only be used in transaction blocks")
	}
	s.tx.savepoints = append(s.tx.savepoints, savepoint{name, s.settings.clone(), s.bound})
	return command("SAVEPOINT"), nil
}

func (s *Session) release(name string) (*Result, error) {
	i, err := s.findSavepoint("RELEASE SAVEPOINT", name)
	if err != nil {
		return nil, err
	}
	s.tx.savepoints = s.tx.savepoints[:i]
	return command("RELEASE"), nil
}

func (s *Session) rollbackTo(name string) (*Result, error) {
	i, err := s.findSavepoint("ROLLBACK TO SAVEPOINT", name)
	if err != nil {
		return nil, err
	}
	s.settings.restore(s.tx.savepoints[i].before)
	s.tx.savepoints[i].before = s.settings.clone()
	s.closePortals(func(p *Portal) bool { return p.number > s.tx.savepoints[i].bound })
	s.tx.savepoints, s.tx.failed = s.tx.savepoints[:i+1], false
	return command("ROLLBACK"), nil
}

func (s *Session) findSavepoint(verb, name string) (int, error) {
	if !s.tx.open {
		return 0, sqlerr.New(sqlerr.NoActiveTransaction, "%s can only be used in transaction blocks", verb)
	}
	for i := len(s.tx.savepoints) - 1; i >= 0; i-- {
		if s.tx.savepoints[i].name == name {
			return i, nil
		}
	}
	return 0, sqlerr.New(sqlerr.InvalidSavepoint, "savepoint %q does not exist", name)
}

// allowed reports whether a statement may run in a failed transaction block.
func allowedWhenFailed(st parser.Statement) bool {
	switch st.(type) {
	case *parser.Commit, *parser.Rollback, *parser.RollbackTo:
		return true
	}
	return false
}
