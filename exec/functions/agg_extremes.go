package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// bests is the best value so far of each group that has one.
type bests[T int32 | int64 | float32 | float64 | schema.Int128] struct {
	typ  schema.Type
	best []T
	any  []bool
}

func (s *bests[T]) Resize(n int) { s.best, s.any = grow(s.best, n), grow(s.any, n) }

func (s *bests[T]) Result(from, to int) (vector.Vector, error) {
	v := &vector.Flat[T]{Typ: s.typ, Values: append([]T(nil), s.best[from:to]...)}
	for g := from; g < to; g++ {
		if !s.any[g] {
			if v.Null == nil {
				v.Null = vector.NewBitmap(to - from)
			}
			v.Null.Set(g - from)
		}
	}
	return v, nil
}

func (s *bests[T]) Size() int64 { return int64(cap(s.best))*16 + int64(cap(s.any)) }

// extremeInts keeps the least or greatest of integers and times, which it compares in place.
type extremeInts[T int32 | int64] struct {
	bests[T]
	least bool
}

func (s *extremeInts[T]) put(g uint32, v T) {
	if !s.any[g] || s.least && v < s.best[g] || !s.least && v > s.best[g] {
		s.best[g], s.any[g] = v, true
	}
}

func (s *extremeInts[T]) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	c := kernel.FlatCol[T](args[0], nil)
	if c.AllNull {
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if !c.Null.Get(r) {
			s.put(g, c.V[r&c.Mask])
		}
	})
	return nil
}

func (s *extremeInts[T]) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*extremeInts[T])
	for k, i := range from {
		if o.any[i] {
			s.put(to[k], o.best[i])
		}
	}
	return nil
}

// extremes keeps the least or greatest of values that have an order of their own: floats and wide decimals.
type extremes[T float32 | float64 | schema.Int128] struct {
	bests[T]
	better func(next, best T) bool
}

func newExtremes[T float32 | float64 | schema.Int128](t schema.Type, least bool, compare func(a, b T) int) *extremes[T] {
	sign := 1
	if least {
		sign = -1
	}
	return &extremes[T]{bests: bests[T]{typ: t}, better: func(next, best T) bool { return sign*compare(next, best) > 0 }}
}

func (s *extremes[T]) put(g uint32, v T) {
	if !s.any[g] || s.better(v, s.best[g]) {
		s.best[g], s.any[g] = v, true
	}
}

func (s *extremes[T]) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	c := kernel.FlatCol[T](args[0], nil)
	if c.AllNull {
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if !c.Null.Get(r) {
			s.put(g, c.V[r&c.Mask])
		}
	})
	return nil
}

func (s *extremes[T]) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*extremes[T])
	for k, i := range from {
		if o.any[i] {
			s.put(to[k], o.best[i])
		}
	}
	return nil
}

// extremeStrings keeps the least or greatest string; the strings are copied.
type extremeStrings struct {
	typ   schema.Type
	least bool
	// compare is that of the type: bytewise but for char(n), whose trailing blanks do not count, and jsonb.
	compare func(a, b []byte) int
	best    [][]byte
	bytes   int64
}

func (s *extremeStrings) Resize(n int) { s.best = grow(s.best, n) }

func (s *extremeStrings) put(g uint32, v []byte) {
	if b := s.best[g]; b == nil || s.better(s.compare(v, b)) {
		s.bytes += int64(len(v) - len(b))
		if b == nil {
			b = make([]byte, 0, len(v)+8)
		}
		s.best[g] = append(b[:0], v...)
	}
}

func (s *extremeStrings) better(c int) bool { return s.least && c < 0 || !s.least && c > 0 }

func (s *extremeStrings) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	c := kernel.StringCol(args[0], nil)
	if c.AllNull {
		return nil
	}
	each(groups, rows, func(g uint32, r int) {
		if !c.Null.Get(r) {
			s.put(g, c.At(r))
		}
	})
	return nil
}

func (s *extremeStrings) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*extremeStrings)
	for k, i := range from {
		if v := o.best[i]; v != nil {
			s.put(to[k], v)
		}
	}
	return nil
}

func (s *extremeStrings) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(s.typ, to-from)
	for _, v := range s.best[from:to] {
		if v == nil {
			b.AppendNull()
		} else {
			b.AppendBytes(v)
		}
	}
	return b.Build(), nil
}

func (s *extremeStrings) Size() int64 { return s.bytes + int64(cap(s.best))*24 }

// picked keeps one value a group: the first, or that with the least or greatest key. It works on values.
type picked struct {
	typ    schema.Type
	better func(next, best schema.Value) bool // of the keys; nil keeps the first
	byKey  bool                               // the key is the second argument
	value  []schema.Value
	key    []schema.Value
}

func (s *picked) Resize(n int) { s.value, s.key = grow(s.value, n), grow(s.key, n) }

func (s *picked) put(g uint32, v, k schema.Value) {
	if !k.Valid || s.key[g].Valid && (s.better == nil || !s.better(k, s.key[g])) {
		return
	}
	s.value[g], s.key[g] = v, k
}

func (s *picked) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	each(groups, rows, func(g uint32, r int) {
		if s.better == nil && s.key[g].Valid {
			return
		}
		v := vector.ValueAt(args[0], r)
		k := v
		if s.byKey {
			k = vector.ValueAt(args[1], r)
		}
		s.put(g, v, k)
	})
	return nil
}

func (s *picked) Merge(other Accumulator, from, to []uint32) error {
	o := other.(*picked)
	for k, i := range from {
		s.put(to[k], o.value[i], o.key[i])
	}
	return nil
}

func (s *picked) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(s.typ, to-from)
	for _, v := range s.value[from:to] {
		b.AppendValue(v)
	}
	return b.Build(), nil
}

func (s *picked) Size() int64 { return int64(cap(s.value)+cap(s.key)) * 120 }

func greater(a, b schema.Value) bool { return a.Compare(b) > 0 }
func less(a, b schema.Value) bool    { return a.Compare(b) < 0 }

func registerExtremes(r *Registry) {
	for _, f := range []struct {
		name  string
		least bool
	}{{"min", true}, {"max", false}} {
		better := greater
		if f.least {
			better = less
		}
		o := r.aggregate(f.name+"(any) any", func(c *expr.AggregateCall) Accumulator {
			switch c.Typ.Physical() {
			case schema.PhysInt32:
				return &extremeInts[int32]{bests: bests[int32]{typ: c.Typ}, least: f.least}
			case schema.PhysInt64:
				return &extremeInts[int64]{bests: bests[int64]{typ: c.Typ}, least: f.least}
			case schema.PhysFloat32:
				return newExtremes(c.Typ, f.least, func(a, b float32) int { return schema.CompareFloat(float64(a), float64(b)) })
			case schema.PhysFloat64:
				return newExtremes(c.Typ, f.least, schema.CompareFloat)
			case schema.PhysInt128:
				return newExtremes(c.Typ, f.least, schema.Int128.Compare)
			case schema.PhysBytes:
				return &extremeStrings{typ: c.Typ, least: f.least, compare: kernel.BytesOrder(c.Typ.Kind)}
			}
			return &picked{typ: c.Typ, better: better}
		}, "").unaffectedByDuplicates()
		o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 1 {
				return nil, false
			}
			t := args[0].Type
			if t.Kind == schema.Unknown || t.Kind == schema.Varchar {
				t = schema.Text
			}
			return &expr.Resolved{Args: []schema.Type{t}, Result: t}, true
		}
		by := r.aggregate(f.name+"_by(any, any) any", func(c *expr.AggregateCall) Accumulator {
			return &picked{typ: c.Typ, better: better, byKey: true}
		}, "the value beside the extreme of another")
		by.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
			if len(args) != 2 {
				return nil, false
			}
			return &expr.Resolved{Args: []schema.Type{decided(args[0].Type), decided(args[1].Type)}, Result: decided(args[0].Type)}, true
		}
	}
	for _, name := range []string{"any_value", "arbitrary"} {
		r.aggregate(name+"(any) any", func(c *expr.AggregateCall) Accumulator { return &picked{typ: c.Typ} }, "any value that is not NULL")
	}
	for _, f := range []struct {
		name string
		and  bool
	}{{"bool_and", true}, {"every", true}, {"bool_or", false}} {
		r.aggregate(f.name+"(boolean) boolean", func(c *expr.AggregateCall) Accumulator {
			if f.and {
				return &picked{typ: c.Typ, better: less}
			}
			return &picked{typ: c.Typ, better: greater}
		}, "").unaffectedByDuplicates()
	}
}

// decided makes an undecided literal text.
func decided(t schema.Type) schema.Type {
	if t.Kind == schema.Unknown {
		return schema.Text
	}
	return t
}
