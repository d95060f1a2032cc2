package session

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// prepareSQL runs PREPARE.
func (s *Session) prepareSQL(ctx context.Context, st *parser.Prepare) (*Result, error) {
	types := make([]schema.Type, len(st.Types))
	for i, t := range st.Types {
		var err error
		if types[i], err = planner.BindType(t); err != nil {
			return nil, err
		}
	}
	if err := checkSupported(st.Statement); err != nil {
		return nil, err
	}
	_, err := s.Prepare(ctx, st.Name, Statement{AST: st.Statement, Text: st.Text}, types)
	return command("PREPARE"), err
}

func (s *Session) deallocate(st *parser.Deallocate) (*Result, error) {
	if st.Name == "" {
		clear(s.prepared)
		return command("DEALLOCATE ALL"), nil
	}
	if _, err := s.Prepared(st.Name); err != nil {
		return nil, err
	}
	s.Unprepare(st.Name)
	return command("DEALLOCATE"), nil
}

// executePrepared runs EXECUTE.
func (s *Session) executePrepared(ctx context.Context, st *parser.Execute, m *meter) (*Result, error) {
	p, err := s.Prepared(st.Name)
	if err != nil {
		return nil, err
	}
	if len(st.Args) != len(p.Params) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "wrong number of parameters for prepared statement %q", st.Name).
			WithDetail("Expected %d parameters but got %d.", len(p.Params), len(st.Args))
	}
	params, err := s.arguments(ctx, st.Args, p.Params)
	if err != nil {
		return nil, err
	}
	return s.executeNested(ctx, p.Statement, params, m)
}

// executeImmediate runs EXECUTE IMMEDIATE.
func (s *Session) executeImmediate(ctx context.Context, st *parser.ExecuteImmediate, m *meter) (*Result, error) {
	parsed, err := parser.ParseOne(st.Text)
	if err != nil {
		return nil, err
	}
	types, _, err := s.describe(ctx, parsed.Statement, nil)
	if err != nil {
		return nil, err
	}
	if len(types) != len(st.Args) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "the statement has %d parameters, %d were given", len(types), len(st.Args))
	}
	params, err := s.arguments(ctx, st.Args, types)
	if err != nil {
		return nil, err
	}
	return s.executeNested(ctx, Statement{AST: parsed.Statement, Text: parsed.Text}, params, m)
}

// maxNested bounds EXECUTEs that run within one another: a prepared statement may come to execute itself.
const maxNested = 100

func (s *Session) executeNested(ctx context.Context, st Statement, params []schema.Value, m *meter) (*Result, error) {
	if s.nested == maxNested {
		return nil, sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded").
			WithHint("EXECUTE may run within EXECUTE %d times; does a statement execute itself?", maxNested)
	}
	s.nested++
	defer func() { s.nested-- }()
	if r, err, ok := s.executeControl(ctx, st.AST, params); ok {
		return r, err
	}
	m.entry.Kind = st.AST.Tag()
	return s.dispatch(ctx, st, params, m)
}

// arguments evaluates the arguments of EXECUTE as values of the parameters' types.
func (s *Session) arguments(ctx context.Context, args []parser.Expr, types []schema.Type) ([]schema.Value, error) {
	q, err := s.newQuery(ctx, s.engine.queryID())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	out := make([]schema.Value, len(args))
	for i, a := range args {
		if out[i], err = planner.Evaluate(ctx, s.environment(q, nil), a, types[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// discard runs DISCARD.
func (s *Session) discard(st *parser.Discard) (*Result, error) {
	if st.Target == "ALL" {
		if s.tx.open {
			return nil, sqlerr.New(sqlerr.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		s.closePortals(func(*Portal) bool { return true })
		clear(s.prepared)
		s.settings.resetAll()
	}
	return command("DISCARD %s", st.Target), nil
}
