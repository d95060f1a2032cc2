package pgwire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// errCancelled ends a connection that only brought a cancel request.
var errCancelled = errors.New("cancel request")

// login reads the startup packet, authenticates the client and opens its session.
func (c *conn) login(ctx context.Context) error {
	if err := c.nc.SetDeadline(time.Now().Add(loginTime)); err != nil {
		return err
	}
	start, err := c.startup()
	if err != nil {
		return err
	}
	user := start.Parameters["user"]
	if user == "" {
		return sqlerr.New(sqlerr.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if err := c.authenticate(user); err != nil {
		return err
	}
	settings, err := startSettings(start.Parameters)
	if err != nil {
		return err
	}
	c.session, err = c.server.o.Engine.Connect(ctx, session.Login{
		User: user, Database: start.Parameters["database"], Address: c.nc.RemoteAddr(), Settings: settings,
	})
	if err != nil {
		return err
	}
	if err := c.server.admit(c); err != nil {
		return err
	}
	for _, p := range c.session.Reported() {
		if err := c.send(&pgproto3.ParameterStatus{Name: p.Name, Value: p.Value}); err != nil {
			return err
		}
	}
	if err := c.send(&pgproto3.BackendKeyData{ProcessID: uint32(c.session.PID()), SecretKey: c.secret}); err != nil {
		return err
	}
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		return err
	}
	return c.ready()
}

// startup answers the requests before the startup message: encryption and cancellation.
func (c *conn) startup() (*pgproto3.StartupMessage, error) {
	encrypted := false
	for {
		msg, err := c.backend.ReceiveStartupMessage()
		if err != nil {
			return nil, startupError(err)
		}
		switch m := msg.(type) {
		case *pgproto3.GSSEncRequest:
			if _, err := c.nc.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case *pgproto3.SSLRequest:
			if encrypted || c.server.o.TLS == nil {
				if _, err := c.nc.Write([]byte{'N'}); err != nil {
					return nil, err
				}
				continue
			}
			if _, err := c.nc.Write([]byte{'S'}); err != nil {
				return nil, err
			}
			secure := tls.Server(c.nc, c.server.o.TLS)
			if err := secure.Handshake(); err != nil {
				return nil, err
			}
			encrypted = true
			c.use(secure)
		case *pgproto3.CancelRequest:
			c.server.cancel(int32(m.ProcessID), m.SecretKey)
			return nil, errCancelled
		case *pgproto3.StartupMessage:
			if c.server.o.RequireTLS && !encrypted {
				return nil, sqlerr.New(sqlerr.InvalidAuthorization, "the server requires an encrypted connection").WithHint("connect with sslmode=require")
			}
			return m, c.negotiate(m)
		}
	}
}

func startupError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return protocolError(err)
}

// negotiate tells a client of a newer minor version or with protocol options what the server knows.
func (c *conn) negotiate(m *pgproto3.StartupMessage) error {
	var unknown []string
	for name := range m.Parameters {
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
			delete(m.Parameters, name)
		}
	}
	if len(unknown) == 0 && m.ProtocolVersion == pgproto3.ProtocolVersion30 {
		return nil
	}
	slices.Sort(unknown)
	return c.send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: unknown})
}

// startSettings are the settings of the startup packet and of its options (-c name=value, --name=value).
func startSettings(parameters map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for name, value := range parameters {
		switch name {
		case "user", "database", "replication":
		case "options":
			if err := parseOptions(value, out); err != nil {
				return nil, err
			}
		default:
			out[name] = value
		}
	}
	return out, nil
}

func parseOptions(text string, out map[string]string) error {
	words := splitOptions(text)
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = words[i]
		case strings.HasPrefix(w, "-c"):
			w = w[2:]
		case strings.HasPrefix(w, "--"):
			w = w[2:]
		default:
			return sqlerr.New(sqlerr.SyntaxError, "invalid command-line argument for server process: %s", w)
		}
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return sqlerr.New(sqlerr.SyntaxError, "-c %s requires a value", w)
		}
		out[strings.ReplaceAll(name, "-", "_")] = value
	}
	return nil
}

// splitOptions splits at spaces; a backslash takes the next byte as it is.
func splitOptions(s string) []string {
	var words []string
	var b strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			in = true
		case s[i] == ' ' || s[i] == '\t' || s[i] == '\n':
			if in {
				words = append(words, b.String())
				b.Reset()
				in = false
			}
		default:
			b.WriteByte(s[i])
			in = true
		}
	}
	if in {
		words = append(words, b.String())
	}
	return words
}

// local says that the client is on this machine.
func local(a net.Addr) bool {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}
