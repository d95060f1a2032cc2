// Package format is the contract between the lake connector and the file formats: how a file is cut into splits, read into
// batches, and looked at by a crawler. Each format is a package below this one.
package format

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
)

// Format is a file format. It is safe for concurrent use.
type Format interface {
	// Splits cuts a file into parts that are read independently. Statistics of the file may exclude parts or all of it. It
	// may read metadata (a footer), which is metered.
	Splits(ctx context.Context, r *Request, f File) ([]Split, error)
	// NewReader returns a reader for one worker.
	NewReader(r *Request) Reader
	// Infer looks at a file for a crawler and says what it holds; a file that is not of the format is ErrNotRecognised.
	Infer(ctx context.Context, f File, o InferOptions) (*Inferred, error)
}

// Request is the part of a ScanRequest that files answer. All ordinals refer to Fields. It is immutable once splits are made.
type Request struct {
	Query   *connectors.Query
	Metrics *connectors.Metrics
	// Table names the table in error messages.
	Table schema.TableName
	// Fields are the table's columns that live in files.
	Fields []Field
	// Output are the fields to return, in this order; none asks for the number of rows only.
	Output []int
	// Filters are all applied in full by the reader.
	Filters []connectors.Filter
	// Dynamic may be used or not.
	Dynamic []connectors.DynamicFilter
	// Shared are fields that another scan of the same query reads from the same files.
	Shared []int
	// Limit is how many rows suffice for each reader; 0 is all.
	Limit int64
	// Storage has the options of text formats.
	Storage catalog.Storage
}

// Field is a column as files hold it.
type Field struct {
	// Name is the column's name in SQL, Source the name to look for in files (Name when empty).
	Name, Source string
	// Type is the table's type; a file whose own type differs is converted, or is an error that names the file.
	Type schema.Type
}

// File is an object to be read.
type File struct {
	Store  objstore.Store
	Object objstore.Object
}

// Split is a part of a file: the bytes [From, To) of a text file (a record belongs to the split in which it begins), or
// what the format says in Part.
type Split struct {
	File     File
	From, To int64
	// Part is the format's own; nil for text.
	Part any
	// Size is about how many stored bytes the split reads.
	Size int64
}

// Reader reads splits for one worker, as connectors.Reader does. Rows that fail a filter of the request are not in its
// batches (or not in their selection).
type Reader interface {
	Assign(ctx context.Context, s Split) error
	vector.Source
}

// InferOptions bound and steer inference.
type InferOptions struct {
	// MaxBytes and MaxRows bound how much of a text file is looked at; 0 is the format's default.
	MaxBytes, MaxRows int64
	// Storage, where its Format is set, fixes options that need not be guessed.
	Storage catalog.Storage
}

// Inferred is what a file holds.
type Inferred struct {
	Fields  []Field
	Storage catalog.Storage
	// Stats of the file: exact for formats with a footer; negative rows when only a sample was read.
	Rows      int64
	RowGroups int64
	Columns   []catalog.ColumnStats
	// Sample has, for text formats, the values that were read of each field in text form (not the NULLs), at most a few
	// hundred: a crawler compares them with folder names.
	Sample [][]string
	// Confidence is 0 to 1. Evidence says why, for people.
	Confidence float64
	Evidence   string
	// Header holds the first record of a CSV file when the decision about a header needs other files of the table: the
	// same first record in every file is a header. HeaderDecided says that this file alone decided.
	Header        []string
	HeaderDecided bool
	ReadAt        time.Time
}
