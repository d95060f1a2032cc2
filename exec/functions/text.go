package functions

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // SQL's md5()
	"crypto/sha1" //nolint:gosec // SQL's sha1()
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func runeCount(s []byte) (int32, error) { return int32(utf8.RuneCount(s)), nil }

// cutRunes returns characters [from, from+n) of s, counted from 0; n < 0 is all.
func cutRunes(s []byte, from, n int) []byte {
	for ; from > 0 && len(s) > 0; from-- {
		_, size := utf8.DecodeRune(s)
		s = s[size:]
	}
	if n < 0 {
		return s
	}
	end := 0
	for ; n > 0 && end < len(s); n-- {
		_, size := utf8.DecodeRune(s[end:])
		end += size
	}
	return s[:end]
}

// substring is SQL's: from counts from 1 and may lie before the string.
func substring(s []byte, from, n int64, hasLength bool) ([]byte, error) {
	if hasLength && n < 0 {
		return nil, sqlerr.New("22011", "negative substring length not allowed")
	}
	end := int64(1) << 40
	if hasLength {
		end = from + n
	}
	from = max(from, 1)
	if end <= from {
		return nil, nil
	}
	return cutRunes(s, int(min(from-1, maxText)), int(min(end-from, maxText))), nil
}

func registerText(r *Registry) {
	for _, name := range []string{"length", "char_length", "character_length"} {
		r.strict(name+"(text) integer", textTo(runeCount), "number of characters")
	}
	r.strict("length(bytea) integer", textTo(func(s []byte) (int32, error) { return int32(len(s)), nil }), "number of bytes")
	r.strict("octet_length(text) integer", textTo(func(s []byte) (int32, error) { return int32(len(s)), nil }), "number of bytes")
	r.strict("octet_length(char) integer", textTo(func(s []byte) (int32, error) { return int32(len(s)), nil }), "number of bytes, blanks included")
	r.strict("octet_length(bytea) integer", textTo(func(s []byte) (int32, error) { return int32(len(s)), nil }), "number of bytes")
	r.strict("bit_length(text) integer", textTo(func(s []byte) (int32, error) { return int32(len(s) * 8), nil }), "number of bits")
	r.strict("lower(text) text", textText(func(dst, s []byte) []byte { return append(dst, bytes.ToLower(s)...) }), "")
	r.strict("upper(text) text", textText(func(dst, s []byte) []byte { return append(dst, bytes.ToUpper(s)...) }), "")
	r.strict("initcap(text) text", textText(initcap), "")
	r.strict("reverse(text) text", textText(reverse), "")
	r.strict("md5(text) text", textText(func(dst, s []byte) []byte { h := md5.Sum(s); return hex.AppendEncode(dst, h[:]) }), "")  //nolint:gosec // SQL's md5()
	r.strict("md5(bytea) text", textText(func(dst, s []byte) []byte { h := md5.Sum(s); return hex.AppendEncode(dst, h[:]) }), "") //nolint:gosec // SQL's md5()
	r.strict("sha1(bytea) bytea", textText(func(dst, s []byte) []byte { h := sha1.Sum(s); return append(dst, h[:]...) }), "")     //nolint:gosec // SQL's sha1()
	r.strict("sha256(bytea) bytea", textText(func(dst, s []byte) []byte { h := sha256.Sum256(s); return append(dst, h[:]...) }), "")
	r.strict("sha512(bytea) bytea", textText(func(dst, s []byte) []byte { h := sha512.Sum512(s); return append(dst, h[:]...) }), "")
	r.strict("to_hex(bytea) text", textText(func(dst, s []byte) []byte { return append(dst, strings.ToUpper(hex.EncodeToString(s))...) }), "")
	r.strict("to_hex(integer) text", fixedText(func(dst []byte, a int32) ([]byte, error) { return append(dst, hexInt(uint64(uint32(a)))...), nil }), "")
	r.strict("to_hex(bigint) text", fixedText(func(dst []byte, a int64) ([]byte, error) { return append(dst, hexInt(uint64(a))...), nil }), "")
	r.strict("to_utf8(text) bytea", textText(func(dst, s []byte) []byte { return append(dst, s...) }), "")
	r.strict("from_utf8(bytea) text", textText(func(dst, s []byte) []byte { return append(dst, bytes.ToValidUTF8(s, []byte("\uFFFD"))...) }), "")
	r.strict("to_base64(bytea) text", textText(base64.StdEncoding.AppendEncode), "")
	r.strict("from_base64(text) bytea", textTextErr(func(dst, s []byte) ([]byte, error) { return decodeBytes(dst, s, "base64") }), "")
	r.strict("from_hex(text) bytea", textTextErr(func(dst, s []byte) ([]byte, error) { return decodeBytes(dst, s, "hex") }), "")
	r.strict("encode(bytea, text) text", text2Text(encodeBytes), "")
	r.strict("decode(text, text) bytea", text2Text(func(dst, s, f []byte) ([]byte, error) { return decodeBytes(dst, s, string(f)) }), "")
	r.strict("url_encode(text) text", textText(func(dst, s []byte) []byte { return append(dst, url.QueryEscape(string(s))...) }), "")
	r.strict("url_decode(text) text", textTextErr(urlDecode), "")
	r.strict("ascii(text) integer", textTo(codepoint), "code of the first character")
	r.strict("codepoint(text) integer", textTo(codepoint), "code of the first character")
	r.strict("chr(integer) text", fixedText(chr), "the character of a code")
	r.strict("quote_ident(text) text", textText(func(dst, s []byte) []byte { return append(dst, schema.QuoteIdent(string(s))...) }), "")
	r.strict("quote_literal(text) text", textText(quoteLiteral), "")
	registerIdentifiers(r)
	registerBytes(r)
	registerHashes(r)
	registerEncodings(r)
	registerWords(r)
	registerSplits(r)
	registerSubstrings(r)
	registerTrim(r)
	registerConcat(r)
	registerRegexp(r)
	registerURLs(r)
}

func hexInt(u uint64) string {
	s := hex.EncodeToString([]byte{byte(u >> 56), byte(u >> 48), byte(u >> 40), byte(u >> 32), byte(u >> 24), byte(u >> 16), byte(u >> 8), byte(u)})
	if s = strings.TrimLeft(s, "0"); s == "" {
		return "0"
	}
	return s
}

func initcap(dst, s []byte) []byte {
	start := true
	for _, r := range string(s) {
		if start {
			dst = utf8.AppendRune(dst, unicode.ToUpper(r))
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return dst
}

func reverse(dst, s []byte) []byte {
	for len(s) > 0 {
		_, size := utf8.DecodeLastRune(s)
		dst = append(dst, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return dst
}

func codepoint(s []byte) (int32, error) {
	if len(s) == 0 {
		return 0, nil
	}
	r, _ := utf8.DecodeRune(s)
	return r, nil
}

func chr(dst []byte, n int32) ([]byte, error) {
	switch {
	case n == 0:
		return nil, sqlerr.New(sqlerr.ProgramLimit, "null character not permitted")
	case n < 0:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "character number must be positive")
	case !utf8.ValidRune(n):
		return nil, sqlerr.New(sqlerr.ProgramLimit, "requested character not valid for encoding: %d", n)
	}
	return utf8.AppendRune(dst, n), nil
}

func quoteLiteral(dst, s []byte) []byte {
	if bytes.IndexByte(s, '\\') >= 0 {
		dst = append(dst, 'E')
	}
	dst = append(dst, '\'')
	for _, c := range s {
		if c == '\'' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

func encodeBytes(dst, s, format []byte) ([]byte, error) {
	switch string(bytes.ToLower(format)) {
	case "hex":
		return hex.AppendEncode(dst, s), nil
	case "base64":
		text := base64.StdEncoding.EncodeToString(s)
		for len(text) > 76 { // PostgreSQL breaks lines
			dst = append(append(dst, text[:76]...), '\n')
			text = text[76:]
		}
		return append(dst, text...), nil
	case "escape":
		for _, c := range s {
			switch {
			case c == '\\':
				dst = append(dst, '\\', '\\')
			case c == 0 || c >= 0x80:
				dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			default:
				dst = append(dst, c)
			}
		}
		return dst, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized encoding: %q", format)
}

func decodeBytes(dst, s []byte, format string) ([]byte, error) {
	switch strings.ToLower(format) {
	case "hex":
		out, err := hex.AppendDecode(dst, s)
		if err != nil {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal data: %w", err)
		}
		return out, nil
	case "base64":
		clean := bytes.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
		out, err := base64.StdEncoding.AppendDecode(dst, clean)
		if err != nil {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid base64 end sequence or symbol")
		}
		return out, nil
	case "escape":
		v, err := schema.Parse(schema.T(schema.Varbinary), string(s))
		return append(dst, v.S...), err
	}
	return nil, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized encoding: %q", format)
}

func urlDecode(dst, s []byte) ([]byte, error) {
	out, err := url.QueryUnescape(string(s))
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid URL encoding: %w", err)
	}
	return append(dst, out...), nil
}

// registerSubstrings declares what cuts strings.
func registerSubstrings(r *Registry) {
	for _, name := range []string{"substring", "substr"} {
		r.strict(name+"(text, integer) text", substringKernel, "")
		r.strict(name+"(text, integer, integer) text", substringKernel, "")
		r.strict(name+"(bytea, integer) bytea", strictValues(substringBytes), "")
		r.strict(name+"(bytea, integer, integer) bytea", strictValues(substringBytes), "")
	}
	r.strict("left(text, integer) text", textInt(func(s []byte, n int) []byte {
		if n < 0 {
			n = max(utf8.RuneCount(s)+n, 0)
		}
		return cutRunes(s, 0, n)
	}), "")
	r.strict("right(text, integer) text", textInt(func(s []byte, n int) []byte {
		have := utf8.RuneCount(s)
		if n < 0 {
			return cutRunes(s, -n, -1)
		}
		return cutRunes(s, max(have-n, 0), -1)
	}), "")
	position := text2To(func(s, sub []byte) (int32, error) {
		at := bytes.Index(s, sub)
		if at < 0 {
			return 0, nil
		}
		return int32(utf8.RuneCount(s[:at]) + 1), nil
	})
	r.strict("strpos(text, text) integer", position, "place of a substring, from 1; 0 for none")
	r.strict("position(text, text) integer", position, "place of a substring, from 1; 0 for none")
	startsWith := text2To(func(s, p []byte) (bool, error) { return bytes.HasPrefix(s, p), nil })
	r.strict("starts_with(text, text) boolean", startsWith, "")
	r.operator("^@(text, text) boolean", startsWith, "starts with")
	r.strict("ends_with(text, text) boolean", text2To(func(s, p []byte) (bool, error) { return bytes.HasSuffix(s, p), nil }), "")
	r.strict("split_part(text, text, integer) text", strictValues(splitPart), "the n-th part between delimiters")
	r.strict("replace(text, text, text) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		if a[1].S == "" {
			return a[0], nil
		}
		if len(a[2].S) > len(a[1].S) && strings.Count(a[0].S, a[1].S)*len(a[2].S) > maxText {
			return a[0], tooLong()
		}
		return schema.TextValue(strings.ReplaceAll(a[0].S, a[1].S, a[2].S)), nil
	}), "")
	r.strict("replace(text, text) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.TextValue(strings.ReplaceAll(a[0].S, a[1].S, "")), nil
	}), "")
	r.strict("translate(text, text, text) text", strictValues(translate), "")
	r.strict("overlay(text, text, integer, integer?) text", strictValues(overlay), "")
	r.strict("repeat(text, integer) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		n := max(a[1].I, 0)
		if int64(len(a[0].S))*n > maxText {
			return a[0], tooLong()
		}
		return schema.TextValue(strings.Repeat(a[0].S, int(n))), nil
	}), "")
	r.strict("levenshtein_distance(text, text) bigint", text2To(levenshtein), "edit distance")
	r.strict("levenshtein(text, text) integer", text2To(func(a, b []byte) (int32, error) { n, err := levenshtein(a, b); return int32(n), err }), "edit distance")
}

func substringKernel(c *Call) (vector.Vector, error) {
	out := outBytes(c)
	s, from := kernel.StringCol(c.Args[0], nil), kernel.FlatCol[int32](c.Args[1], nil)
	var n kernel.Col[int32]
	if len(c.Args) == 3 {
		n = kernel.FlatCol[int32](c.Args[2], nil)
	}
	out.Buffers = append(out.Buffers[:0], s.Buf...) // results are parts of their arguments
	c.Memo.out = nil
	err := rows(c, out.Null, func(i int) error {
		length := int64(0)
		if n.V != nil {
			length = int64(n.At(i))
		}
		text := s.At(i)
		part, err := substring(text, int64(from.At(i)), length, n.V != nil)
		if err != nil {
			return err
		}
		w := s.V[i&s.Mask]
		off := w.Off
		if len(part) > 0 {
			off += uint32(cap(text) - cap(part))
		}
		out.Views[i] = vector.View{Prefix: vector.Prefix(part), Len: uint32(len(part)), Buf: w.Buf, Off: off}
		return nil
	})
	return out, err
}

func substringBytes(c *Call, a []schema.Value) (schema.Value, error) {
	from, end := a[1].I, int64(len(a[0].S))+1
	if len(a) == 3 {
		if a[2].I < 0 {
			return a[0], sqlerr.New("22011", "negative substring length not allowed")
		}
		end = min(end, from+a[2].I)
	}
	from = max(from, 1)
	if end <= from {
		return schema.StringValue(c.Type, ""), nil
	}
	return schema.StringValue(c.Type, a[0].S[from-1:end-1]), nil
}

// textInt makes a kernel of a function that cuts a string by a number.
func textInt(f func(s []byte, n int) []byte) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outBytes(c)
		s, n := kernel.StringCol(c.Args[0], nil), kernel.FlatCol[int32](c.Args[1], nil)
		err := rows(c, out.Null, func(i int) error {
			return arena{out}.put(i, func(dst []byte) ([]byte, error) { return append(dst, f(s.At(i), int(n.At(i)))...), nil })
		})
		return out, err
	}
}

func splitPart(_ *Call, a []schema.Value) (schema.Value, error) {
	n := a[2].I
	if n == 0 {
		return a[0], sqlerr.New(sqlerr.InvalidParameterValue, "field position must not be zero")
	}
	if a[1].S == "" {
		if n == 1 || n == -1 {
			return a[0], nil
		}
		return schema.TextValue(""), nil
	}
	parts := strings.Split(a[0].S, a[1].S)
	if n < 0 {
		n += int64(len(parts)) + 1
	}
	if n < 1 || n > int64(len(parts)) {
		return schema.TextValue(""), nil
	}
	return schema.TextValue(parts[n-1]), nil
}

func translate(_ *Call, a []schema.Value) (schema.Value, error) {
	from, to := []rune(a[1].S), []rune(a[2].S)
	out := strings.Map(func(r rune) rune {
		for i, f := range from {
			if f == r {
				if i < len(to) {
					return to[i]
				}
				return -1
			}
		}
		return r
	}, a[0].S)
	return schema.TextValue(out), nil
}

func overlay(_ *Call, a []schema.Value) (schema.Value, error) {
	s, with, from := []rune(a[0].S), a[1].S, a[2].I
	n := int64(utf8.RuneCountInString(with))
	if len(a) == 4 {
		n = a[3].I
	}
	if from < 1 {
		return a[0], sqlerr.New("22011", "negative substring length not allowed")
	}
	head := min(from-1, int64(len(s)))
	tail := min(max(head+n, 0), int64(len(s)))
	return schema.TextValue(string(s[:head]) + with + string(s[tail:])), nil
}

func levenshtein(a, b []byte) (int64, error) {
	x, y := []rune(string(a)), []rune(string(b))
	if len(x)*len(y) > 1<<24 {
		return 0, sqlerr.New(sqlerr.ProgramLimit, "levenshtein argument exceeds maximum length")
	}
	row := make([]int64, len(y)+1)
	for j := range row {
		row[j] = int64(j)
	}
	for i := range x {
		diagonal := row[0]
		row[0] = int64(i + 1)
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(y)], nil
}

// registerTrim declares trims and pads.
func registerTrim(r *Registry) {
	for _, f := range []struct {
		name string
		do   func(s, set string) string
	}{{"btrim", strings.Trim}, {"ltrim", strings.TrimLeft}, {"rtrim", strings.TrimRight}, {"trim", strings.Trim}} {
		r.strict(f.name+"(text) text", textText(func(dst, s []byte) []byte { return append(dst, f.do(string(s), " ")...) }), "")
		r.strict(f.name+"(text, text) text", text2Text(func(dst, s, set []byte) ([]byte, error) { return append(dst, f.do(string(s), string(set))...), nil }), "")
	}
	r.strict("lpad(text, integer, text?) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) { return pad(a, true) }), "")
	r.strict("rpad(text, integer, text?) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) { return pad(a, false) }), "")
}

func pad(a []schema.Value, left bool) (schema.Value, error) {
	s, n, fill := []rune(a[0].S), int(max(a[1].I, 0)), []rune(" ")
	if len(a) == 3 {
		fill = []rune(a[2].S)
	}
	if n > maxText/4 {
		return a[0], tooLong()
	}
	if len(s) >= n || len(fill) == 0 {
		return schema.TextValue(string(s[:min(n, len(s))])), nil
	}
	padding := make([]rune, n-len(s))
	for i := range padding {
		padding[i] = fill[i%len(fill)]
	}
	if left {
		return schema.TextValue(string(padding) + string(s)), nil
	}
	return schema.TextValue(string(s) + string(padding)), nil
}

// registerConcat declares concat, concat_ws and format.
func registerConcat(r *Registry) {
	r.lenient("concat(any...) text", values(func(c *Call, args []schema.Value) (schema.Value, error) {
		var out []byte
		for _, a := range args {
			if !a.Valid && c.Env.Dialect != "postgres" && c.Env.Dialect != "" {
				return nullOf(c)
			}
			out = appendConcat(out, c, a)
		}
		return schema.TextValue(string(out)), nil
	}), "concatenation; NULLs do not count (in the other dialects they give NULL)")
	r.lenient("concat_ws(text, any...) text", values(func(c *Call, args []schema.Value) (schema.Value, error) {
		if !args[0].Valid {
			return nullOf(c)
		}
		var out []byte
		first := true
		for _, a := range args[1:] {
			if !a.Valid {
				continue
			}
			if !first {
				out = append(out, args[0].S...)
			}
			first = false
			out = appendConcat(out, c, a)
		}
		return schema.TextValue(string(out)), nil
	}), "concatenation with a separator")
	r.lenient("format(text, any...) text", values(format), "formats %s, %I, %L")
	r.lenient("format(text) text", values(format), "")
}

func appendConcat(dst []byte, c *Call, a schema.Value) []byte {
	if a.Type.Kind == schema.Boolean && a.Valid {
		return append(dst, map[bool]string{true: "t", false: "f"}[a.Bool()]...)
	}
	return a.AppendText(dst, c.Env.Location)
}
