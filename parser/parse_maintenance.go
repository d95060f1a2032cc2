package parser

// repair reads MSCK [REPAIR] TABLE t [ADD | DROP | SYNC PARTITIONS].
func (p *parser) repair() Statement {
	r := &RepairTable{Loc: p.loc()}
	p.expect("msck")
	p.accept("repair")
	p.expect("table")
	r.Name = p.qualifiedName()
	switch {
	case p.accept("drop"):
		r.Mode = RepairDrop
	case p.accept("sync"):
		r.Mode = RepairSync
	case !p.accept("add"):
		return r
	}
	p.expect("partitions")
	return r
}

// analyze reads ANALYZE [VERBOSE] t (columns), .. of PostgreSQL, ANALYZE t WITH (..) of Trino, and Hive's
// ANALYZE TABLE t [PARTITION (..)] COMPUTE STATISTICS [FOR COLUMNS [a, b]] [NOSCAN].
func (p *parser) analyze() Statement {
	a := &Analyze{Loc: p.loc()}
	p.next()
	if p.accept("table") {
		p.hiveAnalyze(a)
		return a
	}
	if p.punct("(") {
		a.Options = p.options()
	}
	a.Verbose = p.accept("verbose")
	if !p.atEnd() {
		a.Tables = p.analyzeTargets()
	}
	if p.accept("with") {
		a.Options = append(a.Options, p.options()...)
	}
	return a
}

func (p *parser) analyzeTargets() []AnalyzeTarget {
	var list []AnalyzeTarget
	for {
		t := AnalyzeTarget{Loc: p.loc(), Name: p.qualifiedName()}
		if p.punct("(") {
			t.Columns = p.parenNames()
		}
		list = append(list, t)
		if !p.acceptPunct(",") {
			return list
		}
	}
}

func (p *parser) hiveAnalyze(a *Analyze) {
	t := AnalyzeTarget{Loc: p.loc(), Name: p.qualifiedName()}
	if p.accept("partition") {
		a.Partition = p.partitionValues()
	}
	p.expect("compute", "statistics")
	if p.accept("for") {
		if !p.accept("all", "columns") {
			p.expect("columns")
		}
		if isName(p.tok) && !p.word("noscan") {
			t.Columns = p.nameList()
		}
	}
	a.NoScan = p.accept("noscan")
	a.Tables = []AnalyzeTarget{t}
}

// vacuum reads VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] t, .. and VACUUM (..) t.
func (p *parser) vacuum() Statement {
	v := &Vacuum{Loc: p.loc()}
	p.expect("vacuum")
	if p.punct("(") {
		v.Options = p.options()
	} else {
		for p.anyWord("full", "freeze", "verbose", "analyze", "analyse") {
			v.Options = append(v.Options, Option{Loc: p.loc(), Name: p.next().text})
		}
	}
	if !p.atEnd() {
		v.Tables = p.analyzeTargets()
	}
	return v
}

// commentKinds are the objects of COMMENT ON that have a plain name.
var commentKinds = map[string]bool{
	"table": true, "column": true, "view": true, "schema": true, "database": true, "index": true, "sequence": true,
	"type": true, "domain": true, "extension": true, "role": true, "catalog": true, "server": true, "tablespace": true,
}

func (p *parser) commentOn() Statement {
	c := &CommentOn{Loc: p.loc()}
	start := p.tok.start
	p.expect("comment", "on")
	switch {
	case p.accept("materialized", "view"):
		c.Kind = "MATERIALIZED VIEW"
	case p.accept("foreign", "table"):
		c.Kind = "FOREIGN TABLE"
	case p.tok.kind == tokWord && commentKinds[p.tok.text]:
		c.Kind = upper(p.next().text)
	default:
		if p.otherObject() == "" && !p.accept("constraint") {
			p.unexpected()
		}
		return p.rest(c.Loc, start, "COMMENT")
	}
	c.Name = p.qualifiedName()
	p.expect("is")
	if !p.accept("null") {
		s := p.str()
		c.Comment = &s
	}
	return c
}
