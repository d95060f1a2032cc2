package main

import (
	"context"
	"crypto/tls"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/pgwire"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func newServe(io streams) *cobra.Command {
	var flags common
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer PostgreSQL clients over your own storage",
		Long: `Serves PostgreSQL clients over the storage of the configuration file. The catalog is kept in the
data folder; fill it with "tarn crawl", CREATE CRAWLER or CREATE EXTERNAL TABLE. Ctrl-C stops the
server: running statements are cancelled, clients are told.`,
		Example: `  tarn serve --config tarn.yaml
  tarn serve --config tarn.yaml --listen 0.0.0.0:5432`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			log := newLogger(io.err, cfg.Log)
			r, err := openEngine(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			defer r.close()
			return r.serve(cmd.Context(), func(addr string) { log.Info("serving PostgreSQL clients", "address", addr) })
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.listen, "listen", "", "address for clients (default from the configuration: 127.0.0.1:5433)")
	return cmd
}

// serve answers clients until ctx ends. ready is called with the address when they can connect.
func (r *running) serve(ctx context.Context, ready func(string)) error {
	users, err := verifiers(r.cfg.Users)
	if err != nil {
		return err
	}
	tlsConfig, err := serverTLS(r.cfg.TLS)
	if err != nil {
		return err
	}
	server := pgwire.NewServer(pgwire.Options{
		Engine: r.engine, Users: users, TrustLoopback: r.cfg.Auth.TrustLoopback, TLS: tlsConfig, RequireTLS: r.cfg.TLS.Required,
		ShutdownGrace: r.cfg.Limits.ShutdownGrace, Log: r.log,
	})
	l, err := pgwire.Listen(r.cfg.Listen)
	if err != nil {
		return err
	}
	if _, err := r.catalog.MarkLost(ctx); err != nil {
		return err
	}
	if r.cfg.Schedules {
		scheduler := crawler.NewScheduler(r.crawler, r.catalog, r.log)
		scheduler.Start(ctx)
		defer scheduler.Stop()
	}
	ready(l.Addr().String())
	return server.Serve(ctx, l)
}

// verifiers returns the SCRAM verifier of each user.
func verifiers(users []config.User) (map[string]string, error) {
	out := make(map[string]string, len(users))
	for _, u := range users {
		password := u.Password
		if u.PasswordFile != "" {
			text, err := os.ReadFile(u.PasswordFile)
			if err != nil {
				return nil, sqlerr.New(sqlerr.InvalidParameterValue, "password file of user %q: %w", u.Name, err)
			}
			password = strings.TrimRight(string(text), "\r\n")
		}
		if !strings.HasPrefix(password, "SCRAM-SHA-256$") {
			var err error
			if password, err = pgwire.NewVerifier(password); err != nil {
				return nil, err
			}
		}
		out[u.Name] = password
	}
	return out, nil
}

func serverTLS(c config.TLSConfig) (*tls.Config, error) {
	if c.Cert == "" {
		return nil, nil //nolint:nilnil // no TLS
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "cannot use the certificate %s with the key %s: %w", c.Cert, c.Key, err).
			WithHint("tls.cert and tls.key name PEM files of a certificate and of its private key")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"postgresql"}}, nil
}
