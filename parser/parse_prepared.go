package parser

// prepare reads PREPARE name [(types)] AS statement and PREPARE name FROM statement.
func (p *parser) prepare() Statement {
	s := &Prepare{Loc: p.loc()}
	start := p.tok.start
	p.expect("prepare")
	if p.word("transaction") && p.peek(1).kind == tokString {
		return p.rest(s.Loc, start, "PREPARE TRANSACTION")
	}
	s.Name = p.name()
	if p.acceptPunct("(") {
		s.Types = append(s.Types, p.typeName())
		for p.acceptPunct(",") {
			s.Types = append(s.Types, p.typeName())
		}
		p.expectPunct(")")
	}
	if !p.accept("from") {
		p.expect("as")
	}
	from := p.tok.start
	if p.anyWord("prepare", "execute") {
		p.unexpected()
	}
	s.Statement = p.statement()
	s.Text = p.textFrom(from)
	return s
}

// execute reads EXECUTE.
func (p *parser) execute() Statement {
	loc := p.loc()
	p.expect("execute")
	if p.word("immediate") && p.peek(1).kind == tokString {
		p.next()
		return &ExecuteImmediate{Loc: loc, Text: p.str(), Args: p.usingArgs()}
	}
	s := &Execute{Loc: loc, Name: p.name()}
	if p.acceptPunct("(") {
		if !p.acceptPunct(")") {
			s.Args = p.exprList()
			p.expectPunct(")")
		}
		return s
	}
	s.Args = p.usingArgs()
	return s
}

func (p *parser) usingArgs() []Expr {
	if !p.accept("using") {
		return nil
	}
	return p.exprList()
}

func (p *parser) deallocate() Statement {
	s := &Deallocate{Loc: p.loc()}
	p.expect("deallocate")
	p.accept("prepare")
	if !p.accept("all") {
		s.Name = p.name()
	}
	return s
}

// declare reads DECLARE name [BINARY] [[A|IN]SENSITIVE] [[NO] SCROLL] CURSOR [WITH|WITHOUT HOLD] FOR query.
func (p *parser) declare() Statement {
	s := &DeclareCursor{Loc: p.loc()}
	p.expect("declare")
	s.Name = p.name()
	for !p.word("cursor") {
		switch {
		case p.accept("binary"):
			s.Binary = true
		case p.accept("insensitive"):
			s.Insensitive = true
		case p.accept("asensitive"):
		case p.accept("no"):
			p.expect("scroll")
			s.Scroll = NoScroll
		case p.accept("scroll"):
			s.Scroll = Scroll
		default:
			p.unexpected()
		}
	}
	p.expect("cursor")
	if p.accept("with") {
		p.expect("hold")
		s.Hold = true
	} else if p.accept("without") {
		p.expect("hold")
	}
	p.expect("for")
	start := p.tok.start
	s.Query = p.query()
	s.Text = p.textFrom(start)
	return s
}

// fetch reads FETCH and MOVE.
func (p *parser) fetch() Statement {
	s := &Fetch{Loc: p.loc(), Move: p.word("move"), Count: 1}
	p.next()
	p.fetchDirection(s)
	if !p.accept("from") {
		p.accept("in")
	}
	s.Cursor = p.name()
	return s
}

const maxFetch = 1<<63 - 1

// fetchDirection reads the direction and count. A word of a direction alone may also be the cursor's name: FETCH next.
func (p *parser) fetchDirection(s *Fetch) {
	t := p.peek(1)
	named := t.kind == tokEOF || t.isPunct(";")
	switch {
	case p.tok.kind == tokNumber, p.tok.isOp("-"), p.tok.isOp("+"):
		s.Count = p.signedInteger(maxFetch)
	case named:
	case p.accept("all"):
		s.All = true
	case p.accept("next"):
	case p.accept("prior"):
		s.Direction = FetchBackward
	case p.accept("first"):
		s.Direction = FetchAbsolute
	case p.accept("last"):
		s.Direction, s.Count = FetchAbsolute, -1
	case p.accept("absolute"):
		s.Direction, s.Count = FetchAbsolute, p.signedInteger(maxFetch)
	case p.accept("relative"):
		s.Direction, s.Count = FetchRelative, p.signedInteger(maxFetch)
	case p.accept("forward"):
		p.fetchCountOrAll(s)
	case p.accept("backward"):
		s.Direction = FetchBackward
		p.fetchCountOrAll(s)
	}
}

func (p *parser) fetchCountOrAll(s *Fetch) {
	switch {
	case p.accept("all"):
		s.All = true
	case p.tok.kind == tokNumber, p.tok.isOp("-"), p.tok.isOp("+"):
		s.Count = p.signedInteger(maxFetch)
	}
}
