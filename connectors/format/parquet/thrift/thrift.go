// Package thrift reads Apache Thrift's compact protocol from a buffer, as Parquet uses it for footers, page headers and
// indexes. It never trusts a length: every count is checked against the bytes that are left before anything of its
// size is allocated, and nesting is bounded. Errors stick: after the first one every read returns zeros, so callers
// check Err once.
package thrift

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The type codes of the compact protocol.
const (
	True   = 1
	False  = 2
	Byte   = 3
	I16    = 4
	I32    = 5
	I64    = 6
	Double = 7
	Binary = 8
	List   = 9
	Set    = 10
	Map    = 11
	Struct = 12
)

// maxDepth bounds the nesting of values that are skipped.
const maxDepth = 64

var errShort = errors.New("thrift: unexpected end of data")

// Reader reads one buffer. The zero value is empty; Reset gives it a buffer.
type Reader struct {
	b   []byte
	p   int
	err error
}

// Field is the header of a struct's field. A struct is read with a zero Field and Next.
type Field struct {
	ID   int16
	Type byte
}

// Reset makes the reader read b from its start.
func (r *Reader) Reset(b []byte) { *r = Reader{b: b} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Pos returns how many bytes were read.
func (r *Reader) Pos() int { return r.p }

// Fail makes err the reader's error unless it has one.
func (r *Reader) Fail(err error) { r.fail(err) }

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.p = len(r.b)
}

func (r *Reader) byte() byte {
	if r.p >= len(r.b) {
		r.fail(errShort)
		return 0
	}
	c := r.b[r.p]
	r.p++
	return c
}

func (r *Reader) uvarint() uint64 {
	v, k := binary.Uvarint(r.b[r.p:])
	if k <= 0 {
		r.fail(errShort)
		return 0
	}
	r.p += k
	return v
}

func (r *Reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// Next reads the header of the struct's next field into f and reports whether there is one.
func (r *Reader) Next(f *Field) bool {
	h := r.byte()
	if h == 0 || r.err != nil {
		return false
	}
	if d := h >> 4; d != 0 {
		f.ID += int16(d)
	} else {
		f.ID = int16(r.varint())
	}
	f.Type = h & 15
	return r.err == nil
}

func (r *Reader) want(ok bool, what string, t byte) bool {
	if !ok && r.err == nil {
		r.fail(fmt.Errorf("thrift: type %d where %s is expected", t, what))
	}
	return ok
}

// Int reads an integer of type t.
func (r *Reader) Int(t byte) int64 {
	if t == Byte {
		return int64(int8(r.byte()))
	}
	if !r.want(t >= I16 && t <= I64, "an integer", t) {
		return 0
	}
	return r.varint()
}

// Int32 reads an integer of type t that must fit 32 bits.
func (r *Reader) Int32(t byte) int32 {
	v := r.Int(t)
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.fail(fmt.Errorf("thrift: %d does not fit 32 bits", v))
		return 0
	}
	return int32(v)
}

// Bool reads a field's boolean, which its type holds.
func (r *Reader) Bool(t byte) bool {
	r.want(t == True || t == False, "a boolean", t)
	return t == True
}

// Element reads a list element's boolean.
func (r *Reader) Element() bool { return r.byte() == True }

// Bytes reads a string without copying it.
func (r *Reader) Bytes(t byte) []byte {
	if !r.want(t == Binary, "a string", t) {
		return nil
	}
	n := r.uvarint()
	if n > uint64(len(r.b)-r.p) {
		r.fail(errShort)
		return nil
	}
	b := r.b[r.p : r.p+int(n) : r.p+int(n)]
	r.p += int(n)
	return b
}

// List reads the header of a list: its length, which the rest of the buffer can hold, and the type of its elements.
func (r *Reader) List(t byte) (n int, elem byte) {
	if !r.want(t == List || t == Set, "a list", t) {
		return 0, 0
	}
	h := r.byte()
	count := uint64(h >> 4)
	if count == 15 {
		count = r.uvarint()
	}
	if count > uint64(len(r.b)-r.p) {
		r.fail(errShort)
		return 0, 0
	}
	return int(count), h & 15
}

// Struct checks that t is a struct, which the caller reads next.
func (r *Reader) Struct(t byte) bool { return r.want(t == Struct, "a struct", t) }

// Skip passes over a field's value of type t.
func (r *Reader) Skip(t byte) {
	if t != True && t != False {
		r.skip(t, 0)
	}
}

// skip passes over a value; booleans inside lists and maps take a byte.
func (r *Reader) skip(t byte, depth int) {
	if depth > maxDepth {
		r.fail(errors.New("thrift: nested too deep"))
		return
	}
	switch t {
	case True, False, Byte:
		r.byte()
	case I16, I32, I64:
		r.uvarint()
	case Double:
		r.advance(8)
	case Binary:
		r.Bytes(t)
	case List, Set:
		n, elem := r.List(t)
		for i := 0; i < n && r.err == nil; i++ {
			r.skip(elem, depth+1)
		}
	case Map:
		r.skipMap(depth)
	case Struct:
		var f Field
		for r.Next(&f) {
			if f.Type != True && f.Type != False {
				r.skip(f.Type, depth+1)
			}
		}
	default:
		r.fail(fmt.Errorf("thrift: unknown type %d", t))
	}
}

func (r *Reader) skipMap(depth int) {
	n := r.uvarint()
	if n == 0 {
		return
	}
	kinds := r.byte()
	if n > uint64(len(r.b)-r.p) {
		r.fail(errShort)
		return
	}
	for i := uint64(0); i < n && r.err == nil; i++ {
		r.skip(kinds>>4, depth+1)
		r.skip(kinds&15, depth+1)
	}
}

func (r *Reader) advance(n int) {
	if n > len(r.b)-r.p {
		r.fail(errShort)
		return
	}
	r.p += n
}
