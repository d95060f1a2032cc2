package eval

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// aboutData reports whether an error says that a value is not what an operation wants (SQLSTATE class 22): those that try and
// try_cast turn into NULL.
func aboutData(err error) bool { return strings.HasPrefix(string(sqlerr.CodeOf(err)), "22") }

// tryNode is NULL for the rows for which its argument fails.
type tryNode struct {
	arg node
	typ schema.Type
}

func (n *tryNode) eval(c *call, sel []uint32) (vector.Vector, error) {
	v, err := n.arg.eval(c, sel)
	if err == nil || !aboutData(err) {
		return v, err
	}
	return tryParts(c, sel, n.typ, func(rows []uint32) (vector.Vector, error) { return n.arg.eval(c, rows) })
}

// tryParts evaluates rows of which one fails half by half, down to the one, which is NULL.
func tryParts(c *call, sel []uint32, t schema.Type, eval func(rows []uint32) (vector.Vector, error)) (vector.Vector, error) {
	out := vector.NewBuilder(t, c.n)
	var halves func(rows []uint32) error
	halves = func(rows []uint32) error {
		for _, half := range [][]uint32{rows[:len(rows)/2], rows[len(rows)/2:]} {
			if len(half) == 0 {
				continue
			}
			v, err := eval(half)
			switch {
			case err == nil:
				appendAt(out, v, half)
			case !aboutData(err):
				return err
			case len(half) > 1:
				if err := halves(half); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := halves(allRows(c.n, sel)); err != nil {
		return nil, err
	}
	padTo(out, c.n)
	return out.Build(), nil
}

// appendAt appends rows of v, which follow those that out has, at their places.
func appendAt(out *vector.Builder, v vector.Vector, rows []uint32) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n] == rows[0]+uint32(n) {
			n++
		}
		padTo(out, int(rows[0]))
		out.AppendRows(v, rows[:n])
		rows = rows[n:]
	}
}

func padTo(out *vector.Builder, n int) {
	for out.Len() < n {
		out.AppendNull()
	}
}
