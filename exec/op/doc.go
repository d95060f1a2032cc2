// Package op has the operators of the executor. Each pulls batches from its inputs and returns batches.
//
// A pipeline runs as several chains, one a worker: scans take splits from one queue, and filters, projections and the probe
// sides of joins are made once for each chain. What must see all rows (the build side of a join, an aggregate, a sort) runs
// its input chains at the same time and is one operator to those above it.
//
// Every operator that keeps rows reserves their memory first. Loops that may run long without a call of Next look at the
// context.
package op
