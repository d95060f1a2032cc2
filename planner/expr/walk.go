package expr

// Children returns the operands of e in the order in which they are written. The slice may be e's own: it must not be
// changed. The plan of a Subquery is not among them, its Test is.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Compare:
		return []Expr{e.Left, e.Right}
	case *And:
		return e.Args
	case *Or:
		return e.Args
	case *Not:
		return []Expr{e.Arg}
	case *IsNull:
		return []Expr{e.Arg}
	case *In:
		return append([]Expr{e.Arg}, e.List...)
	case *Case:
		out := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Result)
		}
		return append(out, e.Else)
	case *Coalesce:
		return e.Args
	case *Cast:
		return []Expr{e.Arg}
	case *Call:
		return e.Args
	case *LambdaExpr:
		return []Expr{e.Body}
	case *Field:
		return []Expr{e.Arg}
	case *MakeRow:
		return e.Args
	case *MakeArray:
		return e.Args
	case *Subquery:
		return e.Test
	}
	return nil
}

// Walk calls f for e and its operands, outer ones first, until f returns false. It reports whether f never did.
func Walk(e Expr, f func(Expr) bool) bool {
	if !f(e) {
		return false
	}
	switch e := e.(type) {
	case *ColumnRef, *InputRef, *Const, *Param, *LambdaRef, *OuterRef:
		return true
	case *Compare:
		return Walk(e.Left, f) && Walk(e.Right, f)
	case *Cast:
		return Walk(e.Arg, f)
	default:
		for _, c := range Children(e) {
			if !Walk(c, f) {
				return false
			}
		}
	}
	return true
}

// Size returns of how many nodes e is made, and most when there are more.
func Size(e Expr, most int) int {
	n := 0
	Walk(e, func(Expr) bool {
		n++
		return n < most
	})
	return n
}

// Any reports whether f is true of e or one of its operands.
func Any(e Expr, f func(Expr) bool) bool {
	return !Walk(e, func(e Expr) bool { return !f(e) })
}

// Rewrite replaces the operands of e from the inside out: f gets each node with its operands rewritten already and
// returns what stands in its place. What does not change is shared.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	return f(MapChildren(e, func(c Expr) Expr { return Rewrite(c, f) }))
}

// Replace replaces parts of e from the outside in: where f returns an expression that one stands in the node's place, and
// is not looked into again; where it returns nil the operands are visited.
func Replace(e Expr, f func(Expr) Expr) Expr {
	if r := f(e); r != nil {
		return r
	}
	return MapChildren(e, func(c Expr) Expr { return Replace(c, f) })
}

// MapChildren returns e with f applied to each operand, and e itself when f returned every operand unchanged.
func MapChildren(e Expr, f func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *Compare:
		l, r := f(e.Left), f(e.Right)
		if l == e.Left && r == e.Right {
			return e
		}
		return &Compare{Op: e.Op, Left: l, Right: r}
	case *Not:
		if a := f(e.Arg); a != e.Arg {
			return NotOf(a)
		}
	case *IsNull:
		if a := f(e.Arg); a != e.Arg {
			return &IsNull{Arg: a, Negated: e.Negated}
		}
	case *Cast:
		if a := f(e.Arg); a != e.Arg {
			c := *e
			c.Arg = a
			return &c
		}
	case *Field:
		if a := f(e.Arg); a != e.Arg {
			c := *e
			c.Arg = a
			return &c
		}
	case *LambdaExpr:
		if b := f(e.Body); b != e.Body {
			c := *e
			c.Body = b
			return &c
		}
	case *In:
		a, list := f(e.Arg), MapList(e.List, f)
		if a != e.Arg || !same(list, e.List) {
			c := *e
			c.Arg, c.List = a, list
			return &c
		}
	case *Case:
		return mapCase(e, f)
	default:
		return mapArgs(e, f)
	}
	return e
}

func mapArgs(e Expr, f func(Expr) Expr) Expr {
	old := argsOf(e)
	args := MapList(old, f)
	if same(args, old) {
		return e
	}
	switch e := e.(type) {
	case *And:
		return AndOf(args...)
	case *Or:
		return OrOf(args...)
	case *Coalesce:
		return &Coalesce{Args: args}
	case *Call:
		return &Call{Fn: e.Fn, Args: args, Typ: e.Typ}
	case *MakeRow:
		return &MakeRow{Args: args, Typ: e.Typ}
	case *MakeArray:
		return &MakeArray{Args: args, Typ: e.Typ}
	case *Subquery:
		c := *e
		c.Test = args
		return &c
	}
	return e
}

func argsOf(e Expr) []Expr {
	switch e := e.(type) {
	case *And:
		return e.Args
	case *Or:
		return e.Args
	case *Coalesce:
		return e.Args
	case *Call:
		return e.Args
	case *MakeRow:
		return e.Args
	case *MakeArray:
		return e.Args
	case *Subquery:
		return e.Test
	}
	return nil
}

func mapCase(e *Case, f func(Expr) Expr) Expr {
	changed := false
	whens := make([]When, len(e.Whens))
	for i, w := range e.Whens {
		whens[i] = When{Cond: f(w.Cond), Result: f(w.Result)}
		changed = changed || whens[i] != w
	}
	other := f(e.Else)
	if !changed && other == e.Else {
		return e
	}
	return &Case{Whens: whens, Else: other}
}

// MapList returns the list with f applied to each expression, and the list itself when nothing changed.
func MapList(list []Expr, f func(Expr) Expr) []Expr {
	var out []Expr
	for i, e := range list {
		r := f(e)
		if r != e && out == nil {
			out = make([]Expr, len(list))
			copy(out, list[:i])
		}
		if out != nil {
			out[i] = r
		}
	}
	if out == nil {
		return list
	}
	return out
}

func same(a, b []Expr) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// MapKeys returns the sort keys with f applied to their expressions, and the keys themselves when nothing changed.
func MapKeys(keys []SortKey, f func(Expr) Expr) []SortKey {
	var out []SortKey
	for i, k := range keys {
		r := f(k.Expr)
		if r != k.Expr && out == nil {
			out = append([]SortKey(nil), keys...)
		}
		if out != nil {
			out[i].Expr = r
		}
	}
	if out == nil {
		return keys
	}
	return out
}

// Map returns the call with f applied to every expression in it.
func (c AggregateCall) Map(f func(Expr) Expr) AggregateCall {
	c.Args = MapList(c.Args, f)
	c.OrderBy = MapKeys(c.OrderBy, f)
	if c.Filter != nil {
		c.Filter = f(c.Filter)
	}
	return c
}

// Each calls f for every expression in the call.
func (c *AggregateCall) Each(f func(Expr)) {
	for _, a := range c.Args {
		f(a)
	}
	for _, k := range c.OrderBy {
		f(k.Expr)
	}
	if c.Filter != nil {
		f(c.Filter)
	}
}

// Map returns the call with f applied to every expression in it.
func (c WindowCall) Map(f func(Expr) Expr) WindowCall {
	c.Args = MapList(c.Args, f)
	if c.Filter != nil {
		c.Filter = f(c.Filter)
	}
	if c.Frame.Start.Offset != nil {
		c.Frame.Start.Offset = f(c.Frame.Start.Offset)
	}
	if c.Frame.End.Offset != nil {
		c.Frame.End.Offset = f(c.Frame.End.Offset)
	}
	return c
}

// Each calls f for every expression in the call.
func (c *WindowCall) Each(f func(Expr)) {
	for _, a := range c.Args {
		f(a)
	}
	for _, e := range []Expr{c.Filter, c.Frame.Start.Offset, c.Frame.End.Offset} {
		if e != nil {
			f(e)
		}
	}
}
