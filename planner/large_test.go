package planner_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/plantest"
)

// TestLargeStatementsArePlannedOrRefused plans statements that are long, deep or that multiply: they end, in a plan or in
// the error that names the bound.
func TestLargeStatementsArePlannedOrRefused(t *testing.T) {
	c := plantest.New()
	text := "table lake.public.t rows=1000\n a integer\n b integer\n s varchar\n"
	for i := 1; i <= 20; i++ {
		text += fmt.Sprintf("view lake.public.v%d(a) as select x.a from %s x join %s y on x.a = y.a\n", i, view(i-1), view(i-1))
	}
	if err := c.Define(text); err != nil {
		t.Fatal(err)
	}
	repeat := func(n int, sep string, f func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = f(i)
		}
		return strings.Join(parts, sep)
	}
	ctes := repeat(16, ", ", func(i int) string {
		if i == 0 {
			return "q0 as not materialized (select a from t)"
		}
		return fmt.Sprintf("q%d as not materialized (select x.a from q%d x, q%d y)", i, i-1, i-1)
	})
	nest := func(n int, before, inner, after string) string {
		return "select " + strings.Repeat(before, n) + inner + strings.Repeat(after, n) + " from t"
	}
	for _, test := range []struct {
		name, sql string
		code      sqlerr.Code
	}{
		{"IN list", "select 1 from t where a in (" + repeat(20_000, ",", func(i int) string { return strconv.Itoa(i * 7 % 20_011) }) + ")", ""},
		{"OR of one column", "select 1 from t where " + repeat(5_000, " or ", func(i int) string { return fmt.Sprintf("a = %d", i) }), ""},
		{"OR of several", "select 1 from t where " + repeat(5_000, " or ", func(i int) string { return fmt.Sprintf("(a = %d and b = %d)", i, i) }), ""},
		{"AND", "select 1 from t where " + repeat(5_000, " and ", func(i int) string { return fmt.Sprintf("a <> %d", i) }), ""},
		{"sum", "select " + repeat(5_000, " + ", func(int) string { return "a" }) + " from t", ""},
		{"constant sum", "select " + repeat(5_000, " + ", func(int) string { return "1" }), ""},
		{"UNION ALL", repeat(2_000, " union all ", func(i int) string { return fmt.Sprintf("select a + %d from t", i) }), ""},
		{"EXCEPT", repeat(500, " except ", func(i int) string { return fmt.Sprintf("select %d", i) }), ""},
		{"nested queries", "select a from " + strings.Repeat("(select a from ", 500) + "t" + strings.Repeat(") q", 500), ""},
		{"nested subqueries", strings.Repeat("select (", 200) + "select 1" + strings.Repeat(")", 200), ""},
		{"joins", "select t0.a from t t0" + repeat(200, "", func(i int) string { return fmt.Sprintf(" join t t%d on t%d.a = t%d.a", i+1, i, i+1) }), ""},
		{"relations", "select 1 from " + repeat(1_001, ", ", func(i int) string { return fmt.Sprintf("t t%d", i) }), sqlerr.StatementTooComplex},
		{"columns", "select " + repeat(1_665, ", ", func(int) string { return "a" }) + " from t", sqlerr.TooManyColumns},
		{"views that multiply", "select a from v20", sqlerr.StatementTooComplex},
		{"common table expressions that multiply", "with " + ctes + " select 1 from q15", sqlerr.StatementTooComplex},
		{"recursive common table expressions that are not", repeat(60, "", func(i int) string { return fmt.Sprintf("with recursive q%d as (", i) }) +
			"select 1" + repeat(60, "", func(i int) string { return fmt.Sprintf(" union all select 2) select * from q%d", 59-i) }), ""},
		{"NULLIF that nests", nest(5, "nullif(", "a", ", 3)"), ""},
		{"NULLIF that multiplies", nest(40, "nullif(", "a", ", 3)"), sqlerr.StatementTooComplex},
		{"BETWEEN that multiplies", nest(40, "(", "(a = 1)", " between false and true)"), sqlerr.StatementTooComplex},
		{"BETWEEN SYMMETRIC that multiplies", nest(40, "(", "(a = 1)", " between symmetric false and true)"), sqlerr.StatementTooComplex},
		{"CASE that multiplies", nest(40, "case ", "a", " when 1 then 1 when 2 then 2 end"), sqlerr.StatementTooComplex},
		{"rows that multiply", nest(40, "((", "a = 1", ", true) < (true, false))"), sqlerr.StatementTooComplex},
		{"IN of rows that multiplies", nest(40, "((", "a = 1", ", true) in ((true, false), (false, true)))"), sqlerr.StatementTooComplex},
		{"CASE of many branches", "select case a + b " + repeat(1_000, " ", func(i int) string { return fmt.Sprintf("when %d then %d", i, i) }) + " end from t", ""},
		{"projections that double", "select a from " + strings.Repeat("(select case when a > 0 then a else -a end as a from ", 40) + "t" + strings.Repeat(") q", 40) + " where a > 3", ""},
		{"VALUES", "select * from (values " + repeat(5_000, ", ", func(i int) string { return fmt.Sprintf("(%d, 'x%d')", i, i) }) + ") v(a, b) where a = 7", ""},
		{"grouping sets", "select count(*) from t group by cube (a, b), cube (a, s), cube (b, s), cube (a, b, s), cube (a, b, s), cube (a, b)", sqlerr.StatementTooComplex},
	} {
		p, err := parser.ParseOne(test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		plan, err := planner.PlanStatement(context.Background(), environment(c), p.Statement)
		switch {
		case err == nil:
			planner.Explain(plan, planner.ExplainOptions{})
			closePlan(t, plan)
			if test.code != "" {
				t.Errorf("%s: planned, want %s", test.name, test.code)
			}
		case test.code == "" || !sqlerr.Is(err, test.code):
			t.Errorf("%s: %s: %v", test.name, sqlerr.CodeOf(err), err)
		}
	}
}

func view(i int) string {
	if i == 0 {
		return "t"
	}
	return fmt.Sprintf("v%d", i)
}
