package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/pgwire"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/internal/slt"
)

// serveTest serves an engine with an empty catalog and returns its connection string.
func serveTest(t *testing.T) string {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Schedules = t.TempDir(), false
	ctx, cancel := context.WithCancel(context.Background())
	stores, err := objstore.NewSet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	r, err := openOver(ctx, cfg, log, stores)
	if err != nil {
		t.Fatal(err)
	}
	l, err := pgwire.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := pgwire.NewServer(pgwire.Options{Engine: r.engine, TrustLoopback: true, ShutdownGrace: time.Second, Log: log})
	done := make(chan error)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.close()
	})
	return "postgres://tester@" + l.Addr().String() + "/lake?sslmode=disable"
}

// The answers in the corpus are PostgreSQL's.
func TestAnswersLikePostgreSQL(t *testing.T) {
	dsn := serveTest(t)
	for _, mode := range []slt.Mode{slt.Simple, slt.Extended, slt.Binary} {
		t.Run(mode.String(), func(t *testing.T) {
			slt.RunFiles(t, "../../testdata/slt/*.slt", slt.Target{DSN: dsn, Mode: mode, Configs: []string{"tarn", mode.String()}})
		})
	}
}
