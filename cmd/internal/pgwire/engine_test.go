package pgwire

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/internal/catalogtest"
)

// serve runs a server on a free port until the test ends.
func serve(t testing.TB, o Options) net.Addr {
	t.Helper()
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, o)
}

func serveOn(t testing.TB, l net.Listener, o Options) net.Addr {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- NewServer(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr()
}

// newEngine returns an engine over an empty lake.
func newEngine(t testing.TB) *session.Engine {
	t.Helper()
	ctx := context.Background()
	cat := catalogtest.Open(t)
	if _, err := cat.Update(ctx, func(tx catalog.Tx) error { return tx.CreateDatabase(ctx, catalog.Database{Name: "public"}) }); err != nil {
		t.Fatal(err)
	}
	stores, err := objstore.NewSet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e := session.NewEngine(session.Options{
		Catalog: cat, Registry: functions.Builtin(), Lake: lake.New(cat, stores, nil), System: session.SystemOf, Stores: stores,
		Tariff: metering.Tariff{MicroDollarsPerTB: 5_000_000}, Memory: memory.NewBudget("server memory limit", 1<<30, nil),
		QueryMemory: 256 << 20, Workers: 2, Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// serveEngine serves an engine over an empty lake to trusted clients.
func serveEngine(t testing.TB) net.Addr {
	t.Helper()
	return serve(t, Options{Engine: newEngine(t), TrustLoopback: true, ShutdownGrace: time.Second})
}
