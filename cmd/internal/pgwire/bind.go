package pgwire

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/pgwire/pgtypes"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// bind makes a portal of a prepared statement and the values of its parameters.
func (c *conn) bind(m *pgproto3.Bind) error {
	p, err := c.session.Prepared(m.PreparedStatement)
	if err != nil {
		return err
	}
	if n := len(m.ParameterFormatCodes); n > 1 && n != len(m.Parameters) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(m.Parameters))
	}
	if len(m.Parameters) != len(p.Params) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d", len(m.Parameters), p.Name, len(p.Params))
	}
	if n := len(m.ResultFormatCodes); n > 1 && n != len(p.Columns) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, len(p.Columns))
	}
	for _, f := range m.ResultFormatCodes {
		if f != pgtypes.Text && f != pgtypes.Binary {
			return sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
	}
	params := make([]schema.Value, len(m.Parameters))
	for i, raw := range m.Parameters {
		format := formatOf(m.ParameterFormatCodes, i)
		if params[i], err = pgtypes.Decode(p.Params[i], raw, format, c.session.Location()); err != nil {
			return parameterError(err, m.DestinationPortal, i+1, format)
		}
	}
	portal, err := c.session.Bind(m.DestinationPortal, p, params)
	if err != nil {
		return err
	}
	portal.Formats = slices.Clone(m.ResultFormatCodes)
	return c.out.send(&pgproto3.BindComplete{})
}

// parameterError says which parameter is wrong. Its value is not shown, as PostgreSQL does not by default.
func parameterError(err error, portal string, n int, format int16) error {
	e := sqlerr.As(err)
	if e == nil {
		return err
	}
	if e.Code == sqlerr.InvalidBinaryRepresent && e.Message == pgtypes.LongValue {
		e.Message += fmt.Sprintf(" %d", n)
	}
	where := "unnamed portal"
	if portal != "" {
		where = fmt.Sprintf("portal %q", portal)
	}
	if format == pgtypes.Text {
		return e.WithContext("%s parameter $%d = '...'", where, n)
	}
	return e.WithContext("%s parameter $%d", where, n)
}

// formatOf is the format of a column or parameter: none given is text, one given is that of all.
func formatOf(codes []int16, i int) int16 {
	switch {
	case len(codes) == 0:
		return pgtypes.Text
	case len(codes) == 1:
		return codes[0]
	}
	return codes[i]
}
