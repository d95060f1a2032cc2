package slt

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Mode is how SQL is sent and in which format values come back.
type Mode int

const (
	// Simple sends a simple query message: several statements in one text, values as text.
	Simple Mode = iota
	// Extended sends parse, bind, describe, execute: one statement, values as text.
	Extended
	// Binary is Extended with values in binary. They are compared as values, through pgx's codecs, and so without
	// regard to what the text format alone has (the order of JSON keys, for example).
	Binary
)

// String names the mode for messages and subtests.
func (m Mode) String() string {
	switch m {
	case Simple:
		return "simple"
	case Extended:
		return "extended"
	case Binary:
		return "binary"
	}
	return fmt.Sprintf("Mode(%d)", int(m))
}

// Column describes one column of an answer as the server announced it.
type Column struct {
	Name string
	// OID is the type's object identifier.
	OID uint32
	// Modifier is the type modifier (length of varchar, precision and scale of numeric), -1 without one.
	Modifier int32
}

// Result is the server's answer to one text.
type Result struct {
	// Columns are nil when the answer has no rows to come (a command).
	Columns []Column
	// Rows are in the order in which they came; empty when Err is set.
	Rows [][]Cell
	// Tag is the command tag of the last statement.
	Tag pgconn.CommandTag
	// Err is the server's error, nil on success.
	Err *pgconn.PgError
	// Notices are the messages of the notices that came with the answer, where the connection collects them.
	Notices []string
}

// State returns the SQLSTATE: empty on success.
func (r *Result) State() string {
	if r.Err == nil {
		return ""
	}
	return r.Err.Code
}

// Query sends a text and collects the answer; of several statements, the last that returns rows counts. The error is
// for what is not an answer: a lost connection or a cancelled context.
func Query(ctx context.Context, conn *pgconn.PgConn, mode Mode, sql string) (*Result, error) {
	result := &Result{}
	var err error
	if mode == Simple {
		results := conn.Exec(ctx, sql)
		for results.NextResult() {
			_ = result.take(results.ResultReader()) // Close reports the first error
		}
		err = results.Close()
	} else {
		var formats []int16
		if mode == Binary {
			formats = []int16{pgtype.BinaryFormatCode}
		}
		err = result.take(conn.ExecParams(ctx, sql, nil, nil, nil, formats))
	}
	if err == nil {
		return result, nil
	}
	if errors.As(err, &result.Err) {
		result.Rows = nil
		return result, nil
	}
	return nil, err
}

// take reads one statement's answer into the result.
func (r *Result) take(reader *pgconn.ResultReader) error {
	fields := reader.FieldDescriptions()
	var rows [][]Cell
	var columns []Column
	for reader.NextRow() {
		if columns == nil {
			columns = columnsOf(reader.FieldDescriptions())
			fields = reader.FieldDescriptions()
		}
		values := reader.Values()
		row := make([]Cell, len(values))
		for i, value := range values {
			row[i] = cellOf(fields[i], value)
		}
		rows = append(rows, row)
	}
	if columns == nil {
		columns = columnsOf(reader.FieldDescriptions())
	}
	tag, err := reader.Close()
	if err != nil {
		return err
	}
	r.Tag = tag
	if columns != nil {
		r.Columns, r.Rows = columns, rows
	}
	return nil
}

func columnsOf(fields []pgconn.FieldDescription) []Column {
	if fields == nil {
		return nil
	}
	columns := make([]Column, len(fields))
	for i, f := range fields {
		columns[i] = Column{Name: f.Name, OID: f.DataTypeOID, Modifier: f.TypeModifier}
	}
	return columns
}

func cellOf(field pgconn.FieldDescription, value []byte) Cell {
	if value == nil {
		return Cell{Null: true}
	}
	if field.Format == pgtype.TextFormatCode {
		return Cell{Text: string(value)}
	}
	return Cell{Text: canonical(field.DataTypeOID, pgtype.BinaryFormatCode, value)}
}
