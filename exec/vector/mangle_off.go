//go:build !invariants

package vector

// Invariants reports whether this build checks batch lifetimes.
const Invariants = false

// Mangle does nothing in this build; with the tag "invariants" it overwrites a batch whose life has ended.
func Mangle(*Batch) {}
