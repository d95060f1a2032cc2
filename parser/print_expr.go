package parser

import "strings"

// Strengths above the infix operators': a sign before an operand, and an operand that needs no parentheses anywhere.
const (
	precUnary = precCollate + 1 + iota
	precPrimary
)

// precedence returns how strongly the outermost operator of e binds.
func precedence(e Expr) int {
	switch e := e.(type) {
	case *OrExpr:
		return precOr
	case *AndExpr:
		return precAnd
	case *NotExpr:
		return precNot
	case *IsNull, *IsTruth, *IsDistinct:
		return precIs
	case *Between, *InList, *InSubquery, *LikeExpr:
		return precLike
	case *BinaryExpr:
		return operatorStrength(e.Op, e.OpSchema)
	case *QuantifiedExpr:
		return operatorStrength(e.Op, e.OpSchema)
	case *UnaryExpr:
		if e.OpSchema == "" && (e.Op == "-" || e.Op == "+") {
			return precUnary
		}
		return precOther
	case *AtTimeZone:
		return precAt
	case *CollateExpr:
		return precCollate
	case *LambdaExpr, *NamedArg:
		return 0
	}
	return precPrimary
}

// operatorStrength returns the strength of an infix operator; OPERATOR(..) binds like any other operator.
func operatorStrength(op, schema string) int {
	if schema != "" {
		return precOther
	}
	return opPrecedence(op)
}

func (p *printer) expr(e Expr) { p.operand(e, 0) }

// operand writes e, in parentheses when its outermost operator binds less strongly than min.
func (p *printer) operand(e Expr, min int) {
	if precedence(e) < min {
		p.put("(")
		p.bare(e)
		p.put(")")
		return
	}
	p.bare(e)
}

func (p *printer) bare(e Expr) {
	switch e := e.(type) {
	case *OrExpr:
		p.chain(e.Args, " OR ", precOr)
	case *AndExpr:
		p.chain(e.Args, " AND ", precAnd)
	case *NotExpr:
		p.put("NOT ")
		p.operand(e.Expr, precNot)
	case *UnaryExpr:
		p.unary(e)
	case *BinaryExpr:
		p.binary(e)
	case *IsNull:
		p.operand(e.Expr, precIs+1)
		p.put(" IS ", notWord(e.Not), "NULL")
	case *IsTruth:
		p.operand(e.Expr, precIs+1)
		p.put(" IS ", notWord(e.Not), [...]string{"TRUE", "FALSE", "UNKNOWN"}[e.Value])
	case *IsDistinct:
		p.operand(e.Left, precIs+1)
		p.put(" IS ", notWord(e.Not), "DISTINCT FROM ")
		p.operand(e.Right, precIs+1)
	case *Between:
		p.between(e)
	case *InList:
		p.operand(e.Expr, precLike+1)
		p.put(" ", notWord(e.Not), "IN (")
		p.exprs(e.List)
		p.put(")")
	case *InSubquery:
		p.operand(e.Expr, precLike+1)
		p.put(" ", notWord(e.Not), "IN ")
		p.parenQuery(e.Query)
	case *LikeExpr:
		p.like(e)
	case *QuantifiedExpr:
		p.quantified(e)
	case *AtTimeZone:
		p.operand(e.Expr, precAt)
		if e.Zone == nil {
			p.put(" AT LOCAL")
			return
		}
		p.put(" AT TIME ZONE ")
		p.operand(e.Zone, precAt+1)
	case *CollateExpr:
		p.operand(e.Expr, precCollate)
		p.put(" COLLATE ")
		p.name(e.Collation)
	default:
		p.primary(e)
	}
}

func notWord(not bool) string {
	if not {
		return "NOT "
	}
	return ""
}

func (p *printer) chain(args []Expr, op string, prec int) {
	for i, a := range args {
		p.putIf(i > 0, op)
		p.operand(a, prec+1)
	}
}

// operatorText returns an operator, in OPERATOR(..) when it has a schema.
func (p *printer) operatorText(op, schema string) string {
	if schema == "" {
		return op
	}
	return "OPERATOR(" + QuoteIdent(schema) + "." + op + ")"
}

func (p *printer) unary(e *UnaryExpr) {
	p.put(p.operatorText(e.Op, e.OpSchema))
	if precedence(e) == precUnary {
		// A second sign must not join the first one into a comment or an operator.
		_, sign := e.Expr.(*UnaryExpr)
		p.putIf(sign, " ")
		p.operand(e.Expr, precUnary)
		return
	}
	p.put(" ")
	p.operand(e.Expr, precOther+1)
}

func (p *printer) binary(e *BinaryExpr) {
	prec := precedence(e)
	left := prec
	if prec == precCompare {
		left++
	}
	p.operand(e.Left, left)
	p.put(" ", p.operatorText(e.Op, e.OpSchema), " ")
	p.operand(e.Right, prec+1)
}

func (p *printer) between(e *Between) {
	p.operand(e.Expr, precLike+1)
	p.put(" ", notWord(e.Not), "BETWEEN ")
	p.putIf(e.Symmetric, "SYMMETRIC ")
	p.operand(e.Low, precUnary)
	p.put(" AND ")
	p.operand(e.High, precLike+1)
}

func (p *printer) like(e *LikeExpr) {
	p.operand(e.Expr, precLike+1)
	p.put(" ", notWord(e.Not), [...]string{"LIKE", "ILIKE", "SIMILAR TO"}[e.Kind], " ")
	p.operand(e.Pattern, precLike+1)
	if e.Escape != nil {
		p.put(" ESCAPE ")
		p.operand(e.Escape, precLike+1)
	}
}

func (p *printer) quantified(e *QuantifiedExpr) {
	prec := precedence(e)
	left := prec
	if prec == precCompare {
		left++
	}
	p.operand(e.Left, left)
	word := " ANY "
	if e.All {
		word = " ALL "
	}
	p.put(" ", p.operatorText(e.Op, e.OpSchema), word)
	if e.Query != nil {
		p.parenQuery(e.Query)
		return
	}
	p.put("(")
	p.expr(e.Array)
	p.put(")")
}

func (p *printer) parenQuery(q *Query) {
	p.put("(")
	p.query(q)
	p.put(")")
}

// primary writes an operand that needs no parentheses around it.
func (p *printer) primary(e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		p.name(e.Name)
	case *Star:
		p.star(e)
	case *FieldStar:
		p.put("(")
		p.expr(e.Expr)
		p.put(").*")
	case *FieldAccess:
		p.base(e.Expr, false)
		p.put(".")
		p.ident(e.Field)
	case *Subscript:
		p.base(e.Expr, true)
		p.put("[")
		p.expr(e.Index)
		p.put("]")
	case *Slice:
		p.slice(e)
	case *ExistsExpr:
		p.put("EXISTS ")
		p.parenQuery(e.Query)
	case *SubqueryExpr:
		p.parenQuery(e.Query)
	case *ArraySubquery:
		p.put("ARRAY")
		p.parenQuery(e.Query)
	case *ArrayExpr:
		p.put("ARRAY[")
		p.exprs(e.Items)
		p.put("]")
	case *RowExpr:
		p.putIf(e.Explicit, "ROW")
		p.put("(")
		p.exprs(e.Items)
		p.put(")")
	case *CaseExpr:
		p.caseExpr(e)
	case *CastExpr:
		p.putIf(e.Try, "TRY_")
		p.put("CAST(")
		p.expr(e.Expr)
		p.put(" AS ")
		p.typeName(e.Type)
		p.put(")")
	case *ExtractExpr:
		p.put("EXTRACT(")
		if isPlainName(e.Field) {
			p.put(e.Field)
		} else {
			p.str(e.Field)
		}
		p.put(" FROM ")
		p.expr(e.From)
		p.put(")")
	case *LambdaExpr:
		p.put("(")
		p.idents(e.Params)
		p.put(") -> ")
		p.operand(e.Body, precOr)
	case *NamedArg:
		p.ident(e.Name)
		p.put(" => ")
		p.operand(e.Value, precOr)
	case *FuncCall:
		p.call(e)
	default:
		p.literal(e)
	}
}

// base writes what a subscript or field belongs to, in parentheses unless PostgreSQL's grammar takes it without.
func (p *printer) base(e Expr, subscript bool) {
	switch e.(type) {
	case *Subscript, *Slice, *FieldAccess, *Param:
		p.bare(e)
		return
	case *ColumnRef:
		if subscript {
			p.bare(e)
			return
		}
	}
	p.put("(")
	p.expr(e)
	p.put(")")
}

func (p *printer) slice(e *Slice) {
	p.base(e.Expr, true)
	p.put("[")
	if e.Low != nil {
		p.expr(e.Low)
	}
	p.put(":")
	if e.High != nil {
		p.expr(e.High)
	}
	p.put("]")
}

func (p *printer) star(e *Star) {
	if len(e.Qualifier) > 0 {
		p.name(e.Qualifier)
		p.put(".")
	}
	p.put("*")
	if len(e.Except) > 0 {
		p.put(" EXCEPT (")
		p.idents(e.Except)
		p.put(")")
	}
	if len(e.Replace) > 0 {
		p.put(" REPLACE (")
		p.selectItems(e.Replace)
		p.put(")")
	}
}

func (p *printer) caseExpr(e *CaseExpr) {
	p.put("CASE")
	if e.Operand != nil {
		p.put(" ")
		p.expr(e.Operand)
	}
	for _, w := range e.Whens {
		p.put(" WHEN ")
		p.expr(w.Cond)
		p.put(" THEN ")
		p.expr(w.Result)
	}
	if e.Else != nil {
		p.put(" ELSE ")
		p.expr(e.Else)
	}
	p.put(" END")
}

func (p *printer) literal(e Expr) {
	switch e := e.(type) {
	case *NumberLit:
		p.put(e.Text)
	case *StringLit:
		p.str(e.Value)
	case *BitStringLit:
		prefix := "B'"
		if e.Hex {
			prefix = "X'"
		}
		p.put(prefix, e.Digits, "'")
	case *BoolLit:
		if e.Value {
			p.put("TRUE")
		} else {
			p.put("FALSE")
		}
	case *NullLit:
		p.put("NULL")
	case *DefaultExpr:
		p.put("DEFAULT")
	case *TypedLit:
		p.typeName(e.Type)
		p.put(" ")
		p.str(e.Value)
	case *IntervalLit:
		p.interval(e)
	case *Param:
		p.put("$")
		p.int(int64(e.Number))
	case *SpecialValue:
		p.put(strings.ToUpper(e.Name))
		p.precision(e.Precision)
	}
}

func (p *printer) precision(n int) {
	if n >= 0 {
		p.put("(")
		p.int(int64(n))
		p.put(")")
	}
}

func (p *printer) interval(e *IntervalLit) {
	p.put("INTERVAL")
	if e.From == NoUnit {
		p.precision(e.Precision)
	}
	p.put(" ")
	p.putIf(e.Negative, "- ")
	if standardUnit(e.From) {
		p.str(e.Value)
	} else {
		p.put(e.Value)
	}
	p.units(e.From, e.To)
	if e.From != NoUnit {
		p.precision(e.Precision)
	}
}

// standardUnit reports whether the unit may follow an interval's string; the others follow a bare number.
func standardUnit(u IntervalUnit) bool {
	switch u {
	case QuarterUnit, WeekUnit, MillisecondUnit, MicrosecondUnit:
		return false
	}
	return true
}

func (p *printer) units(from, to IntervalUnit) {
	if from != NoUnit {
		p.put(" ", strings.ToUpper(from.String()))
	}
	if to != NoUnit {
		p.put(" TO ", strings.ToUpper(to.String()))
	}
}
