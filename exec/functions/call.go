package functions

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// Env is what functions know of the statement and the session.
type Env struct {
	// Location is the session's time zone, Start the statement's time, Dialect tarn.dialect.
	Location *time.Location
	Start    time.Time
	Dialect  string
	// Session answers questions about the session; nil outside one.
	Session Session
}

// Session is the session as functions see it.
type Session interface {
	User() string
	Database() string
	// SearchPath has the schemas that exist; with implicit, pg_catalog is the first.
	SearchPath(ctx context.Context, implicit bool) ([]string, error)
	BackendPID() int32
	Version() string
	Setting(name string) (string, bool)
	SetSetting(name, value string, local bool) error
	CancelBackend(pid int32, terminate bool) (bool, error)
	Started() time.Time
	ClientAddress() string
	// Lookup finds the OID of a name of a reg type, and Describe the name of an OID.
	Lookup(ctx context.Context, kind schema.Kind, name string) (int64, bool, error)
	Describe(ctx context.Context, kind schema.Kind, oid int64) (string, bool, error)
	// Comment returns the comment of a relation (column 0) or of a column.
	Comment(ctx context.Context, relation int64, column int) (string, error)
	// FunctionSignature returns the arguments and the result of a function; ok is false for an OID that no function has.
	FunctionSignature(oid int64) (args, result string, ok bool)
	ViewSQL(ctx context.Context, relation int64) (string, error)
	UserName(oid int64) string
	FormatType(oid, typmod int64) string
	Visible(ctx context.Context, relation int64) (bool, error)
}

// Lambda is a lambda argument: it evaluates its body for n values of each parameter. rows[i] is the row of the call that value i
// belongs to: the body sees the columns of that row. The result is valid until the next call.
type Lambda func(params []vector.Vector, n int, rows []uint32) (vector.Vector, error)

// Call is one evaluation of a function over a batch.
type Call struct {
	Ctx context.Context //nolint:containedctx // of this one evaluation
	Env *Env
	// Args are the arguments; that of a lambda is nil and stands in Lambdas.
	Args    []vector.Vector
	Lambdas []Lambda
	// N is the number of rows and Sel the rows to compute; nil is all.
	N    int
	Sel  []uint32
	Type schema.Type
	// Memo belongs to the place of the call in its expression: functions keep compiled patterns and buffers there.
	Memo *Memo
}

// Memo is memory that lives with one place of a call, for one worker. The result of a call may lie in it, and is valid until the
// next call of the place.
type Memo struct {
	out      any
	cache    map[string]any
	key      string
	last     any
	decimals [2]decimalRoom // of the first two arguments
}

// Kernel computes a function for the rows of a call. Rows with a NULL argument of a strict function need no value.
type Kernel func(c *Call) (vector.Vector, error)

// cached returns the value that make builds for a key, usually a constant pattern; the newest key is looked up first.
func cached[T any](c *Call, key string, build func(string) (T, error)) (T, error) {
	m := c.Memo
	if m.last != nil && m.key == key {
		return m.last.(T), nil
	}
	if v, ok := m.cache[key]; ok {
		m.key, m.last = key, v
		return v.(T), nil
	}
	v, err := build(key)
	if err != nil {
		return v, err
	}
	if m.cache == nil || len(m.cache) > 256 {
		m.cache = map[string]any{}
	}
	m.cache[key], m.key, m.last = v, key, v
	return v, nil
}

// outFlat returns the call's fixed-width result with n values; NULLs are those of the arguments.
func outFlat[T vector.Fixed](c *Call) *vector.Flat[T] {
	out, ok := c.Memo.out.(*vector.Flat[T])
	if !ok {
		out = &vector.Flat[T]{}
		c.Memo.out = out
	}
	out.Typ = c.Type
	out.Values = kernel.Grow(&out.Values, c.N)
	out.Null = kernel.UnionNulls(out.Null, c.N, c.Args...)
	return out
}

// outBytes returns the call's string result with n views and an empty arena.
func outBytes(c *Call) *vector.Bytes {
	out, ok := c.Memo.out.(*vector.Bytes)
	if !ok {
		out = &vector.Bytes{Buffers: make([][]byte, 1)}
		c.Memo.out = out
	}
	out.Typ = c.Type
	out.Views = kernel.Grow(&out.Views, c.N)
	out.Buffers = out.Buffers[:1]
	out.Buffers[0] = out.Buffers[0][:0]
	out.Null = kernel.UnionNulls(out.Null, c.N, c.Args...)
	return out
}
