package rules

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// simplifyBooleans removes constants and duplicates from AND, OR, NOT and CASE, and takes the conjuncts that all branches
// of an OR share out of it: (a AND b) OR (a AND c) becomes a AND (b OR c).
func simplifyBooleans(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		m := n.Map(simplify)
		if f, ok := m.(*logical.Filter); ok {
			// As a condition NULL is as good as false: x IS TRUE is x.
			m = f.Map(condition)
		}
		if f, ok := m.(*logical.Filter); ok {
			m = flattenFilter(f)
		}
		if j, ok := m.(*logical.Join); ok {
			if on := flatten(j.On); on != nil {
				m = j.WithOn(on)
			}
		}
		if m != n {
			c.fired()
		}
		return m
	})
}

// condition simplifies an expression of which only matters whether it is true.
func condition(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.And, *expr.Or:
		return expr.MapChildren(e, condition)
	case *expr.Compare:
		if e.Op == expr.NotDistinct && expr.IsTrue(e.Right) {
			return condition(e.Left)
		}
	}
	return e
}

// flattenFilter makes conjuncts of conditions that became ANDs.
func flattenFilter(f *logical.Filter) logical.Node {
	conds := flatten(f.Conds)
	if conds == nil {
		return f
	}
	return logical.Where(f.Input, conds...)
}

// flatten returns the conjuncts of conditions without duplicates, and nil when that is what they are.
func flatten(conds []expr.Expr) []expr.Expr {
	flat := make([]expr.Expr, 0, len(conds))
	changed := false
	for _, cond := range conds {
		before := len(flat)
		flat = expr.Conjuncts(flat, cond)
		changed = changed || len(flat) != before+1
	}
	unique := distinct(flat)
	if !changed && len(unique) == len(flat) {
		return nil
	}
	return unique
}

// distinct drops repeated expressions; volatile ones are never the same. It compares only what has the same hash, because
// a list may be long.
func distinct(es []expr.Expr) []expr.Expr {
	if len(es) < 2 {
		return es
	}
	var byHash map[uint64][]expr.Expr
	if len(es) > 8 {
		byHash = make(map[uint64][]expr.Expr, len(es))
	}
	out := make([]expr.Expr, 0, len(es))
	for _, e := range es {
		same := out
		h := uint64(0)
		if byHash != nil {
			h = expr.Hash(e)
			same = byHash[h]
		}
		if contains(same, e) && !expr.IsVolatile(e) {
			continue
		}
		out = append(out, e)
		if byHash != nil {
			byHash[h] = append(same, e)
		}
	}
	return out
}

func contains(es []expr.Expr, e expr.Expr) bool {
	for _, o := range es {
		if expr.Equal(o, e) {
			return true
		}
	}
	return false
}

func simplify(e expr.Expr) expr.Expr { return expr.Rewrite(e, simplifyNode) }

func simplifyNode(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.And:
		return simplifyAnd(e)
	case *expr.Or:
		return simplifyOr(e)
	case *expr.Not:
		return simplifyNot(e)
	case *expr.Case:
		return simplifyCase(e)
	case *expr.Coalesce:
		return simplifyCoalesce(e)
	case *expr.Compare:
		return simplifyTruth(e)
	case *expr.In:
		if len(e.Set)+len(e.List) == 0 && !e.SetNull {
			return &expr.Const{Value: schema.BoolValue(e.Negated)}
		}
	case *expr.IsNull:
		if k, ok := e.Arg.(*expr.Const); ok {
			return &expr.Const{Value: schema.BoolValue(k.Value.Valid == e.Negated)}
		}
	}
	return e
}

func simplifyAnd(e *expr.And) expr.Expr {
	out := make([]expr.Expr, 0, len(e.Args))
	for _, a := range e.Args {
		if k, ok := a.(*expr.Const); ok && k.Value.Valid {
			if !k.Value.Bool() {
				return expr.False
			}
			continue
		}
		out = append(out, a)
	}
	out = distinct(out)
	if len(out) == len(e.Args) {
		return e
	}
	return expr.AndOf(out...)
}

func simplifyOr(e *expr.Or) expr.Expr {
	out := make([]expr.Expr, 0, len(e.Args))
	for _, a := range e.Args {
		if k, ok := a.(*expr.Const); ok && k.Value.Valid {
			if k.Value.Bool() {
				return expr.True
			}
			continue
		}
		out = append(out, a)
	}
	out = distinct(out)
	if len(out) < 2 {
		return expr.OrOf(out...)
	}
	if f := factorOr(out); f != nil {
		return f
	}
	if m := mergeEqualities(out); m != nil {
		return m
	}
	if len(out) == len(e.Args) {
		return e
	}
	return expr.OrOf(out...)
}

// factorOr takes out the conjuncts that all branches share; nil when there are none. One that may fail stays behind those
// that stand before it: they may keep rows away for which it fails.
func factorOr(branches []expr.Expr) expr.Expr {
	parts := make([][]expr.Expr, len(branches))
	for i, b := range branches {
		parts[i] = expr.Conjuncts(nil, b)
	}
	var shared []expr.Expr
	for _, p := range parts[0] {
		inAll := !expr.IsVolatile(p)
		for _, branch := range parts {
			inAll = inAll && contains(branch, p) && (expr.CannotFail(p) || leads(p, branch, shared))
		}
		if inAll {
			shared = append(shared, p)
		}
	}
	if len(shared) == 0 {
		return nil
	}
	rest := make([]expr.Expr, len(parts))
	for i, p := range parts {
		var left []expr.Expr
		for _, e := range p {
			if !contains(shared, e) {
				left = append(left, e)
			}
		}
		if len(left) == 0 {
			// One branch asks for nothing more: the others are implied.
			return expr.AndOf(shared...)
		}
		rest[i] = expr.AndOf(left...)
	}
	return expr.AndOf(append(shared, simplifyNode(expr.OrOf(rest...)))...)
}

// leads reports whether only shared conjuncts stand before p in a branch.
func leads(p expr.Expr, branch, shared []expr.Expr) bool {
	for _, e := range branch {
		if expr.Equal(e, p) {
			return true
		}
		if !contains(shared, e) {
			return false
		}
	}
	return false
}

// mergeEqualities makes x = 1 OR x = 2 an IN; nil when there is nothing to merge.
func mergeEqualities(branches []expr.Expr) expr.Expr {
	var arg expr.Expr
	var set []schema.Value
	for _, b := range branches {
		switch e := b.(type) {
		case *expr.Compare:
			k, ok := e.Right.(*expr.Const)
			if !ok || e.Op != expr.Eq || !k.Value.Valid || arg != nil && !expr.Equal(arg, e.Left) {
				return nil
			}
			arg = e.Left
			v := k.Value
			v.Type = arg.Type()
			set = append(set, v)
		case *expr.In:
			if e.Negated || e.SetNull || len(e.List) > 0 || arg != nil && !expr.Equal(arg, e.Arg) {
				return nil
			}
			arg = e.Arg
			set = append(set, e.Set...)
		default:
			return nil
		}
	}
	if expr.IsVolatile(arg) {
		return nil
	}
	return &expr.In{Arg: arg, Set: sortedSet(set)}
}

func simplifyNot(e *expr.Not) expr.Expr {
	switch a := e.Arg.(type) {
	case *expr.And:
		return simplifyNode(expr.OrOf(negated(a.Args)...))
	case *expr.Or:
		return simplifyNode(expr.AndOf(negated(a.Args)...))
	}
	if n := expr.NotOf(e.Arg); !isNot(n) {
		return n
	}
	return e
}

func isNot(e expr.Expr) bool { _, ok := e.(*expr.Not); return ok }

func negated(es []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = simplifyNode(expr.NotOf(e))
	}
	return out
}

// simplifyCase drops branches that are never reached.
func simplifyCase(e *expr.Case) expr.Expr {
	var whens []expr.When
	for _, w := range e.Whens {
		if expr.IsFalseOrNull(w.Cond) {
			continue
		}
		if expr.IsTrue(w.Cond) {
			if len(whens) == 0 {
				return w.Result
			}
			return &expr.Case{Whens: whens, Else: w.Result}
		}
		whens = append(whens, w)
	}
	switch len(whens) {
	case 0:
		return e.Else
	case len(e.Whens):
		return e
	}
	return &expr.Case{Whens: whens, Else: e.Else}
}

func simplifyCoalesce(e *expr.Coalesce) expr.Expr {
	var args []expr.Expr
	for _, a := range e.Args {
		if expr.IsNullConst(a) {
			continue
		}
		args = append(args, a)
		if _, ok := a.(*expr.Const); ok {
			break
		}
	}
	switch len(args) {
	case 0:
		return e.Args[0]
	case 1:
		return args[0]
	case len(e.Args):
		return e
	}
	return &expr.Coalesce{Args: args}
}

// simplifyTruth makes comparisons of booleans with constants plain conditions, and those with NULL a NULL.
func simplifyTruth(e *expr.Compare) expr.Expr {
	k, ok := e.Right.(*expr.Const)
	if !ok {
		return e
	}
	if !k.Value.Valid {
		switch e.Op {
		case expr.NotDistinct:
			return &expr.IsNull{Arg: e.Left}
		case expr.Distinct:
			return &expr.IsNull{Arg: e.Left, Negated: true}
		}
		return &expr.Const{Value: schema.NullOf(booleanType)}
	}
	if e.Left.Type().Kind != schema.Boolean {
		return e
	}
	switch {
	case e.Op == expr.Eq && k.Value.Bool(), e.Op == expr.Ne && !k.Value.Bool():
		return e.Left
	case e.Op == expr.Eq, e.Op == expr.Ne:
		return expr.NotOf(e.Left)
	}
	return e
}
