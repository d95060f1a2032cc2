package physical

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
)

// Node is an operator of a physical plan. It is sealed; a plan is a tree, but for Shared nodes, which several parents read.
// Nodes are immutable once the plan is built.
//
//sumtype:decl
type Node interface {
	// Props are what all nodes have. The pointer is the node's own.
	Props() *Props
	// Inputs are the children, in the order that the node's fields name them.
	Inputs() []Node
	isNode()
}

// Column is an output column.
type Column struct {
	Name string
	Type schema.Type
}

// Props are what all nodes have.
type Props struct {
	// ID numbers the nodes of a plan from 0, for statistics.
	ID      int
	Columns []Column
	// Rows is the estimated number of output rows.
	Rows float64
	// Cost is the estimated work of the node and all below it, in the cost model's units.
	Cost float64
}

// Props returns p: nodes embed Props.
func (p *Props) base() *Props { return p }

// Scan reads a table. Filters that the connector applies in full are in Scan alone; the rest is in a Filter above.
type Scan struct {
	P     Props
	Table connectors.Table
	// Scan is the negotiated scan: its output columns are the node's. The executor closes it.
	Scan    connectors.Scan
	Request connectors.ScanRequest
}

// Values are literal rows: Rows[i][j] is an expression without columns.
type Values struct {
	P    Props
	Rows [][]expr.Expr
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	P     Props
	Input Node
	Cond  expr.Expr
}

// Project computes one output column an expression.
type Project struct {
	P     Props
	Input Node
	Exprs []expr.Expr
}

// JoinKind is what a join returns.
type JoinKind uint8

// The kinds. Left is the probe side and Right the build side: LeftOuter keeps unmatched left rows, RightOuter unmatched right
// rows. Semi and Anti return left rows only; RightSemi and RightAnti return right (build) rows only. NullAwareAnti is NOT
// IN: no row passes if the right side has a NULL key. Mark returns all left rows and a boolean column "has a match" (NULL by
// the rules of IN when NullAware). Single is LeftOuter that raises 21000 for a second match of a left row.
const (
	Inner JoinKind = iota
	LeftOuter
	RightOuter
	FullOuter
	Semi
	Anti
	RightSemi
	RightAnti
	NullAwareAnti
	Mark
	Single
)

// HashJoin joins on equality of keys. Output columns: left then right; left only for Semi, Anti, NullAwareAnti; left and the
// mark for Mark; right only for RightSemi and RightAnti; Output then picks and orders them.
type HashJoin struct {
	P           Props
	Kind        JoinKind
	Left, Right Node // probe, build
	// LeftKeys and RightKeys are pairwise of the same type. NullsEqual[i] says that key pair i is IS NOT DISTINCT FROM.
	LeftKeys, RightKeys []expr.Expr
	NullsEqual          []bool
	// Residual is a further condition over left columns then right columns; nil is none. It is part of the match, also for
	// outer, semi and anti joins.
	Residual expr.Expr
	// NullAware is for Mark: NULL keys give a NULL mark as IN does.
	NullAware bool
	// Publish has an entry for each key pair: the carrier of the build keys for scans on the probe side, or nil.
	Publish []*connectors.JoinKeys
	// BuildUnique says that no two build rows have equal keys.
	BuildUnique bool
	// Output are the ordinals of the columns above that are the node's output.
	Output []int
}

// NestedLoopJoin joins on any condition (nil: cross join). The right side is materialised. Kinds as in HashJoin but for the
// Right ones and NullAwareAnti.
type NestedLoopJoin struct {
	P           Props
	Kind        JoinKind
	Left, Right Node
	Cond        expr.Expr
	// NullAware is for Mark: a NULL condition gives a NULL mark when no condition is true.
	NullAware bool
	Output    []int
}

// Apply evaluates Right once for each row of Left (once for each distinct combination of the parameters): a correlated
// subquery that no rule could unnest. Right reads left column Params[i].Index through an expr.OuterRef with ID
// Params[i].ID. Kinds: Inner (LATERAL), LeftOuter, Semi, Anti, Mark, Single.
type Apply struct {
	P           Props
	Kind        JoinKind
	Left, Right Node
	Params      []ApplyParam
	// Cond is a further condition over left columns then right columns; nil is none.
	Cond      expr.Expr
	NullAware bool
	Output    []int
}

// ApplyParam binds an OuterRef to a left column.
type ApplyParam struct {
	ID    expr.ColumnID
	Index int
}

// Aggregate groups. Output columns: the keys, then for grouping sets the grouping id (bigint, bit i from the left set when
// key i is not in the set), then the aggregates. Without keys and sets there is exactly one output row.
type Aggregate struct {
	P     Props
	Input Node
	Keys  []expr.Expr
	// Sets are grouping sets as ordinals into Keys; nil is the one set of all keys.
	Sets [][]int
	Aggs []expr.AggregateCall
	// Groups is the estimated number of groups.
	Groups float64
	// Clustered says that rows with equal keys are likely adjacent in the input.
	Clustered bool
}

// Sort orders all rows.
type Sort struct {
	P     Props
	Input Node
	Keys  []expr.SortKey
}

// TopN returns rows Offset to Offset+Limit of the order. WithTies adds the rows that equal the last one.
type TopN struct {
	P             Props
	Input         Node
	Keys          []expr.SortKey
	Limit, Offset int64
	WithTies      bool
}

// Limit returns rows Offset to Offset+Limit of its input; Limit < 0 is all.
type Limit struct {
	P             Props
	Input         Node
	Limit, Offset int64
}

// DistinctOn keeps the first row of each run of equal keys; the input is sorted by the keys.
type DistinctOn struct {
	P     Props
	Input Node
	Keys  []expr.Expr
}

// Union concatenates inputs that have the same columns.
type Union struct {
	P   Props
	All []Node
}

// SetOpKind is INTERSECT or EXCEPT.
type SetOpKind uint8

// The kinds.
const (
	Intersect SetOpKind = iota
	Except
)

// SetOp is INTERSECT or EXCEPT; NULLs are equal. All keeps duplicates by SQL's counting rules.
type SetOp struct {
	P           Props
	Kind        SetOpKind
	All         bool
	Left, Right Node
}

// Window appends one column a call. Rows come out sorted by Partition then Order, when several workers compute it in as many
// streams of whole partitions.
type Window struct {
	P         Props
	Input     Node
	Partition []expr.Expr
	Order     []expr.SortKey
	Calls     []expr.WindowCall
}

// TableFunc appends to each input row the rows of set-returning functions, side by side, the shorter ones padded with NULL.
// Output columns: the input's, the functions' (a row result is spread into its fields), and the ordinality (bigint) when
// Ordinality. Outer keeps input rows for which all functions are empty. FROM generate_series(...) has a one-row Values as its input.
type TableFunc struct {
	P          Props
	Input      Node
	Calls      []expr.Call
	Ordinality bool
	Outer      bool
}

// Shared is a common plan that several parents read: it runs once.
type Shared struct {
	P     Props
	Input Node
	// Readers is the number of parents, each of which reads the plan once. 0 says that it is read an unknown number of times:
	// inside the right side of an Apply and the step of a RecursiveUnion, which run again and again.
	Readers int
}

// RecursiveUnion is WITH RECURSIVE: Base, then Step again and again over the rows of the round before (WorkTable with the
// same ID) until a round is empty. Distinct drops rows seen before.
type RecursiveUnion struct {
	P          Props
	ID         int
	Base, Step Node
	Distinct   bool
}

// WorkTable is the rows of the round before in the Step of RecursiveUnion ID.
type WorkTable struct {
	P  Props
	ID int
}

// Props returns the node's properties.
func (n *Scan) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Values) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Filter) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Project) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *HashJoin) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *NestedLoopJoin) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Apply) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Aggregate) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Sort) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *TopN) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Limit) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *DistinctOn) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Union) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *SetOp) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Window) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *TableFunc) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *Shared) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *RecursiveUnion) Props() *Props { return n.P.base() }

// Props returns the node's properties.
func (n *WorkTable) Props() *Props { return n.P.base() }

// Inputs returns no node.
func (n *Scan) Inputs() []Node { return nil }

// Inputs returns no node.
func (n *Values) Inputs() []Node { return nil }

// Inputs returns the input.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the probe and the build side.
func (n *HashJoin) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns both sides.
func (n *NestedLoopJoin) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns both sides.
func (n *Apply) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns the input.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *TopN) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *DistinctOn) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the inputs.
func (n *Union) Inputs() []Node { return n.All }

// Inputs returns both sides.
func (n *SetOp) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns the input.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *TableFunc) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Shared) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the base and the step.
func (n *RecursiveUnion) Inputs() []Node { return []Node{n.Base, n.Step} }

// Inputs returns no node.
func (n *WorkTable) Inputs() []Node { return nil }

func (*Scan) isNode()           {}
func (*Values) isNode()         {}
func (*Filter) isNode()         {}
func (*Project) isNode()        {}
func (*HashJoin) isNode()       {}
func (*NestedLoopJoin) isNode() {}
func (*Apply) isNode()          {}
func (*Aggregate) isNode()      {}
func (*Sort) isNode()           {}
func (*TopN) isNode()           {}
func (*Limit) isNode()          {}
func (*DistinctOn) isNode()     {}
func (*Union) isNode()          {}
func (*SetOp) isNode()          {}
func (*Window) isNode()         {}
func (*TableFunc) isNode()      {}
func (*Shared) isNode()         {}
func (*RecursiveUnion) isNode() {}
func (*WorkTable) isNode()      {}
