package catalog

import (
	"fmt"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// Format is how the files of a table are encoded.
type Format string

// The formats.
const (
	Parquet Format = "parquet"
	CSV     Format = "csv"
	JSON    Format = "json"
)

// Table is a table or view of the lake. Once stored it is immutable: change a copy.
type Table struct {
	// ID is unique and never reused; it is at least 16384, so that it serves as PostgreSQL's oid.
	ID             int64
	Database, Name string
	Comment        string
	// View is the text of a view's query; the fields about storage are then empty.
	View string
	// Columns are those in the files, in order. Keys are the partition columns, which follow them in SELECT *.
	Columns []Column
	Keys    []Column
	// Location is the URL of the table's root, ending in a slash: s3://bucket/prefix/ or file:///dir/.
	Location string
	Storage  Storage
	// Properties are the TBLPROPERTIES in Athena's spelling (classification, skip.header.line.count, projection.*).
	Properties map[string]string
	Stats      TableStats
	Created    time.Time
	Updated    time.Time
	// CreatedBy is "ddl" or the name of a crawler. A crawler changes only tables that it created.
	CreatedBy string
	// Version is the catalog version that last changed the table or its partitions.
	Version Version
}

// Column is a column of a table.
type Column struct {
	Name    string
	Type    schema.Type
	Comment string
	// Source is the field's name in the files where it differs from Name (a JSON key, a Parquet column, a header with capitals).
	Source string
	// Expr is for a derived partition key ("date" from year, month and day folders): how its value is made of the others. It
	// is informative; every Partition has the value itself.
	Expr string
}

// Storage describes how to read the files.
type Storage struct {
	Format Format
	// CSV options. Delimiter, Quote and Escape are single bytes; 0 is none. NullText is read as NULL ("" by default), but
	// never when quoted.
	Delimiter, Quote, Escape byte
	HeaderLines              int
	NullText                 string
	// FixedHeader says that column i of a CSV file is Columns[i]; otherwise the header line of each file names its columns.
	FixedHeader bool
	// SerDe, InputFormat and OutputFormat are kept for SHOW CREATE TABLE; SerDeProperties too.
	SerDe, InputFormat, OutputFormat string
	SerDeProperties                  map[string]string
	// IgnoreMalformed makes a value that its column's type cannot hold NULL instead of an error.
	IgnoreMalformed bool
}

// TableStats are what crawls learned; negative is unknown.
type TableStats struct {
	Rows, Bytes, Files, RowGroups int64
	// Columns has an entry for each of Table.Columns, or is nil.
	Columns []ColumnStats
	At      time.Time
}

// ColumnStats are bounds and counts of a column over the whole table.
type ColumnStats struct {
	Distinct     float64
	NullFraction float64
	Min, Max     schema.Value
	Width        float64
}

// Partition is a folder of a table with the values of its keys.
type Partition struct {
	// Values has one entry for each of Table.Keys, of the key's type.
	Values []schema.Value
	// Location is the folder's URL, ending in a slash.
	Location string
	Stats    PartitionStats
}

// PartitionStats are what the crawl saw; negative is unknown.
type PartitionStats struct {
	Rows, Bytes, Files int64
}

// NullPartition is Hive's name of the folder of a NULL key.
const NullPartition = "__HIVE_DEFAULT_PARTITION__"

// PartitionName writes a partition of the table as Hive names its folder: year=2026/month=6. What would end or mean something
// in a path is escaped as Hive does, /, =, : and % among it: a=x%2Fy.
func (t *Table) PartitionName(p Partition) string {
	parts := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		v := NullPartition
		if p.Values[i].Valid {
			v = escapePath(p.Values[i].Text())
		}
		parts[i] = escapePath(k.Name) + "=" + v
	}
	return strings.Join(parts, "/")
}

// escapePath escapes what Hive's FileUtils.escapePathName does.
func escapePath(s string) string {
	const special = "\"#%'*/:=?\\{[]^\x7f"
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || strings.ContainsRune(special, r) }) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || strings.IndexByte(special, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// PartitionSet is all partitions of a table in the order of their values.
type PartitionSet struct {
	List []Partition
	// Keys[i] is the column of the values of Table.Keys[i], row j for List[j]: pruning runs filters over it, a whole batch at
	// once.
	Keys []vector.Vector
}

// AllColumns returns the columns that SQL sees: those of the files, then the partition keys.
func (t *Table) AllColumns() []Column {
	return append(append(make([]Column, 0, len(t.Columns)+len(t.Keys)), t.Columns...), t.Keys...)
}
