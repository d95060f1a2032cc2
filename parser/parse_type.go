package parser

// maxTypeModifier bounds the numbers in parentheses after a type's name.
const maxTypeModifier = 1<<31 - 1

// typeName reads the name of a type in PostgreSQL's, Trino's and Hive's spellings.
func (p *parser) typeName() *TypeName {
	p.enter()
	defer p.leave()
	setOf := p.accept("setof")
	t := p.baseType()
	t.SetOf = setOf
	for {
		loc := t.Loc
		switch {
		case p.punct("["):
			p.arrayBound()
		case p.word("array") && !p.peek(1).isPunct("("):
			p.next()
			if p.punct("[") {
				p.arrayBound()
			}
		default:
			return t
		}
		inner := *t
		inner.SetOf = false
		t = &TypeName{Loc: loc, Name: Name{"array"}, Elems: []*TypeName{&inner}, SetOf: setOf}
		p.link()
	}
}

// arrayBound reads [] or [3]; PostgreSQL does not enforce the bound.
func (p *parser) arrayBound() {
	p.expectPunct("[")
	if !p.punct("]") {
		p.integer(maxTypeModifier)
	}
	p.expectPunct("]")
}

func (p *parser) baseType() *TypeName {
	t := &TypeName{Loc: p.loc()}
	if p.tok.kind != tokWord {
		if !isQuotedName(p.tok) {
			p.unexpected()
		}
		return p.namedType(t)
	}
	if p.peek(1).isPunct(".") {
		return p.namedType(t)
	}
	switch p.tok.text {
	case "double":
		p.next()
		p.accept("precision")
		t.Name = Name{"double"}
		return t
	case "character", "char", "nchar", "national":
		return p.characterType(t)
	case "bit":
		p.next()
		t.Name = Name{"bit"}
		if p.accept("varying") {
			t.Name = Name{"varbit"}
		}
		return p.typeMods(t)
	case "time", "timestamp":
		return p.timeType(t)
	case "interval":
		return p.intervalType(t)
	case "array":
		return p.arrayType(t)
	case "map":
		return p.mapType(t)
	case "struct", "row":
		return p.rowType(t)
	case "bigint", "boolean", "dec", "decimal", "float", "int", "integer", "numeric", "real", "smallint", "varchar":
		t.Name = Name{p.next().text}
		return p.typeMods(t)
	}
	return p.namedType(t)
}

func (p *parser) namedType(t *TypeName) *TypeName {
	if !isFuncName(p.tok) {
		p.unexpected()
	}
	first := p.next()
	t.Name = Name{first.text}
	for p.acceptPunct(".") {
		t.Name = append(t.Name, p.label())
		p.checkNameLength(t.Name)
	}
	t.Quoted = len(t.Name) == 1 && isQuotedName(first)
	return p.typeMods(t)
}

// typeMods reads (n, m).
func (p *parser) typeMods(t *TypeName) *TypeName {
	if !p.acceptPunct("(") {
		return t
	}
	for {
		t.Mods = append(t.Mods, int(p.signedInteger(maxTypeModifier)))
		if !p.acceptPunct(",") {
			break
		}
	}
	p.expectPunct(")")
	return t
}

// characterType reads CHARACTER, CHAR, NCHAR and NATIONAL CHARACTER, each perhaps VARYING.
func (p *parser) characterType(t *TypeName) *TypeName {
	if p.next().text == "national" {
		if !p.accept("character") {
			p.expect("char")
		}
	}
	t.Name = Name{"char"}
	if p.accept("varying") {
		t.Name = Name{"varchar"}
	}
	return p.typeMods(t)
}

// timeType reads TIME and TIMESTAMP with their precision and zone.
func (p *parser) timeType(t *TypeName) *TypeName {
	name := p.next().text
	p.typeMods(t)
	if len(t.Mods) > 1 {
		p.unexpected()
	}
	switch {
	case p.words("with", "time", "zone"):
		name += "tz"
	case p.words("with", "local", "time"):
		// Hive's and Spark's name of the same type.
		name += "tz"
		p.next()
	case !p.words("without", "time", "zone"):
		t.Name = Name{name}
		return t
	}
	p.next()
	p.next()
	p.expect("zone")
	t.Name = Name{name}
	return t
}

func (p *parser) intervalType(t *TypeName) *TypeName {
	p.next()
	t.Name = Name{"interval"}
	if p.punct("(") {
		return p.typeMods(t)
	}
	var precision int
	t.From, t.To, precision = p.intervalFields()
	if precision >= 0 {
		t.Mods = []int{precision}
	}
	return t
}

// open reads < or ( and returns what closes it.
func (p *parser) open() string {
	switch {
	case p.tok.kind == tokOp && p.tok.text[0] == '<':
		p.splitToken(1)
		return ">"
	case p.acceptPunct("("):
		return ")"
	}
	p.unexpected()
	return ""
}

// closeType reads what open said; the lexer may have joined several > into an operator.
func (p *parser) closeType(closer string) {
	if closer == ")" {
		p.expectPunct(")")
		return
	}
	if p.tok.kind != tokOp || p.lex.src[p.tok.start] != '>' {
		p.unexpected()
	}
	p.splitToken(1)
}

func (p *parser) arrayType(t *TypeName) *TypeName {
	p.next()
	t.Name = Name{"array"}
	closer := p.open()
	t.Elems = []*TypeName{p.typeName()}
	p.closeType(closer)
	return t
}

func (p *parser) mapType(t *TypeName) *TypeName {
	if u := p.peek(1); !u.isPunct("(") && (u.kind != tokOp || u.text[0] != '<') {
		return p.namedType(t)
	}
	p.next()
	t.Name = Name{"map"}
	closer := p.open()
	key := p.typeName()
	p.expectPunct(",")
	t.Elems = []*TypeName{key, p.typeName()}
	p.closeType(closer)
	return t
}

// rowType reads struct<a:int COMMENT '..', b:string> and row(a int, varchar).
func (p *parser) rowType(t *TypeName) *TypeName {
	if p.word("struct") {
		if u := p.peek(1); u.kind != tokOp || u.text[0] != '<' {
			return p.namedType(t)
		}
	}
	p.next()
	t.Name = Name{"row"}
	closer := p.open()
	for {
		t.Fields = append(t.Fields, p.typeField())
		if !p.acceptPunct(",") {
			break
		}
	}
	p.closeType(closer)
	return t
}

func (p *parser) typeField() TypeField {
	f := TypeField{Loc: p.loc()}
	if t := p.peek(1); isLabel(p.tok) && (t.isPunct(":") || p.atFieldName()) {
		f.Name = p.next().text
		p.acceptPunct(":")
	}
	f.Type = p.typeName()
	if p.accept("comment") {
		f.Comment = p.looseString()
	}
	return f
}

// atFieldName reports whether the current word is a field's name and the next one begins its type, in contrast to a type
// of several words.
func (p *parser) atFieldName() bool {
	t := p.peek(1)
	if !isLabel(t) {
		return false
	}
	switch p.tok.text {
	case "double":
		return !t.isWord("precision")
	case "character", "char", "nchar", "bit":
		return !t.isWord("varying")
	case "national":
		return !t.isWord("character") && !t.isWord("char")
	case "time", "timestamp":
		return !t.isWord("with") && !t.isWord("without")
	case "interval":
		return unitOf(t) == NoUnit
	}
	return !t.isWord("array") || p.peek(2).isPunct("(") || p.peek(2).kind == tokOp
}
