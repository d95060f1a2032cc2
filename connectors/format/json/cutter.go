package json

import (
	"bytes"
	"errors"

	"github.com/tarnsql/tarn/connectors/format/text"
)

// layout is how records follow one another.
type layout uint8

const (
	// lines: no record spans lines. Records end at line breaks, which JSON does not allow in strings.
	lines layout = iota
	// stream: objects one after the other, with any white space.
	stream
	// array: the elements of one array.
	array
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// cutter implements text.Cutter.
type cutter struct{ layout layout }

// Start implements text.Cutter: the first record tells the layout.
func (c *cutter) Start(data []byte, end bool) (skip int, records int64, more bool, err error) {
	if !end && len(data) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, data) {
		return 0, 0, true, nil
	}
	if bytes.HasPrefix(data, byteOrderMark) {
		skip = len(byteOrderMark)
	}
	s := scanner{data}
	i := s.blank(skip)
	if i == len(data) {
		return skip, 0, !end, nil
	}
	switch data[i] {
	case '[':
		c.layout = array
		return i + 1, 0, false, nil
	case '{':
		if line := bytes.IndexByte(data[i:], '\n'); line >= 0 && (scanner{data[:i+line]}).whole(i) {
			return skip, 0, false, nil
		}
		_, next, err := s.value(i, 0)
		if errors.Is(err, errShort) && !end {
			return 0, 0, true, nil
		}
		if err == nil && bytes.IndexByte(data[i:next], '\n') >= 0 {
			c.layout = stream
		}
	}
	return skip, 0, false, nil
}

// whole reports whether a value at i is complete, or malformed in a way that more data does not mend.
func (s scanner) whole(i int) bool {
	_, _, err := s.value(i, 0)
	return !errors.Is(err, errShort)
}

// Cut implements text.Cutter.
func (c *cutter) Cut(data []byte, end bool) (n int, records int64, err error) {
	if c.layout != lines {
		return c.scan(data, end, len(data))
	}
	if end {
		return len(data), c.Count(data, len(data)), nil
	}
	n = bytes.LastIndexByte(data, '\n') + 1
	return n, int64(bytes.Count(data[:n], []byte{'\n'})), nil
}

// Count implements text.Cutter. Records of one line each are counted by lines.
func (c *cutter) Count(data []byte, off int) int64 {
	off = min(off, len(data))
	if c.layout == lines {
		return int64(bytes.Count(data[:off], []byte{'\n'}))
	}
	_, n, _ := c.scan(data, true, off) //nolint:errcheck // what precedes a malformed record counts
	return n
}

// scan counts the records that begin before limit and returns where the last whole one ends.
func (c *cutter) scan(data []byte, end bool, limit int) (n int, records int64, err error) {
	s := scanner{data}
	for {
		i, done, err := c.next(s, n)
		if err != nil {
			return n, records, err
		}
		if done || i >= len(data) {
			return len(data), records, nil
		}
		if i >= limit {
			return n, records, nil
		}
		_, i, err = s.value(i, 0)
		if err == nil {
			i, err = c.after(s, i, end)
		}
		if errors.Is(err, errShort) {
			if end {
				return n, records, text.Bad(len(data), "malformed JSON: the file ends inside a value")
			}
			return n, records, nil
		}
		if err != nil {
			return n, records, err
		}
		n = i
		records++
	}
}

// next returns where the record after position i begins; done says that an array has ended.
func (c *cutter) next(s scanner, i int) (at int, done bool, err error) {
	i = s.blank(i)
	if c.layout != array || i >= len(s.data) || s.data[i] != ']' {
		return i, false, nil
	}
	if i = s.blank(i + 1); i < len(s.data) {
		return i, true, s.unexpected(i, "the end of the file")
	}
	return i, true, nil
}

// within returns a scanner that does not see what cannot belong to the record at i: in lines, what follows its line.
func (c *cutter) within(s scanner, i int) scanner {
	if c.layout == lines {
		if n := bytes.IndexByte(s.data[i:], '\n'); n >= 0 {
			s.data = s.data[:i+n]
		}
	}
	return s
}

// after returns where a record that ends at i ends with what separates it from the next. Without the end of the file, what
// ends with the data may go on: a number has more digits, and an element its comma.
func (c *cutter) after(s scanner, i int, end bool) (int, error) {
	if c.layout != array {
		if i == len(s.data) && !end && s.data[i-1]-'0' <= 9 {
			return i, errShort
		}
		return i, nil
	}
	i = s.blank(i)
	switch {
	case i >= len(s.data):
		return i, errShort
	case s.data[i] == ',':
		return i + 1, nil
	case s.data[i] == ']':
		return i, nil
	}
	return i, s.unexpected(i, "a comma or a closing bracket")
}
