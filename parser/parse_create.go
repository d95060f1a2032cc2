package parser

import "github.com/tarnsql/tarn/parser/sqlerr"

// create reads CREATE.
func (p *parser) create() Statement {
	loc, start := p.loc(), p.tok.start
	p.expect("create")
	replace := p.accept("or")
	if replace {
		p.expect("replace")
	}
	switch {
	case !replace && (p.accept("database") || p.accept("schema")):
		return p.createDatabase(loc, start)
	case p.accept("catalog"):
		return p.createCatalog(loc, replace)
	case p.accept("crawler"):
		return p.createCrawler(loc, replace)
	}
	if p.atTableWord() {
		return p.createTable(loc, replace)
	}
	if p.atViewWord() {
		return p.createView(loc, replace)
	}
	tag := p.otherObject()
	if tag == "" {
		p.unexpected()
	}
	return p.rest(loc, start, "CREATE "+tag)
}

// atTableWord reports whether [LOCAL] TEMPORARY | UNLOGGED | EXTERNAL TABLE comes next.
func (p *parser) atTableWord() bool {
	switch {
	case p.word("table"):
		return true
	case p.anyWord("temporary", "temp", "unlogged", "external", "transient"):
		return p.peek(1).isWord("table")
	case p.anyWord("local", "global"):
		return p.peek(2).isWord("table")
	}
	return false
}

func (p *parser) atViewWord() bool {
	switch {
	case p.word("view"):
		return true
	case p.anyWord("temporary", "temp", "materialized", "recursive"):
		return p.peek(1).isWord("view")
	}
	return false
}

// objectWords are the words that may follow CREATE, ALTER and DROP in PostgreSQL and Trino, beyond what is read in full.
// The value is the second word that belongs to the name, "" for one word.
var objectWords = map[string]string{
	"access": "method", "aggregate": "", "budget": "", "cast": "", "collation": "", "conversion": "", "default": "privileges",
	"domain": "", "event": "trigger", "extension": "", "foreign": "", "function": "", "group": "", "index": "",
	"language": "", "large": "object", "operator": "", "owned": "", "policy": "", "procedural": "language",
	"procedure": "", "publication": "", "role": "", "routine": "", "rule": "", "sequence": "", "server": "",
	"statistics": "", "subscription": "", "system": "", "tablespace": "", "text": "search", "transform": "",
	"trigger": "", "trusted": "language", "type": "", "user": "", "workgroup": "",
}

// otherObject reads the kind of an object that is known by name only, and returns it in upper case, or "".
func (p *parser) otherObject() string {
	if p.word("unique") && p.peek(1).isWord("index") || p.anyWord("temporary", "temp") && p.peek(1).isWord("sequence") ||
		p.word("constraint") && p.peek(1).isWord("trigger") {
		p.next()
	}
	if p.tok.kind != tokWord {
		return ""
	}
	second, ok := objectWords[p.tok.text]
	if !ok {
		return ""
	}
	tag := upper(p.next().text)
	switch {
	case second != "" && p.accept(second):
		tag += " " + upper(second)
	case tag == "FOREIGN" && p.accept("table"):
		tag += " TABLE"
	case tag == "FOREIGN" && p.accept("data"):
		tag += " DATA WRAPPER"
	case tag == "USER" && p.accept("mapping"):
		tag += " MAPPING"
	case tag == "OPERATOR" && p.anyWord("class", "family"):
		tag += " " + upper(p.next().text)
	}
	return tag
}

// createDatabase reads what follows CREATE DATABASE or SCHEMA. The clauses about owners, templates and encodings are PostgreSQL's
// alone; a statement with one is known by its tag.
func (p *parser) createDatabase(loc Loc, start int) Statement {
	d := &CreateDatabase{Loc: loc, IfNotExists: p.ifNotExists()}
	if p.word("authorization") {
		return p.rest(loc, start, "CREATE SCHEMA AUTHORIZATION")
	}
	d.Name = p.qualifiedName()
	for {
		switch {
		case p.word("authorization"):
			return p.rest(loc, start, "CREATE SCHEMA AUTHORIZATION")
		case p.accept("comment"):
			d.Comment = p.looseString()
		case p.accept("location"):
			d.Location = p.filled(p.looseString)
		case p.accept("with", "dbproperties"):
			d.Properties = p.properties()
		case p.word("with") && p.peek(1).isPunct("("):
			p.next()
			d.Options = p.options()
		case p.word("with") || p.anyWord("owner", "template", "encoding", "lc_collate", "lc_ctype", "tablespace"):
			return p.rest(loc, start, "CREATE DATABASE "+upper(p.tok.text))
		default:
			return d
		}
	}
}

func (p *parser) createCatalog(loc Loc, replace bool) Statement {
	c := &CreateCatalog{Loc: loc, OrReplace: replace, IfNotExists: p.ifNotExists()}
	c.Name = p.name()
	p.expect("using")
	c.Connector = p.name()
	if p.accept("comment") {
		c.Comment = p.str()
	}
	if !p.accept("with") {
		return c
	}
	p.expectPunct("(")
	for {
		prop := Property{Loc: p.loc(), Key: p.optionName()}
		p.expectEquals()
		prop.Value = p.catalogValue()
		c.Properties = append(c.Properties, prop)
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return c
}

func (p *parser) catalogValue() string {
	switch {
	case p.tok.kind == tokNumber, p.tok.isOp("-"):
		return p.signedNumber()
	case p.tok.kind == tokWord:
		return p.next().text
	}
	return p.str()
}

// createView reads CREATE VIEW after CREATE [OR REPLACE].
func (p *parser) createView(loc Loc, replace bool) Statement {
	v := &CreateView{Loc: loc, OrReplace: replace}
	v.Temporary = p.accept("temporary") || p.accept("temp")
	v.Materialized = p.accept("materialized")
	recursive := p.word("recursive")
	if recursive {
		p.unsupported(p.tok.pos, "CREATE RECURSIVE VIEW")
	}
	p.expect("view")
	v.IfNotExists = p.ifNotExists()
	v.Name = p.qualifiedName()
	if p.punct("(") {
		v.Columns = p.viewColumns()
	}
	for p.viewClause(v) {
	}
	p.expect("as")
	v.Query = p.query()
	if v.Materialized && !p.accept("with", "no", "data") {
		p.accept("with", "data")
	}
	if p.accept("with") {
		if !p.accept("local") {
			p.accept("cascaded")
		}
		p.expect("check", "option")
	}
	return v
}

func (p *parser) viewColumns() []ColumnDef {
	p.expectPunct("(")
	var list []ColumnDef
	for {
		c := ColumnDef{Loc: p.loc(), Name: p.name()}
		if p.accept("comment") {
			c.Comment = p.looseString()
		}
		list = append(list, c)
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return list
}

// viewClause reads COMMENT, TBLPROPERTIES, Trino's SECURITY and PostgreSQL's WITH (..) before AS.
func (p *parser) viewClause(v *CreateView) bool {
	switch {
	case p.accept("comment"):
		v.Comment = p.looseString()
	case p.accept("tblproperties"):
		v.Properties = p.properties()
	case p.accept("security"):
		if !p.accept("definer") {
			p.expect("invoker")
		}
	case p.word("with") && p.peek(1).isPunct("("):
		p.next()
		p.viewOptions()
	default:
		return false
	}
	return true
}

// viewOptions reads the options of a view that only reads: those of PostgreSQL say who may see and write what through it.
func (p *parser) viewOptions() {
	for _, o := range p.options() {
		switch o.Name {
		case "security_barrier", "security_invoker", "check_option":
		default:
			p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized parameter \"%s\"", o.Name).At(o.Pos()))
		}
	}
}

// drop reads DROP.
func (p *parser) drop() Statement {
	loc, start := p.loc(), p.tok.start
	p.expect("drop")
	switch {
	case p.accept("database"), p.accept("schema"):
		d := &DropDatabase{Loc: loc, IfExists: p.ifExists(), Name: p.qualifiedName()}
		d.Cascade = p.cascade()
		return d
	case p.accept("catalog"):
		d := &DropCatalog{Loc: loc, IfExists: p.ifExists(), Name: p.name()}
		d.Cascade = p.cascade()
		return d
	case p.accept("crawler"):
		return &DropCrawler{Loc: loc, IfExists: p.ifExists(), Name: p.name()}
	case p.word("table") || p.word("external") && p.peek(1).isWord("table"):
		p.accept("external")
		p.next()
		d := &DropTable{Loc: loc, IfExists: p.ifExists(), Names: p.qualifiedNames()}
		d.Cascade = p.cascade()
		p.accept("purge")
		return d
	case p.word("view"), p.words("materialized", "view"):
		d := &DropView{Loc: loc, Materialized: p.accept("materialized")}
		p.next()
		d.IfExists = p.ifExists()
		d.Names = p.qualifiedNames()
		d.Cascade = p.cascade()
		return d
	}
	tag := p.otherObject()
	if tag == "" {
		p.unexpected()
	}
	return p.rest(loc, start, "DROP "+tag)
}
