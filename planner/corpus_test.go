package planner_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/physical"
	"github.com/tarnsql/tarn/planner/plantest"
)

// record is a query of the SQL corpus with PostgreSQL's answer: its columns, or its error.
type record struct {
	file, sql string
	columns   []string // name:type
	errorCode string
}

// corpus reads the queries of testdata/slt.
func corpus(t *testing.T) []record {
	files, err := filepath.Glob("../testdata/slt/*.slt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var out []record
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n\n") {
			lines := strings.Split(strings.TrimSpace(block), "\n")
			for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
				lines = lines[1:]
			}
			if len(lines) < 2 {
				continue
			}
			head := strings.Fields(lines[0])
			sql, answer, _ := strings.Cut(strings.Join(lines[1:], "\n"), "\n----")
			r := record{file: filepath.Base(f), sql: sql}
			switch head[0] {
			case "query":
				if !strings.Contains(lines[0], "oids") {
					continue
				}
				first, _, _ := strings.Cut(strings.TrimPrefix(answer, "\n"), "\n")
				if strings.Contains(first, ":") {
					r.columns = strings.Split(first, " | ")
				}
			case "statement":
				if len(head) < 3 || head[1] != "error" {
					continue
				}
				r.errorCode = head[2]
			default:
				continue
			}
			out = append(out, r)
		}
	}
	return out
}

// wireName is a column with PostgreSQL's internal name of its type, which for arrays of arrays is that of an array.
func wireName(c physical.Column) string {
	t := c.Type
	array := ""
	for t.Kind.String() == "array" {
		array, t = "_", t.Elem()
	}
	names := map[string]string{"integer": "int4", "bigint": "int8", "smallint": "int2", "double": "float8", "real": "float4",
		"decimal": "numeric", "boolean": "bool", "varchar": "text", "char": "bpchar", "timestamp with time zone": "timestamptz",
		"varbinary": "bytea", "unknown": "text"}
	n := t.Kind.String()
	if w, ok := names[n]; ok {
		n = w
	}
	if t.Kind.String() == "varchar" && t.Precision > 0 {
		n = "varchar"
	}
	return c.Name + ":" + array + n
}

// elsewhere are queries of which the registry of functions decides the types; its own tests look at them.
var elsewhere = []string{"|/ 16.0", "sign(2.5)", "log(2, 8)", "date_trunc('quarter', date"}

func decidedElsewhere(sql string) bool {
	for _, e := range elsewhere {
		if strings.Contains(sql, e) {
			return true
		}
	}
	return false
}

// TestCorpusHasPostgreSQLsColumns plans every query of the corpus, with and without each rule, and compares the names and
// types of its columns, or the code of its error, with PostgreSQL's. Errors that only running finds are not looked for.
func TestCorpusHasPostgreSQLsColumns(t *testing.T) {
	c := plantest.New()
	for _, r := range corpus(t) {
		p, err := parser.ParseOne(r.sql)
		if err != nil || decidedElsewhere(r.sql) {
			continue
		}
		if _, ok := p.Statement.(*parser.Query); !ok {
			continue
		}
		plan, err := planner.PlanStatement(context.Background(), environment(c), p.Statement)
		if err != nil {
			switch code := sqlerr.CodeOf(err); {
			case code == sqlerr.InternalError:
				t.Errorf("%s: %s\n%v", r.file, r.sql, err)
			case string(code) != r.errorCode:
				t.Errorf("%s: %s\n%s: %v, want %q", r.file, r.sql, code, err, r.errorCode)
			}
			continue
		}
		var got []string
		for _, col := range plan.Columns {
			got = append(got, wireName(col))
		}
		if r.columns != nil && strings.Join(got, " | ") != strings.Join(r.columns, " | ") {
			t.Errorf("%s: %s\n got %v\nwant %v", r.file, r.sql, got, r.columns)
		}
		closePlan(t, plan)
	}
}

func TestCorpusPlansWithEachRuleOff(t *testing.T) {
	c := plantest.New()
	for _, r := range corpus(t) {
		p, err := parser.ParseOne(r.sql)
		if err != nil || r.errorCode != "" {
			continue
		}
		if _, ok := p.Statement.(*parser.Query); !ok {
			continue
		}
		for _, off := range planner.Switches() {
			env := environment(c)
			env.Settings.DisabledRules = map[string]bool{off: true}
			plan, err := planner.PlanStatement(context.Background(), env, p.Statement)
			if err != nil {
				if sqlerr.CodeOf(err) == sqlerr.InternalError {
					t.Errorf("%s without %s: %s\n%v", r.file, off, r.sql, err)
				}
				continue
			}
			closePlan(t, plan)
		}
	}
}
