package planner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/bind"
	"github.com/tarnsql/tarn/planner/plantest"
)

func environment(c *plantest.Catalogs) planner.Env { return environmentIn(c, "UTC") }

func environmentIn(c *plantest.Catalogs, zone string) planner.Env {
	loc, err := schema.LoadZone(zone)
	if err != nil {
		panic(err)
	}
	start := time.Date(2026, 3, 15, 12, 30, 0, 0, time.UTC)
	env := planner.Env{Catalogs: c, Registry: functions.Builtin(), Evaluator: eval.New(eval.Options{Start: start, Location: loc}),
		Query: &connectors.Query{Start: start}}
	env.Settings.Location = loc
	return env
}

// TestData runs the files of testdata. Commands:
//
//	tables                   defines tables (package plantest)
//	bind                     the logical plan as bound, or the error
//	opt [expect=(R,..)] [expect-not=(R,..)] [off=(R,..)]
//	                         the optimised logical plan; expect names rules that must have changed the plan
//	explain [verbose] [json] [off=(R,..)]
//	describe [types=(t,..)]  types of parameters and columns
func TestData(t *testing.T) {
	var files []string
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(strings.TrimPrefix(f, "testdata/"), func(t *testing.T) {
			c := plantest.New()
			datadriven.RunTest(t, f, func(t *testing.T, d *datadriven.TestData) string {
				return command(t, c, d)
			})
			if n := plantest.Open.Load(); n != 0 {
				t.Errorf("%d scans stay open", n)
			}
		})
	}
}

func command(t *testing.T, c *plantest.Catalogs, d *datadriven.TestData) string {
	if d.Cmd == "tables" {
		if err := c.Define(d.Input); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return ""
	}
	sql := d.Input
	if d.HasArg("file") {
		var name string
		d.ScanArgs(t, "file", &name)
		text, err := os.ReadFile(filepath.Join("../testdata", name))
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		sql = string(text)
	}
	p, err := parser.ParseOne(sql)
	if err != nil {
		return failure(err)
	}
	env := environment(c)
	env.Settings.DisabledRules = map[string]bool{}
	for _, r := range words(d, "off") {
		env.Settings.DisabledRules[r] = true
	}
	if d.HasArg("trino") {
		env.Settings.Dialect = "trino"
	}
	for _, w := range words(d, "params") {
		typ, value, _ := strings.Cut(w, ":")
		st, err := schema.ParseType(typ)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		v, err := schema.Parse(st, value)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		env.Params = append(env.Params, v)
	}
	switch d.Cmd {
	case "bind":
		q, ok := p.Statement.(*parser.Query)
		if !ok {
			d.Fatalf(t, "not a query")
		}
		b, err := bind.Query(context.Background(), &env, q)
		if err != nil {
			return failure(err)
		}
		var cols []string
		for _, col := range b.Cols {
			cols = append(cols, fmt.Sprintf("%s#%d %s", col.Name, col.ID, col.Type))
		}
		return b.Plan.String() + "=> " + strings.Join(cols, ", ")
	case "describe":
		return describe(t, d, env, p.Statement)
	}
	return plan(t, d, env, p.Statement)
}

func words(d *datadriven.TestData, arg string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == arg {
			return a.Vals
		}
	}
	return nil
}

func describe(t *testing.T, d *datadriven.TestData, env planner.Env, stmt parser.Statement) string {
	var types []schema.Type
	for _, w := range words(d, "types") {
		typ, err := schema.ParseType(w)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		types = append(types, typ)
	}
	params, cols, err := planner.Describe(context.Background(), env, stmt, types)
	if err != nil {
		return failure(err)
	}
	var out []string
	for i, p := range params {
		out = append(out, fmt.Sprintf("$%d %s", i+1, p))
	}
	for _, col := range cols {
		out = append(out, col.Name+" "+col.Type.String())
	}
	return strings.Join(out, "\n")
}

func plan(t *testing.T, d *datadriven.TestData, env planner.Env, stmt parser.Statement) string {
	p, err := planner.PlanStatement(context.Background(), env, stmt)
	if err != nil {
		return failure(err)
	}
	defer closePlan(t, p)
	for _, r := range words(d, "expect") {
		if p.Rules[r] == 0 {
			t.Errorf("%s: rule %s did not change the plan; these did: %v", d.Pos, r, names(p.Rules))
		}
	}
	for _, r := range words(d, "expect-not") {
		if p.Rules[r] > 0 {
			t.Errorf("%s: rule %s changed the plan", d.Pos, r)
		}
	}
	if d.Cmd == "opt" {
		return p.Logical.String()
	}
	o := planner.ExplainOptions{Verbose: d.HasArg("verbose"), JSON: d.HasArg("json"), HideCosts: d.HasArg("costs-off")}
	return strings.Join(planner.Explain(p, o), "\n")
}

func closePlan(t *testing.T, p *planner.Plan) {
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func names(m map[string]int) []string {
	var out []string
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

func failure(err error) string {
	e := sqlerr.As(err)
	if e == nil {
		return "internal error: " + err.Error()
	}
	out := fmt.Sprintf("error %s at %d: %s", e.Code, e.Position, e.Message)
	if e.Detail != "" {
		out += "\ndetail: " + e.Detail
	}
	if e.Hint != "" {
		out += "\nhint: " + e.Hint
	}
	if e.Context != "" {
		out += "\ncontext: " + e.Context
	}
	return out
}
