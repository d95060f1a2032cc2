package pgtypes

import (
	"encoding/binary"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// MaxRow is the greatest length of a row's message: PostgreSQL's limit of an allocation (MaxAllocSize).
const MaxRow = 1<<30 - 1

// Rows encodes the rows of a result. It is not safe for concurrent use.
type Rows struct {
	style   Style
	clock   clock
	columns []*column
	batch   *vector.Batch
}

// NewRows returns an encoder of rows whose columns have the given types and formats (Text or Binary).
func NewRows(types []schema.Type, formats []int16, style Style) *Rows {
	r := &Rows{style: style, columns: make([]*column, len(types))}
	r.clock.reset(style.Location)
	for i, t := range types {
		r.columns[i] = newColumn(t, formats[i], &r.style, &r.clock)
	}
	return r
}

// Bind prepares for the rows of a batch, which must stay valid until the next Bind.
func (r *Rows) Bind(b *vector.Batch) error {
	r.batch = b
	rows := b.Rows()
	if rows == 0 {
		return nil
	}
	if len(b.Cols) < len(r.columns) {
		return sqlerr.New(sqlerr.InternalError, "a batch of %d columns for a result of %d", len(b.Cols), len(r.columns))
	}
	for i, c := range r.columns {
		if err := c.bind(b.Cols[i], rows); err != nil {
			return err
		}
	}
	return nil
}

// row returns the position in the vectors of the k-th selected row.
func (r *Rows) row(k int) int {
	if r.batch.Sel != nil {
		return int(r.batch.Sel[k])
	}
	return k
}

// AppendDataRows appends DataRow messages of the bound batch's rows from the given one on, until there are none or dst has limit
// bytes. It returns the first row that is left. After an error dst ends with the last complete row.
func (r *Rows) AppendDataRows(dst []byte, from, limit int) (out []byte, next int, err error) {
	n := r.batch.Rows()
	for from < n && len(dst) < limit {
		start := len(dst)
		dst = append(dst, 'D', 0, 0, 0, 0, byte(len(r.columns)>>8), byte(len(r.columns)))
		row := r.row(from)
		for _, c := range r.columns {
			if dst, err = c.cell(dst, row); err != nil {
				return dst[:start], from, err
			}
		}
		if len(dst)-start > MaxRow {
			return dst[:start], from, tooLong(len(dst) - start)
		}
		binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
		from++
	}
	return dst, from, nil
}

func tooLong(n int) error {
	return sqlerr.New(sqlerr.ProgramLimit, "row too long for the protocol: %d bytes", n).WithDetail("The limit is %d bytes.", MaxRow)
}

// AppendTuple appends a row in the binary format of COPY: the number of columns, then length and value of each.
func (r *Rows) AppendTuple(dst []byte, k int) ([]byte, error) {
	dst = append(dst, byte(len(r.columns)>>8), byte(len(r.columns)))
	row := r.row(k)
	var err error
	for _, c := range r.columns {
		if dst, err = c.cell(dst, row); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// AppendValue appends the value of a column in the k-th selected row, without a length. null says that there is none.
func (r *Rows) AppendValue(dst []byte, column, k int) (out []byte, null bool, err error) {
	c := r.columns[column]
	if c.constant != nil {
		if len(c.constant) == 4 && c.constant[0] == 0xff {
			return dst, true, nil
		}
		return append(dst, c.constant[4:]...), false, nil
	}
	pos, null := c.at(r.row(k))
	if null {
		return dst, true, nil
	}
	dst, err = c.value(dst, pos)
	return dst, false, err
}
