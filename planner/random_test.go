package planner_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// generator makes random queries that PostgreSQL and Tarn understand alike.
type generator struct {
	r     *rand.Rand
	depth int
	names int
}

// column is a column that an expression may read.
type genColumn struct{ name, kind string } // kind: int or text

var genTables = map[string][]genColumn{
	"t": {{"id", "int"}, {"a", "int"}, {"b", "int"}, {"s", "text"}},
	"u": {{"id", "int"}, {"a", "int"}, {"x", "int"}, {"y", "text"}},
	"v": {{"a", "int"}, {"x", "int"}},
	"w": {{"id", "int"}, {"b", "int"}, {"s", "text"}},
	"e": {{"a", "int"}, {"x", "int"}},
}

func (g *generator) chance(n int) bool { return g.r.IntN(n) == 0 }

func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) pick(words ...string) string { return words[g.r.IntN(len(words))] }

func (g *generator) table() string { return g.pick("t", "t", "u", "u", "v", "w", "e") }

// from makes a FROM clause and returns the columns that it has.
func (g *generator) from(outer []genColumn) (string, []genColumn) {
	text, cols := g.item()
	for range g.r.IntN(3) {
		if g.chance(6) {
			// A function or a query over the columns so far.
			alias := g.name("l")
			if g.chance(2) {
				text += fmt.Sprintf(" cross join lateral (select %s as k) %s", g.value("int", append(cols, outer...)), alias)
			} else {
				inner, icols := g.item()
				text += fmt.Sprintf(" left join lateral (select %s as k from %s where %s) %s on true", g.value("int", icols), inner,
					g.comparison(append(icols, cols...)), alias)
			}
			cols = append(cols, genColumn{alias + ".k", "int"})
			continue
		}
		right, rcols := g.item()
		both := append(append([]genColumn(nil), cols...), rcols...)
		switch g.r.IntN(7) {
		case 0:
			text += " cross join " + right
		case 1, 2, 3:
			text += " join " + right + " on " + g.joinCondition(cols, rcols, both)
		case 4, 5:
			text += " left join " + right + " on " + g.joinCondition(cols, rcols, both)
		case 6:
			// PostgreSQL runs full joins on hashable conditions alone.
			l, r := g.column("int", cols), g.column("int", rcols)
			text += fmt.Sprintf(" full join %s on %s = %s", right, l, r)
		}
		cols = both
	}
	return text, cols
}

// item makes one item of FROM.
func (g *generator) item() (string, []genColumn) {
	alias := g.name("r")
	if g.depth < 2 && g.chance(5) {
		g.depth++
		q, kinds := g.query(nil, 1+g.r.IntN(3), true)
		g.depth--
		var cols []genColumn
		var names []string
		for i, k := range kinds {
			n := fmt.Sprintf("c%d", i)
			names = append(names, n)
			cols = append(cols, genColumn{alias + "." + n, k})
		}
		return fmt.Sprintf("(%s) %s(%s)", q, alias, strings.Join(names, ", ")), cols
	}
	table := g.table()
	var cols []genColumn
	for _, c := range genTables[table] {
		cols = append(cols, genColumn{alias + "." + c.name, c.kind})
	}
	return table + " " + alias, cols
}

func (g *generator) joinCondition(left, right, both []genColumn) string {
	kind := g.pick("int", "int", "text")
	l, r := g.column(kind, left), g.column(kind, right)
	cond := l + " = " + r
	if g.chance(8) {
		cond = l + " is not distinct from " + r
	}
	if g.chance(4) {
		cond += " and " + g.comparison(both)
	}
	return cond
}

// column picks a column of a kind, or a constant when there is none.
func (g *generator) column(kind string, cols []genColumn) string {
	var fit []string
	for _, c := range cols {
		if c.kind == kind {
			fit = append(fit, c.name)
		}
	}
	if len(fit) == 0 {
		return g.constant(kind)
	}
	return g.pick(fit...)
}

func (g *generator) constant(kind string) string {
	if g.chance(25) {
		return map[string]string{"int": "null::integer", "text": "null::text"}[kind]
	}
	if kind == "int" {
		return strconv.Itoa(g.r.IntN(9))
	}
	return "'" + g.pick("a0", "b0", "c0", "f0", "zz") + "'"
}

// value makes an expression of a kind.
func (g *generator) value(kind string, cols []genColumn) string {
	switch g.r.IntN(9) {
	case 0:
		return g.constant(kind)
	case 1:
		if kind == "int" {
			return fmt.Sprintf("(%s + %s)", g.column(kind, cols), g.constant(kind))
		}
		return fmt.Sprintf("(%s || 'x')", g.column(kind, cols))
	case 2:
		return fmt.Sprintf("coalesce(%s, %s)", g.column(kind, cols), g.constant(kind))
	case 3:
		return fmt.Sprintf("case when %s then %s else %s end", g.comparison(cols), g.column(kind, cols), g.constant(kind))
	case 4:
		if g.depth < 2 && kind == "int" && g.chance(2) {
			return g.scalar(cols)
		}
	}
	return g.column(kind, cols)
}

// scalar makes a subquery of one row.
func (g *generator) scalar(cols []genColumn) string {
	g.depth++
	defer func() { g.depth-- }()
	from, icols := g.from(nil)
	return fmt.Sprintf("(select %s from %s where %s)", g.aggregate(icols), from, g.condition(append(icols, cols...)))
}

func (g *generator) comparison(cols []genColumn) string {
	kind := g.pick("int", "int", "int", "text")
	l := g.column(kind, cols)
	switch g.r.IntN(10) {
	case 0:
		return l + g.pick(" is null", " is not null")
	case 1:
		not := g.pick("", "", "not ")
		return fmt.Sprintf("%s %sin (%s, %s)", l, not, g.constant(kind), g.constant(kind))
	case 2:
		if kind == "int" {
			return fmt.Sprintf("%s between %s and %s", l, g.constant(kind), g.constant(kind))
		}
		return l + " " + g.pick("like", "not like") + " '" + g.pick("a%", "%0", "b0", "_0%") + "'"
	}
	r := g.constant(kind)
	if g.chance(2) {
		r = g.column(kind, cols)
	}
	return l + " " + g.pick("=", "=", "=", "<>", "<", "<=", ">", ">=", "is distinct from") + " " + r
}

// condition makes a condition, perhaps with subqueries.
func (g *generator) condition(cols []genColumn) string {
	switch g.r.IntN(10) {
	case 0:
		return fmt.Sprintf("(%s or %s)", g.condition(cols), g.condition(cols))
	case 1, 2:
		return fmt.Sprintf("(%s and %s)", g.condition(cols), g.condition(cols))
	case 3:
		return "not (" + g.condition(cols) + ")"
	case 4, 5, 6:
		if g.depth < 2 {
			return g.subqueryCondition(cols)
		}
	}
	return g.comparison(cols)
}

func (g *generator) subqueryCondition(cols []genColumn) string {
	g.depth++
	defer func() { g.depth-- }()
	from, icols := g.from(nil)
	where := "true"
	all := append(append([]genColumn(nil), icols...), cols...)
	if !g.chance(4) {
		where = g.condition(all)
	}
	kind := g.pick("int", "int", "text")
	switch g.r.IntN(6) {
	case 5:
		return fmt.Sprintf("(%s, %s) %sin (select %s, %s from %s where %s)", g.column("int", cols), g.column("text", cols), g.pick("", "not "),
			g.column("int", icols), g.column("text", icols), from, where)
	case 0:
		return fmt.Sprintf("%sexists (select 1 from %s where %s)", g.pick("", "not "), from, where)
	case 1, 2:
		return fmt.Sprintf("%s %sin (select %s from %s where %s)", g.column(kind, cols), g.pick("", "not "), g.column(kind, icols), from, where)
	case 3:
		return fmt.Sprintf("%s %s %s (select %s from %s where %s)", g.column("int", cols), g.pick("<", ">=", "=", "<>"), g.pick("any", "all"),
			g.column("int", icols), from, where)
	}
	return fmt.Sprintf("%s %s (select %s from %s where %s)", g.column("int", cols), g.pick("<", ">", "="), g.aggregate(icols), from, where)
}

func (g *generator) aggregate(cols []genColumn) string {
	arg := g.column("int", cols)
	filter := ""
	if g.chance(6) {
		filter = " filter (where " + g.comparison(cols) + ")"
	}
	switch g.r.IntN(5) {
	case 0:
		return "count(*)" + filter
	case 1:
		return "count(distinct " + arg + ")" + filter
	case 2:
		return "count(" + arg + ")" + filter
	}
	return g.pick("min", "max") + "(" + arg + ")" + filter
}

// window makes a window function whose value does not depend on how equal rows are ordered.
func (g *generator) window(cols []genColumn) string {
	over := fmt.Sprintf("over (partition by %s)", g.column("int", cols))
	if g.chance(2) {
		over = fmt.Sprintf("over (partition by %s order by %s%s)", g.column("int", cols), g.column("int", cols), g.pick("", " desc", " nulls first"))
	}
	switch g.r.IntN(4) {
	case 0:
		return "count(*) " + over
	case 1:
		return "rank() " + over
	case 2:
		return "dense_rank() " + over
	}
	return g.pick("min", "max", "count") + "(" + g.column("int", cols) + ") " + over
}

// groupBy makes the elements of GROUP BY, now and then grouping sets. Those have no constant keys: PostgreSQL before 18
// takes a key that it folds to a constant for the same in all sets, where the standard makes it NULL.
func (g *generator) groupBy(keys []string) string {
	list := strings.Join(keys, ", ")
	sets := g.r.IntN(8)
	if slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "(") }) {
		return list
	}
	switch sets {
	case 0:
		return "rollup (" + list + ")"
	case 1:
		return "grouping sets ((" + list + "), ())"
	case 2:
		return "cube (" + list + ")"
	}
	return list
}

// query makes a query with n columns and returns their kinds. Its rows are a set: an inner one may be cut by a limit only
// where the order tells all of its rows apart.
func (g *generator) query(outer []genColumn, n int, inner bool) (string, []string) {
	if g.chance(7) && g.depth < 2 {
		return g.setOperation(n)
	}
	from, cols := g.from(outer)
	where := ""
	if !g.chance(4) {
		where = " where " + g.condition(append(append([]genColumn(nil), cols...), outer...))
	}
	var items, kinds []string
	tail := ""
	switch g.r.IntN(5) {
	case 0:
		var keys []string
		for i := range n {
			kind := "int"
			if i%2 == 0 {
				kind = g.pick("int", "text")
				k := g.column(kind, cols)
				if !strings.HasPrefix(k, "r") && !strings.HasPrefix(k, "l") {
					// A bare constant would be the place of a select item.
					k = "(" + k + " || '')"
					if kind == "int" {
						k = "(1 + " + g.constant("int") + ")"
					}
				}
				items, keys = append(items, k), append(keys, k)
			} else {
				items = append(items, g.aggregate(cols))
			}
			kinds = append(kinds, kind)
		}
		tail = " group by " + g.groupBy(keys)
		if g.chance(3) {
			tail += " having " + g.aggregate(cols) + " > " + strconv.Itoa(g.r.IntN(4))
		}
	case 1:
		for range n {
			kinds = append(kinds, "int")
			items = append(items, g.aggregate(cols))
		}
	default:
		for range n {
			kind := g.pick("int", "int", "text")
			items, kinds = append(items, g.value(kind, cols)), append(kinds, kind)
		}
		if g.chance(5) {
			items[0], kinds[0] = g.window(cols), "int"
		}
	}
	distinct := g.pick("", "", "", "distinct ")
	q := "select " + distinct + strings.Join(items, ", ") + " from " + from + where + tail
	if inner && g.chance(6) {
		var order []string
		for i := range n {
			order = append(order, strconv.Itoa(i+1))
		}
		q += " order by " + strings.Join(order, ", ") + fmt.Sprintf(" limit %d offset %d", 1+g.r.IntN(20), g.r.IntN(3))
	}
	return q, kinds
}

func (g *generator) setOperation(n int) (string, []string) {
	g.depth++
	defer func() { g.depth-- }()
	var kinds []string
	for range n {
		kinds = append(kinds, g.pick("int", "text"))
	}
	branch := func() string {
		from, cols := g.from(nil)
		var items []string
		for _, k := range kinds {
			items = append(items, g.column(k, cols))
		}
		return "select " + strings.Join(items, ", ") + " from " + from + " where " + g.condition(cols)
	}
	return branch() + " " + g.pick("union", "union all", "union all", "intersect", "intersect all", "except", "except all") + " " + branch(), kinds
}

// statement makes a whole statement, sometimes with a common table expression.
func (g *generator) statement() string {
	if !g.chance(8) {
		q, _ := g.query(nil, 1+g.r.IntN(3), false)
		return q
	}
	g.depth++
	cte, _ := g.query(nil, 2, true)
	g.depth--
	return fmt.Sprintf("with q(k, l) as (%s) select q1.k, q2.l from q q1 %s q q2 on q1.k is not distinct from q2.k", cte, g.pick("join", "left join"))
}

// How many random queries a test runs, and from which seed.
var (
	randomQueries = flag.Int("queries", 100, "number of random queries")
	randomSeed    = flag.Uint64("seed", 7, "seed of the random queries")
)

// TestRandomQueriesGivePostgreSQLsRows runs random queries on PostgreSQL and on Tarn over the same rows.
func TestRandomQueriesGivePostgreSQLsRows(t *testing.T) {
	c := randomCatalog(t)
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, loadSQL(t, c)...)
	conn := db.Connect(t)
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "set statement_timeout = '5s'"); err != nil {
		t.Fatal(err)
	}
	g := &generator{r: rand.New(rand.NewPCG(*randomSeed, 11))}
	failures := 0
	for i := 0; i < *randomQueries && failures < 10; i++ {
		sql := g.statement()
		want, pgErr := postgresRows(ctx, conn, sql)
		if pgErr != nil && (pgErr.Code == "57014" || pgErr.Code == "0A000") {
			// Too slow, or a full join that PostgreSQL has no algorithm for.
			continue
		}
		got, err := run(c, sql)
		if errors.Is(err, context.DeadlineExceeded) {
			// A tower of correlated subqueries: PostgreSQL had its limit above.
			continue
		}
		switch {
		case pgErr != nil && err == nil:
			failures++
			t.Errorf("query %d: %s\nPostgreSQL refuses it: %s %s", i, sql, pgErr.Code, pgErr.Message)
		case pgErr != nil:
			if string(sqlerr.CodeOf(err)) != pgErr.Code {
				failures++
				t.Errorf("query %d: %s\n%s: %v, want %s %s", i, sql, sqlerr.CodeOf(err), err, pgErr.Code, pgErr.Message)
			}
		case err != nil:
			failures++
			t.Errorf("query %d: %s\n%s: %v", i, sql, sqlerr.CodeOf(err), err)
		case sorted(got) != sorted(want):
			failures++
			t.Errorf("query %d: %s\n got %d rows:\n%s\nwant %d rows:\n%s", i, sql, len(got), clip(sorted(got)), len(want), clip(sorted(want)))
		}
	}
}

func clip(s string) string {
	if len(s) > 400 {
		return s[:400] + "..."
	}
	return s
}

func postgresRows(ctx context.Context, conn *pgx.Conn, sql string) ([]string, *pgconn.PgError) {
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		var pg *pgconn.PgError
		if !errors.As(err, &pg) {
			pg = &pgconn.PgError{Message: err.Error()}
		}
		return nil, pg
	}
	var rows []string
	for _, r := range results[0].Rows {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = string(v)
			if v == nil {
				cells[i] = "NULL"
			}
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows, nil
}

// TestRandomQueriesDoNotDependOnRules runs random queries with each rule off.
func TestRandomQueriesDoNotDependOnRules(t *testing.T) {
	c := randomCatalog(t)
	g := &generator{r: rand.New(rand.NewPCG(*randomSeed, 5))}
	failures := 0
	for i := 0; i < *randomQueries/5 && failures < 10; i++ {
		sql := g.statement()
		want, wantErr := run(c, sql)
		if errors.Is(wantErr, context.DeadlineExceeded) {
			continue
		}
		for _, off := range planner.Switches() {
			got, err := run(c, sql, off)
			switch {
			case (err == nil) != (wantErr == nil):
				failures++
				t.Errorf("query %d without %s: %s\n%v, want %v", i, off, sql, err, wantErr)
			case err == nil && sorted(got) != sorted(want):
				failures++
				t.Errorf("query %d without %s: %s\n got %d rows\n%s\nwant %d rows\n%s", i, off, sql, len(got), clip(sorted(got)), len(want), clip(sorted(want)))
			}
		}
	}
}

// TestRandomQueriesDoNotDependOnHowTheyRun runs random queries in ways that take other paths through the operators.
func TestRandomQueriesDoNotDependOnHowTheyRun(t *testing.T) {
	c := randomCatalog(t)
	ways := map[string]exec.Options{
		"one worker":         {Workers: 1},
		"rows one by one":    {Workers: 3, ParallelRows: 1, BatchRows: 1},
		"parallel":           {Workers: 4, ParallelRows: 1, BatchRows: 7},
		"spilling":           {Workers: 1, ForceSpill: true, SpillDir: t.TempDir()},
		"parallel, spilling": {Workers: 3, ParallelRows: 1, BatchRows: 3, ForceSpill: true, SpillDir: t.TempDir()},
	}
	g := &generator{r: rand.New(rand.NewPCG(*randomSeed, 3))}
	failures := 0
	for i := 0; i < *randomQueries/4 && failures < 10; i++ {
		sql := g.statement()
		want, wantErr := run(c, sql)
		if errors.Is(wantErr, context.DeadlineExceeded) {
			continue
		}
		for name, options := range ways {
			got, err := runIn(c, sql, options)
			switch {
			case errors.Is(err, context.DeadlineExceeded):
			case sqlerr.CodeOf(err) != sqlerr.CodeOf(wantErr):
				failures++
				t.Errorf("query %d, %s: %s\n%v, want %v", i, name, sql, err, wantErr)
			case err == nil && sorted(got) != sorted(want):
				failures++
				t.Errorf("query %d, %s: %s\n got %d rows\n%s\nwant %d rows\n%s", i, name, sql, len(got), clip(sorted(got)), len(want), clip(sorted(want)))
			}
		}
	}
}
