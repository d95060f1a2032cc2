package functions_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
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
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/internal/questions"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/physical"
	"github.com/tarnsql/tarn/planner/plantest"
)

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
		return questions.Failure(string(sqlerr.CodeOf(err))), err.Error()
	}
	types := make([]uint32, len(cols))
	for i, c := range cols {
		types[i] = schema.OIDOf(c.Type)
	}
	return questions.Answer(types, rows), ""
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

// TestFunctionsAnswerLikePostgreSQL compares values, types and SQLSTATEs with those of a real PostgreSQL.
func TestFunctionsAnswerLikePostgreSQL(t *testing.T) {
	conn := pgtest.Start(t).NewDatabase(t).Connect(t)
	ctx := context.Background()
	files, err := filepath.Glob("testdata/postgres/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no questions: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			list, zone, err := questions.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(ctx, "set timezone = '"+zone+"'"); err != nil {
				t.Fatal(err)
			}
			for _, q := range list {
				got, message := answerOf(q.SQL, zone)
				if wrong := q.Judge(got, questions.Ask(ctx, conn.PgConn(), q.SQL)); wrong != "" {
					t.Error(wrong, message)
				}
			}
		})
	}
}
