// Package memory accounts for the bytes that queries hold. Every operator that keeps rows reserves what it keeps from its
// query's budget before it allocates, and spills to disk or fails with SQLSTATE 53200 when the budget says no. The
// process budget is the parent of all query budgets, so that the sum over the queries stays below the configured cap.
package memory
