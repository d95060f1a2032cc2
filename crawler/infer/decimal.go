package infer

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
)

// Decimals returns the fields that are decimal in at least half of the files in which they have values, by their names in
// the files, with the widest of these types.
func Decimals(files []*format.Inferred) map[string]schema.Type {
	type count struct {
		valued, decimal int
		t               schema.Type
	}
	counts := map[string]*count{}
	for _, f := range files {
		for _, field := range f.Fields {
			if field.Type.Kind == schema.Unknown {
				continue
			}
			source := SourceOf(field)
			c := counts[source]
			if c == nil {
				c = &count{}
				counts[source] = c
			}
			c.valued++
			if field.Type.Kind != schema.Decimal {
				continue
			}
			if c.decimal++; c.decimal == 1 {
				c.t = field.Type
			} else {
				c.t = widenNumbers(c.t, field.Type)
			}
		}
	}
	out := map[string]schema.Type{}
	for source, c := range counts {
		if c.decimal > 0 && 2*c.decimal >= c.valued && c.t.Kind == schema.Decimal {
			out[source] = c.t
		}
	}
	return out
}

// Refine gives a text file's fields, where a few values left the choice open, the decimal type that other files of the table
// show: numbers whose values all fit it.
func Refine(f *format.Inferred, decimals map[string]schema.Type) {
	for i := range f.Fields {
		t, ok := decimals[SourceOf(f.Fields[i])]
		kind := f.Fields[i].Type.Kind
		if !ok || kind != schema.Double && kind != schema.BigInt && kind != schema.Integer || i >= len(f.Sample) {
			continue
		}
		fits := len(f.Sample[i]) > 0
		for _, s := range f.Sample[i] {
			fits = fits && fitsDecimal(s, int(t.Precision), int(t.Scale))
		}
		if !fits {
			continue
		}
		f.Fields[i].Type = t
		if i < len(f.Columns) {
			// The bounds were of the other type.
			f.Columns[i].Min, f.Columns[i].Max = reparse(f.Columns[i].Min, t), reparse(f.Columns[i].Max, t)
		}
	}
}

func reparse(v schema.Value, t schema.Type) schema.Value {
	if !v.Valid {
		return schema.Value{}
	}
	out, err := schema.Parse(t, v.Text())
	if err != nil {
		return schema.Value{}
	}
	return out
}

// fitsDecimal reports whether a number is written with no more digits than a decimal has, and without an exponent.
func fitsDecimal(s string, precision, scale int) bool {
	s = strings.TrimPrefix(strings.TrimSpace(s), "-")
	whole, fraction, _ := strings.Cut(s, ".")
	return whole+fraction != "" && len(whole) <= precision-scale && len(fraction) <= scale && strings.Trim(whole+fraction, "0123456789") == ""
}
