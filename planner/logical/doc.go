// Package logical is what a statement means before it is decided how it runs: relational operators over columns that have
// an identity instead of a place.
//
// A column keeps its identity from the operator that makes it up to the root, through filters, joins, groups and sorts, so
// that a rule may move an expression anywhere its columns are in reach without renumbering it. An operator whose
// expressions read columns that none of its inputs makes is correlated: an Apply above gives them their values.
package logical
