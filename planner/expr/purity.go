package expr

// IsVolatile reports whether two evaluations of e may differ within a statement (random()).
func IsVolatile(e Expr) bool {
	return Any(e, func(e Expr) bool {
		c, ok := e.(*Call)
		return ok && c.Fn.Volatility == Volatile
	})
}

// HasSubquery reports whether e has a subquery.
func HasSubquery(e Expr) bool {
	return Any(e, func(e Expr) bool { _, ok := e.(*Subquery); return ok })
}

// IsFoldable reports whether e has one value for the whole statement that is known when it is planned: no column, no
// parameter without a value, no volatile function.
func IsFoldable(e Expr) bool {
	return Walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *ColumnRef, *InputRef, *Param, *OuterRef, *Subquery, *LambdaExpr, *LambdaRef:
			return false
		case *Call:
			return e.Fn.Volatility != Volatile
		}
		return true
	})
}

// CannotFail reports whether the evaluation of e surely raises no error, so that it may be evaluated for rows that the
// statement would not evaluate it for.
func CannotFail(e Expr) bool {
	return Walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *Cast:
			return e.Try
		case *Call, *Subquery:
			return false
		}
		return true
	})
}

// RejectsNull reports whether e, as a condition, is not true whenever all columns of s are NULL: rows that an outer join
// padded do not pass.
func RejectsNull(e Expr, s ColSet) bool {
	switch e := e.(type) {
	case *And:
		for _, a := range e.Args {
			if RejectsNull(a, s) {
				return true
			}
		}
		return false
	case *Or:
		for _, a := range e.Args {
			if !RejectsNull(a, s) {
				return false
			}
		}
		return true
	case *IsNull:
		return e.Negated && NullOn(e.Arg, s)
	case *Const:
		return IsFalseOrNull(e)
	}
	return NullOn(e, s)
}

// NullOn reports whether e is surely NULL when all columns of s are NULL.
func NullOn(e Expr, s ColSet) bool {
	switch e := e.(type) {
	case *ColumnRef:
		return s.Has(e.ID)
	case *Const:
		return !e.Value.Valid
	case *Compare:
		if e.Op == Distinct || e.Op == NotDistinct || nested(e.Left) {
			return false
		}
		return NullOn(e.Left, s) || NullOn(e.Right, s)
	case *Not:
		return NullOn(e.Arg, s)
	case *Cast:
		return NullOn(e.Arg, s)
	case *Field:
		return NullOn(e.Arg, s)
	case *In:
		return NullOn(e.Arg, s)
	case *And, *Or, *Coalesce:
		for _, a := range Children(e) {
			if !NullOn(a, s) {
				return false
			}
		}
		return true
	case *Call:
		if !e.Fn.Strict {
			return false
		}
		for _, a := range e.Args {
			if NullOn(a, s) {
				return true
			}
		}
	}
	return false
}

func nested(e Expr) bool {
	_, ok := e.(*MakeRow)
	return ok
}
