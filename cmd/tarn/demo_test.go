package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/demolake"
	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/internal/slt"
)

// demoEngine makes a small demo lake behind an S3 server that records requests, and an engine that crawled it.
func demoEngine(t *testing.T) (*running, *s3gateway.Gateway, demolake.Manifest) {
	t.Helper()
	return demoEngineIn(t, t.TempDir(), 6)
}

// demoEngineIn is demoEngine with a folder and a number of days.
func demoEngineIn(t *testing.T, folder string, days int) (*running, *s3gateway.Gateway, demolake.Manifest) {
	t.Helper()
	ctx := t.Context()
	cfg := config.Default()
	cfg.Data, cfg.Schedules = folder, false
	gateway, err := s3gateway.Start(ctx, s3gateway.Options{Root: filepath.Join(cfg.Data, "s3"), Sidecar: filepath.Join(cfg.Data, "s3-metadata"), Observe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
	})
	bucket, err := gateway.Bucket(ctx, demoBucket)
	if err != nil {
		t.Fatal(err)
	}
	o := demolake.Options{Seed: demolake.DefaultSeed, Days: days, Scale: 0.1}
	manifest, err := demolake.Generate(ctx, bucket, o)
	if err != nil {
		t.Fatal(err)
	}
	stores, err := objstore.NewSet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Add("s3://"+demoBucket, bucket); err != nil {
		t.Fatal(err)
	}
	r, err := openOver(ctx, cfg, slog.New(slog.DiscardHandler), stores)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	if err := r.prepareDemo(ctx, o, manifest, streams{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	return r, gateway, manifest
}

// rowsOf runs one statement and returns its rows as text, values separated by "|".
func rowsOf(t *testing.T, r *running, sql string) []string {
	t.Helper()
	var out strings.Builder
	if err := runSQL(context.WithoutCancel(t.Context()), r.engine, session.LakeName, "set tarn.receipts = off; "+sql, streams{out: &out, err: io.Discard}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	lines := strings.Split(out.String(), "\n")
	var rows []string
	for i, line := range lines {
		if strings.Trim(line, "-+") == "" && line != "" {
			for _, row := range lines[i+1:] {
				if strings.HasPrefix(row, "(") {
					return rows
				}
				cells := strings.Split(row, "|")
				for j := range cells {
					cells[j] = strings.TrimSpace(cells[j])
				}
				rows = append(rows, strings.Join(cells, "|"))
			}
		}
	}
	t.Fatalf("%s: no table in %q", sql, out.String())
	return nil
}

func TestDemoCountsWhatWasGenerated(t *testing.T) {
	queries, err := filepath.Abs("../../testdata/demo/*.slt") // the S3 server changes the working folder
	if err != nil {
		t.Fatal(err)
	}
	r, gateway, manifest := demoEngine(t)
	for table, size := range manifest.Tables {
		if got := rowsOf(t, r, "select count(*) from "+string(table)); got[0] != fmt.Sprint(size.Rows) { //nolint:perfsprint // a test
			t.Errorf("%s has %s rows, %d were written", table, got[0], size.Rows)
		}
	}
	t.Run("a day reads the objects of the day", func(t *testing.T) {
		gateway.Log().Reset()
		rows := rowsOf(t, r, "select count(*), count(distinct customer_id) from orders where date = date '2026-06-30' and quantity > -100")
		if rows[0] == "0|0" {
			t.Error("no orders on the last day")
		}
		keys := gateway.Log().KeysRead()
		if len(keys) == 0 {
			t.Error("the server saw no request")
		}
		for _, key := range keys {
			if !strings.HasPrefix(key, "orders/2026/06/30/") {
				t.Errorf("read %s", key)
			}
		}
	})
	t.Run("the ledger has what was read", func(t *testing.T) {
		rows := rowsOf(t, r, "select state, partitions_read < partitions_total, billed_bytes > 0, dollars from tarn.queries where query like '%quantity > -100%' and query not like '%tarn.queries%'")
		if len(rows) != 1 || rows[0] != "succeeded|t|t|0.000050" {
			t.Errorf("ledger: %q", rows)
		}
	})
	t.Run("one statement joins the lake, the key-value store and the database", func(t *testing.T) {
		if rows := rowsOf(t, r, demoQueries[2]); len(rows) == 0 {
			t.Error("no rows")
		}
	})
	t.Run("answers over the wire", func(t *testing.T) {
		dsn := serveEngine(t, r)
		for _, mode := range []slt.Mode{slt.Simple, slt.Binary} {
			slt.RunFiles(t, queries, slt.Target{DSN: dsn, Mode: mode, Setup: []string{"set tarn.receipts = off"}})
		}
	})
	t.Run("a second crawl finds nothing new", func(t *testing.T) {
		_, run, err := r.crawler.Run(t.Context(), demoCrawler(), crawler.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if run.TablesAdded+run.TablesChanged != 0 || run.PartitionsAdded != 0 {
			t.Errorf("second crawl: %+v", run)
		}
	})
}

// TestDemoShrinks checks that a demo of fewer days in the folder of one of more forgets the others.
func TestDemoShrinks(t *testing.T) {
	folder := t.TempDir()
	for _, days := range []int{3, 2} {
		t.Run(fmt.Sprint(days), func(t *testing.T) { //nolint:perfsprint // a test
			r, _, manifest := demoEngineIn(t, folder, days)
			if got, want := rowsOf(t, r, "show partitions orders"), manifest.Tables[demolake.Orders].Files; int64(len(got)) != want {
				t.Errorf("%d partitions of orders, %d were written", len(got), want)
			}
			if got := rowsOf(t, r, "select count(distinct date) from orders"); got[0] != fmt.Sprint(days) { //nolint:perfsprint // a test
				t.Errorf("%s days, %d were written", got[0], days)
			}
		})
	}
}

// TestDemoEndsAfterNoStatements gives a list of statements that is empty: what it must not do is serve.
func TestDemoEndsAfterNoStatements(t *testing.T) {
	var out, problems strings.Builder
	cmd := newDemo(streams{out: &out, err: &problems})
	cmd.SetArgs([]string{"--data", t.TempDir(), "--days", "1", "--scale", "0.01", "--listen", "127.0.0.1:0", "--sql", ""})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := cmd.ExecuteContext(ctx); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(problems.String()+out.String(), "Connect with") {
		t.Errorf("the demo served clients:\n%s", problems.String())
	}
}
