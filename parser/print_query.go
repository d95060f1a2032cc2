package parser

import "strings"

func (p *printer) query(q *Query) {
	if q.With != nil {
		p.with(q.With)
	}
	if inner, ok := q.Body.(*Query); ok {
		p.parenQuery(inner)
	} else {
		p.body(q.Body)
	}
	if len(q.OrderBy) > 0 {
		p.put(" ORDER BY ")
		p.orderItems(q.OrderBy)
	}
	if q.Limit != nil && !q.WithTies {
		p.put(" LIMIT ")
		p.expr(q.Limit)
	}
	if q.Offset != nil {
		p.put(" OFFSET ")
		p.expr(q.Offset)
	}
	if q.WithTies {
		p.put(" FETCH FIRST ")
		p.fetchCount(q.Limit)
		p.put(" ROWS WITH TIES")
	}
	for _, l := range q.Locking {
		p.put(" FOR ", l.Strength)
		if len(l.Of) > 0 {
			p.put(" OF ")
			p.nameList(l.Of)
		}
		p.putIf(l.Wait != "", " "+l.Wait)
	}
}

func (p *printer) fetchCount(e Expr) {
	switch e.(type) {
	case *NumberLit, *Param:
		p.expr(e)
	default:
		p.put("(")
		p.expr(e)
		p.put(")")
	}
}

func (p *printer) with(w *With) {
	p.put("WITH ")
	p.putIf(w.Recursive, "RECURSIVE ")
	for i, c := range w.CTEs {
		p.comma(i)
		p.ident(c.Name)
		p.parenIdents(c.Columns)
		p.put(" AS ", [...]string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.Materialized], "(")
		p.node(c.Statement)
		p.put(")")
		p.searchCycle(c)
	}
	p.put(" ")
}

func (p *printer) searchCycle(c CTE) {
	if s := c.Search; s != nil {
		word := " SEARCH DEPTH"
		if s.BreadthFirst {
			word = " SEARCH BREADTH"
		}
		p.put(word, " FIRST BY ")
		p.idents(s.By)
		p.put(" SET ")
		p.ident(s.Set)
	}
	if y := c.Cycle; y != nil {
		p.put(" CYCLE ")
		p.idents(y.Columns)
		p.put(" SET ")
		p.ident(y.Mark)
		if y.MarkValue != nil {
			p.put(" TO ")
			p.operand(y.MarkValue, precPrimary)
			p.put(" DEFAULT ")
			p.operand(y.Default, precPrimary)
		}
		p.put(" USING ")
		p.ident(y.Path)
	}
}

func (p *printer) body(b QueryBody) {
	switch b := b.(type) {
	case *Query:
		p.parenQuery(b)
	case *Select:
		p.selectBody(b)
	case *Values:
		p.put("VALUES ")
		for i, row := range b.Rows {
			p.comma(i)
			p.put("(")
			p.exprs(row)
			p.put(")")
		}
	case *TableQuery:
		p.put("TABLE ")
		p.putIf(b.Only, "ONLY ")
		p.name(b.Name)
	case *SetOperation:
		strength := b.Op.strength()
		p.branch(b.Left, strength)
		p.put([...]string{" UNION ", " INTERSECT ", " EXCEPT "}[b.Op])
		p.putIf(b.All, "ALL ")
		p.branch(b.Right, strength+1)
	}
}

// strength is how strongly a set operation binds.
func (o SetOp) strength() int {
	if o == Intersect {
		return 2
	}
	return 1
}

func (p *printer) branch(b QueryBody, min int) {
	if s, ok := b.(*SetOperation); ok && s.Op.strength() < min {
		p.put("(")
		p.body(b)
		p.put(")")
		return
	}
	p.body(b)
}

func (p *printer) selectBody(s *Select) {
	p.put("SELECT")
	p.putIf(s.Distinct, " DISTINCT")
	if len(s.DistinctOn) > 0 {
		p.put(" ON (")
		p.exprs(s.DistinctOn)
		p.put(")")
	}
	if len(s.Items) > 0 {
		p.put(" ")
		p.selectItems(s.Items)
	}
	if s.Into != nil {
		p.put(" INTO ")
		p.putIf(s.Into.Temporary, "TEMPORARY ")
		p.put("TABLE ")
		p.name(s.Into.Name)
	}
	if len(s.From) > 0 {
		p.put(" FROM ")
		p.tables(s.From)
	}
	p.clause(" WHERE ", s.Where)
	if s.GroupBy != nil {
		p.groupBy(s.GroupBy)
	}
	p.clause(" HAVING ", s.Having)
	for i, w := range s.Windows {
		if i == 0 {
			p.put(" WINDOW ")
		}
		p.comma(i)
		p.ident(w.Name)
		p.put(" AS ")
		p.window(w.Spec)
	}
	p.clause(" QUALIFY ", s.Qualify)
}

func (p *printer) clause(word string, e Expr) {
	if e != nil {
		p.put(word)
		p.expr(e)
	}
}

func (p *printer) selectItems(list []SelectItem) {
	for i, item := range list {
		p.comma(i)
		p.expr(item.Expr)
		if item.Alias != "" {
			p.put(" AS ")
			p.ident(item.Alias)
		}
	}
}

func (p *printer) groupBy(g *GroupBy) {
	p.put(" GROUP BY")
	p.putIf(g.All, " ALL")
	p.putIf(g.Distinct, " DISTINCT")
	if len(g.Items) > 0 {
		p.put(" ")
		p.groupElements(g.Items)
	}
}

func (p *printer) groupElements(list []GroupElement) {
	for i, g := range list {
		p.comma(i)
		switch {
		case g.Kind != GroupSet:
			p.put([...]string{"", "ROLLUP", "CUBE", "GROUPING SETS"}[g.Kind], " (")
			p.groupElements(g.Elements)
			p.put(")")
		case len(g.Exprs) == 1:
			p.groupExpr(g.Exprs[0])
		default:
			p.put("(")
			p.exprs(g.Exprs)
			p.put(")")
		}
	}
}

// groupExpr writes an expression of GROUP BY, in parentheses if it begins with a call that would be read as a grouping.
func (p *printer) groupExpr(e Expr) {
	start := p.b.Len()
	p.expr(e)
	text := p.b.String()
	if strings.HasPrefix(text[start:], "rollup(") || strings.HasPrefix(text[start:], "cube(") {
		p.b.Reset()
		p.put(text[:start], "(", text[start:], ")")
	}
}

func (p *printer) tables(list []TableExpr) {
	for i, t := range list {
		p.comma(i)
		p.table(t)
	}
}

func (p *printer) table(t TableExpr) {
	switch t := t.(type) {
	case *TableName:
		p.tableName(t)
	case *DerivedTable:
		p.putIf(t.Lateral, "LATERAL ")
		p.parenQuery(t.Query)
		p.alias(t.Alias)
		p.sample(t.Sample)
	case *FuncTable:
		p.funcTable(t)
	case *Join:
		if t.Alias == nil {
			p.join(t)
			return
		}
		p.put("(")
		p.join(t)
		p.put(")")
		p.alias(t.Alias)
	}
}

func (p *printer) tableName(t *TableName) {
	p.putIf(t.Only, "ONLY ")
	p.name(t.Name)
	if t.Travel != nil {
		if t.Travel.Timestamp {
			p.put(" FOR TIMESTAMP AS OF ")
		} else {
			p.put(" FOR VERSION AS OF ")
		}
		p.operand(t.Travel.AsOf, precOther)
	}
	p.alias(t.Alias)
	p.sample(t.Sample)
}

func (p *printer) alias(a *TableAlias) {
	if a == nil {
		return
	}
	p.put(" AS")
	if a.Name != "" {
		p.put(" ")
		p.ident(a.Name)
	}
	p.parenIdents(a.Columns)
	if len(a.Defs) > 0 {
		p.put(" (")
		p.columnDefs(a.Defs)
		p.put(")")
	}
}

func (p *printer) columnDefs(list []ColumnDef) {
	for i, c := range list {
		p.comma(i)
		p.ident(c.Name)
		p.put(" ")
		p.typeName(c.Type)
	}
}

func (p *printer) sample(s *TableSample) {
	if s == nil {
		return
	}
	p.put(" TABLESAMPLE ")
	p.ident(s.Method)
	p.put(" (")
	p.exprs(s.Args)
	p.put(")")
	if s.Repeatable != nil {
		p.put(" REPEATABLE (")
		p.expr(s.Repeatable)
		p.put(")")
	}
}

func (p *printer) funcTable(t *FuncTable) {
	p.putIf(t.Lateral, "LATERAL ")
	p.putIf(t.RowsFrom, "ROWS FROM (")
	p.putIf(t.TableArg, "TABLE(")
	for i, c := range t.Calls {
		p.comma(i)
		p.expr(c.Call)
		if len(c.Defs) > 0 {
			p.put(" AS (")
			p.columnDefs(c.Defs)
			p.put(")")
		}
	}
	p.putIf(t.RowsFrom || t.TableArg, ")")
	p.putIf(t.Ordinality, " WITH ORDINALITY")
	p.alias(t.Alias)
}

func (p *printer) join(j *Join) {
	p.table(j.Left)
	p.put(" ")
	p.putIf(j.Natural, "NATURAL ")
	p.put([...]string{"", "LEFT ", "RIGHT ", "FULL ", "CROSS "}[j.Kind], "JOIN ")
	if right, ok := j.Right.(*Join); ok && right.Alias == nil {
		p.put("(")
		p.join(right)
		p.put(")")
	} else {
		p.table(j.Right)
	}
	p.clause(" ON ", j.On)
	if len(j.Using) > 0 {
		p.put(" USING")
		p.parenIdents(j.Using)
		if j.UsingAlias != "" {
			p.put(" AS ")
			p.ident(j.UsingAlias)
		}
	}
}
