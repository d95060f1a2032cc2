// Package vector is the data of a running query: typed columns of a few thousand rows, passed between operators in
// batches.
//
// A Vector is one of six sealed forms: Flat (fixed-width values), Bytes (strings), Const (one value for all rows), Dict
// (codes into a small vector of distinct values), List (arrays and maps) and Struct (rows). A Batch is a set of columns of
// equal length and a selection of the rows that count.
//
// Ownership: a batch belongs to the source that returned it and is valid only until the next call of Next or Close on
// that source. Vectors are read-only for whoever receives them. Whoever keeps data longer copies it (Builder,
// Batch.Clone). Builds with the tag "invariants" overwrite a batch's memory when its life ends (Mangle), so a reader that
// kept it fails in tests.
//
// Rows outside the selection have unspecified values, in columns and in everything computed from them; operators must not
// look at them, and evaluating an expression for them must not raise an error.
package vector
