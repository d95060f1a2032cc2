// Package plantest has catalogs for tests of the planner: tables that exist in a text alone, with statistics that a test
// chooses and scans that answer what it says.
package plantest
