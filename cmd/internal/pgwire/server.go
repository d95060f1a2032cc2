package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Options are what a server needs.
type Options struct {
	Engine *session.Engine
	// Users maps names to SCRAM verifiers.
	Users map[string]string
	// TrustLoopback lets clients of this machine in without a password, under any name.
	TrustLoopback bool
	TLS           *tls.Config
	// RequireTLS refuses clients that do not ask for TLS.
	RequireTLS bool
	// ShutdownGrace is how long running statements may go on after the server is told to stop.
	ShutdownGrace time.Duration
	Log           *slog.Logger
}

// Server answers clients.
type Server struct {
	o     Options
	mu    sync.Mutex
	conns map[*conn]struct{}
	keys  map[int32]*conn
	wg    sync.WaitGroup
}

// NewServer returns a server that does not listen yet.
func NewServer(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{o: o, conns: map[*conn]struct{}{}, keys: map[int32]*conn{}}
}

// Listen opens the address of a server. An absolute path is a Unix socket.
func Listen(addr string) (net.Listener, error) {
	network := "tcp"
	if len(addr) > 0 && addr[0] == '/' {
		network = "unix"
		if err := os.Remove(addr); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; another server may use the address: choose one with --listen", addr, err)
	}
	return l, nil
}

// Serve answers clients until ctx ends: then idle clients are told at once and busy ones after the grace.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() }) //nolint:errcheck // the listener has nothing to lose
	defer stop()
	for {
		nc, err := l.Accept()
		if ctx.Err() != nil {
			s.shutdown()
			return nil
		}
		if err != nil {
			var temporary net.Error
			if errors.As(err, &temporary) && temporary.Timeout() {
				continue
			}
			return fmt.Errorf("accept clients: %w", err)
		}
		c := newConn(s, nc)
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.wg.Go(func() {
			defer s.forget(c)
			c.serve(context.WithoutCancel(ctx))
		})
	}
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.session != nil {
		delete(s.keys, c.session.PID())
	}
}

func (s *Server) shutdown() {
	s.mu.Lock()
	for c := range s.conns {
		c.end()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-time.After(s.o.ShutdownGrace):
	}
	s.mu.Lock()
	for c := range s.conns {
		c.kill()
	}
	s.mu.Unlock()
	<-done
}

// admit gives a connection its secret for cancel requests.
func (s *Server) admit(c *conn) error {
	c.secret = make([]byte, 4) // version 3.0 of the protocol has four bytes
	if _, err := rand.Read(c.secret); err != nil {
		return fmt.Errorf("secret of the session: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.session.PID()] = c
	return nil
}

// cancel stops what a session runs, if the secret is right. A wrong one is ignored, as PostgreSQL does.
func (s *Server) cancel(pid int32, secret []byte) {
	s.mu.Lock()
	c := s.keys[pid]
	s.mu.Unlock()
	if c != nil && subtle.ConstantTimeCompare(c.secret, secret) == 1 {
		c.session.Cancel()
	}
}

var errShutdown = sqlerr.New(sqlerr.AdminShutdown, "terminating connection due to administrator command")
