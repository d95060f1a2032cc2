package json

import (
	"bytes"
	"errors"
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/text"
	"github.com/tarnsql/tarn/exec/vector"
)

var (
	errNotArray  = errors.New("the value is not a JSON array")
	errNotObject = errors.New("the value is not a JSON object")
)

// newSink returns the sink of a type, nil when JSON cannot hold it.
func newSink(t schema.Type) text.Sink {
	switch t.Kind {
	case schema.Array:
		if elem := newSink(t.Elem()); elem != nil {
			return &listSink{typ: t, elem: elem}
		}
		return nil
	case schema.Map:
		key, elem := newSink(t.Key()), newSink(t.Elem())
		if key == nil || elem == nil || t.Key().Kind == schema.Row || t.Key().Kind == schema.Array || t.Key().Kind == schema.Map {
			return nil
		}
		return &listSink{typ: t, elem: elem, key: key}
	case schema.Row:
		return newRowSink(t)
	}
	return text.NewSink(t, false)
}

// listSink is the sink of arrays and, with key set, of maps: it locates all elements of a batch and converts them at once.
type listSink struct {
	typ       schema.Type
	elem, key text.Sink
	spans     []text.Span
	keys      []text.Span
	seen      map[string]int
	offsets   []uint32
	null      vector.Bitmap
	out       vector.List
}

// Convert implements text.Sink.
func (l *listSink) Convert(src *text.Source, rows []uint32) (vector.Vector, int, error) {
	n := len(src.Spans)
	l.spans, l.keys, l.offsets = l.spans[:0], l.keys[:0], append(l.offsets[:0], 0)
	l.null = l.null.Resize(n)
	nulls := false
	for r := range n {
		if rows != nil {
			if len(rows) == 0 || rows[0] != uint32(r) {
				l.offsets = append(l.offsets, uint32(len(l.spans)))
				continue
			}
			rows = rows[1:]
		}
		null, err := l.locate(src, src.Spans[r])
		if err != nil && !src.IgnoreMalformed {
			return nil, r, err
		}
		if null || err != nil {
			l.null.Set(r)
			nulls = true
		}
		l.offsets = append(l.offsets, uint32(len(l.spans)))
	}
	l.out = vector.List{Typ: l.typ, Offsets: l.offsets}
	if nulls {
		l.out.Null = l.null
	}
	child := *src
	for _, part := range []struct {
		sink  text.Sink
		spans []text.Span
	}{{l.key, l.keys}, {l.elem, l.spans}} {
		if part.sink == nil {
			continue
		}
		child.Spans = part.spans
		v, at, err := part.sink.Convert(&child, nil)
		if err != nil {
			return nil, l.rowOf(at), err
		}
		l.out.Children = append(l.out.Children, v)
	}
	return &l.out, 0, nil
}

// rowOf returns the row that has an element.
func (l *listSink) rowOf(element int) int {
	return sort.Search(len(l.offsets)-1, func(r int) bool { return int(l.offsets[r+1]) > element })
}

// locate appends the spans of a value's elements.
func (l *listSink) locate(src *text.Source, s text.Span) (null bool, err error) {
	if s.Has(text.Null) {
		return true, nil
	}
	if s.Has(text.Quoted) || s.Len() == 0 {
		return false, l.shape()
	}
	end := 0
	scan := scanner{src.Data[:int(s.Off)+s.Len()]}
	switch c := src.Data[s.Off]; {
	case l.key == nil && c == '[':
		return false, scan.array(int(s.Off), 0, &end, func(v text.Span) { l.spans = append(l.spans, v) })
	case l.key != nil && c == '{':
		first := len(l.spans)
		err := scan.object(int(s.Off), 0, &end, func(k, v text.Span) {
			l.keys = append(l.keys, k)
			l.spans = append(l.spans, v)
		})
		l.distinct(src.Data, first)
		return false, err
	}
	return false, l.shape()
}

func (l *listSink) shape() error {
	if l.key != nil {
		return errNotObject
	}
	return errNotArray
}

// distinct drops, from first on, entries whose key occurs again later.
func (l *listSink) distinct(data []byte, first int) {
	keys, values := l.keys[first:], l.spans[first:]
	out := 0
	for i := range keys {
		if !l.repeats(data, keys, i) {
			keys[out], values[out] = keys[i], values[i]
			out++
		}
	}
	l.keys, l.spans = l.keys[:first+out], l.spans[:first+out]
}

// fewKeys is how many keys of a map are compared with each other; more are put into a hash table.
const fewKeys = 16

func (l *listSink) repeats(data []byte, keys []text.Span, i int) bool {
	k := keyText(data, keys[i])
	if len(keys) > fewKeys {
		if i == 0 {
			l.seen = make(map[string]int, len(keys))
			for j, key := range keys {
				l.seen[string(keyText(data, key))] = j
			}
		}
		return l.seen[string(k)] != i
	}
	for _, later := range keys[i+1:] {
		if bytes.Equal(keyText(data, later), k) {
			return true
		}
	}
	return false
}

// keyText returns what a key stands for.
func keyText(data []byte, key text.Span) []byte {
	if key.Has(text.Escaped) {
		return unescape(nil, key.In(data))
	}
	return key.In(data)
}

// rowSink is the sink of rows.
type rowSink struct {
	typ   schema.Type
	keys  *keys
	sinks []text.Sink
	spans [][]text.Span
	// exact[i] says that the current object set field i by a key in the declared spelling.
	exact   []bool
	null    vector.Bitmap
	scratch []byte
	out     vector.Struct
}

func newRowSink(t schema.Type) text.Sink {
	fields := t.Fields()
	s := &rowSink{typ: t, spans: make([][]text.Span, len(fields)), exact: make([]bool, len(fields))}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		sink := newSink(f.Type)
		if sink == nil {
			return nil
		}
		s.sinks = append(s.sinks, sink)
	}
	s.keys = newKeys(names)
	return s
}

// Convert implements text.Sink.
func (x *rowSink) Convert(src *text.Source, rows []uint32) (vector.Vector, int, error) {
	n := len(src.Spans)
	for i := range x.spans {
		if cap(x.spans[i]) < n {
			x.spans[i] = make([]text.Span, n)
		}
		x.spans[i] = x.spans[i][:n]
		for r := range x.spans[i] {
			x.spans[i][r] = text.NullSpan
		}
	}
	x.null = x.null.Resize(n)
	nulls := false
	count := n
	if rows != nil {
		count = len(rows)
	}
	for i := range count {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		null, err := x.locate(src, r)
		if err != nil && !src.IgnoreMalformed {
			return nil, r, err
		}
		if null || err != nil {
			x.null.Set(r)
			nulls = true
		}
	}
	x.out = vector.Struct{Typ: x.typ, N: n, Children: x.out.Children[:0]}
	if nulls {
		x.out.Null = x.null
	}
	child := *src
	for i, sink := range x.sinks {
		child.Spans = x.spans[i]
		v, r, err := sink.Convert(&child, rows)
		if err != nil {
			return nil, r, err
		}
		x.out.Children = append(x.out.Children, v)
	}
	return &x.out, 0, nil
}

// locate finds the fields of row r.
func (x *rowSink) locate(src *text.Source, r int) (null bool, err error) {
	s := src.Spans[r]
	switch {
	case s.Has(text.Null):
		return true, nil
	case s.Has(text.Quoted) || s.Len() == 0 || src.Data[s.Off] != '{':
		return false, errNotObject
	}
	clear(x.exact)
	end, member := 0, 0
	scan := scanner{src.Data[:int(s.Off)+s.Len()]}
	return false, scan.object(int(s.Off), 0, &end, func(k, v text.Span) {
		name := k.In(src.Data)
		if k.Has(text.Escaped) {
			x.scratch = unescape(x.scratch[:0], name)
			name = x.scratch
		}
		e := x.keys.find(name, member)
		member++
		for _, i := range e.targets {
			if e.exact {
				x.exact[i] = true
			} else if x.exact[i] {
				continue
			}
			x.spans[i][r] = v
		}
	})
}
