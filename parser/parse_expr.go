package parser

// Binding strengths, PostgreSQL's (its manual, 4.1.6), weakest first.
const (
	precOr = iota + 1
	precAnd
	precNot
	precIs
	precCompare
	precLike
	precOther
	precAdd
	precMul
	precPower
	precAt
	precCollate
)

// expr reads a value expression.
func (p *parser) expr() Expr { return p.operand(precOr, false) }

// restricted reads PostgreSQL's b_expr, an expression without AND, OR, NOT, IN, LIKE, BETWEEN and IS NULL at its top: the
// lower bound of BETWEEN and the first operand of POSITION, where those words would be ambiguous.
func (p *parser) restricted() Expr { return p.operand(precOr, true) }

func (p *parser) exprList() []Expr {
	list := []Expr{p.expr()}
	for p.acceptPunct(",") {
		list = append(list, p.expr())
	}
	return list
}

// operand reads an expression whose operators outside of parentheses bind at least as strongly as min.
func (p *parser) operand(min int, restricted bool) Expr {
	p.enter()
	e := p.infix(p.prefix(restricted), min, restricted)
	p.leave()
	return e
}

// prefix reads an operand with the prefix operators before it.
func (p *parser) prefix(restricted bool) Expr {
	loc := p.loc()
	switch {
	case p.word("not") && !restricted:
		p.next()
		return &NotExpr{Loc: loc, Expr: p.operand(precNot, false)}
	case p.tok.isOp("-"), p.tok.isOp("+"):
		op := p.next().text
		p.enter()
		e := p.prefix(restricted)
		p.leave()
		return &UnaryExpr{Loc: loc, Op: op, Expr: e}
	case p.tok.kind == tokOp && p.tok.text[0] == '?':
		return p.postfix(p.questionMark())
	case p.tok.kind == tokOp && opPrecedence(p.tok.text) == precOther:
		op := p.next().text
		return &UnaryExpr{Loc: loc, Op: op, Expr: p.operand(precOther+1, restricted)}
	case p.word("operator") && p.peek(1).isPunct("("):
		schema, op := p.operatorName()
		return &UnaryExpr{Loc: loc, OpSchema: schema, Op: op, Expr: p.operand(precOther+1, restricted)}
	}
	return p.postfix(p.atom())
}

// questionMark reads the parameter ?, which the lexer may have joined with an operator after it.
func (p *parser) questionMark() Expr {
	loc := p.loc()
	if p.params > p.questions {
		p.failAt(p.tok.pos, "parameters $n and ? cannot be mixed in a statement")
	}
	p.splitToken(1)
	p.questions++
	p.params = p.questions
	return &Param{Loc: loc, Number: p.questions}
}

// postfix reads the casts, subscripts and field accesses after an operand.
func (p *parser) postfix(e Expr) Expr {
	for {
		loc := p.loc()
		switch {
		case p.punct("::"):
			p.next()
			e = &CastExpr{Loc: loc, Expr: e, Type: p.typeName()}
		case p.punct("["):
			e = p.subscript(e)
		case p.punct("."):
			p.next()
			if p.acceptOp("*") {
				return &FieldStar{Loc: Loc(e.Pos()), Expr: e}
			}
			e = &FieldAccess{Loc: loc, Expr: e, Field: p.label()}
		default:
			return e
		}
		p.link()
	}
}

// subscript reads [index], [low:high] and their shorter forms.
func (p *parser) subscript(e Expr) Expr {
	loc := p.loc()
	p.expectPunct("[")
	var low Expr
	if !p.punct(":") {
		low = p.expr()
		if p.acceptPunct("]") {
			return &Subscript{Loc: loc, Expr: e, Index: low}
		}
	}
	p.expectPunct(":")
	s := &Slice{Loc: loc, Expr: e, Low: low}
	if !p.punct("]") {
		s.High = p.expr()
	}
	p.expectPunct("]")
	return s
}

// parenBody reads what stands between parentheses, the opening one being consumed, and the closing one: a query, or
// expressions with commas between them. A query inside further parentheses may turn out to be the first branch of a
// UNION or the first operand of an expression, which shows only after its closing parenthesis.
func (p *parser) parenBody() (*Query, []Expr) {
	p.enter()
	defer p.leave()
	if p.startsQuery() {
		q := p.query()
		p.expectPunct(")")
		return q, nil
	}
	var first Expr
	if p.punct("(") {
		loc := p.loc()
		p.next()
		q, list := p.parenBody()
		switch {
		case q != nil && p.acceptPunct(")"):
			return q, nil
		case q != nil && p.continuesQuery():
			q = p.queryFrom(q)
			p.expectPunct(")")
			return q, nil
		case q != nil:
			first = &SubqueryExpr{Loc: loc, Query: q}
		default:
			first = rowOf(loc, list)
		}
		first = p.infix(p.postfix(first), precOr, false)
	} else {
		first = p.expr()
	}
	list := []Expr{first}
	for p.acceptPunct(",") {
		list = append(list, p.expr())
	}
	p.expectPunct(")")
	return nil, list
}

// rowOf returns the expression in parentheses, a row when there are several.
func rowOf(loc Loc, list []Expr) Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &RowExpr{Loc: loc, Items: list}
}

// paren reads an expression, a row or a subquery in parentheses.
func (p *parser) paren() Expr {
	loc := p.loc()
	p.expectPunct("(")
	q, list := p.parenBody()
	if q != nil {
		return &SubqueryExpr{Loc: loc, Query: q}
	}
	return rowOf(loc, list)
}

// operatorName reads OPERATOR(schema.op).
func (p *parser) operatorName() (schema, op string) {
	p.expect("operator")
	p.expectPunct("(")
	for p.tok.kind != tokOp {
		if schema != "" {
			p.unexpected()
		}
		schema = p.name()
		p.expectPunct(".")
	}
	op = p.next().text
	p.expectPunct(")")
	return schema, op
}
