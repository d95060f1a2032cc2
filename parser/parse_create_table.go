package parser

// createTable reads CREATE TABLE after CREATE [OR REPLACE], in Hive's, Trino's and PostgreSQL's forms.
func (p *parser) createTable(loc Loc, replace bool) Statement {
	t := &CreateTable{Loc: loc, OrReplace: replace}
	for !p.word("table") {
		switch {
		case p.word("external"):
			t.External = true
			p.setHive(true)
		case p.anyWord("temporary", "temp"):
			t.Temporary = true
		}
		p.next()
	}
	p.expect("table")
	t.IfNotExists = p.ifNotExists()
	t.Name = p.qualifiedName()
	switch {
	case p.accept("like"):
		t.Like = p.qualifiedName()
	case p.punct("("):
		p.tableElements(t)
	}
	p.tableClauses(t)
	if t.ColumnNames != nil && !p.word("as") {
		p.unexpected()
	}
	if p.word("as") {
		p.setHive(false)
		p.next()
		t.Query = p.query()
		if p.accept("with") {
			t.WithNoData = p.accept("no")
			p.expect("data")
		}
	}
	return t
}

// tableElements reads the column list, or the names of CREATE TABLE t (a, b) AS query.
func (p *parser) tableElements(t *CreateTable) {
	if u := p.peek(2); isName(p.peek(1)) && (u.isPunct(",") || u.isPunct(")")) {
		t.ColumnNames = p.parenNames()
		return
	}
	p.expectPunct("(")
	if p.acceptPunct(")") {
		return
	}
	p.tableElement(t)
	for p.acceptPunct(",") {
		p.tableElement(t)
	}
	p.expectPunct(")")
}

// constraintWords begin a table constraint.
var constraintWords = map[string]string{
	"primary": "PRIMARY KEY", "unique": "UNIQUE", "foreign": "FOREIGN KEY", "check": "CHECK", "exclude": "EXCLUDE",
}

func (p *parser) tableElement(t *CreateTable) {
	if p.accept("like") {
		t.Like = p.qualifiedName()
		for p.anyWord("including", "excluding") {
			p.next()
			p.label()
		}
		return
	}
	named := p.accept("constraint")
	if named {
		p.name()
	}
	if kind, ok := constraintWords[p.tok.text]; ok && p.tok.kind == tokWord && p.tok.class == reserved || p.word("exclude") &&
		(p.peek(1).isPunct("(") || p.peek(1).isWord("using")) {
		p.tableConstraint(t, kind)
		return
	}
	if named {
		p.unexpected()
	}
	t.Columns = append(t.Columns, p.tableColumn())
}

func (p *parser) tableConstraint(t *CreateTable, kind string) {
	if p.accept("primary", "key") {
		t.PrimaryKey = p.parenNames()
	} else {
		t.Constraints = append(t.Constraints, kind)
		if p.next().text == "unique" && p.punct("(") {
			p.parenNames()
		}
	}
	p.skipElement()
}

// skipElement moves to the comma or parenthesis that ends an element of a list, or to the end of the statement.
func (p *parser) skipElement() {
	for depth := 0; ; p.next() {
		switch {
		case p.atEnd() && depth == 0:
			return
		case p.atEnd() || p.tok.kind == tokError:
			p.unexpected()
		case p.punct("("):
			depth++
		case p.punct(")") && depth == 0, p.punct(",") && depth == 0:
			return
		case p.punct(")"):
			depth--
		}
	}
}

// tableColumn reads a column with its type, constraints and comment.
func (p *parser) tableColumn() ColumnDef {
	c := ColumnDef{Loc: p.loc(), Name: p.name()}
	c.Type = p.typeName()
	for p.columnClause(&c) {
	}
	return c
}

func (p *parser) columnClause(c *ColumnDef) bool {
	switch {
	case p.accept("comment"):
		c.Comment = p.looseString()
	case p.accept("not"):
		p.expect("null")
		c.NotNull = true
	case p.accept("null"):
	case p.accept("default"):
		c.Default = p.restricted()
	case p.accept("primary"):
		p.expect("key")
		c.PrimaryKey = true
	case p.accept("unique"):
		c.Unique = true
	case p.accept("collate"):
		p.qualifiedName()
		c.Constraints = append(c.Constraints, "COLLATE")
	case p.accept("with"):
		c.Options = p.options()
	case p.accept("constraint"):
		p.name()
	case p.anyWord("references", "check", "generated"):
		c.Constraints = append(c.Constraints, upper(p.tok.text))
		p.skipElement()
		return false
	default:
		return false
	}
	return true
}

// tableClauses reads what follows the column list. Strings are Hive's there, since its escapes matter in delimiters.
func (p *parser) tableClauses(t *CreateTable) {
	if p.atEnd() || p.word("as") {
		return
	}
	p.setHive(true)
	for p.tableClause(t) {
	}
}

func (p *parser) tableClause(t *CreateTable) bool {
	switch {
	case p.accept("comment"):
		t.Comment = p.looseString()
	case p.accept("partitioned"):
		p.expect("by")
		p.partitionedBy(t)
	case p.accept("clustered"):
		p.clusteredBy(t)
	case p.words("row", "format"):
		t.RowFormat = p.rowFormat()
	case p.accept("stored"):
		t.Storage = p.storedAs()
	case p.accept("location"):
		t.Location = p.filled(p.looseString)
	case p.accept("tblproperties"):
		t.Properties = append(t.Properties, p.properties()...)
	case p.words("with", "serdeproperties"):
		p.next()
		p.next()
		if t.RowFormat == nil {
			p.unexpected()
		}
		t.RowFormat.SerdeProperties = p.properties()
	case p.word("with") && p.peek(1).isPunct("("):
		p.setHive(false)
		p.next()
		t.Options = p.options()
		p.setHive(true)
	case p.accept("on", "commit"):
		t.OnCommit = p.onCommit()
	case p.word("without") && p.peek(1).isWord("oids"):
		p.next()
		p.next()
	case p.accept("tablespace"):
		p.name()
	case p.words("partition", "by"), p.word("inherits"), p.word("using"):
		p.unkeptClause(t)
	default:
		return false
	}
	return true
}

// unkeptClause reads PostgreSQL's INHERITS (..), USING method and PARTITION BY method (..), of which the name is kept.
func (p *parser) unkeptClause(t *CreateTable) {
	kind := upper(p.next().text)
	if p.accept("by") {
		kind += " BY"
	}
	if kind != "INHERITS" {
		p.name()
	}
	if kind != "USING" {
		p.expectPunct("(")
		p.skipGroup()
	}
	t.Constraints = append(t.Constraints, kind)
}

func (p *parser) onCommit() string {
	switch {
	case p.accept("drop"):
		return "DROP"
	case p.accept("delete"):
		p.expect("rows")
		return "DELETE ROWS"
	}
	p.expect("preserve", "rows")
	return "PRESERVE ROWS"
}

// partitionedBy reads Hive's typed columns, or Iceberg's transforms, which have no type after them.
func (p *parser) partitionedBy(t *CreateTable) {
	p.expectPunct("(")
	for {
		if u := p.peek(1); u.isPunct("(") || u.isPunct(",") || u.isPunct(")") {
			t.PartitionTransforms = append(t.PartitionTransforms, p.expr())
		} else {
			t.PartitionedBy = append(t.PartitionedBy, p.tableColumn())
		}
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	if t.PartitionedBy != nil && t.PartitionTransforms != nil {
		p.failAt(t.PartitionTransforms[0].Pos(), "partition columns need a type")
	}
}

// maxBuckets bounds INTO n BUCKETS.
const maxBuckets = 1 << 20

func (p *parser) clusteredBy(t *CreateTable) {
	p.expect("by")
	t.ClusteredBy = p.parenNames()
	if p.accept("sorted") {
		p.expect("by")
		p.expectPunct("(")
		t.SortedBy = p.orderItems()
		p.expectPunct(")")
	}
	p.expect("into")
	t.Buckets = int(p.integer(maxBuckets))
	p.expect("buckets")
}

func (p *parser) rowFormat() *RowFormat {
	r := &RowFormat{Loc: p.loc()}
	p.expect("row", "format")
	if p.accept("serde") {
		r.Serde = p.filled(p.looseString)
		if p.accept("with", "serdeproperties") {
			r.SerdeProperties = p.properties()
		}
		return r
	}
	p.expect("delimited")
	for p.delimiter(r) {
	}
	return r
}

func (p *parser) delimiter(r *RowFormat) bool {
	switch {
	case p.accept("fields"):
		r.FieldsTerminatedBy = p.terminatedBy()
	case p.accept("escaped"):
		p.expect("by")
		r.EscapedBy = p.delimiterText()
	case p.accept("collection"):
		p.expect("items")
		r.CollectionItemsTerminatedBy = p.terminatedBy()
	case p.accept("map"):
		p.expect("keys")
		r.MapKeysTerminatedBy = p.terminatedBy()
	case p.accept("lines"):
		r.LinesTerminatedBy = p.terminatedBy()
	case p.accept("null"):
		p.expect("defined", "as")
		r.NullDefinedAs = p.delimiterText()
	default:
		return false
	}
	return true
}

func (p *parser) terminatedBy() *string {
	p.expect("terminated", "by")
	return p.delimiterText()
}

func (p *parser) delimiterText() *string {
	s := p.looseString()
	return &s
}

func (p *parser) storedAs() *StorageFormat {
	s := &StorageFormat{Loc: p.loc()}
	if p.word("by") {
		p.unsupported(p.tok.pos, "STORED BY")
	}
	p.expect("as")
	if p.accept("inputformat") {
		s.InputFormat = p.filled(p.looseString)
		p.expect("outputformat")
		s.OutputFormat = p.filled(p.looseString)
		return s
	}
	s.Format = upper(p.name())
	return s
}
