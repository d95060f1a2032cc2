package pgwire

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// declaredTypes are the types that a client gives its parameters; 0 and unknown (705) are inferred.
func declaredTypes(oids []uint32) ([]schema.Type, error) {
	out := make([]schema.Type, len(oids))
	for i, oid := range oids {
		if oid == 0 || oid == 705 {
			continue
		}
		t, ok := schema.TypeByOID(oid)
		if !ok {
			return nil, sqlerr.New(sqlerr.UndefinedObject, "parameter $%d has the unknown type with OID %d", i+1, oid)
		}
		out[i] = t
	}
	return out, nil
}

func (c *conn) bind(m *pgproto3.Bind) error {
	p, err := c.session.Prepared(m.PreparedStatement)
	if err != nil {
		return err
	}
	if len(m.Parameters) != len(p.Params) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d", len(m.Parameters), p.Name, len(p.Params))
	}
	if n := len(m.ParameterFormatCodes); n > 1 && n != len(m.Parameters) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(m.Parameters))
	}
	if n := len(m.ResultFormatCodes); n > 1 && n != len(p.Columns) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, len(p.Columns))
	}
	params := make([]schema.Value, len(m.Parameters))
	for i, raw := range m.Parameters {
		params[i], err = c.parameter(p.Params[i], raw, format(m.ParameterFormatCodes, i))
		if err != nil {
			if e := sqlerr.As(err); e != nil {
				return e.WithContext("unnamed portal parameter $%d", i+1)
			}
			return err
		}
	}
	for i := range p.Columns {
		if f := format(m.ResultFormatCodes, i); f != 0 && f != 1 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
	}
	portal, err := c.session.Bind(m.DestinationPortal, p, params)
	if err != nil {
		return err
	}
	portal.Formats = append([]int16(nil), m.ResultFormatCodes...)
	return c.send(&pgproto3.BindComplete{})
}

// format is the format of a column: none given is text, one given is that of all.
func format(codes []int16, i int) int16 {
	switch {
	case len(codes) == 0:
		return 0
	case len(codes) == 1:
		return codes[0]
	}
	return codes[i]
}

func (c *conn) parameter(t schema.Type, raw []byte, f int16) (schema.Value, error) {
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	switch {
	case raw == nil:
		return schema.NullOf(t), nil
	case f == 1:
		return decodeBinary(t, raw)
	case f != 0:
		return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", f)
	}
	return schema.ParseIn(t, string(raw), c.session.Location())
}

// formatsOf are the result formats of a portal.
func (c *conn) formatsOf(p *session.Portal) []int16 { return p.Formats }

func parameterDescription(types []schema.Type) *pgproto3.ParameterDescription {
	d := &pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, len(types))}
	for i, t := range types {
		d.ParameterOIDs[i] = schema.OIDOf(t)
	}
	return d
}

func rowDescription(cols []physical.Column, formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, len(cols))}
	for i, col := range cols {
		d.Fields[i] = pgproto3.FieldDescription{
			Name: []byte(col.Name), DataTypeOID: schema.OIDOf(col.Type), DataTypeSize: schema.TypLen(col.Type),
			TypeModifier: schema.TypMod(col.Type), Format: format(formats, i),
		}
	}
	return d
}
