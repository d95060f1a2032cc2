package functions

import (
	"crypto/rand"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

func registerConditional(r *Registry) {
	for _, name := range []string{"gen_random_uuid", "uuid"} {
		r.lenient(name+"() uuid", values(func(c *Call, _ []schema.Value) (schema.Value, error) {
			id := make([]byte, 16)
			rand.Read(id) //nolint:errcheck // it never fails
			id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
			return schema.StringValue(c.Type, string(id)), nil
		}), "a random UUID").volatile()
	}
	r.lenient("pg_typeof(any) regtype", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		return intResult(c, int64(schema.OIDOf(a[0].Type)))
	}), "the type of a value")
	r.lenient("typeof(any) text", values(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.TextValue(a[0].Type.String()), nil
	}), "")
	registerTry(r)
	r.extreme("greatest", 1)
	r.extreme("least", -1)
	r.lenient("pg_sleep(double) void", values(func(c *Call, a []schema.Value) (schema.Value, error) { return sleep(c, a[0].F) }), "").volatile()
	r.lenient("num_nulls(any...) integer", values(func(c *Call, a []schema.Value) (schema.Value, error) { return intResult(c, countNulls(a)) }), "")
	r.lenient("num_nonnulls(any...) integer", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		return intResult(c, int64(len(a))-countNulls(a))
	}), "")
}

// Try is the implementation of try(): the argument must not be evaluated before the call, which the evaluator sees to.
type Try struct{}

// registerTry declares Trino's try.
func registerTry(r *Registry) {
	o := r.lenient("try(any) any", nil, "the argument, or NULL where its evaluation fails")
	o.fn.Impl = Try{}
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 || args[0].Lambda > 0 {
			return nil, false
		}
		t := decided(args[0].Type)
		return &expr.Resolved{Args: []schema.Type{t}, Result: t}, true
	}
}

func countNulls(a []schema.Value) int64 {
	n := int64(0)
	for _, v := range a {
		if !v.Valid {
			n++
		}
	}
	return n
}

// extreme declares greatest or least: NULLs do not count, but in the Trino dialect they give NULL.
func (r *Registry) extreme(name string, sign int) {
	o := r.lenient(name+"(any...) any", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if c.Env.Dialect == "trino" && countNulls(a) > 0 {
			return nullOf(c)
		}
		return extremeOf(c, a, sign)
	}), "")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		types := make([]schema.Type, len(args))
		for i, a := range args {
			types[i] = a.Type
		}
		t, ok := expr.CommonType(types...)
		if !ok || len(args) == 0 {
			return nil, false
		}
		for i := range types {
			types[i] = t
		}
		return &expr.Resolved{Args: types, Result: t}, true
	}
}
