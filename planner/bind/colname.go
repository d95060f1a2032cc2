package bind

import (
	"github.com/tarnsql/tarn/parser"
)

// unnamed is PostgreSQL's name of a column that has none.
const unnamed = "?column?"

// columnName is the name that PostgreSQL gives an output column without an alias.
func columnName(e parser.Expr) string {
	if n, _ := figureName(e); n != "" {
		return n
	}
	return unnamed
}

// figureName returns a name and whether it is strong: a cast does not replace it by the name of its type. After
// FigureColnameInternal of PostgreSQL's parse_target.c.
func figureName(e parser.Expr) (name string, strong bool) {
	switch e := e.(type) {
	case *parser.ColumnRef:
		return e.Name.Last(), true
	case *parser.FieldAccess:
		return e.Field, true
	case *parser.Subscript:
		return figureName(e.Expr)
	case *parser.Slice:
		return figureName(e.Expr)
	case *parser.CollateExpr:
		return figureName(e.Expr)
	case *parser.FuncCall:
		return e.Name.Last(), true
	case *parser.SpecialValue:
		return e.Name, true
	case *parser.ExtractExpr:
		return "extract", true
	case *parser.AtTimeZone:
		return "timezone", true
	case *parser.ExistsExpr:
		return "exists", true
	case *parser.ArraySubquery, *parser.ArrayExpr:
		return "array", true
	case *parser.SubqueryExpr:
		return queryName(e.Query.Body), true
	case *parser.CastExpr:
		if n, ok := figureName(e.Expr); ok {
			return n, true
		}
		return typeColumnName(e.Type), false
	case *parser.TypedLit:
		return typeColumnName(e.Type), false
	case *parser.IntervalLit:
		return "interval", false
	case *parser.CaseExpr:
		if e.Else != nil {
			if n, ok := figureName(e.Else); ok {
				return n, true
			}
		}
		return "case", false
	case *parser.RowExpr:
		return "row", true
	case *parser.Star:
		return e.Qualifier.Last(), true
	}
	return "", false
}

// queryName is the name of a query's first column.
func queryName(body parser.QueryBody) string {
	switch q := body.(type) {
	case *parser.Select:
		if len(q.Items) == 0 {
			return ""
		}
		if q.Items[0].Alias != "" {
			return q.Items[0].Alias
		}
		n, _ := figureName(q.Items[0].Expr)
		return n
	case *parser.SetOperation:
		return queryName(q.Left)
	case *parser.Query:
		return queryName(q.Body)
	case *parser.Values:
		return "column1"
	}
	return ""
}

// internalNames are PostgreSQL's own names of types that SQL spells otherwise.
var internalNames = map[string]string{
	"integer": "int4", "int": "int4", "smallint": "int2", "bigint": "int8", "double": "float8", "float": "float8",
	"real": "float4", "decimal": "numeric", "dec": "numeric", "boolean": "bool", "char": "bpchar", "character": "bpchar",
	"string": "text",
}

func typeColumnName(t *parser.TypeName) string {
	if t.IsArray() {
		return typeColumnName(t.Elems[0])
	}
	n := t.Name.Last()
	if i, ok := internalNames[n]; ok && !t.Quoted {
		return i
	}
	return n
}
