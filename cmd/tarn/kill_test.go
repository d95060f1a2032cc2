package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	killRounds  = 12
	killWriters = 3
	// quickStart is a start without any repair, with much room for a busy machine.
	quickStart = 10 * time.Second
	// endlessQuery, after select, does not end by itself.
	endlessQuery = "count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b, generate_series(1, 1000000) c"
)

// writer runs statements over one connection at a time and knows what was acknowledged.
type writer struct {
	name string
	// place is where the writer's tables are.
	place string
	rng   *rand.Rand
	n     int
	// columns are the columns of the writer's tables after the last acknowledged statement.
	columns map[string]int
	// open is the statement without an answer, and what it would do to columns.
	open   string
	effect func(map[string]int)
	// answered are statements whose answer came.
	answered []string
}

// next chooses a statement: a definition or a query.
func (w *writer) next() (sql string, effect func(map[string]int)) {
	w.n++
	table := fmt.Sprintf("%s_%d", w.name, w.n)
	var have []string
	for name := range w.columns {
		have = append(have, name)
	}
	slices.Sort(have)
	mark := fmt.Sprintf("/* %s %d */ ", w.name, w.n)
	switch k := w.rng.IntN(10); {
	case k < 4:
		return "select " + mark + "count(*) from facts", func(map[string]int) {}
	case k < 6 && len(have) > 0:
		old := have[w.rng.IntN(len(have))]
		return "alter " + mark + "table " + old + " add columns (c" + fmt.Sprint(w.columns[old]+1) + " text)", func(m map[string]int) { m[old]++ } //nolint:perfsprint // a test
	case k < 7 && len(have) > 2:
		old := have[w.rng.IntN(len(have))]
		return "drop " + mark + "table " + old, func(m map[string]int) { delete(m, old) }
	}
	return "create " + mark + "external table " + table + " (c1 int) stored as parquet location '" + w.place + table + "/'",
		func(m map[string]int) { m[table] = 1 }
}

// run runs statements until the connection breaks.
func (w *writer) run(c *pgx.Conn) error {
	for {
		sql, effect := w.next()
		w.open, w.effect = sql, effect
		if _, err := c.Exec(context.Background(), sql); err != nil {
			if c.IsClosed() {
				return nil
			}
			return fmt.Errorf("%s: %w", sql, err)
		}
		effect(w.columns)
		w.answered = append(w.answered, sql)
		w.open = ""
	}
}

// settle compares the catalog with what was acknowledged; the open statement may have happened or not.
func (w *writer) settle(t *testing.T, have map[string]int) {
	t.Helper()
	mine := map[string]int{}
	for table, n := range have {
		if strings.HasPrefix(table, w.name+"_") {
			mine[table] = n
		}
	}
	without := fmt.Sprint(w.columns)
	if w.open != "" {
		w.effect(w.columns)
		w.open = ""
	}
	if got, with := fmt.Sprint(mine), fmt.Sprint(w.columns); got != without && got != with {
		t.Errorf("writer %s:\n have %s\n want %s\n   or %s", w.name, got, without, with)
	}
	w.columns = mine
}

func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "tarn.yaml")
	lake := filepath.Join(dir, "lake")
	write(t, filepath.Join(lake, "facts", "f.csv"), "1\n2\n3\n")
	write(t, config, "storage: [{url: 'file://"+lake+"'}]\nschedules: false\n")
	serve := func() *process {
		return startProgram(t, "serve", "--config", config, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	}
	p := serve()
	ctx := context.Background()
	if _, err := p.connect(ctx, t).Exec(ctx, "create external table facts (n int) row format delimited fields terminated by ',' location 'file://"+lake+"/facts/'"); err != nil {
		t.Fatal(err)
	}
	const seed = 20260630
	rng := rand.New(rand.NewPCG(seed, 1))
	writers := make([]*writer, killWriters)
	for i := range writers {
		writers[i] = &writer{name: string(rune('a' + i)), place: "file://" + lake + "/", rng: rand.New(rand.NewPCG(seed, uint64(i))), columns: map[string]int{}}
	}
	var slowest time.Duration
	for round := range killRounds {
		endless := fmt.Sprintf("select /* endless %d */ %s", round, endlessQuery)
		killRound(t, p, writers, endless, time.Duration(rng.IntN(400))*time.Millisecond)
		p = serve()
		slowest = max(slowest, p.ready)
		if p.ready > quickStart {
			t.Errorf("round %d: the start took %s", round, p.ready)
		}
		checkRound(t, p.connect(ctx, t), writers, endless)
		if t.Failed() {
			t.Fatalf("round %d of seed %d\n%s", round, seed, &p.log)
		}
	}
	total := 0
	for _, w := range writers {
		total += len(w.answered)
	}
	if total == 0 {
		t.Error("no statement was answered")
	}
	t.Logf("%d kills, %d statements answered, slowest start %s", killRounds, total, slowest)
}

// killRound lets the writers work and kills the server under them.
func killRound(t *testing.T, p *process, writers []*writer, endless string, after time.Duration) {
	t.Helper()
	ctx := context.Background()
	var wg sync.WaitGroup
	long := p.connect(ctx, t)
	wg.Go(func() {
		if _, err := long.Exec(ctx, endless); err == nil || !long.IsClosed() {
			t.Errorf("the endless statement ended: %v", err)
		}
	})
	watch := p.connect(ctx, t)
	for begun := time.Now(); len(statesOf(t, watch, endless)) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > startupPatience {
			t.Fatal("the ledger does not have the running statement")
		}
	}
	for _, w := range writers {
		c := p.connect(ctx, t)
		wg.Go(func() {
			if err := w.run(c); err != nil {
				t.Errorf("writer %s: %v", w.name, err)
			}
		})
	}
	time.Sleep(after)
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	p.wait(t, startupPatience) //nolint:errcheck // it was killed
}

func statesOf(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	return texts(t, c, "select state from tarn.queries where query = '"+strings.ReplaceAll(sql, "'", "''")+"'")
}

// checkRound compares the catalog and the ledger of a server that started again with what clients know.
func checkRound(t *testing.T, c *pgx.Conn, writers []*writer, endless string) {
	t.Helper()
	have := map[string]int{}
	for _, name := range texts(t, c, "select table_name from information_schema.columns where table_schema = 'public'") {
		have[name]++
	}
	ledger := map[string][]string{}
	for _, row := range texts(t, c, "select query || chr(1) || state from tarn.queries") {
		sql, state, _ := strings.Cut(row, "\x01")
		ledger[sql] = append(ledger[sql], state)
		if state == "running" && !strings.Contains(sql, "tarn.queries") {
			t.Errorf("still running: %s", sql)
		}
	}
	for _, w := range writers {
		w.settle(t, have)
		for _, sql := range w.answered {
			if got := ledger[sql]; len(got) != 1 || got[0] != "succeeded" {
				t.Errorf("ledger of an answered statement: %q: %s", got, sql)
			}
		}
	}
	if got := ledger[endless]; len(got) != 1 || got[0] != "lost" {
		t.Errorf("ledger of the statement that ran: %q", got)
	}
	if got := texts(t, c, "select count(*)::text from facts"); got[0] != "3" {
		t.Errorf("facts has %s rows", got[0])
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
