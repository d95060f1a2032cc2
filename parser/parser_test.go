package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// TestData runs the files of testdata. The commands are
//
//	format   each statement as text, after its tag
//	expr     an expression as text with every operand in parentheses, which shows precedence
//	type     a type as text
//	split    the statements of a text
//	errors   each line is a text of its own; prints the error, its place and its hint, or the formatted text
func TestData(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "fuzz") {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "format":
				return formatAll(t, d.Input)
			case "expr":
				return eachLine(d.Input, grouped)
			case "type":
				return eachLine(d.Input, formatType)
			case "split":
				return split(d.Input)
			case "errors":
				return eachLine(d.Input, func(s string) string { return formatAll(t, s) })
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func formatAll(t *testing.T, sql string) string {
	list, err := parser.Parse(sql)
	if err != nil {
		return describe(err)
	}
	var b strings.Builder
	for _, s := range list {
		checkFixedPoint(t, s.Statement)
		fmt.Fprintf(&b, "%s: %s\n", s.Statement.Tag(), parser.Format(s.Statement))
	}
	return b.String()
}

func describe(err error) string {
	e := sqlerr.As(err)
	if e == nil {
		return "not an sqlerr: " + err.Error()
	}
	s := fmt.Sprintf("%s at %d: %s", e.Code, e.Position, e.Message)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func eachLine(input string, f func(string) string) string {
	var b strings.Builder
	for _, line := range strings.Split(input, "\n") {
		b.WriteString(strings.TrimSuffix(f(line), "\n"))
		b.WriteString("\n")
	}
	return b.String()
}

func formatType(s string) string {
	t, err := parser.ParseType(s)
	if err != nil {
		return describe(err)
	}
	return parser.Format(t)
}

func split(sql string) string {
	list, err := parser.Split(sql)
	if err != nil {
		return describe(err)
	}
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "[%s]\n", s)
	}
	return b.String()
}

// grouped writes an expression with parentheses around every operation, so that the shape of the tree shows.
func grouped(sql string) string {
	e, err := parser.ParseExpr(sql)
	if err != nil {
		return describe(err)
	}
	return group(e)
}

func group(e parser.Expr) string {
	switch e := e.(type) {
	case *parser.AndExpr:
		return groupAll(e.Args, " AND ")
	case *parser.OrExpr:
		return groupAll(e.Args, " OR ")
	case *parser.NotExpr:
		return "(NOT " + group(e.Expr) + ")"
	case *parser.UnaryExpr:
		return "(" + e.Op + " " + group(e.Expr) + ")"
	case *parser.BinaryExpr:
		return "(" + group(e.Left) + " " + e.Op + " " + group(e.Right) + ")"
	case *parser.IsNull:
		return fmt.Sprintf("(%s isnull %t)", group(e.Expr), !e.Not)
	case *parser.IsDistinct:
		return fmt.Sprintf("(%s distinct %t %s)", group(e.Left), !e.Not, group(e.Right))
	case *parser.Between:
		return fmt.Sprintf("(%s between %s and %s)", group(e.Expr), group(e.Low), group(e.High))
	case *parser.LikeExpr:
		return fmt.Sprintf("(%s like %s)", group(e.Expr), group(e.Pattern))
	case *parser.InList:
		return "(" + group(e.Expr) + " in " + groupAll(e.List, ", ") + ")"
	case *parser.QuantifiedExpr:
		return "(" + group(e.Left) + " " + e.Op + " any " + group(e.Array) + ")"
	case *parser.AtTimeZone:
		return "(" + group(e.Expr) + " at " + group(e.Zone) + ")"
	case *parser.CollateExpr:
		return "(" + group(e.Expr) + " collate " + strings.Join(e.Collation, ".") + ")"
	case *parser.CastExpr:
		return "(" + group(e.Expr) + " :: " + parser.Format(e.Type) + ")"
	case *parser.Subscript:
		return "(" + group(e.Expr) + " [" + group(e.Index) + "])"
	case *parser.FieldAccess:
		return "(" + group(e.Expr) + " ." + e.Field + ")"
	}
	return parser.Format(e)
}

func groupAll(list []parser.Expr, sep string) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, group(e))
	}
	return "(" + strings.Join(parts, sep) + ")"
}

func TestPositionsCountCharacters(t *testing.T) {
	for _, c := range []struct {
		sql string
		pos int
	}{
		{"select 'é' from", 16},
		{"select 'é' frm x", 16},
		{"/* é日本 */ select 1 1", 20},
		{"select \"é\" + , 1", 14},
		{"select 1;\nselect é é é", 22},
	} {
		_, err := parser.Parse(c.sql)
		if e := sqlerr.As(err); e == nil || e.Position != c.pos {
			t.Errorf("%q: got %v, want an error at %d", c.sql, describe(err), c.pos)
		}
	}
}

func TestNodePositions(t *testing.T) {
	e, err := parser.ParseExpr("é + f(x) < y::int")
	if err != nil {
		t.Fatal(err)
	}
	cmp := e.(*parser.BinaryExpr)
	plus := cmp.Left.(*parser.BinaryExpr)
	for _, c := range []struct {
		node parser.Node
		pos  int
	}{{cmp, 10}, {plus, 3}, {plus.Left, 1}, {plus.Right, 5}, {cmp.Right, 13}} {
		if c.node.Pos() != c.pos {
			t.Errorf("%s is at %d, want %d", parser.Format(c.node), c.node.Pos(), c.pos)
		}
	}
}

func TestStatementSpans(t *testing.T) {
	sql := " /* a */ select 1 -- x\n ; ;\n select 'é;' , ? , ?/* b */;"
	list, err := parser.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 {
		t.Fatalf("got %d statements, want 2", len(list))
	}
	if got := list[0].Text; got != "select 1" {
		t.Errorf("first text is %q", got)
	}
	second := list[1]
	if second.Text != "select 'é;' , ? , ?" || second.Params != 2 || second.Position != 30 {
		t.Errorf("second statement is %q with %d parameters at %d", second.Text, second.Params, second.Position)
	}
	if sql[second.Start:second.Start+len(second.Text)] != second.Text {
		t.Errorf("start %d does not point at the text", second.Start)
	}
}

func TestParseOneTakesOneStatement(t *testing.T) {
	if _, err := parser.ParseOne("select 1;"); err != nil {
		t.Error(err)
	}
	for _, sql := range []string{"", " ; ", "select 1; select 2"} {
		if _, err := parser.ParseOne(sql); !sqlerr.Is(err, sqlerr.SyntaxError) {
			t.Errorf("%q: got %v, want a syntax error", sql, err)
		}
	}
}

func TestBadTextIsRefused(t *testing.T) {
	for _, sql := range []string{"select '\xff'", "select '\x00'", "sele\xc3"} {
		if _, err := parser.Parse(sql); !sqlerr.Is(err, sqlerr.CharacterNotInRepertoire) {
			t.Errorf("%q: got %v", sql, err)
		}
	}
	long := "select '" + strings.Repeat("x", parser.MaxStatement) + "'"
	if _, err := parser.Parse(long); !sqlerr.Is(err, sqlerr.ProgramLimit) {
		t.Errorf("long text: got %v", err)
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	const n = 200_000
	for name, sql := range map[string]string{
		"parentheses": "select " + strings.Repeat("(", n) + "1",
		"queries":     strings.Repeat("(select ", n),
		"not":         "select " + strings.Repeat("not ", n) + "true",
		"minus":       "select " + strings.Repeat("- ", n) + "1",
		"operator":    "select " + strings.Repeat("@ ", n) + "1",
		"case":        "select " + strings.Repeat("case when ", n),
		"calls":       "select " + strings.Repeat("f(", n),
		"arrays":      "select array" + strings.Repeat("[", n),
		"from":        "select * from " + strings.Repeat("(", n) + "t",
		"joins":       "select * from a " + strings.Repeat("join b ", n) + strings.Repeat("on true ", n),
		"types":       "select cast(a as " + strings.Repeat("array<", n),
		"rows":        "select cast(a as " + strings.Repeat("row(a ", n),
		"ctes":        strings.Repeat("with a as (", n),
		"groups":      "select 1 group by " + strings.Repeat("rollup(", n),
		"explain":     strings.Repeat("explain ", n) + "select 1",
		"concat":      "select 1" + strings.Repeat(" || 1", n),
		"union":       "select 1" + strings.Repeat(" union select 1", n),
		"casts":       "select 1" + strings.Repeat("::int", n),
		"subscripts":  "select a" + strings.Repeat("[1]", n),
		"cross joins": "select * from a" + strings.Repeat(" cross join b", n),
	} {
		_, err := parser.Parse(sql)
		if !sqlerr.Is(err, sqlerr.StatementTooComplex) && !sqlerr.Is(err, sqlerr.SyntaxError) {
			t.Errorf("%s: got %v, want 54001", name, err)
		}
	}
}

func TestDepthLimitNamesTheLimit(t *testing.T) {
	_, err := parser.Parse("select " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000))
	e := sqlerr.As(err)
	if e == nil || e.Message != "stack depth limit exceeded" || e.Hint == "" || e.Code != sqlerr.StatementTooComplex {
		t.Fatalf("got %v", describe(err))
	}
}

func TestLongChainsStayFlat(t *testing.T) {
	const n = 100_000
	or := "select * from t where a = 1" + strings.Repeat(" or a = 1", n-1)
	list, err := parser.Parse(or)
	if err != nil {
		t.Fatal(err)
	}
	where := list[0].Statement.(*parser.Query).Body.(*parser.Select).Where.(*parser.OrExpr)
	if len(where.Args) != n {
		t.Errorf("got %d operands, want %d", len(where.Args), n)
	}
	checkFixedPoint(t, list[0].Statement)

	in := "select a in (1" + strings.Repeat(", 1", n-1) + ")"
	if list, err = parser.Parse(in); err != nil {
		t.Fatal(err)
	}
	checkFixedPoint(t, list[0].Statement)

	values := "values (1)" + strings.Repeat(", (1)", n-1)
	if _, err = parser.Parse(values); err != nil {
		t.Fatal(err)
	}
}

func TestChainsUpToTheLimitParse(t *testing.T) {
	for name, sql := range map[string]string{
		"plus":   "select 1" + strings.Repeat(" + 1", parser.MaxChain-1),
		"union":  "select 1" + strings.Repeat(" union all select 1", parser.MaxChain-1),
		"nested": "select " + strings.Repeat("(", 900) + "1" + strings.Repeat(" + 1)", 900),
	} {
		list, err := parser.Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkFixedPoint(t, list[0].Statement)
	}
}

func TestWalkVisitsEveryColumn(t *testing.T) {
	sql := `with c as (select c1 from t where c2) select c3, f(c4 order by c5) filter (where c6) over (partition by c7 order
		by c8 rows c9 preceding), case c10 when c11 then c12 else c13 end, c14[c15:c16] from a join b on c17, lateral
		g(c18) where c19 in (select c20) and c21 between c22 and c23 and (c24, c25) = any (array[c26]) group by
		rollup (c27, (c28, c29)) having c30 like c31 escape c32 window w as (order by c33) union values (c34) order by
		c35 limit c36 offset c37`
	s, err := parser.ParseOne(sql)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	parser.Walk(s.Statement, func(n parser.Node) bool {
		if c, ok := n.(*parser.ColumnRef); ok {
			seen[c.Name.Last()] = true
		}
		return true
	})
	for i := 1; i <= 37; i++ {
		if name := fmt.Sprintf("c%d", i); !seen[name] {
			t.Errorf("%s was not visited", name)
		}
	}
}

func BenchmarkParseQuery(b *testing.B) {
	sql := `SELECT n.nspname, c.relname, a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod) AS typ
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON a.attrelid = c.oid
		LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_toast'
		ORDER BY 1, 2, a.attnum LIMIT 100`
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parser.Parse(sql); err != nil {
			b.Fatal(err)
		}
	}
}
