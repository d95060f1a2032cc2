package plantest

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Catalogs implements the planner's Catalogs over tables that Define reads.
type Catalogs struct {
	// Catalog and Path are what names without a catalog or a schema mean.
	Catalog string
	Path    []string
	tables  map[string][]*Table
}

// New returns catalogs without tables. The current catalog is lake, its schema public.
func New() *Catalogs {
	return &Catalogs{Catalog: "lake", Path: []string{"public"}, tables: map[string][]*Table{"lake": nil}}
}

// Define adds the tables of a text. Each begins with a line
//
//	table catalog.schema.name [rows=n | data=n] [bytes=n] [unique=(a,b)]... [lookup=(a)] [partitioned=(a)] [verdict=exact|inexact|unsupported]
//
// data=n gives the table n rows of made up values; a column has as many distinct ones as ndv says. It is followed by indented
// lines, one for each column, with its type in brackets if that has blanks:
//
//	name type [ndv=n] [nulls=share] [min=v] [max=v] [width=n] [hidden]
//
// A view is a line "view catalog.schema.name(columns) as select ...".
func (c *Catalogs) Define(text string) error {
	var t *Table
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		var err error
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "table "):
			t, err = c.table(strings.Fields(line)[1:])
		case strings.HasPrefix(line, "view "):
			err = c.view(strings.TrimPrefix(line, "view "))
		case t == nil:
			err = fmt.Errorf("column before a table: %s", line)
		default:
			err = t.column(line)
		}
		if err != nil {
			return err
		}
	}
	for _, tables := range c.tables {
		for _, t := range tables {
			if t.data > 0 && t.rows == nil {
				t.generate()
			}
		}
	}
	return s.Err()
}

func tableName(text string) (schema.TableName, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return schema.TableName{}, fmt.Errorf("%s is no catalog.schema.table", text)
	}
	return schema.TableName{Catalog: parts[0], Schema: parts[1], Table: parts[2]}, nil
}

func (c *Catalogs) table(words []string) (*Table, error) {
	name, err := tableName(words[0])
	if err != nil {
		return nil, err
	}
	t := &Table{name: name, stats: connectors.UnknownStatistics(), verdict: connectors.Exact}
	t.stats.Source = "test"
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "rows":
			t.stats.Rows, err = strconv.ParseFloat(value, 64)
		case "bytes":
			t.stats.Bytes, err = strconv.ParseInt(value, 10, 64)
		case "data":
			t.data, err = strconv.Atoi(value)
			t.stats.Rows = float64(t.data)
		case "unique":
			t.unique = append(t.unique, list(value))
		case "lookup":
			t.lookup = list(value)
		case "partitioned":
			t.partitions = list(value)
		case "verdict":
			t.verdict = map[string]connectors.Verdict{"exact": connectors.Exact, "inexact": connectors.Inexact, "unsupported": connectors.Unsupported}[value]
		default:
			err = fmt.Errorf("unknown property %s", w)
		}
		if err != nil {
			return nil, err
		}
	}
	c.tables[name.Catalog] = append(c.tables[name.Catalog], t)
	return t, nil
}

func list(text string) []string { return strings.Split(strings.Trim(text, "()"), ",") }

func (c *Catalogs) view(text string) error {
	head, sql, ok := strings.Cut(text, " as ")
	full, columns, _ := strings.Cut(strings.TrimSuffix(head, ")"), "(")
	name, err := tableName(full)
	if !ok || err != nil {
		return fmt.Errorf("bad view %s: %w", text, err)
	}
	t := &Table{name: name, stats: connectors.UnknownStatistics()}
	for _, n := range strings.Split(columns, ",") {
		t.columns = append(t.columns, schema.Column{Name: strings.TrimSpace(n)})
	}
	c.tables[name.Catalog] = append(c.tables[name.Catalog], t)
	t.viewSQL = sql
	return nil
}

// Connector returns a catalog.
func (c *Catalogs) Connector(_ context.Context, catalog string) (connectors.Connector, error) {
	if _, ok := c.tables[catalog]; !ok {
		return nil, sqlerr.New(sqlerr.UndefinedDatabase, "catalog %q does not exist", catalog)
	}
	return &connector{c: c, catalog: catalog}, nil
}

// Current returns the current catalog.
func (c *Catalogs) Current() string { return c.Catalog }

// SearchPath returns the schemas of names without one.
func (c *Catalogs) SearchPath() []string { return c.Path }

// System returns the catalog named system.
func (c *Catalogs) System() connectors.Connector { return &connector{c: c, catalog: "system"} }

// connector implements connectors.Connector.
type connector struct {
	c       *Catalogs
	catalog string
}

// DefaultSchema returns public.
func (c *connector) DefaultSchema() string { return "public" }

// Schemas lists the schemas.
func (c *connector) Schemas(context.Context, *connectors.Query) ([]string, error) {
	var out []string
	for _, t := range c.c.tables[c.catalog] {
		if !slices.Contains(out, t.name.Schema) {
			out = append(out, t.name.Schema)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Tables lists the tables of a schema.
func (c *connector) Tables(_ context.Context, _ *connectors.Query, s string) ([]connectors.TableInfo, error) {
	var out []connectors.TableInfo
	for _, t := range c.c.tables[c.catalog] {
		if t.name.Schema == s {
			out = append(out, connectors.TableInfo{Name: t.name.Table, View: t.viewSQL != ""})
		}
	}
	slices.SortFunc(out, func(a, b connectors.TableInfo) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Table finds a table.
func (c *connector) Table(_ context.Context, _ *connectors.Query, s, table string) (connectors.Table, error) {
	for _, t := range c.c.tables[c.catalog] {
		if t.name.Schema == s && t.name.Table == table {
			if t.viewSQL != "" {
				return &View{t}, nil
			}
			return t, nil
		}
	}
	return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table)
}

// Close does nothing.
func (c *connector) Close() error { return nil }
