package pgwire

import (
	"context"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// simple answers a simple query: all statements of the text, until one fails.
func (c *conn) simple(ctx context.Context, text string) error {
	if err := c.statements(ctx, text); err != nil {
		if err := c.fail(ctx, err); err != nil {
			return err
		}
	}
	c.session.EndImplicit()
	return c.ready()
}

func (c *conn) statements(ctx context.Context, text string) error {
	c.session.Unprepare("") // a simple query uses the unnamed ones
	if err := c.session.ClosePortal(""); err != nil {
		return err
	}
	if err := checkSQL(text); err != nil {
		return err
	}
	script, err := c.session.Parse(text)
	if err != nil {
		c.session.Refused(ctx, text, err)
		return err
	}
	if script.Empty() {
		return c.out.send(&pgproto3.EmptyQueryResponse{})
	}
	for {
		st, ok, err := script.Next()
		if err != nil {
			c.session.Refused(ctx, script.Rest(), err)
			return err
		}
		if !ok {
			return nil
		}
		r, err := c.session.Execute(ctx, st, nil)
		if err != nil {
			return err
		}
		if err := c.result(ctx, r); err != nil {
			r.Abort(explained(ctx, err))
			return err
		}
	}
}

// checkSQL refuses a text that is not UTF-8.
func checkSQL(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
}

// result sends a result of a simple query.
func (c *conn) result(ctx context.Context, r Result) error {
	columns, copying := r.Shape()
	switch {
	case copying != nil:
		return c.copyOut(ctx, r)
	case columns == nil:
		return c.complete(r, 0)
	}
	formats := r.SimpleFormats()
	if err := c.out.send(rowDescription(columns, formats)); err != nil {
		return err
	}
	rows, _, err := c.stream(ctx, r, c.encoder(ctx, columns, formats), 0)
	if err != nil {
		return err
	}
	return c.complete(r, rows)
}

// complete ends a statement: its notices, its tag.
func (c *conn) complete(r Result, rows int64) error {
	if err := c.notices(); err != nil {
		return err
	}
	return c.out.send(&pgproto3.CommandComplete{CommandTag: []byte(r.Tag(rows))})
}
