package jdbc

import (
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// sqliteType maps a declared type: exact names first, then SQLite's own affinity rules.
func sqliteType(declared string) schema.Type {
	if t, err := schema.ParseType(declared); err == nil && representable(t) {
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
	case schema.Boolean, schema.SmallInt, schema.Integer, schema.BigInt, schema.Real, schema.Double, schema.Varchar, schema.Char,
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

// verdict: SQLite compares integers as the engine does, and text under BINARY. Dates are text of any form there, booleans
// text or numbers, decimals doubles, and a char is not padded.
func (s *sqlite) verdict(c column, p connectors.Predicate) connectors.Verdict {
	switch p.Op {
	case connectors.IsNull, connectors.IsNotNull:
		return connectors.Exact
	case connectors.Prefix:
		return connectors.Unsupported
	}
	switch c.typ.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt:
		return connectors.Exact
	case schema.Varchar:
		if hasTextAffinity(c.remote) {
			return connectors.Exact
		}
	}
	return connectors.Unsupported
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
		operand += " COLLATE BINARY"
	}
	if p.Op == connectors.In {
		return operand + " IN (" + strings.Join(marks, ", ") + ")", args
	}
	return operand + " " + p.Op.String() + " " + marks[0], args
}

func (s *sqlite) selected(c column) string { return quote(c.name) }
