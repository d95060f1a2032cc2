package pgwire

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// simple answers a simple query: all statements of the text, until one fails.
func (c *conn) simple(ctx context.Context, text string) error {
	c.skip = false
	if err := c.statements(ctx, text); err != nil {
		if fatal(err) {
			return err
		}
		c.session.Fail()
		if err := c.fail(err); err != nil {
			return err
		}
	}
	c.session.EndImplicit()
	return c.ready()
}

func (c *conn) statements(ctx context.Context, text string) error {
	list, err := c.session.Parse(text)
	if err != nil {
		c.session.Refused(ctx, text, err)
		return err
	}
	if len(list) == 0 {
		return c.send(&pgproto3.EmptyQueryResponse{})
	}
	for _, st := range list {
		r, err := c.session.Execute(ctx, st, nil)
		if err != nil {
			return err
		}
		if err := c.answer(ctx, r); err != nil {
			r.Close() //nolint:errcheck // the first error counts
			return err
		}
	}
	return nil
}

// answer sends a result in the text format.
func (c *conn) answer(ctx context.Context, r *session.Result) error {
	if r.Columns == nil {
		return c.complete(r, 0)
	}
	if r.Copy != nil {
		return c.copyOut(ctx, r)
	}
	if err := c.send(rowDescription(r.Columns, nil)); err != nil {
		return err
	}
	e := c.newEncoder(r.Columns, nil)
	var rows int64
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return c.complete(r, rows)
		}
		if err != nil {
			return err
		}
		if err := e.rows(b); err != nil {
			return err
		}
		rows += int64(b.Rows())
	}
}

func (c *conn) complete(r *session.Result, rows int64) error {
	if err := c.notices(); err != nil {
		return err
	}
	return c.send(&pgproto3.CommandComplete{CommandTag: []byte(r.Tag(rows))})
}

// extended answers a message of the extended protocol.
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
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			c.session.Unprepare(m.Name)
		} else if err := c.session.ClosePortal(m.Name); err != nil {
			return err
		}
		return c.send(&pgproto3.CloseComplete{})
	case *pgproto3.FunctionCall:
		return sqlerr.Unsupported("the function call protocol").WithHint("call the function with SELECT")
	}
	return sqlerr.New(sqlerr.ProtocolViolation, "unexpected message %T", msg)
}

func (c *conn) parse(ctx context.Context, m *pgproto3.Parse) error {
	list, err := c.session.Parse(m.Query)
	if err != nil {
		c.session.Refused(ctx, m.Query, err)
		return err
	}
	if len(list) > 1 {
		return sqlerr.New(sqlerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	var st session.Statement
	if len(list) == 1 {
		st = list[0]
	}
	types, err := declaredTypes(m.ParameterOIDs)
	if err != nil {
		return err
	}
	if _, err := c.session.Prepare(ctx, m.Name, st, types); err != nil {
		return err
	}
	return c.send(&pgproto3.ParseComplete{})
}

func (c *conn) describe(m *pgproto3.Describe) error {
	if m.ObjectType == 'P' {
		p, err := c.session.Portal(m.Name)
		if err != nil {
			return err
		}
		return c.describeColumns(p.Prepared, c.formatsOf(p))
	}
	p, err := c.session.Prepared(m.Name)
	if err != nil {
		return err
	}
	if err := c.send(parameterDescription(p.Params)); err != nil {
		return err
	}
	return c.describeColumns(p, nil)
}

func (c *conn) describeColumns(p *session.Prepared, formats []int16) error {
	if p.Columns == nil {
		return c.send(&pgproto3.NoData{})
	}
	return c.send(rowDescription(p.Columns, formats))
}

// execute runs a portal, or goes on with it, until MaxRows are sent.
func (c *conn) execute(ctx context.Context, m *pgproto3.Execute) error {
	p, err := c.session.Portal(m.Portal)
	if err != nil {
		return err
	}
	if p.Prepared.Statement.AST == nil {
		return c.send(&pgproto3.EmptyQueryResponse{})
	}
	r, err := c.session.Result(ctx, p)
	if err != nil {
		return err
	}
	if r.Columns == nil {
		return c.complete(r, 0)
	}
	if r.Copy != nil {
		return c.copyOut(ctx, r)
	}
	e := c.newEncoder(r.Columns, c.formatsOf(p))
	limit := int64(m.MaxRows)
	var rows int64
	for limit == 0 || rows < limit {
		want := int64(-1)
		if limit > 0 {
			want = limit - rows
		}
		b, err := r.Take(ctx, want)
		if errors.Is(err, io.EOF) {
			return c.complete(r, rows)
		}
		if err != nil {
			return err
		}
		if err := e.rows(b); err != nil {
			return err
		}
		rows += int64(b.Rows())
	}
	return c.send(&pgproto3.PortalSuspended{})
}
