package functions

import (
	"maps"
	"slices"
)

// sortedNames returns the keys of a table in order, so that registration has a fixed order.
func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
