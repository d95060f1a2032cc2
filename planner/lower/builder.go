package lower

import (
	"context"
	"errors"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/physical"
)

// Options are what a plan is lowered with.
type Options struct {
	Query     *connectors.Query
	Evaluator expr.Evaluator
	Cost      *cost.Estimator
	// Zone is the session's time zone; nil is UTC.
	Zone *time.Location
	// NoFilters, NoLimits and NoDynamic keep scans from being offered filters, limits and filters of joins.
	NoFilters, NoLimits, NoDynamic bool
	// SyntacticSides keeps the sides of joins as they are written.
	SyntacticSides bool
}

// Result is a physical plan.
type Result struct {
	Root  physical.Node
	Scans []*physical.Scan
	// Filters are the dynamic filters by the scan that they reach, for EXPLAIN.
	Filters map[*physical.Scan][]DynamicFilter
	// Nodes is the number of nodes; their IDs are 0 to Nodes-1.
	Nodes int
}

// DynamicFilter is a filter that a join publishes to a scan.
type DynamicFilter struct {
	Column string
	Join   *physical.HashJoin
	Await  bool
}

// Build lowers a plan with the given output columns. When it fails all scans that were opened are closed.
func Build(ctx context.Context, o Options, root logical.Node, out []logical.Column) (res *Result, err error) {
	b := &builder{ctx: ctx, o: o, shared: map[*logical.CTE]*physical.Shared{}, sharedCols: map[*logical.CTE][]logical.Column{},
		variant: map[logical.Node]bool{}, filters: map[*physical.Scan][]DynamicFilter{}}
	defer func() {
		switch r := recover().(type) {
		case nil:
			return
		case failure:
			res, err = nil, r.err
		default:
			b.closeScans()
			panic(r)
		}
		b.closeScans()
	}()
	b.countScans(root)
	var need expr.ColSet
	for _, c := range out {
		need.Add(c.ID)
	}
	r := b.exact(b.lower(root, request{need: need}), out)
	for _, s := range b.many {
		s.Readers = 0
	}
	return &Result{Root: r.node, Scans: b.scans, Filters: b.filters, Nodes: number(r.node)}, nil
}

// number gives every node its ID, in the order in which EXPLAIN prints them, and returns how many there are.
func number(root physical.Node) int {
	n := 0
	seen := map[physical.Node]bool{}
	var visit func(physical.Node)
	visit = func(node physical.Node) {
		if seen[node] {
			return
		}
		seen[node] = true
		node.Props().ID = n
		n++
		for _, in := range node.Inputs() {
			visit(in)
		}
	}
	visit(root)
	return n
}

type failure struct{ err error }

func raise(err error) { panic(failure{err}) }

// rel is a lowered plan: output column i of the node is cols[i].
type rel struct {
	node physical.Node
	cols []logical.Column
}

// request is what the operator above asks of a plan.
type request struct {
	// need are the columns that are read above.
	need expr.ColSet
	// dynamic are the filters that joins above will publish.
	dynamic []*dynamic
	// limit is how many rows suffice, 0 for all; order says which, nil for any.
	limit int64
	order []expr.SortKey
}

// plain is the request without the hints that hold for the very rows of a plan only.
func (r request) plain(need expr.ColSet) request { return request{need: need, dynamic: r.dynamic} }

type builder struct {
	ctx   context.Context
	o     Options
	scans []*physical.Scan
	// readers counts the columns that each table's scans read, to find those that several read.
	readers    map[schema.TableName]map[int]int
	shared     map[*logical.CTE]*physical.Shared
	sharedCols map[*logical.CTE][]logical.Column
	filters    map[*physical.Scan][]DynamicFilter
	// outer are the columns of enclosing queries, inside the right side of an Apply.
	outer expr.ColSet
	// repeated says that the plan being lowered runs more than once; variant remembers which plans then differ.
	repeated bool
	variant  map[logical.Node]bool
	// many are the shared plans that are read an unknown number of times.
	many []*physical.Shared
}

func (b *builder) closeScans() {
	for _, s := range b.scans {
		_ = s.Scan.Close() //nolint:errcheck // the plan failed for another reason
	}
}

// lower makes the physical plan of n with at least the columns of the request.
func (b *builder) lower(n logical.Node, r request) rel {
	if b.repeated && !b.varies(n) {
		return b.once(n, r)
	}
	switch n := n.(type) {
	case *logical.Scan:
		return b.scan(n, nil, r)
	case *logical.Values:
		return b.values(n)
	case *logical.Filter:
		return b.filter(n, r)
	case *logical.Project:
		return b.project(n, r)
	case *logical.Join:
		return b.join(n, r)
	case *logical.Apply:
		return b.apply(n, r)
	case *logical.Aggregate:
		return b.aggregate(n, r)
	case *logical.Window:
		return b.window(n, r)
	case *logical.Sort, *logical.Limit, *logical.TopN, *logical.DistinctOn:
		return b.ordered(n, r)
	case *logical.Union:
		return b.union(n, r)
	case *logical.SetOp:
		return b.setOp(n)
	case *logical.TableFunc:
		return b.tableFunc(n, r)
	case *logical.CTERef:
		return b.cteRef(n)
	case *logical.RecursiveUnion:
		return b.recursive(n)
	case *logical.WorkTable:
		return b.finish(&physical.WorkTable{ID: n.ID}, n.Cols, n, 0)
	}
	raise(sqlerr.New(sqlerr.InternalError, "cannot lower %T", n))
	return rel{}
}

// varies reports whether a plan that runs more than once gives different rows each time.
func (b *builder) varies(n logical.Node) bool {
	if v, ok := b.variant[n]; ok {
		return v
	}
	v := !logical.Free(n).Empty()
	if _, work := n.(*logical.WorkTable); work {
		v = true
	}
	n.Each(func(e expr.Expr) { v = v || expr.IsVolatile(e) })
	for _, in := range n.Inputs() {
		v = b.varies(in) || v
	}
	b.variant[n] = v
	return v
}

// once lowers a part of a repeated plan that is the same each time, so that it runs once and its rows are kept.
func (b *builder) once(n logical.Node, r request) rel {
	b.repeated = false
	inner := b.lower(n, request{need: r.need})
	b.repeated = true
	switch s := inner.node.(type) {
	case *physical.Values, *physical.WorkTable:
		return inner
	case *physical.Shared:
		b.many = append(b.many, s)
		return inner
	}
	return b.finish(&physical.Shared{Input: inner.node}, inner.cols, n, 0)
}

// finish fills in the properties of a node.
func (b *builder) finish(node physical.Node, cols []logical.Column, like logical.Node, work float64) rel {
	p := node.Props()
	p.Columns = make([]physical.Column, len(cols))
	for i, c := range cols {
		p.Columns[i] = physical.Column{Name: c.Name, Type: c.Type}
	}
	if like != nil {
		p.Rows = b.o.Cost.Rows(like)
	}
	p.Cost = work
	for _, in := range node.Inputs() {
		p.Cost += in.Props().Cost
	}
	return rel{node: node, cols: cols}
}

// Costs of the work on one row, in PostgreSQL's units: reading a page of 8 KiB in order costs 1.
const (
	tupleCost    = 0.01
	operatorCost = 0.0025
	pageSize     = 8192
)

// expr gives the columns of an expression their places in the input.
func (b *builder) expr(e expr.Expr, cols []logical.Column) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		r, ok := e.(*expr.ColumnRef)
		if !ok {
			return e
		}
		if i := indexOf(cols, r.ID); i >= 0 {
			return &expr.InputRef{Index: i, Name: r.Name, Typ: r.Typ}
		}
		if b.outer.Has(r.ID) {
			return &expr.OuterRef{ID: r.ID, Name: r.Name, Typ: r.Typ}
		}
		raise(sqlerr.New(sqlerr.InternalError, "column %s#%d is not in reach", r.Name, r.ID))
		return nil
	})
}

func (b *builder) exprs(es []expr.Expr, cols []logical.Column) []expr.Expr {
	return expr.MapList(es, func(e expr.Expr) expr.Expr { return b.expr(e, cols) })
}

func (b *builder) keys(keys []expr.SortKey, cols []logical.Column) []expr.SortKey {
	return expr.MapKeys(keys, func(e expr.Expr) expr.Expr { return b.expr(e, cols) })
}

func indexOf(cols []logical.Column, id expr.ColumnID) int {
	for i := range cols {
		if cols[i].ID == id {
			return i
		}
	}
	return -1
}

// exact returns the plan with exactly the given columns, in their order.
func (b *builder) exact(r rel, out []logical.Column) rel {
	same := len(r.cols) == len(out)
	for i := 0; same && i < len(out); i++ {
		same = r.cols[i].ID == out[i].ID
	}
	if same {
		p := r.node.Props()
		if _, shared := r.node.(*physical.Shared); !shared {
			for i, c := range out {
				p.Columns[i].Name = c.Name
			}
			return rel{node: r.node, cols: out}
		}
		return r
	}
	if b.reorder(r, out) {
		return rel{node: r.node, cols: out}
	}
	node := &physical.Project{Input: r.node}
	for _, c := range out {
		i := indexOf(r.cols, c.ID)
		if i < 0 {
			raise(errors.New("column " + c.Name + " is missing from its plan"))
		}
		node.Exprs = append(node.Exprs, &expr.InputRef{Index: i, Name: r.cols[i].Name, Typ: r.cols[i].Type})
	}
	done := b.finish(node, out, nil, r.node.Props().Rows*operatorCost)
	done.node.Props().Rows = r.node.Props().Rows
	return done
}

// reorder lets a join return the columns in the wanted order by itself. It reports whether it could.
func (b *builder) reorder(r rel, out []logical.Column) bool {
	var output *[]int
	switch n := r.node.(type) {
	case *physical.HashJoin:
		output = &n.Output
	case *physical.NestedLoopJoin:
		output = &n.Output
	case *physical.Apply:
		output = &n.Output
	default:
		return false
	}
	picked := make([]int, len(out))
	cols := make([]physical.Column, len(out))
	for i, c := range out {
		at := indexOf(r.cols, c.ID)
		if at < 0 {
			return false
		}
		picked[i] = (*output)[at]
		cols[i] = physical.Column{Name: c.Name, Type: c.Type}
	}
	*output, r.node.Props().Columns = picked, cols
	return true
}

// exactIDs is exact by identities, for the inputs of set operations.
func (b *builder) exactIDs(n logical.Node, ids []expr.ColumnID) rel {
	all := n.Columns()
	out := make([]logical.Column, len(ids))
	for i, id := range ids {
		out[i] = all[indexOf(all, id)]
	}
	return b.exact(b.lower(n, request{need: expr.SetOf(ids...)}), out)
}
