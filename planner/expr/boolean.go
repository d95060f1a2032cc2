package expr

import "github.com/tarnsql/tarn/catalog/schema"

// True and False are the boolean constants.
var (
	True  = &Const{Value: schema.BoolValue(true)}
	False = &Const{Value: schema.BoolValue(false)}
)

// AndOf returns the conjunction of the expressions, flat: True for none, the expression itself for one.
func AndOf(args ...Expr) Expr {
	switch len(args) {
	case 0:
		return True
	case 1:
		return args[0]
	}
	flat := make([]Expr, 0, len(args))
	for _, a := range args {
		if and, ok := a.(*And); ok {
			flat = append(flat, and.Args...)
		} else {
			flat = append(flat, a)
		}
	}
	return &And{Args: flat}
}

// OrOf returns the disjunction of the expressions, flat: False for none, the expression itself for one.
func OrOf(args ...Expr) Expr {
	switch len(args) {
	case 0:
		return False
	case 1:
		return args[0]
	}
	flat := make([]Expr, 0, len(args))
	for _, a := range args {
		if or, ok := a.(*Or); ok {
			flat = append(flat, or.Args...)
		} else {
			flat = append(flat, a)
		}
	}
	return &Or{Args: flat}
}

// NotOf returns the negation, with what negates by itself negated in place.
func NotOf(e Expr) Expr {
	switch e := e.(type) {
	case *Not:
		return e.Arg
	case *IsNull:
		return &IsNull{Arg: e.Arg, Negated: !e.Negated}
	case *In:
		c := *e
		c.Negated = !c.Negated
		return &c
	case *Compare:
		return &Compare{Op: e.Op.Negate(), Left: e.Left, Right: e.Right}
	case *Const:
		if e.Value.Valid {
			return &Const{Value: schema.BoolValue(!e.Value.Bool())}
		}
		return e
	}
	return &Not{Arg: e}
}

// Conjuncts appends the conjuncts of e to dst, flat, without the constant true.
func Conjuncts(dst []Expr, e Expr) []Expr {
	switch e := e.(type) {
	case nil:
		return dst
	case *And:
		for _, a := range e.Args {
			dst = Conjuncts(dst, a)
		}
		return dst
	case *Const:
		if e.Value.Valid && e.Value.Bool() {
			return dst
		}
	}
	return append(dst, e)
}

// IsTrue reports whether e is the constant true.
func IsTrue(e Expr) bool {
	c, ok := e.(*Const)
	return ok && c.Value.Valid && c.Value.Type.Kind == schema.Boolean && c.Value.Bool()
}

// IsFalseOrNull reports whether e is a constant for which no row passes.
func IsFalseOrNull(e Expr) bool {
	c, ok := e.(*Const)
	return ok && (!c.Value.Valid || c.Value.Type.Kind == schema.Boolean && !c.Value.Bool())
}

// IsNullConst reports whether e is the constant NULL.
func IsNullConst(e Expr) bool {
	c, ok := e.(*Const)
	return ok && !c.Value.Valid
}
