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

func (s *sqlite) parameter(n int) string { return "?" + strconv.Itoa(n) }

// hasTextAffinity reports whether SQLite turns the numbers that a column is given into text. In other columns a number stays
// one, equal to no text and less than any. (SQLite documentation, "Datatypes In SQLite", 3.1.)
func hasTextAffinity(declared string) bool {
	d := strings.ToUpper(declared)
	return !strings.Contains(d, "INT") && (strings.Contains(d, "CHAR") || strings.Contains(d, "CLOB") || strings.Contains(d, "TEXT"))
}

// pushable: SQLite compares integers as the engine does, and text under BINARY. Dates are text of any form there, booleans
// text or numbers, decimals doubles, and a char is not padded.
func (s *sqlite) pushable(c column, p connectors.Predicate) bool {
	switch p.Op {
	case connectors.IsNull, connectors.IsNotNull:
		return true
	case connectors.Prefix:
		return false
	}
	switch c.typ.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt:
		return true
	case schema.Varchar:
		return hasTextAffinity(c.remote)
	}
	return false
}

func (s *sqlite) operand(c column, p connectors.Predicate) string {
	if c.typ.IsString() && p.Op != connectors.IsNull && p.Op != connectors.IsNotNull {
		return quote(c.name) + " COLLATE BINARY"
	}
	return quote(c.name)
}

func (s *sqlite) argument(_ column, v schema.Value) any {
	if v.Type.Physical() == schema.PhysBytes {
		return v.S
	}
	return v.I
}

func (s *sqlite) selected(c column) string { return quote(c.name) }

func (s *sqlite) inList(c column, values []schema.Value, first int) (string, []any) {
	marks, args := make([]string, len(values)), make([]any, len(values))
	for i, v := range values {
		marks[i], args[i] = s.parameter(first+i), s.argument(c, v)
	}
	return s.operand(c, connectors.Predicate{Op: connectors.In}) + " IN (" + strings.Join(marks, ", ") + ")", args
}
