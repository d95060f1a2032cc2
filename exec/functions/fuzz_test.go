package functions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// fuzzed are the scalar functions whose answers are fixed within a statement.
func fuzzed() []expr.Signature {
	var list []expr.Signature
	for _, s := range functions.Builtin().List() {
		if s.Kind == expr.Scalar && s.Volatility != expr.Volatile {
			list = append(list, s)
		}
	}
	return list
}

// fuzzValue reads text as a value of a type, and takes a plain one where it is none.
func fuzzValue(t schema.Type, s string) schema.Value {
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	if v, err := schema.Parse(t, s); err == nil {
		return v
	}
	for _, plain := range []string{"1", "a", "2024-02-29", "12:00", "{1,2,NULL}", `{"a":[1,null]}`} {
		if v, err := schema.Parse(t, plain); err == nil {
			return v
		}
	}
	return schema.NullOf(t)
}

// unusual are arguments, parted by \x1f, that functions stumble over.
var unusual = []string{
	"1\x1f2\x1f3", "-9223372036854775808\x1f-1\x1f9223372036854775807", "2147483647\x1f-2147483648\x1f2147483647\x1f2147483647",
	"1\x1f-9223372036854775808\x1f-9223372036854775808", "NaN\x1finfinity\x1f-infinity", "{1,NULL,3}\x1f{}\x1fNULL", "\x1f\x1f",
	"%é_\\\x1f[^a]\x1f\\1", "2147483647\x1f0", "-infinity\x1f2147483647 months -2147483648 days",
	"99999999999999999999999999999999999999\x1f-0.0000001",
}

var fuzzOptions = eval.Options{Start: time.Date(2026, 3, 15, 12, 30, 0, 0, time.UTC), Location: time.FixedZone("", 3600)}

// Every function must bear every argument, as FuzzCalls says.
func TestFunctionsBearUnusualArguments(t *testing.T) {
	for _, s := range fuzzed() {
		for _, text := range unusual {
			callWith(t, s, text)
		}
	}
}

// FuzzCalls calls functions with any values. They must not panic, must end soon, must fail with an SQLSTATE of their own, and must
// say the same of a constant and of a row of a batch.
func FuzzCalls(f *testing.F) {
	list := fuzzed()
	for i, text := range unusual {
		f.Add(uint16(i*len(list)/len(unusual)), text)
	}
	f.Fuzz(func(t *testing.T, which uint16, text string) {
		if len(text) <= 1000 {
			callWith(t, list[int(which)%len(list)], text)
		}
	})
}

func callWith(t *testing.T, s expr.Signature, text string) {
	t.Helper()
	words := strings.Split(text, "\x1f")
	var values []schema.Value
	var infos []expr.Arg
	for i, typ := range s.Args {
		if typ.Kind == schema.Lambda {
			return
		}
		v := fuzzValue(typ, words[i%len(words)])
		values, infos = append(values, v), append(infos, expr.Arg{Type: v.Type, Const: &v})
	}
	checkCall(t, fuzzOptions, s.Name, values, infos)
}

func checkCall(t *testing.T, o eval.Options, name string, values []schema.Value, infos []expr.Arg) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := functions.Builtin().Resolve(expr.Scalar, name, infos)
	if err != nil {
		return
	}
	constant := &expr.Call{Fn: r.Fn, Typ: r.Result}
	row := &expr.Call{Fn: r.Fn, Typ: r.Result}
	cols := make([]vector.Vector, len(values))
	for i, v := range values {
		if v.Type.Kind != r.Args[i].Kind {
			if v, err = functions.CastValue(ctx, o.Env(), v, r.Args[i]); err != nil {
				return
			}
		}
		if !v.Type.Equal(r.Args[i]) {
			return // its modifiers differ
		}
		b := vector.NewBuilder(v.Type, 3)
		b.AppendValue(v)
		b.AppendNull()
		b.AppendValue(v)
		cols[i] = b.Build()
		constant.Args = append(constant.Args, &expr.Const{Value: v})
		row.Args = append(row.Args, &expr.InputRef{Index: i, Typ: v.Type})
	}
	start := time.Now()
	want, wantErr := eval.New(o).Fold(ctx, constant)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%s took %v", name, took)
	}
	checkError(t, name, wantErr)
	ev, err := eval.Compile(row, o)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ev.EvalRows(ctx, cols, 3, []uint32{0, 2})
	checkError(t, name, err)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s of a constant: %v; of a row: %v", name, wantErr, err)
	}
	if err != nil || wantErr != nil {
		return
	}
	for _, i := range []int{0, 2} {
		if got := vector.ValueAt(v, i); got.Valid != want.Valid || got.Text() != want.Text() {
			t.Errorf("%s of a constant: %s; of a row: %s", name, want.Text(), got.Text())
		}
	}
}

func checkError(t *testing.T, name string, err error) {
	t.Helper()
	if err != nil && sqlerr.CodeOf(err) == sqlerr.InternalError {
		t.Errorf("%s: %v", name, err)
	}
}
