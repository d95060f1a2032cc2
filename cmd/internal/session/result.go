package session

import (
	"context"
	"fmt"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// Result is the outcome of a statement: a command tag, and rows if Columns is not nil. It must be closed.
type Result struct {
	// Columns describe the rows; nil says that the statement returns none. A SELECT without columns has an empty, non-nil
	// slice.
	Columns []physical.Column
	// Binary says that the rows are those of a BINARY cursor, which a simple query sends in the binary format.
	Binary bool
	// Copy is set for COPY TO STDOUT: the rows go out as copy data.
	Copy *CopyOptions
	tag  string
	// counts says that the tag ends with the number of rows.
	counts bool
	rows   rowSource
	done   bool
	// failed says that the rows ended by an error.
	failed bool
	// rest is a batch of which Take has returned restFrom rows.
	rest     *vector.Batch
	restFrom int
}

// rowSource yields the batches of a result.
type rowSource interface {
	Next(ctx context.Context) (*vector.Batch, error)
	// end is called once: err is nil when the client got what it wanted, though there may be more.
	end(err error) error
}

// Next returns the next batch, which is valid until the next call, and io.EOF after the last one. When it returns io.EOF
// the statement's ledger entry is written.
func (r *Result) Next(ctx context.Context) (*vector.Batch, error) {
	if r.done || r.rows == nil {
		return nil, io.EOF
	}
	b, err := r.rows.Next(ctx)
	if err != nil {
		r.done = true
		if err == io.EOF { //nolint:errorlint // the contract of vector.Source
			err = nil
		}
		if endErr := r.rows.end(err); err == nil {
			err = endErr
		}
		if err == nil {
			err = io.EOF
		} else {
			r.failed = true
		}
		return nil, err
	}
	return b, nil
}

// Close ends the result; rows that were not read are dropped.
func (r *Result) Close() error {
	if r.done || r.rows == nil {
		return nil
	}
	r.done = true
	return r.rows.end(nil)
}

// Abort ends the result because its rows could not be delivered: the statement has failed with err, or was cancelled.
func (r *Result) Abort(err error) {
	if r.done || r.rows == nil {
		return
	}
	r.done, r.failed = true, true
	_ = r.rows.end(err) // the first error counts
}

// Tag returns the command tag after the given number of rows was sent.
func (r *Result) Tag(rows int64) string {
	if r.counts {
		return fmt.Sprintf("%s %d", r.tag, rows)
	}
	return r.tag
}

// command returns a result without rows.
func command(format string, args ...any) *Result {
	return &Result{tag: fmt.Sprintf(format, args...)}
}

// table is a result whose rows are known.
type table struct {
	columns []schema.Column
	rows    [][]schema.Value
}

func newTable(columns ...schema.Column) *table { return &table{columns: columns} }

// addText appends a row of texts.
func (t *table) addText(cells ...string) {
	row := make([]schema.Value, len(cells))
	for i, c := range cells {
		row[i] = schema.TextValue(c)
	}
	t.rows = append(t.rows, row)
}

// result returns the rows as the result of a statement with the given tag.
func (t *table) result(tag string) *Result {
	cols := make([]physical.Column, len(t.columns))
	b := &vector.Batch{Len: len(t.rows), Cols: make([]vector.Vector, len(t.columns))}
	for i, c := range t.columns {
		cols[i] = physical.Column{Name: c.Name, Type: c.Type}
		builder := vector.NewBuilder(c.Type, len(t.rows))
		for _, row := range t.rows {
			builder.AppendValue(row[i])
		}
		b.Cols[i] = builder.Build()
	}
	return &Result{Columns: cols, tag: tag, rows: &once{batch: b}}
}

// once yields one batch.
type once struct{ batch *vector.Batch }

func (o *once) Next(context.Context) (*vector.Batch, error) {
	b := o.batch
	o.batch = nil
	if b == nil || b.Len == 0 {
		return nil, io.EOF
	}
	return b, nil
}

func (o *once) end(error) error { return nil }
