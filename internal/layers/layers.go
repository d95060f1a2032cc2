// Package layers holds the tests of the house's shape: which package may import which, how big a file may grow, and
// what a package must say about itself. docs/adr/0001-layers-and-import-direction.md explains the direction.
package layers

import (
	"fmt"
	"path"
	"sort"
	"strings"
)

// Module is the path of the module whose packages the rules are about.
const Module = "github.com/tarnsql/tarn"

// Rule says what the packages of one layer may import of this module.
type Rule struct {
	// Layer names the packages by patterns relative to the module: "exec/op" is that package, "exec/..." it and all
	// below it. Of several rules that match a package the first counts.
	Layer []string
	// May lists the patterns of what the layer may import; packages that match Layer itself are always allowed.
	May []string
	// Why is printed with a violation.
	Why string
}

// Rules is the house's direction, from the leaf up:
//
//	catalog/schema <- exec/vector, exec/memory <- connectors (SPI) <- planner <- exec <- cmd
//
// Errors with an SQLSTATE (parser/sqlerr) are every layer's. Tests are free: they may bring layers together.
var Rules = []Rule{
	{
		Layer: []string{"parser/sqlerr"},
		Why:   "errors with an SQLSTATE are imported by everybody and import nothing of ours",
	},
	{
		Layer: []string{"parser/..."},
		May:   []string{"parser/..."},
		Why:   "the parser turns text into a tree and knows of nothing else",
	},
	{
		Layer: []string{"catalog/schema"},
		May:   []string{"parser/sqlerr", "parser/keywords"},
		Why:   "types and values are the leaf that everything rests on",
	},
	{
		Layer: []string{"exec/vector", "exec/memory"},
		May:   []string{"catalog/schema", "parser/sqlerr", "internal/invariants/..."},
		Why:   "batches and budgets are shared with connectors written outside, so that they may know types only",
	},
	{
		Layer: []string{"catalog/..."},
		May:   []string{"catalog/...", "connectors/objstore/...", "exec/vector", "parser/sqlerr", "internal/invariants/..."},
		Why:   "the catalog stores what tables are (keys of partitions as vectors); it neither plans nor runs",
	},
	{
		Layer: []string{"connectors"},
		May:   []string{"catalog/schema", "exec/vector", "exec/memory", "parser/sqlerr"},
		Why:   "the SPI is what third parties build against: types, batches and budgets only",
	},
	{
		Layer: []string{"connectors/objstore/..."},
		May:   []string{"parser/sqlerr", "internal/invariants/..."},
		Why:   "storage knows bytes and keys, not tables",
	},
	{
		Layer: []string{"connectors/lake/...", "connectors/format/...", "connectors/system/..."},
		May: []string{"catalog/...", "connectors/...", "exec/vector", "exec/memory", "parser/sqlerr",
			"internal/invariants/..."},
		Why: "the lake and its formats know the catalog's tables, never the planner or operators",
	},
	{
		Layer: []string{"connectors/..."},
		May: []string{"catalog/schema", "connectors/...", "exec/vector", "exec/memory", "parser/...",
			"internal/invariants/..."},
		Why: "a connector never imports the planner or operators: what it can do it says through the SPI",
	},
	{
		Layer: []string{"planner/..."},
		May: []string{"planner/...", "parser/...", "catalog/...", "connectors", "exec/vector", "exec/memory",
			"internal/invariants/..."},
		Why: "the planner knows connectors by the SPI only and leaves running to exec",
	},
	{
		Layer: []string{"exec/..."},
		May: []string{"exec/...", "planner/...", "connectors",
			"catalog/schema", "parser/sqlerr", "parser/keywords", "internal/invariants/..."},
		Why: "operators run a physical plan; they know connectors by the SPI and the catalog not at all",
	},
	{
		Layer: []string{"crawler/..."},
		May:   []string{"crawler/...", "catalog/...", "connectors/...", "exec/vector", "exec/memory", "parser/sqlerr"},
		Why:   "the crawler fills the catalog from storage; it neither parses SQL nor plans",
	},
	{
		Layer: []string{"internal/..."},
		May:   []string{"..."},
		Why:   "test support may reach everything",
	},
	{
		Layer: []string{"cmd/..."},
		May:   []string{"..."},
		Why:   "cmd is the only place that wires",
	},
}

// testSupport are the packages of internal/ that only tests may import.
var testSupport = []string{"internal/pgtest", "internal/slt", "internal/datasets", "internal/testneeds", "internal/layers"}

// Package is what the rules look at of a package.
type Package struct {
	// Path is the import path.
	Path string
	// Imports are the import paths of its files other than tests.
	Imports []string
}

// Violations lists what breaks the rules, one explained line each, sorted.
func Violations(rules []Rule, packages []Package) []string {
	var found []string
	for _, p := range packages {
		name, ours := relative(p.Path)
		if !ours {
			continue
		}
		rule, ok := ruleOf(rules, name)
		if !ok {
			found = append(found, fmt.Sprintf("%s belongs to no layer: add it to internal/layers.Rules", name))
			continue
		}
		for _, imported := range p.Imports {
			to, ours := relative(imported)
			if !ours || matches(rule.Layer, to) && first(rules, to) == first(rules, name) {
				continue
			}
			if !matches(rule.May, to) {
				found = append(found, fmt.Sprintf("%s imports %s, but may import only %s of this module: %s", name, to,
					list(rule.May), rule.Why))
			} else if matches(testSupport, to) && !strings.HasPrefix(name, "internal/") {
				found = append(found, fmt.Sprintf("%s imports %s, which is for tests only", name, to))
			}
		}
	}
	sort.Strings(found)
	return found
}

// relative cuts the module off an import path. The module's root package is ".".
func relative(importPath string) (string, bool) {
	if importPath == Module {
		return ".", true
	}
	return strings.CutPrefix(importPath, Module+"/")
}

func ruleOf(rules []Rule, name string) (Rule, bool) {
	if i := first(rules, name); i >= 0 {
		return rules[i], true
	}
	return Rule{}, false
}

// first is the index of the rule that counts for a package, -1 without one.
func first(rules []Rule, name string) int {
	for i, rule := range rules {
		if matches(rule.Layer, name) {
			return i
		}
	}
	return -1
}

func matches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if pattern == "..." || pattern == name {
			return true
		}
		if root, ok := strings.CutSuffix(pattern, "/..."); ok && (name == root || strings.HasPrefix(name, root+"/")) {
			return true
		}
	}
	return false
}

func list(patterns []string) string {
	if len(patterns) == 0 {
		return "nothing"
	}
	return strings.Join(patterns, ", ")
}

// badNames are package and file names that say nothing of what is inside.
var badNames = map[string]bool{
	"util": true, "utils": true, "common": true, "helper": true, "helpers": true, "misc": true, "shared": true, "base": true,
}

// NameProblem says what is wrong with the name of a Go file's folder or of the file, or returns nothing.
func NameProblem(file string) string {
	folder := path.Base(path.Dir(file))
	stem := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".go"), "_test")
	for _, name := range []string{folder, stem} {
		if badNames[name] {
			return fmt.Sprintf("%s: the name %q says nothing of what is inside; name it after its one concept", file, name)
		}
	}
	return ""
}
