package planner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/plantest"
)

// queryTime bounds a query of a test: one that hangs fails instead.
const queryTime = 20 * time.Second

// run plans and runs a query with some rules off, and returns its rows as text.
func run(c *plantest.Catalogs, sql string, off ...string) (rows []string, err error) {
	return runIn(c, sql, exec.Options{Workers: 2}, off...)
}

// runIn is run with options of the executor.
func runIn(c *plantest.Catalogs, sql string, options exec.Options, off ...string) (rows []string, err error) {
	p, err := parser.ParseOne(sql)
	if err != nil {
		return nil, err
	}
	start := time.Date(2026, 3, 15, 12, 30, 0, 0, time.UTC)
	o := eval.Options{Start: start}
	q := &connectors.Query{Start: start, Memory: memory.NewBudget("test", 1<<30, nil)}
	env := planner.Env{Catalogs: c, Registry: functions.Builtin(), Evaluator: eval.New(o), Query: q}
	env.Settings.DisabledRules = map[string]bool{}
	for _, name := range off {
		env.Settings.DisabledRules[name] = true
	}
	ctx, cancel := context.WithTimeout(context.Background(), queryTime)
	defer cancel()
	plan, err := planner.PlanStatement(ctx, env, p.Statement)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plan.Close()) }()
	options.Query, options.Memory, options.Eval = q, q.Memory, o
	res, err := exec.Run(ctx, plan.Root, options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	for {
		b, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = appendRows(rows, b)
	}
}

func appendRows(rows []string, b *vector.Batch) []string {
	for i := range b.Rows() {
		r := i
		if b.Sel != nil {
			r = int(b.Sel[i])
		}
		cells := make([]string, len(b.Cols))
		for j, col := range b.Cols {
			cells[j] = wireText(vector.ValueAt(col, r))
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows
}

// wireText is a value as PostgreSQL sends it.
func wireText(v schema.Value) string {
	switch {
	case !v.Valid:
		return "NULL"
	case v.Type.Kind == schema.Boolean && v.Bool():
		return "t"
	case v.Type.Kind == schema.Boolean:
		return "f"
	}
	return v.Text()
}

func sorted(rows []string) string {
	rows = append([]string(nil), rows...)
	sort.Strings(rows)
	return strings.Join(rows, "\n")
}

// TestResultsDoNotDependOnRules runs the queries of the SQL corpus with each rule off: the results are those with all
// rules on.
func TestResultsDoNotDependOnRules(t *testing.T) {
	c := plantest.New()
	for _, r := range corpus(t) {
		if r.errorCode != "" {
			continue
		}
		want, err := run(c, r.sql)
		if err != nil {
			continue
		}
		for _, off := range planner.Switches() {
			got, err := run(c, r.sql, off)
			if err != nil {
				t.Errorf("%s without %s: %s\n%v", r.file, off, r.sql, err)
			} else if sorted(got) != sorted(want) {
				t.Errorf("%s without %s: %s\n got %q\nwant %q", r.file, off, r.sql, got, want)
			}
		}
	}
}

// randomTables are the tables that random queries read: small, with NULLs, and with values that meet. Their verdicts
// differ, and one is looked up by key.
const randomTables = `
table lake.public.t data=60 unique=(id)
  id integer
  a integer ndv=8 nulls=0.15
  b bigint ndv=5 nulls=0.1
  s varchar ndv=6 nulls=0.1
table lake.public.u data=25 unique=(id) verdict=inexact
  id integer
  a integer ndv=8 nulls=0.2
  x bigint ndv=6
  y varchar ndv=6
table lake.public.v data=7 verdict=unsupported
  a integer ndv=4 nulls=0.2
  x bigint ndv=5 nulls=0.2
table lake.public.w data=40 unique=(id) lookup=(id)
  id integer
  b bigint ndv=5
  s varchar ndv=6 nulls=0.3
table lake.public.e rows=0
  a integer
  x bigint
`

func randomCatalog(t testing.TB) *plantest.Catalogs {
	c := plantest.New()
	if err := c.Define(randomTables); err != nil {
		t.Fatal(err)
	}
	return c
}

// loadSQL are the statements that give PostgreSQL the same tables.
func loadSQL(t *testing.T, c *plantest.Catalogs) []string {
	conn, err := c.Connector(context.Background(), "lake")
	if err != nil {
		t.Fatal(err)
	}
	list, err := conn.Tables(context.Background(), &connectors.Query{}, "public")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, info := range list {
		table, err := conn.Table(context.Background(), &connectors.Query{}, "public", info.Name)
		if err != nil {
			t.Fatal(err)
		}
		var cols, rows []string
		for _, col := range table.Columns() {
			cols = append(cols, col.Name+" "+schema.PostgresName(col.Type))
		}
		for _, r := range table.(*plantest.Table).Rows() {
			cells := make([]string, len(r))
			for i, v := range r {
				cells[i] = v.Literal()
			}
			rows = append(rows, "("+strings.Join(cells, ", ")+")")
		}
		out = append(out, fmt.Sprintf("create table %s (%s)", info.Name, strings.Join(cols, ", ")))
		if len(rows) > 0 {
			out = append(out, fmt.Sprintf("insert into %s values %s", info.Name, strings.Join(rows, ", ")))
		}
	}
	return out
}
