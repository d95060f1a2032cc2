package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// errNoLogin ends a connection that did not want to log in: it brought a cancel request, or the client has left.
var errNoLogin = errors.New("no login")

// alpn is the name of the protocol within TLS, which a client that begins with TLS must give.
const alpn = "postgresql"

// login reads the startup message, authenticates the client and opens its session, all within the login's time.
func (c *conn) login() error {
	deadline := time.Now().Add(c.server.o.LoginTime)
	if err := c.nc.SetDeadline(deadline); err != nil {
		return lost(err)
	}
	c.out.stall = 0 // the deadline holds
	start, err := c.begin()
	if err != nil {
		return err
	}
	if err := c.greet(start); err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(c.base, deadline)
	defer cancel()
	if err := c.open(ctx, start); err != nil {
		return err
	}
	if err := c.server.admit(c); err != nil {
		return err
	}
	for _, p := range c.session.Reported() {
		if err := c.out.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	key := &pgproto3.BackendKeyData{ProcessID: uint32(c.session.PID()), SecretKey: c.server.secretOf(c)}
	if err := c.out.send(key); err != nil {
		return err
	}
	if err := c.ready(); err != nil {
		return err
	}
	c.out.stall = c.server.o.WriteStall
	c.admitted.Store(true)
	return lost(c.nc.SetDeadline(time.Time{}))
}

// greet negotiates the protocol and checks who the client is.
func (c *conn) greet(start *startup) error {
	if start.version != protocol30 || len(start.extensions) > 0 {
		m := &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: protocol30, UnrecognizedOptions: start.extensions}
		if err := c.out.send(m); err != nil {
			return err
		}
	}
	user := start.parameters["user"]
	if user == "" {
		return sqlerr.New(sqlerr.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if v := start.parameters["replication"]; v != "" && !slices.Contains([]string{"false", "off", "no", "0"}, v) {
		return sqlerr.Unsupported("the replication protocol")
	}
	if c.server.full() {
		return sqlerr.New(sqlerr.TooManyConnections, "sorry, too many clients already")
	}
	if c.server.o.RequireTLS && !c.encrypted && !c.local() {
		return sqlerr.New(sqlerr.InvalidAuthorization, "the server requires an encrypted connection").WithHint("connect with sslmode=require")
	}
	return c.authenticate(user)
}

// open opens the session.
func (c *conn) open(ctx context.Context, start *startup) error {
	settings, err := start.settings()
	if err != nil {
		return err
	}
	c.session, err = c.server.backend.Connect(ctx, session.Login{
		User: start.parameters["user"], Database: start.parameters["database"], Address: c.socket.RemoteAddr(), Settings: settings,
		Terminate: c.kill, Cancel: func() { c.running.stop(errCancelled()) },
	})
	return err
}

// begin answers what may come before the startup message (encryption, cancellation) and returns that.
func (c *conn) begin() (*startup, error) {
	var first [1]byte
	if _, err := io.ReadFull(c.nc, first[:]); err != nil {
		return nil, lost(err)
	}
	head := first[:]
	if first[0] == tlsHandshake && c.server.tls != nil {
		if err := c.encrypt(head, true); err != nil {
			return nil, err
		}
		head = nil
	}
	askedGSS := false
	for {
		code, body, err := readPacket(c.nc, head)
		head = nil
		switch {
		case err != nil && sqlerr.As(err) == nil:
			return nil, lost(err)
		case err != nil:
			return nil, err
		case code == codeCancel:
			c.server.cancel(body)
			return nil, errNoLogin
		case code == codeSSL && !c.encrypted:
			if err := c.answerSSL(); err != nil {
				return nil, err
			}
		case code == codeGSS && !askedGSS && !c.encrypted:
			askedGSS = true
			if _, err := c.nc.Write([]byte{'N'}); err != nil {
				return nil, lost(err)
			}
		default:
			return parseStartup(code, body)
		}
	}
}

func (c *conn) answerSSL() error {
	if c.server.tls == nil {
		_, err := c.nc.Write([]byte{'N'})
		return lost(err)
	}
	if _, err := c.nc.Write([]byte{'S'}); err != nil {
		return lost(err)
	}
	return c.encrypt(nil, false)
}

// encrypt begins TLS. Packets are read without reading ahead, so that nothing that came before the handshake can be taken for
// something that came in it. first holds bytes of the handshake that are read already.
func (c *conn) encrypt(first []byte, direct bool) error {
	secure := tls.Server(&prefixed{Conn: c.nc, first: first}, c.server.tls)
	if err := secure.Handshake(); err != nil {
		return lost(err)
	}
	c.encrypted = true
	c.use(secure)
	c.out.stall = 0
	if direct && secure.ConnectionState().NegotiatedProtocol != alpn {
		return sqlerr.New(sqlerr.ProtocolViolation, "received direct SSL connection request without ALPN protocol negotiation extension")
	}
	return nil
}
