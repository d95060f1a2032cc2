package pgwire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// copier writes rows as COPY data.
type copier struct {
	o      *session.CopyOptions
	loc    *time.Location
	cols   []physical.Column
	quoted []bool
	buf    []byte
	cell   []byte
}

// copyOut sends a result as COPY data.
func (c *conn) copyOut(ctx context.Context, r *session.Result) error {
	k := &copier{o: r.Copy, loc: c.session.Location(), cols: r.Columns, quoted: make([]bool, len(r.Columns))}
	for i, col := range r.Columns {
		k.quoted[i] = r.Copy.ForceQuoteAll || slices.Contains(r.Copy.ForceQuote, col.Name)
	}
	response := &pgproto3.CopyOutResponse{ColumnFormatCodes: make([]uint16, len(r.Columns))}
	if r.Copy.Format == "binary" {
		response.OverallFormat = 1
		for i := range response.ColumnFormatCodes {
			response.ColumnFormatCodes[i] = 1
		}
	}
	if err := c.send(response); err != nil {
		return err
	}
	if k.begin(); len(k.buf) > 0 {
		if err := c.send(&pgproto3.CopyData{Data: k.buf}); err != nil {
			return err
		}
	}
	var rows int64
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i := range b.Rows() {
			row := i
			if b.Sel != nil {
				row = int(b.Sel[i])
			}
			if err := k.row(b, row); err != nil {
				return err
			}
			if err := c.send(&pgproto3.CopyData{Data: k.buf}); err != nil {
				return err
			}
		}
		rows += int64(b.Rows())
	}
	if r.Copy.Format == "binary" {
		if err := c.send(&pgproto3.CopyData{Data: []byte{0xff, 0xff}}); err != nil {
			return err
		}
	}
	if err := c.send(&pgproto3.CopyDone{}); err != nil {
		return err
	}
	return c.complete(r, rows)
}

// begin writes what comes before the rows: the signature of the binary format, or the header.
func (k *copier) begin() {
	k.buf = k.buf[:0]
	if k.o.Format == "binary" {
		k.buf = append(k.buf, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		return
	}
	if !k.o.Header {
		return
	}
	for i, col := range k.cols {
		if i > 0 {
			k.buf = append(k.buf, k.o.Delimiter)
		}
		k.text([]byte(col.Name), false)
	}
	k.buf = append(k.buf, '\n')
}

func (k *copier) row(b *vector.Batch, row int) (err error) {
	k.buf = k.buf[:0]
	if k.o.Format == "binary" {
		return k.binaryRow(b, row)
	}
	for i, v := range b.Cols {
		if i > 0 {
			k.buf = append(k.buf, k.o.Delimiter)
		}
		if vector.NullAt(v, row) {
			k.buf = append(k.buf, k.o.Null...)
			continue
		}
		if x := vector.ValueAt(v, row); x.Type.Kind == schema.Boolean {
			k.cell = append(k.cell[:0], "ft"[x.I&1])
		} else {
			k.cell = x.AppendText(k.cell[:0], k.loc)
		}
		k.text(k.cell, k.quoted[i])
	}
	k.buf = append(k.buf, '\n')
	return nil
}

func (k *copier) binaryRow(b *vector.Batch, row int) (err error) {
	k.buf = binary.BigEndian.AppendUint16(k.buf, uint16(len(b.Cols)))
	for _, v := range b.Cols {
		if vector.NullAt(v, row) {
			k.buf = binary.BigEndian.AppendUint32(k.buf, 1<<32-1)
			continue
		}
		if k.cell, err = appendBinary(k.cell[:0], vector.ValueAt(v, row)); err != nil {
			return err
		}
		k.buf = binary.BigEndian.AppendUint32(k.buf, uint32(len(k.cell)))
		k.buf = append(k.buf, k.cell...)
	}
	return nil
}

// text appends a value, escaped or quoted as the format wants it.
func (k *copier) text(s []byte, force bool) {
	if k.o.Format == "csv" {
		k.csv(s, force)
		return
	}
	for _, ch := range s {
		switch ch {
		case '\b':
			k.buf = append(k.buf, '\\', 'b')
		case '\f':
			k.buf = append(k.buf, '\\', 'f')
		case '\n':
			k.buf = append(k.buf, '\\', 'n')
		case '\r':
			k.buf = append(k.buf, '\\', 'r')
		case '\t':
			k.buf = append(k.buf, '\\', 't')
		case '\v':
			k.buf = append(k.buf, '\\', 'v')
		case '\\', k.o.Delimiter:
			k.buf = append(k.buf, '\\', ch)
		default:
			k.buf = append(k.buf, ch)
		}
	}
}

func (k *copier) csv(s []byte, force bool) {
	text := string(s)
	if !force && text != k.o.Null && !strings.ContainsAny(text, "\n\r") && strings.IndexByte(text, k.o.Delimiter) < 0 &&
		strings.IndexByte(text, k.o.Quote) < 0 && !(len(k.cols) == 1 && text == `\.`) {
		k.buf = append(k.buf, s...)
		return
	}
	k.buf = append(k.buf, k.o.Quote)
	for _, ch := range s {
		if ch == k.o.Quote || ch == k.o.Escape {
			k.buf = append(k.buf, k.o.Escape)
		}
		k.buf = append(k.buf, ch)
	}
	k.buf = append(k.buf, k.o.Quote)
}
