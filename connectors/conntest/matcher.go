package conntest

import (
	"context"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// condition is a filter as a function of the values of its columns.
type condition func(values []schema.Value) (bool, error)

// matcher evaluates a condition row by row.
type matcher struct {
	cond condition
	out  []uint32
	row  []schema.Value
}

// Match implements connectors.Matcher.
func (m *matcher) Match(_ context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	if sel == nil {
		sel = upTo(n)
	}
	m.out = m.out[:0]
	if m.out == nil {
		m.out = []uint32{}
	}
	for _, r := range sel {
		m.row = m.row[:0]
		for _, c := range cols {
			m.row = append(m.row, vector.ValueAt(c, int(r)))
		}
		ok, err := m.cond(m.row)
		if err != nil {
			return nil, err
		}
		if ok {
			m.out = append(m.out, r)
		}
	}
	return m.out, nil
}

// opaque returns a filter that only its matcher explains.
func opaque(text string, columns []int, cond condition) connectors.Filter {
	return connectors.Filter{Columns: columns, Text: text, NewMatcher: func() connectors.Matcher { return &matcher{cond: cond} }}
}

// where returns a filter of one predicate.
func where(p connectors.Predicate, name string) connectors.Filter {
	f := opaque(p.Describe(name), []int{p.Column}, func(v []schema.Value) (bool, error) { return holds(p, v[0]), nil })
	f.Predicates, f.Exact = []connectors.Predicate{p}, true
	return f
}

// holds evaluates a predicate as a WHERE clause does.
func holds(p connectors.Predicate, v schema.Value) bool {
	switch {
	case p.Op == connectors.IsNull:
		return !v.Valid
	case !v.Valid:
		return false
	case p.Op == connectors.IsNotNull:
		return true
	case p.Op == connectors.In:
		for _, x := range p.Values {
			if v.Compare(x) == 0 {
				return true
			}
		}
		return false
	case p.Op == connectors.Prefix:
		return strings.HasPrefix(v.S, p.Values[0].S)
	}
	c := v.Compare(p.Values[0])
	switch p.Op {
	case connectors.Eq:
		return c == 0
	case connectors.Ne:
		return c != 0
	case connectors.Lt:
		return c < 0
	case connectors.Le:
		return c <= 0
	case connectors.Gt:
		return c > 0
	}
	return c >= 0
}
