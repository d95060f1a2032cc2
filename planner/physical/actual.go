package physical

import "time"

// Actual is what one node of a plan really did, for EXPLAIN ANALYZE. The executor fills one for each node ID, summed over
// all workers.
type Actual struct {
	// Executed says that the node ran at all; a part of a plan that was never reached did not.
	Executed bool
	// Rows and Batches are what the node returned.
	Rows, Batches int64
	// Time is the time spent in the node and those below it, summed over the workers.
	Time time.Duration
	// Memory is the greatest memory that the node held, in bytes.
	Memory int64
	// SpilledBytes are the bytes that the node wrote to spill files, and Spills how often it did.
	SpilledBytes, Spills int64
	// Workers is how many workers ran the node; 0 is unknown.
	Workers int
	// Loops is how often the node was started; 0 counts as 1.
	Loops int64
}
