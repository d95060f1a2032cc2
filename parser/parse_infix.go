package parser

// opPrecedence returns how strongly an operator binds.
func opPrecedence(op string) int {
	switch op {
	case "<", ">", "=", "<=", ">=", "<>":
		return precCompare
	case "+", "-":
		return precAdd
	case "*", "/", "%":
		return precMul
	case "^":
		return precPower
	}
	return precOther
}

// infixPrecedence returns how strongly the infix operator at the current token binds, 0 when there is none.
func (p *parser) infixPrecedence(restricted bool) int {
	if p.tok.kind == tokOp {
		return opPrecedence(p.tok.text)
	}
	if p.tok.kind != tokWord {
		return 0
	}
	switch p.tok.text {
	case "operator":
		if p.peek(1).isPunct("(") {
			return precOther
		}
		return 0
	case "is":
		if restricted && !p.peek(1).isWord("distinct") && !(p.peek(1).isWord("not") && p.peek(2).isWord("distinct")) {
			return 0
		}
		return precIs
	}
	if restricted {
		return 0
	}
	switch p.tok.text {
	case "or":
		return precOr
	case "and":
		return precAnd
	case "isnull", "notnull":
		return precIs
	case "like", "ilike", "between", "in", "overlaps":
		return precLike
	case "similar":
		if p.peek(1).isWord("to") {
			return precLike
		}
	case "not":
		if t := p.peek(1); t.isWord("like") || t.isWord("ilike") || t.isWord("between") || t.isWord("in") || t.isWord("similar") {
			return precLike
		}
	case "at":
		if t := p.peek(1); t.isWord("time") || t.isWord("local") {
			return precAt
		}
	case "collate":
		return precCollate
	}
	return 0
}

// infix reads the infix operators that bind at least as strongly as min, and their right operands, after left.
func (p *parser) infix(left Expr, min int, restricted bool) Expr {
	for {
		prec := p.infixPrecedence(restricted)
		if prec == 0 || prec < min {
			return left
		}
		if prec > precAnd {
			p.link()
		}
		switch {
		case prec == precOr:
			left = &OrExpr{Loc: p.loc(), Args: p.chainArgs(left, "or", precOr)}
		case prec == precAnd:
			left = &AndExpr{Loc: p.loc(), Args: p.chainArgs(left, "and", precAnd)}
		case p.tok.kind == tokOp || p.word("operator"):
			left = p.binary(left, prec, restricted)
		case prec == precIs:
			left = p.is(left, restricted)
		case prec == precLike:
			left = p.predicate(left)
		case prec == precAt:
			left = p.atTimeZone(left)
		default:
			loc := p.loc()
			p.next()
			left = &CollateExpr{Loc: loc, Expr: left, Collation: p.qualifiedName()}
		}
	}
}

func (p *parser) chainArgs(left Expr, word string, prec int) []Expr {
	args := []Expr{left}
	for p.accept(word) {
		args = append(args, p.operand(prec+1, false))
	}
	return args
}

// binary reads an operator and its right operand, which may be ANY or ALL of something.
func (p *parser) binary(left Expr, prec int, restricted bool) Expr {
	loc := p.loc()
	var schema, op string
	if p.tok.kind == tokOp {
		op = p.next().text
	} else {
		schema, op = p.operatorName()
	}
	if p.atQuantifier() && !restricted {
		return p.quantified(left, loc, schema, op)
	}
	right := p.operand(prec+1, restricted)
	if prec == precCompare && p.tok.kind == tokOp && opPrecedence(p.tok.text) == precCompare {
		p.unexpected()
	}
	return &BinaryExpr{Loc: loc, OpSchema: schema, Op: op, Left: left, Right: right}
}

func (p *parser) atQuantifier() bool {
	return p.anyWord("any", "all", "some") && p.peek(1).isPunct("(")
}

// quantified reads ANY (..), SOME (..) or ALL (..).
func (p *parser) quantified(left Expr, loc Loc, schema, op string) Expr {
	e := &QuantifiedExpr{Loc: loc, Left: left, OpSchema: schema, Op: op, All: p.word("all")}
	p.next()
	start := p.loc()
	p.expectPunct("(")
	q, list := p.parenBody()
	if q != nil {
		e.Query = q
	} else {
		e.Array = rowOf(start, list)
	}
	return e
}

// is reads what follows IS, and ISNULL and NOTNULL.
func (p *parser) is(left Expr, restricted bool) Expr {
	loc := p.loc()
	switch {
	case p.accept("isnull"):
		return &IsNull{Loc: loc, Expr: left}
	case p.accept("notnull"):
		return &IsNull{Loc: loc, Expr: left, Not: true}
	}
	p.expect("is")
	not := p.accept("not")
	switch {
	case p.accept("null"):
		return &IsNull{Loc: loc, Expr: left, Not: not}
	case p.accept("true"):
		return &IsTruth{Loc: loc, Expr: left, Value: TruthTrue, Not: not}
	case p.accept("false"):
		return &IsTruth{Loc: loc, Expr: left, Value: TruthFalse, Not: not}
	case p.accept("unknown"):
		return &IsTruth{Loc: loc, Expr: left, Value: TruthUnknown, Not: not}
	case p.accept("distinct"):
		p.expect("from")
		right := p.operand(precIs+1, restricted)
		if p.anyWord("is", "isnull", "notnull") {
			p.unexpected()
		}
		return &IsDistinct{Loc: loc, Left: left, Right: right, Not: not}
	case p.anyWord("document", "json", "normalized", "nfc", "nfd", "nfkc", "nfkd"):
		p.unsupported(int(loc), "IS "+upper(p.tok.text))
	}
	p.unexpected()
	return nil
}

// predicate reads [NOT] LIKE, ILIKE, SIMILAR TO, BETWEEN, IN and OVERLAPS.
func (p *parser) predicate(left Expr) Expr {
	loc := p.loc()
	not := p.accept("not")
	switch {
	case p.accept("in"):
		return p.inList(left, loc, not)
	case p.accept("between"):
		return p.between(left, loc, not)
	case p.accept("overlaps"):
		return p.overlaps(left, loc)
	}
	kind := Like
	switch p.next().text {
	case "ilike":
		kind = ILike
	case "similar":
		kind = SimilarTo
		p.expect("to")
	}
	if kind != SimilarTo && p.atQuantifier() {
		return p.quantified(left, loc, "", likeOperator(kind, not))
	}
	e := &LikeExpr{Loc: loc, Kind: kind, Expr: left, Not: not, Pattern: p.operand(precLike+1, false)}
	if p.accept("escape") {
		e.Escape = p.operand(precLike+1, false)
	}
	p.refuseChain()
	return e
}

// likeOperator returns the operator behind LIKE and ILIKE.
func likeOperator(kind LikeKind, not bool) string {
	op := "~~"
	if kind == ILike {
		op = "~~*"
	}
	if not {
		op = "!" + op
	}
	return op
}

// refuseChain fails when a second operator of the LIKE group follows, which do not associate.
func (p *parser) refuseChain() {
	if p.tok.kind == tokWord && p.infixPrecedence(false) == precLike {
		p.unexpected()
	}
}

func (p *parser) inList(left Expr, loc Loc, not bool) Expr {
	p.expectPunct("(")
	q, list := p.parenBody()
	if q != nil {
		return &InSubquery{Loc: loc, Expr: left, Query: q, Not: not}
	}
	return &InList{Loc: loc, Expr: left, List: list, Not: not}
}

func (p *parser) between(left Expr, loc Loc, not bool) Expr {
	e := &Between{Loc: loc, Expr: left, Not: not}
	e.Symmetric = p.accept("symmetric")
	if !e.Symmetric {
		p.accept("asymmetric")
	}
	e.Low = p.restricted()
	p.expect("and")
	e.High = p.operand(precLike+1, false)
	p.refuseChain()
	return e
}

// overlaps turns (a, b) OVERLAPS (c, d) into the call overlaps(a, b, c, d), as PostgreSQL does.
func (p *parser) overlaps(left Expr, loc Loc) Expr {
	right := p.operand(precLike+1, false)
	l, ok1 := left.(*RowExpr)
	r, ok2 := right.(*RowExpr)
	if !ok1 || len(l.Items) != 2 {
		p.failAt(left.Pos(), "wrong number of parameters on left side of OVERLAPS expression")
	}
	if !ok2 || len(r.Items) != 2 {
		p.failAt(right.Pos(), "wrong number of parameters on right side of OVERLAPS expression")
	}
	return &FuncCall{Loc: loc, Name: Name{"overlaps"}, Args: []Expr{l.Items[0], l.Items[1], r.Items[0], r.Items[1]}}
}

func (p *parser) atTimeZone(left Expr) Expr {
	e := &AtTimeZone{Loc: p.loc(), Expr: left}
	p.expect("at")
	if p.accept("local") {
		return e
	}
	p.expect("time", "zone")
	e.Zone = p.operand(precAt+1, false)
	return e
}
