// Package exec runs physical plans: it turns nodes into chains of operators, one chain a worker, and streams batches.
package exec
