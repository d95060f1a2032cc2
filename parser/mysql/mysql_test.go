package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/mysql"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// TestData runs the files of testdata. The commands are
//
//	parse      each line is a text; prints the statements in the default spelling, or the error and its place
//	wanted     each line is a text; prints whether it is MySQL's by its looks, and whether it is a query
//	readonly   each line is a text; prints whether it may be passed through
func TestData(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "fuzz") {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				return eachLine(d.Input, func(s string) string { return parseText(t, s) })
			case "wanted":
				return eachLine(d.Input, func(s string) string {
					return fmt.Sprintf("wanted %t, query %t", mysql.Wanted(s), mysql.IsQuery(s))
				})
			case "readonly":
				return eachLine(d.Input, func(s string) string {
					if err := mysql.CheckReadOnly(s); err != nil {
						return describe(err)
					}
					return "reads"
				})
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func eachLine(input string, f func(string) string) string {
	var b strings.Builder
	for _, line := range strings.Split(input, "\n") {
		b.WriteString(f(line))
		b.WriteString("\n")
	}
	return b.String()
}

func parseText(t *testing.T, sql string) string {
	list, err := mysql.Parse(sql)
	if err != nil {
		return describe(err)
	}
	var parts []string
	for _, s := range list {
		parts = append(parts, checkPrints(t, s.Statement))
	}
	return strings.Join(parts, "\n")
}

// checkPrints returns the statement in the default spelling, which the default front end must read as the same tree.
func checkPrints(t *testing.T, s parser.Statement) string {
	t.Helper()
	text := parser.Format(s)
	again, err := parser.ParseOne(text)
	if err != nil {
		t.Fatalf("the translation does not parse: %v\n%s", err, text)
	}
	if second := parser.Format(again.Statement); second != text {
		t.Fatalf("the translation has two forms:\n%s\n%s", text, second)
	}
	return text
}

func describe(err error) string {
	e := sqlerr.As(err)
	if e == nil {
		return "not an sqlerr: " + err.Error()
	}
	return fmt.Sprintf("%s at %d: %s", e.Code, e.Position, e.Message)
}

func TestParametersAreNumberedInTextOrder(t *testing.T) {
	list, err := mysql.Parse("SELECT `a` + ? FROM (SELECT ? AS `a`) t WHERE `a` IN (?, ?) LIMIT ?, ?")
	if err != nil {
		t.Fatal(err)
	}
	want := "SELECT a + $1 FROM (SELECT $2 AS a) AS t WHERE a IN ($3, $4) LIMIT $6 OFFSET $5"
	if got := parser.Format(list[0].Statement); got != want || list[0].Params != 6 {
		t.Errorf("got %d parameters in %s", list[0].Params, got)
	}
}

func TestSpansOfSeveralStatements(t *testing.T) {
	list, err := mysql.Parse("  SELECT `é` ;\nSELECT 2; ")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Text != "SELECT `é`" || list[1].Text != "SELECT 2" || list[1].Position != 16 {
		t.Fatalf("got %+v", list)
	}
}

func TestDeepTextIsRefused(t *testing.T) {
	const n = 1_000_000
	for name, sql := range map[string]string{
		"parentheses": "select " + strings.Repeat("(", n) + "1",
		"plus":        "select 1" + strings.Repeat("+1", n),
		"minus":       "select " + strings.Repeat("-", n) + "1",
		"not":         "select " + strings.Repeat("!", n) + "1",
		"and":         "select 1" + strings.Repeat(" and 1", n/2),
		"joins":       "select 1 from a" + strings.Repeat(",a", n),
		"union":       "select 1" + strings.Repeat(" union select 1", n/4),
		"comment":     "select " + strings.Repeat("/*! -", n/2) + "1",
	} {
		if _, err := mysql.Parse(sql); !sqlerr.Is(err, sqlerr.StatementTooComplex) {
			t.Errorf("%s: got %v, want 54001", name, err)
		}
	}
}

func TestLongChainsParse(t *testing.T) {
	const n = 50_000
	list, err := mysql.Parse("select `a` from t where a = 0" + strings.Repeat(" or a = 1", n))
	if err != nil {
		t.Fatal(err)
	}
	where := list[0].Statement.(*parser.Query).Body.(*parser.Select).Where.(*parser.OrExpr)
	if len(where.Args) != n+1 {
		t.Errorf("got %d operands", len(where.Args))
	}
	if _, err = mysql.Parse("select `a` in (1" + strings.Repeat(", 1", 100_000) + ")"); err != nil {
		t.Error(err)
	}
}

// FuzzParse holds that no text makes the front end panic or return an error without an SQLSTATE, and that what it
// returns prints as a text of the default front end.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"SELECT `a`, \"b\" FROM `t` WHERE a <=> b AND c RLIKE 'x' LIMIT 1, 2",
		"SELECT GROUP_CONCAT(DISTINCT a, b ORDER BY c DESC SEPARATOR ';') FROM t GROUP BY d WITH ROLLUP",
		"WITH a AS (SELECT 1 UNION ALL SELECT 2) SELECT * FROM a NATURAL LEFT JOIN b",
		"SELECT DATE_ADD(a, INTERVAL '1 2' DAY_HOUR), a - INTERVAL b WEEK, CAST(a AS DECIMAL(3,1)), a DIV b",
		"SELECT SUM(a) OVER (PARTITION BY b ORDER BY c ROWS 1 PRECEDING), x'1f', 0b1, 1.5e3, TRIM(BOTH 'x' FROM a)",
		"EXPLAIN SELECT @a := 1, @@version", "SELECT COUNT(DISTINCT a, b) FROM t AS OF TIMESTAMP now() FOR UPDATE",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		mysql.Wanted(sql)
		if err := mysql.CheckReadOnly(sql); err != nil && sqlerr.As(err) == nil {
			t.Fatalf("error without SQLSTATE: %v", err)
		}
		list, err := mysql.Parse(sql)
		if err != nil {
			if sqlerr.As(err) == nil {
				t.Fatalf("error without SQLSTATE: %v", err)
			}
			return
		}
		for _, s := range list {
			checkPrints(t, s.Statement)
		}
	})
}
