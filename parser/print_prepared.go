package parser

func (p *printer) prepared(s Statement) {
	switch s := s.(type) {
	case *Prepare:
		p.put("PREPARE ")
		p.ident(s.Name)
		for i, t := range s.Types {
			p.putIf(i == 0, " (")
			p.comma(i)
			p.typeName(t)
		}
		p.putIf(len(s.Types) > 0, ")")
		p.put(" AS ")
		p.statement(s.Statement)
	case *Execute:
		p.put("EXECUTE ")
		p.ident(s.Name)
		if len(s.Args) > 0 {
			p.put(" (")
			p.exprs(s.Args)
			p.put(")")
		}
	case *ExecuteImmediate:
		p.put("EXECUTE IMMEDIATE ")
		p.str(s.Text)
		if len(s.Args) > 0 {
			p.put(" USING ")
			p.exprs(s.Args)
		}
	case *Deallocate:
		p.put("DEALLOCATE ")
		p.identOrAll(s.Name)
	case *DeclareCursor:
		p.declare(s)
	case *Fetch:
		p.fetch(s)
	case *CloseCursor:
		p.put("CLOSE ")
		p.identOrAll(s.Name)
	case *Copy:
		p.copy(s)
	}
}

func (p *printer) identOrAll(name string) {
	if name == "" {
		p.put("ALL")
		return
	}
	if name == "prepare" {
		p.quoted(name)
		return
	}
	p.ident(name)
}

func (p *printer) declare(s *DeclareCursor) {
	p.put("DECLARE ")
	p.ident(s.Name)
	p.putIf(s.Binary, " BINARY")
	p.putIf(s.Insensitive, " INSENSITIVE")
	p.put([...]string{"", " SCROLL", " NO SCROLL"}[s.Scroll], " CURSOR")
	p.putIf(s.Hold, " WITH HOLD")
	p.put(" FOR ")
	p.query(s.Query)
}

func (p *printer) fetch(s *Fetch) {
	if s.Move {
		p.put("MOVE ")
	} else {
		p.put("FETCH ")
	}
	p.put([...]string{"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "}[s.Direction])
	if s.All {
		p.put("ALL")
	} else {
		p.int(s.Count)
	}
	p.put(" FROM ")
	p.ident(s.Cursor)
}

func (p *printer) copy(c *Copy) {
	p.put("COPY ")
	if c.Query != nil {
		p.parenQuery(c.Query)
	} else {
		p.name(c.Table)
		p.parenIdents(c.Columns)
	}
	word, client := " TO ", "STDOUT"
	if c.From {
		word, client = " FROM ", "STDIN"
	}
	p.put(word)
	switch c.Target {
	case CopyClient:
		p.put(client)
	case CopyProgram:
		p.put("PROGRAM ")
		p.str(c.Path)
	case CopyFile:
		p.str(c.Path)
	}
	p.copyOptions(c.Options)
	p.clause(" WHERE ", c.Where)
}

func (p *printer) copyOptions(list []CopyOption) {
	for i, o := range list {
		p.putIf(i == 0, " WITH (")
		p.comma(i)
		p.dottedName(o.Name, func(string) bool { return true })
		switch {
		case o.All:
			p.put(" *")
		case len(o.Columns) > 0:
			p.parenIdents(o.Columns)
		case o.Value != nil:
			p.put(" ")
			p.str(*o.Value)
		}
	}
	p.putIf(len(list) > 0, ")")
}
