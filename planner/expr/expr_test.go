package expr

import (
	"math/rand/v2"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
)

func TestColSetIsASet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var a, b ColSet
		ma, mb := map[ColumnID]bool{}, map[ColumnID]bool{}
		for range r.IntN(20) {
			x, y := ColumnID(r.IntN(200)), ColumnID(r.IntN(200))
			a.Add(x)
			b.Add(y)
			ma[x], mb[y] = true, true
		}
		subset, intersects, both := true, false, 0
		for id := range ColumnID(256) {
			if a.Has(id) != ma[id] || a.Union(b).Has(id) != (ma[id] || mb[id]) || a.Minus(b).Has(id) != (ma[id] && !mb[id]) {
				t.Fatalf("column %d of %v and %v", id, ma, mb)
			}
			subset = subset && (!ma[id] || mb[id])
			intersects = intersects || ma[id] && mb[id]
		}
		for id := range a.All {
			if !ma[id] {
				t.Fatalf("All yields %d", id)
			}
			both++
		}
		if a.SubsetOf(b) != subset || a.Intersects(b) != intersects || a.Len() != len(ma) || both != len(ma) || a.Empty() != (len(ma) == 0) {
			t.Fatalf("%v and %v", ma, mb)
		}
	}
	if (ColSet{}).Has(-1) {
		t.Error("an empty set has column -1")
	}
}

func column(id ColumnID) *ColumnRef {
	return &ColumnRef{ID: id, Name: "c", Typ: schema.T(schema.Integer)}
}

func number(i int64) *Const { return &Const{Value: schema.IntValue(schema.T(schema.Integer), i)} }

func TestRejectsNull(t *testing.T) {
	one := SetOf(1)
	a, b := column(1), column(2)
	strict := &Call{Fn: &Function{Name: "f", Strict: true}, Args: []Expr{a, b}, Typ: schema.T(schema.Boolean)}
	lenient := &Call{Fn: &Function{Name: "f"}, Args: []Expr{a, b}, Typ: schema.T(schema.Boolean)}
	eq := func(l, r Expr) Expr { return &Compare{Op: Eq, Left: l, Right: r} }
	for _, test := range []struct {
		name string
		e    Expr
		want bool
	}{
		{"comparison", eq(a, number(1)), true},
		{"comparison of others", eq(b, number(1)), false},
		{"IS DISTINCT FROM", &Compare{Op: Distinct, Left: a, Right: number(1)}, false},
		{"IS NULL", &IsNull{Arg: a}, false},
		{"IS NOT NULL", &IsNull{Arg: a, Negated: true}, true},
		{"AND", AndOf(eq(b, number(1)), eq(a, number(1))), true},
		{"OR", OrOf(eq(b, number(1)), eq(a, number(1))), false},
		{"OR of both", OrOf(eq(a, number(2)), eq(a, b)), true},
		{"strict function", strict, true},
		{"other function", lenient, false},
		{"coalesce", eq(&Coalesce{Args: []Expr{a, number(1)}}, number(1)), false},
		{"coalesce of itself", eq(&Coalesce{Args: []Expr{a, a}}, number(1)), true},
		{"IN", &In{Arg: a, Set: []schema.Value{number(1).Value}}, true},
		{"NOT IN", &In{Arg: a, Set: []schema.Value{number(1).Value}, Negated: true}, true},
		{"NOT", &Not{Arg: eq(a, number(1))}, true},
		{"cast", eq(&Cast{Arg: a, Typ: schema.T(schema.BigInt)}, number(1)), true},
		{"CASE", &Case{Whens: []When{{Cond: eq(a, number(1)), Result: True}}, Else: True}, false},
		{"false", False, true},
	} {
		if got := RejectsNull(test.e, one); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestRewriteSharesWhatDoesNotChange(t *testing.T) {
	left := &Compare{Op: Eq, Left: column(1), Right: number(1)}
	right := &Compare{Op: Eq, Left: column(2), Right: number(1)}
	and := AndOf(left, right).(*And)
	if same := Rewrite(and, func(e Expr) Expr { return e }); same != Expr(and) {
		t.Error("a rewrite that changes nothing makes a new tree")
	}
	out := Rewrite(and, func(e Expr) Expr {
		if r, ok := e.(*ColumnRef); ok && r.ID == 2 {
			return column(3)
		}
		return e
	}).(*And)
	if out.Args[0] != Expr(left) || Equal(out.Args[1], right) || !Columns(out).Has(3) {
		t.Errorf("rewritten to %v", out)
	}
	if and.Args[1] != Expr(right) {
		t.Error("the original changed")
	}
}

func TestEqualTellsExpressionsApart(t *testing.T) {
	f := &Function{Name: "f", Kind: Scalar}
	random := &Function{Name: "random", Volatility: Volatile}
	text := &Const{Value: schema.TextValue("1")}
	all := []Expr{
		column(1), column(2), number(1), number(2), text, &Compare{Op: Eq, Left: column(1), Right: number(1)},
		&Compare{Op: Lt, Left: column(1), Right: number(1)}, &Compare{Op: Eq, Left: number(1), Right: column(1)},
		&Call{Fn: f, Args: []Expr{column(1)}, Typ: schema.Text}, &Call{Fn: f, Args: []Expr{column(2)}, Typ: schema.Text},
		&IsNull{Arg: column(1)}, &IsNull{Arg: column(1), Negated: true}, &Not{Arg: column(1)},
		&Cast{Arg: column(1), Typ: schema.Text}, &Cast{Arg: column(1), Typ: schema.Text, Try: true},
		&Coalesce{Args: []Expr{column(1), number(1)}}, AndOf(column(1), column(2)), OrOf(column(1), column(2)),
		&MakeArray{Args: []Expr{number(1)}, Typ: schema.ArrayOf(schema.Text)}, &Param{Index: 0}, &Param{Index: 1},
	}
	for i, a := range all {
		for j, b := range all {
			if Equal(a, b) != (i == j) {
				t.Errorf("%v and %v: %v", a, b, Equal(a, b))
			}
		}
	}
	call := func() Expr { return &Call{Fn: random, Typ: schema.T(schema.Double)} }
	if Equal(call(), call()) {
		t.Error("two calls of a volatile function are equal")
	}
	swap := func(id ColumnID) ColumnID { return 3 - id }
	if !EqualUnder(all[8], all[9], swap) || Hash(all[8]) != Hash(all[9]) {
		t.Error("renamed columns")
	}
}
