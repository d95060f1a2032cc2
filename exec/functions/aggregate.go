package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Accumulator is the state of one aggregate for many groups. It is not safe for concurrent use.
type Accumulator interface {
	// Resize makes room for groups 0 to n-1; new groups are empty.
	Resize(n int)
	// Update adds rows: row rows[k] (nil: row k) of args to group groups[k]. len(groups) is the number of rows.
	Update(groups []uint32, args []vector.Vector, rows []uint32) error
	// Merge adds group from[k] of another accumulator of the same call to group to[k] of this one, for each k. The other stays
	// as it is, and several may read it at once. It may be this one: the groups are merged one after another then.
	Merge(other Accumulator, from, to []uint32) error
	// Result returns the values of groups [from, to) in a vector of its own.
	Result(from, to int) (vector.Vector, error)
	// Size is the memory of the state in bytes.
	Size() int64
}

// aggregateImpl is the executor's part of an aggregate: it makes accumulators.
type aggregateImpl func(call *expr.AggregateCall) Accumulator

// NewAccumulator returns an empty accumulator of a call. DISTINCT, FILTER and ORDER BY are the caller's.
func NewAccumulator(call *expr.AggregateCall) (Accumulator, error) {
	impl, ok := call.Fn.Impl.(aggregateImpl)
	if !ok {
		return nil, sqlerr.Unsupported("aggregate %s", call.Fn.Name)
	}
	return impl(call), nil
}

// Fixed reports whether the states of an accumulator have one size, however many rows they have: those of counts, sums and
// extremes, which are cheap to merge.
func Fixed(acc Accumulator) bool {
	switch acc.(type) {
	case *countState, *exactSum, *floatSum, *moments, *intervalSum, *extremeInts[int32], *extremeInts[int64],
		*extremes[float32], *extremes[float64], *extremes[schema.Int128], *extremeStrings, *picked:
		return true
	}
	return false
}

// each calls f with the group and the row of every row that Update was given.
func each(groups, rows []uint32, f func(g uint32, r int)) {
	if rows == nil {
		for k, g := range groups {
			f(g, k)
		}
		return
	}
	for k, g := range groups {
		f(g, int(rows[k]))
	}
}

// grow lengthens s to n with zero values.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

// aggregate declares an aggregate.
func (r *Registry) aggregate(sig string, impl aggregateImpl, about string) *overload {
	o := parseSignature(sig)
	o.fn.Impl, o.about = impl, about
	return r.add(expr.Aggregate, o)
}

func (o *overload) unaffectedByDuplicates() *overload {
	o.fn.IgnoresDuplicates = true
	return o
}

func (o *overload) ordered() *overload {
	o.fn.OrderSensitive = true
	return o
}

// numericResult makes the result type of an aggregate a function of its argument's decimal type.
func (o *overload) numericResult(result func(t schema.Type) schema.Type) *overload {
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 || args[0].Type.Kind != schema.Decimal {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type}, Result: result(args[0].Type)}, true
	}
	return o
}
