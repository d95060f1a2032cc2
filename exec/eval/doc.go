// Package eval compiles bound expressions into evaluators over batches.
//
// An Evaluator belongs to one worker: it keeps buffers from batch to batch, and its result is valid until its next call.
// Evaluation is sparse: values are computed for the selected rows only, and an error is raised only for them. CASE, COALESCE,
// AND and OR narrow the selection for what they evaluate later. A deterministic function of one dictionary column runs
// once for each entry of the dictionary.
package eval
