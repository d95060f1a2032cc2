package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	modes "github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// renamed are functions that PostgreSQL or Trino knows under another name with the same arguments.
var renamed = map[string]string{
	"ifnull": "coalesce", "nvl": "coalesce", "ucase": "upper", "lcase": "lower", "pow": "power", "truncate": "trunc",
	"substr": "substring", "mid": "substring", "character_length": "char_length", "dayofmonth": "day",
	"dayofyear": "day_of_year", "ceiling": "ceil", "database": "current_schema", "schema": "current_schema",
	"sysdate": "clock_timestamp", "rlike": "regexp_like", "get_json_object": "json_extract_scalar",
	"json_length": "json_array_length", "collect_list": "array_agg",
}

// special are functions that SQL calls without parentheses.
var special = map[string]string{
	"curdate": "current_date", "current_date": "current_date", "now": "current_timestamp",
	"current_timestamp": "current_timestamp", "localtime": "localtimestamp", "localtimestamp": "localtimestamp",
	"curtime": "current_time", "current_time": "current_time", "current_user": "current_user", "user": "session_user",
	"session_user": "session_user", "system_user": "session_user", "current_role": "current_role",
}

// call translates a function call. A function that no rule names keeps its name in lower case and its arguments.
func (t *translator) call(n *ast.FuncCallExpr) parser.Expr {
	loc := t.loc(n)
	name := n.FnName.L
	if n.Schema.L != "" {
		return &parser.FuncCall{Loc: loc, Name: parser.Name{n.Schema.L, name}, Args: t.exprs(n.Args)}
	}
	if value, ok := special[name]; ok {
		return t.specialValue(n, value)
	}
	if e := t.dateCall(n); e != nil {
		return e
	}
	if e := t.stringCall(n); e != nil {
		return e
	}
	if other, ok := renamed[name]; ok {
		name = other
	}
	switch name {
	case "coalesce", "nullif", "greatest", "least":
		if len(n.Args) == 0 {
			t.fail(sqlerr.New(sqlerr.SyntaxError, "%s needs arguments", strings.ToUpper(n.FnName.O)).At(int(loc)))
		}
	}
	return call(loc, name, t.exprs(n.Args)...)
}

func (t *translator) specialValue(n *ast.FuncCallExpr, name string) parser.Expr {
	v := &parser.SpecialValue{Loc: t.loc(n), Name: name, Precision: -1}
	if len(n.Args) == 0 {
		return v
	}
	switch name {
	case "current_timestamp", "localtimestamp", "current_time":
		if p, ok := t.expr(n.Args[0]).(*parser.NumberLit); ok && len(n.Args) == 1 && len(p.Text) == 1 {
			v.Precision = int(p.Text[0] - '0')
			return v
		}
	}
	t.unsupported(n, "%s with these arguments", strings.ToUpper(n.FnName.L))
	return nil
}

func (t *translator) typed(loc parser.Loc, typ string, value ast.ExprNode) parser.Expr {
	s, ok := t.expr(value).(*parser.StringLit)
	if !ok {
		t.unsupported(value, "a %s constant that is no string", typ)
	}
	return &parser.TypedLit{Loc: loc, Type: &parser.TypeName{Name: parser.Name{typ}}, Value: s.Value}
}

func unitArg(e ast.ExprNode) ast.TimeUnitType {
	if u, ok := e.(*ast.TimeUnitExpr); ok {
		return u.Unit
	}
	return ast.TimeUnitInvalid
}

// dateCall translates the date functions with syntax or meaning of their own, and returns nil for others.
func (t *translator) dateCall(n *ast.FuncCallExpr) parser.Expr {
	loc := t.loc(n)
	switch n.FnName.L {
	case ast.DateLiteral:
		return t.typed(loc, "date", n.Args[0])
	case ast.TimeLiteral:
		return t.typed(loc, "time", n.Args[0])
	case ast.TimestampLiteral:
		return t.typed(loc, "timestamp", n.Args[0])
	case "date_add", "adddate", "date_sub", "subdate":
		if len(n.Args) != 3 {
			return nil
		}
		op := "+"
		if strings.Contains(n.FnName.L, "sub") {
			op = "-"
		}
		return &parser.BinaryExpr{Loc: loc, Op: op, Left: dated(t.expr(n.Args[0])),
			Right: t.interval(n.Args[1], unitArg(n.Args[2]))}
	case "timestampadd":
		return &parser.BinaryExpr{Loc: loc, Op: "+", Left: dated(t.expr(n.Args[2])),
			Right: t.interval(n.Args[1], unitArg(n.Args[0]))}
	case "timestampdiff":
		unit := &parser.StringLit{Value: strings.ToLower(unitArg(n.Args[0]).String())}
		return call(loc, "date_diff", unit, dated(t.expr(n.Args[1])), dated(t.expr(n.Args[2])))
	case "datediff":
		if len(n.Args) != 2 {
			return nil
		}
		unit := &parser.StringLit{Value: "day"}
		return call(loc, "date_diff", unit, asDate(t.expr(n.Args[1])), asDate(t.expr(n.Args[0])))
	case "extract":
		unit := unitArg(n.Args[0])
		if _, ok := units[unit]; !ok {
			t.unsupported(n, "EXTRACT(%s FROM ..)", unit.String())
		}
		return &parser.ExtractExpr{Loc: loc, Field: strings.ToLower(unit.String()), From: dated(t.expr(n.Args[1]))}
	case "date":
		if len(n.Args) == 1 {
			return asDate(t.expr(n.Args[0]))
		}
	case "utc_timestamp", "utc_date":
		return utc(loc, n.FnName.L == "utc_date")
	case "get_format":
		t.unsupported(n, "GET_FORMAT")
	}
	return nil
}

// dated gives a string constant the type of a date or timestamp, since arithmetic would take it for an interval.
func dated(e parser.Expr) parser.Expr {
	s, ok := e.(*parser.StringLit)
	if !ok {
		return e
	}
	typ := "timestamp"
	if len(s.Value) <= len("2006-01-02") {
		typ = "date"
	}
	return &parser.TypedLit{Loc: s.Loc, Type: &parser.TypeName{Name: parser.Name{typ}}, Value: s.Value}
}

func asDate(e parser.Expr) parser.Expr {
	return &parser.CastExpr{Loc: parser.Loc(e.Pos()), Expr: e, Type: &parser.TypeName{Name: parser.Name{"date"}}}
}

// utc returns the current time in UTC without a zone.
func utc(loc parser.Loc, date bool) parser.Expr {
	now := &parser.AtTimeZone{Loc: loc, Expr: &parser.SpecialValue{Loc: loc, Name: "current_timestamp", Precision: -1},
		Zone: &parser.StringLit{Value: "UTC"}}
	if date {
		return asDate(now)
	}
	return now
}

// stringCall translates other functions with syntax or meaning of their own, and returns nil for others.
func (t *translator) stringCall(n *ast.FuncCallExpr) parser.Expr {
	loc := t.loc(n)
	switch n.FnName.L {
	case "isnull":
		if len(n.Args) == 1 {
			return &parser.IsNull{Loc: loc, Expr: t.expr(n.Args[0])}
		}
	case "position":
		return call(loc, "position", t.expr(n.Args[1]), t.expr(n.Args[0]))
	case "locate":
		if len(n.Args) == 2 {
			return call(loc, "position", t.expr(n.Args[1]), t.expr(n.Args[0]))
		}
		t.unsupported(n, "LOCATE with a start position")
	case "instr":
		if len(n.Args) == 2 {
			return call(loc, "position", t.expr(n.Args[0]), t.expr(n.Args[1]))
		}
	case "trim":
		return t.trim(n)
	case ast.CharFunc:
		return t.charFunc(n)
	case "json_unquote":
		if inner, ok := n.Args[0].(*ast.FuncCallExpr); ok && inner.FnName.L == ast.JSONExtract && len(inner.Args) == 2 {
			return call(loc, "json_extract_scalar", t.exprs(inner.Args)...)
		}
	case "convert":
		// CONVERT(x USING charset): all text is UTF-8.
		return t.expr(n.Args[0])
	case "values", "name_const", "sleep", "benchmark", "load_file", "get_lock", "release_lock":
		t.unsupported(n, "%s", strings.ToUpper(n.FnName.L))
	}
	return nil
}

// charFunc translates CHAR(n), whose last argument is the character set.
func (t *translator) charFunc(n *ast.FuncCallExpr) parser.Expr {
	if len(n.Args) != 2 {
		t.unsupported(n, "CHAR of several codes")
	}
	return call(t.loc(n), "chr", t.expr(n.Args[0]))
}

func (t *translator) trim(n *ast.FuncCallExpr) parser.Expr {
	name := "btrim"
	args := n.Args
	if len(args) == 3 {
		if d, ok := args[2].(*ast.TrimDirectionExpr); ok {
			switch d.Direction {
			case ast.TrimLeading:
				name = "ltrim"
			case ast.TrimTrailing:
				name = "rtrim"
			}
		}
		args = args[:2]
	}
	out := call(t.loc(n), name)
	for _, a := range args {
		if a != nil {
			out.Args = append(out.Args, t.expr(a))
		}
	}
	if len(out.Args) == 2 {
		if _, ok := out.Args[1].(*parser.NullLit); ok {
			out.Args = out.Args[:1]
		}
	}
	return out
}

// cast translates CAST and CONVERT; BINARY x is x, since comparisons are by bytes anyway.
func (t *translator) cast(n *ast.FuncCastExpr) parser.Expr {
	e := t.expr(n.Expr)
	if n.FunctionType == ast.CastBinaryOperator {
		return e
	}
	return &parser.CastExpr{Loc: t.loc(n), Expr: e, Type: t.castType(n)}
}

func (t *translator) castType(n *ast.FuncCastExpr) *parser.TypeName {
	tp := n.Tp
	named := func(name string, mods ...int) *parser.TypeName {
		return &parser.TypeName{Name: parser.Name{name}, Mods: mods}
	}
	switch tp.GetType() {
	case modes.TypeLonglong:
		if tp.GetFlag()&modes.UnsignedFlag != 0 {
			return named("decimal", 20, 0)
		}
		return named("bigint")
	case modes.TypeYear:
		return named("int")
	case modes.TypeVarString, modes.TypeString, modes.TypeVarchar:
		name := "varchar"
		if tp.GetCharset() == "binary" {
			return named("varbinary")
		}
		if tp.GetFlen() != types.UnspecifiedLength {
			return named(name, tp.GetFlen())
		}
		return named(name)
	case modes.TypeNewDecimal:
		precision, scale := tp.GetFlen(), tp.GetDecimal()
		if precision == types.UnspecifiedLength || precision == 0 {
			precision = 10
		}
		return named("decimal", precision, max(scale, 0))
	case modes.TypeDouble:
		return named("double")
	case modes.TypeFloat:
		return named("real")
	case modes.TypeDate:
		return named("date")
	case modes.TypeDatetime, modes.TypeTimestamp:
		return named("timestamp", max(tp.GetDecimal(), 0))
	case modes.TypeDuration:
		return named("time", max(tp.GetDecimal(), 0))
	case modes.TypeJSON:
		return named("json")
	}
	t.unsupported(n, "CAST to %s", tp.String())
	return nil
}
