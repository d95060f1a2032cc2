package planner_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/plantest"
)

// conditions are over the columns of the table below; {c} stands for column c. Every form from which predicates are
// derived is among them, at the edges where rounding the wrong way would lose rows.
var conditions = []string{
	"{n} = 5", "{n} <> 5", "{n} < 5", "{n} >= 5", "{n} in (1, 5, 7)", "{n} not in (1, 5)", "{n} between 3 and 6",
	"{n} = 5 or {n} = 7", "{n} < 3 or {n} > 8", "{n} = 2 or ({n} > 4 and {n} <= 6)", "{n} is null", "{n} is not null", "not {b}", "{b}",
	"{n} < 4.5", "{n} >= 4.5", "{n} = 4.5", "{n} in (3, 4.5)", "{n} is not distinct from 5", "{n} is distinct from 5",
	"{s} like 'ab%'", "{s} like 'ab'", "{s} like 'a_%'", "{s} like 'a\\_%'", "{s} like '%b'", "starts_with({s}, 'ab')",
	"substr({s}, 1, 2) = 'ab'", "substr({s}, 1, 3) = 'ab'", "left({s}, 1) = 'a'", "substr({s}, 1, 2) in ('ab', 'b')",
	"{s} like 'ab%' or {s} like 'ab%'", "{s} like 'a%' or {s} = 'b'",
	"date_trunc('day', {ts}) = timestamp '2024-02-29'", "date_trunc('day', {ts}) < timestamp '2024-02-29 12:00:00'",
	"date_trunc('day', {ts}) <= timestamp '2024-02-29'", "date_trunc('day', {ts}) > timestamp '2024-02-28 12:00:00'",
	"date_trunc('day', {ts}) >= timestamp '2024-02-28 12:00:00'", "date_trunc('day', {ts}) >= timestamp '2024-02-29'",
	"date_trunc('week', {ts}) = timestamp '2024-02-26'", "date_trunc('week', {ts}) < timestamp '2024-02-28'",
	"date_trunc('month', {ts}) = timestamp '2024-02-01'", "date_trunc('month', {ts}) > timestamp '2024-02-01'",
	"date_trunc('month', {d}) = timestamp '2024-02-01'", "date_trunc('quarter', {ts}) <= timestamp '2024-01-01'",
	"date_trunc('year', {ts}) <> timestamp '2024-01-01'", "date_trunc('year', {ts}) < timestamp '2024-01-01'",
	"date_trunc('hour', {ts}) = timestamp '2024-02-29 01:00:00'",
	"date_trunc('month', {tz}) = timestamptz '2024-02-01'", "date_trunc('month', {tz}) < timestamptz '2024-03-01'",
	"date_trunc('month', {tz}) <= timestamptz '2024-02-01'", "date_trunc('year', {tz}) > timestamptz '2023-01-01'",
	"date_trunc('year', {tz}) >= timestamptz '2024-01-01'", "date_trunc('week', {tz}) < timestamptz '2024-02-28'",
	"date_trunc('day', {tz}) = timestamptz '2024-02-29'", "date_trunc('quarter', {tz}) > timestamptz '2023-11-01'",
	"cast({ts} as date) = date '2024-02-29'", "cast({ts} as date) < date '2024-02-29'", "cast({ts} as date) > date '2024-02-28'",
	"cast({tz} as date) = date '2024-02-29'", "cast({tz} as date) <= date '2024-02-28'", "date({ts}) >= date '2024-02-29'",
	"extract(year from {ts}) = 2024", "extract(year from {ts}) < 2024", "extract(year from {ts}) <= 2023.5",
	"extract(year from {ts}) > 2023.5", "extract(year from {ts}) in (2023, 2025)", "year({d}) = 2024", "date_part('year', {ts}) >= 2024",
	"extract(year from {tz}) = 2024", "extract(year from {tz}) < 2024", "extract(year from {tz}) > 2023",
	"extract(year from {d}) = -1", "extract(year from {d}) <= -1", "extract(year from {d}) < -1", "extract(year from {d}) > -2",
	"extract(year from {d}) >= -1", "extract(year from {d}) < 1", "extract(year from {d}) <= 0.5", "extract(year from {d}) >= 0",
	"year({d}) = -1", "year({d}) = 0", "year({d}) < 0", "year({d}) > -1",
	"{d} > timestamp '2024-02-28 12:00:00'", "{d} <= timestamp '2024-02-28 12:00:00'", "{d} = timestamp '2024-02-28 12:00:00'",
	"({n}, {s}) >= (5, 'ab')", "({n} = 5 and {s} = 'ab') or ({n} = 7 and {s} = 'b')", "{n} = 5 or {s} = 'ab'",
	"{m} = 1.5", "{m} < 1.505", "{m} in (1, 1.5)", "not ({n} > 3 and {n} < 7)", "coalesce({n}, 5) = 5", "{n} + 0 = 5",
}

const conditionTable = `table lake.public.c rows=100
  n integer
  b boolean
  s varchar
  ts timestamp
  tz [timestamp with time zone]
  d date
  m decimal(10,2)`

// row draws values near the constants of the conditions.
func row(r *rand.Rand) map[string]schema.Value {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	text := map[string][2]string{
		"n": {"integer", strconv.Itoa(r.IntN(11))},
		"b": {"boolean", pick("t", "f")},
		"s": {"varchar", pick("", "a", "ab", "aba", "a_", "a_x", "b", "ba", "abc")},
		"d": {"date", pick("2023-12-31", "2024-01-01", "2024-02-28", "2024-02-29", "2024-03-01", "2025-01-01", "0001-01-01",
			"0001-07-01 BC", "0002-07-01 BC")},
		"m": {"decimal(10,2)", pick("1.00", "1.49", "1.50", "1.51")},
	}
	moment := pick("2022-12-31 23:59:59.999999", "2023-12-31 23:59:59.999999", "2024-01-01 00:00:00", "2024-01-31 23:59:59.999999",
		"2024-02-26 00:00:00", "2024-02-25 23:59:59", "2024-02-28 23:59:59.999999", "2024-02-29 00:00:00", "2024-02-29 12:00:00", "2024-02-29 01:30:00",
		"2024-02-29 23:59:59.999999", "2024-03-01 00:00:00", "2024-03-04 00:00:00", "2024-04-01 00:00:00", "2025-01-01 00:00:00", "2026-01-01 00:00:00")
	text["ts"] = [2]string{"timestamp", moment}
	text["tz"] = [2]string{"timestamp with time zone", moment + "+00"}
	out := map[string]schema.Value{}
	for name, t := range text {
		typ, err := schema.ParseType(t[0])
		if err != nil {
			panic(err)
		}
		if r.IntN(8) == 0 {
			out[name] = schema.NullOf(typ)
			continue
		}
		v, err := schema.Parse(typ, t[1])
		if err != nil {
			panic(err)
		}
		v.Type = typ
		out[name] = v
	}
	return out
}

func literal(v schema.Value) string {
	if !v.Valid {
		return "cast(null as " + v.Type.String() + ")"
	}
	return "cast('" + v.Text() + "' as " + v.Type.String() + ")"
}

// TestPredicatesLoseNoRow checks for each condition and many rows: a row that passes the condition meets all predicates
// that were derived from it; and when a filter is exact, one that does not pass fails one of its predicates.
func TestPredicatesLoseNoRow(t *testing.T) {
	c := plantest.New()
	if err := c.Define(conditionTable); err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{"UTC", "Asia/Tokyo", "America/New_York"} {
		t.Run(zone, func(t *testing.T) { predicatesLoseNoRow(t, environmentIn(c, zone)) })
	}
}

func predicatesLoseNoRow(t *testing.T, env planner.Env) {
	table, err := planner.FindTable(context.Background(), env, parser.Name{"c"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, cond := range conditions {
		stmt, err := parser.ParseOne("select 1 from c where " + strings.NewReplacer("{", "", "}", "").Replace(cond))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := planner.PlanStatement(context.Background(), env, stmt.Statement)
		if err != nil {
			t.Fatalf("%s: %v", cond, err)
		}
		var filters []connectors.Filter
		for _, s := range plan.Scans {
			filters = s.Request.Filters
		}
		empty := len(plan.Scans) == 0
		closePlan(t, plan)
		for range 200 {
			checkRow(t, env, cond, table.Columns(), filters, empty, row(r))
		}
	}
}

func checkRow(t *testing.T, env planner.Env, cond string, cols []schema.Column, filters []connectors.Filter, empty bool, row map[string]schema.Value) {
	text := cond
	for name, v := range row {
		text = strings.ReplaceAll(text, "{"+name+"}", literal(v))
	}
	e, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := planner.Evaluate(context.Background(), env, e, schema.T(schema.Boolean))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	passes := v.Valid && v.Bool()
	all, exact := true, true
	for _, f := range filters {
		exact = exact && f.Exact
		for _, p := range f.Predicates {
			all = all && plantest.Holds(p, row[cols[p.Column].Name])
		}
	}
	switch {
	case passes && (empty || !all):
		t.Errorf("%s is true, but its predicates lose the row", text)
	case !passes && !empty && exact && all:
		t.Errorf("%s is not true, but the predicates of %s, said to be exact, pass the row", text, cond)
	}
}
