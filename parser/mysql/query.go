package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/tarnsql/tarn/parser"
)

// statement translates a query or an EXPLAIN of one.
func (t *translator) statement(s ast.StmtNode) parser.Statement {
	switch s := s.(type) {
	case *ast.SelectStmt, *ast.SetOprStmt:
		return t.query(s.(ast.ResultSetNode))
	case *ast.ExplainStmt:
		e := &parser.Explain{Loc: 1, Analyze: s.Analyze}
		if f := strings.ToLower(s.Format); f != "row" && f != "traditional" {
			e.Format = f
		}
		if s.Stmt == nil {
			t.unsupported(s, "EXPLAIN of a plan digest")
		}
		e.Statement = t.statement(s.Stmt)
		return e
	}
	t.unsupported(s, "%s in the MySQL dialect", statementName(s))
	return nil
}

// statementName returns the words with which a statement begins.
func statementName(s ast.StmtNode) string {
	words := strings.Fields(strings.ToUpper(s.OriginalText()))
	switch {
	case len(words) == 0:
		return "this statement"
	case len(words) > 1 && (words[0] == "CREATE" || words[0] == "DROP" || words[0] == "ALTER" || words[0] == "LOAD"):
		return words[0] + " " + words[1]
	}
	return words[0]
}

// query translates what yields rows to a query.
func (t *translator) query(n ast.ResultSetNode) *parser.Query {
	t.enter(n)
	defer t.leave()
	switch n := n.(type) {
	case *ast.SelectStmt:
		return t.selectStmt(n)
	case *ast.SetOprStmt:
		q := &parser.Query{Loc: t.loc(n), With: t.with(n.With)}
		q.Body = t.setOperation(n.SelectList)
		q.OrderBy = t.orderBy(n.OrderBy)
		t.limit(q, n.Limit)
		return q
	case *ast.SubqueryExpr:
		return t.query(n.Query)
	}
	t.unsupported(n, "this kind of query")
	return nil
}

func (t *translator) selectStmt(s *ast.SelectStmt) *parser.Query {
	q := &parser.Query{Loc: t.loc(s), With: t.with(s.With)}
	switch s.Kind {
	case ast.SelectStmtKindTable:
		q.Body = t.tableStmt(s)
	case ast.SelectStmtKindValues:
		v := &parser.Values{Loc: t.loc(s)}
		for _, row := range s.Lists {
			v.Rows = append(v.Rows, t.exprs(row.Values))
		}
		q.Body = v
	default:
		q.Body = t.selectBody(s)
	}
	q.OrderBy = t.orderBy(s.OrderBy)
	t.limit(q, s.Limit)
	if s.LockInfo != nil && s.LockInfo.LockType != ast.SelectLockNone {
		q.Locking = []parser.LockingClause{t.lock(s.LockInfo)}
	}
	return q
}

func (t *translator) tableStmt(s *ast.SelectStmt) parser.QueryBody {
	if src, ok := s.From.TableRefs.Left.(*ast.TableSource); ok {
		if name, ok := src.Source.(*ast.TableName); ok {
			return &parser.TableQuery{Loc: t.loc(s), Name: tableName(name)}
		}
	}
	t.unsupported(s, "TABLE of a join")
	return nil
}

func (t *translator) lock(l *ast.SelectLockInfo) parser.LockingClause {
	c := parser.LockingClause{Strength: "UPDATE"}
	switch l.LockType {
	case ast.SelectLockForShare, ast.SelectLockForShareNoWait, ast.SelectLockForShareSkipLocked:
		c.Strength = "SHARE"
	}
	switch l.LockType {
	case ast.SelectLockForUpdateNoWait, ast.SelectLockForShareNoWait:
		c.Wait = "NOWAIT"
	case ast.SelectLockForUpdateSkipLocked, ast.SelectLockForShareSkipLocked:
		c.Wait = "SKIP LOCKED"
	}
	for _, n := range l.Tables {
		c.Of = append(c.Of, tableName(n))
	}
	return c
}

func (t *translator) selectBody(s *ast.SelectStmt) *parser.Select {
	if s.SelectIntoOpt != nil {
		t.unsupported(s, "SELECT .. INTO")
	}
	if s.SelectStmtOpts != nil && s.CalcFoundRows {
		t.unsupported(s, "SQL_CALC_FOUND_ROWS")
	}
	b := &parser.Select{Loc: t.loc(s), Distinct: s.Distinct}
	ungrouped := s.GroupBy == nil && hasAggregates(s.Fields.Fields)
	for _, f := range s.Fields.Fields {
		item := t.selectField(f)
		if ungrouped {
			item = anyRow(f, item)
		}
		b.Items = append(b.Items, item)
	}
	if s.From != nil && s.From.TableRefs != nil {
		b.From = []parser.TableExpr{t.table(s.From.TableRefs)}
	}
	if s.Where != nil {
		b.Where = t.expr(s.Where)
	}
	if s.GroupBy != nil {
		b.GroupBy = t.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		b.Having = t.expr(s.Having.Expr)
	}
	for i := range s.WindowSpecs {
		w := &s.WindowSpecs[i]
		b.Windows = append(b.Windows, parser.NamedWindow{Name: w.Name.L, Spec: t.windowSpec(w)})
	}
	return b
}

func (t *translator) selectField(f *ast.SelectField) parser.SelectItem {
	if w := f.WildCard; w != nil {
		s := &parser.Star{Loc: t.loc(f)}
		for _, part := range []string{w.Schema.L, w.Table.L} {
			if part != "" {
				s.Qualifier = append(s.Qualifier, part)
			}
		}
		return parser.SelectItem{Loc: s.Loc, Expr: s}
	}
	return parser.SelectItem{Loc: t.loc(f.Expr), Expr: t.expr(f.Expr), Alias: f.AsName.L}
}

func (t *translator) groupBy(g *ast.GroupByClause) *parser.GroupBy {
	out := &parser.GroupBy{Loc: t.loc(g)}
	for _, item := range g.Items {
		e := t.expr(item.Expr)
		out.Items = append(out.Items, parser.GroupElement{Loc: parser.Loc(e.Pos()), Exprs: []parser.Expr{e}})
	}
	if g.Rollup {
		out.Items = []parser.GroupElement{{Loc: out.Loc, Kind: parser.GroupRollup, Elements: out.Items}}
	}
	return out
}

// orderBy translates ORDER BY and says where NULLs go, which is the other end than PostgreSQL's.
func (t *translator) orderBy(o *ast.OrderByClause) []parser.OrderItem {
	if o == nil {
		return nil
	}
	var list []parser.OrderItem
	for _, item := range o.Items {
		e := t.expr(item.Expr)
		out := parser.OrderItem{Loc: parser.Loc(e.Pos()), Expr: e, Nulls: parser.NullsFirst}
		if item.Desc {
			out.Direction, out.Nulls = parser.Descending, parser.NullsLast
		}
		list = append(list, out)
	}
	return list
}

func (t *translator) limit(q *parser.Query, l *ast.Limit) {
	if l == nil {
		return
	}
	if l.Count != nil {
		q.Limit = t.expr(l.Count)
	}
	if l.Offset != nil {
		q.Offset = t.expr(l.Offset)
	}
}

func (t *translator) with(w *ast.WithClause) *parser.With {
	if w == nil {
		return nil
	}
	out := &parser.With{Loc: t.loc(w), Recursive: w.IsRecursive}
	for _, c := range w.CTEs {
		out.CTEs = append(out.CTEs, parser.CTE{
			Loc: t.loc(c), Name: c.Name.L, Columns: names(c.ColNameList), Statement: t.query(c.Query.Query),
		})
	}
	return out
}

func names(list []ast.CIStr) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.L)
	}
	return out
}

// setOperation translates a flat list of branches. INTERSECT binds more strongly than UNION and EXCEPT.
func (t *translator) setOperation(list *ast.SetOprSelectList) parser.QueryBody {
	var out parser.QueryBody
	var op ast.SetOprType
	var run parser.QueryBody
	flush := func() {
		if out == nil {
			out = run
		} else {
			out = combine(op, out, run)
		}
	}
	for i, n := range list.Selects {
		body, after := t.branch(n)
		if i == 0 {
			run = body
			continue
		}
		if *after == ast.Intersect || *after == ast.IntersectAll {
			run = combine(*after, run, body)
			continue
		}
		flush()
		op, run = *after, body
	}
	flush()
	return out
}

func combine(op ast.SetOprType, left, right parser.QueryBody) parser.QueryBody {
	s := &parser.SetOperation{Left: left, Right: right}
	switch op {
	case ast.UnionAll:
		s.All = true
	case ast.Except:
		s.Op = parser.Except
	case ast.ExceptAll:
		s.Op, s.All = parser.Except, true
	case ast.Intersect:
		s.Op = parser.Intersect
	case ast.IntersectAll:
		s.Op, s.All = parser.Intersect, true
	}
	return s
}

// branch translates one branch and returns the operation before it.
func (t *translator) branch(n ast.Node) (parser.QueryBody, *ast.SetOprType) {
	t.enter(n)
	defer t.leave()
	switch n := n.(type) {
	case *ast.SelectStmt:
		return bareBody(t.selectStmt(n)), n.AfterSetOperator
	case *ast.SetOprSelectList:
		q := &parser.Query{Loc: t.loc(n), With: t.with(n.With), Body: t.setOperation(n), OrderBy: t.orderBy(n.OrderBy)}
		t.limit(q, n.Limit)
		return bareBody(q), n.AfterSetOperator
	}
	t.unsupported(n, "this branch of a set operation")
	return nil, nil
}

// bareBody returns the body of a query that is nothing more.
func bareBody(q *parser.Query) parser.QueryBody {
	if q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil && q.Locking == nil {
		return q.Body
	}
	return q
}
