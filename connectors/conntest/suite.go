package conntest

import (
	"context"
	"slices"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Source is a connector under test with a table of known content.
type Source struct {
	Connector     connectors.Connector
	Schema, Table string
	// Columns are those that the table must have (hidden ones left out), Rows its rows in any order.
	Columns []schema.Column
	Rows    [][]schema.Value
}

// Run runs the whole suite as subtests.
func Run(t *testing.T, s Source) {
	t.Helper()
	x := &suite{Source: s}
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Listings", x.listings}, {"MissingNames", x.missing}, {"Columns", x.columns}, {"Statistics", x.statistics},
		{"FullScan", x.fullScan}, {"Projections", x.projections}, {"NoColumns", x.noColumns}, {"Predicates", x.predicates},
		{"OpaqueFilters", x.opaqueFilters}, {"Conjunctions", x.conjunctions}, {"FailingFilters", x.failingFilters}, {"GuardedFilters", x.guardedFilters},
		{"JoinKeys", x.joinKeys}, {"Limit", x.limit}, {"ManyReaders", x.manyReaders}, {"Cancellation", x.cancellation},
		{"EarlyClose", x.earlyClose},
	} {
		t.Run(part.name, part.run)
	}
}

type suite struct {
	Source
	current *session
}

// session is one statement.
type session struct {
	t      *testing.T
	query  *connectors.Query
	budget *memory.Budget
	table  connectors.Table
	scans  []connectors.Scan
	ended  bool
}

// end closes what the statement opened and checks that memory was given back.
func (s *session) end() {
	if s.ended {
		return
	}
	s.ended = true
	for _, sc := range s.scans {
		for range 2 { // Close is idempotent
			if err := sc.Close(); err != nil {
				s.t.Errorf("close of the scan: %v", err)
			}
		}
	}
	s.query.Close()
	if n := s.budget.Used(); n != 0 {
		s.t.Errorf("%d bytes of the statement's memory were not given back", n)
	}
}

// begin opens the table for a statement. The one before ends, as a statement may keep a connection of a few.
func (x *suite) begin(t *testing.T, batchRows int) *session {
	t.Helper()
	if x.current != nil {
		x.current.end()
	}
	budget := memory.NewBudget("test", 1<<30, nil)
	q := &connectors.Query{ID: t.Name(), User: "tester", Memory: budget, BatchRows: batchRows, Workers: 2}
	table, err := x.Connector.Table(context.Background(), q, x.Schema, x.Table)
	if err != nil {
		t.Fatalf("table %s.%s: %v", x.Schema, x.Table, err)
	}
	x.current = &session{t: t, query: q, budget: budget, table: table}
	t.Cleanup(x.current.end)
	return x.current
}

func (x *suite) listings(t *testing.T) {
	s := x.begin(t, 0)
	ctx := context.Background()
	schemas, err := x.Connector.Schemas(ctx, s.query)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(schemas) || !slices.Contains(schemas, x.Schema) || !slices.Contains(schemas, x.Connector.DefaultSchema()) {
		t.Errorf("schemas %q: must be sorted and have %q and the default %q", schemas, x.Schema, x.Connector.DefaultSchema())
	}
	tables, err := x.Connector.Tables(ctx, s.query, x.Schema)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(tables))
	for i, info := range tables {
		names[i] = info.Name
	}
	if !slices.IsSorted(names) || !slices.Contains(names, x.Table) {
		t.Errorf("tables %q: must be sorted and have %q", names, x.Table)
	}
}

func (x *suite) missing(t *testing.T) {
	s := x.begin(t, 0)
	for _, name := range [][2]string{{x.Schema, "no_such_table"}, {"no_such_schema", x.Table}} {
		if _, err := x.Connector.Table(context.Background(), s.query, name[0], name[1]); !sqlerr.Is(err, sqlerr.UndefinedTable) {
			t.Errorf("table %s.%s: %v, want SQLSTATE 42P01", name[0], name[1], err)
		}
	}
}

func (x *suite) columns(t *testing.T) {
	s := x.begin(t, 0)
	hidden := false
	var visible []schema.Column
	for _, c := range s.table.Columns() {
		if c.Hidden {
			hidden = true
			continue
		}
		if hidden {
			t.Errorf("column %q follows a hidden one", c.Name)
		}
		visible = append(visible, c)
	}
	if len(visible) != len(x.Source.Columns) {
		t.Fatalf("%d columns, want %d", len(visible), len(x.Source.Columns))
	}
	for i, c := range visible {
		if want := x.Source.Columns[i]; c.Name != want.Name || !c.Type.Equal(want.Type) {
			t.Errorf("column %d is %s %s, want %s %s", i, c.Name, c.Type, want.Name, want.Type)
		}
	}
	if n := s.table.Name(); n.Schema != x.Schema || n.Table != x.Table {
		t.Errorf("name %s", n)
	}
}

func (x *suite) statistics(t *testing.T) {
	s := x.begin(t, 0)
	st, err := s.table.Statistics(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if st.Columns != nil && len(st.Columns) != len(s.table.Columns()) {
		t.Errorf("statistics of %d columns, the table has %d", len(st.Columns), len(s.table.Columns()))
	}
	for i, c := range st.Columns {
		if c.NullFraction < 0 || c.NullFraction > 1 || c.Distinct < 0 {
			t.Errorf("column %d: %+v", i, c)
		}
		for _, v := range []schema.Value{c.Min, c.Max} {
			if v.Valid && v.Type.Physical() != s.table.Columns()[i].Type.Physical() {
				t.Errorf("column %d: a bound has type %s", i, v.Type)
			}
		}
	}
}
