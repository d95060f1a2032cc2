package pgtypes

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestBadParameters(t *testing.T) {
	for _, c := range []struct {
		typ, format, raw string
		code             sqlerr.Code
		message          string
	}{
		{"integer", "text", "zz", "22P02", `invalid input syntax for type integer: "zz"`},
		{"integer", "binary", "0001", "08P01", "insufficient data left in message"},
		{"integer", "binary", "0000000001", "22P03", "incorrect binary data format in bind parameter"},
		{"tinyint", "binary", "0100", "22003", "out of range"},
		{"text", "binary", "ff", "22021", `invalid byte sequence for encoding "UTF8": 0xff`},
		{"text", "binary", "610062", "22021", `invalid byte sequence for encoding "UTF8": 0x00`},
		{"uuid", "binary", "00", "08P01", "insufficient data"},
		{"numeric(10,2)", "binary", "0001", "22P03", "numeric"},
		{"numeric(10,2)", "binary", "0001000000000000ffff", "22P03", "numeric"},
		{"numeric(10,2)", "binary", "00017fff000000000001", "22003", ""},
		{"date", "binary", "7ffffffe", "22008", "date out of range"},
		{"timestamp", "binary", "7ffffffffffffffe", "22008", "timestamp out of range"},
		{"time", "binary", "ffffffffffffffff", "22008", "time out of range"},
		{"jsonb", "binary", "027b7d", "22P03", "unsupported jsonb version number 2"},
		{"integer[]", "binary", "00000001", "08P01", "insufficient data"},
		{"integer[]", "binary", "00000007" + "00000000" + "00000017", "54000", "dimensions (7)"},
		{"integer[]", "binary", "00000001" + "00000000" + "00000019" + "0000000000000001", "42804", "element type 25"},
		{"integer[]", "binary", "00000001" + "00000000" + "00000017" + "7fffffff00000001", "08P01", "insufficient data"},
		{"integer[]", "binary", "00000001" + "00000000" + "00000017" + "0000000100000001" + "7fffffff", "08P01", "insufficient data"},
		{"integer[]", "binary", "00000002" + "00000000" + "00000017" + "0000000100000001" + "0000000100000001", "0A000", "2 dimensions"},
	} {
		typ, err := schema.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		raw, format := []byte(c.raw), Text
		if c.format == "binary" {
			format = Binary
			if raw, err = hex.DecodeString(c.raw); err != nil {
				t.Fatal(err)
			}
		}
		if _, err = Decode(typ, raw, format, time.UTC); !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s %s %s: %v (%s), want %s %s", c.typ, c.format, c.raw, err, sqlerr.CodeOf(err), c.code, c.message)
		}
	}
}

// TestLenientTimestamps holds spellings that drivers send.
func TestLenientTimestamps(t *testing.T) {
	for raw, want := range map[string]string{
		"2026-11-22T02:13:07Z":           "2026-11-22 02:13:07+00",
		"2026-11-22 02:13:07.889148109Z": "2026-11-22 02:13:07.889148+00",
		"2026-11-22T02:13:07+02:00":      "2026-11-22 00:13:07+00",
		"2026-11-22":                     "2026-11-22 00:00:00+00",
	} {
		v, err := Decode(schema.T(schema.TimestampTZ), []byte(raw), Text, time.UTC)
		if err != nil || v.Text() != want {
			t.Errorf("%s: %s (%v), want %s", raw, v.Text(), err, want)
		}
	}
}

// TestDecimalsKeepTheirDigits binds numbers to a parameter whose type has fewer digits after the point.
func TestDecimalsKeepTheirDigits(t *testing.T) {
	for raw, want := range map[string]string{
		"0.000000000001": "0.000000000001", "12": "12", "-1.5e-3": "-0.0015", "1e3": "1000",
		"12345678901234567890123456789": "12345678901234567890123456789",
	} {
		v, err := Decode(schema.DecimalOf(38, 10), []byte(raw), Text, time.UTC)
		if err != nil || v.Text() != want && v.Text() != want+".0000000000" {
			t.Errorf("%s: %s (%v), want %s", raw, v.Text(), err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	types := []string{"boolean", "smallint", "integer", "bigint", "real", "double", "numeric(38,10)", "text", "char(3)", "bytea", "date", "time",
		"timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "integer[]", "text[]", "numeric(5,2)[]", "jsonb[]", "oid", "int2vector",
		"oidvector", "name", `"char"`, "array(array(integer))", "tinyint", "map(varchar, bigint)"}
	for i := range types {
		f.Add(uint8(i), true, []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9})
		f.Add(uint8(i), false, []byte("{1,2}"))
	}
	f.Fuzz(func(t *testing.T, which uint8, binary bool, raw []byte) {
		typ, err := schema.ParseType(types[int(which)%len(types)])
		if err != nil {
			t.Fatal(err)
		}
		format := Text
		if binary {
			format = Binary
		}
		v, err := Decode(typ, raw, format, time.UTC)
		if err != nil {
			if sqlerr.As(err) == nil {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if !v.Valid {
			t.Error("NULL from bytes")
		}
		_ = v.Text()
	})
}
