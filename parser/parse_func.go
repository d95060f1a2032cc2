package parser

// specialCall reads a call with syntax of its own, the parenthesis being the next token, or returns nil for a plain
// call.
func (p *parser) specialCall() Expr {
	loc := p.loc()
	switch p.tok.text {
	case "try_cast":
		return p.cast(true)
	case "exists":
		p.next()
		p.next()
		return &ExistsExpr{Loc: loc, Query: p.parenQueryBody()}
	case "row":
		return p.rowConstructor()
	case "extract":
		return p.extract()
	case "substring":
		return p.substring()
	case "position":
		return p.position()
	case "overlay":
		return p.overlay()
	case "trim":
		return p.trim()
	case "normalize":
		return p.normalize()
	case "treat", "xmlelement", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmlexists", "xmltable":
		p.unsupported(int(loc), upper(p.tok.text))
	case "coalesce", "greatest", "least", "nullif", "grouping":
		// A list of expressions and nothing more: these are no functions.
		c := p.callTo(loc, p.next().text)
		p.expectPunct("(")
		c.Args = p.exprList()
		p.expectPunct(")")
		return c
	}
	return p.typedLit()
}

func (p *parser) rowConstructor() Expr {
	e := &RowExpr{Loc: p.loc(), Explicit: true}
	p.next()
	p.expectPunct("(")
	if !p.punct(")") {
		e.Items = p.exprList()
	}
	p.expectPunct(")")
	return e
}

// extract reads EXTRACT(field FROM expr), where the field may be any word or a string.
func (p *parser) extract() Expr {
	e := &ExtractExpr{Loc: p.loc()}
	p.next()
	p.expectPunct("(")
	if p.tok.kind == tokString {
		e.Field = foldName(p.str())
	} else {
		e.Field = p.label()
	}
	p.expect("from")
	e.From = p.expr()
	p.expectPunct(")")
	return e
}

func (p *parser) callTo(loc Loc, name string, args ...Expr) *FuncCall {
	return &FuncCall{Loc: loc, Name: Name{name}, Args: args}
}

// substring reads SUBSTRING(x FROM y FOR z), SUBSTRING(x SIMILAR y ESCAPE z) and the plain call.
func (p *parser) substring() Expr {
	loc := p.loc()
	p.next()
	c := p.callTo(loc, "substring")
	p.expectPunct("(")
	if p.acceptPunct(")") {
		return p.callSuffix(c)
	}
	first := p.arg(c)
	if _, named := first.(*NamedArg); named || !p.anyWord("from", "for", "similar") {
		c.Args = p.moreArgs(c, first)
		return p.callSuffix(c)
	}
	c.Args = []Expr{first}
	switch {
	case p.accept("similar"):
		c.Args = append(c.Args, p.expr())
		p.expect("escape")
		c.Args = append(c.Args, p.expr())
	case p.accept("for"):
		length := p.expr()
		start := Expr(&NumberLit{Text: "1"})
		if p.accept("from") {
			start = p.expr()
		}
		c.Args = append(c.Args, start, length)
	default:
		p.expect("from")
		c.Args = append(c.Args, p.expr())
		if p.accept("for") {
			c.Args = append(c.Args, p.expr())
		}
	}
	p.expectPunct(")")
	return p.callSuffix(c)
}

// position reads POSITION(a IN b), and position(b, a), which is how PostgreSQL prints it.
func (p *parser) position() Expr {
	loc := p.loc()
	p.next()
	p.expectPunct("(")
	c := p.callTo(loc, "position")
	first := p.restricted()
	if p.accept("in") {
		c.Args = []Expr{p.restricted(), first}
		p.expectPunct(")")
		return p.callSuffix(c)
	}
	c.Args = p.moreArgs(c, first)
	return p.callSuffix(c)
}

// overlay reads OVERLAY(x PLACING y FROM z FOR n).
func (p *parser) overlay() Expr {
	loc := p.loc()
	p.next()
	p.expectPunct("(")
	c := p.callTo(loc, "overlay")
	first := p.arg(c)
	if !p.accept("placing") {
		c.Args = p.moreArgs(c, first)
		return p.callSuffix(c)
	}
	c.Args = []Expr{first, p.expr()}
	p.expect("from")
	c.Args = append(c.Args, p.expr())
	if p.accept("for") {
		c.Args = append(c.Args, p.expr())
	}
	p.expectPunct(")")
	return p.callSuffix(c)
}

// trim reads TRIM([LEADING | TRAILING | BOTH] [chars] FROM x) and trim(x, chars): the calls ltrim, rtrim and btrim.
func (p *parser) trim() Expr {
	loc := p.loc()
	p.next()
	p.expectPunct("(")
	name := "btrim"
	switch {
	case p.accept("leading"):
		name = "ltrim"
	case p.accept("trailing"):
		name = "rtrim"
	default:
		p.accept("both")
	}
	c := p.callTo(loc, name)
	if p.accept("from") {
		c.Args = p.exprList()
	} else {
		c.Args = p.exprList()
		if p.accept("from") {
			c.Args = append(p.exprList(), c.Args...)
		}
	}
	p.expectPunct(")")
	return p.callSuffix(c)
}

// normalize reads normalize(x, NFC), whose form is a bare word.
func (p *parser) normalize() Expr {
	loc := p.loc()
	p.next()
	p.expectPunct("(")
	c := p.callTo(loc, "normalize", p.expr())
	if p.acceptPunct(",") {
		if p.anyWord("nfc", "nfd", "nfkc", "nfkd") {
			c.Args = append(c.Args, &StringLit{Loc: p.loc(), Value: upper(p.next().text)})
		} else {
			c.Args = append(c.Args, p.expr())
		}
	}
	p.expectPunct(")")
	return p.callSuffix(c)
}

// call reads the arguments of c and what may follow them.
func (p *parser) call(c *FuncCall) Expr {
	p.expectPunct("(")
	switch {
	case p.acceptPunct(")"):
		return p.callSuffix(c)
	case p.tok.isOp("*") && p.peek(1).isPunct(")"):
		c.Star = true
		p.next()
		p.next()
		return p.callSuffix(c)
	}
	if !p.accept("all") {
		c.Distinct = p.accept("distinct")
	}
	c.Args = p.moreArgs(c, p.arg(c))
	return p.callSuffix(c)
}

// moreArgs reads the arguments after the first one and the closing parenthesis.
func (p *parser) moreArgs(c *FuncCall, first Expr) []Expr {
	c.Args = append(c.Args, first)
	for !c.Variadic && p.acceptPunct(",") {
		c.Args = append(c.Args, p.arg(c))
	}
	if p.accept("order") {
		p.expect("by")
		c.OrderBy = p.orderItems()
	}
	if p.nullTreatment(c); p.acceptPunct(")") {
		return c.Args
	}
	p.unexpected()
	return nil
}

// arg reads one argument of c, whose arguments so far are c.Args.
func (p *parser) arg(c *FuncCall) Expr {
	loc := p.loc()
	if p.accept("variadic") {
		c.Variadic = true
	}
	if isLabel(p.tok) && p.tok.class != reserved {
		if t := p.peek(1); t.isPunct("=>") || t.isPunct(":=") {
			n := &NamedArg{Loc: loc, Name: p.next().text}
			p.next()
			n.Value = p.expr()
			return n
		}
		if t := p.peek(1); t.isOp("->") && takesLambda(c) {
			l := &LambdaExpr{Loc: loc, Params: []string{p.next().text}}
			p.next()
			l.Body = p.expr()
			return l
		}
	}
	if p.punct("(") {
		if l := p.lambda(); l != nil {
			return l
		}
	}
	if p.tok.isOp("*") && len(c.Args) > 0 {
		p.unexpected()
	}
	return p.expr()
}

// lambdaFunctions are the functions of Trino that take lambdas after their first argument. In an argument of theirs
// x -> e is a lambda; everywhere else it is PostgreSQL's operator on json.
var lambdaFunctions = map[string]bool{
	"all_match": true, "any_match": true, "array_sort": true, "filter": true, "find_first": true, "map_filter": true,
	"map_zip_with": true, "none_match": true, "reduce": true, "reduce_agg": true, "regexp_replace": true,
	"transform": true, "transform_keys": true, "transform_values": true, "zip_with": true,
	"find_first_index": true, "aggregate": true, "forall": true,
}

func takesLambda(c *FuncCall) bool {
	return len(c.Args) > 0 && len(c.Name) == 1 && lambdaFunctions[c.Name[0]]
}

// lambda reads (x, y) -> body or () -> body, or returns nil when what begins here is no lambda.
func (p *parser) lambda() Expr {
	if t := p.peek(1); !isName(t) && !t.isPunct(")") {
		return nil
	} else if u := p.peek(2); !t.isPunct(")") && !u.isPunct(",") && !u.isPunct(")") {
		return nil
	}
	l := &LambdaExpr{Loc: p.loc()}
	m := p.mark()
	p.next()
	for isName(p.tok) {
		l.Params = append(l.Params, p.next().text)
		if !p.acceptPunct(",") {
			break
		}
	}
	if p.acceptPunct(")") && p.acceptOp("->") {
		l.Body = p.expr()
		return l
	}
	p.reset(m)
	return nil
}

// nullTreatment reads IGNORE NULLS and RESPECT NULLS.
func (p *parser) nullTreatment(c *FuncCall) {
	switch {
	case p.accept("ignore", "nulls"):
		c.Nulls = IgnoreNulls
	case p.accept("respect", "nulls"):
		c.Nulls = RespectNulls
	}
}

// callSuffix reads WITHIN GROUP, FILTER, the treatment of NULLs and OVER.
func (p *parser) callSuffix(c *FuncCall) Expr {
	if p.word("within") && p.peek(1).isWord("group") {
		p.next()
		p.next()
		p.expectPunct("(")
		p.expect("order", "by")
		c.WithinGroup = p.orderItems()
		p.expectPunct(")")
	}
	if p.word("filter") && p.peek(1).isPunct("(") {
		p.next()
		p.next()
		p.expect("where")
		c.Filter = p.expr()
		p.expectPunct(")")
	}
	p.nullTreatment(c)
	if p.word("over") && (p.peek(1).isPunct("(") || isName(p.peek(1))) {
		p.next()
		if p.punct("(") {
			c.Over = p.windowSpec()
		} else {
			loc := p.loc()
			c.Over = &WindowSpec{Loc: loc, Ref: p.name()}
		}
	}
	return c
}
