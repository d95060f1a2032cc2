package parser

// fromList reads the items of a FROM clause.
func (p *parser) fromList() []TableExpr {
	list := []TableExpr{p.tableRef()}
	for p.acceptPunct(",") {
		list = append(list, p.tableRef())
	}
	return list
}

// tableRef reads a table with the joins after it.
func (p *parser) tableRef() TableExpr {
	p.enter()
	defer p.leave()
	return p.joins(p.tablePrimary())
}

func (p *parser) joins(left TableExpr) TableExpr {
	for {
		if p.word("lateral") && p.peek(1).isWord("view") {
			left = p.lateralView(left)
			continue
		}
		if !p.atJoin() {
			return left
		}
		left = p.join(left)
	}
}

func (p *parser) atJoin() bool {
	return p.anyWord("join", "inner", "left", "right", "full", "cross", "natural")
}

// join reads one join after its left side.
func (p *parser) join(left TableExpr) TableExpr {
	p.enter()
	defer p.leave()
	p.link()
	j := &Join{Left: left}
	j.Natural = p.accept("natural")
	switch {
	case p.accept("cross"):
		if j.Natural {
			p.unexpected()
		}
		j.Kind = CrossJoin
	case p.accept("left"):
		j.Kind = LeftJoin
		p.accept("outer")
	case p.accept("right"):
		j.Kind = RightJoin
		p.accept("outer")
	case p.accept("full"):
		j.Kind = FullJoin
		p.accept("outer")
	default:
		p.accept("inner")
	}
	j.Loc = p.loc()
	p.expect("join")
	j.Right = p.tablePrimary()
	if j.Natural || j.Kind == CrossJoin {
		return j
	}
	// a JOIN b JOIN c ON .. ON ..: the joins before the first condition belong to the right side.
	for p.atJoin() {
		j.Right = p.join(j.Right)
	}
	if p.accept("using") {
		j.Using = p.parenNames()
		if p.accept("as") {
			j.UsingAlias = p.name()
		}
		return j
	}
	p.expect("on")
	j.On = p.expr()
	return j
}

// lateralView reads Hive's LATERAL VIEW [OUTER] explode(x) t AS a, which is a lateral join with unnest.
func (p *parser) lateralView(left TableExpr) TableExpr {
	p.link()
	j := &Join{Loc: p.loc(), Kind: CrossJoin, Left: left}
	p.expect("lateral", "view")
	if p.accept("outer") {
		j.Kind, j.On = LeftJoin, &BoolLit{Value: true}
	}
	t := &FuncTable{Loc: p.loc(), Lateral: true}
	call, ok := p.atom().(*FuncCall)
	if !ok || len(call.Name) != 1 {
		p.unexpected()
	}
	switch call.Name[0] {
	case "explode":
		call.Name = Name{"unnest"}
	case "posexplode":
		p.unsupported(call.Pos(), "LATERAL VIEW posexplode")
	}
	t.Calls = []FuncTableCall{{Loc: call.Loc, Call: call}}
	t.Alias = &TableAlias{Loc: p.loc(), Name: p.name()}
	if p.accept("as") {
		t.Alias.Columns = p.nameList()
	}
	j.Right = t
	return j
}

// tablePrimary reads one item of FROM without joins.
func (p *parser) tablePrimary() TableExpr {
	loc := p.loc()
	if p.accept("lateral") {
		return p.lateral(loc)
	}
	switch {
	case p.punct("("):
		return p.parenTable()
	case p.word("only"):
		return p.onlyTable()
	case p.words("rows", "from") && p.peek(2).isPunct("("):
		return p.rowsFrom(loc, false)
	case p.word("table") && p.peek(1).isPunct("("):
		return p.tableFunction()
	case p.anyWord("xmltable", "json_table", "match_recognize") && p.peek(1).isPunct("("):
		p.unsupported(int(loc), upper(p.tok.text))
	case p.word("unnest") && p.peek(1).isPunct("("):
		return p.funcTable(loc, false)
	case p.tok.kind == tokWord && p.tok.class >= colName && p.atCall():
		return p.funcTable(loc, false)
	}
	return p.namedTable(loc)
}

// atCall reports whether a function whose name is a keyword begins here.
func (p *parser) atCall() bool {
	switch p.tok.text {
	case "current_catalog", "current_date", "current_role", "current_user", "session_user", "user", "current_schema",
		"current_time", "current_timestamp", "localtime", "localtimestamp":
		return true
	case "values":
		return false
	}
	return p.peek(1).isPunct("(") && (p.tok.class != reserved || p.word("cast"))
}

func (p *parser) lateral(loc Loc) TableExpr {
	if p.acceptPunct("(") {
		return p.derived(loc, true, p.parenQueryBody())
	}
	if p.words("rows", "from") {
		return p.rowsFrom(loc, true)
	}
	return p.funcTable(loc, true)
}

func (p *parser) derived(loc Loc, lateral bool, q *Query) TableExpr {
	t := &DerivedTable{Loc: loc, Lateral: lateral, Query: q, Alias: p.tableAlias()}
	t.Sample = p.tableSample()
	return t
}

func (p *parser) onlyTable() TableExpr {
	t := &TableName{Loc: p.loc(), Only: true}
	p.expect("only")
	if p.acceptPunct("(") {
		t.Name = p.qualifiedName()
		p.expectPunct(")")
	} else {
		t.Name = p.qualifiedName()
	}
	t.Alias = p.tableAlias()
	t.Sample = p.tableSample()
	return t
}

// namedTable reads a table, or a function when a parenthesis follows the name.
func (p *parser) namedTable(loc Loc) TableExpr {
	m := p.mark()
	if !isName(p.tok) && !(isFuncName(p.tok) && (p.peek(1).isPunct("(") || p.peek(1).isPunct("."))) {
		p.unexpected()
	}
	n := Name{p.next().text}
	for p.acceptPunct(".") {
		n = append(n, p.label())
		p.checkNameLength(n)
	}
	if p.punct("(") {
		p.reset(m)
		return p.funcTable(loc, false)
	}
	t := &TableName{Loc: loc, Name: n}
	p.acceptOp("*")
	if p.word("for") {
		t.Travel = p.timeTravel()
	}
	t.Alias = p.tableAlias()
	t.Sample = p.tableSample()
	return t
}

// timeTravel reads FOR TIMESTAMP AS OF, FOR VERSION AS OF and their SYSTEM_ forms, or returns nil.
func (p *parser) timeTravel() *TimeTravel {
	t := &TimeTravel{Loc: p.loc()}
	switch word := p.peek(1); {
	case word.isWord("timestamp"), word.isWord("system_time"):
		t.Timestamp = true
	case word.isWord("version"), word.isWord("system_version"):
	default:
		return nil
	}
	p.next()
	p.next()
	p.expect("as", "of")
	t.AsOf = p.operand(precOther, false)
	return t
}

// parenTable reads (query) alias, (join) alias and (table).
func (p *parser) parenTable() TableExpr {
	loc := p.loc()
	p.expectPunct("(")
	q, t := p.parenTableBody()
	if q != nil {
		return p.derived(loc, false, q)
	}
	return p.aliasParen(t)
}

// aliasParen reads the alias after a table in parentheses.
func (p *parser) aliasParen(t TableExpr) TableExpr {
	if !p.atAlias() {
		return t
	}
	switch t := t.(type) {
	case *Join:
		if t.Alias == nil {
			t.Alias = p.tableAlias()
		}
	case *TableName:
		if t.Alias == nil && t.Sample == nil {
			t.Alias = p.tableAlias()
		}
	}
	return t
}

// parenTableBody reads what stands between parentheses in FROM, the opening one being consumed, and the closing one.
// Like parenBody it learns only after an inner query whether that is a branch of a larger query or a table.
func (p *parser) parenTableBody() (*Query, TableExpr) {
	p.enter()
	defer p.leave()
	if p.startsQuery() {
		q := p.query()
		p.expectPunct(")")
		return q, nil
	}
	if !p.punct("(") {
		t := p.tableRef()
		p.expectPunct(")")
		return nil, t
	}
	loc := p.loc()
	p.next()
	q, t := p.parenTableBody()
	switch {
	case q != nil && p.acceptPunct(")"):
		return q, nil
	case q != nil && p.continuesQuery():
		q = p.queryFrom(q)
		p.expectPunct(")")
		return q, nil
	case q != nil:
		t = p.derived(loc, false, q)
	default:
		t = p.aliasParen(t)
	}
	t = p.joins(t)
	p.expectPunct(")")
	return nil, t
}

// funcTable reads a function call in FROM.
func (p *parser) funcTable(loc Loc, lateral bool) TableExpr {
	t := &FuncTable{Loc: loc, Lateral: lateral}
	t.Calls = []FuncTableCall{p.funcTableCall()}
	return p.funcTableTail(t)
}

func (p *parser) funcTableCall() FuncTableCall {
	c := FuncTableCall{Loc: p.loc()}
	start := p.tok
	c.Call = p.atom()
	switch c.Call.(type) {
	case *FuncCall, *SpecialValue, *CastExpr, *ExtractExpr:
	case *ColumnRef:
		p.unexpected()
	default:
		p.unexpectedToken(start)
	}
	return c
}

// funcTableTail reads WITH ORDINALITY and the alias.
func (p *parser) funcTableTail(t *FuncTable) TableExpr {
	t.Ordinality = p.accept("with", "ordinality")
	t.Alias = p.funcAlias()
	return t
}

func (p *parser) rowsFrom(loc Loc, lateral bool) TableExpr {
	t := &FuncTable{Loc: loc, Lateral: lateral, RowsFrom: true}
	p.expect("rows", "from")
	p.expectPunct("(")
	for {
		c := p.funcTableCall()
		if p.accept("as") {
			p.expectPunct("(")
			c.Defs = p.columnDefs()
			p.expectPunct(")")
		}
		t.Calls = append(t.Calls, c)
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return p.funcTableTail(t)
}

// tableFunction reads Trino's TABLE(f(..)).
func (p *parser) tableFunction() TableExpr {
	t := &FuncTable{Loc: p.loc(), TableArg: true}
	p.expect("table")
	p.expectPunct("(")
	t.Calls = []FuncTableCall{p.funcTableCall()}
	p.expectPunct(")")
	return p.funcTableTail(t)
}

// atAlias reports whether a table alias begins here.
func (p *parser) atAlias() bool {
	return p.word("as") || isName(p.tok) && !p.word("qualify") && !p.words("with", "ordinality")
}

func (p *parser) tableAlias() *TableAlias {
	if !p.atAlias() {
		return nil
	}
	a := &TableAlias{Loc: p.loc()}
	if p.accept("as") {
		a.Loc = p.loc()
	}
	a.Name = p.name()
	if p.punct("(") {
		a.Columns = p.parenNames()
	}
	return a
}

// funcAlias reads the alias of a function, which may define the columns with their types.
func (p *parser) funcAlias() *TableAlias {
	if !p.atAlias() {
		return nil
	}
	a := &TableAlias{Loc: p.loc()}
	as := p.accept("as")
	if as {
		a.Loc = p.loc()
	}
	if !as || !p.punct("(") {
		a.Name = p.name()
	}
	if !p.punct("(") {
		return a
	}
	if t := p.peek(2); a.Name != "" && (t.isPunct(",") || t.isPunct(")")) {
		a.Columns = p.parenNames()
		return a
	}
	p.expectPunct("(")
	a.Defs = p.columnDefs()
	p.expectPunct(")")
	return a
}

// columnDefs reads name type, ..
func (p *parser) columnDefs() []ColumnDef {
	var list []ColumnDef
	for {
		c := ColumnDef{Loc: p.loc(), Name: p.name()}
		c.Type = p.typeName()
		if p.accept("collate") {
			p.qualifiedName()
		}
		list = append(list, c)
		if !p.acceptPunct(",") {
			return list
		}
	}
}

func (p *parser) tableSample() *TableSample {
	if !p.word("tablesample") {
		return nil
	}
	s := &TableSample{Loc: p.loc()}
	p.next()
	if !isFuncName(p.tok) {
		p.unexpected()
	}
	s.Method = p.next().text
	p.expectPunct("(")
	s.Args = p.exprList()
	p.expectPunct(")")
	if p.accept("repeatable") {
		p.expectPunct("(")
		s.Repeatable = p.expr()
		p.expectPunct(")")
	}
	return s
}
