package bind

import (
	"context"
	"errors"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// Bound is a statement with a meaning.
type Bound struct {
	Plan logical.Node
	// Cols are the statement's output columns in order, by their identities in Plan. One may occur twice.
	Cols []logical.Column
	// Params are the types of the parameters.
	Params []schema.Type
	// Tables are the tables that the statement reads, views among them, in the order of their first mention.
	Tables []connectors.Table
	// IDs hands out identities for further columns of the statement.
	IDs *IDs
}

// IDs hands out column identities and numbers of common table expressions.
type IDs struct{ column, cte, lambda int }

// Column returns a new column.
func (n *IDs) Column(name string, t schema.Type) logical.Column {
	n.column++
	return logical.Column{ID: expr.ColumnID(n.column), Name: name, Type: t}
}

// CTE returns the number of a new common table expression.
func (n *IDs) CTE() int {
	n.cte++
	return n.cte
}

// Query binds a query.
func Query(ctx context.Context, env *Env, q *parser.Query) (*Bound, error) {
	return run(ctx, env, q, false)
}

// Describe binds a query whose parameters have no values yet: their types are inferred.
func Describe(ctx context.Context, env *Env, q *parser.Query) (*Bound, error) {
	return run(ctx, env, q, true)
}

func run(ctx context.Context, env *Env, q *parser.Query, describe bool) (bound *Bound, err error) {
	b := newBinder(ctx, env)
	if b.describe = describe; describe {
		b.params = append([]schema.Type(nil), env.ParamTypes...)
	}
	defer func() { err = recovered(recover(), err) }()
	plan, outs := b.query(q, nil, nil)
	plan, outs = b.settle(plan, outs)
	b.checkParams()
	cols := make([]logical.Column, len(outs))
	for i, o := range outs {
		cols[i] = logical.Column{ID: o.col.ID, Name: o.name, Type: o.col.Type}
	}
	return &Bound{Plan: plan, Cols: cols, Params: b.params, Tables: b.tables, IDs: b.ids}, nil
}

// binder binds one statement.
type binder struct {
	ctx      context.Context
	env      *Env
	ids      *IDs
	naming   naming
	describe bool
	// params are the types of the parameters, inferred as they are met. A parameter that was met is in seen.
	params []schema.Type
	seen   []bool
	tables []connectors.Table
	// refs remembers where columns are named, for errors that are found later.
	refs []refPos
	// views is how deep views nest, expansions how many views and unshared common table expressions were bound in all.
	views, expansions int
	// copies is how large the operands that stand in several places are in all.
	copies int
	// depth is how deep expressions and queries nest.
	depth int
}

// naming is what names without a catalog or a schema mean.
type naming struct {
	catalog string
	path    []string
}

type refPos struct {
	ref  *expr.ColumnRef
	name string
	pos  int
}

// failure is what the binder panics with.
type failure struct{ err error }

// recovered returns the error that a binder's panic carries, and goes on panicking with anything else. err is the error
// without a panic.
func recovered(r any, err error) error {
	switch r := r.(type) {
	case nil:
		return err
	case failure:
		return r.err
	}
	panic(r)
}

// fail ends binding with an error at a position.
func fail(pos int, code sqlerr.Code, format string, args ...any) {
	panic(failure{sqlerr.New(code, format, args...).At(pos)})
}

// unsupported ends binding with 0A000.
func unsupported(pos int, construct string, args ...any) {
	panic(failure{sqlerr.Unsupported(construct, args...).At(pos)})
}

// raise ends binding with an error of ours or of another package; one without a position gets the given one.
func raise(err error, pos int) {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		c := *e
		panic(failure{c.At(pos)})
	}
	panic(failure{err})
}

// maxNesting bounds how deep the binder recurses. The parser's own bound is lower for what people write; a chain of
// operators may be deeper.
const maxNesting = 30_000

func (b *binder) enter(pos int) {
	b.depth++
	if b.depth > maxNesting {
		fail(pos, sqlerr.StatementTooComplex, "statement is nested too deeply")
	}
}

func (b *binder) leave() { b.depth-- }

// Bounds of what one statement may be made of: a view may read another twice, which reads another twice, ...
const (
	maxExpansions = 10_000
	maxRelations  = 1_000
)

func (b *binder) expand(pos int) {
	b.expansions++
	if b.expansions > maxExpansions {
		fail(pos, sqlerr.StatementTooComplex, "statement reads more than %d views", maxExpansions)
	}
}

// maxCopied bounds the operands that are evaluated in several places, as that of NULLIF is: each level of them doubles the
// expression.
const maxCopied = 100_000

// copied notes that an operand stands in a further place.
func (b *binder) copied(e expr.Expr, pos int) {
	b.copies += expr.Size(e, maxCopied)
	if b.copies > maxCopied {
		fail(pos, sqlerr.StatementTooComplex, "statement is too complex: operands that are evaluated several times nest too deeply")
	}
}

// Constant evaluates an expression that reads no table, cast to a type; an unknown type leaves it the one that it has.
func Constant(ctx context.Context, env *Env, e parser.Expr, to schema.Type) (v schema.Value, err error) {
	b := newBinder(ctx, env)
	defer func() { err = recovered(recover(), err) }()
	x := b.exprs(newScope(nil, nil), "this context")
	bound := x.bind(e)
	if expr.HasSubquery(bound) {
		unsupported(e.Pos(), "subquery in this context")
	}
	if to.Kind != schema.Unknown {
		bound = x.castTo(bound, to, false, e.Pos(), e.Pos())
	}
	if c, ok := b.text(bound, e.Pos()).(*expr.Const); ok {
		return c.Value, nil
	}
	v, err = env.Evaluator.Fold(ctx, b.text(bound, e.Pos()))
	v.Type = bound.Type()
	return v, err
}

// Table finds a table or a view by its name.
func Table(ctx context.Context, env *Env, name parser.Name, pos int) (t connectors.Table, err error) {
	defer func() { err = recovered(recover(), err) }()
	return newBinder(ctx, env).lookup(name, pos), nil
}

func newBinder(ctx context.Context, env *Env) *binder {
	return &binder{ctx: ctx, env: env, ids: &IDs{}, naming: naming{catalog: env.Catalogs.Current(), path: env.Catalogs.SearchPath()}}
}
