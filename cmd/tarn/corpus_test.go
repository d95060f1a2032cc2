package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/pgwire"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/internal/datasets"
	"github.com/tarnsql/tarn/internal/slt"
)

// serveTest serves an engine with an empty catalog and returns its connection string.
func serveTest(t *testing.T) string {
	t.Helper()
	stores, err := objstore.NewSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dsn, _ := serveStores(t, stores)
	return dsn
}

// serveStores serves an engine over stores.
func serveStores(t *testing.T, stores *objstore.Set) (string, *running) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Schedules = t.TempDir(), false
	r, err := openOver(context.WithoutCancel(t.Context()), cfg, slog.New(slog.DiscardHandler), stores)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return serveEngine(t, r), r
}

// serveEngine serves an engine until the test ends.
func serveEngine(t *testing.T, r *running) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l, err := pgwire.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := pgwire.NewServer(pgwire.Options{Engine: r.engine, TrustLoopback: true, ShutdownGrace: time.Second, Log: slog.New(slog.DiscardHandler)})
	done := make(chan error)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
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
	t.Run("spilling", func(t *testing.T) {
		slt.RunFiles(t, "../../testdata/slt/*.slt", slt.Target{DSN: dsn + spilling, Configs: []string{"tarn"}})
	})
}

// The answers about what PostgreSQL has not are as Trino documents them.
func TestAnswersLikeTrino(t *testing.T) {
	dsn := serveTest(t)
	const files = "../../testdata/trino/*.slt"
	for _, mode := range []slt.Mode{slt.Simple, slt.Extended, slt.Binary} {
		t.Run(mode.String(), func(t *testing.T) {
			slt.RunFiles(t, files, slt.Target{DSN: dsn, Mode: mode, Configs: []string{"tarn", mode.String()}})
		})
	}
	for name, settings := range map[string]string{"spilling": spilling, "tiny batches": tinyBatches} {
		t.Run(name, func(t *testing.T) {
			slt.RunFiles(t, files, slt.Target{DSN: dsn + settings, Configs: []string{"tarn"}})
		})
	}
}

// tinyBatches are settings under which almost every operator meets several batches.
const tinyBatches = "&options=-ctarn.batch_rows%3D2"

// spilling are settings under which every operator that keeps rows writes them to files, and works in small batches with several
// workers.
const spilling = "&options=-ctarn.force_spill%3Don%20-ctarn.batch_rows%3D500%20-ctarn.workers%3D3"

// The answers over the real data sets are PostgreSQL's, loaded with the same rows; Tarn's crawler finds the tables in a bucket.
func TestAnswersOverRealDataLikePostgreSQL(t *testing.T) {
	tables := append(datasets.Vega(), datasets.NYCFlights()...)
	tables[0].Path(t) // ends the test when the data are not there
	bucket := objstore.NewMemory("real")
	datasets.Put(t, bucket, "", tables...)
	stores, err := objstore.NewSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Add("mem://real", bucket); err != nil {
		t.Fatal(err)
	}
	dsn, r := serveStores(t, stores)
	c := catalog.Crawler{Name: "real", Targets: []string{"mem://real/"}, Database: defaultDatabase}
	if _, _, err := r.crawler.Run(t.Context(), c, crawler.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, settings := range map[string]string{"default": "", "spilling": spilling} {
		t.Run(name, func(t *testing.T) {
			slt.RunFiles(t, "../../testdata/realdata/*.slt", slt.Target{DSN: dsn + settings, Configs: []string{"tarn"}})
		})
	}
}
