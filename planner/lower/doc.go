// Package lower turns a logical plan into the physical one: it negotiates scans with their tables, chooses the algorithm and
// the build side of each join, plants the filters that joins learn while they run, and gives every column its place.
package lower
