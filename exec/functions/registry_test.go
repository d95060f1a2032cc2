package functions

import (
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func TestResolveChoosesTheNearestOverload(t *testing.T) {
	r := Builtin()
	dec := schema.DecimalOf
	for _, c := range []struct {
		name string
		args []schema.Type
		want string
	}{
		{"+", []schema.Type{schema.T(schema.Integer), schema.T(schema.BigInt)}, "bigint"},
		{"+", []schema.Type{schema.T(schema.Integer), dec(10, 2)}, "decimal(13,2)"},
		{"*", []schema.Type{dec(12, 2), dec(5, 2)}, "decimal(17,4)"},
		{"/", []schema.Type{dec(12, 2), schema.T(schema.Integer)}, "decimal(38,16)"},
		{"+", []schema.Type{dec(12, 2), schema.T(schema.Double)}, "double"},
		{"-", []schema.Type{schema.T(schema.Date), schema.T(schema.Date)}, "integer"},
		{"+", []schema.Type{schema.T(schema.Date), schema.T(schema.Interval)}, "timestamp"},
		{"||", []schema.Type{schema.Text, schema.T(schema.Integer)}, "varchar"},
		{"||", []schema.Type{schema.ArrayOf(schema.T(schema.Integer)), schema.T(schema.Integer)}, "array(integer)"},
		{"round", []schema.Type{schema.T(schema.Double)}, "double"},
		{"date_trunc", []schema.Type{schema.T(schema.Unknown), schema.T(schema.Timestamp)}, "timestamp"},
		{"date_trunc", []schema.Type{schema.T(schema.Unknown), schema.T(schema.Date)}, "timestamp"},
		{"array_length", []schema.Type{schema.ArrayOf(schema.Text), schema.T(schema.Integer)}, "integer"},
		{"lower", []schema.Type{schema.T(schema.Integer)}, "42883"},
		{"nosuch", nil, "42883"},
	} {
		args := make([]expr.Arg, len(c.args))
		for i, a := range c.args {
			args[i].Type = a
		}
		res, err := r.Resolve(expr.Scalar, c.name, args)
		got := string(sqlerr.CodeOf(err))
		if err == nil {
			got = res.Result.String()
		}
		if got != c.want {
			t.Errorf("%s%v: got %s (%v), want %s", c.name, c.args, got, err, c.want)
		}
	}
}

func TestRegistryListsItsFunctions(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Builtin().List() {
		names[s.Name] = true
	}
	if len(names) < 300 {
		t.Errorf("%d functions", len(names))
	}
	t.Logf("%d names, %d overloads", len(names), len(Builtin().List()))
}
