package csv

import (
	"bytes"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format/text"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// cutter implements text.Cutter.
type cutter struct {
	syntax
	skip int // header lines
	// header is the first line's fields, if there are header lines; width is how many fields a record may have.
	header []string
	width  int
	named  bool
}

func newCutter(s catalog.Storage, fields int) *cutter {
	return &cutter{syntax: syntaxOf(s), skip: s.HeaderLines, width: fields, named: s.HeaderLines > 0 && !s.FixedHeader}
}

// Start skips a byte order mark and the header lines. A header that names columns is the first line that is not empty; of one
// that is skipped unread each line counts.
func (c *cutter) Start(data []byte, end bool) (skip int, records int64, more bool, err error) {
	if len(data) < 3 && !end {
		return 0, 0, true, nil
	}
	if len(data) >= 2 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return 0, 0, false, &text.RecordError{Code: sqlerr.FeatureNotSupported, Text: "text in UTF-16 is not supported: convert the file to UTF-8"}
	}
	pos := 0
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		pos = 3
	}
	for c.named && pos < len(data) {
		e := emptyLine(data, pos)
		if e == 0 {
			break
		}
		pos += e
		if pos == len(data) && !end {
			return 0, 0, true, nil // the header is to come
		}
		records++
	}
	for i := range c.skip {
		n, done := c.recordEnd(data[pos:])
		if !done && !end {
			return 0, 0, true, nil
		}
		if i == 0 {
			c.header = c.fieldsOf(data[pos : pos+n])
			if c.named {
				c.width = max(len(c.header), 1)
			}
		}
		pos += n
		records++
		if pos >= len(data) {
			break
		}
	}
	return pos, records, false, nil
}

// recordEnd returns the length of the first record with its line break; done is false when it does not end in data.
func (c *cutter) recordEnd(data []byte) (n int, done bool) {
	for pos := 0; pos < len(data); {
		end, kind := c.field(data, pos)
		switch kind {
		case endsRecord:
			return end + 1, true
		case endsData, unclosed:
			return len(data), false
		}
		pos = end + 1
	}
	return len(data), false
}

// fieldsOf returns the fields of one record as text.
func (c *cutter) fieldsOf(record []byte) []string {
	p := parser{syntax: c.syntax}
	var out []string
	record = bytes.TrimSuffix(bytes.TrimSuffix(record, []byte("\n")), []byte("\r"))
	for pos := 0; ; {
		s, next, kind := p.scan(record, pos)
		b := s.In(record)
		if s.Has(text.Escaped) {
			b, _ = p.Unescape(nil, b, s) //nolint:errcheck // it never fails
		}
		out = append(out, string(b))
		if kind != endsField {
			return out
		}
		pos = next
	}
}

// Cut implements text.Cutter. Between quotes all line breaks are equal; only quotes need care.
func (c *cutter) Cut(data []byte, end bool) (n int, records int64, err error) {
	pos := 0 // outside quotes; all before is accounted for
	for {
		q := -1
		if c.quote != 0 {
			q = bytes.IndexByte(data[pos:], c.quote)
		}
		plain := data[pos:]
		if q >= 0 {
			plain = data[pos : pos+q]
		}
		if i := bytes.LastIndexByte(plain, '\n'); i >= 0 {
			n = pos + i + 1
			records += int64(bytes.Count(plain, newline))
		}
		if q < 0 {
			break
		}
		q += pos
		if !c.opens(data, pos, q) {
			pos = q + 1
			continue
		}
		closing, ok := c.closing(data, q+1)
		if !ok {
			if end {
				return 0, 0, text.Bad(n, "a quoted field is not closed before the end of the file")
			}
			return n, records, nil
		}
		pos = closing + 1
	}
	if end {
		if n < len(data) {
			records++
		}
		n = len(data)
	}
	return n, records, nil
}

var newline = []byte{'\n'}

// opens reports whether the quote at q begins a field. data[from:q] is outside quotes and from follows a closing quote, a
// quote that is text, or the beginning of a record.
func (c *cutter) opens(data []byte, from, q int) bool {
	if q == 0 {
		return true
	}
	before := data[q-1]
	if before == '\n' {
		return true
	}
	if before != c.delimiter {
		return false
	}
	if c.escape == 0 {
		return true
	}
	escapes := 0
	for i := q - 2; i >= from && data[i] == c.escape; i-- {
		escapes++
	}
	return escapes%2 == 0
}

// closing returns the place of the quote that closes a field whose content begins at pos.
func (p *syntax) closing(data []byte, pos int) (int, bool) {
	q := -1 // the next quote, once it is known
	for pos < len(data) {
		if q < pos {
			i := bytes.IndexByte(data[pos:], p.quote)
			if i < 0 {
				return 0, false
			}
			q = pos + i
		}
		if p.escape != 0 {
			if e := bytes.IndexByte(data[pos:q], p.escape); e >= 0 {
				pos += e + 2
				continue
			}
		}
		if q+1 < len(data) && data[q+1] == p.quote {
			pos = q + 2
			continue
		}
		return q, true
	}
	return 0, false
}

// Count implements text.Cutter.
func (c *cutter) Count(data []byte, off int) int64 {
	_, n, err := c.Cut(data[:off], false)
	if err != nil {
		return 0
	}
	return n
}
