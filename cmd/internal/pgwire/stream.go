package pgwire

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/pgwire/pgtypes"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// encoder returns an encoder of rows with the session's styles. formats are as Bind gave them: none, one for all, or one each.
func (c *conn) encoder(ctx context.Context, columns []physical.Column, formats []int16) *pgtypes.Rows {
	types, codes := make([]schema.Type, len(columns)), make([]int16, len(columns))
	for i, col := range columns {
		types[i], codes[i] = col.Type, formatOf(formats, i)
	}
	style := c.style()
	style.ObjectName = func(kind schema.Kind, oid int64) (string, error) { return c.session.ObjectName(ctx, kind, oid) }
	return pgtypes.NewRows(types, codes, style)
}

// style is what the session's settings say of the text form of values.
func (c *conn) style() pgtypes.Style {
	s := pgtypes.Style{Location: c.session.Location(), FloatDigits: 1}
	if v, ok := c.session.Setting("extra_float_digits"); ok {
		if n, err := parseSmall(v); err == nil {
			s.FloatDigits = n
		}
	}
	if v, _ := c.session.Setting("bytea_output"); v == "escape" {
		s.ByteaEscape = true
	}
	s.Interval, _ = c.session.Setting("intervalstyle")
	return s
}

// stream sends rows until there are none, or limit of them when it is not 0; more says that the limit ended them.
func (c *conn) stream(ctx context.Context, r Result, e *pgtypes.Rows, limit int64) (rows int64, more bool, err error) {
	for limit == 0 || rows < limit {
		want := int64(-1)
		if limit > 0 {
			want = limit - rows
		}
		b, err := r.Take(ctx, want)
		if errors.Is(err, io.EOF) {
			return rows, false, nil
		}
		if err != nil {
			return rows, false, err
		}
		if err := c.batch(ctx, e, b); err != nil {
			return rows, false, err
		}
		rows += int64(b.Rows())
		c.out.offer()
	}
	return rows, true, nil
}

// batch sends the rows of a batch. The client's pace is the executor's: it waits here while a full buffer is on its way.
func (c *conn) batch(ctx context.Context, e *pgtypes.Rows, b *vector.Batch) error {
	if err := e.Bind(b); err != nil {
		return err
	}
	n := b.Rows()
	if n > 16 {
		c.out.roomy()
	}
	for from := 0; from < n; {
		var err error
		if c.out.buf, from, err = e.AppendDataRows(c.out.buf, from, flushSize); err != nil {
			return err
		}
		if len(c.out.buf) >= flushSize {
			if err := c.out.handOver(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
