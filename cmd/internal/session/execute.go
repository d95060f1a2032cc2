package session

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Execute runs a statement with the values of its parameters. The result must be read to its end or closed before the next
// statement of the session runs, but for those of portals. An error is already in the ledger; the caller calls Fail.
func (s *Session) Execute(ctx context.Context, st Statement, params []schema.Value) (*Result, error) {
	return s.execute(ctx, st, params, s.statementContext)
}

// execute runs a statement in the context that begin makes for it.
func (s *Session) execute(ctx context.Context, st Statement, params []schema.Value,
	begin func(context.Context) (context.Context, context.CancelCauseFunc)) (*Result, error) {
	if st.AST == nil {
		return &Result{}, nil
	}
	if s.tx.failed && !allowedWhenFailed(st.AST) {
		return nil, FailedTransaction()
	}
	if err := checkSupported(st.AST); err != nil {
		return nil, s.refuse(ctx, st, err)
	}
	if r, err, ok := s.executeControl(ctx, st.AST, params); ok {
		return r, err
	}
	ctx, cancel := begin(ctx)
	rest := s.busy(st.Text, cancel)
	m := s.startMeter(st)
	ctx = objstore.WithCounter(ctx, &m.requests)
	r, err := s.dispatch(ctx, st, params, m)
	if err != nil {
		err = explainError(ctx, err)
		if ledgerErr := m.finish(ctx, err, 0); ledgerErr != nil {
			err = ledgerErr
		}
		cancel(nil)
		rest()
		return nil, err
	}
	rest()
	r.rows = &running{session: s, text: st.Text, ctx: ctx, cancel: cancel, inner: r.rows, meter: m, result: r}
	if r.Columns == nil {
		err := r.complete(ctx)
		return r, err
	}
	return r, nil
}

// complete ends a result without rows: its ledger entry is written now.
func (r *Result) complete(context.Context) error {
	r.done = true
	return r.rows.end(nil)
}

// refuse writes the ledger entry of a statement that does not start.
func (s *Session) refuse(ctx context.Context, st Statement, err error) error {
	if ledgerErr := s.startMeter(st).finish(ctx, err, 0); ledgerErr != nil {
		return ledgerErr
	}
	return err
}

// Refused records a text that could not be parsed.
func (s *Session) Refused(ctx context.Context, text string, err error) {
	if ledgerErr := s.refuse(ctx, Statement{Text: text}, err); ledgerErr != err { //nolint:errorlint // refuse returns err itself
		s.engine.Log.Error("ledger", "error", ledgerErr)
	}
}

// executeControl runs the statements about the session itself: they touch no data and are not metered.
func (s *Session) executeControl(ctx context.Context, st parser.Statement, params []schema.Value) (r *Result, err error, ok bool) { //nolint:revive // error before ok reads as a result
	switch st := st.(type) {
	case *parser.Begin:
		r = s.beginTransaction(st)
	case *parser.Commit:
		r, err = s.commit(st.Chain)
	case *parser.Rollback:
		r, err = s.rollback(st.Chain)
	case *parser.Savepoint:
		r, err = s.savepoint(st.Name)
	case *parser.Release:
		r, err = s.release(st.Name)
	case *parser.RollbackTo:
		r, err = s.rollbackTo(st.Name)
	case *parser.Set:
		r, err = s.set(st)
	case *parser.SetTransaction:
		r, err = s.setTransaction(st)
	case *parser.Reset:
		r = command("RESET")
		s.remember()
		if st.Name == "" {
			s.settings.resetAll()
		} else {
			err = s.settings.reset(st.Name)
		}
	case *parser.Discard:
		r, err = s.discard(st)
	case *parser.Use:
		r, err = s.use(ctx, st)
	case *parser.Prepare:
		r, err = s.prepareSQL(ctx, st)
	case *parser.Deallocate:
		r, err = s.deallocate(st)
	case *parser.DeclareCursor:
		r, err = s.declare(ctx, st, params)
	case *parser.CloseCursor:
		r, err = s.closeCursor(st)
	case *parser.Listen, *parser.Notify:
		s.notice(Note, "00000", "Tarn delivers no notifications")
		r = command("%s", st.Tag())
	case *parser.Unlisten:
		r = command("%s", st.Tag())
	case *parser.Lock:
		r, err = s.lock(ctx, st)
	case *parser.Vacuum:
		r, err = s.vacuum(ctx, st)
	default:
		return nil, nil, false
	}
	s.setApplication() // it may have been set or taken back
	return r, err, true
}

// dispatch runs the statements that read or change something.
func (s *Session) dispatch(ctx context.Context, st Statement, params []schema.Value, m *meter) (*Result, error) {
	switch ast := st.AST.(type) {
	case *parser.Query:
		return s.query(ctx, ast, params, m)
	case *parser.Explain:
		return s.explain(ctx, ast, params, m)
	case *parser.Show:
		return s.show(ctx, ast)
	case *parser.Describe:
		return s.describeObject(ctx, ast)
	case *parser.Fetch:
		return s.fetch(ctx, ast)
	case *parser.Copy:
		return s.copyOut(ctx, ast, params, m)
	case *parser.Execute:
		return s.executePrepared(ctx, ast, m)
	case *parser.ExecuteImmediate:
		return s.executeImmediate(ctx, ast, m)
	case *parser.KillQuery:
		return s.kill(ctx, ast)
	}
	return s.define(ctx, st)
}

// checkSupported refuses what the parser knows and the engine does not run.
func checkSupported(st parser.Statement) error {
	switch st := st.(type) {
	case *parser.Insert, *parser.Update, *parser.Delete, *parser.Merge, *parser.Truncate, *parser.Unload,
		*parser.Grant, *parser.CommentOn, *parser.Call, *parser.ExplainCrawl, *parser.RollbackCrawl:
		return sqlerr.Unsupported("%s", st.Tag()).At(st.Pos())
	case *parser.OtherStatement:
		return sqlerr.Unsupported("%s", st.Command).At(st.Pos())
	case *parser.Explain:
		return checkSupported(st.Statement)
	}
	return nil
}

// meter follows one statement from its start to its ledger entry.
type meter struct {
	session *Session
	entry   catalog.LedgerEntry
	// system says that only system schemas were read: such a statement is free.
	system bool
	// requests are those for storage, requests of scans among them.
	requests objstore.Counts
	// collect adds up what the scans counted; nil for a statement without a plan, whose requests count then.
	collect  func(*catalog.LedgerEntry)
	finished bool
}

// maxLedgerSQL is the greatest length of a statement's text in the ledger.
const maxLedgerSQL = 64 << 10

func (s *Session) startMeter(st Statement) *meter {
	app, _ := s.settings.get("application_name")
	m := &meter{session: s, entry: catalog.LedgerEntry{
		ID: s.engine.queryID(), User: s.login.User, Database: s.Database(), Application: app, SQL: cut(st.Text, maxLedgerSQL),
		State: catalog.Running, Started: time.Now(), Price: s.engine.Tariff.String(),
	}}
	if st.AST != nil {
		m.entry.Kind = st.AST.Tag()
	}
	return m
}
