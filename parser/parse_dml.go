package parser

// modification reads INSERT, UPDATE, DELETE or MERGE after its WITH clause, or returns nil when none begins here.
func (p *parser) modification(with *With) Statement {
	p.enter()
	defer p.leave()
	switch {
	case p.word("insert"):
		return p.insert(with)
	case p.word("update"):
		return p.update(with)
	case p.word("delete"):
		return p.deleteFrom(with)
	case p.word("merge"):
		return p.merge(with)
	}
	return nil
}

func (p *parser) insert(with *With) Statement {
	s := &Insert{Loc: p.loc(), With: with}
	p.expect("insert")
	if s.Overwrite = p.accept("overwrite"); !s.Overwrite {
		p.expect("into")
	}
	p.accept("table")
	s.Table = p.qualifiedName()
	if p.accept("as") {
		s.Alias = p.name()
	}
	if p.accept("partition") {
		s.Partition = p.partitionValues()
	}
	if p.punct("(") && isName(p.peek(1)) && !(p.peek(1).isWord("values") && p.peek(2).isPunct("(")) {
		s.Columns = p.targetColumns()
	}
	if p.accept("overriding") {
		if !p.accept("user") {
			p.expect("system")
		}
		p.expect("value")
	}
	if p.accept("default") {
		p.expect("values")
	} else {
		s.Query = p.query()
	}
	if p.word("on") {
		s.Conflict = p.onConflict()
	}
	s.Returning = p.returning()
	return s
}

func (p *parser) targetColumns() []string {
	p.expectPunct("(")
	list := []string{p.name()}
	for {
		for p.punct("[") {
			p.subscript(nil)
		}
		if !p.acceptPunct(",") {
			break
		}
		list = append(list, p.name())
	}
	p.expectPunct(")")
	return list
}

func (p *parser) onConflict() *OnConflict {
	c := &OnConflict{Loc: p.loc()}
	p.expect("on", "conflict")
	switch {
	case p.acceptPunct("("):
		c.Target = p.exprList()
		p.expectPunct(")")
		if p.accept("where") {
			c.TargetWhere = p.expr()
		}
	case p.accept("on"):
		p.expect("constraint")
		c.Constraint = p.name()
	}
	p.expect("do")
	if p.accept("nothing") {
		return c
	}
	p.expect("update", "set")
	c.Set = p.assignments()
	if p.accept("where") {
		c.Where = p.expr()
	}
	return c
}

func (p *parser) returning() []SelectItem {
	if !p.accept("returning") {
		return nil
	}
	return p.selectItems()
}

func (p *parser) assignments() []Assignment {
	var list []Assignment
	for {
		a := Assignment{Loc: p.loc()}
		if p.punct("(") {
			a.Row = true
			a.Columns = p.parenNames()
		} else {
			n := p.qualifiedName()
			a.Columns = []string{n.Last()}
			for p.punct("[") {
				p.subscript(nil)
			}
		}
		p.expectEquals()
		a.Value = p.expr()
		list = append(list, a)
		if !p.acceptPunct(",") {
			return list
		}
	}
}

// targetAlias reads the alias of a table that is written to. A word after which SET or USING would begin is no alias.
func (p *parser) targetAlias(clause string) string {
	if p.accept("as") {
		return p.name()
	}
	if isName(p.tok) && !p.word(clause) {
		return p.name()
	}
	return ""
}

func (p *parser) update(with *With) Statement {
	s := &Update{Loc: p.loc(), With: with}
	p.expect("update")
	p.accept("only")
	s.Table = p.qualifiedName()
	p.acceptOp("*")
	s.Alias = p.targetAlias("set")
	p.expect("set")
	s.Set = p.assignments()
	if p.accept("from") {
		s.From = p.fromList()
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	return s
}

func (p *parser) deleteFrom(with *With) Statement {
	s := &Delete{Loc: p.loc(), With: with}
	p.expect("delete", "from")
	p.accept("only")
	s.Table = p.qualifiedName()
	p.acceptOp("*")
	s.Alias = p.targetAlias("using")
	if p.accept("using") {
		s.Using = p.fromList()
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	return s
}

func (p *parser) merge(with *With) Statement {
	s := &Merge{Loc: p.loc(), With: with}
	p.expect("merge", "into")
	p.accept("only")
	s.Table = p.qualifiedName()
	p.acceptOp("*")
	s.Alias = p.targetAlias("using")
	p.expect("using")
	s.Source = p.tablePrimary()
	p.expect("on")
	s.On = p.expr()
	for p.word("when") {
		s.Whens = append(s.Whens, p.mergeWhen())
	}
	if len(s.Whens) == 0 {
		p.unexpected()
	}
	return s
}

func (p *parser) mergeWhen() MergeWhen {
	w := MergeWhen{Loc: p.loc()}
	p.expect("when")
	w.Matched = !p.accept("not")
	p.expect("matched")
	if p.accept("and") {
		w.Cond = p.expr()
	}
	p.expect("then")
	switch {
	case p.accept("do"):
		p.expect("nothing")
	case p.accept("delete"):
		w.Action = MergeDelete
	case p.accept("update"):
		p.expect("set")
		w.Action = MergeUpdate
		w.Set = p.assignments()
	default:
		p.expect("insert")
		w.Action = MergeInsert
		if p.punct("(") {
			w.Columns = p.targetColumns()
		}
		if p.accept("default") {
			p.expect("values")
			return w
		}
		p.expect("values")
		p.expectPunct("(")
		w.Values = p.exprList()
		p.expectPunct(")")
	}
	return w
}

func (p *parser) truncate() Statement {
	s := &Truncate{Loc: p.loc()}
	p.expect("truncate")
	p.accept("table")
	p.accept("only")
	s.Tables = p.qualifiedNames()
	for p.anyWord("restart", "continue", "identity", "cascade", "restrict") {
		p.next()
	}
	return s
}

// unload reads UNLOAD (query) TO 'location' [WITH (..)].
func (p *parser) unload() Statement {
	s := &Unload{Loc: p.loc()}
	p.expect("unload")
	p.expectPunct("(")
	s.Query = p.parenQueryBody()
	p.expect("to")
	s.Location = p.str()
	if p.accept("with") {
		s.Options = p.options()
	}
	return s
}
