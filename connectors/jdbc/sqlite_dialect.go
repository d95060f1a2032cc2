package jdbc

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// sqliteType maps a declared type: exact names first, then SQLite's own affinity rules. Its REAL has eight bytes, and an
// integer up to eight whatever its column is declared as. (SQLite documentation, "Datatypes In SQLite", 2.)
func sqliteType(declared string) schema.Type {
	switch t, err := schema.ParseType(declared); {
	case err != nil || !representable(t):
	case t.IsInteger():
		return schema.T(schema.BigInt)
	default:
		return t
	}
	d := strings.ToUpper(declared)
	switch {
	case strings.Contains(d, "INT"):
		return schema.T(schema.BigInt)
	case strings.Contains(d, "CHAR"), strings.Contains(d, "CLOB"), strings.Contains(d, "TEXT"):
		return schema.Text
	case strings.Contains(d, "BLOB"):
		return schema.T(schema.Varbinary)
	case strings.Contains(d, "REAL"), strings.Contains(d, "FLOA"), strings.Contains(d, "DOUB"):
		return schema.T(schema.Double)
	case strings.Contains(d, "DATETIME"):
		return schema.T(schema.Timestamp)
	}
	return schema.Text
}

func representable(t schema.Type) bool {
	switch t.Kind {
	case schema.Boolean, schema.SmallInt, schema.Integer, schema.BigInt, schema.Double, schema.Varchar, schema.Char,
		schema.Varbinary, schema.Date, schema.Timestamp:
		return true
	case schema.Decimal:
		return t.Precision > 0
	}
	return false
}

// hasTextAffinity reports whether SQLite turns the numbers that a column is given into text. In other columns a number stays
// one, equal to no text and less than any. (SQLite documentation, "Datatypes In SQLite", 3.1.)
func hasTextAffinity(declared string) bool {
	d := strings.ToUpper(declared)
	return !strings.Contains(d, "INT") && (strings.Contains(d, "CHAR") || strings.Contains(d, "CLOB") || strings.Contains(d, "TEXT"))
}

// verdict: SQLite compares integers as the engine does, and text under BINARY if the file is in UTF-8. Dates are text of any
// form there, booleans text or numbers, decimals doubles, and a char is not padded. Beyond equality, a text in a column of
// numbers and a BLOB in one of text, which are greater than all that belongs there, pass and are the engine's to judge.
func (s *sqlite) verdict(c column, p connectors.Predicate) connectors.Verdict {
	switch p.Op {
	case connectors.IsNull, connectors.IsNotNull:
		return connectors.Exact
	case connectors.Prefix:
		return connectors.Unsupported
	}
	switch c.typ.Kind {
	case schema.BigInt:
	case schema.Varchar:
		if !hasTextAffinity(c.remote) || !s.utf8 {
			return connectors.Unsupported
		}
	default:
		return connectors.Unsupported
	}
	if p.Op == connectors.Eq || p.Op == connectors.In {
		return connectors.Exact
	}
	return connectors.Inexact
}

func (s *sqlite) condition(c column, p connectors.Predicate, first int) (string, []any) {
	operand := quote(c.name)
	if p.Op == connectors.IsNull || p.Op == connectors.IsNotNull {
		return operand + " " + p.Op.String(), nil
	}
	marks, args := make([]string, len(p.Values)), make([]any, len(p.Values))
	for i, v := range p.Values {
		marks[i], args[i] = "?"+strconv.Itoa(first+i), v.I
		if c.typ.IsString() {
			args[i] = v.S
		}
	}
	if c.typ.IsString() {
		return textCondition(operand, p.Op, marks), args
	}
	if p.Op == connectors.In {
		return operand + " IN (" + strings.Join(marks, ", ") + ")", args
	}
	return operand + " " + p.Op.String() + " " + marks[0], args
}

// textCondition minds the BLOBs in a column: equality finds those that read as the text, and what is less than a text may be
// any of them.
func textCondition(operand string, op connectors.Op, marks []string) string {
	compared := operand + " COLLATE BINARY"
	switch op {
	case connectors.Eq, connectors.In:
		for _, m := range marks {
			marks = append(marks, "CAST("+m+" AS BLOB)")
		}
		return compared + " IN (" + strings.Join(marks, ", ") + ")"
	case connectors.Lt, connectors.Le:
		return "(" + compared + " " + op.String() + " " + marks[0] + " OR " + operand + " >= x'')"
	}
	return compared + " " + op.String() + " " + marks[0]
}

func (s *sqlite) selected(c column) string { return quote(c.name) }
