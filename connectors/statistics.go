package connectors

import "github.com/tarnsql/tarn/catalog/schema"

// Statistics describe a table for the cost model. Every figure is an estimate.
type Statistics struct {
	// Rows is the number of rows; negative is unknown.
	Rows float64
	// Bytes is the stored size; negative is unknown.
	Bytes int64
	// Columns has an entry for each column, or is nil.
	Columns []ColumnStatistics
	// UniqueKeys are sets of column ordinals whose values are distinct in every row.
	UniqueKeys [][]int
	// LookupColumns are the columns by whose values the source finds rows without scanning (a row key); a join on them
	// should send its keys to this table rather than read it whole.
	LookupColumns []int
	// Source names where the figures come from: "footers", "catalog", "pg_stats", "guess".
	Source string
}

// ColumnStatistics describe a column. The zero value knows nothing.
type ColumnStatistics struct {
	// Distinct is the number of distinct values; 0 is unknown.
	Distinct float64
	// NullFraction is the share of NULLs, 0 to 1.
	NullFraction float64
	// Min and Max bound the values; not Valid is unknown.
	Min, Max schema.Value
	// Width is the mean size of a value in bytes; 0 is unknown.
	Width float64
}

// UnknownStatistics are those of a table that nothing is known about.
func UnknownStatistics() Statistics { return Statistics{Rows: -1, Bytes: -1, Source: "guess"} }
