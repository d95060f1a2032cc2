package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/xdg-go/scram"

	"github.com/tarnsql/tarn/cmd/internal/session"
)

// Options are what a server needs.
type Options struct {
	// Engine opens the sessions.
	Engine *session.Engine
	// Backend opens the sessions when Engine is nil.
	Backend Backend
	// Users maps names to SCRAM verifiers.
	Users map[string]string
	// TrustLoopback lets clients of this machine in without a password, under any name.
	TrustLoopback bool
	// TLS offers encryption; nil refuses it.
	TLS *tls.Config
	// RequireTLS refuses clients of other machines that do not ask for TLS.
	RequireTLS bool
	// MaxConnections limits the connections, those that have not logged in included; 0 is no limit beside the engine's.
	MaxConnections int
	// LoginTime is how long a client may take to log in; 0 is 10 seconds.
	LoginTime time.Duration
	// WriteStall is how long a client may take nothing of a result before the connection is given up; 0 is 5 minutes.
	WriteStall time.Duration
	// ShutdownGrace is how long running statements may go on after the server is told to stop.
	ShutdownGrace time.Duration
	Log           *slog.Logger
}

const (
	defaultLoginTime  = 10 * time.Second
	defaultWriteStall = 5 * time.Minute
	// drainTime is how long cancelled statements may take to end.
	drainTime = 5 * time.Second
)

// keepAlive finds peers whose network is gone within half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// Server answers clients.
type Server struct {
	o         Options
	backend   Backend
	tls       *tls.Config
	endpoint  scram.ChannelBinding
	passwords *passwords

	mu    sync.Mutex
	conns map[*conn]struct{}
	keys  map[int32]cancelKey
	wg    sync.WaitGroup
}

// cancelKey lets the holder of the secret stop what a connection runs.
type cancelKey struct {
	conn   *conn
	secret [4]byte
}

// NewServer returns a server that does not listen yet.
func NewServer(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.LoginTime == 0 {
		o.LoginTime = defaultLoginTime
	}
	if o.WriteStall == 0 {
		o.WriteStall = defaultWriteStall
	}
	s := &Server{o: o, backend: o.Backend, conns: map[*conn]struct{}{}, keys: map[int32]cancelKey{}, passwords: newPasswords(o.Users)}
	if o.Engine != nil {
		s.backend = engineBackend{o.Engine}
	}
	if o.TLS != nil {
		s.tls = o.TLS.Clone()
		if !slices.Contains(s.tls.NextProtos, alpn) {
			s.tls.NextProtos = append(s.tls.NextProtos, alpn)
		}
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12)
		s.endpoint = endpoint(s.tls)
	}
	return s
}

// acceptPause is the longest wait after a failure to accept a client, for example when files run out.
const acceptPause = time.Second

// Serve answers clients until ctx ends: then idle clients are told at once and busy ones after the grace. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	pause := time.Millisecond
	for {
		nc, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				nc.Close()
			}
			s.shutdown()
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept clients: %w", err)
		case err != nil:
			s.o.Log.Error("accept a client", "error", err)
			time.Sleep(pause)
			pause = min(2*pause, acceptPause)
			continue
		}
		pause = time.Millisecond
		if tcp, ok := nc.(*net.TCPConn); ok {
			tcp.SetKeepAliveConfig(keepAlive) //nolint:errcheck // a connection without it works
		}
		c := newConn(s, nc)
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.wg.Go(func() { c.serve(ctx) })
	}
}

// full reports whether there are more connections than allowed.
func (s *Server) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.o.MaxConnections > 0 && len(s.conns) > s.o.MaxConnections
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.session != nil {
		delete(s.keys, c.session.PID())
	}
}

// each calls f for every connection.
func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	s.mu.Unlock()
	for _, c := range list {
		f(c)
	}
}

// shutdown ends all connections: idle ones now, busy ones after the grace, those that hang when their time to drain is over.
func (s *Server) shutdown() {
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	for _, step := range []struct {
		do    func(*conn)
		grace time.Duration
	}{{(*conn).end, s.o.ShutdownGrace}, {(*conn).kill, drainTime}, {func(c *conn) { c.socket.Close() }, drainTime}} {
		s.each(step.do)
		timer := time.NewTimer(step.grace)
		select {
		case <-done:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
	s.o.Log.Error("statements did not end in time")
}

// admit gives a connection its secret for cancel requests.
func (s *Server) admit(c *conn) error {
	k := cancelKey{conn: c}
	if _, err := rand.Read(k.secret[:]); err != nil {
		return fmt.Errorf("secret of the session: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.session.PID()] = k
	return nil
}

func (s *Server) secretOf(c *conn) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[c.session.PID()]
	return k.secret[:]
}

// cancel stops what a session runs, if the request has its secret. Other requests are ignored, and none is answered, as
// PostgreSQL does.
func (s *Server) cancel(request []byte) {
	if len(request) != 8 {
		return
	}
	s.mu.Lock()
	k, ok := s.keys[int32(binary.BigEndian.Uint32(request))]
	s.mu.Unlock()
	if subtle.ConstantTimeCompare(k.secret[:], request[4:]) == 1 && ok {
		k.conn.running.stop(errCancelled())
	}
}
