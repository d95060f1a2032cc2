package crawler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Scheduler runs stored crawlers when their schedules say so. A crawler that is still running when it is due again is left
// alone until the next time.
type Scheduler struct {
	engine  *Engine
	catalog catalog.Catalog
	log     *slog.Logger
	// now and every are those of tests.
	now   func() time.Time
	every time.Duration

	mu     sync.Mutex
	stop   context.CancelFunc
	done   sync.WaitGroup
	last   map[string]time.Time
	begun  time.Time
	faulty map[string]string
}

// pollEvery is how often the scheduler looks at the catalog: schedules are to the minute.
const pollEvery = 15 * time.Second

// NewScheduler returns a scheduler for the crawlers stored in cat. It is not running. Log may be nil.
func NewScheduler(e *Engine, cat catalog.Catalog, log *slog.Logger) *Scheduler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Scheduler{engine: e, catalog: cat, log: log, now: time.Now, every: pollEvery, last: map[string]time.Time{}, faulty: map[string]string{}}
}

// Start runs the scheduler until Stop or the end of ctx. Starting it twice is the same as once.
func (s *Scheduler) Start(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.begun = s.now()
	s.done.Add(1)
	go s.loop(ctx)
}

// Stop ends the scheduler and the crawls that it began, and waits for them. It may be started again.
func (s *Scheduler) Stop() {
	s.mu.Lock()
	stop := s.stop
	s.stop = nil
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.done.Wait()
}

func (s *Scheduler) loop(ctx context.Context) {
	defer s.done.Done()
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		if err := s.poll(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("schedules cannot be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poll starts the crawlers that are due.
func (s *Scheduler) poll(ctx context.Context) error {
	snap, err := s.catalog.Snapshot(ctx, 0)
	if err != nil {
		return err
	}
	list, err := snap.Crawlers(ctx)
	_ = snap.Close() // only read from
	if err != nil {
		return err
	}
	now := s.now()
	for _, c := range list {
		if c.Schedule != "" && s.due(c, now) {
			s.done.Add(1)
			go s.run(ctx, c)
		}
	}
	return nil
}

// due reports whether a time of the schedule has come since the crawler last ran, and takes it. Times before the start of
// the scheduler are not made up for.
func (s *Scheduler) due(c catalog.Crawler, now time.Time) bool {
	schedule, err := ParseSchedule(c.Schedule)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if s.faulty[c.Name] != c.Schedule {
			s.faulty[c.Name] = c.Schedule
			s.log.Error("a schedule cannot be read", "crawler", c.Name, "error", err)
		}
		return false
	}
	since := s.begun
	for _, t := range []time.Time{s.last[c.Name], c.Created} {
		if t.After(since) {
			since = t
		}
	}
	next, ok := schedule.Next(since)
	if !ok || next.After(now) {
		return false
	}
	s.last[c.Name] = now
	return true
}

func (s *Scheduler) run(ctx context.Context, c catalog.Crawler) {
	defer s.done.Done()
	if _, _, err := s.engine.Run(ctx, c, RunOptions{}); sqlerr.Is(err, sqlerr.ObjectInUse) {
		s.log.Info("a crawler is still running", "crawler", c.Name)
	}
}
