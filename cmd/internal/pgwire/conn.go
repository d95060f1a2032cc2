package pgwire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// maxMessage is the greatest length of a client's message. A longer one is refused before memory is taken for it.
const maxMessage = 64 << 20

// loginTime is how long a client may take to log in.
const loginTime = time.Minute

// conn is one client.
type conn struct {
	server  *Server
	nc      net.Conn
	in      *bufio.Reader
	out     *bufio.Writer
	backend *pgproto3.Backend
	session *session.Session
	secret  []byte
	ending  atomic.Bool
	busy    atomic.Bool
	// skip says that an extended query failed: messages are ignored until Sync.
	skip bool
	// scratch holds messages before they are written.
	scratch []byte
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s}
	c.use(nc)
	return c
}

// use reads and writes by a connection: the client's, or TLS over it.
func (c *conn) use(nc net.Conn) {
	c.nc, c.in, c.out = nc, bufio.NewReader(nc), bufio.NewWriterSize(nc, 32<<10)
	c.backend = pgproto3.NewBackend(c.in, c.out)
	c.backend.SetMaxBodyLen(maxMessage)
}

// end asks the connection to end: an idle one at once.
func (c *conn) end() {
	c.ending.Store(true)
	if !c.busy.Load() {
		c.nc.SetReadDeadline(time.Now()) //nolint:errcheck // a closed connection needs none
	}
}

// kill stops the running statement and the connection.
func (c *conn) kill() {
	if c.session != nil {
		c.session.Cancel()
	}
	c.nc.SetDeadline(time.Now().Add(time.Second)) //nolint:errcheck // a closed connection needs none
}

func (c *conn) serve(ctx context.Context) {
	defer c.nc.Close() //nolint:errcheck // the client is gone or told
	defer func() {
		if p := recover(); p != nil {
			c.server.o.Log.Error("a session failed", "panic", p, "stack", string(debug.Stack()))
			c.fatal(sqlerr.New(sqlerr.InternalError, "internal error in the session: %v", p))
		}
		if c.session != nil {
			c.session.Close()
		}
	}()
	if err := c.login(ctx); err != nil {
		if !errors.Is(err, errCancelled) && !errors.Is(err, io.EOF) {
			c.fatal(err)
		}
		return
	}
	for {
		if err := c.message(ctx); err != nil {
			switch {
			case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
			case c.ending.Load() && errors.Is(err, os.ErrDeadlineExceeded):
				c.fatal(errShutdown)
			default:
				c.fatal(err)
			}
			return
		}
		if c.ending.Load() {
			c.fatal(errShutdown)
			return
		}
	}
}

// message receives and answers one message. Its error ends the connection.
func (c *conn) message(ctx context.Context) error {
	if c.in.Buffered() == 0 {
		if err := c.out.Flush(); err != nil {
			return err
		}
	}
	msg, err := c.backend.Receive()
	if err != nil {
		return protocolError(err)
	}
	c.busy.Store(true)
	defer c.busy.Store(false)
	if _, sync := msg.(*pgproto3.Sync); c.skip && !sync {
		if _, end := msg.(*pgproto3.Terminate); !end {
			return nil
		}
	}
	switch m := msg.(type) {
	case *pgproto3.Query:
		return c.simple(ctx, m.String)
	case *pgproto3.Terminate:
		return io.EOF
	case *pgproto3.Sync:
		c.skip = false
		c.session.EndImplicit()
		return c.ready()
	case *pgproto3.Flush:
		return c.out.Flush()
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil // left over from a COPY that failed
	}
	err = c.extended(ctx, msg)
	if err == nil {
		return nil
	}
	if fatal(err) {
		return err
	}
	c.skip = true
	c.session.Fail()
	return c.fail(err)
}

// fatal reports whether the connection is of no more use after err.
func fatal(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || sqlerr.Is(err, sqlerr.AdminShutdown)
}

// protocolError gives what pgproto3 refuses its SQLSTATE.
func protocolError(err error) error {
	var n net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	case errors.As(err, &n), sqlerr.As(err) != nil:
		return err
	}
	return sqlerr.New(sqlerr.ProtocolViolation, "invalid message: %w", err)
}

// send writes a message to the buffer.
func (c *conn) send(m pgproto3.BackendMessage) error {
	out, err := m.Encode(c.scratch[:0])
	if err != nil {
		return sqlerr.New(sqlerr.ProgramLimit, "message too large for the protocol: %w", err)
	}
	c.scratch = out
	_, err = c.out.Write(out)
	return err
}

// ready ends a query cycle: notices, changed settings, and the transaction status.
func (c *conn) ready() error {
	if err := c.notices(); err != nil {
		return err
	}
	for _, p := range c.session.ReportChanges() {
		if err := c.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	if err := c.send(&pgproto3.ReadyForQuery{TxStatus: c.session.Status()}); err != nil {
		return err
	}
	return c.out.Flush()
}

// notices sends what the session has to say beside the results.
func (c *conn) notices() error {
	for _, n := range c.session.Notices() {
		e := pgproto3.NoticeResponse{Severity: string(n.Severity), SeverityUnlocalized: string(n.Severity), Code: string(n.Code), Message: n.Message, Hint: n.Hint}
		if err := c.send(&e); err != nil {
			return err
		}
	}
	return nil
}

// fail sends an error.
func (c *conn) fail(err error) error {
	if noticeErr := c.notices(); noticeErr != nil {
		return noticeErr
	}
	return c.send(errorResponse(err, "ERROR"))
}

// fatal sends a last error.
func (c *conn) fatal(err error) {
	c.nc.SetDeadline(time.Now().Add(5 * time.Second)) //nolint:errcheck // a closed connection needs none
	if c.send(errorResponse(err, "FATAL")) == nil {
		c.out.Flush() //nolint:errcheck // the client may be gone
	}
}

func errorResponse(err error, severity string) *pgproto3.ErrorResponse {
	e := sqlerr.As(err)
	if e == nil {
		return &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: string(sqlerr.CodeOf(err)), Message: err.Error()}
	}
	message := e.Message
	if outer := err.Error(); outer != "" {
		message = outer
	}
	return &pgproto3.ErrorResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: string(e.Code), Message: message, Detail: e.Detail, Hint: e.Hint,
		Position: int32(e.Position), Where: e.Context,
	}
}
