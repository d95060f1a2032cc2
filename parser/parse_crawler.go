package parser

// createCrawler reads what follows CREATE [OR REPLACE] CRAWLER.
func (p *parser) createCrawler(loc Loc, replace bool) Statement {
	c := &CreateCrawler{Loc: loc, OrReplace: replace, IfNotExists: p.ifNotExists()}
	c.Name = p.name()
	p.expect("target")
	c.Targets = p.stringList()
	for p.crawlerClause(c) {
	}
	return c
}

func (p *parser) stringList() []string {
	list := []string{p.str()}
	for p.acceptPunct(",") {
		list = append(list, p.str())
	}
	return list
}

// crawlerClause reads one optional clause; they come in any order, each once.
func (p *parser) crawlerClause(c *CreateCrawler) bool {
	switch {
	case p.word("exclude") && c.Exclude == nil:
		p.next()
		p.expectPunct("(")
		c.Exclude = p.stringList()
		p.expectPunct(")")
	case p.word("database") && c.Database == nil:
		p.next()
		c.Database = p.qualifiedName()
	case p.word("prefix") && c.Prefix == "":
		p.next()
		if p.tok.kind == tokString {
			c.Prefix = p.filled(p.str)
		} else {
			c.Prefix = p.name()
		}
	case p.word("schedule") && c.Schedule == "":
		p.next()
		c.Schedule = p.filled(p.str)
	case p.word("with") && c.Options == nil:
		p.next()
		c.Options = p.options()
	default:
		return false
	}
	return true
}

// crawlerCommand reads PLAN, RUN and STOP CRAWLER.
func (p *parser) crawlerCommand() Statement {
	loc := p.loc()
	verb := p.next().text
	p.expect("crawler")
	name := p.name()
	switch verb {
	case "stop":
		return &StopCrawler{Loc: loc, Name: name}
	case "plan":
		return &PlanCrawler{Loc: loc, Name: name, Prefix: p.onlyPrefix()}
	}
	r := &RunCrawler{Loc: loc, Name: name}
	r.Prefix = p.onlyPrefix()
	r.Dry = p.accept("dry")
	return r
}

func (p *parser) onlyPrefix() string {
	if !p.accept("only") {
		return ""
	}
	p.expect("prefix")
	return p.filled(p.str)
}
