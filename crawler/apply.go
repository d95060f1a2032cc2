package crawler

import (
	"context"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// apply makes the plan's changes in a transaction, and stores the run with the crawler when that is a stored one.
func (p *Plan) apply(ctx context.Context, tx catalog.Tx, s *settings, run catalog.CrawlRun) error {
	if p.Empty() {
		return recoverRun(ctx, tx, s.name, run)
	}
	if p.CreateDatabase {
		if err := tx.CreateDatabase(ctx, catalog.Database{Name: s.database}); err != nil {
			return err
		}
	}
	for i := range p.Tables {
		if err := p.Tables[i].apply(ctx, tx); err != nil {
			return err
		}
	}
	return storeRun(ctx, tx, s.name, run)
}

func (p *PlannedTable) apply(ctx context.Context, tx catalog.Tx) error {
	t := p.Table
	switch {
	case p.Drop:
		return tx.DropTable(ctx, t.Database, t.Name)
	case t.ID == 0:
		if err := tx.CreateTable(ctx, t); err != nil {
			return err
		}
	}
	// What goes is told by the old partition columns, so it goes before the definition changes.
	if len(p.Remove) > 0 {
		if _, err := tx.DropPartitions(ctx, t, p.Remove); err != nil {
			return err
		}
	}
	if p.Alter {
		if err := tx.AlterTable(ctx, t); err != nil {
			return err
		}
	}
	if err := tx.AddPartitions(ctx, t, p.Add, false); err != nil {
		return err
	}
	return tx.AddPartitions(ctx, t, p.Replace, true)
}

// storeRun stores a run with its crawler. One that is not stored, or was dropped meanwhile, has no place for it.
func storeRun(ctx context.Context, tx catalog.Tx, name string, run catalog.CrawlRun) error {
	c, err := tx.Crawler(ctx, name)
	if sqlerr.Is(err, sqlerr.UndefinedObject) {
		return nil
	}
	if err != nil {
		return err
	}
	next := *c
	next.LastRun = run
	return tx.PutCrawler(ctx, next)
}

// recoverRun stores a run that changed nothing only after one that failed, or when it is the first: otherwise every visit
// of a schedule would make a version of the catalog.
func recoverRun(ctx context.Context, tx catalog.Tx, name string, run catalog.CrawlRun) error {
	c, err := tx.Crawler(ctx, name)
	if sqlerr.Is(err, sqlerr.UndefinedObject) || err == nil && c.LastRun.Error == "" && !c.LastRun.Started.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	run.Version = tx.Version()
	return storeRun(ctx, tx, name, run)
}

// recordFailure stores a failed run, once for each different error.
func (e *Engine) recordFailure(ctx context.Context, c catalog.Crawler, run catalog.CrawlRun) {
	ctx = context.WithoutCancel(ctx)
	_, err := e.catalog.Update(ctx, func(tx catalog.Tx) error {
		stored, err := tx.Crawler(ctx, c.Name)
		if err != nil || stored.LastRun.Error == run.Error {
			return nil //nolint:nilerr // a crawler that is not stored has no place for its runs
		}
		return storeRun(ctx, tx, c.Name, run)
	})
	if err != nil {
		e.Log.Error("a failed crawl could not be recorded", "crawler", c.Name, "error", err)
	}
}
