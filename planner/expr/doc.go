// Package expr is the bound scalar language of the planner: expressions whose names are resolved and whose types are known.
//
// Two nodes stand for columns. ColumnRef names a column by an identity that is unique in the statement, so that a rule may
// move an expression past joins and projections without renumbering. InputRef names a column by its place in the input of one
// physical operator; the physical planner replaces the first by the second, and the executor sees only InputRefs.
package expr
