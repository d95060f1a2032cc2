package crawler

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestScheduleNext(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	// 2026-06-01 is a Monday.
	for _, c := range []struct{ schedule, after, want string }{
		{"cron(15 3 * * ? *)", "2026-06-01 03:15:00", "2026-06-02 03:15:00"},
		{"cron(0/30 * * * ? *)", "2026-06-01 00:10:00", "2026-06-01 00:30:00"},
		{"cron(0 8 1 * ? *)", "2026-06-01 09:00:00", "2026-07-01 08:00:00"},
		{"cron(0 8 ? * 2 *)", "2026-06-01 09:00:00", "2026-06-08 08:00:00"},
		{"cron(0 8 ? * MON-FRI *)", "2026-06-05 09:00:00", "2026-06-08 08:00:00"},
		{"cron(0 0 1 1 ? 2028)", "2026-06-01 00:00:00", "2028-01-01 00:00:00"},
		{"15 3 * * *", "2026-06-01 00:00:00", "2026-06-01 03:15:00"},
		{"0 8 * * 1", "2026-06-01 09:00:00", "2026-06-08 08:00:00"},
		{"*/5 * * * *", "2026-06-01 00:01:00", "2026-06-01 00:05:00"},
		{"cron(0 0 1 1 ? 2020)", "2026-06-01 00:00:00", ""},
	} {
		s, err := ParseSchedule(c.schedule)
		if err != nil {
			t.Errorf("%s: %v", c.schedule, err)
			continue
		}
		got, ok := s.Next(at(c.after))
		text := ""
		if ok {
			text = got.Format(time.DateTime)
		}
		if text != c.want {
			t.Errorf("%s after %s: %s, want %s", c.schedule, c.after, text, c.want)
		}
	}
	for _, bad := range []string{"0 0 * * 1,2,3,4,5,6,7,1", "", "cron()", "cron(1 2 3 4 5)", "* * * *", "61 * * * *", "a b c d e", "cron(0 0 * * ? *", "* * * * * * *"} {
		if _, err := ParseSchedule(bad); !sqlerr.Is(err, sqlerr.InvalidParameterValue) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func storeCrawler(t *testing.T, w *world, c catalog.Crawler) {
	t.Helper()
	_, err := w.catalog.Update(context.Background(), func(tx catalog.Tx) error { return tx.PutCrawler(context.Background(), c) })
	if err != nil {
		t.Fatal(err)
	}
}

func stored(t *testing.T, w *world, name string) catalog.Crawler {
	t.Helper()
	snap, err := w.catalog.Snapshot(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close() //nolint:errcheck // only read from
	c, err := snap.Crawler(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return *c
}

func TestSchedulerRunsWhatIsDue(t *testing.T) {
	w := newWorld(t)
	w.put("t/x.csv csv header=1 a:int")
	storeCrawler(t, w, catalog.Crawler{Name: "c", Targets: []string{"mem://lake/t/"}, Schedule: "0 * * * *"})
	storeCrawler(t, w, catalog.Crawler{Name: "never", Targets: []string{"mem://lake/t/"}})
	s := NewScheduler(w.engine, w.catalog, nil)
	var clock atomic.Int64
	start := time.Date(2026, 6, 1, 10, 30, 0, 0, time.UTC)
	clock.Store(start.UnixNano())
	s.now = func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	s.every = time.Millisecond
	s.Start(context.Background())
	s.Start(context.Background())
	time.Sleep(20 * time.Millisecond)
	if !stored(t, w, "c").LastRun.Started.IsZero() {
		t.Fatal("it ran before its time")
	}
	clock.Store(start.Add(31 * time.Minute).UnixNano())
	for range 5000 {
		if !stored(t, w, "c").LastRun.Started.IsZero() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.Stop()
	if run := stored(t, w, "c").LastRun; run.TablesAdded != 1 || run.Error != "" {
		t.Errorf("%+v", run)
	}
	if !stored(t, w, "never").LastRun.Started.IsZero() {
		t.Error("a crawler without a schedule ran")
	}
}

// blocking is a format that waits for a gate.
type blocking struct {
	spec
	entered, gate chan struct{}
}

func (b blocking) Infer(ctx context.Context, f format.File, o format.InferOptions) (*format.Inferred, error) {
	b.entered <- struct{}{}
	select {
	case <-b.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return b.spec.Infer(ctx, f, o)
}

func TestACrawlerRunsOnceAtATimeAndCanBeStopped(t *testing.T) {
	w := newWorld(t)
	w.put("t/x.csv csv header=1 a:int")
	b := blocking{spec: spec{name: catalog.CSV}, entered: make(chan struct{}, 10), gate: make(chan struct{})}
	w.engine.formats[catalog.CSV] = b
	c := catalog.Crawler{Name: "c", Targets: []string{"mem://lake/t/"}}
	storeCrawler(t, w, c)
	ended := make(chan error, 1)
	go func() {
		_, _, err := w.engine.Run(context.Background(), c, RunOptions{})
		ended <- err
	}()
	<-b.entered
	if _, _, err := w.engine.Run(context.Background(), c, RunOptions{}); !sqlerr.Is(err, sqlerr.ObjectInUse) {
		t.Errorf("second run: %v", err)
	}
	if got := w.engine.Running(); len(got) != 1 || !w.engine.Stop("c") || w.engine.Stop("d") {
		t.Errorf("running %v", got)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("stopped run: %v", err)
	}
	if run := stored(t, w, "c").LastRun; run.Error == "" {
		t.Error("the failure is not stored")
	}
	close(b.gate)
	if _, run, err := w.engine.Run(context.Background(), c, RunOptions{}); err != nil || run.TablesAdded != 1 {
		t.Errorf("%+v %v", run, err)
	}
	if run := stored(t, w, "c").LastRun; run.Error != "" || run.Version == 0 {
		t.Errorf("%+v", run)
	}
}

// changing is a format during whose first look the catalog changes.
type changing struct {
	spec
	once   *atomic.Bool
	change func()
}

func (c changing) Infer(ctx context.Context, f format.File, o format.InferOptions) (*format.Inferred, error) {
	if c.once.CompareAndSwap(false, true) {
		c.change()
	}
	return c.spec.Infer(ctx, f, o)
}

func TestATableThatChangesDuringTheCrawlIsLookedAtAgain(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.put("t/dt=2026-06-01/x.csv csv header=1 a:int")
	c := catalog.Crawler{Name: "c", Targets: []string{"mem://lake/t/"}}
	if _, _, err := w.engine.Run(ctx, c, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	w.put("t/dt=2026-06-02/x.csv csv header=1 a:bigint")
	w.engine.formats[catalog.CSV] = changing{spec: spec{name: catalog.CSV}, once: new(atomic.Bool), change: func() {
		_, err := w.catalog.Update(ctx, func(tx catalog.Tx) error {
			t, err := tx.Table(ctx, "public", "t")
			if err != nil {
				return err
			}
			next := *t
			next.Comment = "by hand"
			next.Columns = append([]catalog.Column{}, t.Columns...)
			next.Columns = append(next.Columns, catalog.Column{Name: "mine", Type: schema.Text})
			return tx.AlterTable(ctx, &next)
		})
		if err != nil {
			t.Error(err)
		}
	}}
	_, run, err := w.engine.Run(ctx, c, RunOptions{})
	if err != nil || run.PartitionsAdded != 1 {
		t.Fatalf("%+v %v", run, err)
	}
	snap, err := w.catalog.Snapshot(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close() //nolint:errcheck // only read from
	table, err := snap.Table(ctx, "public", "t")
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Columns) != 2 || table.Comment != "by hand" || table.Columns[0].Type.Kind != schema.BigInt {
		t.Errorf("%+v", table.Columns)
	}
}

func TestCheckRefusesBadDefinitions(t *testing.T) {
	e := New(nil, nil, nil, Options{})
	good := catalog.Crawler{Name: "c", Targets: []string{"s3://b/p/"}, Schedule: "cron(0 1 * * ? *)", Exclude: []string{"**.tmp"}}
	if err := e.Check(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*catalog.Crawler){
		"no target":    func(c *catalog.Crawler) { c.Targets = nil },
		"bad target":   func(c *catalog.Crawler) { c.Targets = []string{"ftp://x"} },
		"bad glob":     func(c *catalog.Crawler) { c.Exclude = []string{"["} },
		"bad schedule": func(c *catalog.Crawler) { c.Schedule = "daily" },
		"bad option":   func(c *catalog.Crawler) { c.Options = map[string]string{"delete": "all"} },
	} {
		c := good
		change(&c)
		if err := e.Check(c); !sqlerr.Is(err, sqlerr.InvalidParameterValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// denying is a store that refuses some keys.
type denying struct {
	objstore.Store
	read error
}

func (d denying) ReadAt(ctx context.Context, o objstore.Object, p []byte, off int64) error {
	if o.Key == "t/secret.csv" {
		return d.read
	}
	return d.Store.ReadAt(ctx, o, p, off)
}

type oneStore struct{ objstore.Store }

func (s oneStore) Resolve(_ context.Context, url string) (objstore.Store, string, error) {
	l, err := objstore.ParseURL(url)
	return s.Store, l.Key, err
}

func TestUnreadableObjectsAreReportedAndLostStorageFails(t *testing.T) {
	w := newWorld(t)
	w.put("t/a.csv csv header=1 a:int")
	w.put("t/secret.csv csv header=1 a:int")
	c := catalog.Crawler{Name: "c", Targets: []string{"mem://lake/t/"}}
	w.engine.stores = oneStore{denying{w.lake, objstore.AccessDenied("read", "mem://lake/t/secret.csv", nil)}}
	p, err := w.engine.Plan(context.Background(), c, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, ch := range p.Changes {
		found = found || ch.Action == ActionWarning && ch.Object == "mem://lake/t/secret.csv"
	}
	if !found || len(p.Tables) != 1 {
		t.Errorf("%+v", p.Changes)
	}
	for _, lost := range []error{objstore.BadCredentials("mem://lake", "ExpiredToken", nil), objstore.Unavailable("read", "mem://lake", "refused", nil)} {
		w.engine.stores = oneStore{denying{w.lake, lost}}
		if _, err := w.engine.Plan(context.Background(), c, RunOptions{}); !errors.Is(err, lost) {
			t.Errorf("%v: %v", lost, err)
		}
	}
}

func TestDirectoriesAreCrawledLikeBuckets(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	url := "file://" + dir + "/"
	disk, err := objstore.Open(ctx, objstore.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"sales/2026/06/01/x.csv", "sales/2026/06/02/x.csv", "other/k=a%FF/x.csv", "other/k=b/x.csv"} {
		data := "csv header=1 a:int"
		if _, err := disk.Put(ctx, key, strings.NewReader(data), int64(len(data)), objstore.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	set, err := objstore.NewSet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Add(url, disk); err != nil {
		t.Fatal(err)
	}
	w.engine.stores = set
	for range 2 {
		if _, _, err := w.engine.Run(ctx, catalog.Crawler{Name: "c", Targets: []string{url}}, RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.ReplaceAll(w.tables("public"), dir, "DIR")
	for _, want := range []string{"sales (csv) file://DIR/sales/ by c", "year=2026/month=6/day=2 at file://DIR/sales/2026/06/02/", "k=b at file://DIR/other/k=b/"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "k=a") {
		t.Errorf("a folder that is no text became a partition:\n%s", got)
	}
}

// Whatever is accepted as a schedule has a next time after the one given, or none.
func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"cron(15 3 * * ? *)", "cron(0/30 8-18 ? * MON-FRI 2027)", "*/5 * * * *", "0 0 30 2 *", "cron(0 0 L * ? *)", "cron(0 8 ? * 2#1 *)", "1,2,59 0 29 2 * 2028"} {
		f.Add(s, int64(1_780_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		s, err := ParseSchedule(text)
		if err != nil {
			if !sqlerr.Is(err, sqlerr.InvalidParameterValue) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		after := time.Unix(seconds%(1<<33), 0).UTC()
		if next, ok := s.Next(after); ok && !next.After(after) {
			t.Fatalf("%q: due at %v after %v", text, next, after)
		}
	})
}
