package parser

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

func upper(s string) string { return strings.ToUpper(s) }

// atom reads an operand without operators.
func (p *parser) atom() Expr {
	loc := p.loc()
	switch p.tok.kind {
	case tokNumber:
		t := p.next()
		return &NumberLit{Loc: loc, Kind: t.num, Text: t.text}
	case tokString:
		if p.tok.doubleQuoted {
			return p.named()
		}
		return &StringLit{Loc: loc, Value: p.next().text}
	case tokBits, tokHex:
		return p.bitString()
	case tokParam:
		return p.param()
	case tokPunct:
		if p.punct("(") {
			return p.paren()
		}
	case tokQuoted:
		return p.named()
	case tokWord:
		if e := p.wordAtom(); e != nil {
			return e
		}
		if p.tok.class != reserved {
			return p.named()
		}
	}
	p.unexpected()
	return nil
}

func (p *parser) bitString() Expr {
	t := p.next()
	digits := "01"
	what := "binary"
	if t.kind == tokHex {
		digits, what = "0123456789abcdef", "hexadecimal"
	}
	for _, c := range t.text {
		if !strings.ContainsRune(digits, c) {
			p.fail(sqlerr.New(sqlerr.InvalidTextRepresent, "\"%c\" is not a valid %s digit", c, what).At(t.pos))
		}
	}
	return &BitStringLit{Loc: Loc(t.pos), Hex: t.kind == tokHex, Digits: t.text}
}

// maxParams is the largest number of a parameter that the wire protocol can bind.
const maxParams = 65535

func (p *parser) param() Expr {
	t := p.next()
	n, err := strconv.Atoi(t.text)
	switch {
	case err != nil || n > maxParams:
		p.failAt(t.pos, "parameter number too large at or near \"$%s\"", t.text)
	case n == 0:
		p.fail(sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $0").At(t.pos))
	case p.questions > 0:
		p.failAt(t.pos, "parameters $n and ? cannot be mixed in a statement")
	}
	p.params = max(p.params, n)
	return &Param{Loc: Loc(t.pos), Number: n}
}

// wordAtom reads an operand that begins with a word of special meaning, or returns nil when the word is a name here.
func (p *parser) wordAtom() Expr {
	loc := p.loc()
	switch p.tok.text {
	case "null":
		p.next()
		return &NullLit{Loc: loc}
	case "true", "false":
		return &BoolLit{Loc: loc, Value: p.next().text == "true"}
	case "default":
		p.next()
		return &DefaultExpr{Loc: loc}
	case "case":
		return p.caseExpr()
	case "array":
		return p.array()
	case "current_catalog", "current_date", "current_role", "current_user", "session_user", "user":
		return &SpecialValue{Loc: loc, Name: p.next().text, Precision: -1}
	case "current_schema":
		if p.peek(1).isPunct("(") {
			return nil
		}
		return &SpecialValue{Loc: loc, Name: p.next().text, Precision: -1}
	case "current_time", "current_timestamp", "localtime", "localtimestamp":
		name := p.next().text
		return &SpecialValue{Loc: loc, Name: name, Precision: p.precision()}
	case "interval":
		return p.intervalLit()
	case "cast":
		return p.cast(false)
	}
	if t := p.peek(1); t.isPunct("(") {
		return p.specialCall()
	}
	return p.typedLit()
}

// precision reads (n), and returns -1 when there is none.
func (p *parser) precision() int {
	if !p.acceptPunct("(") {
		return -1
	}
	n := p.integer(1000)
	p.expectPunct(")")
	return int(n)
}

func (p *parser) caseExpr() Expr {
	e := &CaseExpr{Loc: p.loc()}
	p.expect("case")
	if !p.word("when") {
		e.Operand = p.expr()
	}
	for p.word("when") {
		w := When{Loc: p.loc()}
		p.next()
		w.Cond = p.expr()
		p.expect("then")
		w.Result = p.expr()
		e.Whens = append(e.Whens, w)
	}
	if len(e.Whens) == 0 {
		p.unexpected()
	}
	if p.accept("else") {
		e.Else = p.expr()
	}
	p.expect("end")
	return e
}

// array reads ARRAY[..] and ARRAY(query).
func (p *parser) array() Expr {
	loc := p.loc()
	p.expect("array")
	if p.punct("[") {
		e := p.arrayItems()
		e.Loc = loc
		return e
	}
	p.expectPunct("(")
	return &ArraySubquery{Loc: loc, Query: p.parenQueryBody()}
}

// parenQueryBody reads a query after an opening parenthesis, and the closing one.
func (p *parser) parenQueryBody() *Query {
	start := p.tok
	if !p.startsQuery() && !p.punct("(") {
		p.unexpected()
	}
	q, _ := p.parenBody()
	if q == nil {
		p.unexpectedToken(start)
	}
	return q
}

// arrayItems reads [a, b, ..], where an item may be such a list itself.
func (p *parser) arrayItems() *ArrayExpr {
	p.enter()
	defer p.leave()
	e := &ArrayExpr{Loc: p.loc()}
	p.expectPunct("[")
	for !p.punct("]") {
		if len(e.Items) > 0 {
			p.expectPunct(",")
		}
		if p.punct("[") {
			e.Items = append(e.Items, p.arrayItems())
		} else {
			e.Items = append(e.Items, p.expr())
		}
	}
	p.expectPunct("]")
	return e
}

// cast reads CAST(expr AS type) and TRY_CAST.
func (p *parser) cast(try bool) Expr {
	e := &CastExpr{Loc: p.loc(), Try: try}
	p.next()
	p.expectPunct("(")
	e.Expr = p.expr()
	p.expect("as")
	e.Type = p.typeName()
	p.expectPunct(")")
	return e
}

// named reads what begins with a name: a column, t.*, a function call, or a constant of a named type.
func (p *parser) named() Expr {
	loc := p.loc()
	first := p.next()
	n := Name{first.text}
	for p.acceptPunct(".") {
		if p.acceptOp("*") {
			if first.class == typeFuncName {
				p.unexpectedToken(first)
			}
			return p.starModifiers(&Star{Loc: loc, Qualifier: n})
		}
		n = append(n, p.label())
		p.checkNameLength(n)
	}
	switch {
	case p.punct("("):
		c := &FuncCall{Loc: loc, Name: n, Quoted: len(n) == 1 && isQuotedName(first)}
		return p.call(c)
	case p.tok.kind == tokString && !p.tok.doubleQuoted && first.class != colName:
		t := &TypeName{Loc: loc, Name: n, Quoted: len(n) == 1 && isQuotedName(first)}
		return &TypedLit{Loc: loc, Type: t, Value: p.next().text}
	case first.class == typeFuncName:
		// Such a word names a function or a type, never a column.
		p.unexpected()
	}
	return &ColumnRef{Loc: loc, Name: n}
}

// typedLit reads a constant of a type whose name is a keyword, or returns nil when the word is a name here.
func (p *parser) typedLit() Expr {
	if !p.atKeywordType() {
		return nil
	}
	loc := p.loc()
	if t := p.peek(1); t.kind == tokWord {
		// Two words that can be nothing but a type.
		typ := p.typeName()
		return &TypedLit{Loc: loc, Type: typ, Value: p.str()}
	}
	m := p.mark()
	if t := p.tryType(); t != nil && p.tok.kind == tokString {
		return &TypedLit{Loc: loc, Type: t, Value: p.next().text}
	}
	p.reset(m)
	return nil
}

// atKeywordType reports whether a type of several words or with a keyword for a name may begin here, as in
// double precision '1' or timestamp with time zone '..'. Types with plain names are found by the string after the name.
func (p *parser) atKeywordType() bool {
	switch p.tok.text {
	case "bit", "boolean", "char", "character", "dec", "decimal", "float", "int", "integer", "bigint", "smallint",
		"national", "nchar", "numeric", "real", "varchar":
		t := p.peek(1)
		return t.kind == tokString || t.isPunct("(") || t.isWord("varying") || t.isWord("character") || t.isWord("char")
	case "time", "timestamp":
		t := p.peek(1)
		return t.kind == tokString || t.isPunct("(") || t.isWord("with") || t.isWord("without")
	case "double":
		return p.peek(1).isWord("precision")
	}
	return false
}

// tryType reads a type and returns nil instead of failing.
func (p *parser) tryType() (t *TypeName) {
	depth := p.depth
	if err := p.run(func() { t = p.typeName() }); err != nil {
		p.depth = depth
		return nil
	}
	return t
}

// intervalLit reads an interval constant, or returns nil when interval is a name here. Besides the standard's string,
// the value may be a bare number with a unit: interval 1 day.
func (p *parser) intervalLit() Expr {
	e := &IntervalLit{Loc: p.loc(), Precision: -1}
	t := p.peek(1)
	switch {
	case t.kind == tokString:
		p.next()
	case t.isPunct("("):
		m := p.mark()
		p.next()
		if p.peek(1).kind == tokNumber && p.peek(2).isPunct(")") {
			e.Precision = p.precision()
		}
		if p.tok.kind != tokString {
			p.reset(m)
			return nil
		}
	case (t.isOp("-") || t.isOp("+")) && p.peek(2).kind == tokString:
		p.next()
		e.Negative = p.next().text == "-"
	case t.kind == tokNumber && unitOf(p.peek(2)) != NoUnit:
		p.next()
		e.Value = p.next().text
		e.From = unitOf(p.next())
		return e
	default:
		return nil
	}
	e.Value = p.str()
	if e.Precision >= 0 {
		return e
	}
	e.From, e.To, e.Precision = p.intervalFields()
	return e
}

// unitOf returns the interval field that a word names; plurals count, as in Hive.
func unitOf(t token) IntervalUnit {
	if t.kind != tokWord {
		return NoUnit
	}
	word := strings.TrimSuffix(t.text, "s")
	for u, name := range intervalUnitNames {
		if name == word && u != int(NoUnit) {
			return IntervalUnit(u)
		}
	}
	return NoUnit
}

// intervalFields reads PostgreSQL's interval fields: YEAR, MONTH, DAY, HOUR, MINUTE, SECOND(p) and their ranges.
func (p *parser) intervalFields() (from, to IntervalUnit, precision int) {
	precision = -1
	from = p.intervalField()
	if from == NoUnit {
		return from, to, precision
	}
	p.next()
	if p.word("to") {
		if t := p.peek(1); t.kind == tokWord && validRange(from, unitOf(t)) && !strings.HasSuffix(t.text, "s") {
			p.next()
			to = unitOf(p.next())
		} else {
			p.next()
			p.unexpected()
		}
	}
	if from == SecondUnit || to == SecondUnit {
		precision = p.precision()
	}
	return from, to, precision
}

func (p *parser) intervalField() IntervalUnit {
	if p.tok.kind == tokWord && strings.HasSuffix(p.tok.text, "s") {
		return NoUnit
	}
	switch u := unitOf(p.tok); u {
	case YearUnit, MonthUnit, DayUnit, HourUnit, MinuteUnit, SecondUnit:
		return u
	}
	return NoUnit
}

func validRange(from, to IntervalUnit) bool {
	switch from {
	case YearUnit:
		return to == MonthUnit
	case DayUnit, HourUnit, MinuteUnit:
		return to > from && to <= SecondUnit
	}
	return false
}
