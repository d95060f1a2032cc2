// Package rules improves logical plans. list.go shows all rules in the order in which they run; each has a file and a name
// of its own, can be switched off by the name, and is recorded when it changes a plan.
//
// Rules that make a plan runnable at all (they take subqueries out of expressions) are in the list as well, but cannot be
// switched off.
package rules
