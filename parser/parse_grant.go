package parser

// grant reads GRANT and REVOKE of privileges and of roles.
func (p *parser) grant() Statement {
	g := &Grant{Loc: p.loc()}
	g.Revoke = p.next().text == "revoke"
	if g.Revoke {
		if p.word("grant") || p.word("admin") {
			p.next()
			p.expect("option", "for")
			g.GrantOption = true
		}
	}
	g.Privileges = p.privileges()
	if p.accept("on") {
		p.grantObjects(g)
		for i := range g.Privileges {
			g.Privileges[i].Name = upper(g.Privileges[i].Name)
		}
	}
	if g.Revoke {
		p.expect("from")
	} else {
		p.expect("to")
	}
	for {
		g.Grantees = append(g.Grantees, p.grantee())
		if !p.acceptPunct(",") {
			break
		}
	}
	p.grantTail(g)
	return g
}

func (p *parser) privileges() []Privilege {
	var list []Privilege
	for {
		v := Privilege{Loc: p.loc()}
		if p.anyWord("all", "select", "references", "create") {
			v.Name = p.next().text
		} else {
			v.Name = p.roleName()
		}
		if v.Name == "all" {
			p.accept("privileges")
		}
		if p.punct("(") {
			v.Columns = p.parenNames()
		}
		list = append(list, v)
		if !p.acceptPunct(",") {
			return list
		}
	}
}

// grantKinds are the kinds of objects of GRANT that are one word.
var grantKinds = map[string]bool{
	"table": true, "schema": true, "database": true, "catalog": true, "sequence": true, "function": true, "procedure": true,
	"routine": true, "language": true, "domain": true, "type": true, "tablespace": true, "crawler": true,
}

func (p *parser) grantObjects(g *Grant) {
	g.Kind = "TABLE"
	switch {
	case p.accept("all"):
		g.AllInSchema = true
		g.Kind = upper(p.label())
		p.expect("in", "schema")
	case p.word("foreign"):
		p.next()
		g.Kind = "FOREIGN SERVER"
		if p.accept("data") {
			p.expect("wrapper")
			g.Kind = "FOREIGN DATA WRAPPER"
		} else {
			p.expect("server")
		}
	case p.tok.kind == tokWord && grantKinds[p.tok.text] && isLabel(p.peek(1)):
		g.Kind = upper(p.next().text)
	}
	for {
		g.Objects = append(g.Objects, p.qualifiedName())
		if p.punct("(") {
			p.next()
			p.skipGroup()
		}
		if !p.acceptPunct(",") {
			return
		}
	}
}

// skipGroup moves over the rest of a group in parentheses.
func (p *parser) skipGroup() {
	for depth := 1; depth > 0; p.next() {
		switch {
		case p.tok.kind == tokEOF || p.tok.kind == tokError:
			p.unexpected()
		case p.punct("("):
			depth++
		case p.punct(")"):
			depth--
		}
	}
}

func (p *parser) grantee() string {
	if t := p.peek(1); p.anyWord("group", "role", "user") && isLabel(t) && !t.isWord("with") {
		p.next()
	}
	if p.anyWord("current_role", "current_user", "session_user") {
		return p.next().text
	}
	return p.roleName()
}

func (p *parser) grantTail(g *Grant) {
	for {
		switch {
		case p.accept("with"):
			if !p.accept("grant") {
				p.expect("admin")
			}
			p.expect("option")
			g.GrantOption = true
		case p.word("granted") && p.peek(1).isWord("by"):
			p.next()
			p.next()
			p.grantee()
		case g.Revoke && p.accept("cascade"):
			g.Cascade = true
		case g.Revoke && p.accept("restrict"):
		default:
			return
		}
	}
}
