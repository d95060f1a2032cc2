package crawler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
)

// layouts are folders of a day and an hour; %s is a value that a column repeats.
var layouts = []struct{ format, value string }{
	{"2006/01/02", ""}, {"2006/01/02/15", ""}, {"2006-01-02", ""}, {"20060102/15", ""}, {"2006-01", ""}, {"dt=2006-01-02", ""},
	{"year=2006/month=01/day=02", ""}, {"2006/01/02", "before"}, {"2006/01/02", "after"}, {"dt=2006-01-02", "before"}, {"", ""}, {"", "before"},
}

// schemas share no column.
var schemas = []string{"csv header=1 order_id:int price:double", "json ts:ts tags:ints", "parquet rows=2 t:double h:double", "csv header=1 sku:text title:text"}

// TestRandomLakesComeBack makes lakes and asks for every folder back as a partition of the right table, and for nothing to
// do the second time.
func TestRandomLakesComeBack(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // data of a test
		w := newWorld(t)
		folders := map[string]map[string]bool{}
		for i := range 2 + r.IntN(3) {
			name := fmt.Sprintf("t%d", i)
			folders[name] = map[string]bool{}
			l := layouts[r.IntN(len(layouts))]
			start := time.Date(2000+r.IntN(50), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 0, 0, 0, time.UTC)
			for n := range 20 + r.IntN(20) {
				path := start.Add(time.Duration(n) * 29 * time.Hour).Format(l.format)
				content := schemas[i]
				if l.value != "" {
					value := fmt.Sprintf("site-%c", 'a'+n%4)
					content += " site:text=" + value
					if l.value == "before" {
						path = value + "/" + path
					} else {
						path += "/" + value
					}
				}
				key := strings.ReplaceAll(name+"/"+path+"/", "//", "/")
				folders[name][key] = true
				w.put(fmt.Sprintf("%spart-%d %s", key, n, content))
				w.put(fmt.Sprintf("%s_SUCCESS %s", key, content))
			}
		}
		c := catalog.Crawler{Name: "c", Targets: []string{"mem://lake/"}}
		p, _, err := w.engine.Run(ctx, c, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if checkLake(t, w, seed, folders); t.Failed() {
			t.Fatal(printPlan(p))
		}
		p, run, err := w.engine.Run(ctx, c, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Tables) != 0 || p.Changes[0].Action != ActionNone || run.Version != 1 || run.Gets > 100 {
			t.Errorf("seed %d: the second crawl: %+v, %+v", seed, p.Changes, run)
		}
	}
}

func checkLake(t *testing.T, w *world, seed uint64, folders map[string]map[string]bool) {
	ctx := context.Background()
	snap, err := w.catalog.Snapshot(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close() //nolint:errcheck // only read from
	tables, err := snap.Tables(ctx, "public")
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != len(folders) {
		t.Errorf("seed %d: %d tables of %d", seed, len(tables), len(folders))
	}
	for _, table := range tables {
		want := folders[table.Name]
		if len(table.Keys) == 0 {
			if len(want) != 1 {
				t.Errorf("seed %d: table %s has no partitions, want %d", seed, table.Name, len(want))
			}
			continue
		}
		set, err := snap.Partitions(ctx, table)
		if err != nil {
			t.Fatal(err)
		}
		if len(set.List) != len(want) {
			t.Errorf("seed %d: %s has %d partitions of %d", seed, table.Name, len(set.List), len(want))
		}
		for _, p := range set.List {
			if key := p.Location[len("mem://lake/"):]; !want[key] {
				t.Errorf("seed %d: a partition at %s", seed, p.Location)
			}
		}
		for _, c := range table.Columns {
			if c.Name == "site" {
				t.Errorf("seed %d: %s has the column of the folders twice", seed, table.Name)
			}
		}
	}
}
