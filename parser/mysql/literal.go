package mysql

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	modes "github.com/pingcap/tidb/pkg/parser/mysql"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/tarnsql/tarn/parser"
)

func number(loc parser.Loc, n int64) *parser.NumberLit {
	return &parser.NumberLit{Loc: loc, Text: strconv.FormatInt(n, 10)}
}

func call(loc parser.Loc, name string, args ...parser.Expr) *parser.FuncCall {
	return &parser.FuncCall{Loc: loc, Name: parser.Name{name}, Args: args}
}

// literal translates a constant. Hexadecimal and bit constants are byte strings, as in MySQL.
func (t *translator) literal(n *driver.ValueExpr) parser.Expr {
	loc := t.loc(n)
	switch n.Kind() {
	case driver.KindNull:
		return &parser.NullLit{Loc: loc}
	case driver.KindInt64:
		if n.Type.GetFlag()&modes.IsBooleanFlag != 0 {
			return &parser.BoolLit{Loc: loc, Value: n.GetInt64() != 0}
		}
		return signed(loc, parser.IntegerNumber, strconv.FormatInt(n.GetInt64(), 10))
	case driver.KindUint64:
		return &parser.NumberLit{Loc: loc, Text: strconv.FormatUint(n.GetUint64(), 10)}
	case driver.KindFloat32, driver.KindFloat64:
		return signed(loc, parser.ExponentNumber, strconv.FormatFloat(n.GetFloat64(), 'e', -1, 64))
	case driver.KindMysqlDecimal:
		text := n.GetMysqlDecimal().String()
		kind := parser.DecimalNumber
		if !strings.Contains(text, ".") {
			kind = parser.IntegerNumber
		}
		return signed(loc, kind, text)
	case driver.KindString, driver.KindBytes:
		return &parser.StringLit{Loc: loc, Value: t.validText(n, n.GetString())}
	case driver.KindBinaryLiteral, driver.KindMysqlBit:
		digits := hex.EncodeToString(n.GetBytes())
		return call(loc, "decode", &parser.StringLit{Loc: loc, Value: digits}, &parser.StringLit{Value: "hex"})
	}
	t.unsupported(n, "this constant of MySQL")
	return nil
}

// signed returns a number, whose text may begin with a minus.
func signed(loc parser.Loc, kind parser.NumberKind, text string) parser.Expr {
	digits, negative := strings.CutPrefix(text, "-")
	lit := &parser.NumberLit{Loc: loc, Kind: kind, Text: digits}
	if negative {
		return &parser.UnaryExpr{Loc: loc, Op: "-", Expr: lit}
	}
	return lit
}

// validText refuses the NUL that MySQL's \0 makes, which no text of PostgreSQL holds.
func (t *translator) validText(n ast.Node, s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		t.unsupported(n, "a NUL character in a string")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// units are the single units of an interval.
var units = map[ast.TimeUnitType]parser.IntervalUnit{
	ast.TimeUnitMicrosecond: parser.MicrosecondUnit, ast.TimeUnitSecond: parser.SecondUnit,
	ast.TimeUnitMinute: parser.MinuteUnit, ast.TimeUnitHour: parser.HourUnit, ast.TimeUnitDay: parser.DayUnit,
	ast.TimeUnitWeek: parser.WeekUnit, ast.TimeUnitMonth: parser.MonthUnit, ast.TimeUnitQuarter: parser.QuarterUnit,
	ast.TimeUnitYear: parser.YearUnit,
}

// ranges are the units of two fields that PostgreSQL spells the same way.
var ranges = map[ast.TimeUnitType][2]parser.IntervalUnit{
	ast.TimeUnitYearMonth:    {parser.YearUnit, parser.MonthUnit},
	ast.TimeUnitDayHour:      {parser.DayUnit, parser.HourUnit},
	ast.TimeUnitDayMinute:    {parser.DayUnit, parser.MinuteUnit},
	ast.TimeUnitDaySecond:    {parser.DayUnit, parser.SecondUnit},
	ast.TimeUnitHourMinute:   {parser.HourUnit, parser.MinuteUnit},
	ast.TimeUnitHourSecond:   {parser.HourUnit, parser.SecondUnit},
	ast.TimeUnitMinuteSecond: {parser.MinuteUnit, parser.SecondUnit},
}

// interval translates INTERVAL value unit. A constant gives an interval constant, anything else a multiple of one unit.
func (t *translator) interval(value ast.ExprNode, unit ast.TimeUnitType) parser.Expr {
	v := t.expr(value)
	loc := parser.Loc(v.Pos())
	if r, ok := ranges[unit]; ok {
		s, ok := v.(*parser.StringLit)
		if !ok {
			t.unsupported(value, "INTERVAL .. %s of a value that is no constant string", unit.String())
		}
		return &parser.IntervalLit{Loc: loc, Value: s.Value, From: r[0], To: r[1], Precision: -1}
	}
	u, ok := units[unit]
	if !ok {
		t.unsupported(value, "INTERVAL .. %s", unit.String())
	}
	if n, ok := v.(*parser.NumberLit); ok && n.Kind != parser.ExponentNumber {
		return &parser.IntervalLit{Loc: loc, Value: n.Text, From: u, Precision: -1}
	}
	if s, ok := v.(*parser.StringLit); ok && isDigits(s.Value) {
		return &parser.IntervalLit{Loc: loc, Value: s.Value, From: u, Precision: -1}
	}
	one := &parser.IntervalLit{Loc: loc, Value: "1", From: u, Precision: -1}
	if s, ok := v.(*parser.StringLit); ok {
		v = &parser.CastExpr{Loc: loc, Expr: s, Type: &parser.TypeName{Name: parser.Name{"double"}}}
	}
	return &parser.BinaryExpr{Loc: loc, Op: "*", Left: v, Right: one}
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
