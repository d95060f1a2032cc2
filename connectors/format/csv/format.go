package csv

import (
	"context"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/text"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Format implements format.Format.
type Format struct{}

var _ format.Format = Format{}

// New returns the format.
func New() Format { return Format{} }

// Splits implements format.Format. It reads nothing.
func (Format) Splits(_ context.Context, r *format.Request, f format.File) ([]format.Split, error) {
	return text.Splits(r, f, newCutter(r.Storage, len(r.Fields))), nil
}

// NewReader implements format.Format.
func (Format) NewReader(r *format.Request) format.Reader {
	return text.NewReader(r, dialect{epoch: isOpenCSV(r.Storage)})
}

// isOpenCSV reports whether dates are days and timestamps milliseconds since 1970, as Athena's OpenCSVSerde has them.
func isOpenCSV(s catalog.Storage) bool {
	const name = "OpenCSVSerde"
	return len(s.SerDe) >= len(name) && s.SerDe[len(s.SerDe)-len(name):] == name
}

// syntax is what separates and quotes.
type syntax struct {
	delimiter, quote, escape byte
}

func syntaxOf(s catalog.Storage) syntax {
	x := syntax{delimiter: s.Delimiter, quote: s.Quote, escape: s.Escape}
	if x.delimiter == 0 {
		x.delimiter = ','
	}
	if x.escape == x.quote {
		x.escape = 0
	}
	return x
}

// dialect implements text.Dialect.
type dialect struct{ epoch bool }

func (dialect) Typed() bool { return false }

func (d dialect) NewSink(f format.Field) (text.Sink, error) {
	s := text.NewSink(f.Type, d.epoch)
	if s == nil {
		return nil, sqlerr.Unsupported("column %q of type %s in a CSV table", f.Name, f.Type)
	}
	return s, nil
}

func (dialect) NewParser(r *format.Request, fields []int) (text.Parser, error) {
	p := &parser{syntax: syntaxOf(r.Storage), req: r, fields: fields, null: r.Storage.NullText}
	for _, f := range fields {
		p.nullable = append(p.nullable, r.Fields[f].Type.Physical() == schema.PhysBytes)
	}
	return p, nil
}
