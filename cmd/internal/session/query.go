package session

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/physical"
)

// execution is a planned statement with what it runs in.
type execution struct {
	session *Session
	query   *connectors.Query
	plan    *planner.Plan
	eval    eval.Options
	result  *exec.Result
}

// newQuery returns the statement's shared state.
func (s *Session) newQuery(ctx context.Context, id string) (*connectors.Query, error) {
	v, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	limit := s.engine.QueryMemory
	if n := s.settings.number("tarn.query_memory"); n > 0 {
		limit = n
	}
	return &connectors.Query{
		ID: id, User: s.login.User, Database: s.Database(), Start: time.Now(), CatalogVersion: int64(v),
		Memory:    memory.NewBudget("query memory limit", limit, s.engine.Memory),
		BatchRows: int(s.settings.number("tarn.batch_rows")), Workers: int(s.settings.number("tarn.workers")),
	}, nil
}

// environment is what the planner needs of the session.
func (s *Session) environment(q *connectors.Query, params []schema.Value) planner.Env {
	dialect, _ := s.settings.get("tarn.dialect")
	rules, _ := s.settings.get("tarn.disabled_rules")
	return planner.Env{
		Catalogs: &catalogs{session: s}, Registry: s.engine.Registry, Evaluator: eval.New(s.evalOptions(q)), Query: q, Params: params,
		Settings: planner.Settings{
			Dialect: dialect, DisabledRules: ruleNames(rules), Location: s.settings.location(), Workers: q.Workers, BatchRows: q.BatchRows,
		},
	}
}

func (s *Session) evalOptions(q *connectors.Query) eval.Options {
	dialect, _ := s.settings.get("tarn.dialect")
	return eval.Options{Location: s.settings.location(), Start: q.Start, Dialect: dialect, Session: &hooks{s}}
}

// start plans and starts a query.
func (s *Session) start(ctx context.Context, st parser.Statement, params []schema.Value, m *meter) (*execution, error) {
	q, err := s.newQuery(ctx, m.entry.ID)
	if err != nil {
		return nil, err
	}
	x := &execution{session: s, query: q, eval: s.evalOptions(q)}
	if err := s.engine.Catalog.Ledger().Begin(ctx, &m.entry); err != nil {
		return nil, err
	}
	began := time.Now()
	x.plan, err = planner.PlanStatement(ctx, s.environment(q, params), st)
	m.entry.Planning = time.Since(began)
	if err != nil {
		q.Close()
		return nil, err
	}
	m.follow(x)
	return x, nil
}

// run starts the executor.
func (x *execution) run(ctx context.Context) error {
	r, err := exec.Run(ctx, x.plan.Root, exec.Options{
		Query: x.query, Workers: x.query.Workers, BatchRows: x.query.BatchRows, Memory: x.query.Memory,
		SpillDir: x.session.engine.SpillDir, ForceSpill: x.session.settings.on("tarn.force_spill"), Eval: x.eval,
	})
	if err != nil {
		return err
	}
	x.result = r
	return nil
}

// query runs SELECT, VALUES and TABLE.
func (s *Session) query(ctx context.Context, st *parser.Query, params []schema.Value, m *meter) (*Result, error) {
	m.entry.Kind = "SELECT"
	x, err := s.start(ctx, st, params, m)
	if err != nil {
		return nil, err
	}
	if err := x.run(ctx); err != nil {
		x.close() //nolint:errcheck // the first error counts
		return nil, err
	}
	columns := x.plan.Columns
	if columns == nil {
		columns = []physical.Column{}
	}
	return &Result{Columns: columns, tag: "SELECT", counts: true, rows: x}, nil
}

// Next returns the next batch.
func (x *execution) Next(ctx context.Context) (*vector.Batch, error) { return x.result.Next(ctx) }

func (x *execution) end(error) error { return x.close() }

// close frees the executor, the scans and the statement's shared state.
func (x *execution) close() error {
	var err error
	if x.result != nil {
		err = x.result.Close()
	}
	if planErr := x.plan.Close(); err == nil {
		err = planErr
	}
	x.query.Close()
	return err
}

// follow makes the meter add up what the plan's scans count.
func (m *meter) follow(x *execution) {
	m.system = len(x.plan.Scans) > 0
	for _, scan := range x.plan.Scans {
		name := scan.Table.Name()
		if !systemSchema(name.Schema) {
			m.system = false
			m.entry.Tables = append(m.entry.Tables, name.String())
		}
	}
	m.collect = func(e *catalog.LedgerEntry) {
		e.PeakMemory = x.query.Memory.Peak()
		if x.result != nil {
			for _, node := range x.result.Stats() {
				e.SpillBytes += node.SpilledBytes
			}
		}
		for _, scan := range x.plan.Scans {
			addMetrics(e, scan.Request.Metrics)
		}
	}
}

func addMetrics(e *catalog.LedgerEntry, c *connectors.Metrics) {
	e.PartitionsTotal += c.PartitionsTotal.Load()
	e.PartitionsRead += c.PartitionsSelected.Load()
	e.FilesTotal += c.FilesTotal.Load()
	e.FilesRead += c.FilesRead.Load()
	e.RowGroupsTotal += c.RowGroupsTotal.Load()
	e.RowGroupsRead += c.RowGroupsTotal.Load() - c.RowGroupsPruned.Load()
	e.BilledBytes += c.BilledBytes.Load()
	e.FetchedBytes += c.FetchedBytes.Load()
	e.Gets += c.Gets.Load()
	e.Lists += c.Lists.Load()
	e.Heads += c.Heads.Load()
	e.Lookups += c.Lookups.Load()
	e.Statements += c.Statements.Load()
}

// describe returns the parameter and result types of a statement.
func (s *Session) describe(ctx context.Context, st parser.Statement, types []schema.Type) ([]schema.Type, []physical.Column, error) {
	switch st := st.(type) {
	case *parser.Query:
		return s.describeQuery(ctx, st, types)
	case *parser.Explain:
		params, _, err := s.describe(ctx, st.Statement, types)
		return params, explainColumns(st), err
	case *parser.DeclareCursor:
		params, _, err := s.describeQuery(ctx, st.Query, types)
		return params, nil, err
	case *parser.Show:
		cols, err := s.showColumns(ctx, st)
		return nil, cols, err
	case *parser.Describe:
		r, err := s.describeObject(ctx, st)
		if err != nil {
			return nil, nil, err
		}
		return nil, r.Columns, r.Close()
	case *parser.Fetch:
		p, err := s.Portal(st.Cursor)
		if err != nil {
			return nil, nil, cursorMissing(st.Cursor)
		}
		return nil, p.Prepared.Columns, nil
	case *parser.Execute:
		p, err := s.Prepared(st.Name)
		if err != nil {
			return nil, nil, err
		}
		return nil, p.Columns, nil
	case *parser.Copy:
		if st.Query == nil || st.From {
			return nil, nil, nil
		}
		params, _, err := s.describeQuery(ctx, st.Query, types)
		return params, nil, err
	case *parser.RunCrawler, *parser.PlanCrawler:
		return nil, crawlColumns(), nil
	}
	return nil, nil, checkSupported(st)
}

func (s *Session) describeQuery(ctx context.Context, st parser.Statement, types []schema.Type) ([]schema.Type, []physical.Column, error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel(nil)
	rest := s.busy("", cancel)
	defer rest()
	q, err := s.newQuery(ctx, s.engine.queryID())
	if err != nil {
		return nil, nil, err
	}
	defer q.Close()
	params, cols, err := planner.Describe(ctx, s.environment(q, nil), st, types)
	if err != nil {
		return nil, nil, explainError(ctx, err)
	}
	if cols == nil {
		cols = []physical.Column{}
	}
	return params, cols, nil
}
