package pgtypes

import (
	"encoding/binary"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// span returns the elements of a list's row.
func (c *column) span(i int) (from, to int) {
	return int(c.list.Offsets[i]), int(c.list.Offsets[i+1])
}

// at leads from a position of a vector to one of its bound values; null says that there is none.
func (c *column) at(i int) (pos int, null bool) {
	if c.null != nil && c.null.Get(i) {
		return 0, true
	}
	if c.codes != nil {
		return int(c.codes[i]), false
	}
	return i, false
}

// arrayText appends {1,NULL,"a b"}; arrays in arrays nest their braces.
func (c *column) arrayText(dst []byte, i int) ([]byte, error) {
	dst = append(dst, '{')
	from, to := c.span(i)
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		pos, null := c.elem.at(k)
		if null {
			dst = append(dst, "NULL"...)
			continue
		}
		var err error
		if dst, err = c.elementText(dst, pos); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (c *column) elementText(dst []byte, pos int) ([]byte, error) {
	e := c.elem
	switch e.op {
	case opArrayText, opBoolText, opInt32Text, opInt64Text, opFloat32Text, opFloat64Text, opDecimal64Text, opDecimal128Text,
		opDateText, opTimeText, opUUIDText:
		return e.value(dst, pos) // never quoted
	}
	text, err := e.value(c.scratch[:0], pos)
	c.scratch = text
	if err != nil {
		return dst, err
	}
	return schema.AppendArrayText(dst, text), nil
}

// vectorText appends 1 2 3.
func (c *column) vectorText(dst []byte, i int) ([]byte, error) {
	from, to := c.span(i)
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ' ')
		}
		pos, null := c.elem.at(k)
		if null {
			continue
		}
		var err error
		if dst, err = c.elem.value(dst, pos); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// maxDims is PostgreSQL's greatest number of dimensions (MAXDIM).
const maxDims = 6

// arrayBinary appends the number of dimensions, whether there are NULLs, the element type, each dimension's length and lower
// bound, and the elements.
func (c *column) arrayBinary(dst []byte, i int) ([]byte, error) {
	be := binary.BigEndian
	dims, leaf, err := c.dimensions(i)
	if err != nil {
		return dst, err
	}
	lower := uint32(1)
	if c.typ.Kind != schema.Array {
		lower = 0 // int2vector and oidvector count from 0
	}
	dst = be.AppendUint32(dst, uint32(len(dims)))
	hasNull := len(dst)
	dst = be.AppendUint32(dst, 0)
	dst = be.AppendUint32(dst, schema.OIDOf(leaf.typ))
	for _, n := range dims {
		dst = be.AppendUint32(dst, uint32(n))
		dst = be.AppendUint32(dst, lower)
	}
	if len(dims) == 0 {
		return dst, nil
	}
	dst, null, err := c.elementsBinary(dst, i, dims)
	if null {
		be.PutUint32(dst[hasNull:], 1)
	}
	return dst, err
}

// dimensions returns the lengths of a row's dimensions by its first elements, and the column of the innermost elements. An array
// without elements has no dimension.
func (c *column) dimensions(i int) (dims []int, leaf *column, err error) {
	empty := false
	for {
		n := 0
		if !empty {
			from, to := c.span(i)
			n = to - from
			if n == 0 {
				empty = true
			}
			dims = append(dims, n)
		}
		if c.elem.op != opArrayBinary && c.elem.op != opArrayText {
			break
		}
		if !empty {
			from, _ := c.span(i)
			pos, null := c.elem.at(from)
			if null {
				return nil, nil, ragged()
			}
			i = pos
		}
		c = c.elem
	}
	if len(dims) > maxDims {
		return nil, nil, sqlerr.New(sqlerr.ProgramLimit, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(dims), maxDims)
	}
	if empty {
		dims = nil
	}
	return dims, c.elem, nil
}

func ragged() error {
	return sqlerr.New(sqlerr.ArraySubscript, "multidimensional arrays must have sub-arrays with matching dimensions").
		WithHint("PostgreSQL's binary format has no other arrays: cast the column to json")
}

// elementsBinary appends the elements of a row, dimension after dimension.
func (c *column) elementsBinary(dst []byte, i int, dims []int) (out []byte, hasNull bool, err error) {
	from, to := c.span(i)
	if to-from != dims[0] {
		return dst, false, ragged()
	}
	for k := from; k < to; k++ {
		pos, null := c.elem.at(k)
		if len(dims) > 1 {
			if null {
				return dst, false, ragged()
			}
			var inner bool
			if dst, inner, err = c.elem.elementsBinary(dst, pos, dims[1:]); err != nil {
				return dst, false, err
			}
			hasNull = hasNull || inner
			continue
		}
		if null {
			dst, hasNull = append(dst, nullCell...), true
			continue
		}
		if dst, err = c.elem.encode(dst, pos); err != nil {
			return dst, false, err
		}
	}
	return dst, hasNull, nil
}
