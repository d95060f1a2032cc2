package slt

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// typeMap knows PostgreSQL's built-in types. It is only read.
var typeMap = pgtype.NewMap()

// canonical renders a value of either format as one text, so that a value received in binary can be compared with an
// expectation written as text. What pgx has no codec for is left as it is (text) or shown in hexadecimal (binary).
func canonical(oid uint32, format int16, value []byte) string {
	if oid == pgtype.NumericOID && format == pgtype.BinaryFormatCode {
		text, err := numericText(value)
		if err != nil {
			return fmt.Sprintf("undecodable numeric \\x%x: %v", value, err)
		}
		return text
	}
	if oid == pgtype.NumericOID {
		return string(value)
	}
	t, known := typeMap.TypeForOID(oid)
	if !known {
		if format == pgtype.TextFormatCode {
			return string(value)
		}
		return `\x` + hex.EncodeToString(value)
	}
	decoded, err := t.Codec.DecodeValue(typeMap, oid, format, value)
	if err != nil {
		return fmt.Sprintf("undecodable %s %q: %v", t.Name, value, err)
	}
	text, err := typeMap.Encode(oid, pgtype.TextFormatCode, decoded, nil)
	if err != nil {
		return fmt.Sprintf("%v", decoded)
	}
	return string(text)
}

// numericText decodes PostgreSQL's binary numeric as its text form, keeping the display scale, which pgx's own type
// does not keep. The format: int16 count of base-10000 digits, int16 weight of the first, uint16 sign, uint16 display
// scale, then the digits. Source: PostgreSQL, src/backend/utils/adt/numeric.c, numeric_send.
func numericText(value []byte) (string, error) {
	if len(value) < 8 {
		return "", fmt.Errorf("%d bytes, want at least 8", len(value))
	}
	count := int(binary.BigEndian.Uint16(value))
	weight := int(int16(binary.BigEndian.Uint16(value[2:])))
	sign := binary.BigEndian.Uint16(value[4:])
	scale := int(binary.BigEndian.Uint16(value[6:]))
	switch sign {
	case 0xC000:
		return "NaN", nil
	case 0xD000:
		return "Infinity", nil
	case 0xF000:
		return "-Infinity", nil
	}
	if len(value) != 8+2*count {
		return "", fmt.Errorf("%d bytes for %d digits", len(value), count)
	}
	digit := func(i int) int { // the base-10000 digit of weight i below the first
		if i < 0 || i >= count {
			return 0
		}
		return int(binary.BigEndian.Uint16(value[8+2*i:]))
	}
	var b strings.Builder
	if sign == 0x4000 {
		b.WriteByte('-')
	}
	if weight < 0 {
		b.WriteByte('0')
	}
	for i := 0; i <= weight; i++ {
		if i == 0 {
			fmt.Fprintf(&b, "%d", digit(i))
		} else {
			fmt.Fprintf(&b, "%04d", digit(i))
		}
	}
	if scale > 0 {
		var fraction strings.Builder
		for i := weight + 1; fraction.Len() < scale; i++ {
			fmt.Fprintf(&fraction, "%04d", digit(i))
		}
		b.WriteByte('.')
		b.WriteString(fraction.String()[:scale])
	}
	return b.String(), nil
}
