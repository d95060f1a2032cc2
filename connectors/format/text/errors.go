package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// BadRecord is PostgreSQL's bad_copy_file_format: a record that is not what the format asks for.
const BadRecord sqlerr.Code = "22P04"

// RecordError says what is wrong with the record that begins at Off of the data it was found in. Place turns it into the
// user's error.
type RecordError struct {
	Off  int
	Code sqlerr.Code
	Text string
}

// Error implements error.
func (e *RecordError) Error() string { return e.Text }

// Bad returns a RecordError with the code BadRecord.
func Bad(off int, text string, args ...any) *RecordError {
	return &RecordError{Off: off, Code: BadRecord, Text: fmt.Sprintf(text, args...)}
}

// url is the object's name for people.
func url(f format.File) string { return f.Store.URL(f.Object.Key) }

// recordFault is the error for a record: it names the table, the object and the record's number, counted from 1 with
// header lines.
func recordFault(code sqlerr.Code, table schema.TableName, f format.File, row int64, what string) *sqlerr.Error {
	e := sqlerr.New(code, "%s, in row %d of %q", what, row, url(f)).WithContext("table %s, row %d of %s", table, row, url(f))
	e.Schema, e.Table = table.Schema, table.Table
	return e
}

// shown is a value for a message: cut, and valid UTF-8.
func shown(b []byte) string {
	const most = 80
	s := string(b[:min(len(b), most)])
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(b) > most {
		s = strings.TrimSuffix(s, "\uFFFD") + "..."
	}
	return s
}

// valueFault is the error for a value that its column's type cannot hold.
func valueFault(cause error, table schema.TableName, f format.File, row int64, field format.Field, value []byte) error {
	code := sqlerr.InvalidTextRepresent
	if e := sqlerr.As(cause); e != nil {
		code = e.Code
	}
	what := fmt.Sprintf("column %q of table %s cannot hold %q as %s", field.Name, table, shown(value), field.Type)
	switch {
	case errors.Is(cause, errBroken):
		code, what = BadRecord, fmt.Sprintf("column %q of table %s: text follows the closing quote of %q", field.Name, table, shown(value))
	case code == sqlerr.CharacterNotInRepertoire || !utf8.Valid(value):
		code, what = sqlerr.CharacterNotInRepertoire, fmt.Sprintf("column %q of table %s: %q is not valid UTF-8", field.Name, table, shown(value))
	}
	e := recordFault(code, table, f, row, what)
	e.Column = field.Name
	return e.WithHint("Correct the file or the column's type; with the SerDe property 'ignore.malformed.json' = 'true' such values are NULL.")
}

// streamFault gives an error of a decoder the name of the object. Errors of the storage and of the context pass.
func streamFault(err error, f format.File, c codec.Codec) error {
	switch {
	case sqlerr.As(err) != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, codec.ErrUnsupported):
		return sqlerr.Unsupported("the compression of %q", url(f))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sqlerr.New(sqlerr.DataCorrupted, "object %q ends in the middle of its %s stream", url(f), c)
	}
	return sqlerr.New(sqlerr.DataCorrupted, "object %q is not valid %s: %w", url(f), c, err)
}

// inTable adds the table's name to errors of the storage.
func inTable(err error, table schema.TableName) error {
	if e := sqlerr.As(err); e != nil && e.Table == "" {
		c := *e
		c.Schema, c.Table = table.Schema, table.Table
		return c.WithContext("table %s", table)
	}
	return err
}
