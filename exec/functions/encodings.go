package functions

import (
	"encoding/base32"
	"encoding/base64"
	big "encoding/binary"
	"math"
	"strconv"

	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerEncodings declares Trino's encodings of binary strings and numbers.
func registerEncodings(r *Registry) {
	r.strict("to_base32(bytea) text", textText(base32.StdEncoding.AppendEncode), "the string in base 32")
	r.strict("from_base32(text) bytea", textTextErr(func(dst, s []byte) ([]byte, error) {
		out, err := base32.StdEncoding.AppendDecode(dst, s)
		return out, encodingError("base 32", err)
	}), "the binary string that base 32 spells")
	r.strict("to_base64url(bytea) text", textText(base64.URLEncoding.AppendEncode), "the string in base 64 for URLs")
	r.strict("from_base64url(text) bytea", textTextErr(func(dst, s []byte) ([]byte, error) {
		out, err := base64.URLEncoding.AppendDecode(dst, s)
		return out, encodingError("base 64 for URLs", err)
	}), "the binary string that base 64 for URLs spells")
	r.strict("to_big_endian_32(integer) bytea", toBytes(func(dst []byte, n int32) []byte { return big.BigEndian.AppendUint32(dst, uint32(n)) }), "the four bytes of an integer")
	r.strict("to_big_endian_64(bigint) bytea", toBytes(func(dst []byte, n int64) []byte { return big.BigEndian.AppendUint64(dst, uint64(n)) }), "the eight bytes of a bigint")
	r.strict("to_ieee754_32(real) bytea", toBytes(func(dst []byte, f float32) []byte { return big.BigEndian.AppendUint32(dst, math.Float32bits(f)) }), "the four bytes of a real")
	r.strict("to_ieee754_64(double) bytea", toBytes(func(dst []byte, f float64) []byte { return big.BigEndian.AppendUint64(dst, math.Float64bits(f)) }), "the eight bytes of a double")
	r.strict("from_big_endian_32(bytea) integer", ofBytes(4, func(b []byte) int32 { return int32(big.BigEndian.Uint32(b)) }), "the integer of four bytes")
	r.strict("from_big_endian_64(bytea) bigint", ofBytes(8, func(b []byte) int64 { return int64(big.BigEndian.Uint64(b)) }), "the bigint of eight bytes")
	r.strict("from_ieee754_32(bytea) real", ofBytes(4, func(b []byte) float32 { return math.Float32frombits(big.BigEndian.Uint32(b)) }), "the real of four bytes")
	r.strict("from_ieee754_64(bytea) double", ofBytes(8, func(b []byte) float64 { return math.Float64frombits(big.BigEndian.Uint64(b)) }), "the double of eight bytes")
	r.strict("to_base(bigint, bigint) text", toBase, "the number in a base of 2 to 36")
	r.strict("from_base(text, bigint) bigint", fromBase, "the number that a text spells in a base of 2 to 36")
}

func encodingError(what string, err error) error {
	if err == nil {
		return nil
	}
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid %s: %s", what, err.Error())
}

func toBytes[A vector.Fixed](f func(dst []byte, a A) []byte) Kernel {
	return fixedText(func(dst []byte, a A) ([]byte, error) { return f(dst, a), nil })
}

func ofBytes[R vector.Fixed](n int, f func([]byte) R) Kernel {
	return textTo(func(s []byte) (R, error) {
		if len(s) != n {
			var zero R
			return zero, sqlerr.New(sqlerr.InvalidParameterValue, "expected %d-byte input, but got instead: %d", n, len(s))
		}
		return f(s), nil
	})
}

func checkBase(base int64) error {
	if base < 2 || base > 36 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "base must be between 2 and 36, not %d", base)
	}
	return nil
}

func toBase(c *Call) (vector.Vector, error) {
	out := outBytes(c)
	n, base := kernel.FlatCol[int64](c.Args[0], nil), kernel.FlatCol[int64](c.Args[1], nil)
	err := rows(c, out.Null, func(i int) error {
		return arena{out}.put(i, func(dst []byte) ([]byte, error) {
			if err := checkBase(base.At(i)); err != nil {
				return nil, err
			}
			return strconv.AppendInt(dst, n.At(i), int(base.At(i))), nil
		})
	})
	return out, err
}

func fromBase(c *Call) (vector.Vector, error) {
	out := outFlat[int64](c)
	s, base := kernel.StringCol(c.Args[0], nil), kernel.FlatCol[int64](c.Args[1], nil)
	err := rows(c, out.Null, func(i int) (err error) {
		if err := checkBase(base.At(i)); err != nil {
			return err
		}
		if out.Values[i], err = strconv.ParseInt(string(s.At(i)), int(base.At(i)), 64); err != nil {
			return sqlerr.New(sqlerr.InvalidParameterValue, "not a valid base-%d number: %s", base.At(i), s.At(i))
		}
		return nil
	})
	return out, err
}
