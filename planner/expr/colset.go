package expr

import "math/bits"

// ColSet is a set of columns. The zero ColSet is empty. Methods with a pointer receiver change the set, which must then
// not be shared; the others do not.
type ColSet struct{ words []uint64 }

// SetOf returns the set of the given columns.
func SetOf(ids ...ColumnID) ColSet {
	var s ColSet
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add adds a column.
func (s *ColSet) Add(id ColumnID) {
	w := int(id) / 64
	for len(s.words) <= w {
		s.words = append(s.words, 0)
	}
	s.words[w] |= 1 << (id % 64)
}

// Remove removes a column.
func (s *ColSet) Remove(id ColumnID) {
	if w := int(id) / 64; w < len(s.words) {
		s.words[w] &^= 1 << (id % 64)
	}
}

// AddSet adds all columns of o.
func (s *ColSet) AddSet(o ColSet) {
	for len(s.words) < len(o.words) {
		s.words = append(s.words, 0)
	}
	for i, w := range o.words {
		s.words[i] |= w
	}
}

// Has reports whether the column is in the set; no negative number is.
func (s ColSet) Has(id ColumnID) bool {
	w := int(id) / 64
	return id >= 0 && w < len(s.words) && s.words[w]>>(id%64)&1 != 0
}

// Empty reports whether the set has no column.
func (s ColSet) Empty() bool {
	for _, w := range s.words {
		if w != 0 {
			return false
		}
	}
	return true
}

// Len is the number of columns.
func (s ColSet) Len() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// SubsetOf reports whether all columns are in o.
func (s ColSet) SubsetOf(o ColSet) bool {
	for i, w := range s.words {
		if i < len(o.words) {
			w &^= o.words[i]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// Intersects reports whether a column is in both sets.
func (s ColSet) Intersects(o ColSet) bool {
	for i := range min(len(s.words), len(o.words)) {
		if s.words[i]&o.words[i] != 0 {
			return true
		}
	}
	return false
}

// Union returns a new set of the columns of both.
func (s ColSet) Union(o ColSet) ColSet {
	out := s.Clone()
	out.AddSet(o)
	return out
}

// Minus returns a new set of the columns that are not in o.
func (s ColSet) Minus(o ColSet) ColSet {
	out := s.Clone()
	for i := range min(len(out.words), len(o.words)) {
		out.words[i] &^= o.words[i]
	}
	return out
}

// Clone returns a set of its own.
func (s ColSet) Clone() ColSet { return ColSet{words: append([]uint64(nil), s.words...)} }

// All yields the columns in ascending order.
func (s ColSet) All(yield func(ColumnID) bool) {
	for i, w := range s.words {
		for w != 0 {
			if !yield(ColumnID(i*64 + bits.TrailingZeros64(w))) {
				return
			}
			w &= w - 1
		}
	}
}

// AddColumns adds to s the columns that e reads, those that its subqueries read from outside included.
func AddColumns(s *ColSet, e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		s.Add(e.ID)
	case *Const, *InputRef, *Param, *LambdaRef:
	case *Compare:
		AddColumns(s, e.Left)
		AddColumns(s, e.Right)
	case *Cast:
		AddColumns(s, e.Arg)
	case *Subquery:
		for _, t := range e.Test {
			AddColumns(s, t)
		}
		for _, id := range e.Outer {
			s.Add(id)
		}
	default:
		for _, c := range Children(e) {
			AddColumns(s, c)
		}
	}
}

// Columns returns the columns that the expressions read.
func Columns(es ...Expr) ColSet {
	var s ColSet
	for _, e := range es {
		AddColumns(&s, e)
	}
	return s
}
