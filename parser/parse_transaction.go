package parser

// transactionModes reads ISOLATION LEVEL .., READ ONLY, READ WRITE, [NOT] DEFERRABLE with or without commas between
// them. One at least is needed.
func (p *parser) transactionModes() TransactionModes {
	m := TransactionModes{Loc: p.loc()}
	if !p.transactionMode(&m) {
		p.unexpected()
	}
	for {
		comma := p.acceptPunct(",")
		if !p.transactionMode(&m) {
			if comma {
				p.unexpected()
			}
			return m
		}
	}
}

func (p *parser) transactionMode(m *TransactionModes) bool {
	switch {
	case p.accept("isolation"):
		p.expect("level")
		m.Isolation = p.isolationLevel()
	case p.accept("read"):
		m.Access = ReadOnly
		if !p.accept("only") {
			p.expect("write")
			m.Access = ReadWrite
		}
	case p.accept("deferrable"):
		m.Deferrable = Deferrable
	case p.accept("not"):
		p.expect("deferrable")
		m.Deferrable = NotDeferrable
	default:
		return false
	}
	return true
}

func (p *parser) isolationLevel() string {
	switch {
	case p.accept("serializable"):
		return "serializable"
	case p.accept("repeatable"):
		p.expect("read")
		return "repeatable read"
	case p.accept("read", "committed"):
		return "read committed"
	}
	p.expect("read", "uncommitted")
	return "read uncommitted"
}

// optionalModes reads transaction modes if there are any.
func (p *parser) optionalModes() TransactionModes {
	if p.anyWord("isolation", "read", "deferrable", "not") {
		return p.transactionModes()
	}
	return TransactionModes{}
}

func (p *parser) begin() Statement {
	s := &Begin{Loc: p.loc()}
	if p.accept("start") {
		p.expect("transaction")
		s.Start = true
	} else {
		p.expect("begin")
		p.transactionWord()
	}
	s.Modes = p.optionalModes()
	return s
}

func (p *parser) transactionWord() {
	if !p.accept("work") {
		p.accept("transaction")
	}
}

// chainClause reads AND [NO] CHAIN.
func (p *parser) chainClause() bool {
	if !p.accept("and") {
		return false
	}
	no := p.accept("no")
	p.expect("chain")
	return !no
}

func (p *parser) commit() Statement {
	s := &Commit{Loc: p.loc()}
	start := p.tok.start
	if p.next().text == "commit" && p.word("prepared") {
		return p.rest(s.Loc, start, "COMMIT PREPARED")
	}
	p.transactionWord()
	s.Chain = p.chainClause()
	return s
}

func (p *parser) rollback() Statement {
	loc, start := p.loc(), p.tok.start
	if p.next().text == "rollback" {
		switch {
		case p.word("prepared"):
			return p.rest(loc, start, "ROLLBACK PREPARED")
		case p.accept("crawl"):
			return &RollbackCrawl{Loc: loc, ID: p.integer(1<<63 - 1)}
		}
	}
	p.transactionWord()
	if p.accept("to") {
		p.accept("savepoint")
		return &RollbackTo{Loc: loc, Name: p.name()}
	}
	return &Rollback{Loc: loc, Chain: p.chainClause()}
}
