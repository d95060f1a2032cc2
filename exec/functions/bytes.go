package functions

import (
	"crypto/sha256"
	"crypto/sha512"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerBytes declares the functions of single bytes and of encodings of strings.
func registerBytes(r *Registry) {
	r.strict("get_byte(bytea, integer) integer", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if err := byteIndex(a[0].S, a[1].I); err != nil {
			return a[0], err
		}
		return intResult(c, int64(a[0].S[a[1].I]))
	}), "a byte, counted from 0")
	r.strict("set_byte(bytea, integer, integer) bytea", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if err := byteIndex(a[0].S, a[1].I); err != nil {
			return a[0], err
		}
		b := []byte(a[0].S)
		b[a[1].I] = byte(a[2].I)
		return schema.StringValue(c.Type, string(b)), nil
	}), "the string with another byte in a place, counted from 0")
	r.strict("bit_count(bytea) bigint", textTo(func(s []byte) (int64, error) {
		n := 0
		for _, b := range s {
			n += bits.OnesCount8(b)
		}
		return int64(n), nil
	}), "number of bits that are set")
	r.strict("sha224(bytea) bytea", textText(func(dst, s []byte) []byte { h := sha256.Sum224(s); return append(dst, h[:]...) }), "")
	r.strict("sha384(bytea) bytea", textText(func(dst, s []byte) []byte { h := sha512.Sum384(s); return append(dst, h[:]...) }), "")
	r.strict("convert_from(bytea, name) text", text2Text(func(dst, s, encoding []byte) ([]byte, error) {
		latin, err := encodingNamed(string(encoding))
		if err != nil {
			return nil, err
		}
		if latin {
			for _, b := range s {
				dst = utf8.AppendRune(dst, rune(b))
			}
			return dst, nil
		}
		if !utf8.Valid(s) || strings.IndexByte(string(s), 0) >= 0 {
			return nil, sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
		}
		return append(dst, s...), nil
	}), "the text that bytes of an encoding are: UTF8 or LATIN1")
	r.strict("convert_to(text, name) bytea", text2Text(func(dst, s, encoding []byte) ([]byte, error) {
		latin, err := encodingNamed(string(encoding))
		if err != nil || !latin {
			return append(dst, s...), err
		}
		for _, r := range string(s) {
			if r > 0xff {
				return nil, sqlerr.New("22P05", "character with byte sequence %# x in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"", string(r))
			}
			dst = append(dst, byte(r))
		}
		return dst, nil
	}), "the bytes of a text in an encoding: UTF8 or LATIN1")
}

func byteIndex(s string, i int64) error {
	if i < 0 || i >= int64(len(s)) {
		return sqlerr.New(sqlerr.ArraySubscript, "index %d out of valid range, 0..%d", i, len(s)-1)
	}
	return nil
}

// encodingNamed reports whether an encoding is Latin-1; the other that is known is UTF-8.
func encodingNamed(name string) (latin bool, err error) {
	switch strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)) {
	case "utf8", "unicode":
		return false, nil
	case "latin1", "iso88591":
		return true, nil
	}
	return false, sqlerr.New(sqlerr.InvalidParameterValue, "encoding %q is not supported: UTF8 and LATIN1 are", name)
}
