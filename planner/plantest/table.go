package plantest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// Open counts the scans that are open; a test checks that none stays open.
var Open atomic.Int64

// Table is a table of a text: without rows, or with made up ones.
type Table struct {
	name       schema.TableName
	columns    []schema.Column
	stats      connectors.Statistics
	cols       []connectors.ColumnStatistics
	unique     [][]string
	lookup     []string
	partitions []string
	verdict    connectors.Verdict
	viewSQL    string
	data       int
	rows       []vector.Vector
}

// column reads the line of a column.
func (t *Table) column(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	var typ string
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		typ, rest, _ = strings.Cut(inner, "]")
	} else {
		typ, rest, _ = strings.Cut(rest, " ")
	}
	parsed, err := schema.ParseType(typ)
	if err != nil {
		return fmt.Errorf("column %s: %w", line, err)
	}
	col := schema.Column{Name: name, Type: parsed}
	var s connectors.ColumnStatistics
	for _, w := range strings.Fields(rest) {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "ndv":
			s.Distinct, err = strconv.ParseFloat(value, 64)
		case "nulls":
			s.NullFraction, err = strconv.ParseFloat(value, 64)
		case "width":
			s.Width, err = strconv.ParseFloat(value, 64)
		case "min":
			s.Min, err = schema.Parse(parsed, value)
		case "max":
			s.Max, err = schema.Parse(parsed, value)
		case "hidden":
			col.Hidden = true
		default:
			err = fmt.Errorf("unknown property %s", w)
		}
		if err != nil {
			return err
		}
	}
	t.columns, t.cols = append(t.columns, col), append(t.cols, s)
	return nil
}

// Name returns the full name.
func (t *Table) Name() schema.TableName { return t.name }

// Columns returns the columns.
func (t *Table) Columns() []schema.Column { return t.columns }

// PartitionColumns names the columns by which the table is partitioned.
func (t *Table) PartitionColumns() []string { return t.partitions }

func (t *Table) ordinals(names []string) []int {
	var out []int
	for _, n := range names {
		for i, c := range t.columns {
			if c.Name == n {
				out = append(out, i)
			}
		}
	}
	return out
}

// Statistics returns what the test chose.
func (t *Table) Statistics(context.Context) (connectors.Statistics, error) {
	s := t.stats
	s.Columns = t.cols
	for _, u := range t.unique {
		s.UniqueKeys = append(s.UniqueKeys, t.ordinals(u))
	}
	s.LookupColumns = t.ordinals(t.lookup)
	return s, nil
}

// Scan answers every filter with the table's verdict.
func (t *Table) Scan(_ context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	Open.Add(1)
	return &scan{t: t, req: req}, nil
}

// View is a table that is a view.
type View struct{ *Table }

// ViewSQL returns the view's query.
func (v *View) ViewSQL() string { return v.viewSQL }

type scan struct {
	t      *Table
	req    connectors.ScanRequest
	closed bool
}

// Verdicts returns the table's verdict for each filter.
func (s *scan) Verdicts() []connectors.Verdict {
	out := make([]connectors.Verdict, len(s.req.Filters))
	for i := range out {
		out[i] = s.t.verdict
	}
	return out
}

// LimitExact reports whether there is a limit.
func (s *scan) LimitExact() bool { return s.req.Limit > 0 && s.t.verdict == connectors.Exact }

// Estimate knows nothing.
func (s *scan) Estimate() connectors.Estimate { return connectors.Estimate{Rows: -1, Bytes: -1} }

// Explain shows what the table was asked for.
func (s *scan) Explain() []connectors.Property {
	var out []connectors.Property
	add := func(name string, parts []string) {
		if len(parts) > 0 {
			out = append(out, connectors.Property{Name: name, Value: strings.Join(parts, ", ")})
		}
	}
	var columns, predicates, shared, order []string
	for _, c := range s.req.Columns {
		columns = append(columns, s.t.columns[c].Name)
	}
	for _, f := range s.req.Filters {
		exact := ""
		if f.Exact {
			exact = "!"
		}
		for _, p := range f.Predicates {
			predicates = append(predicates, p.Describe(s.t.columns[p.Column].Name)+exact)
		}
	}
	for _, c := range s.req.Shared {
		shared = append(shared, s.t.columns[c].Name)
	}
	if s.req.TopN != nil {
		for _, k := range s.req.TopN.Keys {
			order = append(order, fmt.Sprintf("%s desc=%v", s.t.columns[k.Column].Name, k.Descending))
		}
		order = append(order, strconv.FormatInt(s.req.TopN.Limit, 10))
	}
	add("Columns", columns)
	add("Predicates", predicates)
	add("Also Read", shared)
	add("Asked Order", order)
	return out
}

// Close ends the scan.
func (s *scan) Close() error {
	if !s.closed {
		s.closed = true
		Open.Add(-1)
	}
	return nil
}
