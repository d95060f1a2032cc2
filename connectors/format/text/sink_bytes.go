package text

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// bytesSink is the sink of strings. Text without escapes is viewed in the chunk; what is decoded goes to an arena.
type bytesSink struct {
	typ   schema.Type
	plain bool // text without a length
	views []vector.View
	null  vector.Bitmap
	arena []byte
	out   vector.Bytes
}

func newBytesSink(t schema.Type) *bytesSink {
	return &bytesSink{typ: t, plain: t.IsString() && t.Precision == 0}
}

// Buffers of the vectors.
const (
	chunkBuffer = iota
	arenaBuffer
)

// Convert implements Sink.
func (f *bytesSink) Convert(src *Source, rows []uint32) (vector.Vector, int, error) {
	n := len(src.Spans)
	if cap(f.views) < n {
		f.views = make([]vector.View, n)
	}
	f.views = f.views[:n]
	if rows != nil {
		clear(f.views) // the others must be in range
	}
	f.null = f.null.Resize(n)
	f.arena = f.arena[:0]
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
		s := src.Spans[r]
		if f.plain && src.ValidUTF8 && s.meta&(Null|Escaped|Broken) == 0 {
			f.views[r] = vector.MakeView(s.In(src.Data), chunkBuffer, s.Off)
			continue
		}
		null, err := f.slow(src, r)
		if err != nil && !src.IgnoreMalformed {
			return nil, r, err
		}
		if null || err != nil {
			f.views[r] = vector.View{}
			f.null.Set(r)
			nulls = true
		}
	}
	f.out = vector.Bytes{Typ: f.typ, Views: f.views, Buffers: [][]byte{src.Data, f.arena}}
	if nulls {
		f.out.Null = f.null
	}
	return &f.out, 0, nil
}

func (f *bytesSink) slow(src *Source, r int) (null bool, err error) {
	s := src.Spans[r]
	switch {
	case s.Has(Null):
		return true, nil
	case s.Has(Broken):
		return false, errBroken
	}
	b, at := s.In(src.Data), -1 // at is b's place in the arena
	json := f.typ.Kind == schema.JSON || f.typ.Kind == schema.JSONB
	switch {
	case json && src.Typed && s.Has(Quoted): // a JSON string is itself, quotes and escapes included
		s = MakeSpan(int(s.Off)-1, int(s.Off)+s.Len()+1, 0)
		b = s.In(src.Data)
	case s.Has(Escaped):
		start := len(f.arena)
		if f.arena, err = src.Decoder.Unescape(f.arena, b, s); err != nil {
			return false, err
		}
		b, at = f.arena[start:], start
	}
	if f.typ.Kind == schema.Varbinary {
		return false, f.binary(src, r, s, b, at)
	}
	if !src.ValidUTF8 && !utf8.Valid(b) {
		return false, sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid UTF-8")
	}
	switch {
	case f.typ.Kind == schema.JSON && src.Typed:
	case f.typ.Kind == schema.UUID, json:
		if len(trimmed(b)) == 0 {
			return true, nil
		}
		v, err := schema.Parse(f.typ, string(b))
		if err != nil {
			return false, err
		}
		f.own(r, []byte(v.S))
		return false, nil
	case f.typ.IsString() && f.typ.Precision > 0:
		var short int
		if b, short = f.fit(b); short > 0 && f.typ.Kind == schema.Char {
			f.own(r, append(bytes.Clone(b), bytes.Repeat([]byte{' '}, short)...))
			return false, nil
		}
	}
	f.view(r, s, b, at)
	return false, nil
}

// view points row r at b, which lies in the arena or at the beginning of the span.
func (f *bytesSink) view(r int, s Span, b []byte, at int) {
	if at >= 0 {
		f.views[r] = vector.MakeView(b, arenaBuffer, uint32(at))
		return
	}
	f.views[r] = vector.MakeView(b, chunkBuffer, s.Off)
}

// own stores b and points row r at it.
func (f *bytesSink) own(r int, b []byte) {
	off := len(f.arena)
	f.arena = append(f.arena, b...)
	f.views[r] = vector.MakeView(b, arenaBuffer, uint32(off))
}

// fit cuts text to the length of varchar(n) and char(n), as Hive does when it reads, and says how many characters it is short
// of that length.
func (f *bytesSink) fit(b []byte) (cut []byte, short int) {
	n, limit := 0, int(f.typ.Precision)
	for i := range string(b) {
		if n == limit {
			return b[:i], 0
		}
		n++
	}
	return b, limit - n
}

// binary decodes base64 where the format has no way to hold bytes, and takes other text as it is.
func (f *bytesSink) binary(src *Source, r int, s Span, b []byte, at int) error {
	if src.Typed {
		start := len(f.arena)
		var err error
		if f.arena, err = base64.StdEncoding.AppendDecode(f.arena, b); err != nil {
			return err
		}
		f.views[r] = vector.MakeView(f.arena[start:], arenaBuffer, uint32(start))
		return nil
	}
	f.view(r, s, b, at)
	return nil
}
