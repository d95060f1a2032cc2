package json

import (
	"context"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/text"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Format implements format.Format. The zero value is ready to use.
type Format struct{}

var _ format.Format = Format{}

// New returns the format.
func New() Format { return Format{} }

// Splits implements format.Format. It reads nothing.
func (Format) Splits(_ context.Context, r *format.Request, f format.File) ([]format.Split, error) {
	return text.Splits(r, f, &cutter{}), nil
}

// NewReader implements format.Format.
func (Format) NewReader(r *format.Request) format.Reader { return text.NewReader(r, dialect{}) }

// dialect implements text.Dialect.
type dialect struct{}

// NewParser implements text.Dialect.
func (dialect) NewParser(r *format.Request, fields []int) (text.Parser, error) {
	return newParser(r, fields), nil
}

// NewSink implements text.Dialect.
func (dialect) NewSink(f format.Field) (text.Sink, error) {
	if s := newSink(f.Type); s != nil {
		return s, nil
	}
	return nil, sqlerr.Unsupported("column %q of type %s in JSON files", f.Name, f.Type)
}

// Typed says that JSON tells text from numbers.
func (dialect) Typed() bool { return true }
