package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// rows calls f for the rows to compute that are not NULL.
func rows(c *Call, null vector.Bitmap, f func(i int) error) error {
	if c.Sel == nil {
		for i := range c.N {
			if null.Get(i) {
				continue
			}
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range c.Sel {
		if null.Get(int(r)) {
			continue
		}
		if err := f(int(r)); err != nil {
			return err
		}
	}
	return nil
}

// unary makes a kernel of a function that cannot fail.
func unary[A, R vector.Fixed](f func(A) R) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a := kernel.FlatCol[A](c.Args[0], nil)
		if c.Sel == nil && a.Mask != 0 {
			for i, x := range a.V[:c.N] {
				out.Values[i] = f(x)
			}
			return out, nil
		}
		err := rows(c, nil, func(i int) error {
			out.Values[i] = f(a.At(i))
			return nil
		})
		return out, err
	}
}

// unaryErr makes a kernel of a function that can fail.
func unaryErr[A, R vector.Fixed](f func(A) (R, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a := kernel.FlatCol[A](c.Args[0], nil)
		err := rows(c, out.Null, func(i int) (err error) {
			out.Values[i], err = f(a.At(i))
			return err
		})
		return out, err
	}
}

// binary makes a kernel of a function of two arguments that cannot fail.
func binary[A, B, R vector.Fixed](f func(A, B) R) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a, b := kernel.FlatCol[A](c.Args[0], nil), kernel.FlatCol[B](c.Args[1], nil)
		if c.Sel == nil {
			for i := range out.Values {
				out.Values[i] = f(a.V[i&a.Mask], b.V[i&b.Mask])
			}
			return out, nil
		}
		for _, r := range c.Sel {
			i := int(r)
			out.Values[i] = f(a.V[i&a.Mask], b.V[i&b.Mask])
		}
		return out, nil
	}
}

// binaryErr makes a kernel of a function of two arguments that can fail.
func binaryErr[A, B, R vector.Fixed](f func(A, B) (R, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a, b := kernel.FlatCol[A](c.Args[0], nil), kernel.FlatCol[B](c.Args[1], nil)
		err := rows(c, out.Null, func(i int) (err error) {
			out.Values[i], err = f(a.At(i), b.At(i))
			return err
		})
		return out, err
	}
}

// textTo makes a kernel from a string to a fixed-width value.
func textTo[R vector.Fixed](f func([]byte) (R, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a := kernel.StringCol(c.Args[0], nil)
		err := rows(c, out.Null, func(i int) (err error) {
			out.Values[i], err = f(a.At(i))
			return err
		})
		return out, err
	}
}

// textText2 makes a kernel from two strings to a fixed-width value.
func text2To[R vector.Fixed](f func(a, b []byte) (R, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[R](c)
		a, b := kernel.StringCol(c.Args[0], nil), kernel.StringCol(c.Args[1], nil)
		err := rows(c, out.Null, func(i int) (err error) {
			out.Values[i], err = f(a.At(i), b.At(i))
			return err
		})
		return out, err
	}
}

// maxText is the longest string that a function makes.
const maxText = 64 << 20

func tooLong() error {
	return sqlerr.New(sqlerr.ProgramLimit, "requested length too large").WithDetail("a string can have at most %d bytes", maxText)
}

// arena appends the results of string functions.
type arena struct {
	out *vector.Bytes
}

// arenaLimit is where a result begins a new buffer: offsets are 32 bits.
const arenaLimit = 1 << 30

// put appends what f appends as the string of row i.
func (a arena) put(i int, f func(dst []byte) ([]byte, error)) error {
	last := len(a.out.Buffers) - 1
	if len(a.out.Buffers[last]) > arenaLimit {
		a.out.Buffers = append(a.out.Buffers, nil)
		last++
	}
	start := len(a.out.Buffers[last])
	b, err := f(a.out.Buffers[last])
	if err != nil {
		return err
	}
	if len(b)-start > maxText {
		return tooLong()
	}
	a.out.Buffers[last] = b
	a.out.Views[i] = vector.MakeView(b[start:], uint32(last), uint32(start))
	return nil
}

// textText makes a kernel from a string to a string.
func textText(f func(dst, s []byte) []byte) Kernel {
	return textTextErr(func(dst, s []byte) ([]byte, error) { return f(dst, s), nil })
}

func textTextErr(f func(dst, s []byte) ([]byte, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outBytes(c)
		a := kernel.StringCol(c.Args[0], nil)
		err := rows(c, out.Null, func(i int) error {
			return arena{out}.put(i, func(dst []byte) ([]byte, error) { return f(dst, a.At(i)) })
		})
		return out, err
	}
}

// fixedText makes a kernel from a fixed-width value to a string.
func fixedText[A vector.Fixed](f func(dst []byte, a A) ([]byte, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outBytes(c)
		a := kernel.FlatCol[A](c.Args[0], nil)
		err := rows(c, out.Null, func(i int) error {
			return arena{out}.put(i, func(dst []byte) ([]byte, error) { return f(dst, a.At(i)) })
		})
		return out, err
	}
}

// text2Text makes a kernel from two strings to a string.
func text2Text(f func(dst, a, b []byte) ([]byte, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outBytes(c)
		a, b := kernel.StringCol(c.Args[0], nil), kernel.StringCol(c.Args[1], nil)
		err := rows(c, out.Null, func(i int) error {
			return arena{out}.put(i, func(dst []byte) ([]byte, error) { return f(dst, a.At(i), b.At(i)) })
		})
		return out, err
	}
}

// values makes a kernel of a function of one row of values: for functions that are seldom used, and for nested types. NULLs
// reach it unless the function is strict.
func values(f func(c *Call, args []schema.Value) (schema.Value, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Type, c.N)
		args := make([]schema.Value, len(c.Args))
		next := 0
		one := func(i int) error {
			for ; next < i; next++ {
				b.AppendNull()
			}
			next = i + 1
			for k, a := range c.Args {
				if a != nil {
					args[k] = vector.ValueAt(a, i)
				}
			}
			v, err := f(c, args)
			if err != nil {
				return err
			}
			b.AppendValue(v)
			return nil
		}
		if err := kernel.EachRow(c.N, c.Sel, one); err != nil {
			return nil, err
		}
		for ; next < c.N; next++ {
			b.AppendNull()
		}
		return b.Build(), nil
	}
}

// strictValues is values for a strict function: a NULL argument gives NULL.
func strictValues(f func(c *Call, args []schema.Value) (schema.Value, error)) Kernel {
	return values(func(c *Call, args []schema.Value) (schema.Value, error) {
		for i := range args {
			if !args[i].Valid && (len(c.Lambdas) <= i || c.Lambdas[i] == nil) {
				return schema.NullOf(c.Type), nil
			}
		}
		return f(c, args)
	})
}
