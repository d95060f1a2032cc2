package rules

import "github.com/tarnsql/tarn/planner/logical"

// Rule is one improvement. Apply gets the root of a plan and returns it changed, or the very same node. It runs over the
// plans of common table expressions and over the statement's own; Whole runs once for all of them.
type Rule struct {
	Name  string
	Apply func(c *Context, n logical.Node) logical.Node
	Whole func(c *Context, p *Plan)
	// Always says that the rule cannot be switched off, because plans do not run without it.
	Always bool
}

// List has all rules in the order in which they run. A rule that stands twice runs twice.
var List = []Rule{
	// Subqueries become joins.
	{Name: "UnnestSubqueries", Apply: unnestSubqueries, Always: true},
	{Name: "InlineCTEs", Whole: inlineCTEs},
	{Name: "FoldConstants", Apply: foldConstants},
	{Name: "SimplifyBooleans", Apply: simplifyBooleans},
	{Name: "SimplifyComparisons", Apply: simplifyComparisons},
	{Name: "Decorrelate", Apply: decorrelate},
	// Conditions move to the tables.
	{Name: "MergeProjections", Apply: mergeProjections},
	{Name: "PushPredicates", Apply: pushPredicates},
	{Name: "InferPredicates", Apply: inferPredicates},
	{Name: "PushPredicates", Apply: pushPredicates},
	{Name: "SimplifyBooleans", Apply: simplifyBooleans},
	{Name: "SimplifyComparisons", Apply: simplifyComparisons},
	{Name: "PruneEmpty", Apply: pruneEmpty},
	{Name: "PruneJoins", Whole: pruneJoins},
	// Joins get their order.
	{Name: "PushSemiJoins", Apply: pushSemiJoins},
	{Name: "OrderJoins", Apply: orderJoins},
	// Rows and columns that nobody reads are not made.
	{Name: "PruneSorts", Apply: pruneSorts},
	{Name: "PushLimits", Apply: pushLimits},
	{Name: "MakeTopN", Apply: makeTopN},
	{Name: "ShareSubplans", Whole: shareSubplans},
	{Name: "PruneColumns", Whole: pruneColumns},
	{Name: "MergeProjections", Apply: mergeProjections},
}
