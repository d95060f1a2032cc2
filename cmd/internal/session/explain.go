package session

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/physical"
)

// explainColumns describe the rows of EXPLAIN.
func explainColumns(st *parser.Explain) []physical.Column {
	t := schema.Text
	if st.Format == "json" {
		t = schema.T(schema.JSON)
	}
	return []physical.Column{{Name: "QUERY PLAN", Type: t}}
}

// explain runs EXPLAIN and EXPLAIN ANALYZE.
func (s *Session) explain(ctx context.Context, st *parser.Explain, params []schema.Value, m *meter) (*Result, error) {
	target := st.Statement
	if e, ok := target.(*parser.Execute); ok {
		p, err := s.Prepared(e.Name)
		if err != nil {
			return nil, err
		}
		if params, err = s.arguments(ctx, e.Args, p.Params); err != nil {
			return nil, err
		}
		target = p.Statement.AST
	}
	q, ok := target.(*parser.Query)
	if !ok {
		return nil, sqlerr.Unsupported("EXPLAIN %s", target.Tag()).At(target.Pos())
	}
	switch st.Format {
	case "", "text", "json":
	default:
		return nil, sqlerr.Unsupported("EXPLAIN format %q", st.Format).At(st.Pos()).WithHint("the formats are text and json")
	}
	m.entry.Kind = "EXPLAIN"
	x, err := s.start(ctx, q, params, m)
	if err != nil {
		return nil, err
	}
	o := planner.ExplainOptions{Analyze: st.Analyze, Verbose: st.Verbose, JSON: st.Format == "json"}
	if st.Analyze {
		m.entry.Kind = "EXPLAIN ANALYZE"
		if err := x.drain(ctx); err != nil {
			x.close() //nolint:errcheck // the first error counts
			return nil, err
		}
		o.Actual = x.result.Stats()
	}
	lines := planner.Explain(x.plan, o)
	if err := x.close(); err != nil {
		return nil, err
	}
	t := newTable(schema.Column{Name: "QUERY PLAN", Type: explainColumns(st)[0].Type})
	for _, line := range lines {
		t.rows = append(t.rows, []schema.Value{schema.StringValue(t.columns[0].Type, line)})
	}
	return t.result("EXPLAIN"), nil
}

// drain runs a query and drops its rows.
func (x *execution) drain(ctx context.Context) error {
	if err := x.run(ctx); err != nil {
		return err
	}
	for {
		_, err := x.result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return x.result.Close()
		}
		if err != nil {
			return err
		}
	}
}
