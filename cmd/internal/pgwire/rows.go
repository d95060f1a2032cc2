package pgwire

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// encoder writes rows as DataRow messages.
type encoder struct {
	c       *conn
	formats []int16
	loc     *time.Location
	buf     []byte
	n       int
}

func (c *conn) newEncoder(cols []physical.Column, formats []int16) *encoder {
	e := &encoder{c: c, n: len(cols), loc: c.session.Location(), formats: make([]int16, len(cols))}
	for i := range cols {
		e.formats[i] = format(formats, i)
	}
	return e
}

// rows writes the selected rows of a batch.
func (e *encoder) rows(b *vector.Batch) error {
	for i := range b.Rows() {
		row := i
		if b.Sel != nil {
			row = int(b.Sel[i])
		}
		if err := e.row(b, row); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) row(b *vector.Batch, row int) error {
	e.buf = append(e.buf[:0], 'D', 0, 0, 0, 0)
	buf := binary.BigEndian.AppendUint16(e.buf, uint16(e.n))
	var err error
	for i := range e.n {
		at := len(buf)
		buf = append(buf, 0, 0, 0, 0)
		var null bool
		if buf, null, err = e.value(buf, b.Cols[i], row, e.formats[i]); err != nil {
			return err
		}
		size := uint32(len(buf) - at - 4)
		if null {
			size = 1<<32 - 1
		}
		binary.BigEndian.PutUint32(buf[at:], size)
	}
	binary.BigEndian.PutUint32(buf[1:], uint32(len(buf)-1))
	e.buf = buf
	_, err = e.c.out.Write(buf)
	return err
}

// value appends a value. The kinds of vectors that most columns have are written without a detour.
func (e *encoder) value(dst []byte, v vector.Vector, row int, format int16) ([]byte, bool, error) {
	if vector.NullAt(v, row) {
		return dst, true, nil
	}
	if format == 1 {
		out, err := appendBinary(dst, vector.ValueAt(v, row))
		return out, false, err
	}
	if v.Type().Kind == schema.Boolean {
		return append(dst, "ft"[vector.ValueAt(v, row).I&1]), false, nil // true::text is true, but the protocol says t
	}
	switch v := v.(type) {
	case *vector.Bytes:
		switch v.Type().Kind {
		case schema.Varchar, schema.Name, schema.JSON:
			return append(dst, v.At(row)...), false, nil
		}
	case *vector.Flat[int64]:
		if v.Type().Kind == schema.BigInt {
			return strconv.AppendInt(dst, v.Values[row], 10), false, nil
		}
	case *vector.Flat[int32]:
		if v.Type().Kind == schema.Integer {
			return strconv.AppendInt(dst, int64(v.Values[row]), 10), false, nil
		}
	}
	return vector.ValueAt(v, row).AppendText(dst, e.loc), false, nil
}
