package session

import (
	"context"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// CopyOptions are the options of COPY TO STDOUT.
type CopyOptions struct {
	// Format is text, csv or binary.
	Format                   string
	Header                   bool
	Delimiter, Quote, Escape byte
	Null                     string
	// ForceQuote lists the columns that are always quoted; ForceQuoteAll is *.
	ForceQuote    []string
	ForceQuoteAll bool
}

// copyOut runs COPY ... TO STDOUT.
func (s *Session) copyOut(ctx context.Context, st *parser.Copy, params []schema.Value, m *meter) (*Result, error) {
	switch {
	case st.From:
		return nil, sqlerr.Unsupported("COPY FROM").At(st.Pos())
	case st.Target != parser.CopyClient:
		return nil, sqlerr.Unsupported("COPY TO a file or program of the server").At(st.Pos()).WithHint("use COPY TO STDOUT")
	}
	o, err := copyOptions(st.Options)
	if err != nil {
		return nil, err
	}
	q := st.Query
	if q == nil {
		q = copyTableQuery(st)
	}
	r, err := s.query(ctx, q, params, m)
	if err != nil {
		return nil, err
	}
	m.entry.Kind = "COPY"
	r.Copy, r.tag = o, "COPY"
	return r, nil
}

// copyTableQuery is the query that COPY table (columns) means.
func copyTableQuery(st *parser.Copy) *parser.Query {
	sel := &parser.Select{From: []parser.TableExpr{&parser.TableName{Loc: st.Loc, Name: st.Table}}}
	if len(st.Columns) == 0 {
		sel.Items = []parser.SelectItem{{Expr: &parser.Star{}}}
	}
	for _, c := range st.Columns {
		sel.Items = append(sel.Items, parser.SelectItem{Expr: &parser.ColumnRef{Loc: st.Loc, Name: parser.Name{c}}})
	}
	return &parser.Query{Loc: st.Loc, Body: sel}
}

func copyOptions(list []parser.CopyOption) (*CopyOptions, error) {
	o := &CopyOptions{Format: "text"}
	delimiter, quote, escape, null := "", "", "", ""
	var nullSet bool
	for _, opt := range list {
		switch opt.Name {
		case "format":
			o.Format = strings.ToLower(opt.Value)
		case "header":
			on, err := boolean("header")(opt.Value)
			if opt.Value != "" && err != nil {
				return nil, err
			}
			o.Header = opt.Value == "" || on == "on"
		case "delimiter":
			delimiter = opt.Value
		case "quote":
			quote = opt.Value
		case "escape":
			escape = opt.Value
		case "null":
			null, nullSet = opt.Value, true
		case "force_quote":
			o.ForceQuote, o.ForceQuoteAll = opt.Columns, opt.All
		case "encoding":
			if _, err := encoding(opt.Value); err != nil {
				return nil, err
			}
		default:
			return nil, sqlerr.Unsupported("COPY option %q", opt.Name).At(opt.Pos())
		}
	}
	switch o.Format {
	case "text":
		o.Delimiter, o.Null = '\t', `\N`
	case "csv":
		o.Delimiter, o.Quote, o.Escape = ',', '"', '"'
	case "binary":
	default:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "COPY format %q not recognized", o.Format)
	}
	if nullSet {
		o.Null = null
	}
	for _, b := range []struct {
		name, value string
		to          *byte
	}{{"delimiter", delimiter, &o.Delimiter}, {"quote", quote, &o.Quote}, {"escape", escape, &o.Escape}} {
		switch {
		case b.value == "":
		case len(b.value) > 1:
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s must be a single one-byte character", b.name)
		default:
			*b.to = b.value[0]
		}
	}
	if quote != "" && escape == "" {
		o.Escape = o.Quote
	}
	return o, nil
}
