package parser

// alter reads ALTER.
func (p *parser) alter() Statement {
	loc, start := p.loc(), p.tok.start
	p.expect("alter")
	switch {
	case p.word("table") || p.word("external") && p.peek(1).isWord("table"):
		p.accept("external")
		p.next()
		return p.alterTable(loc, start)
	case p.anyWord("database", "schema"):
		tag := "ALTER " + upper(p.next().text)
		return p.alterDatabase(loc, start, tag)
	case p.word("view"):
		return p.rest(loc, start, "ALTER VIEW")
	case p.words("materialized", "view"):
		return p.rest(loc, start, "ALTER MATERIALIZED VIEW")
	}
	tag := p.otherObject()
	if tag == "" {
		p.unexpected()
	}
	return p.rest(loc, start, "ALTER "+tag)
}

func (p *parser) alterDatabase(loc Loc, start int, tag string) Statement {
	d := &AlterDatabase{Loc: loc, Name: p.qualifiedName()}
	switch {
	case p.words("set", "dbproperties"):
		p.next()
		p.next()
		d.Properties = p.properties()
	case p.words("set", "location"):
		p.next()
		p.next()
		d.Location = p.filled(p.looseString)
	default:
		if p.atEnd() {
			p.unexpected()
		}
		return p.rest(loc, start, tag)
	}
	return d
}

func (p *parser) alterTable(loc Loc, start int) Statement {
	t := &AlterTable{Loc: loc, IfExists: p.ifExists()}
	if p.word("all") {
		return p.rest(loc, start, "ALTER TABLE")
	}
	p.accept("only")
	t.Name = p.qualifiedName()
	p.acceptOp("*")
	t.Action = p.alterAction()
	return t
}

func (p *parser) alterAction() AlterAction {
	loc := p.loc()
	switch {
	case p.word("add"):
		return p.alterAdd()
	case p.word("drop"):
		return p.alterDrop()
	case p.word("partition"):
		return p.alterPartition()
	case p.words("replace", "columns"):
		p.next()
		p.next()
		return &ReplaceColumns{Loc: loc, Columns: p.columnList()}
	case p.accept("change"):
		return p.changeColumn(loc)
	case p.accept("rename", "to"):
		return &RenameTable{Loc: loc, To: p.qualifiedName()}
	case p.word("rename") && !p.peek(1).isWord("constraint"):
		p.next()
		p.accept("column")
		r := &RenameColumn{Loc: loc, Old: p.name()}
		p.expect("to")
		r.New = p.name()
		return r
	case p.words("set", "location"):
		p.next()
		p.next()
		return &SetLocation{Loc: loc, Location: p.filled(p.looseString)}
	case p.words("set", "tblproperties"):
		p.next()
		p.next()
		return &SetTableProperties{Loc: loc, Properties: p.properties()}
	case p.words("unset", "tblproperties"):
		p.next()
		p.next()
		p.ifExists()
		return p.unsetProperties(loc)
	}
	return p.otherAlter()
}

// otherAlter reads an action by its first two words.
func (p *parser) otherAlter() AlterAction {
	a := &OtherAlter{Loc: p.loc()}
	start := p.tok.start
	if p.tok.kind != tokWord {
		p.unexpected()
	}
	switch p.tok.text {
	case "add", "alter", "attach", "clone", "cluster", "detach", "disable", "drop", "enable", "execute", "force", "inherit",
		"no", "not", "of", "owner", "rename", "replace", "replica", "reset", "set", "validate":
	default:
		p.unexpected()
	}
	a.Action = upper(p.next().text)
	if p.tok.kind == tokWord {
		a.Action += " " + upper(p.tok.text)
	}
	p.skipStatement()
	a.Text = p.textFrom(start)
	return a
}

func (p *parser) unsetProperties(loc Loc) AlterAction {
	a := &SetTableProperties{Loc: loc, Unset: true}
	p.expectPunct("(")
	for {
		a.Properties = append(a.Properties, Property{Loc: p.loc(), Key: p.looseString()})
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return a
}

func (p *parser) alterAdd() AlterAction {
	loc := p.loc()
	m := p.mark()
	p.expect("add")
	if p.words("columns") && p.peek(1).isPunct("(") {
		p.next()
		a := &AddColumns{Loc: loc, Columns: p.columnList()}
		p.cascade()
		return a
	}
	ifNot := p.ifNotExists()
	if p.word("partition") && p.peek(1).isPunct("(") {
		a := &AddPartitions{Loc: loc, IfNotExists: ifNot}
		for p.word("partition") {
			a.Partitions = append(a.Partitions, p.partitionSpec())
			if p.acceptPunct(",") && !p.word("partition") {
				p.unexpected()
			}
		}
		return a
	}
	if p.word("constraint") || p.tok.class == reserved && constraintWords[p.tok.text] != "" {
		p.reset(m)
		return p.otherAlter()
	}
	p.accept("column")
	a := &AddColumns{Loc: loc, IfNotExists: ifNot || p.ifNotExists()}
	a.Columns = []ColumnDef{p.tableColumn()}
	if p.punct(",") || len(a.Columns[0].Constraints) > 0 {
		p.reset(m)
		return p.otherAlter()
	}
	return a
}

// partitionSpec reads PARTITION (..) [LOCATION '..'].
func (p *parser) partitionSpec() PartitionSpec {
	s := PartitionSpec{Loc: p.loc()}
	p.expect("partition")
	s.Values = p.partitionValues()
	if p.accept("location") {
		s.Location = p.filled(p.looseString)
	}
	return s
}

func (p *parser) columnList() []ColumnDef {
	p.expectPunct("(")
	list := []ColumnDef{p.tableColumn()}
	for p.acceptPunct(",") {
		list = append(list, p.tableColumn())
	}
	p.expectPunct(")")
	return list
}

func (p *parser) alterDrop() AlterAction {
	loc := p.loc()
	m := p.mark()
	p.expect("drop")
	ifExists := p.ifExists()
	if p.word("partition") && p.peek(1).isPunct("(") {
		d := &DropPartitions{Loc: loc, IfExists: ifExists}
		for p.word("partition") {
			s := PartitionSpec{Loc: p.loc()}
			p.next()
			s.Values = p.partitionValues()
			d.Partitions = append(d.Partitions, s)
			if !p.acceptPunct(",") {
				break
			}
		}
		p.accept("purge")
		return d
	}
	if p.word("constraint") {
		p.reset(m)
		return p.otherAlter()
	}
	p.accept("column")
	d := &DropColumn{Loc: loc, IfExists: ifExists || p.ifExists()}
	d.Name = p.name()
	p.cascade()
	if p.punct(",") {
		p.reset(m)
		return p.otherAlter()
	}
	return d
}

// alterPartition reads PARTITION (..) RENAME TO PARTITION (..) and PARTITION (..) SET LOCATION '..'.
func (p *parser) alterPartition() AlterAction {
	loc := p.loc()
	p.expect("partition")
	spec := PartitionSpec{Loc: loc, Values: p.partitionValues()}
	if p.accept("rename") {
		p.expect("to")
		to := PartitionSpec{Loc: p.loc()}
		p.expect("partition")
		to.Values = p.partitionValues()
		return &RenamePartition{Loc: loc, From: spec, To: to}
	}
	p.expect("set", "location")
	return &SetLocation{Loc: loc, Partition: &spec, Location: p.filled(p.looseString)}
}

func (p *parser) changeColumn(loc Loc) AlterAction {
	p.accept("column")
	c := &ChangeColumn{Loc: loc, Old: p.name()}
	c.New = ColumnDef{Loc: p.loc(), Name: p.name()}
	c.New.Type = p.typeName()
	if p.accept("comment") {
		c.New.Comment = p.looseString()
	}
	switch {
	case p.accept("first"):
		c.First = true
	case p.accept("after"):
		c.After = p.name()
	}
	p.cascade()
	return c
}
