package csv

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/text"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// How a field ends.
type ending uint8

const (
	endsField ending = iota
	endsRecord
	endsData
	unclosed
)

// parser implements text.Parser: it locates the needed fields of records.
type parser struct {
	syntax
	req      *format.Request
	fields   []int
	null     string
	nullable []bool

	// want[i] is the slot of field i of the file, -1 for none; copies are slots that share a field with another.
	want   []int
	copies [][2]int
	width  int
}

// Begin implements text.Parser.
func (p *parser) Begin(f *text.Feed, missing []bool) error {
	c := f.Cutter().(*cutter)
	p.width = c.width
	position := func(field int) int { return field }
	if c.named {
		at, err := p.bindHeader(c.header)
		if err != nil {
			return f.Fault(sqlerr.DataCorrupted, 0, err.Error())
		}
		position = func(field int) int { return at[field] }
	}
	p.want, p.copies = p.want[:0], p.copies[:0]
	for slot, field := range p.fields {
		at := position(field)
		if missing[slot] = at < 0; missing[slot] {
			continue
		}
		for len(p.want) <= at {
			p.want = append(p.want, -1)
		}
		if other := p.want[at]; other >= 0 {
			p.copies = append(p.copies, [2]int{other, slot})
			continue
		}
		p.want[at] = slot
	}
	return nil
}

// headerError says that a header cannot be that of the table.
type headerError string

func (e headerError) Error() string { return string(e) }

// bindHeader returns the place of each field of the table in the file, -1 for none. The n-th column of one name is the n-th
// field of that source. Names that differ in case or surrounding blanks only are equal where no other is.
func (p *parser) bindHeader(header []string) ([]int, error) {
	at := make([]int, len(p.req.Fields))
	taken := make([]bool, len(header))
	found := false
	for exact := true; ; exact = false {
		for i, f := range p.req.Fields {
			if exact {
				at[i] = -1
			}
			if at[i] >= 0 {
				continue
			}
			for h, name := range header {
				if name == "" {
					name = fmt.Sprintf("col%d", h) // as Infer names it
				}
				if !taken[h] && sameName(name, f, exact) {
					at[i], taken[h], found = h, true, true
					break
				}
			}
		}
		if !exact {
			break
		}
	}
	if !found && len(p.req.Fields) > 0 {
		return nil, headerError("the header names none of the columns of table " + p.req.Table.String())
	}
	return at, nil
}

func sameName(header string, f format.Field, exact bool) bool {
	source := f.Source
	if source == "" {
		source = f.Name
	}
	if exact {
		return header == source
	}
	header = strings.TrimSpace(header)
	return strings.EqualFold(header, source) || strings.EqualFold(header, f.Name)
}

// Locate implements text.Parser.
func (p *parser) Locate(data []byte, pos, most int, rows *text.Rows) (int, error) {
	n := 0
	careful := p.escape != 0 || p.quote != 0 && bytes.IndexByte(data[pos:], p.quote) >= 0
	for n < most && pos < len(data) {
		if e := emptyLine(data, pos); e > 0 {
			pos += e
			continue
		}
		rows.Start[n] = uint32(pos)
		var err error
		switch {
		case len(p.want) == 0:
			pos = p.pass(data, pos, careful)
		case careful && p.special(data, pos):
			pos, err = p.carefully(data, pos, n, rows)
		default:
			pos, err = p.plainly(data, pos, n, rows)
		}
		if err != nil {
			return pos, err
		}
		n++
	}
	rows.N = n
	for _, c := range p.copies {
		copy(rows.Slots[c[1]][:n], rows.Slots[c[0]][:n])
	}
	return pos, nil
}

// special reports whether the line at pos has a quote or an escape, so that the record may end on a later line.
func (p *parser) special(data []byte, pos int) bool {
	line := data[pos:]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return p.quote != 0 && bytes.IndexByte(line, p.quote) >= 0 || p.escape != 0 && bytes.IndexByte(line, p.escape) >= 0
}

// emptyLine returns the length of the empty line at pos, 0 when there is none.
func emptyLine(data []byte, pos int) int {
	switch {
	case data[pos] == '\n':
		return 1
	case data[pos] != '\r':
		return 0
	case pos+1 == len(data):
		return 1
	case data[pos+1] == '\n':
		return 2
	}
	return 0
}

// pass skips a record.
func (p *parser) pass(data []byte, pos int, careful bool) int {
	if !careful || p.quote == 0 {
		if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
			return pos + i + 1
		}
		return len(data)
	}
	for {
		end, kind := p.field(data, pos)
		if kind != endsField {
			return min(end+1, len(data))
		}
		pos = end + 1
	}
}

// plainly locates the fields of a record in data without quotes and escapes.
func (p *parser) plainly(data []byte, pos, row int, rows *text.Rows) (int, error) {
	next, end := len(data), len(data)
	if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
		end = pos + i
		next = end + 1
	}
	if end > pos && data[end-1] == '\r' {
		end--
	}
	start := pos
	field, last := 0, false
	for ; field < len(p.want) && !last; field++ {
		stop := end
		if i := bytes.IndexByte(data[pos:end], p.delimiter); i >= 0 {
			stop = pos + i
		} else {
			last = true
		}
		if slot := p.want[field]; slot >= 0 {
			rows.Slots[slot][row] = p.plainSpan(data, pos, stop, slot)
		}
		pos = stop + 1
	}
	if last {
		p.fill(field, row, rows)
		return next, p.checkWidth(start, field, false)
	}
	rest := data[pos:end]
	field += bytes.Count(rest, []byte{p.delimiter}) + 1
	return next, p.checkWidth(start, field, len(rest) == 0 || rest[len(rest)-1] == p.delimiter)
}

func (p *parser) plainSpan(data []byte, from, to, slot int) text.Span {
	if to-from == len(p.null) && string(data[from:to]) == p.null || to == from && !p.nullable[slot] {
		return text.NullSpan
	}
	return text.MakeSpan(from, to, 0)
}

// carefully locates the fields of a record field by field.
func (p *parser) carefully(data []byte, pos, row int, rows *text.Rows) (int, error) {
	start, field := pos, 0
	for {
		s, next, kind := p.scan(data, pos)
		if field < len(p.want) {
			if slot := p.want[field]; slot >= 0 {
				if !s.Has(text.Quoted) && (s.Len() == len(p.null) && string(s.In(data)) == p.null || s.Len() == 0 && !p.nullable[slot]) {
					s = text.NullSpan
				}
				rows.Slots[slot][row] = s
			}
		}
		field++
		pos = next
		switch kind {
		case endsRecord, endsData, unclosed:
			p.fill(field, row, rows)
			return next, p.checkWidth(start, field, s.Len() == 0 && !s.Has(text.Quoted))
		}
	}
}

// fill makes the fields NULL that a record lacks.
func (p *parser) fill(field, row int, rows *text.Rows) {
	for ; field < len(p.want); field++ {
		if slot := p.want[field]; slot >= 0 {
			rows.Slots[slot][row] = text.NullSpan
		}
	}
}

func (p *parser) checkWidth(start, fields int, emptyLast bool) error {
	if fields <= p.width || fields == p.width+1 && emptyLast {
		return nil
	}
	return text.Bad(start, "the record has %d fields, more than the %d of table %s", fields, p.width, p.req.Table)
}

// scan locates the field at pos and returns where the next one, or the next record, begins.
func (p *syntax) scan(data []byte, pos int) (s text.Span, next int, kind ending) {
	end, kind := p.field(data, pos)
	next = min(end+1, len(data))
	stop := end
	if kind == endsRecord && stop > pos && data[stop-1] == '\r' {
		stop--
	}
	if kind == endsData && stop > pos && data[stop-1] == '\r' {
		stop--
	}
	if p.quote != 0 && pos < stop && data[pos] == p.quote {
		return p.quoted(data, pos, stop), next, kind
	}
	var flags uint32
	if p.escape != 0 && bytes.IndexByte(data[pos:stop], p.escape) >= 0 {
		flags = text.Escaped
	}
	return text.MakeSpan(pos, stop, flags), next, kind
}

func (p *syntax) quoted(data []byte, pos, stop int) text.Span {
	closing, ok := p.closing(data[:stop], pos+1)
	if !ok || closing+1 != stop {
		return text.MakeSpan(pos, stop, text.Quoted|text.Broken)
	}
	flags := text.Quoted
	inner := data[pos+1 : closing]
	if bytes.IndexByte(inner, p.quote) >= 0 || p.escape != 0 && bytes.IndexByte(inner, p.escape) >= 0 {
		flags |= text.Escaped
	}
	return text.MakeSpan(pos+1, closing, flags)
}

// field returns the place of the delimiter or line break that ends the field at pos.
func (p *syntax) field(data []byte, pos int) (end int, kind ending) {
	if p.quote != 0 && pos < len(data) && data[pos] == p.quote {
		closing, ok := p.closing(data, pos+1)
		if !ok {
			return len(data), unclosed
		}
		pos = closing + 1
	}
	for i := pos; i < len(data); i++ {
		switch c := data[i]; {
		case c == p.delimiter:
			return i, endsField
		case c == '\n':
			return i, endsRecord
		case c == p.escape && c != 0 && i+1 < len(data) && data[i+1] != '\n':
			i++
		}
	}
	return len(data), endsData
}

// Unescape implements text.Decoder.
func (p *parser) Unescape(dst, raw []byte, s text.Span) ([]byte, error) {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case p.escape != 0 && c == p.escape && i+1 < len(raw):
			i++
			c = raw[i]
			if p.quote == 0 { // Hive's text tables
				c = hiveEscape(c)
			}
		case s.Has(text.Quoted) && c == p.quote:
			i++ // its double
		}
		dst = append(dst, c)
	}
	return dst, nil
}

func hiveEscape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return c
}
