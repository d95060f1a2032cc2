package schema

import "strings"

// Literal returns the value as a SQL literal for plans and messages: 42, 'it”s', DATE '2026-01-31', NULL.
func (v Value) Literal() string {
	if !v.Valid {
		return "NULL"
	}
	switch v.Type.Kind {
	case Boolean, TinyInt, SmallInt, Integer, BigInt, Real, Double, Decimal, OID:
		return v.Text()
	case Varchar, Char, Name, InternalChar, Unknown:
		return quote(v.Text())
	}
	return strings.ToUpper(v.Type.Kind.String()) + " " + quote(v.Text())
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
