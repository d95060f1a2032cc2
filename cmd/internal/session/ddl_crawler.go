package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// Crawling plans and runs crawls.
type Crawling interface {
	Plan(ctx context.Context, c catalog.Crawler, o crawler.RunOptions) (*crawler.Plan, error)
	Run(ctx context.Context, c catalog.Crawler, o crawler.RunOptions) (*crawler.Plan, catalog.CrawlRun, error)
	// Stop ends the running crawl of a crawler, whose session gets an error, and reports whether there was one.
	Stop(name string) bool
	// Check reports what is wrong with a definition.
	Check(c catalog.Crawler) error
}

func (s *Session) createCrawler(ctx context.Context, st *parser.CreateCrawler) (*Result, error) {
	database := s.defaultDatabase(ctx)
	if len(st.Database) > 0 {
		var err error
		if database, err = databaseName(st.Database, st.Pos()); err != nil {
			return nil, err
		}
	}
	c := catalog.Crawler{Name: st.Name, Targets: st.Targets, Exclude: st.Exclude, Database: database, Prefix: st.Prefix,
		Schedule: st.Schedule, Options: options(st.Options), Created: time.Now()}
	if err := s.engine.Crawl.Check(c); err != nil {
		if e := sqlerr.As(err); e != nil {
			return nil, e.At(st.Pos())
		}
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		if old, err := tx.Crawler(ctx, st.Name); err == nil {
			if st.IfNotExists {
				s.notice(Note, sqlerr.DuplicateObject, "crawler %q already exists, skipping", st.Name)
				return nil
			}
			if !st.OrReplace {
				return sqlerr.New(sqlerr.DuplicateObject, "crawler %q already exists", st.Name).At(st.Pos())
			}
			c.Created, c.LastRun = old.Created, old.LastRun
		}
		return tx.PutCrawler(ctx, c)
	})
}

// options reads WITH (name = value, ...): words, strings and numbers as text.
func options(list []parser.Option) map[string]string {
	if len(list) == 0 {
		return nil
	}
	out := make(map[string]string, len(list))
	for _, o := range list {
		switch v := o.Value.(type) {
		case *parser.StringLit:
			out[o.Name] = v.Value
		case nil:
			out[o.Name] = "true"
		default:
			out[o.Name] = parser.Format(v)
		}
	}
	return out
}

func (s *Session) dropCrawler(ctx context.Context, st *parser.DropCrawler) (*Result, error) {
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		err := tx.DropCrawler(ctx, st.Name)
		if st.IfExists && sqlerr.Is(err, sqlerr.UndefinedObject) {
			s.notice(Note, "00000", "crawler %q does not exist, skipping", st.Name)
			return nil
		}
		return err
	})
}

func (s *Session) storedCrawler(ctx context.Context, name string, pos int) (*catalog.Crawler, error) {
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	c, err := snap.Crawler(ctx, name)
	if e := sqlerr.As(err); e != nil {
		return nil, e.At(pos).WithHint("SHOW CRAWLERS lists them")
	}
	return c, err
}

func crawlTable() *table {
	t := newTable(textColumns("action", "object", "before", "after", "reason")...)
	t.columns = append(t.columns, schema.Column{Name: "confidence", Type: schema.T(schema.Double)})
	return t
}

func crawlColumns() []physical.Column {
	var out []physical.Column
	for _, c := range crawlTable().columns {
		out = append(out, physical.Column{Name: c.Name, Type: c.Type})
	}
	return out
}

func crawlResult(p *crawler.Plan, tag string) *Result {
	t := crawlTable()
	text := func(v string) schema.Value {
		if v == "" {
			return schema.NullOf(schema.Text)
		}
		return schema.TextValue(v)
	}
	for _, c := range p.Changes {
		t.rows = append(t.rows, []schema.Value{text(c.Action), text(c.Object), text(c.Before), text(c.After), text(c.Reason),
			schema.FloatValue(schema.T(schema.Double), c.Confidence)})
	}
	return t.result(tag)
}

func (s *Session) planCrawler(ctx context.Context, st *parser.PlanCrawler) (*Result, error) {
	c, err := s.storedCrawler(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	p, err := s.engine.Crawl.Plan(ctx, *c, crawler.RunOptions{Only: st.Prefix})
	if err != nil {
		return nil, err
	}
	return crawlResult(p, "PLAN CRAWLER"), nil
}

func (s *Session) runCrawler(ctx context.Context, st *parser.RunCrawler) (*Result, error) {
	c, err := s.storedCrawler(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	o := crawler.RunOptions{Only: st.Prefix}
	if st.Dry {
		p, err := s.engine.Crawl.Plan(ctx, *c, o)
		if err != nil {
			return nil, err
		}
		return crawlResult(p, "RUN CRAWLER"), nil
	}
	p, run, err := s.engine.Crawl.Run(ctx, *c, o)
	if err != nil {
		return nil, err
	}
	s.notice(Note, "00000", "crawler %s: %d tables added, %d changed; %d partitions added, %d gone; %d files in %d LIST and %d GET requests, %s",
		c.Name, run.TablesAdded, run.TablesChanged, run.PartitionsAdded, run.PartitionsGone, run.Files, run.Lists, run.Gets,
		run.Elapsed.Round(time.Millisecond))
	return crawlResult(p, "RUN CRAWLER"), nil
}

func (s *Session) stopCrawler(ctx context.Context, st *parser.StopCrawler) (*Result, error) {
	if _, err := s.storedCrawler(ctx, st.Name, st.Pos()); err != nil {
		return nil, err
	}
	if !s.engine.Crawl.Stop(st.Name) {
		return nil, sqlerr.New(sqlerr.NotInPrerequisiteState, "crawler %q is not running", st.Name).At(st.Pos())
	}
	return command("%s", st.Tag()), nil
}

func (s *Session) showCrawlers(ctx context.Context, st *parser.Show) (*table, error) {
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	list, err := snap.Crawlers(ctx)
	if err != nil {
		return nil, err
	}
	t := newTable(textColumns("name", "targets", "database", "schedule", "last_result")...)
	t.columns = append(t.columns, schema.Column{Name: "last_run", Type: schema.T(schema.TimestampTZ)})
	for _, c := range list {
		if !matches(st, c.Name) {
			continue
		}
		last, result := schema.NullOf(schema.T(schema.TimestampTZ)), schema.NullOf(schema.Text)
		if r := c.LastRun; !r.Started.IsZero() {
			last = schema.IntValue(last.Type, r.Started.UnixMicro())
			result = schema.TextValue(r.Error)
			if r.Error == "" {
				result.S = fmt.Sprintf("%d tables added, %d changed, %d partitions added", r.TablesAdded, r.TablesChanged, r.PartitionsAdded)
			}
		}
		t.rows = append(t.rows, []schema.Value{schema.TextValue(c.Name), schema.TextValue(strings.Join(c.Targets, ", ")),
			schema.TextValue(c.Database), schema.TextValue(c.Schedule), result, last})
	}
	return t, nil
}

func (s *Session) showCreateCrawler(ctx context.Context, st *parser.Show) (*table, error) {
	c, err := s.storedCrawler(ctx, st.Name.Last(), st.Pos())
	if err != nil {
		return nil, err
	}
	stmt := &parser.CreateCrawler{Name: c.Name, Targets: c.Targets, Exclude: c.Exclude, Database: parser.Name{c.Database}, Prefix: c.Prefix, Schedule: c.Schedule}
	for _, k := range sortedKeys(c.Options) {
		stmt.Options = append(stmt.Options, parser.Option{Name: k, Value: &parser.StringLit{Value: c.Options[k]}})
	}
	t := newTable(textColumns("Create Crawler")...)
	t.addText(parser.Format(stmt))
	return t, nil
}
