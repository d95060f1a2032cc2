package parser

// statement reads one statement. The first word decides.
func (p *parser) statement() Statement {
	p.enter()
	defer p.leave()
	if p.punct("(") {
		return p.query()
	}
	if p.tok.kind != tokWord {
		p.unexpected()
	}
	if s := p.queryStatement(); s != nil {
		return s
	}
	if s := p.sessionStatement(); s != nil {
		return s
	}
	if s := p.cursorStatement(); s != nil {
		return s
	}
	if s := p.catalogStatement(); s != nil {
		return s
	}
	if s := p.otherStatement(); s != nil {
		return s
	}
	p.unexpected()
	return nil
}

func (p *parser) queryStatement() Statement {
	switch p.tok.text {
	case "select", "table", "values":
		return p.query()
	case "with":
		loc := p.loc()
		with := p.with()
		if s := p.modification(with); s != nil {
			return s
		}
		return p.queryAfterWith(&Query{Loc: loc, With: with})
	case "insert", "update", "delete", "merge":
		return p.modification(nil)
	case "truncate":
		return p.truncate()
	case "unload":
		return p.unload()
	case "explain":
		return p.explain()
	}
	return nil
}

func (p *parser) sessionStatement() Statement {
	switch p.tok.text {
	case "set":
		return p.set()
	case "reset":
		return p.resetSetting()
	case "show":
		return p.show()
	case "describe", "desc":
		return p.describe()
	case "use":
		return p.use()
	case "discard":
		return p.discard()
	case "begin", "start":
		return p.begin()
	case "commit", "end":
		return p.commit()
	case "rollback", "abort":
		return p.rollback()
	case "savepoint":
		s := &Savepoint{Loc: p.loc()}
		p.next()
		s.Name = p.name()
		return s
	case "release":
		s := &Release{Loc: p.loc()}
		p.next()
		p.accept("savepoint")
		s.Name = p.name()
		return s
	case "listen", "notify", "unlisten":
		return p.notification()
	case "lock":
		return p.lock()
	case "kill":
		return p.kill()
	case "call":
		return p.callStatement()
	}
	return nil
}

func (p *parser) cursorStatement() Statement {
	switch p.tok.text {
	case "prepare":
		return p.prepare()
	case "execute":
		return p.execute()
	case "deallocate":
		return p.deallocate()
	case "declare":
		return p.declare()
	case "fetch", "move":
		return p.fetch()
	case "close":
		s := &CloseCursor{Loc: p.loc()}
		p.next()
		if !p.accept("all") {
			s.Name = p.name()
		}
		return s
	case "copy":
		return p.copyStatement()
	}
	return nil
}

func (p *parser) catalogStatement() Statement {
	switch p.tok.text {
	case "create":
		return p.create()
	case "drop":
		return p.drop()
	case "alter":
		return p.alter()
	case "msck":
		return p.repair()
	case "analyze", "analyse":
		return p.analyze()
	case "vacuum":
		return p.vacuum()
	case "comment":
		return p.commentOn()
	case "grant", "revoke":
		return p.grant()
	case "plan", "run", "stop":
		return p.crawlerCommand()
	}
	return nil
}

// otherCommands are the statements of PostgreSQL and Athena that the engine refuses by name, by their first word.
var otherCommands = map[string]string{
	"checkpoint": "CHECKPOINT", "cluster": "CLUSTER", "deny": "DENY", "do": "DO", "import": "IMPORT FOREIGN SCHEMA",
	"load": "LOAD", "optimize": "OPTIMIZE", "reassign": "REASSIGN OWNED", "refresh": "REFRESH MATERIALIZED VIEW",
	"reindex": "REINDEX", "security": "SECURITY LABEL",
}

// otherStatement reads a statement that is known by its first word alone.
func (p *parser) otherStatement() Statement {
	if tag, ok := otherCommands[p.tok.text]; ok {
		return p.rest(p.loc(), p.tok.start, tag)
	}
	return nil
}

// rest reads to the end of the statement, which began at byte start.
func (p *parser) rest(loc Loc, start int, tag string) Statement {
	p.skipStatement()
	return &OtherStatement{Loc: loc, Command: tag, Text: p.textFrom(start)}
}

func (p *parser) skipStatement() {
	for !p.atEnd() {
		if p.tok.kind == tokError {
			p.unexpected()
		}
		p.next()
	}
}

// options reads (name [=] value, ..) as in WITH (..) and EXPLAIN (..).
func (p *parser) options() []Option {
	p.expectPunct("(")
	var list []Option
	for {
		list = append(list, p.option())
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return list
}

func (p *parser) option() Option {
	o := Option{Loc: p.loc(), Name: p.optionName()}
	eq := p.acceptOp("=")
	if p.punct(",") || p.punct(")") {
		if eq {
			p.unexpected()
		}
		return o
	}
	o.Value = p.optionValue()
	return o
}

// optionName reads a name that may have dots or be a string.
func (p *parser) optionName() string {
	if p.tok.kind == tokString && p.tok.text != "" {
		return p.next().text
	}
	name := p.label()
	for p.acceptPunct(".") {
		name += "." + p.label()
	}
	return name
}

// optionValue reads a value; a bare word counts as a string.
func (p *parser) optionValue() Expr {
	loc := p.loc()
	t := p.peek(1)
	if p.tok.kind == tokWord && (t.isPunct(",") || t.isPunct(")")) {
		switch p.tok.text {
		case "true", "false", "null":
		default:
			return &StringLit{Loc: loc, Value: p.next().text}
		}
	}
	e := p.expr()
	if c, ok := e.(*ColumnRef); ok && len(c.Name) == 1 {
		return &StringLit{Loc: c.Loc, Value: c.Name[0]}
	}
	return e
}

// properties reads ('key' = 'value', ..) in Hive's strings.
func (p *parser) properties() []Property {
	was := p.lex.hive
	if !p.punct("(") {
		p.unexpected()
	}
	p.setHive(true)
	p.next()
	var list []Property
	for !p.punct(")") {
		if len(list) > 0 {
			p.expectPunct(",")
		}
		prop := Property{Loc: p.loc(), Key: p.propertyText()}
		p.expectEquals()
		prop.Value = p.propertyText()
		list = append(list, prop)
	}
	p.setHive(was)
	p.next()
	return list
}

// propertyText reads a key or value: a string, a name or a number.
func (p *parser) propertyText() string {
	if p.tok.kind == tokNumber {
		return p.next().text
	}
	if isLabel(p.tok) {
		return p.optionName()
	}
	return p.str()
}

// partitionValues reads (column = value, ..).
func (p *parser) partitionValues() []PartitionValue {
	p.expectPunct("(")
	var list []PartitionValue
	for {
		v := PartitionValue{Loc: p.loc(), Column: p.name()}
		if p.tok.kind == tokOp && opPrecedence(p.tok.text) == precCompare {
			v.Op = p.next().text
			v.Value = p.operand(precOther, false)
		}
		list = append(list, v)
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return list
}

func (p *parser) ifNotExists() bool { return p.accept("if", "not", "exists") }

func (p *parser) ifExists() bool { return p.accept("if", "exists") }

// cascade reads CASCADE or RESTRICT and reports whether it was CASCADE.
func (p *parser) cascade() bool {
	if p.accept("cascade") {
		return true
	}
	p.accept("restrict")
	return false
}
