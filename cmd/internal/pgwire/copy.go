package pgwire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/pgwire/pgtypes"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// copySignature begins the binary format: the signature, no flags, no extension.
const copySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// copier writes rows as COPY data, a message each (src/backend/commands/copyto.c).
type copier struct {
	o       *session.CopyOptions
	columns []physical.Column
	quoted  []bool
	rows    *pgtypes.Rows
	cell    []byte
	// started says that the signature was written.
	started bool
}

// copyOut sends a result as COPY data.
func (c *conn) copyOut(ctx context.Context, r Result) error {
	columns, o := r.Shape()
	k := &copier{o: o, columns: columns, quoted: make([]bool, len(columns))}
	var formats []int16
	response := &pgproto3.CopyOutResponse{ColumnFormatCodes: make([]uint16, len(columns))}
	if o.Format == "binary" {
		formats, response.OverallFormat = []int16{pgtypes.Binary}, 1
		for i := range response.ColumnFormatCodes {
			response.ColumnFormatCodes[i] = 1
		}
	}
	k.rows = c.encoder(ctx, columns, formats)
	for i, col := range columns {
		k.quoted[i] = o.ForceQuoteAll || slices.Contains(o.ForceQuote, col.Name)
	}
	if err := c.out.send(response); err != nil {
		return err
	}
	c.out.buf = k.header(c.out.buf)
	rows, err := c.copyRows(ctx, r, k)
	if err != nil {
		return err
	}
	if o.Format == "binary" {
		c.out.buf = k.message(c.out.buf, func(dst []byte) []byte { return append(dst, 0xff, 0xff) })
	}
	if err := c.out.send(&pgproto3.CopyDone{}); err != nil {
		return err
	}
	return c.complete(r, rows)
}

func (c *conn) copyRows(ctx context.Context, r Result, k *copier) (int64, error) {
	var rows int64
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if err := c.copyBatch(ctx, k, b); err != nil {
			return rows, err
		}
		rows += int64(b.Rows())
		c.out.offer()
	}
}

func (c *conn) copyBatch(ctx context.Context, k *copier, b *vector.Batch) error {
	if err := k.rows.Bind(b); err != nil {
		return err
	}
	for i := range b.Rows() {
		if err := k.row(&c.out, i); err != nil {
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

// message appends a CopyData message with what body appends. The first one of the binary format begins with the signature.
func (k *copier) message(dst []byte, body func([]byte) []byte) []byte {
	at := len(dst)
	dst = append(dst, 'd', 0, 0, 0, 0)
	if k.o.Format == "binary" && !k.started {
		k.started = true
		dst = append(dst, copySignature...)
	}
	dst = body(dst)
	binary.BigEndian.PutUint32(dst[at+1:], uint32(len(dst)-at-1))
	return dst
}

// header appends the line of names.
func (k *copier) header(dst []byte) []byte {
	if !k.o.Header || k.o.Format == "binary" {
		return dst
	}
	return k.message(dst, func(dst []byte) []byte {
		for i, col := range k.columns {
			if i > 0 {
				dst = append(dst, k.o.Delimiter)
			}
			dst = k.text(dst, []byte(col.Name), false)
		}
		return append(dst, '\n')
	})
}

// row appends a row. After an error the buffer is as it was.
func (k *copier) row(out *output, i int) error {
	at := len(out.buf)
	var err error
	out.buf = k.message(out.buf, func(dst []byte) []byte {
		if k.o.Format == "binary" {
			dst, err = k.rows.AppendTuple(dst, i)
			return dst
		}
		dst, err = k.line(dst, i)
		return dst
	})
	if err != nil {
		out.buf = out.buf[:at]
	}
	return err
}

func (k *copier) line(dst []byte, row int) ([]byte, error) {
	for i := range k.columns {
		if i > 0 {
			dst = append(dst, k.o.Delimiter)
		}
		cell, null, err := k.rows.AppendValue(k.cell[:0], i, row)
		if err != nil {
			return dst, err
		}
		if null {
			dst = append(dst, k.o.Null...)
			continue
		}
		k.cell = cell
		dst = k.text(dst, cell, k.quoted[i])
	}
	return append(dst, '\n'), nil
}

// text appends a value, escaped or quoted as the format wants it.
func (k *copier) text(dst, s []byte, force bool) []byte {
	if k.o.Format == "csv" {
		return k.csv(dst, s, force)
	}
	for _, ch := range s {
		switch ch {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\v':
			dst = append(dst, '\\', 'v')
		case '\\', k.o.Delimiter:
			dst = append(dst, '\\', ch)
		default:
			dst = append(dst, ch)
		}
	}
	return dst
}

func (k *copier) csv(dst, s []byte, force bool) []byte {
	if !force && !k.needsQuotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, k.o.Quote)
	for _, ch := range s {
		if ch == k.o.Quote || ch == k.o.Escape {
			dst = append(dst, k.o.Escape)
		}
		dst = append(dst, ch)
	}
	return append(dst, k.o.Quote)
}

// needsQuotes reports whether a value would be read as something else without quotes: NULL, several values or lines, the end of
// the data.
func (k *copier) needsQuotes(s []byte) bool {
	switch {
	case string(s) == k.o.Null, len(k.columns) == 1 && string(s) == `\.`:
		return true
	}
	return bytes.IndexByte(s, k.o.Delimiter) >= 0 || bytes.IndexByte(s, k.o.Quote) >= 0 || bytes.ContainsAny(s, "\r\n")
}
