package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// queryID returns an ID that no other statement of this store has: the server's start and a number.
func (e *Engine) queryID() string {
	return fmt.Sprintf("%s-%d", e.started.UTC().Format("20060102-150405.000000"), e.queryIDs.Add(1))
}

// cut shortens a text to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// ledgerPatience is how long the end of a statement waits for the ledger when its own context has ended.
const ledgerPatience = 30 * time.Second

// finish writes the ledger entry: the statement's outcome, what it read, and what it costs. Only the first call counts.
func (m *meter) finish(ctx context.Context, err error, rows int64) error {
	if m.finished {
		return nil
	}
	m.finished = true
	e := &m.entry
	e.Finished, e.Rows, e.State = time.Now(), rows, catalog.Succeeded
	if m.collect != nil {
		m.collect(e)
	} else {
		e.Lists, e.Heads, e.Gets = m.requests.Requests(objstore.OpList), m.requests.Requests(objstore.OpStat), m.requests.Requests(objstore.OpRead)
		e.FetchedBytes = m.requests.FetchedBytes()
	}
	if err != nil {
		e.State, e.SQLState, e.Message = catalog.Failed, string(sqlerr.CodeOf(err)), err.Error()
		if stopped(err) {
			e.State = catalog.Cancelled
		}
	}
	s := m.session
	if metering.Charged(e.Kind, e.State) && !m.system {
		e.ChargedBytes, e.MicroDollars = s.engine.Tariff.Charge(e.BilledBytes)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerPatience)
	defer cancel()
	if ledgerErr := s.engine.Catalog.Ledger().Finish(ctx, e); ledgerErr != nil {
		return ledgerErr
	}
	if e.ChargedBytes > 0 && e.State == catalog.Succeeded && s.settings.on("tarn.receipts") {
		s.notice(Note, "00000", "%s", s.engine.Tariff.Receipt(e))
	}
	return nil
}

// ErrClientGone is what errors of a connection that has ended are for errors.Is. A statement that ends by one was cancelled: a
// client that leaves before the last row pays for what was read.
var ErrClientGone = errors.New("the client has gone")

// stopped says that a statement ended because nobody wanted it any more.
func stopped(err error) bool {
	return sqlerr.Is(err, sqlerr.QueryCanceled) || sqlerr.Is(err, sqlerr.AdminShutdown) || errors.Is(err, ErrClientGone)
}

// running is the row source of a started statement: it keeps the session's state and writes the ledger entry at the end.
type running struct {
	session *Session
	text    string
	ctx     context.Context //nolint:containedctx // the statement's own, which Cancel and statement_timeout end
	cancel  context.CancelCauseFunc
	inner   rowSource
	meter   *meter
	result  *Result
	rows    int64
}

// Next returns the next batch. The caller's context (the connection) stops the statement too.
func (r *running) Next(ctx context.Context) (*vector.Batch, error) {
	rest := r.session.busy(r.text, r.cancel)
	defer rest()
	stop := context.AfterFunc(ctx, func() { r.cancel(context.Cause(ctx)) })
	defer stop()
	if err := r.ctx.Err(); err != nil {
		return nil, explainError(r.ctx, err)
	}
	b, err := r.inner.Next(r.ctx)
	if err == io.EOF && r.ctx.Err() == nil { //nolint:errorlint // the contract of vector.Source
		return nil, err
	}
	if err != nil {
		if r.ctx.Err() != nil && errors.Is(err, io.EOF) { // of a statement that was stopped: not the end of its rows
			err = r.ctx.Err()
		}
		return nil, explainError(r.ctx, err)
	}
	r.rows += int64(b.Rows())
	return b, nil
}

// end closes what runs below and writes the ledger entry.
func (r *running) end(err error) error {
	var endErr error
	if r.inner != nil {
		endErr = r.inner.end(err)
	}
	if err == nil {
		err = endErr
	}
	ledgerErr := r.meter.finish(r.ctx, explainError(r.ctx, err), r.rows)
	r.cancel(nil)
	if ledgerErr != nil {
		return ledgerErr
	}
	return endErr
}
