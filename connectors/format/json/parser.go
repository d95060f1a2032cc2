package json

import (
	"bytes"
	"errors"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/text"
)

// parser implements text.Parser.
type parser struct {
	decoder
	keys   *keys
	cutter *cutter
	ignore bool

	// exact[slot] is the serial number of the record that set the slot by a key in the declared spelling.
	exact   []int64
	serial  int64
	scratch []byte
}

func newParser(r *format.Request, fields []int) *parser {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = sourceOf(r.Fields[f])
	}
	return &parser{keys: newKeys(names), ignore: r.Storage.IgnoreMalformed, exact: make([]int64, len(fields))}
}

func sourceOf(f format.Field) string {
	if f.Source != "" {
		return f.Source
	}
	return f.Name
}

// Begin implements text.Parser. Every record says itself which keys it has.
func (p *parser) Begin(f *text.Feed, _ []bool) error {
	c, ok := f.Cutter().(*cutter)
	if !ok {
		return errors.New("json: a file of another format")
	}
	p.cutter = c
	return nil
}

// Locate implements text.Parser.
func (p *parser) Locate(data []byte, pos, most int, rows *text.Rows) (int, error) {
	s, line := scanner{data}, scanner{}
	for rows.N < most {
		at, done, err := p.cutter.next(s, pos)
		if err != nil || done || at >= len(data) {
			return len(data), err
		}
		row := rows.N
		rows.Start[row] = uint32(at)
		if at >= len(line.data) {
			line = p.cutter.within(s, at)
		}
		next, err := p.record(line, at, row, rows)
		if err == nil {
			next, err = p.cutter.after(s, next, true)
		}
		switch {
		case err == nil:
		case p.ignore && p.cutter.layout == lines:
			next = p.forget(data, at, row, rows)
		case errors.Is(err, errShort):
			return at, text.Bad(at, "malformed JSON: the record ends inside a value")
		default:
			var bad *text.RecordError
			if errors.As(err, &bad) {
				bad.Off = at
			}
			return at, err
		}
		pos = next
		rows.N++
	}
	return pos, nil
}

// forget makes a malformed line a row of NULLs and returns where the next line begins.
func (p *parser) forget(data []byte, at, row int, rows *text.Rows) int {
	for _, slot := range rows.Slots {
		slot[row] = text.NullSpan
	}
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(data)
}

// record locates the values of the object at i and returns the position after it.
func (p *parser) record(s scanner, i, row int, rows *text.Rows) (int, error) {
	if s.data[i] != '{' {
		return i, text.Bad(i, "malformed JSON: a record must be an object")
	}
	p.serial++
	for _, slot := range rows.Slots {
		slot[row] = text.NullSpan
	}
	i = s.blank(i + 1)
	if i < len(s.data) && s.data[i] == '}' {
		return i + 1, nil
	}
	for member := 0; ; member++ {
		e, next := p.keys.guess(s, i, member)
		if e == nil {
			key, n, err := s.key(i)
			if err != nil {
				return n, err
			}
			e, next = p.find(s, key, member), n
		}
		v, next, err := s.value(next, 1)
		if err != nil {
			return next, err
		}
		if len(e.targets) > 0 {
			p.set(e, v, row, rows)
		}
		i = s.blank(next)
		if i >= len(s.data) {
			return i, errShort
		}
		switch s.data[i] {
		case ',':
			i = s.blank(i + 1)
		case '}':
			return i + 1, nil
		default:
			return i, s.unexpected(i, "a comma or a closing brace")
		}
	}
}

func (p *parser) find(s scanner, key text.Span, member int) *entry {
	name := key.In(s.data)
	if key.Has(text.Escaped) {
		p.scratch = unescape(p.scratch[:0], name)
		name = p.scratch
	}
	return p.keys.find(name, member)
}

// set gives a value to the slots of its key. The declared spelling wins over others.
func (p *parser) set(e *entry, v text.Span, row int, rows *text.Rows) {
	for _, slot := range e.targets {
		if e.exact {
			p.exact[slot] = p.serial
		} else if p.exact[slot] == p.serial {
			continue
		}
		rows.Slots[slot][row] = v
	}
}
