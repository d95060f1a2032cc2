package crawler

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler/walk"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Options are those of an Engine.
type Options struct {
	// Log receives what happens; nil is nowhere.
	Log *slog.Logger
	// Progress is told about every crawl, RunOptions.Progress about one. Both may be called from any goroutine.
	Progress func(Progress)
	// Parallel is how many requests a crawl has under way at once; 0 chooses.
	Parallel int
}

// RunOptions are those of one crawl.
type RunOptions struct {
	// Only limits the crawl to a prefix: a URL inside a target, or a key prefix relative to the targets.
	Only string
	// Progress, when set, is called now and then.
	Progress func(Progress)
}

// Engine plans and runs crawls. It is safe for concurrent use; it runs no crawler twice at once.
type Engine struct {
	catalog catalog.Catalog
	stores  Stores
	formats map[catalog.Format]format.Format
	Options
	running running
}

// New returns an engine over a catalog, the storage, and the formats that it may recognise.
func New(cat catalog.Catalog, stores Stores, formats map[catalog.Format]format.Format, o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Parallel <= 0 {
		o.Parallel = max(8, 4*runtime.GOMAXPROCS(0))
	}
	return &Engine{catalog: cat, stores: stores, formats: formats, Options: o, running: newRunning()}
}

// Check reports what is wrong with a definition, without looking at storage: SQLSTATE 22023 or 0A000.
func (e *Engine) Check(c catalog.Crawler) error {
	s, err := read(c)
	if err != nil {
		return err
	}
	for _, url := range s.targets {
		if _, err := objstore.ParseURL(url); err != nil {
			return err
		}
	}
	return nil
}

// crawl is the state of one crawl.
type crawl struct {
	*Engine
	*settings
	only     string
	progress func(Progress)
	counts   objstore.Counts
	targets  []*target
	// version is that of the catalog at the start, tables those of the database then.
	version catalog.Version
	tables  []*catalog.Table
	parts   map[int64][]catalog.Partition
	seen    []*observed
	notes   []Change
	files   int64
	bytes   int64
	state   Progress
}

// Plan finds out what a run would change.
func (e *Engine) Plan(ctx context.Context, c catalog.Crawler, o RunOptions) (*Plan, error) {
	cr, err := e.observe(ctx, c, o)
	if err != nil {
		return nil, err
	}
	snap, err := e.catalog.Snapshot(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // only read from
	return cr.diff(ctx, snap)
}

// attempts is how often a crawl starts over because the catalog changed under it.
const attempts = 3

// errStale says that a table changed after the crawl looked at the catalog.
var errStale = sqlerr.New(sqlerr.SerializationFailure, "the catalog's tables changed during the crawl").WithHint("Run the crawler again.")

// Run plans and applies the plan in one transaction. The run of a stored crawler is stored with it in the same
// transaction, except when nothing changed: then the catalog keeps its version. A failed run is stored once for each
// different error. A crawler that is running already is SQLSTATE 55006.
func (e *Engine) Run(ctx context.Context, c catalog.Crawler, o RunOptions) (*Plan, catalog.CrawlRun, error) {
	started := time.Now()
	ctx, end, err := e.running.begin(ctx, c.Name)
	if err != nil {
		return nil, catalog.CrawlRun{Started: started, Error: err.Error()}, err
	}
	defer end()
	var plan *Plan
	var run catalog.CrawlRun
	for n := 1; ; n++ {
		plan, run, err = e.runOnce(ctx, c, o, started)
		if n == attempts || !errors.Is(err, errStale) {
			break
		}
	}
	if err != nil {
		run = catalog.CrawlRun{Started: started.UTC(), Elapsed: time.Since(started), Error: err.Error()}
		e.recordFailure(ctx, c, run)
		e.Log.Warn("crawl failed", "crawler", c.Name, "error", err)
		return nil, run, err
	}
	e.Log.Info("crawl ended", "crawler", c.Name, "tables_added", run.TablesAdded, "tables_changed", run.TablesChanged,
		"partitions_added", run.PartitionsAdded, "files", run.Files, "lists", run.Lists, "gets", run.Gets, "elapsed", run.Elapsed)
	return plan, run, nil
}

func (e *Engine) runOnce(ctx context.Context, c catalog.Crawler, o RunOptions, started time.Time) (*Plan, catalog.CrawlRun, error) {
	cr, err := e.observe(ctx, c, o)
	if err != nil {
		return nil, catalog.CrawlRun{}, err
	}
	cr.phase("applying")
	var plan *Plan
	var run catalog.CrawlRun
	version, err := e.catalog.Update(ctx, func(tx catalog.Tx) error {
		var err error
		if plan, err = cr.diff(ctx, tx); err != nil {
			return err
		}
		run = plan.outcome(started)
		if !plan.Empty() {
			run.Version = tx.Version()
		}
		return plan.apply(ctx, tx, cr.settings, run)
	})
	if err != nil {
		return nil, catalog.CrawlRun{}, err
	}
	if plan.Empty() {
		run.Version = version
	}
	run.Elapsed = time.Since(started)
	return plan, run, nil
}

func (p *Plan) outcome(started time.Time) catalog.CrawlRun {
	return catalog.CrawlRun{
		Started: started.UTC(), Elapsed: time.Since(started), TablesAdded: p.TablesAdded, TablesChanged: p.TablesChanged,
		PartitionsAdded: p.PartitionsAdded, PartitionsGone: p.PartitionsGone, Files: p.Files, Bytes: p.Bytes, Lists: p.Lists, Gets: p.Gets,
	}
}

// observe lists and looks into the targets.
func (e *Engine) observe(ctx context.Context, c catalog.Crawler, o RunOptions) (*crawl, error) {
	s, err := read(c)
	if err != nil {
		return nil, err
	}
	cr := &crawl{Engine: e, settings: s, only: o.Only, parts: map[int64][]catalog.Partition{}}
	cr.progress = func(p Progress) {
		for _, f := range []func(Progress){e.Progress, o.Progress} {
			if f != nil {
				f(p)
			}
		}
	}
	cr.state.Crawler = s.name
	ctx = objstore.WithCounter(ctx, &cr.counts)
	if cr.targets, err = e.targets(ctx, s, o.Only); err != nil {
		return nil, err
	}
	if err := cr.readCatalog(ctx); err != nil {
		return nil, err
	}
	for _, t := range cr.targets {
		if err := cr.target(ctx, t); err != nil {
			return nil, err
		}
	}
	return cr, nil
}

func (c *crawl) phase(name string) {
	c.state.Phase = name
	c.progress(c.state)
}

// readCatalog takes the tables of the crawler's database and the partitions of those that it made.
func (c *crawl) readCatalog(ctx context.Context) error {
	snap, err := c.catalog.Snapshot(ctx, 0)
	if err != nil {
		return err
	}
	defer snap.Close() //nolint:errcheck // only read from
	c.version = snap.Version()
	if c.tables, err = tablesOf(ctx, snap, c.database); err != nil {
		return err
	}
	for _, t := range c.tables {
		if t.CreatedBy != c.name || len(t.Keys) == 0 {
			continue
		}
		set, err := snap.Partitions(ctx, t)
		if err != nil {
			return err
		}
		c.parts[t.ID] = set.List
	}
	return nil
}

// tablesOf lists the tables of a database; one that does not exist has none.
func tablesOf(ctx context.Context, snap catalog.Snapshot, database string) ([]*catalog.Table, error) {
	tables, err := snap.Tables(ctx, database)
	if sqlerr.Is(err, sqlerr.InvalidSchemaName) {
		return nil, nil
	}
	return tables, err
}

// target walks one target and finds its tables.
func (c *crawl) target(ctx context.Context, t *target) error {
	c.phase("listing")
	before := c.state
	var err error
	t.found, err = walk.Walk(ctx, t.store, walk.Options{Prefix: t.prefix, Only: t.only, Exclude: c.exclude, Parallel: c.Parallel,
		Progress: func(folders, files, bytes int64) {
			p := before
			p.Folders, p.Files, p.Bytes = p.Folders+folders, p.Files+files, p.Bytes+bytes
			c.progress(p)
		}})
	if err != nil {
		return err
	}
	if t.found.Objects == 0 && len(t.found.Skipped) == 0 && t.only == t.prefix && len(t.found.Failed) == 0 {
		return sqlerr.New(sqlerr.UndefinedFile, "the target %q of crawler %s does not exist or is empty", t.url, c.name).
			WithHint("Check the bucket and the prefix.")
	}
	c.state.Folders, c.state.Files, c.state.Bytes = before.Folders+t.found.Folders, before.Files+t.found.Files, before.Bytes+t.found.Bytes
	c.files, c.bytes = c.files+t.found.Files, c.bytes+t.found.Bytes
	c.noteWalk(t)
	if t.found.Files == 0 {
		return nil
	}
	return c.tablesOfTarget(ctx, t)
}

func (c *crawl) noteWalk(t *target) {
	for _, f := range t.found.Failed {
		c.notes = append(c.notes, Change{Action: ActionWarning, Object: t.store.URL(f.Prefix), Reason: "it cannot be listed: " + f.Err.Error(), Confidence: 1})
	}
	if s := t.found.Skipped[walk.Archived]; s.Count > 0 {
		c.notes = append(c.notes, Change{Action: ActionSkip, Object: t.store.URL(s.Example), Confidence: 1,
			Reason: plural(s.Count, "object") + " in an archive class cannot be read"})
	}
	if s := t.found.Skipped[walk.Nameless]; s.Count > 0 {
		c.notes = append(c.notes, Change{Action: ActionSkip, Object: t.store.URL(s.Example), Confidence: 1,
			Reason: plural(s.Count, "object") + " with two slashes in a row: a folder needs a name"})
	}
}

func (c *crawl) tablesOfTarget(ctx context.Context, t *target) error {
	c.phase("sampling")
	smp := &sampler{store: t.store, base: t.prefix, formats: c.formats, workers: c.Parallel, seen: map[string]*sample{},
		limit: format.InferOptions{MaxBytes: c.sampleBytes}}
	before := c.state
	smp.tick = func(n int64) {
		p := before
		p.Sampled += n
		c.progress(p)
	}
	g := newGrouper(c.settings, t, smp, c.tables)
	if err := g.run(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(g.groups, func(a, b *group) int { return strings.Compare(a.root.Path(), b.root.Path()) })
	for _, gr := range g.groups {
		var stored []catalog.Partition
		if gr.base != nil {
			stored = c.parts[gr.base.ID]
		}
		o, err := g.build(ctx, gr, stored)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		if o.base == nil {
			o.table.Name = folderName(t, gr.root)
		}
		c.seen = append(c.seen, o)
		c.state.Tables++
	}
	c.state.Sampled += smp.done.Load()
	c.notes = append(c.notes, g.notes...)
	c.progress(c.state)
	return nil
}

// folderName is the name of a table before prefix and clashes: that of its folder.
func folderName(t *target, f *walk.Folder) string {
	if f.Parent == nil {
		return t.label()
	}
	return f.Name
}
