package session

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// describeObject runs DESCRIBE.
func (s *Session) describeObject(ctx context.Context, st *parser.Describe) (*Result, error) {
	switch st.Kind {
	case parser.DescribeInput, parser.DescribeOutput:
		return s.describePrepared(st)
	case parser.DescribeDatabase:
		return s.describeDatabase(ctx, st)
	}
	if len(st.Partition) > 0 {
		return nil, sqlerr.Unsupported("DESCRIBE .. PARTITION").At(st.Partition[0].Pos()).WithHint("SHOW PARTITIONS lists a table's partitions")
	}
	t, err := s.columnsOf(ctx, st.Name, st.Pos(), func(column string) bool { return st.Column == "" || column == strings.ToLower(st.Column) })
	if err != nil {
		return nil, err
	}
	if st.Column != "" && len(t.rows) == 0 {
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", st.Column, st.Name.Last()).At(st.Pos())
	}
	if st.Formatted || st.Extended {
		if err := s.describeStorage(ctx, st, t); err != nil {
			return nil, err
		}
	}
	return t.result("DESCRIBE"), nil
}

// columnsOf lists the wanted columns of any table: name, type, whether it is a partition key, comment.
func (s *Session) columnsOf(ctx context.Context, name parser.Name, pos int, wanted func(column string) bool) (*table, error) {
	source, err := s.tableOf(ctx, name, pos)
	if err != nil {
		return nil, err
	}
	defer source.query.Close()
	keys := map[string]bool{}
	if p, ok := source.table.(interface{ PartitionColumns() []string }); ok {
		for _, k := range p.PartitionColumns() {
			keys[k] = true
		}
	}
	t := newTable(textColumns("Column", "Type", "Extra", "Comment")...)
	for _, c := range source.table.Columns() {
		if c.Hidden || !wanted(c.Name) {
			continue
		}
		extra := ""
		if keys[c.Name] {
			extra = "partition key"
		}
		t.addText(c.Name, c.Type.String(), extra, c.Comment)
	}
	return t, nil
}

type foundTable struct {
	table connectors.Table
	query *connectors.Query
}

// tableOf finds a table as a query would. The query must be closed.
func (s *Session) tableOf(ctx context.Context, name parser.Name, pos int) (*foundTable, error) {
	q, err := s.newQuery(ctx, s.engine.queryID())
	if err != nil {
		return nil, err
	}
	t, err := planner.FindTable(ctx, s.environment(q, nil), name, pos)
	if err != nil {
		q.Close()
		return nil, err
	}
	return &foundTable{t, q}, nil
}

// exists is an error when no table has the name.
func (s *Session) exists(ctx context.Context, name parser.Name, pos int) error {
	found, err := s.tableOf(ctx, name, pos)
	if err != nil {
		return err
	}
	found.query.Close()
	return nil
}

func (s *Session) showTableColumns(ctx context.Context, st *parser.Show) (*table, error) {
	return s.columnsOf(ctx, st.Name, st.Pos(), func(column string) bool { return matches(st, column) })
}

// describeStorage adds what DESCRIBE FORMATTED says of a lake table.
func (s *Session) describeStorage(ctx context.Context, st *parser.Describe, t *table) error {
	lake, err := s.lakeTable(ctx, st.Name, st.Pos())
	if err != nil {
		return err
	}
	t.addText("", "", "", "")
	for _, line := range [][2]string{
		{"# Location", lake.Location}, {"# Format", string(lake.Storage.Format)}, {"# Created by", lake.CreatedBy},
		{"# Created", lake.Created.UTC().Format("2006-01-02 15:04:05")}, {"# Rows", unknownOr(lake.Stats.Rows)},
		{"# Files", unknownOr(lake.Stats.Files)}, {"# Bytes", unknownOr(lake.Stats.Bytes)},
	} {
		t.addText(line[0], line[1], "", "")
	}
	for _, k := range sortedKeys(lake.Properties) {
		t.addText("# "+k, lake.Properties[k], "", "")
	}
	return nil
}

func unknownOr(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return strconv.FormatInt(n, 10)
}

func (s *Session) describeDatabase(ctx context.Context, st *parser.Describe) (*Result, error) {
	name, err := databaseName(st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	d, err := snap.Database(ctx, name)
	if err != nil {
		return nil, err
	}
	t := newTable(textColumns("database_name", "comment", "location")...)
	t.addText(d.Name, d.Comment, d.Location)
	return t.result("DESCRIBE"), nil
}

func (s *Session) describePrepared(st *parser.Describe) (*Result, error) {
	p, err := s.Prepared(st.Name.Last())
	if err != nil {
		return nil, err
	}
	if st.Kind == parser.DescribeInput {
		t := newTable(schema.Column{Name: "Position", Type: schema.T(schema.BigInt)}, schema.Column{Name: "Type", Type: schema.Text})
		for i, typ := range p.Params {
			t.rows = append(t.rows, []schema.Value{schema.IntValue(schema.T(schema.BigInt), int64(i)), schema.TextValue(typ.String())})
		}
		return t.result("DESCRIBE"), nil
	}
	t := newTable(textColumns("Column Name", "Type")...)
	for _, c := range p.Columns {
		t.addText(c.Name, c.Type.String())
	}
	return t.result("DESCRIBE"), nil
}

func (s *Session) showStats(ctx context.Context, st *parser.Show) (*table, error) {
	if st.Query != nil {
		return nil, sqlerr.Unsupported("SHOW STATS FOR a query").At(st.Pos()).WithHint("use EXPLAIN to see estimates")
	}
	source, err := s.tableOf(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	defer source.query.Close()
	stats, err := source.table.Statistics(ctx)
	if err != nil {
		return nil, err
	}
	double := schema.T(schema.Double)
	number := func(f float64, known bool) schema.Value {
		if !known {
			return schema.NullOf(double)
		}
		return schema.FloatValue(double, f)
	}
	t := newTable(schema.Column{Name: "column_name", Type: schema.Text}, schema.Column{Name: "distinct_values_count", Type: double},
		schema.Column{Name: "nulls_fraction", Type: double}, schema.Column{Name: "row_count", Type: double},
		schema.Column{Name: "low_value", Type: schema.Text}, schema.Column{Name: "high_value", Type: schema.Text})
	for i, c := range source.table.Columns() {
		if c.Hidden || i >= len(stats.Columns) {
			continue
		}
		k := stats.Columns[i]
		t.rows = append(t.rows, []schema.Value{schema.TextValue(c.Name), number(k.Distinct, k.Distinct > 0), number(k.NullFraction, true),
			number(0, false), textOrNull(k.Min), textOrNull(k.Max)})
	}
	null := schema.NullOf(schema.Text)
	t.rows = append(t.rows, []schema.Value{null, number(0, false), number(0, false), number(stats.Rows, stats.Rows >= 0), null, null})
	return t, nil
}

func textOrNull(v schema.Value) schema.Value {
	if !v.Valid {
		return schema.NullOf(schema.Text)
	}
	return schema.TextValue(v.Text())
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
