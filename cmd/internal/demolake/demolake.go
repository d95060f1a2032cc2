// Package demolake makes the data that a new user meets first: sixty days of an online shop with a cold-chain sensor
// fleet, in the layouts that real lakes have.
//
//	orders/yyyy/mm/dd/hh/orders.csv.gz              shop orders, CSV with a header
//	sensors/<device>/yyyy/mm/dd/readings.parquet    sensor readings, Parquet with snappy
//	telemetry/yyyy/mm/dd/<device>/telemetry.jsonl   gateway telemetry, nested JSON lines
//	events/dt=yyyy-mm-dd/country=XX/events.json.*   web events, JSON lines, gzip and later zstd
//	products/products.csv                           the catalogue, one file without partitions
//
// Devices, Customers and Regions are the contents of the two other stores of the demo; their ids join the lake's.
//
// Everything follows from Options: the same options give the same bytes, whatever the number of workers. The shapes
// are those of a real shop: few products and customers make most of the orders (Zipf), evenings and weekends are busy,
// devices start late, fail for days, and lose hours.
package demolake

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"golang.org/x/sync/errgroup"
)

// The defaults of Options.
const (
	DefaultSeed = 20260630
	DefaultDays = 60
)

// DefaultEnd is the last day of the default data. It is fixed, so that the documentation's queries have fixed answers.
var DefaultEnd = time.Date(2026, time.June, 30, 0, 0, 0, 0, time.UTC)

// Options say what to generate. The zero value is the default lake: about 1.4 million rows in about 4,000 files.
type Options struct {
	// Seed is the start of all randomness; 0 is DefaultSeed.
	Seed uint64
	// End is the last day, at midnight UTC; zero is DefaultEnd.
	End time.Time
	// Days is the number of days; 0 is DefaultDays.
	Days int
	// Scale multiplies the number of rows, not that of files; 0 is 1.
	Scale float64
	// Workers is the number of files made at once; 0 chooses by the processors. It does not change the data.
	Workers int
	// Progress, when set, is called after each part with the state so far, from one goroutine at a time.
	Progress func(Progress)
}

// Progress is the state of a generation.
type Progress struct {
	// Done and Total count parts: a table's day is one.
	Done, Total int
	// Files, Rows and Bytes are what was written so far.
	Files, Rows, Bytes int64
}

func (o Options) withDefaults() Options {
	if o.Seed == 0 {
		o.Seed = DefaultSeed
	}
	if o.End.IsZero() {
		o.End = DefaultEnd
	}
	o.End = o.End.UTC().Truncate(24 * time.Hour)
	if o.Days <= 0 {
		o.Days = DefaultDays
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Workers <= 0 {
		o.Workers = 4 * runtime.GOMAXPROCS(0)
	}
	return o
}

// Start returns the first day, at midnight UTC.
func (o Options) Start() time.Time {
	o = o.withDefaults()
	return o.End.AddDate(0, 0, 1-o.Days)
}

// Table names one of the lake's tables, which is also its top folder.
type Table string

// The tables of the lake.
const (
	Orders    Table = "orders"
	Sensors   Table = "sensors"
	Telemetry Table = "telemetry"
	Events    Table = "events"
	Products  Table = "products"
)

// Tables lists the tables in the order in which they are generated.
var Tables = []Table{Orders, Sensors, Telemetry, Events, Products}

// generator holds what all parts of one generation share.
type generator struct {
	o     Options
	start time.Time
	store objstore.Store
	shop  *shop

	mu       sync.Mutex
	manifest Manifest
	progress Progress
}

// Generate writes the lake into store, unless a manifest there says that it is complete already; then it returns that
// manifest with Reused set. Demo data of other options is deleted first, and a generation that was cut short is started
// over; folders with the tables' names that hold anything else are an error.
func Generate(ctx context.Context, store objstore.Store, o Options) (Manifest, error) {
	o = o.withDefaults()
	g := &generator{o: o, start: o.Start(), store: store, shop: newShop(o), manifest: newManifest(o)}
	if m, err := readManifest(ctx, store); err != nil {
		return Manifest{}, err
	} else if m != nil && m.sameAs(g.manifest) {
		m.Reused = true
		return *m, nil
	}
	if err := claim(ctx, store); err != nil {
		return Manifest{}, err
	}
	if err := g.run(ctx); err != nil {
		return Manifest{}, err
	}
	return g.manifest, writeManifest(ctx, store, g.manifest)
}

// part makes the files of one table for one day.
type part struct {
	table Table
	day   int
	make  func(ctx context.Context, day int) error
}

func (g *generator) parts() []part {
	parts := []part{{Products, 0, g.products}}
	for day := range g.o.Days {
		parts = append(parts, part{Orders, day, g.orders}, part{Sensors, day, g.sensors},
			part{Telemetry, day, g.telemetry}, part{Events, day, g.events})
	}
	return parts
}

func (g *generator) run(ctx context.Context) error {
	parts := g.parts()
	g.progress.Total = len(parts)
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(g.o.Workers)
	for _, p := range parts {
		if gctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := p.make(gctx, p.day); err != nil {
				return fmt.Errorf("demo data of %s: %w", p.table, err)
			}
			g.done()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (g *generator) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress.Done++
	if g.o.Progress != nil {
		g.o.Progress(g.progress)
	}
}

// write puts one file and counts it.
func (g *generator) write(ctx context.Context, t Table, key string, data []byte, rows int) error {
	if _, err := g.store.Put(ctx, key, bytes.NewReader(data), int64(len(data)), objstore.Condition{}); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.manifest.Tables[t]
	c.Files++
	c.Rows += int64(rows)
	c.Bytes += int64(len(data))
	g.manifest.Tables[t] = c
	g.progress.Files++
	g.progress.Rows += int64(rows)
	g.progress.Bytes += int64(len(data))
	return nil
}

// date returns midnight of a day.
func (g *generator) date(day int) time.Time { return g.start.AddDate(0, 0, day) }
