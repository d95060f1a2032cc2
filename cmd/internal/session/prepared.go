package session

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// Statement is a parsed statement with its own text.
type Statement struct {
	AST  parser.Statement
	Text string
}

// Prepared is a statement with known parameter and result types.
type Prepared struct {
	Name      string
	Statement Statement
	// Params are the types of the parameters; Columns those of the rows, nil when the statement returns none.
	Params  []schema.Type
	Columns []physical.Column
}

// Prepare makes a prepared statement; the empty name replaces the unnamed one. types may be shorter than the
// parameters and hold unknown types, which are inferred. A statement without text (AST nil) is legal and empty.
func (s *Session) Prepare(ctx context.Context, name string, st Statement, types []schema.Type) (*Prepared, error) {
	if _, taken := s.prepared[name]; taken && name != "" {
		return nil, sqlerr.New(sqlerr.DuplicatePrepared, "prepared statement %q already exists", name)
	}
	if st.AST != nil && s.tx.failed && !allowedWhenFailed(st.AST) {
		return nil, FailedTransaction()
	}
	p := &Prepared{Name: name, Statement: st}
	if st.AST != nil {
		var err error
		if p.Params, p.Columns, err = s.describe(ctx, st.AST, types); err != nil {
			return nil, err
		}
	}
	s.prepared[name] = p
	return p, nil
}

// Prepared finds a prepared statement.
func (s *Session) Prepared(name string) (*Prepared, error) {
	if p, ok := s.prepared[name]; ok {
		return p, nil
	}
	if name == "" {
		return nil, sqlerr.New(sqlerr.InvalidStatementName, "unnamed prepared statement does not exist")
	}
	return nil, sqlerr.New(sqlerr.InvalidStatementName, "prepared statement %q does not exist", name)
}

// Unprepare forgets a prepared statement; one that does not exist is no error.
func (s *Session) Unprepare(name string) { delete(s.prepared, name) }

// FailedTransaction is the error of what a failed transaction block does not allow.
func FailedTransaction() error {
	return sqlerr.New(sqlerr.FailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}

// Portal is a bound statement, or a cursor: execution that can rest between fetches.
type Portal struct {
	Name     string
	Prepared *Prepared
	Params   []schema.Value
	// hold keeps the cursor after its transaction; declared says that SQL made it.
	hold, declared bool
	// number counts the session's portals: those above a savepoint's number are younger than it.
	number   int64
	result   *Result
	position int64
	// over says that the portal cannot be run: its statement failed, has no rows to go on with, or is being started by itself.
	over bool
	// Formats are the result formats that a client of the wire protocol asked for: 0 is text, 1 binary.
	Formats []int16
}

// Bind makes a portal; the empty name replaces the unnamed one. params have the types of the prepared statement.
func (s *Session) Bind(name string, p *Prepared, params []schema.Value) (*Portal, error) {
	if _, taken := s.portals[name]; taken {
		if name != "" {
			return nil, sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", name)
		}
		if err := s.ClosePortal(name); err != nil {
			return nil, err
		}
	}
	if p.Statement.AST != nil && s.tx.failed && !allowedWhenFailed(p.Statement.AST) {
		return nil, FailedTransaction()
	}
	s.bound++
	portal := &Portal{Name: name, Prepared: p, Params: params, number: s.bound}
	s.portals[name] = portal
	return portal, nil
}

// Portal finds a portal or cursor.
func (s *Session) Portal(name string) (*Portal, error) {
	if p, ok := s.portals[name]; ok {
		return p, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidCursorName, "portal %q does not exist", name)
}

// ClosePortal ends a portal; one that does not exist is no error.
func (s *Session) ClosePortal(name string) error {
	p, ok := s.portals[name]
	if !ok {
		return nil
	}
	delete(s.portals, name)
	return p.close()
}

func (p *Portal) close() error {
	if p.result == nil {
		return nil
	}
	return p.result.Close()
}

func (s *Session) closePortals(which func(*Portal) bool) {
	for name, p := range s.portals {
		if which(p) {
			delete(s.portals, name)
			if err := p.close(); err != nil {
				s.notice(Warning, sqlerr.CodeOf(err), "closing cursor %q: %v", name, err)
			}
		}
	}
}

// Result starts the portal's statement on the first call and returns the same running result afterwards. The statement rests between
// the messages that run it, so ctx ends its start alone; the context of Timed, and those given to Next, end the rest.
func (s *Session) Result(ctx context.Context, p *Portal) (*Result, error) {
	switch st := p.Prepared.Statement.AST; {
	case s.tx.failed && !allowedWhenFailed(st):
		return nil, FailedTransaction()
	case p.over, p.result != nil && p.result.failed:
		return nil, sqlerr.New(sqlerr.NotInPrerequisiteState, "portal %q cannot be run", p.Name)
	case p.result != nil:
		return p.result, nil
	}
	p.over = true
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	r, err := s.execute(own, p.Prepared.Statement, p.Params, context.WithCancelCause)
	stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	p.result, p.over = r, r.Columns == nil || r.Copy != nil
	return r, nil
}
