package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// show runs SHOW.
func (s *Session) show(ctx context.Context, st *parser.Show) (*Result, error) {
	t, err := s.showTable(ctx, st)
	if err != nil {
		return nil, err
	}
	return t.result("SHOW"), nil
}

// showColumns describes the rows of SHOW without reading more than it must.
func (s *Session) showColumns(ctx context.Context, st *parser.Show) ([]physical.Column, error) {
	t, err := s.showTable(ctx, st)
	if err != nil {
		return nil, err
	}
	cols := make([]physical.Column, len(t.columns))
	for i, c := range t.columns {
		cols[i] = physical.Column{Name: c.Name, Type: c.Type}
	}
	return cols, nil
}

func (s *Session) showTable(ctx context.Context, st *parser.Show) (*table, error) {
	switch st.Kind {
	case parser.ShowSetting:
		return s.showSetting(st)
	case parser.ShowAllSettings, parser.ShowSession:
		return s.showSettings(st), nil
	case parser.ShowCatalogs:
		names, err := s.Catalogs(ctx)
		return nameList("catalog_name", names, st), err
	case parser.ShowSchemas:
		return s.showSchemas(ctx, st)
	case parser.ShowTables, parser.ShowViews:
		return s.showRelations(ctx, st)
	case parser.ShowColumns:
		return s.showTableColumns(ctx, st)
	case parser.ShowPartitions:
		return s.showPartitions(ctx, st)
	case parser.ShowCreateTable, parser.ShowCreateView:
		return s.showCreate(ctx, st)
	case parser.ShowTableProperties:
		return s.showProperties(ctx, st)
	case parser.ShowFunctions:
		return s.showFunctions(st), nil
	case parser.ShowCrawlers:
		return s.showCrawlers(ctx, st)
	case parser.ShowCreateCrawler:
		return s.showCreateCrawler(ctx, st)
	case parser.ShowQueries:
		return s.showQueries(ctx)
	case parser.ShowStats:
		return s.showStats(ctx, st)
	case parser.ShowRoles:
		return nameList("role", []string{s.login.User}, st), nil
	}
	return nil, sqlerr.Unsupported("this SHOW statement").At(st.Pos())
}

func (s *Session) showSetting(st *parser.Show) (*table, error) {
	v, ok := s.settings.get(st.Setting)
	if !ok {
		return nil, unknownSetting(st.Setting)
	}
	name := st.Setting
	if d, ok := settingDefinitions[settingName(name)]; ok {
		name = d.name
	}
	t := newTable(textColumns(name)...)
	t.addText(v)
	return t, nil
}

func (s *Session) showSettings(st *parser.Show) *table {
	t := newTable(textColumns("name", "setting", "description")...)
	for _, d := range s.settings.list() {
		if matches(st, d.Name) {
			t.addText(d.Name, d.Value, d.About)
		}
	}
	return t
}

// matches applies the LIKE pattern of SHOW; Athena's bare pattern is a list of alternatives with * as wildcard.
func matches(st *parser.Show, name string) bool {
	if st.Like == nil {
		return true
	}
	if !st.Regexp {
		escape := byte('\\')
		if st.Escape != "" {
			escape = st.Escape[0]
		}
		return likeMatch(name, *st.Like, escape)
	}
	for alternative := range strings.SplitSeq(*st.Like, "|") {
		pattern := strings.NewReplacer("%", "\\%", "_", "\\_", ".*", "%", "*", "%").Replace(alternative)
		if likeMatch(strings.ToLower(name), strings.ToLower(pattern), '\\') {
			return true
		}
	}
	return false
}

// likeMatch matches a short name against a LIKE pattern.
func likeMatch(s, pattern string, escape byte) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '%':
			star, mark = j, i
			j++
			continue
		case j < len(pattern) && pattern[j] == '_':
			i, j = i+1, j+1
			continue
		case j+1 < len(pattern) && pattern[j] == escape && pattern[j+1] == s[i]:
			i, j = i+1, j+2
			continue
		case j < len(pattern) && pattern[j] != escape && pattern[j] == s[i]:
			i, j = i+1, j+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = mark, star+1
	}
	for j < len(pattern) && pattern[j] == '%' {
		j++
	}
	return j == len(pattern)
}

func nameList(column string, names []string, st *parser.Show) *table {
	t := newTable(textColumns(column)...)
	for _, n := range names {
		if matches(st, n) {
			t.addText(n)
		}
	}
	return t
}

func (s *Session) showSchemas(ctx context.Context, st *parser.Show) (*table, error) {
	name := s.Database()
	if len(st.Name) > 0 {
		name = st.Name.Last()
	}
	_, q, schemas, err := s.schemasOf(ctx, name)
	if err != nil {
		return nil, err
	}
	q.Close()
	return nameList("schema_name", schemas, st), nil
}

// showRelations runs SHOW TABLES and SHOW VIEWS [FROM [catalog.]schema].
func (s *Session) showRelations(ctx context.Context, st *parser.Show) (*table, error) {
	current, path, err := s.placeOf(ctx, st.Name)
	if err != nil {
		return nil, err
	}
	c, q, schemas, err := s.schemasOf(ctx, current)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	if len(path) == 0 || len(st.Name) == 0 && current != LakeName {
		path = append(path, c.DefaultSchema())
	}
	t := newTable(textColumns("table_name")...)
	for _, name := range path {
		if !slices.Contains(schemas, name) {
			if len(st.Name) > 0 {
				return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name).At(st.Pos())
			}
			continue
		}
		list, err := c.Tables(ctx, q, name)
		if err != nil {
			return nil, err
		}
		for _, info := range list {
			if (st.Kind != parser.ShowViews || info.View) && matches(st, info.Name) {
				t.addText(info.Name)
			}
		}
		break
	}
	return t, nil
}

// placeOf is the catalog and the schemas that SHOW TABLES FROM name is about; no schemas stand for the catalog's default
// one. As in the name of a table, a single name that is no schema of the session's catalog may be a catalog.
func (s *Session) placeOf(ctx context.Context, n parser.Name) (string, []string, error) {
	switch len(n) {
	case 0:
		return s.Database(), s.SearchPath(), nil
	case 2:
		return n[0], []string{n[1]}, nil
	}
	_, q, schemas, err := s.schemasOf(ctx, s.Database())
	if err != nil {
		return "", nil, err
	}
	q.Close()
	catalogs, err := s.Catalogs(ctx)
	if err == nil && !slices.Contains(schemas, n[0]) && slices.Contains(catalogs, n[0]) {
		return n[0], nil, nil
	}
	return s.Database(), []string{n[0]}, err
}

// lakeTable finds the lake table that SHOW or DESCRIBE names; a database may follow after FROM.
func (s *Session) lakeTable(ctx context.Context, n parser.Name, pos int) (*catalog.Table, error) {
	database, name, err := s.lakeName(ctx, n, pos)
	if err != nil {
		return nil, err
	}
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	t, err := snap.Table(ctx, database, name)
	if e := sqlerr.As(err); e != nil {
		return nil, e.At(pos)
	}
	return t, err
}

func (s *Session) showPartitions(ctx context.Context, st *parser.Show) (*table, error) {
	lake, err := s.lakeTable(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	if len(lake.Keys) == 0 {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a partitioned table", lake.Name).At(st.Pos())
	}
	snap, err := s.CatalogSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	set, err := snap.Partitions(ctx, lake)
	if err != nil {
		return nil, err
	}
	t := newTable(textColumns("partition", "location")...)
	t.columns = append(t.columns, schema.Column{Name: "files", Type: schema.T(schema.BigInt)}, schema.Column{Name: "bytes", Type: schema.T(schema.BigInt)})
	for _, p := range set.List {
		if ok, err := s.meets(ctx, lake, p, st.Partition); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		t.rows = append(t.rows, []schema.Value{schema.TextValue(lake.PartitionName(p)), schema.TextValue(p.Location), count(p.Stats.Files), count(p.Stats.Bytes)})
	}
	return t, nil
}

// count is a bigint, NULL when it is negative (unknown).
func count(n int64) schema.Value {
	if n < 0 {
		return schema.NullOf(schema.T(schema.BigInt))
	}
	return schema.IntValue(schema.T(schema.BigInt), n)
}

func (s *Session) showCreate(ctx context.Context, st *parser.Show) (*table, error) {
	lake, err := s.lakeTable(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	column := "createtab_stmt"
	if lake.View != "" {
		column = "Create View"
	}
	t := newTable(textColumns(column)...)
	t.addText(CreateStatement(lake))
	return t, nil
}

func (s *Session) showProperties(ctx context.Context, st *parser.Show) (*table, error) {
	lake, err := s.lakeTable(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	t := newTable(textColumns("prpt_name", "prpt_value")...)
	for _, k := range sortedKeys(lake.Properties) {
		if st.Key == "" || st.Key == k {
			t.addText(k, lake.Properties[k])
		}
	}
	return t, nil
}

func (s *Session) showFunctions(st *parser.Show) *table {
	t := newTable(textColumns("Function", "Return Type", "Argument Types", "Function Type", "Deterministic", "Description")...)
	kinds := [...]string{"scalar", "aggregate", "window", "table"}
	for _, f := range s.engine.Registry.List() {
		if !matches(st, f.Name) {
			continue
		}
		t.addText(f.Name, f.ResultName, strings.Join(f.ArgNames, ", "), kinds[f.Kind], strconv.FormatBool(f.Volatility == 0), f.Description)
	}
	return t
}

func (s *Session) showQueries(ctx context.Context) (*table, error) {
	bigint := schema.T(schema.BigInt)
	t := newTable(textColumns("id", "user", "state", "query")...)
	t.columns = append(t.columns, schema.Column{Name: "rows", Type: bigint}, schema.Column{Name: "billed_bytes", Type: bigint},
		schema.Column{Name: "dollars", Type: schema.Text}, schema.Column{Name: "started", Type: schema.T(schema.TimestampTZ)})
	for e, err := range s.engine.Catalog.Ledger().Entries(ctx, s.engine.started) {
		if err != nil {
			return nil, err
		}
		t.rows = append(t.rows, []schema.Value{
			schema.TextValue(e.ID), schema.TextValue(e.User), schema.TextValue(string(e.State)), schema.TextValue(e.SQL),
			count(e.Rows), count(e.BilledBytes), schema.TextValue(metering.Dollars(e.MicroDollars)),
			schema.IntValue(schema.T(schema.TimestampTZ), e.Started.UnixMicro()),
		})
	}
	return t, nil
}
