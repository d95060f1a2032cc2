package parser

import (
	"strconv"
	"strings"
)

// Format returns the SQL text of a statement, an expression, a table of FROM, a query body, a type or an action of ALTER
// TABLE. Keywords are in upper case, names are quoted where they must be, and parentheses stand where precedence needs
// them. Parsing the text gives the same tree but for positions, so that formatting is a fixed point. The text of an
// OtherStatement and of an OtherAlter is the original one.
func Format(n Node) string {
	p := &printer{}
	p.node(n)
	return p.b.String()
}

// QuoteIdent returns an identifier as SQL text: in double quotes unless it would be read the same without them.
func QuoteIdent(name string) string {
	p := &printer{}
	p.ident(name)
	return p.b.String()
}

// QuoteString returns a string constant as SQL text.
func QuoteString(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

type printer struct {
	b strings.Builder
	// hive writes strings and quoted names as the lexer reads them in Hive DDL.
	hive bool
}

func (p *printer) node(n Node) {
	switch n := n.(type) {
	case Expr:
		p.expr(n)
	case TableExpr:
		p.table(n)
	case *Query:
		p.query(n)
	case QueryBody:
		p.body(n)
	case Statement:
		p.statement(n)
	case *TypeName:
		p.typeName(n)
	case AlterAction:
		p.alterAction(n)
	}
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

// putIf writes s when cond holds.
func (p *printer) putIf(cond bool, s string) {
	if cond {
		p.b.WriteString(s)
	}
}

func (p *printer) int(n int64) { p.b.WriteString(strconv.FormatInt(n, 10)) }

func (p *printer) comma(i int) {
	if i > 0 {
		p.b.WriteString(", ")
	}
}

// str writes a string constant.
func (p *printer) str(s string) {
	if p.hive {
		quoteHive(&p.b, s, '\'')
		return
	}
	p.put(QuoteString(s))
}

// contextWords are words that PostgreSQL does not reserve and that begin a clause of their own in some place where a
// name may stand too.
var contextWords = map[string]bool{
	"cube": true, "current": true, "groups": true, "if": true, "operator": true, "partition": true, "qualify": true,
	"range": true, "rollup": true, "rows": true, "unbounded": true, "unnest": true, "try_cast": true,
}

// isPlainName reports whether a name is read back unchanged without quotes, as far as its characters go.
func isPlainName(s string) bool {
	if s == "" || s[0] >= 'A' && s[0] <= 'Z' || !isWordStart(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isWordByte(s[i]) || s[i] >= 'A' && s[i] <= 'Z' {
			return false
		}
	}
	return true
}

func (p *printer) ident(s string) {
	if isPlainName(s) && !contextWords[s] && words[s].class <= unreserved {
		p.put(s)
		return
	}
	p.quoted(s)
}

func (p *printer) quoted(s string) {
	if p.hive {
		quoteHive(&p.b, s, '"')
		return
	}
	p.put(`"`, strings.ReplaceAll(s, `"`, `""`), `"`)
}

func (p *printer) name(n Name) {
	for i, part := range n {
		if i > 0 {
			p.put(".")
		}
		p.ident(part)
	}
}

func (p *printer) nameList(list []Name) {
	for i, n := range list {
		p.comma(i)
		p.name(n)
	}
}

func (p *printer) idents(list []string) {
	for i, s := range list {
		p.comma(i)
		p.ident(s)
	}
}

// parenIdents writes (a, b), and nothing for an empty list.
func (p *printer) parenIdents(list []string) {
	if len(list) > 0 {
		p.put(" (")
		p.idents(list)
		p.put(")")
	}
}

func (p *printer) exprs(list []Expr) {
	for i, e := range list {
		p.comma(i)
		p.expr(e)
	}
}

// dottedName writes a name of an option or setting, whose dots are part of it.
func (p *printer) dottedName(s string, plain func(string) bool) {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if part == "" {
			p.quoted(s)
			return
		}
	}
	for i, part := range parts {
		if i > 0 {
			p.put(".")
		}
		if isPlainName(part) && plain(part) {
			p.put(part)
		} else {
			p.quoted(part)
		}
	}
}

// options writes (name = value, ..).
func (p *printer) options(list []Option) {
	p.put(" (")
	for i, o := range list {
		p.comma(i)
		p.dottedName(o.Name, func(string) bool { return true })
		if o.Value != nil {
			p.put(" = ")
			p.expr(o.Value)
		}
	}
	p.put(")")
}

// properties writes ('key' = 'value', ..) as Hive reads it.
func (p *printer) properties(list []Property) {
	p.put(" (")
	for i, prop := range list {
		p.comma(i)
		quoteHive(&p.b, prop.Key, '\'')
		p.put(" = ")
		quoteHive(&p.b, prop.Value, '\'')
	}
	p.put(")")
}

// partition writes PARTITION (a = 1, b).
func (p *printer) partition(list []PartitionValue) {
	p.put("PARTITION (")
	for i, v := range list {
		p.comma(i)
		p.ident(v.Column)
		if v.Op != "" {
			p.put(" ", v.Op, " ")
			p.operand(v.Value, precOther)
		}
	}
	p.put(")")
}
