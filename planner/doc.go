// Package planner turns statements into plans that the executor runs. It binds names and types (bind), improves the logical
// plan (rules, cost), chooses algorithms and negotiates with the sources (lower), and explains the outcome.
package planner
