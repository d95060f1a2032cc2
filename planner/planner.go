package planner

import (
	"context"
	"errors"
	"fmt"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/bind"
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/lower"
	"github.com/tarnsql/tarn/planner/physical"
	"github.com/tarnsql/tarn/planner/rules"
)

// Env is what a statement is planned with.
type Env = bind.Env

// Catalogs is what names of tables are looked up in; the session implements it.
type Catalogs = bind.Catalogs

// Settings are the session's settings that change plans.
type Settings = bind.Settings

// Plan is a statement ready to run. It is used once: its scans are open and its dynamic filters are empty.
type Plan struct {
	Root physical.Node
	// Columns are the output columns, as clients see them.
	Columns []physical.Column
	// Tables are the tables and views that the statement names, in the order of their first mention.
	Tables []connectors.Table
	// Scans are the open scans.
	Scans []*physical.Scan
	// Nodes is the number of nodes of the plan: their IDs are 0 to Nodes-1.
	Nodes int
	// Rules counts how often each rule of the optimiser changed the plan.
	Rules map[string]int
	// Logical is the optimised logical plan, for EXPLAIN (VERBOSE) and tests.
	Logical logical.Node

	filters map[*physical.Scan][]lower.DynamicFilter
	sources map[*physical.Scan]string
}

// Close closes all scans. It is idempotent.
func (p *Plan) Close() error {
	var errs []error
	for _, s := range p.Scans {
		errs = append(errs, s.Scan.Close())
	}
	return errors.Join(errs...)
}

// Parts of planning that a session may switch off beside the rules.
const (
	// PushFilters offers conditions to scans.
	PushFilters = "PushFiltersToScans"
	// PushLimitsToScans offers limits and orders to scans.
	PushLimitsToScans = "PushLimitsToScans"
	// DynamicFilters plants the filters that joins learn while they run.
	DynamicFilters = "DynamicFilters"
	// ChooseSides lets the estimated sizes choose the side that a join builds from.
	ChooseSides = "ChooseJoinSides"
)

// Switches lists what Settings.DisabledRules may name: the rules in their order and the parts of planning.
func Switches() []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range rules.List {
		if !r.Always && !seen[r.Name] {
			seen[r.Name] = true
			names = append(names, r.Name)
		}
	}
	return append(names, PushFilters, PushLimitsToScans, DynamicFilters, ChooseSides)
}

// Describe infers the types of a statement's parameters and returns its output columns. paramTypes are the types that the
// client declared, unknown where it did not. Statements that return no rows have no columns.
func Describe(ctx context.Context, env Env, stmt parser.Statement, paramTypes []schema.Type) (params []schema.Type, cols []physical.Column, err error) {
	q, err := queryOf(stmt)
	if err != nil {
		return nil, nil, err
	}
	env.ParamTypes, env.Params = paramTypes, nil
	bound, err := bind.Describe(ctx, &env, q)
	if err != nil {
		return nil, nil, err
	}
	return bound.Params, columns(bound.Cols), nil
}

// PlanStatement plans a query; an EXPLAIN is planned as the statement that it explains. The caller closes the plan after it ran.
func PlanStatement(ctx context.Context, env Env, stmt parser.Statement) (*Plan, error) {
	q, err := queryOf(stmt)
	if err != nil {
		return nil, err
	}
	bound, err := bind.Query(ctx, &env, q)
	if err != nil {
		return nil, err
	}
	return optimise(ctx, &env, bound)
}

func optimise(ctx context.Context, env *Env, bound *bind.Bound) (p *Plan, err error) {
	off := env.Settings.DisabledRules
	estimator := cost.NewEstimator(ctx)
	c := &rules.Context{Ctx: ctx, IDs: bound.IDs, Evaluator: env.Evaluator, Registry: env.Registry, Cost: estimator}
	lp := &rules.Plan{Root: bound.Plan}
	for _, col := range bound.Cols {
		lp.Need.Add(col.ID)
	}
	rules.Run(c, lp, off)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("planning: %w", context.Cause(ctx))
	}
	res, err := lower.Build(ctx, lower.Options{Query: env.Query, Evaluator: env.Evaluator, Cost: estimator, Zone: env.Settings.Location,
		NoFilters: off[PushFilters], NoLimits: off[PushLimitsToScans], NoDynamic: off[DynamicFilters], SyntacticSides: off[ChooseSides]},
		lp.Root, bound.Cols)
	if err != nil {
		return nil, err
	}
	p = &Plan{Root: res.Root, Columns: columns(bound.Cols), Tables: bound.Tables, Scans: res.Scans, Nodes: res.Nodes,
		Rules: c.Fired, Logical: lp.Root, filters: res.Filters, sources: map[*physical.Scan]string{}}
	for _, s := range res.Scans {
		p.sources[s] = estimator.Table(s.Table).Source
	}
	return p, nil
}

// queryOf returns the query of a statement that has one.
func queryOf(stmt parser.Statement) (*parser.Query, error) {
	switch s := stmt.(type) {
	case *parser.Query:
		return s, nil
	case *parser.Explain:
		return queryOf(s.Statement)
	case *parser.CreateTable:
		if s.Query != nil {
			return s.Query, nil
		}
	case *parser.CreateView:
		return s.Query, nil
	case *parser.DeclareCursor:
		return s.Query, nil
	case *parser.Unload:
		return s.Query, nil
	case *parser.Insert:
		if s.Query != nil {
			return s.Query, nil
		}
	case *parser.Copy:
		if s.Query != nil {
			return s.Query, nil
		}
		if !s.From {
			return copyQuery(s), nil
		}
	}
	return nil, sqlerr.Unsupported("%s", stmt.Tag()).At(stmt.Pos())
}

// copyQuery is the query of COPY t (columns) TO.
func copyQuery(s *parser.Copy) *parser.Query {
	sel := &parser.Select{Loc: s.Loc, From: []parser.TableExpr{&parser.TableName{Loc: s.Loc, Name: s.Table}}}
	for _, c := range s.Columns {
		sel.Items = append(sel.Items, parser.SelectItem{Loc: s.Loc, Expr: &parser.ColumnRef{Loc: s.Loc, Name: parser.Name{c}}})
	}
	if len(sel.Items) == 0 {
		sel.Items = []parser.SelectItem{{Loc: s.Loc, Expr: &parser.Star{Loc: s.Loc}}}
	}
	return &parser.Query{Loc: s.Loc, Body: sel}
}

func columns(cols []logical.Column) []physical.Column {
	out := make([]physical.Column, len(cols))
	for i, c := range cols {
		out[i] = physical.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// BindType returns the type that a name in a statement means; an unknown one is SQLSTATE 42704.
func BindType(t *parser.TypeName) (schema.Type, error) { return bind.Type(t) }

// FindTable finds a table or a view by its name, as FROM does; pos is the name's place in the statement, for errors.
func FindTable(ctx context.Context, env Env, name parser.Name, pos int) (connectors.Table, error) {
	return bind.Table(ctx, &env, name, pos)
}

// Evaluate evaluates an expression without columns, such as an argument of EXECUTE, and casts it to a type; an unknown type
// leaves it the one that it has.
func Evaluate(ctx context.Context, env Env, e parser.Expr, to schema.Type) (schema.Value, error) {
	return bind.Constant(ctx, &env, e, to)
}
