package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/demolake"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	listen, data string
	sql          *string // nil: the demo serves clients
	seed         uint64
	days         int
	scale        float64
}

func newDemo(out streams) *cobra.Command {
	var f demoFlags
	var sql string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a demo lake, crawl it, and serve PostgreSQL clients",
		Long: `Starts an S3 server in this process, fills it with sixty days of an online shop (once; it is kept in
the data folder), crawls it, loads a key-value store and a relational one beside it, and serves
PostgreSQL clients. Ctrl-C stops it.

With --sql it runs statements, prints their results, and exits.`,
		Example: `  tarn demo
  tarn demo --sql "select count(*) from orders where date = date '2026-06-30'"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if cmd.Flags().Changed("sql") {
				f.sql = &sql
			}
			return runDemo(cmd.Context(), f, out)
		},
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:5433", "address for PostgreSQL clients")
	cmd.Flags().StringVar(&f.data, "data", filepath.Join(config.DataFolder(), "demo"), "folder of the demo's data")
	cmd.Flags().StringVar(&sql, "sql", "", "run these statements and exit, with code 0 or 1")
	cmd.Flags().Uint64Var(&f.seed, "seed", demolake.DefaultSeed, "seed of the data")
	cmd.Flags().IntVar(&f.days, "days", demolake.DefaultDays, "number of days of data")
	cmd.Flags().Float64Var(&f.scale, "scale", 1, "factor on the number of rows")
	return cmd
}

// check refuses flags that make no lake, before anything is written.
func (f demoFlags) check() error {
	switch {
	case f.days < 1:
		return sqlerr.New(sqlerr.InvalidParameterValue, "--days must be at least 1, not %d", f.days)
	case !(f.scale > 0) || math.IsInf(f.scale, 0):
		return sqlerr.New(sqlerr.InvalidParameterValue, "--scale must be a number above 0, not %v", f.scale)
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return sqlerr.New(sqlerr.InvalidParameterValue, "--listen must be an address such as 127.0.0.1:5433, not %q", f.listen)
	}
	return nil
}

// demoBucket is the bucket of the demo lake.
const demoBucket = "lake"

func runDemo(ctx context.Context, f demoFlags, out streams) error {
	data, err := absolute(f.data)
	if err != nil {
		return err
	}
	lock, err := lockFolder(data)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // the process ends
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.Log.Level, cfg.Schedules = f.listen, data, "warn", false
	// Statements that run when the demo is told to stop still read from the gateway, within the grace.
	gateway, err := s3gateway.Start(context.WithoutCancel(ctx), s3gateway.Options{Root: filepath.Join(data, "s3"), Sidecar: filepath.Join(data, "s3-metadata")})
	if err != nil {
		return err
	}
	defer gateway.Close() //nolint:errcheck // the process ends
	bucket, err := gateway.Bucket(ctx, demoBucket)
	if err != nil {
		return err
	}
	o := demolake.Options{Seed: f.seed, Days: f.days, Scale: f.scale}
	manifest, err := generate(ctx, bucket, o, out)
	if err != nil {
		return err
	}
	stores, err := objstore.NewSet(ctx)
	if err != nil {
		return err
	}
	if err := stores.Add("s3://"+demoBucket, bucket); err != nil {
		return err
	}
	r, err := openOver(ctx, cfg, newLogger(out.err, cfg.Log), stores)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.prepareDemo(ctx, o, manifest, out); err != nil {
		return err
	}
	if f.sql != nil {
		return runSQL(ctx, r.engine, session.LakeName, *f.sql, out)
	}
	return r.serve(ctx, func(addr string) { greet(out, addr) })
}

// lockFolder keeps other demos out of a folder until the lock is closed or the process ends: they would write the same files, and only
// one process can have the key-value store open.
func lockFolder(path string) (io.Closer, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("make the demo's folder: %w", err)
	}
	lock, err := vfs.Default.Lock(filepath.Join(path, "lock"))
	if err != nil {
		return nil, sqlerr.New(sqlerr.ObjectInUse, "another tarn demo uses the folder %s: %w", path, err).
			WithHint("connect to it with psql, stop it, or give this one a folder of its own with --data")
	}
	return lock, nil
}

func generate(ctx context.Context, bucket objstore.Store, o demolake.Options, out streams) (demolake.Manifest, error) {
	bar := newProgress(out.err)
	o.Progress = func(p demolake.Progress) {
		bar.show("writing the demo lake: %d%%, %d files, %d rows", p.Done*100/max(p.Total, 1), p.Files, p.Rows)
	}
	start := time.Now()
	m, err := demolake.Generate(ctx, bucket, o)
	bar.clear()
	if err == nil && !m.Reused {
		total := m.Total()
		fmt.Fprintf(out.err, "wrote the demo lake: %d rows in %d files, %s, in %s\n", total.Rows, total.Files,
			metering.Athena().Bytes(total.Bytes), time.Since(start).Round(100*time.Millisecond))
	}
	return m, err
}

// demoMarker is a file that says which demo data the catalog and the two other stores hold.
const demoMarker = "ready"

// prepareDemo crawls the lake and loads the other stores, unless an earlier start has done so for the same data.
func (r *running) prepareDemo(ctx context.Context, o demolake.Options, m demolake.Manifest, out streams) error {
	want := fmt.Sprintf("%d %d %g %d\n", o.Seed, o.Days, o.Scale, m.Version)
	marker := filepath.Join(r.cfg.Data, demoMarker)
	if have, err := os.ReadFile(marker); err == nil && string(have) == want {
		return nil
	}
	start := time.Now()
	bar := newProgress(out.err)
	_, run, err := r.crawler.Run(ctx, demoCrawler(), crawler.RunOptions{Progress: func(p crawler.Progress) {
		bar.show("crawling: %d folders, %d files, %d sampled", p.Folders, p.Files, p.Sampled)
	}})
	bar.clear()
	if err != nil {
		return err
	}
	if err := r.loadDevices(ctx, o); err != nil {
		return err
	}
	if err := r.loadCustomers(ctx, o); err != nil {
		return err
	}
	fmt.Fprintf(out.err, "crawled it: %d tables and %d partitions from %d files in %s\n", run.TablesAdded, run.PartitionsAdded, run.Files,
		time.Since(start).Round(100*time.Millisecond))
	return os.WriteFile(marker, []byte(want), 0o600)
}

func demoCrawler() catalog.Crawler {
	return catalog.Crawler{Name: "demo", Targets: []string{"s3://" + demoBucket + "/"}, Database: defaultDatabase, Created: time.Now(),
		Options: map[string]string{"delete": "drop"}}
}
