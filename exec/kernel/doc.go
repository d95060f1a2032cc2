// Package kernel has the typed loops of the executor: views of vectors that loops can index, comparisons that yield
// selections or booleans, hashing, gathering. Every loop runs over a selection (nil: all rows) and touches no interface per
// row.
//
// A loop knows two forms of an argument: values and one constant, told apart by an index mask (Col). Dictionaries are
// either worked on entry by entry, or flattened first.
package kernel
