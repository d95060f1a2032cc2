package pgwire

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

func parseSmall(s string) (int, error) { return strconv.Atoi(s) }

// extended answers a message of the extended protocol. After its error the client's messages are skipped until Sync.
func (c *conn) extended(ctx context.Context, msg pgproto3.FrontendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.Parse:
		return c.parse(ctx, m)
	case *pgproto3.Bind:
		return c.bind(m)
	case *pgproto3.Describe:
		return c.describe(m)
	case *pgproto3.Execute:
		return c.execute(ctx, m)
	case *pgproto3.Flush:
		return c.out.flush()
	case *pgproto3.Close:
		return c.closeObject(m)
	}
	return violation("unexpected message %T", msg)
}

func (c *conn) closeObject(m *pgproto3.Close) error {
	switch m.ObjectType {
	case 'S':
		c.session.Unprepare(m.Name)
	case 'P':
		if err := c.session.ClosePortal(m.Name); err != nil {
			return err
		}
	default:
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid CLOSE message subtype %d", m.ObjectType)
	}
	return c.out.send(&pgproto3.CloseComplete{})
}

func (c *conn) parse(ctx context.Context, m *pgproto3.Parse) error {
	if err := checkSQL(m.Query); err != nil {
		return err
	}
	if m.Name == "" {
		c.session.Unprepare("") // also when this one fails
	}
	script, err := c.session.Parse(m.Query)
	if err != nil {
		c.session.Refused(ctx, m.Query, err)
		return err
	}
	st := session.Statement{Text: m.Query}
	if first, ok, err := script.Next(); err != nil {
		return err
	} else if ok {
		st = first
	}
	if _, more, err := script.Next(); more || err != nil {
		return sqlerr.New(sqlerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	types, err := declaredTypes(m.ParameterOIDs)
	if err != nil {
		return err
	}
	if _, err := c.session.Prepare(ctx, m.Name, st, types); err != nil {
		return err
	}
	return c.out.send(&pgproto3.ParseComplete{})
}

// unknownOID is the type of a literal whose type is to be inferred.
const unknownOID = 705

// declaredTypes are the types that a client gives its parameters; 0 and unknown are inferred.
func declaredTypes(oids []uint32) ([]schema.Type, error) {
	out := make([]schema.Type, len(oids))
	for i, oid := range oids {
		if oid == 0 || oid == unknownOID {
			continue
		}
		t, ok := schema.TypeByOID(oid)
		if !ok {
			return nil, sqlerr.New(sqlerr.UndefinedObject, "type with OID %d does not exist", oid).
				WithDetail("The client gave it to parameter $%d.", i+1)
		}
		out[i] = t
	}
	return out, nil
}

func (c *conn) describe(m *pgproto3.Describe) error {
	switch m.ObjectType {
	case 'P':
		p, err := c.session.Portal(m.Name)
		if err != nil {
			return err
		}
		if err := c.mayDescribe(p.Prepared); err != nil {
			return err
		}
		return c.describeColumns(p.Prepared.Columns, p.Formats)
	case 'S':
		p, err := c.session.Prepared(m.Name)
		if err != nil {
			return err
		}
		if err := c.mayDescribe(p); err != nil {
			return err
		}
		if err := c.out.send(parameterDescription(p.Params)); err != nil {
			return err
		}
		return c.describeColumns(p.Columns, nil)
	}
	return sqlerr.New(sqlerr.ProtocolViolation, "invalid DESCRIBE message subtype %d", m.ObjectType)
}

// mayDescribe refuses a statement with rows in a failed transaction block, as PostgreSQL does.
func (c *conn) mayDescribe(p *session.Prepared) error {
	if p.Columns != nil && c.session.Status() == 'E' {
		return session.FailedTransaction()
	}
	return nil
}

func (c *conn) describeColumns(columns []physical.Column, formats []int16) error {
	if columns == nil {
		return c.out.send(&pgproto3.NoData{})
	}
	return c.out.send(rowDescription(columns, formats))
}

func parameterDescription(types []schema.Type) *pgproto3.ParameterDescription {
	d := &pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, len(types))}
	for i, t := range types {
		d.ParameterOIDs[i] = schema.OIDOf(t)
	}
	return d
}

func rowDescription(columns []physical.Column, formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, len(columns))}
	for i, col := range columns {
		d.Fields[i] = pgproto3.FieldDescription{
			Name: []byte(col.Name), DataTypeOID: schema.OIDOf(col.Type), DataTypeSize: schema.TypLen(col.Type),
			TypeModifier: schema.TypMod(col.Type), Format: formatOf(formats, i),
		}
	}
	return d
}

// execute runs a portal, or goes on with it, until MaxRows are sent.
func (c *conn) execute(ctx context.Context, m *pgproto3.Execute) error {
	p, err := c.session.Portal(m.Portal)
	if err != nil {
		return err
	}
	if p.Prepared.Statement.AST == nil {
		return c.out.send(&pgproto3.EmptyQueryResponse{})
	}
	ctx, done := c.session.Timed(ctx)
	defer done()
	r, err := c.session.Result(ctx, p)
	if err != nil {
		return err
	}
	if err := c.portalRows(ctx, m, p, r); err != nil {
		r.Abort(explained(ctx, err))
		return err
	}
	return nil
}

// portalRows sends the rows of a portal that runs.
func (c *conn) portalRows(ctx context.Context, m *pgproto3.Execute, p *session.Portal, r Result) error {
	columns, copying := r.Shape()
	switch {
	case copying != nil:
		return c.copyOut(ctx, r)
	case !sameShape(columns, p.Prepared.Columns):
		return sqlerr.New(sqlerr.FeatureNotSupported, "cached plan must not change result type")
	case columns == nil:
		return c.complete(r, 0)
	}
	rows, more, err := c.stream(ctx, r, c.encoder(ctx, columns, p.Formats), int64(m.MaxRows))
	if err != nil {
		return err
	}
	if more {
		return c.out.send(&pgproto3.PortalSuspended{})
	}
	return c.complete(r, rows)
}

// sameShape reports whether rows are as they were described.
func sameShape(now, then []physical.Column) bool {
	if len(now) != len(then) || (now == nil) != (then == nil) {
		return false
	}
	for i := range now {
		if schema.OIDOf(now[i].Type) != schema.OIDOf(then[i].Type) {
			return false
		}
	}
	return true
}
