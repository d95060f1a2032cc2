package functions_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/physical"
	"github.com/tarnsql/tarn/planner/plantest"
)

// question is one line of a corpus file: an expression or a query, and, where Tarn's answer is meant to differ from
// PostgreSQL's, that answer.
type question struct {
	place, text, own string
}

// questions reads a corpus file. A line is an expression, or a query that begins with SELECT; "==> answer -- reason" behind it
// is Tarn's own answer where it differs, and why. Lines that begin with # are comments; "@zone name" sets the time zone of the
// file.
func questions(t testing.TB, file string) (list []question, zone string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zone = "UTC"
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
			continue
		case strings.HasPrefix(line, "@zone "):
			zone = strings.TrimPrefix(line, "@zone ")
			continue
		}
		q := question{place: fmt.Sprintf("%s:%d", filepath.Base(file), n)}
		var differs, reasoned bool
		q.text, q.own, differs = strings.Cut(line, " ==> ")
		if at := strings.LastIndex(q.own, " -- "); at >= 0 {
			q.own, reasoned = strings.TrimRight(q.own[:at], " "), true
		}
		if differs && !reasoned {
			t.Errorf("%s: an answer of its own, and no reason", q.place)
		}
		if !strings.HasPrefix(strings.ToUpper(q.text), "SELECT ") && !strings.HasPrefix(strings.ToUpper(q.text), "WITH ") {
			q.text = "SELECT " + q.text
		}
		list = append(list, q)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return list, zone
}

// environment is what the tests plan and run with.
func environment(zone string) (planner.Env, eval.Options) {
	loc, err := schema.LoadZone(zone)
	if err != nil {
		panic(err)
	}
	start := time.Date(2026, 3, 15, 12, 30, 0, 0, time.UTC)
	o := eval.Options{Start: start, Location: loc}
	q := &connectors.Query{Start: start, Memory: memory.NewBudget("test", 1<<30, nil)}
	env := planner.Env{Catalogs: plantest.New(), Registry: functions.Builtin(), Evaluator: eval.New(o), Query: q}
	env.Settings.Location = loc
	return env, o
}

// answerOf runs a query and returns its answer: "type, type: value | value; ..." or "error: SQLSTATE".
func answerOf(sql, zone string) (answer string, message string) {
	env, o := environment(zone)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cols, rows, err := runQuery(ctx, env, o, sql)
	if err != nil {
		return "error: " + string(sqlerr.CodeOf(err)), err.Error()
	}
	types := make([]string, len(cols))
	for i, c := range cols {
		types[i] = strconv.FormatUint(uint64(schema.OIDOf(c.Type)), 10)
	}
	return clip(strings.TrimRight(strings.Join(types, ", ")+": "+strings.Join(rows, "; "), " ")), ""
}

func runQuery(ctx context.Context, env planner.Env, o eval.Options, sql string) (cols []physical.Column, rows []string, err error) {
	p, err := parser.ParseOne(sql)
	if err != nil {
		return nil, nil, err
	}
	plan, err := planner.PlanStatement(ctx, env, p.Statement)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, plan.Close()) }()
	res, err := exec.Run(ctx, plan.Root, exec.Options{Query: env.Query, Workers: 1, Memory: env.Query.Memory, Eval: o})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	for {
		b, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			return plan.Columns, rows, nil
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, rowTexts(b, o.Location)...)
	}
}

func rowTexts(b *vector.Batch, loc *time.Location) []string {
	var rows []string
	for i := range b.Rows() {
		r := i
		if b.Sel != nil {
			r = int(b.Sel[i])
		}
		cells := make([]string, len(b.Cols))
		for j, col := range b.Cols {
			v := vector.ValueAt(col, r)
			switch {
			case !v.Valid:
				cells[j] = "NULL"
			case v.Type.Kind == schema.Boolean:
				cells[j] = map[bool]string{true: "t", false: "f"}[v.Bool()]
			default:
				cells[j] = string(v.AppendText(nil, loc))
			}
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows
}

// postgresAnswer asks PostgreSQL and returns the answer in the form of answerOf.
func postgresAnswer(ctx context.Context, conn *pgx.Conn, sql string) string {
	res, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		var pe *pgconn.PgError
		if errors.As(err, &pe) {
			return "error: " + pe.Code
		}
		return err.Error()
	}
	last := res[len(res)-1]
	types := make([]string, len(last.FieldDescriptions))
	for i, f := range last.FieldDescriptions {
		types[i] = strconv.FormatUint(uint64(f.DataTypeOID), 10)
	}
	var rows []string
	for _, r := range last.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			if cells[i] = string(c); c == nil {
				cells[i] = "NULL"
			}
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return clip(strings.TrimRight(strings.Join(types, ", ")+": "+strings.Join(rows, "; "), " "))
}

// TestFunctionsAnswerLikePostgreSQL compares values, types and SQLSTATEs with those of a real PostgreSQL.
func TestFunctionsAnswerLikePostgreSQL(t *testing.T) {
	conn := pgtest.Start(t).NewDatabase(t).Connect(t)
	ctx := context.Background()
	files, err := filepath.Glob("testdata/postgres/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			list, zone := questions(t, file)
			if _, err := conn.Exec(ctx, "set timezone = '"+zone+"'"); err != nil {
				t.Fatal(err)
			}
			for _, q := range list {
				want := postgresAnswer(ctx, conn, q.text)
				got, message := answerOf(q.text, zone)
				switch {
				case q.own != "" && q.own == want:
					t.Errorf("%s: %s\n  the difference is gone: PostgreSQL says %s", q.place, q.text, want)
				case q.own != "" && got != q.own:
					t.Errorf("%s: %s\n  got  %s %s\n  own  %s", q.place, q.text, got, message, q.own)
				case q.own == "" && got != want:
					t.Errorf("%s: %s\n  got  %s %s\n  want %s", q.place, q.text, got, message, want)
				}
			}
		})
	}
}

// clip shortens an answer that would fill the screen.
func clip(s string) string {
	if len(s) > 4000 {
		return s[:4000]
	}
	return s
}
