package parser

import (
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// showLists are the SHOW statements that are a kind, a place after FROM or IN for what is in one, and a pattern.
var showLists = map[string]ShowKind{
	"catalogs": ShowCatalogs, "schemas": ShowSchemas, "databases": ShowSchemas, "tables": ShowTables, "views": ShowViews,
	"functions": ShowFunctions, "crawlers": ShowCrawlers, "queries": ShowQueries, "roles": ShowRoles,
}

// show reads SHOW.
func (p *parser) show() Statement {
	s := &Show{Loc: p.loc()}
	p.expect("show")
	if p.showCommon(s) || p.showObject(s) {
		return s
	}
	if kind, ok := showLists[p.tok.text]; ok && p.tok.kind == tokWord && !p.peek(1).isPunct(".") {
		p.next()
		s.Kind = kind
		switch kind {
		case ShowQueries:
			return s
		case ShowSchemas, ShowTables, ShowViews:
			p.showPlace(s)
		}
		p.showPattern(s)
		return s
	}
	s.Setting = p.settingName()
	return s
}

// showCommon reads PostgreSQL's forms of several words.
func (p *parser) showCommon(s *Show) bool {
	switch {
	case p.accept("all"):
		s.Kind = ShowAllSettings
	case p.accept("time", "zone"):
		s.Setting = "timezone"
	case p.accept("transaction", "isolation", "level"):
		s.Setting = "transaction_isolation"
	case p.accept("session", "authorization"):
		s.Setting = "session_authorization"
	default:
		return false
	}
	return true
}

// showObject reads the forms about one object.
func (p *parser) showObject(s *Show) bool {
	switch {
	case p.word("create") && p.peek(1).kind == tokWord:
		p.next()
		p.showCreate(s)
	case p.anyWord("columns", "fields") && (p.peek(1).isWord("in") || p.peek(1).isWord("from")):
		p.next()
		p.next()
		s.Kind, s.Name = ShowColumns, p.qualifiedName()
		p.showPlace(s)
		p.showPattern(s)
	case p.word("partitions") && isName(p.peek(1)):
		p.next()
		s.Kind, s.Name = ShowPartitions, p.qualifiedName()
		if p.accept("partition") {
			s.Partition = p.partitionValues()
		}
	case p.word("tblproperties") && isName(p.peek(1)):
		p.next()
		s.Kind, s.Name = ShowTableProperties, p.qualifiedName()
		if p.acceptPunct("(") {
			s.Key = p.filled(p.looseString)
			p.expectPunct(")")
		}
	case p.words("stats", "for"):
		p.next()
		p.next()
		s.Kind = ShowStats
		if p.acceptPunct("(") {
			s.Query = p.parenQueryBody()
		} else {
			s.Name = p.qualifiedName()
		}
	default:
		return p.showMeter(s)
	}
	return true
}

func (p *parser) showMeter(s *Show) bool {
	switch {
	case p.word("session") && (p.peek(1).kind == tokEOF || p.peek(1).isPunct(";") || p.peek(1).isWord("like")):
		p.next()
		s.Kind = ShowSession
		p.showPattern(s)
	case p.word("cost") && !p.peek(1).isPunct("."):
		p.next()
		s.Kind = ShowCost
		if p.accept("by") {
			s.Key = p.label()
		}
	case p.word("grants"):
		p.next()
		s.Kind = ShowGrants
		if p.accept("on") {
			p.accept("table")
			s.Name = p.qualifiedName()
		}
	default:
		return false
	}
	return true
}

func (p *parser) showCreate(s *Show) {
	switch {
	case p.accept("table"):
		s.Kind = ShowCreateTable
	case p.accept("view"):
		s.Kind = ShowCreateView
	case p.accept("schema"), p.accept("database"):
		s.Kind = ShowCreateSchema
	case p.accept("crawler"):
		s.Kind = ShowCreateCrawler
	default:
		p.unexpected()
	}
	s.Name = p.qualifiedName()
}

// showPlace reads FROM or IN and a name. After SHOW COLUMNS FROM t it is the database of t.
func (p *parser) showPlace(s *Show) {
	if !p.accept("from") && !p.accept("in") {
		return
	}
	s.Name = append(p.qualifiedName(), s.Name...)
}

// showPattern reads LIKE 'pattern' [ESCAPE 'c'], or Athena's pattern without LIKE.
func (p *parser) showPattern(s *Show) {
	like := p.accept("like")
	if !like && p.tok.kind != tokString {
		return
	}
	pattern := p.str()
	s.Like, s.Regexp = &pattern, !like
	if like && p.accept("escape") {
		at := p.tok.pos
		if s.Escape = p.str(); len(s.Escape) != 1 {
			p.fail(sqlerr.New(sqlerr.InvalidEscape, "invalid escape string").At(at).WithHint("Escape string must be one character."))
		}
	}
}

// describe reads DESCRIBE and DESC.
func (p *parser) describe() Statement {
	s := &Describe{Loc: p.loc()}
	p.next()
	t := p.peek(1)
	switch {
	case p.word("input") && isName(t):
		p.next()
		s.Kind = DescribeInput
	case p.word("output") && isName(t):
		p.next()
		s.Kind = DescribeOutput
	case p.anyWord("database", "schema") && (isName(t) || t.isWord("extended")):
		p.next()
		s.Kind = DescribeDatabase
	case p.word("table") && isName(t):
		p.next()
	}
	switch t := p.peek(1); {
	case p.word("extended") && isName(t):
		p.next()
		s.Extended = true
	case p.word("formatted") && isName(t):
		p.next()
		s.Formatted = true
	}
	s.Name = p.qualifiedName()
	if s.Kind != DescribeTable {
		return s
	}
	if p.accept("partition") {
		s.Partition = p.partitionValues()
	}
	if isName(p.tok) {
		s.Column = p.name()
		for p.acceptPunct(".") {
			s.Column += "." + p.label()
		}
	}
	return s
}

// explain reads EXPLAIN and Tarn's EXPLAIN COST and EXPLAIN CRAWL.
func (p *parser) explain() Statement {
	e := &Explain{Loc: p.loc()}
	p.expect("explain")
	switch {
	case p.word("crawl") && p.peek(1).kind == tokNumber:
		p.next()
		return &ExplainCrawl{Loc: e.Loc, ID: p.integer(1<<63 - 1)}
	case p.accept("cost"):
		e.Cost = true
	default:
		e.Analyze = p.accept("analyze") || p.accept("analyse")
		e.Verbose = p.accept("verbose")
	}
	if p.punct("(") && p.atExplainOption() {
		p.explainOptions(e)
	}
	e.Statement = p.explained()
	return e
}

// atExplainOption tells EXPLAIN (ANALYZE) .. from EXPLAIN (SELECT ..).
func (p *parser) atExplainOption() bool {
	t := p.peek(1)
	return isQuotedName(t) || t.kind == tokWord && !t.isWord("select") && !t.isWord("with") && !t.isWord("values") && !t.isWord("table")
}

func (p *parser) explainOptions(e *Explain) {
	for _, o := range p.options() {
		switch o.Name {
		case "format":
			e.Format = p.explainWord(o)
		case "type":
			e.Type = p.explainWord(o)
		case "analyze", "analyse":
			e.Analyze = p.explainSwitch(o)
		case "verbose":
			e.Verbose = p.explainSwitch(o)
		default:
			e.Options = append(e.Options, o)
		}
	}
}

// explainWord returns the value of an option that is a word.
func (p *parser) explainWord(o Option) string {
	if o.Value == nil {
		p.failAt(o.Pos(), "%s requires a parameter", o.Name)
	}
	s, ok := o.Value.(*StringLit)
	if !ok || s.Value == "" {
		p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized value for EXPLAIN option \"%s\": \"%s\"", o.Name,
			strings.Trim(Format(o.Value), "'")).At(o.Pos()))
	}
	return foldName(s.Value)
}

// explainSwitch returns the value of an option that is on or off.
func (p *parser) explainSwitch(o Option) bool {
	switch v := o.Value.(type) {
	case nil:
		return true
	case *BoolLit:
		return v.Value
	case *StringLit:
		switch foldName(v.Value) {
		case "on", "true":
			return true
		case "off", "false":
			return false
		}
	case *NumberLit:
		if v.Text == "0" || v.Text == "1" {
			return v.Text == "1"
		}
	}
	p.failAt(o.Pos(), "%s requires a Boolean value", o.Name)
	return false
}

// explained reads the statement that EXPLAIN is about.
func (p *parser) explained() Statement {
	switch {
	case p.punct("("), p.anyWord("select", "with", "values", "table", "insert", "update", "delete", "merge", "unload"):
		return p.statement()
	case p.anyWord("create", "declare", "execute", "refresh", "show", "analyze"):
		return p.statement()
	}
	p.unexpected()
	return nil
}
