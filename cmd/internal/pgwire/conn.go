package pgwire

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	// goneGrace is how long a statement goes on after the client has closed its side: a client that sends a statement and leaves
	// without waiting means it to run.
	goneGrace = time.Second
	// lastWords is how long the client may take to read why the connection ends.
	lastWords = 2 * time.Second
)

// conn is one client.
type conn struct {
	server *Server
	socket net.Conn // the client's, under TLS
	nc     net.Conn // what messages go over
	in     input
	out    output
	frames frames
	// base is the context of all statements; it carries values and never ends.
	base      context.Context //nolint:containedctx // a connection is the scope of what it runs
	encrypted bool
	session   Session
	running   running

	ending  chan struct{} // closed when the server wants the connection to end
	endOnce sync.Once
	// admitted says that the login is over: from then on the reader watches ending.
	admitted atomic.Bool

	// skip says that an extended query failed: messages are ignored until Sync.
	skip bool
	// idle says that the client was told that the server is ready.
	idle bool
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, socket: nc, ending: make(chan struct{})}
	c.use(nc)
	return c
}

// use reads and writes by a connection: the client's, or TLS over it.
func (c *conn) use(nc net.Conn) {
	c.nc = nc
	c.in = input{nc: nc, ending: c.ending, gone: c.gone}
	c.out = output{nc: nc, stall: c.server.o.WriteStall, gone: c.gone}
	c.frames = frames{r: &c.in}
}

// local reports whether the client runs on this machine.
func (c *conn) local() bool {
	switch a := c.socket.RemoteAddr().(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}

// gone stops the running statement because the client has closed its side, or the connection broke.
func (c *conn) gone(err error) {
	if errors.Is(err, io.EOF) {
		time.AfterFunc(goneGrace, func() { c.running.finish(errGone(err)) })
		return
	}
	c.running.finish(errGone(err))
}

// end asks the connection to end when its statement is done; one that is idle or has not logged in ends at once.
func (c *conn) end() {
	c.endOnce.Do(func() { close(c.ending) })
	if !c.admitted.Load() {
		c.socket.SetReadDeadline(time.Now()) //nolint:errcheck // a closed connection needs none
	}
}

// kill stops the running statement and ends the connection.
func (c *conn) kill() {
	c.end()
	c.running.finish(errShutdown())
	c.hurry()
}

// hurry bounds the time of what is being written and of what is still to be.
func (c *conn) hurry() {
	c.nc.SetWriteDeadline(time.Now().Add(lastWords)) //nolint:errcheck // a closed connection needs none
}

// serve answers the client until it leaves.
func (c *conn) serve(ctx context.Context) {
	c.base = context.WithoutCancel(ctx)
	defer c.close()
	defer c.recover()
	if err := c.login(); err != nil {
		if !errors.Is(err, errNoLogin) && !isLost(err) {
			c.fatal(err)
		}
		return
	}
	c.in.start()
	for {
		if err := c.turn(); err != nil {
			c.fatal(err)
			return
		}
	}
}

// recover is what a fault in this connection comes to: the client is told, other connections go on.
func (c *conn) recover() {
	if p := recover(); p != nil { //nolint:revive // serve defers this method itself
		c.server.o.Log.Error("a connection failed", "session", c.pid(), "panic", p, "stack", string(debug.Stack()))
		c.fatal(sqlerr.New(sqlerr.InternalError, "internal error; the server's log has more"))
	}
}

func (c *conn) pid() int32 {
	if c.session == nil {
		return 0
	}
	return c.session.PID()
}

// close ends the connection. Its place is free before the client sees the end, so that it may come back at once.
func (c *conn) close() {
	c.server.forget(c)
	c.closeSession()
	c.nc.Close()
	c.in.stop()
}

func (c *conn) closeSession() {
	if c.session == nil {
		return
	}
	defer c.recover()
	c.session.Close()
}

// fatal sends why the connection ends.
func (c *conn) fatal(err error) {
	if isLost(err) || errors.Is(err, errTerminated) {
		return
	}
	c.log(err)
	c.out.stall = lastWords
	c.hurry()
	if c.out.send(errorResponse(err, "FATAL")) == nil {
		c.out.flush() //nolint:errcheck // the client may be gone
	}
}

// log writes what is the server's fault.
func (c *conn) log(err error) {
	if sqlerr.CodeOf(err) == sqlerr.InternalError {
		c.server.o.Log.Error("internal error", "session", c.pid(), "error", err)
	}
}

// errTerminated ends a connection whose client has said goodbye.
var errTerminated = errors.New("the client has ended the connection")

// turn waits for one message and answers it. Its error ends the connection.
func (c *conn) turn() error {
	if err := c.await(); err != nil {
		return err
	}
	c.idle = false
	msg, err := c.frames.message()
	if err != nil {
		if errors.Is(err, errEnding) {
			return errShutdown()
		}
		return err
	}
	ctx := c.running.begin(c.base)
	defer c.running.rest()
	return c.answer(ctx, msg)
}

// await waits for the first byte of a message.
func (c *conn) await() error {
	limit, reason := c.patience()
	switch err := c.in.wait(limit); {
	case err == nil:
		return nil
	case errors.Is(err, errEnding):
		return errShutdown()
	case errors.Is(err, errIdle):
		return reason
	default:
		return lost(err)
	}
}

// patience returns how long the client may rest, 0 for ever, and the error after that.
func (c *conn) patience() (time.Duration, error) {
	if !c.idle {
		return 0, nil
	}
	if c.session.Status() == 'I' {
		return c.session.Timeout("idle_session_timeout"), sqlerr.New(codeIdleSession, "terminating connection due to idle-session timeout")
	}
	return c.session.Timeout("idle_in_transaction_session_timeout"), sqlerr.New(codeIdleInTransaction, "terminating connection due to idle-in-transaction timeout")
}

// answer does what a message asks for. Its error ends the connection.
func (c *conn) answer(ctx context.Context, msg pgproto3.FrontendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.Terminate:
		return errTerminated
	case *pgproto3.Sync:
		c.skip = false
		c.session.EndImplicit()
		return c.ready()
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil // left over from a COPY that failed
	case *pgproto3.Query:
		if c.skip {
			return nil
		}
		return c.simple(ctx, m.String)
	case *pgproto3.FunctionCall:
		if c.skip {
			return nil
		}
		if err := c.fail(ctx, sqlerr.Unsupported("the function call protocol").WithHint("call the function with SELECT")); err != nil {
			return err
		}
		return c.ready()
	}
	if c.skip {
		return nil
	}
	err := c.extended(ctx, msg)
	if err == nil {
		return nil
	}
	c.skip = true
	if err := c.fail(ctx, err); err != nil {
		return err
	}
	return c.out.flush()
}

// fail tells the client that its statement failed. Its error, which may be the given one, ends the connection.
func (c *conn) fail(ctx context.Context, err error) error {
	err = explained(ctx, err)
	if isLost(err) || isFatal(err) {
		return err
	}
	c.log(err)
	c.session.Fail()
	if c.session.Status() == 'I' {
		c.session.EndImplicit() // what the statement held is of no more use
	}
	if err := c.notices(); err != nil {
		return err
	}
	return c.out.send(errorResponse(err, "ERROR"))
}

// ready ends a query cycle: changed settings, the transaction status.
func (c *conn) ready() error {
	if err := c.notices(); err != nil {
		return err
	}
	for _, p := range c.session.ReportChanges() {
		if err := c.out.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	if err := c.out.send(&pgproto3.ReadyForQuery{TxStatus: c.session.Status()}); err != nil {
		return err
	}
	c.idle = true
	return c.out.flush()
}

// notices sends what the session has to say beside the results.
func (c *conn) notices() error {
	for _, n := range c.session.Notices() {
		if err := c.out.send(noticeResponse(n)); err != nil {
			return err
		}
	}
	return nil
}
