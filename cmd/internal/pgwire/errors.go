package pgwire

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// The SQLSTATEs that only connections have.
const (
	codeIdleInTransaction sqlerr.Code = "25P03"
	codeIdleSession       sqlerr.Code = "57P05"
)

func errShutdown() error {
	return sqlerr.New(sqlerr.AdminShutdown, "terminating connection due to administrator command")
}

func errCancelled() error {
	return sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request")
}

// errGone is the cause of statements that end because nobody reads their result. It does not wrap its reason: io.EOF as the cause of
// a cancellation would pass for the end of the rows.
func errGone(err error) error {
	return lost(sqlerr.New(sqlerr.ConnectionFailure, "connection to client lost: %s", err))
}

// explained returns the reason why ctx ended, when that is why err came and err says nothing itself.
func explained(ctx context.Context, err error) error {
	if ctx.Err() == nil || sqlerr.As(err) != nil {
		return err
	}
	cause := context.Cause(ctx)
	if sqlerr.As(cause) != nil {
		return cause
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errCancelled()
	}
	return err
}

// errorResponse is the message of an error. An error without a code is a fault of the server: XX000.
func errorResponse(err error, severity string) *pgproto3.ErrorResponse {
	r := &pgproto3.ErrorResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: string(sqlerr.CodeOf(err)), Message: printable(err.Error()),
	}
	if e := sqlerr.As(err); e != nil {
		r.Detail, r.Hint, r.Position, r.Where = printable(e.Detail), printable(e.Hint), int32(e.Position), printable(e.Context)
		r.SchemaName, r.TableName, r.ColumnName = printable(e.Schema), printable(e.Table), printable(e.Column)
	}
	return r
}

// printable removes what a message of the protocol cannot hold.
func printable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

func noticeResponse(n session.Notice) *pgproto3.NoticeResponse {
	return &pgproto3.NoticeResponse{
		Severity: string(n.Severity), SeverityUnlocalized: string(n.Severity), Code: string(n.Code), Message: printable(n.Message),
		Hint: printable(n.Hint),
	}
}
