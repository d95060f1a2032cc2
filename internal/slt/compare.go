package slt

import (
	"fmt"
	"testing"
)

// CompareOptions say what two servers may do differently.
type CompareOptions struct {
	// IgnoreOIDs leaves the announced types out; IgnoreNames the column names.
	IgnoreOIDs, IgnoreNames bool
	// Positions compares the position of errors too.
	Positions bool
	// Tolerance is how far apart floating-point values may be, relative to the larger; 0 is not at all. Values of
	// columns with the type letter F may always differ by 1e-9.
	Tolerance float64
}

// Compare runs the same file on two servers and fails the test where their answers differ: in success and SQLSTATE,
// column names, types and values. What the file expects is not looked at; the first server is the oracle. A record
// whose condition holds for one server only runs there alone, which is how each is set up in its own words.
func Compare(t testing.TB, path string, oracle, subject Target, options CompareOptions) {
	t.Helper()
	f, err := readFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sides := [2]*session{newSession(t, oracle), newSession(t, subject)}
	failures := 0
	for _, rec := range f.records {
		if failures >= maxFailures {
			t.Errorf("%s: more than %d records differ; the rest is left out", path, maxFailures-1)
			return
		}
		var results [2]*Result
		for i, side := range sides {
			if !rec.applies(side.target.Configs) {
				continue
			}
			if rec.kind == connection {
				side.use(rec.name)
				continue
			}
			if results[i], err = side.run(rec.sql); err != nil {
				t.Fatalf("%s:%d: %v\n%s", path, rec.line, err, indent(rec.sql))
			}
		}
		for _, difference := range compareRecord(rec, results, options) {
			failures++
			t.Errorf("%s:%d: %s\n%s", path, rec.line, difference, indent(rec.sql))
		}
	}
}

// compareRecord lists how the two answers to one record differ. A record that ran on one side only must succeed there
// unless it expects an error.
func compareRecord(rec *record, results [2]*Result, options CompareOptions) []string {
	if results[0] == nil || results[1] == nil {
		for _, result := range results {
			if result != nil && result.Err != nil && rec.kind != statementError {
				return []string{"failed: " + describe(result.Err)}
			}
		}
		return nil
	}
	types, order := "", noSort
	if rec.kind == query {
		types, order = rec.types, rec.sort
	} else {
		for _, result := range results { // rows of a statement are not looked at
			result.Columns, result.Rows = nil, nil
		}
	}
	return difference(results[0], results[1], types, order, options)
}

// difference lists how a subject's answer differs from the oracle's; it is nil when it does not.
func difference(oracle, subject *Result, types string, order sortMode, options CompareOptions) []string {
	if oracle.State() != subject.State() {
		return []string{fmt.Sprintf("outcome: oracle %s; subject %s", outcome(oracle), outcome(subject))}
	}
	if oracle.Err != nil {
		if options.Positions && oracle.Err.Position != subject.Err.Position {
			return []string{fmt.Sprintf("error position: oracle %d, subject %d (%s)", oracle.Err.Position,
				subject.Err.Position, subject.Err.Message)}
		}
		return nil
	}
	if len(oracle.Columns) != len(subject.Columns) {
		return []string{fmt.Sprintf("columns: oracle %d, subject %d", len(oracle.Columns), len(subject.Columns))}
	}
	var found []string
	for i, want := range oracle.Columns {
		got := subject.Columns[i]
		if want.Name != got.Name && !options.IgnoreNames {
			found = append(found, fmt.Sprintf("name of column %d: oracle %q, subject %q", i+1, want.Name, got.Name))
		}
		if want.OID != got.OID && !options.IgnoreOIDs {
			found = append(found, fmt.Sprintf("type of column %d (%s): oracle %s, subject %s", i+1, want.Name,
				typeName(typeMap, want.OID), typeName(typeMap, got.OID)))
		}
	}
	if same(oracle, subject, types, order, options.Tolerance) {
		return found
	}
	want, got := rows{cells: sortRows(oracle.Rows, order)}, rows{cells: sortRows(subject.Rows, order)}
	return append(found, "values\n"+sideBySide(want.lines(), got.lines()))
}

func outcome(r *Result) string {
	if r.Err != nil {
		return "failed with " + describe(r.Err)
	}
	return fmt.Sprintf("succeeded (%s)", r.Tag)
}

// same compares the values of two answers with as many columns.
func same(oracle, subject *Result, types string, order sortMode, allowed float64) bool {
	want, got := sortRows(oracle.Rows, order), sortRows(subject.Rows, order)
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if len(want[i]) != len(got[i]) {
			return false
		}
		for j := range want[i] {
			a, b := want[i][j], got[i][j]
			if a == b {
				continue
			}
			limit := allowed
			if order != valueSort && j < len(types) && types[j] == 'F' {
				limit = max(limit, tolerance)
			}
			float := order != valueSort && isFloat(oracle.Columns[j].OID)
			if a.Null || b.Null || !float || limit == 0 || !closeTo(a.Text, b.Text, limit) {
				return false
			}
		}
	}
	return true
}
