package session

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

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
	o, err := explainOptions(st)
	if err != nil {
		return nil, err
	}
	m.entry.Kind = "EXPLAIN"
	x, err := s.start(ctx, q, params, m)
	if err != nil {
		return nil, err
	}
	if st.Analyze {
		m.entry.Kind = "EXPLAIN ANALYZE"
		began := time.Now()
		if err := x.drain(ctx); err != nil {
			x.close() //nolint:errcheck // the first error counts
			return nil, err
		}
		o.Actual, o.Execution = x.result.Stats(), time.Since(began)
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

// explainOptions reads the options of EXPLAIN that change what it shows. Those about what Tarn has not (BUFFERS, WAL, SETTINGS) are
// accepted as PostgreSQL's clients send them.
func explainOptions(st *parser.Explain) (planner.ExplainOptions, error) {
	o := planner.ExplainOptions{Analyze: st.Analyze, Verbose: st.Verbose, JSON: st.Format == "json"}
	switch {
	case st.Cost:
		return o, sqlerr.Unsupported("EXPLAIN COST").At(st.Pos()).WithHint("EXPLAIN shows the bytes that each scan will read")
	case st.Type != "":
		return o, sqlerr.Unsupported("EXPLAIN (TYPE %s)", st.Type).At(st.Pos())
	case st.Format != "" && st.Format != "text" && st.Format != "json":
		return o, sqlerr.Unsupported("EXPLAIN format %q", st.Format).At(st.Pos()).WithHint("the formats are text and json")
	}
	for _, option := range st.Options {
		on, err := optionOn(option)
		if err != nil {
			return o, err
		}
		switch option.Name {
		case "costs":
			o.HideCosts = !on
		case "timing":
			o.HideTimes = !on
		case "summary":
			o.HideSummary = !on
		case "buffers", "wal", "settings", "generic_plan", "memory", "serialize":
		default:
			return o, sqlerr.New(sqlerr.SyntaxError, "unrecognized EXPLAIN option %q", option.Name).At(option.Pos())
		}
	}
	return o, nil
}

// optionOn is the value of a switch; one without a value is on.
func optionOn(option parser.Option) (bool, error) {
	if option.Value == nil {
		return true, nil
	}
	text := strings.ToLower(strings.Trim(parser.Format(option.Value), `'"`))
	on, err := boolean(option.Name)(text)
	if err != nil {
		return false, sqlerr.New(sqlerr.SyntaxError, "%s requires a Boolean value", option.Name).At(option.Pos())
	}
	return on == "on", nil
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
