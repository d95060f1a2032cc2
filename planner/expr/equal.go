package expr

import (
	"hash/maphash"

	"github.com/tarnsql/tarn/catalog/schema"
)

// Equal reports whether two expressions are the same: the same operators over the same columns and constants of the same
// types. Subqueries are equal only to themselves.
func Equal(a, b Expr) bool { return EqualUnder(a, b, nil) }

// EqualUnder is Equal with the columns of a renamed: column c of a equals column rename(c) of b. A nil rename renames
// nothing.
func EqualUnder(a, b Expr, rename func(ColumnID) ColumnID) bool {
	if a == b && rename == nil {
		return true
	}
	if l, ok := b.(*LambdaExpr); ok {
		b = renumbered(a, l)
	}
	if !sameNode(a, b, rename) {
		return false
	}
	ca, cb := Children(a), Children(b)
	if len(ca) != len(cb) {
		return false
	}
	for i := range ca {
		if !EqualUnder(ca[i], cb[i], rename) {
			return false
		}
	}
	return true
}

// renumbered returns the lambda l with the number of the lambda a, to which it may be equal.
func renumbered(a Expr, l *LambdaExpr) Expr {
	to, ok := a.(*LambdaExpr)
	if !ok || to.ID == l.ID {
		return l
	}
	out := *l
	out.ID = to.ID
	out.Body = Rewrite(l.Body, func(e Expr) Expr {
		if r, ok := e.(*LambdaRef); ok && r.ID == l.ID {
			c := *r
			c.ID = to.ID
			return &c
		}
		return e
	})
	return &out
}

func sameNode(a, b Expr, rename func(ColumnID) ColumnID) bool {
	switch a := a.(type) {
	case *ColumnRef:
		b, ok := b.(*ColumnRef)
		if !ok {
			return false
		}
		id := a.ID
		if rename != nil {
			id = rename(id)
		}
		return id == b.ID
	case *InputRef:
		b, ok := b.(*InputRef)
		return ok && a.Index == b.Index
	case *Const:
		b, ok := b.(*Const)
		return ok && a.Value.Equal(b.Value)
	case *Param:
		b, ok := b.(*Param)
		return ok && a.Index == b.Index
	case *Compare:
		b, ok := b.(*Compare)
		return ok && a.Op == b.Op
	case *And:
		_, ok := b.(*And)
		return ok
	case *Or:
		_, ok := b.(*Or)
		return ok
	case *Not:
		_, ok := b.(*Not)
		return ok
	case *IsNull:
		b, ok := b.(*IsNull)
		return ok && a.Negated == b.Negated
	case *In:
		b, ok := b.(*In)
		return ok && a.Negated == b.Negated && a.SetNull == b.SetNull && equalValues(a.Set, b.Set)
	case *Case:
		b, ok := b.(*Case)
		return ok && len(a.Whens) == len(b.Whens)
	case *Coalesce:
		_, ok := b.(*Coalesce)
		return ok
	default:
		return sameTyped(a, b)
	}
}

func sameTyped(a, b Expr) bool {
	switch a := a.(type) {
	case *Cast:
		b, ok := b.(*Cast)
		return ok && a.Try == b.Try && a.Typ.Equal(b.Typ)
	case *Call:
		b, ok := b.(*Call)
		return ok && (a.Fn == b.Fn || a.Fn.Impl != nil && sameImpl(a.Fn, b.Fn)) && a.Typ.Equal(b.Typ) && a.Fn.Volatility != Volatile
	case *LambdaExpr:
		b, ok := b.(*LambdaExpr)
		return ok && a.ID == b.ID && len(a.Params) == len(b.Params)
	case *LambdaRef:
		b, ok := b.(*LambdaRef)
		return ok && a.ID == b.ID && a.Index == b.Index && a.Typ.Equal(b.Typ)
	case *Field:
		b, ok := b.(*Field)
		return ok && a.Index == b.Index
	case *MakeRow:
		b, ok := b.(*MakeRow)
		return ok && a.Typ.Equal(b.Typ)
	case *MakeArray:
		b, ok := b.(*MakeArray)
		return ok && a.Typ.Equal(b.Typ)
	case *OuterRef:
		b, ok := b.(*OuterRef)
		return ok && a.ID == b.ID
	}
	return a == b
}

// sameImpl is for registries that make a Function value a resolution: two of one name and family over arguments of equal
// types are the same overload.
func sameImpl(a, b *Function) bool { return a.Name == b.Name && a.Kind == b.Kind }

func equalValues(a, b []schema.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// EqualLists reports whether two lists are equal item by item.
func EqualLists(a, b []Expr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// EqualKeys reports whether two orders are the same.
func EqualKeys(a, b []SortKey) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Descending != b[i].Descending || a[i].NullsFirst != b[i].NullsFirst || !Equal(a[i].Expr, b[i].Expr) {
			return false
		}
	}
	return true
}

// EqualAggregates reports whether two aggregate calls are the same.
func EqualAggregates(a, b *AggregateCall) bool {
	return (a.Fn == b.Fn || sameImpl(a.Fn, b.Fn)) && a.Distinct == b.Distinct && a.Typ.Equal(b.Typ) &&
		a.Fn.Volatility != Volatile && equalOptional(a.Filter, b.Filter) && EqualLists(a.Args, b.Args) &&
		EqualKeys(a.OrderBy, b.OrderBy)
}

func equalOptional(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return Equal(a, b)
}

var hashSeed = maphash.MakeSeed()

// Hash returns a hash that is the same for equal expressions, whatever their columns are: it tells shapes apart.
func Hash(e Expr) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	hashInto(&h, e)
	return h.Sum64()
}

func hashInto(h *maphash.Hash, e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		_ = h.WriteByte(1)
		return
	case *Const:
		_ = h.WriteByte(2)
		_, _ = h.WriteString(e.Value.Text())
	case *Compare:
		_ = h.WriteByte(3 + byte(e.Op))
	case *And:
		_ = h.WriteByte(20)
	case *Or:
		_ = h.WriteByte(21)
	case *Call:
		_, _ = h.WriteString(e.Fn.Name)
	case *Cast:
		_ = h.WriteByte(22)
		_ = h.WriteByte(byte(e.Typ.Kind))
	default:
		_ = h.WriteByte(23)
	}
	for _, c := range Children(e) {
		hashInto(h, c)
	}
	_ = h.WriteByte(0)
}
