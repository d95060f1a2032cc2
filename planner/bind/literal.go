package bind

import (
	"math"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func rowFieldName(i int) string { return "f" + strconv.Itoa(i+1) }

func (x *exprBinder) literal(e parser.Expr) expr.Expr {
	switch e := e.(type) {
	case *parser.NumberLit:
		return &expr.Const{Value: x.number(e, false)}
	case *parser.StringLit:
		return &expr.Const{Value: schema.StringValue(schema.T(schema.Unknown), e.Value)}
	case *parser.BitStringLit:
		return x.bitString(e)
	case *parser.BoolLit:
		return &expr.Const{Value: schema.BoolValue(e.Value)}
	case *parser.TypedLit:
		c := &expr.Const{Value: schema.StringValue(schema.T(schema.Unknown), e.Value)}
		return x.castLiteral(c, typeOf(e.Type), false, e.Pos())
	case *parser.IntervalLit:
		return x.interval(e)
	}
	return &expr.Const{}
}

// number reads a numeric literal: integer if it fits, else bigint, else a decimal of its digits.
func (x *exprBinder) number(n *parser.NumberLit, negative bool) schema.Value {
	text := n.Text
	if negative {
		text = "-" + text
	}
	if n.Kind == parser.IntegerNumber {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			if i >= math.MinInt32 && i <= math.MaxInt32 {
				return schema.IntValue(schema.T(schema.Integer), i)
			}
			return schema.IntValue(schema.T(schema.BigInt), i)
		}
	}
	if n.Kind == parser.ExponentNumber && x.b.env.trino() {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return schema.FloatValue(schema.T(schema.Double), f)
		}
	}
	if v, ok := parseDecimal(text); ok {
		return v
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		fail(n.Pos(), sqlerr.NumericOutOfRange, "value \"%s\" is out of range", n.Text)
	}
	return schema.FloatValue(schema.T(schema.Double), f)
}

// bitString reads X'..' as bytes, as Trino does; bit strings as such are no type of ours.
func (x *exprBinder) bitString(e *parser.BitStringLit) expr.Expr {
	if !e.Hex {
		unsupported(e.Pos(), "bit string")
	}
	if len(e.Digits)%2 != 0 {
		fail(e.Pos(), sqlerr.InvalidTextRepresent, "invalid hexadecimal data: odd number of digits")
	}
	out := make([]byte, len(e.Digits)/2)
	for i := range out {
		b, err := strconv.ParseUint(e.Digits[2*i:2*i+2], 16, 8)
		if err != nil {
			fail(e.Pos(), sqlerr.InvalidTextRepresent, "invalid hexadecimal digit: %q", e.Digits[2*i:2*i+2])
		}
		out[i] = byte(b)
	}
	return &expr.Const{Value: schema.StringValue(schema.T(schema.Varbinary), string(out))}
}

// interval reads an interval literal. A bare number counts the last field that the literal names.
func (x *exprBinder) interval(e *parser.IntervalLit) expr.Expr {
	value := trimSpace(e.Value)
	last := e.To
	if last == parser.NoUnit {
		last = e.From
	}
	if last != parser.NoUnit {
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			value += " " + last.String()
		} else if e.From == parser.MinuteUnit && e.To == parser.SecondUnit && strings.Count(value, ":") == 1 {
			value = withHours(value)
		}
	}
	if last == parser.QuarterUnit {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(value, " quarter"), 64); err == nil {
			value = strconv.FormatFloat(3*n, 'f', -1, 64) + " month"
		}
	}
	c := x.b.fold(&expr.Cast{Arg: &expr.Const{Value: schema.TextValue(value)}, Typ: schema.T(schema.Interval)}, e.Pos())
	if k, ok := c.(*expr.Const); ok && e.Negative {
		iv := k.Value.Interval()
		iv.Months, iv.Days, iv.Micros = -iv.Months, -iv.Days, -iv.Micros
		return &expr.Const{Value: schema.IntervalOf(iv)}
	}
	return c
}

// withHours puts hours before minutes and seconds, behind a sign.
func withHours(s string) string {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return "-0:" + rest
	}
	return "0:" + s
}

// specialValue binds a function that is called without parentheses.
func (x *exprBinder) specialValue(e *parser.SpecialValue) expr.Expr {
	var args []expr.Expr
	if e.Precision >= 0 {
		args = []expr.Expr{&expr.Const{Value: schema.IntValue(schema.T(schema.Integer), int64(e.Precision))}}
	}
	return x.scalarCall(e.Name, args, []int{e.Pos()}, e.Pos())
}
