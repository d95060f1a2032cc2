package parser

// selectBody reads one SELECT up to its HAVING, WINDOW or QUALIFY clause.
func (p *parser) selectBody() *Select {
	s := &Select{Loc: p.loc()}
	p.expect("select")
	p.selectDistinct(s)
	if s.Distinct || !p.atSelectEnd() {
		s.Items = p.selectItems()
	}
	if p.word("into") {
		s.Into = p.into()
	}
	if p.accept("from") {
		s.From = p.fromList()
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	if p.word("group") {
		s.GroupBy = p.groupBy()
	}
	if p.accept("having") {
		s.Having = p.expr()
	}
	if p.accept("window") {
		s.Windows = p.namedWindows()
	}
	if p.accept("qualify") {
		s.Qualify = p.expr()
	}
	return s
}

func (p *parser) selectDistinct(s *Select) {
	if p.accept("all") || !p.accept("distinct") {
		return
	}
	s.Distinct = true
	if p.accept("on") {
		p.expectPunct("(")
		s.DistinctOn = p.exprList()
		p.expectPunct(")")
	}
}

// atSelectEnd reports whether a clause begins here, or the SELECT ends, so that there is no select list.
func (p *parser) atSelectEnd() bool {
	if p.atEnd() || p.punct(")") {
		return true
	}
	return p.anyWord("from", "where", "group", "having", "window", "into", "union", "intersect", "except", "order",
		"limit", "offset", "fetch", "for", "with")
}

func (p *parser) selectItems() []SelectItem {
	list := []SelectItem{p.selectItem()}
	for p.acceptPunct(",") {
		list = append(list, p.selectItem())
	}
	return list
}

func (p *parser) selectItem() SelectItem {
	item := SelectItem{Loc: p.loc()}
	if p.acceptOp("*") {
		item.Expr = p.starModifiers(&Star{Loc: item.Loc})
		return item
	}
	item.Expr = p.expr()
	switch {
	case p.accept("as"):
		item.Alias = p.label()
	case isQuotedName(p.tok), p.tok.kind == tokWord && p.tok.bare:
		item.Alias = p.next().text
	}
	return item
}

// starModifiers reads EXCEPT (..), EXCLUDE (..) and REPLACE (..) after a star. EXCEPT (SELECT is a set operation.
func (p *parser) starModifiers(s *Star) Expr {
	if p.anyWord("except", "exclude") && p.peek(1).isPunct("(") && isName(p.peek(2)) {
		m := p.mark()
		p.next()
		p.next()
		if p.startsQuery() {
			p.reset(m)
			return s
		}
		s.Except = p.nameList()
		p.expectPunct(")")
	}
	if p.word("replace") && p.peek(1).isPunct("(") {
		p.next()
		p.next()
		for {
			item := SelectItem{Loc: p.loc(), Expr: p.expr()}
			p.expect("as")
			item.Alias = p.label()
			s.Replace = append(s.Replace, item)
			if !p.acceptPunct(",") {
				break
			}
		}
		p.expectPunct(")")
	}
	return s
}

func (p *parser) into() *IntoClause {
	i := &IntoClause{Loc: p.loc()}
	p.expect("into")
	if p.anyWord("local", "global") {
		p.next()
	}
	i.Temporary = p.accept("temporary") || p.accept("temp")
	if !i.Temporary {
		p.accept("unlogged")
	}
	p.accept("table")
	i.Name = p.qualifiedName()
	return i
}

func (p *parser) namedWindows() []NamedWindow {
	var list []NamedWindow
	for {
		w := NamedWindow{Loc: p.loc(), Name: p.name()}
		p.expect("as")
		w.Spec = p.windowSpec()
		list = append(list, w)
		if !p.acceptPunct(",") {
			return list
		}
	}
}

// groupBy reads GROUP BY, with Hive's WITH ROLLUP and WITH CUBE at its end.
func (p *parser) groupBy() *GroupBy {
	g := &GroupBy{Loc: p.loc()}
	p.expect("group", "by")
	if !p.accept("all") {
		g.Distinct = p.accept("distinct")
	} else if p.atGroupEnd() {
		g.All = true
		return g
	}
	g.Items = p.groupElements()
	kind := GroupRollup
	switch {
	case p.words("with", "cube"):
		kind = GroupCube
	case !p.words("with", "rollup"):
		return g
	}
	p.next()
	p.next()
	g.Items = []GroupElement{{Loc: g.Loc, Kind: kind, Elements: g.Items}}
	return g
}

func (p *parser) atGroupEnd() bool {
	return p.atEnd() || p.punct(")") || p.anyWord("having", "window", "qualify", "union", "intersect", "except", "order",
		"limit", "offset", "fetch", "for", "with")
}

func (p *parser) groupElements() []GroupElement {
	list := []GroupElement{p.groupElement()}
	for p.acceptPunct(",") {
		list = append(list, p.groupElement())
	}
	return list
}

func (p *parser) groupElement() GroupElement {
	p.enter()
	defer p.leave()
	g := GroupElement{Loc: p.loc()}
	switch {
	case p.word("rollup") && p.peek(1).isPunct("("):
		g.Kind = GroupRollup
		p.next()
	case p.word("cube") && p.peek(1).isPunct("("):
		g.Kind = GroupCube
		p.next()
	case p.words("grouping", "sets"):
		g.Kind = GroupingSets
		p.next()
		p.next()
	case p.punct("(") && p.peek(1).isPunct(")"):
		p.next()
		p.next()
		return g
	default:
		e := p.expr()
		g.Exprs = []Expr{e}
		if r, ok := e.(*RowExpr); ok && !r.Explicit {
			g.Exprs = r.Items
		}
		return g
	}
	p.expectPunct("(")
	g.Elements = p.groupElements()
	p.expectPunct(")")
	return g
}
