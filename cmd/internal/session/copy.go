package session

import (
	"context"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
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
	if err := o.checkForced(r.Columns); err != nil {
		r.Abort(err)
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

// copyOptions reads the options of COPY TO by PostgreSQL's rules: each once, and only those that mean something in the format.
func copyOptions(list []parser.CopyOption) (*CopyOptions, error) {
	o := &CopyOptions{Format: "text"}
	given := map[string]*parser.CopyOption{}
	for i := range list {
		opt := &list[i]
		if given[opt.Name] != nil {
			return nil, sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(opt.Pos())
		}
		given[opt.Name] = opt
		if err := copyOption(o, opt); err != nil {
			return nil, err
		}
	}
	switch o.Format {
	case "text":
		o.Delimiter, o.Null = '\t', `\N`
	case "csv":
		o.Delimiter, o.Quote, o.Escape = ',', '"', '"'
	case "binary":
	default:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "COPY format %q not recognized", o.Format).At(given["format"].Pos())
	}
	if err := checkCopyFormat(o.Format, given); err != nil {
		return nil, err
	}
	if null := given["null"]; null != nil {
		if o.Null = *null.Value; strings.ContainsAny(o.Null, "\r\n") {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
		}
	}
	for name, to := range map[string]*byte{"delimiter": &o.Delimiter, "quote": &o.Quote, "escape": &o.Escape} {
		opt := given[name]
		if opt == nil {
			continue
		}
		if len(*opt.Value) != 1 {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s must be a single one-byte character", name)
		}
		*to = (*opt.Value)[0]
	}
	if given["quote"] != nil && given["escape"] == nil {
		o.Escape = o.Quote
	}
	return o, checkCopyDelimiter(o)
}

// copyOption reads one option; the values of delimiter, quote, escape and null, which are never nil after it, are read later.
func copyOption(o *CopyOptions, opt *parser.CopyOption) error {
	switch opt.Name {
	case "header":
		return copyHeader(o, opt)
	case "force_quote":
		o.ForceQuote, o.ForceQuoteAll = opt.Columns, opt.All
		return nil
	case "format", "delimiter", "quote", "escape", "null", "encoding":
	default:
		return sqlerr.Unsupported("COPY option %q", opt.Name).At(opt.Pos())
	}
	if opt.Value == nil {
		return sqlerr.New(sqlerr.SyntaxError, "%s requires a parameter", opt.Name).At(opt.Pos())
	}
	switch opt.Name {
	case "format":
		o.Format = strings.ToLower(*opt.Value)
	case "encoding":
		_, err := encoding(*opt.Value)
		return err
	}
	return nil
}

func copyHeader(o *CopyOptions, opt *parser.CopyOption) error {
	if o.Header = opt.Value == nil; o.Header {
		return nil
	}
	if strings.EqualFold(*opt.Value, "match") {
		return sqlerr.New(sqlerr.FeatureNotSupported, "cannot use \"match\" with HEADER in COPY TO").At(opt.Pos())
	}
	on, err := boolean("header")(*opt.Value)
	if err != nil {
		return sqlerr.New(sqlerr.SyntaxError, "header requires a Boolean value or \"match\"").At(opt.Pos())
	}
	o.Header = on == "on"
	return nil
}

// checkCopyFormat refuses the options that a format has no use for.
func checkCopyFormat(format string, given map[string]*parser.CopyOption) error {
	for _, name := range []string{"delimiter", "null", "header"} {
		if opt := given[name]; opt != nil && format == "binary" {
			return sqlerr.New(sqlerr.SyntaxError, "cannot specify %s in BINARY mode", strings.ToUpper(name)).At(opt.Pos())
		}
	}
	for _, name := range []string{"quote", "escape", "force_quote"} {
		if opt := given[name]; opt != nil && format != "csv" {
			return sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s available only in CSV mode", strings.ReplaceAll(name, "_", " ")).At(opt.Pos())
		}
	}
	return nil
}

// checkCopyDelimiter refuses the delimiters that would be taken for something else.
func checkCopyDelimiter(o *CopyOptions) error {
	switch {
	case o.Delimiter == '\n' || o.Delimiter == '\r':
		return sqlerr.New(sqlerr.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case o.Format == "text" && strings.IndexByte(`\.abcdefghijklmnopqrstuvwxyz0123456789`, o.Delimiter) >= 0:
		return sqlerr.New(sqlerr.InvalidParameterValue, "COPY delimiter cannot be \"%c\"", o.Delimiter)
	case o.Format == "csv" && o.Delimiter == o.Quote:
		return sqlerr.New(sqlerr.InvalidParameterValue, "COPY delimiter and quote must be different")
	case o.Format != "binary" && strings.IndexByte(o.Null, o.Delimiter) >= 0:
		return sqlerr.New(sqlerr.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case o.Format == "csv" && strings.IndexByte(o.Null, o.Quote) >= 0:
		return sqlerr.New(sqlerr.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	}
	return nil
}

// checkForced refuses columns of FORCE_QUOTE that the rows do not have.
func (o *CopyOptions) checkForced(columns []physical.Column) error {
	for _, name := range o.ForceQuote {
		if !slices.ContainsFunc(columns, func(c physical.Column) bool { return c.Name == name }) {
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", name)
		}
	}
	return nil
}
