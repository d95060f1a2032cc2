package parser

// copyStatement reads COPY.
func (p *parser) copyStatement() Statement {
	c := &Copy{Loc: p.loc()}
	p.expect("copy")
	if p.acceptPunct("(") {
		start := p.tok
		if !p.startsQuery() && !p.punct("(") {
			if p.anyWord("insert", "update", "delete", "merge") {
				p.unsupported(start.pos, "COPY of "+upper(start.text))
			}
			p.unexpected()
		}
		c.Query = p.parenQueryBody()
	} else {
		if p.word("binary") && isName(p.peek(1)) {
			c.Options = append(c.Options, CopyOption{Loc: p.loc(), Name: "format", Value: new(p.next().text)})
		}
		c.Table = p.qualifiedName()
		if p.punct("(") {
			c.Columns = p.parenNames()
		}
	}
	if c.Query == nil && p.accept("from") {
		c.From = true
	} else {
		p.expect("to")
	}
	p.copyTarget(c)
	p.copyOptions(c)
	if c.From && p.accept("where") {
		c.Where = p.expr()
	}
	return c
}

func (p *parser) copyTarget(c *Copy) {
	switch {
	case p.accept("stdin"), p.accept("stdout"):
	case p.accept("program"):
		c.Target = CopyProgram
		c.Path = p.str()
	default:
		c.Target = CopyFile
		c.Path = p.str()
	}
}

func (p *parser) copyOptions(c *Copy) {
	if p.accept("using") {
		p.expect("delimiters")
		c.Options = append(c.Options, CopyOption{Loc: p.loc(), Name: "delimiter", Value: new(p.str())})
	}
	p.accept("with")
	if p.acceptPunct("(") {
		for {
			c.Options = append(c.Options, p.copyOption())
			if !p.acceptPunct(",") {
				break
			}
		}
		p.expectPunct(")")
		return
	}
	for !p.atEnd() && !p.word("where") {
		c.Options = append(c.Options, p.oldCopyOption())
	}
}

// copyOption reads name [value] of the parenthesised list.
func (p *parser) copyOption() CopyOption {
	o := CopyOption{Loc: p.loc(), Name: p.label()}
	switch {
	case p.punct(","), p.punct(")"):
	case p.acceptOp("*"):
		o.All = true
	case p.punct("("):
		o.Columns = p.parenNames()
	case p.tok.kind == tokString:
		o.Value = new(p.str())
	case p.tok.kind == tokNumber, p.tok.isOp("-"), p.tok.isOp("+"):
		o.Value = new(p.signedNumber())
	default:
		o.Value = new(p.label())
	}
	return o
}

// oldCopyOption reads an option of the style before PostgreSQL 9.0.
func (p *parser) oldCopyOption() CopyOption {
	o := CopyOption{Loc: p.loc()}
	switch {
	case p.anyWord("csv", "binary"):
		o.Name, o.Value = "format", new(p.next().text)
	case p.anyWord("freeze", "header"):
		o.Name = p.next().text
	case p.anyWord("delimiter", "null", "quote", "escape", "encoding"):
		o.Name = p.next().text
		p.accept("as")
		o.Value = new(p.str())
	case p.accept("force"):
		p.forceOption(&o)
	default:
		p.unexpected()
	}
	return o
}

func (p *parser) forceOption(o *CopyOption) {
	switch {
	case p.accept("quote"):
		o.Name = "force_quote"
		if o.All = p.acceptOp("*"); o.All {
			return
		}
	case p.accept("not"):
		p.expect("null")
		o.Name = "force_not_null"
	default:
		p.expect("null")
		o.Name = "force_null"
	}
	o.Columns = p.nameList()
}
