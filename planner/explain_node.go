package planner

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// node describes a node and those below it.
func (e *explainer) node(n physical.Node, relation string) *explained {
	out := &explained{props: n.Props(), relation: relation}
	e.describe(n, out)
	if e.o.Verbose {
		var cols []string
		for _, c := range n.Props().Columns {
			cols = append(cols, schema.QuoteUnusual(c.Name))
		}
		out.add("Output", cols)
	}
	if s, ok := n.(*physical.Shared); ok {
		if e.seen[s] {
			return out
		}
		if e.seen == nil {
			e.seen = map[*physical.Shared]bool{}
		}
		e.seen[s] = true
	}
	for i, in := range n.Inputs() {
		out.children = append(out.children, e.node(in, relationName(n, i)))
	}
	out.startup = startup(n)
	return out
}

func relationName(n physical.Node, i int) string {
	switch n.(type) {
	case *physical.Union, *physical.RecursiveUnion:
		return "Member"
	}
	if i == 0 {
		return "Outer"
	}
	return "Inner"
}

// startup is the cost before the first row: all of the input's of an operator that reads it whole, that of the build side.
func startup(n physical.Node) float64 {
	switch n := n.(type) {
	case *physical.Sort, *physical.TopN, *physical.Aggregate, *physical.Window, *physical.SetOp, *physical.Shared:
		sum := 0.0
		for _, in := range n.Inputs() {
			sum += in.Props().Cost
		}
		return sum
	case *physical.HashJoin:
		return n.Right.Props().Cost
	case *physical.NestedLoopJoin:
		return n.Right.Props().Cost
	case *physical.Filter:
		return startup(n.Input)
	case *physical.Project:
		return startup(n.Input)
	case *physical.Limit:
		return startup(n.Input)
	}
	return 0
}

func (e *explainer) describe(n physical.Node, out *explained) {
	switch n := n.(type) {
	case *physical.Scan:
		e.scan(n, out)
	case *physical.Values:
		out.title, out.kind = "Values", "Values Scan"
		if len(n.Rows) == 1 && len(n.P.Columns) == 0 {
			out.title, out.kind = "Result", "Result"
		}
	case *physical.Filter:
		out.title, out.kind = "Filter", "Filter"
		out.add("Filter", n.Cond.String())
	case *physical.Project:
		out.title, out.kind = "Project", "Result"
		if e.o.Verbose {
			out.add("Expressions", exprStrings(n.Exprs))
		}
	case *physical.HashJoin:
		e.hashJoin(n, out)
	case *physical.NestedLoopJoin:
		out.title = joinTitle("Nested Loop", n.Kind, "Join")
		out.kind = "Nested Loop"
		out.add("Join Type", joinNames[n.Kind])
		if n.Cond != nil {
			out.add("Join Filter", n.Cond.String())
		}
	case *physical.Apply:
		out.title = joinTitle("Apply", n.Kind, "Join")
		out.kind = "Apply"
		out.add("Join Type", joinNames[n.Kind])
		if n.Cond != nil {
			out.add("Join Filter", n.Cond.String())
		}
	case *physical.Aggregate:
		e.aggregate(n, out)
	case *physical.Sort:
		out.title, out.kind = "Sort", "Sort"
		out.add("Sort Key", keyStrings(n.Keys))
	case *physical.TopN:
		out.title, out.kind = "Top-N", "Sort"
		out.add("Sort Key", keyStrings(n.Keys))
		out.add("Limit", limitText(n.Limit, n.Offset))
	case *physical.Limit:
		out.title, out.kind = "Limit", "Limit"
		out.add("Limit", limitText(n.Limit, n.Offset))
	default:
		e.describeRare(n, out)
	}
}

func (e *explainer) describeRare(n physical.Node, out *explained) {
	switch n := n.(type) {
	case *physical.DistinctOn:
		out.title, out.kind = "Unique", "Unique"
		out.add("Keys", exprStrings(n.Keys))
	case *physical.Union:
		out.title, out.kind = "Append", "Append"
	case *physical.SetOp:
		out.title = [...]string{"Intersect", "Except"}[n.Kind]
		if n.All {
			out.title += " All"
		}
		out.kind = "SetOp"
		out.add("Command", out.title)
	case *physical.Window:
		out.title, out.kind = "WindowAgg", "WindowAgg"
		out.add("Partition By", exprStrings(n.Partition))
		out.add("Order By", keyStrings(n.Order))
		var calls []string
		for _, c := range n.Calls {
			calls = append(calls, c.Fn.Name+"("+strings.Join(exprStrings(c.Args), ", ")+")")
		}
		out.add("Functions", calls)
	case *physical.TableFunc:
		out.title, out.kind = "ProjectSet", "ProjectSet"
		var calls []string
		for i := range n.Calls {
			calls = append(calls, n.Calls[i].String())
		}
		out.add("Function Call", calls)
	case *physical.Shared:
		out.title, out.kind = fmt.Sprintf("Shared Plan %d", n.P.ID), "CTE Scan"
		if e.seen[n] {
			out.title += " (see above)"
		}
	case *physical.RecursiveUnion:
		out.title, out.kind = "Recursive Union", "Recursive Union"
	case *physical.WorkTable:
		out.title, out.kind = fmt.Sprintf("WorkTable Scan %d", n.ID), "WorkTable Scan"
	default:
		out.title = fmt.Sprintf("%T", n)
		out.kind = out.title
	}
}

// scan shows what was asked of a table and what it answered.
func (e *explainer) scan(n *physical.Scan, out *explained) {
	name := n.Table.Name()
	out.title, out.kind = "Scan on "+name.String(), "Seq Scan"
	out.add("Relation Name", name.Table)
	if e.o.JSON {
		out.add("Schema", name.Schema)
		out.add("Catalog", name.Catalog)
	} else {
		out.details = nil
	}
	var pushed, inexact []string
	for i, v := range n.Scan.Verdicts() {
		if i >= len(n.Request.Filters) {
			break
		}
		switch v {
		case connectors.Exact:
			pushed = append(pushed, n.Request.Filters[i].Text)
		case connectors.Inexact:
			inexact = append(inexact, n.Request.Filters[i].Text)
		}
	}
	out.add("Pushed Filter", strings.Join(pushed, " AND "))
	out.add("Pruning Filter", strings.Join(inexact, " AND "))
	if n.Request.Limit > 0 && n.Scan.LimitExact() {
		out.add("Pushed Limit", strconv.FormatInt(n.Request.Limit, 10))
	}
	for _, p := range n.Scan.Explain() {
		out.add(p.Name, p.Value)
	}
	var dynamic []string
	for _, f := range e.plan.filters[n] {
		text := fmt.Sprintf("%s from join %d", schema.QuoteUnusual(f.Column), f.Join.P.ID)
		if f.Await {
			text += " (awaited)"
		}
		dynamic = append(dynamic, text)
	}
	if len(dynamic) > 0 {
		out.add("Dynamic Filter", strings.Join(dynamic, ", "))
	}
	if src := e.plan.sources[n]; src != "" && e.o.Verbose {
		out.add("Statistics", src)
	}
	if e.o.Analyze {
		scanMetrics(n.Request.Metrics, out)
	}
}

// scanMetrics shows what a scan counted while it ran.
func scanMetrics(m *connectors.Metrics, out *explained) {
	pair := func(name string, read, total int64) {
		if total > 0 {
			out.add(name, fmt.Sprintf("%d/%d", read, total))
		}
	}
	one := func(name string, n int64) {
		if n > 0 {
			out.add(name, strconv.FormatInt(n, 10))
		}
	}
	pair("Partitions Read", m.PartitionsSelected.Load(), m.PartitionsTotal.Load())
	pair("Files Read", m.FilesRead.Load(), m.FilesTotal.Load())
	pair("Row Groups Read", m.RowGroupsTotal.Load()-m.RowGroupsPruned.Load(), m.RowGroupsTotal.Load())
	one("Pages Pruned", m.PagesPruned.Load())
	one("Billed Bytes", m.BilledBytes.Load())
	one("Fetched Bytes", m.FetchedBytes.Load())
	one("Requests", m.Gets.Load()+m.Lists.Load()+m.Heads.Load())
	one("Lookups", m.Lookups.Load())
	one("Keys Read", m.KeysRead.Load())
	one("Statements", m.Statements.Load())
}

var joinNames = map[physical.JoinKind]string{physical.Inner: "Inner", physical.LeftOuter: "Left", physical.RightOuter: "Right",
	physical.FullOuter: "Full", physical.Semi: "Semi", physical.Anti: "Anti", physical.RightSemi: "Right Semi",
	physical.RightAnti: "Right Anti", physical.NullAwareAnti: "Anti (NOT IN)", physical.Mark: "Mark", physical.Single: "Single"}

func joinTitle(algorithm string, kind physical.JoinKind, word string) string {
	if kind == physical.Inner {
		if algorithm == "Hash" {
			return "Hash Join"
		}
		return algorithm
	}
	return algorithm + " " + joinNames[kind] + " " + word
}

func (e *explainer) hashJoin(n *physical.HashJoin, out *explained) {
	out.title, out.kind = joinTitle("Hash", n.Kind, "Join"), "Hash Join"
	out.add("Join Type", joinNames[n.Kind])
	if !e.o.JSON {
		out.details = nil
	}
	var conds []string
	for i := range n.LeftKeys {
		op := " = "
		if n.NullsEqual[i] {
			op = " IS NOT DISTINCT FROM "
		}
		conds = append(conds, "("+n.LeftKeys[i].String()+op+n.RightKeys[i].String()+")")
	}
	out.add("Hash Cond", strings.Join(conds, " AND "))
	if n.Residual != nil {
		out.add("Join Filter", n.Residual.String())
	}
	if n.BuildUnique {
		out.add("Inner Unique", true)
	}
	published := 0
	for _, k := range n.Publish {
		if k != nil {
			published++
		}
	}
	if published > 0 {
		out.add("Publishes", fmt.Sprintf("filter %d", n.P.ID))
	}
}

func (e *explainer) aggregate(n *physical.Aggregate, out *explained) {
	out.kind = "Aggregate"
	switch {
	case len(n.Keys) == 0 && n.Sets == nil:
		out.title = "Aggregate"
	case n.Sets != nil:
		out.title = "MixedAggregate"
	default:
		out.title = "HashAggregate"
	}
	if n.Sets == nil {
		out.add("Group Key", exprStrings(n.Keys))
	}
	for _, set := range n.Sets {
		var keys []string
		for _, k := range set {
			keys = append(keys, n.Keys[k].String())
		}
		out.add("Group Key", "("+strings.Join(keys, ", ")+")")
	}
	var aggs []string
	for i := range n.Aggs {
		aggs = append(aggs, n.Aggs[i].String())
	}
	out.add("Aggregates", aggs)
}

func limitText(limit, offset int64) string {
	text := strconv.FormatInt(limit, 10)
	if limit < 0 {
		text = "all"
	}
	if offset > 0 {
		text += " offset " + strconv.FormatInt(offset, 10)
	}
	return text
}

func exprStrings(es []expr.Expr) []string {
	out := make([]string, len(es))
	for i, e := range es {
		out[i] = e.String()
	}
	return out
}

func keyStrings(keys []expr.SortKey) []string {
	out := make([]string, len(keys))
	for i := range keys {
		out[i] = expr.FormatSortKeys(keys[i : i+1])
	}
	return out
}

func columnWidth(t schema.Type) int {
	if w := t.Physical().Width(); w > 0 {
		return w
	}
	return 32
}
