package json

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
	"github.com/tarnsql/tarn/connectors/format/text"
)

// Bounds of what inference remembers.
const (
	// maxKeys bounds the keys at all levels together.
	maxKeys = 20_000
	// deepest is the level below which values are taken as json.
	deepest = 16
)

// Infer implements format.Format. Strings that all are dates or times of ISO 8601 make dates and timestamps, objects rows
// (or maps, where the keys are data), arrays arrays; what is one kind here and another there is json.
func (Format) Infer(ctx context.Context, f format.File, o format.InferOptions) (*format.Inferred, error) {
	head, err := text.ReadHead(ctx, f, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	cut := &cutter{}
	skip, _, more, err := cut.Start(head.Data, head.Whole)
	if more { // the first record is longer than the head
		return nil, format.ErrNotRecognised
	}
	if err != nil {
		return nil, err
	}
	in := &inference{cut: cut, whole: head.Whole, left: maxKeys, most: o.MaxRows}
	if in.most <= 0 {
		in.most = text.HeadRows
	}
	in.read(scanner{head.Data}, skip)
	if in.rows == 0 || in.bad > in.rows/10 {
		return nil, format.ErrNotRecognised
	}
	return in.result(head.Codec), nil
}

// inference looks at the records of the head of a file.
type inference struct {
	cut   *cutter
	root  shape
	whole bool // the head is all of the file
	rows  int64
	bad   int64
	most  int64
	left  int
	// ended says that all records of the head were read.
	ended bool
}

// read looks at records from position i on. In JSON lines it goes on after a malformed one.
func (in *inference) read(s scanner, i int) {
	for in.rows+in.bad < in.most {
		at, done, err := in.cut.next(s, i)
		if done || at >= len(s.data) {
			in.ended = true
			return
		}
		var v text.Span
		next := at
		if err == nil {
			v, next, err = in.cut.within(s, at).value(at, 0)
		}
		if err == nil {
			next, err = in.cut.after(s, next, in.whole)
		}
		if err == nil && s.data[at] == '{' {
			in.add(&in.root, s, v, 0)
			in.rows++
			i = next
			continue
		}
		line := bytes.IndexByte(s.data[at:], '\n')
		if line < 0 && !in.whole {
			return // the head ends inside of a record
		}
		in.bad++
		if line < 0 || in.cut.layout != lines {
			return
		}
		i = at + line + 1
	}
}

var layoutNames = [...]string{lines: "JSON objects, one a line", stream: "JSON objects", array: "objects in a JSON array"}

func (in *inference) result(c codec.Codec) *format.Inferred {
	whole := in.whole && in.ended && in.bad == 0
	out := &format.Inferred{
		Storage: catalog.Storage{Format: catalog.JSON}, Rows: -1, Confidence: 1, HeaderDecided: true, ReadAt: time.Now().UTC(),
		Evidence: fmt.Sprintf("%d %s", in.rows, layoutNames[in.cut.layout]),
	}
	if whole {
		out.Rows = in.rows
	}
	if c != codec.None {
		out.Evidence += ", " + c.String()
	}
	if in.bad > 0 {
		out.Confidence = 0.7
		out.Evidence += fmt.Sprintf(", %d malformed ones", in.bad)
	}
	for _, key := range in.root.order {
		m := in.root.members[key]
		m.scalars.Nulls = int(in.rows - m.seen)
		t := m.typ()
		out.Fields = append(out.Fields, format.Field{Name: key, Type: t})
		out.Columns = append(out.Columns, m.scalars.Stats(settled(t), whole && m.objects+m.arrays == 0))
		out.Sample = append(out.Sample, m.scalars.Sample)
	}
	return out
}

// shape is what the values of a key, or the elements of arrays, look like.
type shape struct {
	// seen counts the values other than null, objects and arrays those of them.
	seen, objects, arrays int64
	scalars               text.Guess
	members               map[string]*shape
	order                 []string
	elem                  *shape
	// cut says that something was not looked at: too deep, or too many keys.
	cut bool
}

func (in *inference) add(x *shape, s scanner, v text.Span, depth int) {
	if v.Has(text.Null) {
		return
	}
	x.seen++
	b := v.In(s.data)
	switch {
	case v.Has(text.Escaped):
		x.scalars.Text(unescape(nil, b))
	case v.Has(text.Quoted):
		x.scalars.Text(b)
	case b[0] == '{':
		x.objects++
		in.addObject(x, s, v, depth)
	case b[0] == '[':
		x.arrays++
		in.addArray(x, s, v, depth)
	default:
		x.scalars.Value(b)
	}
}

func (in *inference) addObject(x *shape, s scanner, v text.Span, depth int) {
	if depth == deepest {
		x.cut = true
		return
	}
	end := 0
	part := scanner{s.data[:int(v.Off)+v.Len()]}
	err := part.object(int(v.Off), 0, &end, func(k, v text.Span) {
		name := k.In(s.data)
		if k.Has(text.Escaped) {
			name = unescape(nil, name)
		}
		if m := in.member(x, name); m != nil {
			in.add(m, s, v, depth+1)
		}
	})
	x.cut = x.cut || err != nil
}

func (in *inference) member(x *shape, key []byte) *shape {
	if m := x.members[string(key)]; m != nil {
		return m
	}
	if in.left == 0 {
		x.cut = true
		return nil
	}
	in.left--
	if x.members == nil {
		x.members = map[string]*shape{}
	}
	m := &shape{}
	x.members[string(key)] = m
	x.order = append(x.order, string(key))
	return m
}

func (in *inference) addArray(x *shape, s scanner, v text.Span, depth int) {
	if depth == deepest {
		x.cut = true
		return
	}
	if x.elem == nil {
		x.elem = &shape{}
	}
	end := 0
	part := scanner{s.data[:int(v.Off)+v.Len()]}
	err := part.array(int(v.Off), 0, &end, func(v text.Span) { in.add(x.elem, s, v, depth+1) })
	x.cut = x.cut || err != nil
}

// typ returns the narrowest type that holds the values, unknown when there were none.
func (x *shape) typ() schema.Type {
	switch {
	case x.seen == 0:
		return schema.T(schema.Unknown)
	case x.objects == x.seen:
		return x.objectType()
	case x.arrays == x.seen && !x.cut:
		return schema.ArrayOf(settled(x.elem.typ()))
	case x.objects+x.arrays > 0:
		return schema.T(schema.JSON)
	}
	return x.scalars.Type(false)
}

// settled makes text of what had no value: a nested type cannot be left open.
func settled(t schema.Type) schema.Type {
	if t.Kind == schema.Unknown {
		return schema.Text
	}
	return t
}

func (x *shape) objectType() schema.Type {
	if m, ok := x.mapType(); ok {
		return m
	}
	if len(x.order) == 0 || x.cut {
		return schema.T(schema.JSON)
	}
	fields := make([]schema.Field, len(x.order))
	for i, key := range x.order {
		fields[i] = schema.Field{Name: key, Type: settled(x.members[key].typ())}
	}
	return schema.RowOf(fields...)
}

// An object is a map when it has many keys, each in few objects: the keys are data.
const (
	mapKeys  = 64
	mapShare = 0.5
)

func (x *shape) mapType() (schema.Type, bool) {
	if len(x.order) <= mapKeys {
		return schema.Type{}, false
	}
	uses, value := int64(0), schema.T(schema.Unknown)
	for _, key := range x.order {
		m := x.members[key]
		uses += m.seen
		switch t := m.typ(); {
		case t.Kind == schema.Unknown, value.Equal(t):
		case value.Kind == schema.Unknown:
			value = t
		case value.IsNumeric() && t.IsNumeric():
			value = schema.T(schema.Double)
		default:
			return schema.Type{}, false
		}
	}
	if float64(uses) > mapShare*float64(len(x.order))*float64(x.objects) {
		return schema.Type{}, false
	}
	return schema.MapOf(schema.Text, settled(value)), true
}
