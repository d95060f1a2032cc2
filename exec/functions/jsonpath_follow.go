package functions

import (
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// follower leads values along a path. It ends when found returns false, or with an error of a strict path.
type follower struct {
	mode  pathMode
	found func(jsonValue) bool
	err   error
}

// follow calls found for each value that the path leads to.
func (p *jsonPath) follow(doc jsonValue, found func(jsonValue) bool) error {
	f := &follower{mode: p.mode, found: found}
	f.step(doc, p.steps)
	return f.err
}

// step reports whether there is more to be found.
func (f *follower) step(v jsonValue, steps []pathStep) bool {
	if len(steps) == 0 {
		return f.found(v)
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case placesStep:
		return f.places(v, s, rest)
	case allPlacesStep:
		if v.kind != '[' {
			if f.mode == laxPath {
				return f.step(v, rest)
			}
			return f.refuse("22039", "jsonpath wildcard array accessor can only be applied to an array")
		}
		return f.each(v, rest)
	case allLevelsStep:
		return f.levels(v, rest)
	case allKeysStep:
		return f.ofObject(v, steps, "2203C", "jsonpath wildcard member accessor can only be applied to an object", func() bool { return f.each(v, rest) })
	}
	return f.ofObject(v, steps, "2203A", "jsonpath member accessor can only be applied to an object", func() bool {
		if m, ok := v.get(s.key); ok {
			return f.step(m, rest)
		}
		return f.refuse("2203A", "JSON object does not contain key %q", s.key)
	})
}

// refuse is the error of a strict path; others go on.
func (f *follower) refuse(code sqlerr.Code, format string, args ...any) bool {
	if f.mode != strictPath {
		return true
	}
	f.err = sqlerr.New(code, format, args...)
	return false
}

func (f *follower) each(v jsonValue, steps []pathStep) bool {
	more := true
	v.each(func(_ []byte, m jsonValue) bool {
		more = f.step(m, steps)
		return more
	})
	return more
}

// levels goes on from a value and from everything inside it.
func (f *follower) levels(v jsonValue, rest []pathStep) bool {
	more := f.step(v, rest)
	if more {
		v.each(func(_ []byte, m jsonValue) bool {
			more = f.levels(m, rest)
			return more
		})
	}
	return more
}

// ofObject takes the first of the steps for an object, or in lax mode for each object of an array.
func (f *follower) ofObject(v jsonValue, steps []pathStep, code sqlerr.Code, message string, take func() bool) bool {
	switch {
	case v.kind == '{':
		return take()
	case v.kind != '[' || f.mode != laxPath:
		return f.refuse(code, "%s", message)
	}
	more := true
	v.each(func(_ []byte, m jsonValue) bool {
		if m.kind == '{' {
			more = f.step(m, steps)
		}
		return more
	})
	return more
}

func (f *follower) places(v jsonValue, s *pathStep, rest []pathStep) bool {
	if v.kind != '[' && f.mode != laxPath {
		return f.refuse("22039", "jsonpath array accessor can only be applied to an array")
	}
	length := 1
	if v.kind == '[' && (f.mode != plainPath || s.places[0].from.n < 0) {
		length = v.length()
	}
	if f.mode == plainPath { // one place, from the end when it is negative
		if m, ok := v.index(s.places[0].from.n); ok {
			return f.step(m, rest)
		}
		return true
	}
	for _, r := range s.places {
		from, to := r.from.in(length), r.to.in(length)
		if f.mode == strictPath && (from < 0 || from > to || to >= length) {
			return f.refuse("22033", "jsonpath array subscript is out of bounds")
		}
		if v.kind != '[' {
			if from <= 0 && to >= 0 && !f.step(v, rest) {
				return false
			}
			continue
		}
		at, more := 0, true
		v.each(func(_ []byte, m jsonValue) bool {
			if at >= from && at <= to {
				more = f.step(m, rest)
			}
			at++
			return more && at <= to
		})
		if !more {
			return false
		}
	}
	return true
}

// valuesByPath returns up to limit values that a path leads to; 0 is no limit. The parsed path is kept with the call.
func valuesByPath(c *Call, doc, path string, parse func(string) (*jsonPath, error), limit int) (list []jsonValue, err error) {
	p, err := cached(c, path, parse)
	if err != nil {
		return nil, err
	}
	if p.mode == strictPath {
		limit = 0 // what does not fit behind the first value is an error too
	}
	err = p.follow(jsonOf([]byte(doc)), func(v jsonValue) bool {
		list = append(list, v)
		return len(list) != limit
	})
	return list, err
}
