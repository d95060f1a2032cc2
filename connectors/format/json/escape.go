package json

import "github.com/tarnsql/tarn/connectors/format/text"

// decoder implements text.Decoder.
type decoder struct{}

// Unescape implements text.Decoder. The scanner has checked the escapes.
func (decoder) Unescape(dst, raw []byte, _ text.Span) ([]byte, error) { return unescape(dst, raw), nil }
