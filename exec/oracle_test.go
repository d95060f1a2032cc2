package exec_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/mem"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// The tests run hand-made plans over random rows and compare them with loops over rows that are as plain as the definition of
// the operator.

type row = []schema.Value

// relation is a table of a test.
type relation struct {
	types []schema.Type
	rows  []row
}

var (
	intType   = schema.T(schema.Integer)
	bigType   = schema.T(schema.BigInt)
	textType  = schema.Text
	boolType  = schema.T(schema.Boolean)
	floatType = schema.T(schema.Double)
	wideType  = schema.DecimalOf(38, 2)
	charType  = schema.CharOf(4)
)

// randomValue returns a value of few, so that there are duplicates, and NULL now and then.
func randomValue(r *rand.Rand, t schema.Type, distinct int) schema.Value {
	if r.IntN(8) == 0 {
		return schema.NullOf(t)
	}
	n := r.IntN(distinct)
	switch t.Kind {
	case schema.Integer:
		return schema.IntValue(t, int64(n)-2)
	case schema.BigInt:
		return schema.IntValue(t, int64(n)*1_000_000_007-5)
	case schema.Double:
		return schema.FloatValue(t, float64(n)/2-1)
	case schema.Decimal:
		return schema.Int128Value(t, schema.Int128FromInt64(int64(n)).Mul(schema.Pow10(20)))
	case schema.Boolean:
		return schema.BoolValue(n%2 == 0)
	case schema.Char:
		return schema.StringValue(t, fmt.Sprintf("c%d%s", n, strings.Repeat(" ", r.IntN(2))))
	}
	return schema.StringValue(t, strings.Repeat("key ", n%3)+strconv.Itoa(n))
}

func randomRelation(r *rand.Rand, rows, distinct int, types ...schema.Type) relation {
	rel := relation{types: types}
	for range rows {
		values := make(row, len(types))
		for i, t := range types {
			values[i] = randomValue(r, t, distinct)
		}
		rel.rows = append(rel.rows, values)
	}
	return rel
}

// setup is how a plan runs.
type setup struct {
	batch, workers int
	spill          bool
	limit          int64
}

func (s setup) String() string {
	return fmt.Sprintf("batch%d/workers%d/spill=%v/limit%d", s.batch, s.workers, s.spill, s.limit)
}

var setups = []setup{{batch: 2048, workers: 1}, {batch: 3, workers: 1}, {batch: 7, workers: 4}, {batch: 3, workers: 1, spill: true},
	{batch: 64, workers: 4, spill: true}}

// plan numbers nodes and makes scans of relations.
type plan struct {
	t     testing.TB
	setup setup
	ids   int
	scans []connectors.Scan
}

func columns(types []schema.Type) []physical.Column {
	out := make([]physical.Column, len(types))
	for i, t := range types {
		out[i] = physical.Column{Name: fmt.Sprintf("c%d", i), Type: t}
	}
	return out
}

func (p *plan) props(types ...schema.Type) physical.Props {
	p.ids++
	return physical.Props{ID: p.ids - 1, Columns: columns(types), Rows: 1000}
}

func (p *plan) scan(rel relation) *physical.Scan {
	cols := make([]schema.Column, len(rel.types))
	ordinals := make([]int, len(rel.types))
	for i, t := range rel.types {
		cols[i], ordinals[i] = schema.Column{Name: fmt.Sprintf("c%d", i), Type: t}, i
	}
	table := mem.New("memory", "public").AddRows("public", "t", cols, rel.rows, p.setup.batch)
	req := connectors.ScanRequest{Query: &connectors.Query{}, Columns: ordinals, Metrics: &connectors.Metrics{}}
	scan, err := table.Scan(context.Background(), req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.scans = append(p.scans, scan)
	return &physical.Scan{P: p.props(rel.types...), Table: table, Scan: scan, Request: req}
}

// run runs a plan, and checks that all memory comes back.
func (p *plan) run(n physical.Node) ([]row, error) {
	budget := memory.NewBudget("query memory limit", p.setup.limit, nil)
	r, err := exec.Run(context.Background(), n, exec.Options{Query: &connectors.Query{}, Workers: p.setup.workers, ParallelRows: 1,
		BatchRows: p.setup.batch, Memory: budget, SpillDir: p.t.TempDir(), ForceSpill: p.setup.spill})
	if err != nil {
		p.t.Fatal(err)
	}
	var out []row
	for {
		b, nextErr := r.Next(context.Background())
		if errors.Is(nextErr, io.EOF) {
			break
		}
		if nextErr != nil {
			err = nextErr
			break
		}
		if b.Len > max(p.setup.batch, 1) && b.Sel == nil && p.setup.batch > 100 {
			p.t.Fatalf("a batch has %d rows", b.Len)
		}
		for k := range b.Rows() {
			i := k
			if b.Sel != nil {
				i = int(b.Sel[k])
			}
			values := make(row, len(b.Cols))
			for c, v := range b.Cols {
				values[c] = vector.ValueAt(v, i)
			}
			out = append(out, values)
		}
	}
	if closeErr := r.Close(); closeErr != nil {
		p.t.Fatal(closeErr)
	}
	for _, s := range p.scans {
		if closeErr := s.Close(); closeErr != nil {
			p.t.Fatal(closeErr)
		}
	}
	if used := budget.Used(); used != 0 {
		p.t.Fatalf("%d bytes are still reserved", used)
	}
	return out, err
}

func text(r row) string {
	parts := make([]string, len(r))
	for i, v := range r {
		parts[i] = v.Literal()
	}
	return strings.Join(parts, ", ")
}

// same compares rows in any order.
func same(t testing.TB, got, want []row) {
	t.Helper()
	a, b := make([]string, len(got)), make([]string, len(want))
	for i, r := range got {
		a[i] = text(r)
	}
	for i, r := range want {
		b[i] = text(r)
	}
	sort.Strings(a)
	sort.Strings(b)
	if len(a) != len(b) {
		t.Fatalf("got %d rows, want %d\ngot  %s\nwant %s", len(a), len(b), clip(a), clip(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("row %d in order is\n%s, want\n%s", i, a[i], b[i])
		}
	}
}

func clip(s []string) string { return strings.Join(s[:min(len(s), 12)], " | ") }

func ref(i int, t schema.Type) expr.Expr { return &expr.InputRef{Index: i, Typ: t} }

func refs(types []schema.Type, ordinals ...int) []expr.Expr {
	var out []expr.Expr
	for _, o := range ordinals {
		out = append(out, ref(o, types[o]))
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func nulls(types []schema.Type) row {
	out := make(row, len(types))
	for i, t := range types {
		out[i] = schema.NullOf(t)
	}
	return out
}

func concat(a, b row) row { return append(append(make(row, 0, len(a)+len(b)), a...), b...) }

var registry = functions.Builtin()

// resolve finds an overload for arguments.
func resolve(t testing.TB, kind expr.FunctionKind, name string, args ...expr.Expr) *expr.Resolved {
	var list []expr.Arg
	for _, a := range args {
		list = append(list, expr.Arg{Type: a.Type()})
	}
	r, err := registry.Resolve(kind, name, list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func aggregate(t testing.TB, name string, args ...expr.Expr) expr.AggregateCall {
	r := resolve(t, expr.Aggregate, name, args...)
	return expr.AggregateCall{Fn: r.Fn, Args: args, Typ: r.Result}
}

// inOrder compares rows in their order.
func inOrder(t testing.TB, got, want []row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if text(got[i]) != text(want[i]) {
			t.Fatalf("row %d is %s, want %s", i, text(got[i]), text(want[i]))
		}
	}
}
