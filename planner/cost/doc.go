// Package cost estimates how many rows the operators of a logical plan return and which values their columns hold, and
// orders joins by it.
//
// The formulas are those of Trino's cost calculators (FilterStatsCalculator, JoinStatsRule, AggregationStatsRule,
// StatisticRange), with defaults for what nothing is known about.
package cost
