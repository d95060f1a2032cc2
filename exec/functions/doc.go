// Package functions has the scalar functions and operators, aggregates, window functions and table functions of the engine,
// in one registry that also resolves overloads for the planner.
//
// A scalar function is a Kernel over whole batches. A function is declared by its signature in SQL and a Go function of one row;
// generic adapters (unary, binary, ...) make the typed loop. Functions that are seldom used work on schema.Value.
package functions
