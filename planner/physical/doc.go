// Package physical is the plan that the executor runs: operators with their inputs, expressions over input ordinals
// (expr.InputRef), and estimates. It says what is computed and by which algorithm; how many workers run a pipeline is the
// executor's matter.
package physical
