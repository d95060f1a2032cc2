package parser

import "github.com/tarnsql/tarn/parser/sqlerr"

// startsQuery reports whether a query begins at the current token, not counting parentheses.
func (p *parser) startsQuery() bool {
	if p.tok.kind != tokWord {
		return false
	}
	switch p.tok.text {
	case "select", "with", "table":
		return true
	case "values":
		return p.peek(1).isPunct("(")
	}
	return false
}

// continuesQuery reports whether what follows a query in parentheses makes it part of a larger query.
func (p *parser) continuesQuery() bool {
	return p.anyWord("union", "intersect", "except", "order", "limit", "offset", "fetch", "for")
}

// query reads a query with all of its clauses.
func (p *parser) query() *Query {
	p.enter()
	defer p.leave()
	q := &Query{Loc: p.loc()}
	if p.word("with") {
		q.With = p.with()
	}
	return p.queryAfterWith(q)
}

// queryAfterWith reads what follows the WITH clause of q.
func (p *parser) queryAfterWith(q *Query) *Query {
	q.Body = p.setOperations(1, nil)
	return p.finishQuery(q)
}

// queryFrom reads the rest of a query whose first branch stood in parentheses.
func (p *parser) queryFrom(first *Query) *Query {
	q := &Query{Loc: first.Loc}
	q.Body = p.setOperations(1, branch(first))
	return p.finishQuery(q)
}

// finishQuery reads the clauses after the body. A query in parentheses to which nothing was added is that query.
func (p *parser) finishQuery(q *Query) *Query {
	p.queryTail(q)
	if inner, ok := q.Body.(*Query); ok && q.bare() {
		return inner
	}
	return q
}

// bare reports whether q is nothing but its body.
func (q *Query) bare() bool {
	return q.With == nil && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && len(q.Locking) == 0
}

// branch returns the body that a query in parentheses is in a set operation.
func branch(q *Query) QueryBody {
	if q.bare() {
		return q.Body
	}
	return q
}

// setOperations reads query bodies with UNION and EXCEPT (strength 1) and INTERSECT (2) between them.
func (p *parser) setOperations(min int, left QueryBody) QueryBody {
	if left == nil {
		left = p.queryPrimary()
	}
	for {
		op, strength := Union, 1
		switch {
		case p.word("union"):
		case p.word("except"):
			op = Except
		case p.word("intersect"):
			op, strength = Intersect, 2
		default:
			return left
		}
		if strength < min {
			return left
		}
		s := &SetOperation{Loc: p.loc(), Op: op, Left: left}
		p.next()
		if s.All = p.accept("all"); !s.All {
			p.accept("distinct")
		}
		p.link()
		s.Right = p.setOperations(strength+1, nil)
		left = s
	}
}

func (p *parser) queryPrimary() QueryBody {
	switch {
	case p.word("select"):
		return p.selectBody()
	case p.word("values"):
		return p.values()
	case p.word("table"):
		t := &TableQuery{Loc: p.loc()}
		p.next()
		t.Only = p.accept("only")
		t.Name = p.qualifiedName()
		p.acceptOp("*")
		return t
	}
	p.expectPunct("(")
	q := p.query()
	p.expectPunct(")")
	return branch(q)
}

func (p *parser) values() *Values {
	v := &Values{Loc: p.loc()}
	p.expect("values")
	for {
		p.expectPunct("(")
		v.Rows = append(v.Rows, p.exprList())
		p.expectPunct(")")
		if !p.acceptPunct(",") {
			return v
		}
	}
}

// queryTail reads ORDER BY, LIMIT, OFFSET, FETCH and FOR, the last four in any order.
func (p *parser) queryTail(q *Query) {
	if p.accept("order") {
		p.expect("by")
		q.OrderBy = p.orderItems()
	}
	limited := false
	for {
		switch {
		case p.word("limit") && !limited, p.word("fetch") && !limited:
			p.limit(q)
			limited = true
		case p.word("offset") && q.Offset == nil:
			p.next()
			q.Offset = p.expr()
			if !p.accept("rows") {
				p.accept("row")
			}
		case p.word("for") && !p.peek(1).isWord("each"):
			p.locking(q)
		default:
			return
		}
	}
}

// limit reads LIMIT n, LIMIT ALL and FETCH FIRST [n] ROWS ONLY | WITH TIES.
func (p *parser) limit(q *Query) {
	if p.accept("limit") {
		if p.accept("all") {
			return
		}
		pos := p.tok.pos
		q.Limit = p.expr()
		if p.punct(",") {
			p.fail(p.limitCommaError(pos))
		}
		return
	}
	p.expect("fetch")
	if !p.accept("first") {
		p.expect("next")
	}
	loc := p.loc()
	if p.anyWord("row", "rows") {
		q.Limit = &NumberLit{Loc: loc, Text: "1"}
	} else {
		q.Limit = p.fetchCount()
	}
	if !p.accept("rows") {
		p.expect("row")
	}
	if p.accept("with") {
		p.expect("ties")
		q.WithTies = true
		return
	}
	p.expect("only")
}

// fetchCount reads the count of FETCH FIRST: an operand, or a number with a sign.
func (p *parser) fetchCount() Expr {
	loc := p.loc()
	if p.tok.isOp("-") || p.tok.isOp("+") {
		op := p.next().text
		return &UnaryExpr{Loc: loc, Op: op, Expr: p.postfix(p.atom())}
	}
	if p.tok.kind == tokOp && p.tok.text[0] == '?' {
		return p.questionMark()
	}
	return p.postfix(p.atom())
}

func (p *parser) locking(q *Query) {
	l := LockingClause{Loc: p.loc()}
	p.expect("for")
	switch {
	case p.accept("update"):
		l.Strength = "UPDATE"
	case p.accept("share"):
		l.Strength = "SHARE"
	case p.accept("no", "key", "update"):
		l.Strength = "NO KEY UPDATE"
	case p.accept("key", "share"):
		l.Strength = "KEY SHARE"
	case p.accept("read"):
		// FOR READ ONLY is the standard's name of no lock at all.
		p.expect("only")
		return
	default:
		p.unexpected()
	}
	if p.accept("of") {
		l.Of = p.qualifiedNames()
	}
	switch {
	case p.accept("nowait"):
		l.Wait = "NOWAIT"
	case p.accept("skip"):
		p.expect("locked")
		l.Wait = "SKIP LOCKED"
	}
	q.Locking = append(q.Locking, l)
}

func (p *parser) orderItems() []OrderItem {
	list := []OrderItem{p.orderItem()}
	for p.acceptPunct(",") {
		list = append(list, p.orderItem())
	}
	return list
}

func (p *parser) orderItem() OrderItem {
	o := OrderItem{Loc: p.loc(), Expr: p.expr()}
	switch {
	case p.accept("asc"):
		o.Direction = Ascending
	case p.accept("desc"):
		o.Direction = Descending
	case p.accept("using"):
		if p.word("operator") {
			_, o.Using = p.operatorName()
		} else {
			if p.tok.kind != tokOp {
				p.unexpected()
			}
			o.Using = p.next().text
		}
	}
	switch {
	case p.accept("nulls", "first"):
		o.Nulls = NullsFirst
	case p.accept("nulls", "last"):
		o.Nulls = NullsLast
	}
	return o
}

// with reads a WITH clause.
func (p *parser) with() *With {
	w := &With{Loc: p.loc()}
	p.expect("with")
	if t := p.peek(1); !t.isPunct("(") && !t.isWord("as") {
		w.Recursive = p.accept("recursive")
	}
	for {
		w.CTEs = append(w.CTEs, p.cte())
		if !p.acceptPunct(",") {
			return w
		}
	}
}

func (p *parser) cte() CTE {
	c := CTE{Loc: p.loc(), Name: p.name()}
	if p.punct("(") {
		c.Columns = p.parenNames()
	}
	p.expect("as")
	switch {
	case p.accept("materialized"):
		c.Materialized = Materialized
	case p.accept("not"):
		p.expect("materialized")
		c.Materialized = NotMaterialized
	}
	p.expectPunct("(")
	c.Statement = p.cteStatement()
	p.expectPunct(")")
	if p.word("search") && (p.peek(1).isWord("depth") || p.peek(1).isWord("breadth")) {
		c.Search = p.searchClause()
	}
	if p.accept("cycle") {
		c.Cycle = p.cycleClause()
	}
	return c
}

func (p *parser) cteStatement() Statement {
	if !p.startsQuery() && !p.punct("(") {
		if s := p.modification(nil); s != nil {
			return s
		}
	}
	q := p.query()
	return q
}

func (p *parser) searchClause() *SearchClause {
	s := &SearchClause{Loc: p.loc()}
	p.expect("search")
	if !p.accept("depth") {
		p.expect("breadth")
		s.BreadthFirst = true
	}
	p.expect("first", "by")
	s.By = p.nameList()
	p.expect("set")
	s.Set = p.name()
	return s
}

func (p *parser) cycleClause() *CycleClause {
	c := &CycleClause{Loc: p.loc()}
	c.Columns = p.nameList()
	p.expect("set")
	c.Mark = p.name()
	if p.accept("to") {
		c.MarkValue = p.postfix(p.atom())
		p.expect("default")
		c.Default = p.postfix(p.atom())
	}
	p.expect("using")
	c.Path = p.name()
	return c
}

func (p *parser) limitCommaError(pos int) *sqlerr.Error {
	return sqlerr.New(sqlerr.SyntaxError, "LIMIT #,# syntax is not supported").At(pos).
		WithHint("Use separate LIMIT and OFFSET clauses.")
}
