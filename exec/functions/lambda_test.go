package functions_test

import (
	"context"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// The children of a list may have elements that belong to no row, to a NULL one or to one that is not selected.
func TestLambdasSeeTheElementsOfTheirRowsOnly(t *testing.T) {
	integer := schema.T(schema.Integer)
	null := vector.NewBitmap(4)
	null.Set(1)
	list := &vector.List{Typ: schema.ArrayOf(integer), Offsets: []uint32{1, 3, 4, 5, 7}, Null: null,
		Children: []vector.Vector{&vector.Flat[int32]{Typ: integer, Values: []int32{0, 1, 2, 0, 0, 5, 10, 0}}}}
	column := &vector.Flat[int32]{Typ: integer, Values: []int32{100, 200, 300, 400}}

	x := &expr.LambdaRef{ID: 1, Name: "x", Typ: integer}
	divide, err := functions.Builtin().Resolve(expr.Scalar, "/", []expr.Arg{{Type: integer}, {Type: integer}})
	if err != nil {
		t.Fatal(err)
	}
	body := &expr.Call{Fn: divide.Fn, Typ: integer, Args: []expr.Expr{&expr.InputRef{Index: 1, Name: "b", Typ: integer}, x}}
	transform, err := functions.Builtin().Resolve(expr.Scalar, "transform", []expr.Arg{{Type: list.Typ}, {Type: integer, Lambda: 1}})
	if err != nil {
		t.Fatal(err)
	}
	call := &expr.Call{Fn: transform.Fn, Typ: transform.Result, Args: []expr.Expr{&expr.InputRef{Index: 0, Name: "a", Typ: list.Typ},
		&expr.LambdaExpr{ID: 1, Names: []string{"x"}, Params: []schema.Type{integer}, Body: body}}}
	ev, err := eval.Compile(call, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sel  []uint32
		want map[int]string
	}{
		{[]uint32{0, 1, 3}, map[int]string{0: "{100,50}", 1: "", 3: "{80,40}"}},
		{[]uint32{3}, map[int]string{3: "{80,40}"}},
		{[]uint32{}, nil},
		{[]uint32{0, 1}, map[int]string{0: "{100,50}", 1: ""}},
	} {
		v, err := ev.EvalRows(context.Background(), []vector.Vector{list, column}, 4, c.sel)
		if err != nil {
			t.Errorf("rows %v: %v", c.sel, err)
			continue
		}
		if v.Len() != 4 {
			t.Errorf("rows %v: a result of %d rows", c.sel, v.Len())
		}
		for i, want := range c.want {
			if got := vector.ValueAt(v, i); got.Text() != want || got.Valid != (want != "") {
				t.Errorf("rows %v: row %d is %q, not %q", c.sel, i, got.Text(), want)
			}
		}
	}
	if _, err := ev.EvalRows(context.Background(), []vector.Vector{list, column}, 4, nil); err == nil {
		t.Error("the third row divides by zero")
	}
}
