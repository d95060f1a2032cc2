package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// createTable runs CREATE EXTERNAL TABLE.
func (s *Session) createTable(ctx context.Context, st *parser.CreateTable) (*Result, error) {
	if err := checkCreateTable(st); err != nil {
		return nil, err
	}
	database, name, err := s.lakeName(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	t := &catalog.Table{
		Database: database, Name: name, Comment: st.Comment, Location: folder(st.Location), Properties: properties(st.Properties),
		CreatedBy: "ddl", Stats: catalog.TableStats{Rows: -1, Bytes: -1, Files: -1, RowGroups: -1},
	}
	if t.Columns, err = columnDefs(st.Columns); err != nil {
		return nil, err
	}
	if t.Keys, err = columnDefs(st.PartitionedBy); err != nil {
		return nil, err
	}
	if err := checkDistinct(t, st.Pos()); err != nil {
		return nil, err
	}
	if t.Storage, err = storageOf(st); err != nil {
		return nil, err
	}
	if _, _, err := s.engine.Stores.Resolve(ctx, t.Location); err != nil {
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		err := tx.CreateTable(ctx, t)
		if st.IfNotExists && sqlerr.Is(err, sqlerr.DuplicateTable) {
			s.notice(Note, sqlerr.DuplicateTable, "relation %q already exists, skipping", name)
			return nil
		}
		if e := sqlerr.As(err); e != nil {
			return e.At(st.Pos())
		}
		return err
	})
}

func checkCreateTable(st *parser.CreateTable) error {
	switch {
	case st.Query != nil:
		return sqlerr.Unsupported("CREATE TABLE AS").At(st.Pos())
	case st.Temporary:
		return sqlerr.Unsupported("CREATE TEMPORARY TABLE").At(st.Pos())
	case len(st.Like) > 0:
		return sqlerr.Unsupported("CREATE TABLE LIKE").At(st.Pos())
	case len(st.PartitionTransforms) > 0:
		return sqlerr.Unsupported("PARTITIONED BY with transforms").At(st.Pos())
	case !st.External && st.Location == "":
		return sqlerr.Unsupported("CREATE TABLE without EXTERNAL").At(st.Pos()).
			WithHint("use CREATE EXTERNAL TABLE ... LOCATION 's3://bucket/prefix/' over files that exist")
	case st.Location == "":
		return sqlerr.New(sqlerr.InvalidTableDefinition, "CREATE EXTERNAL TABLE needs a LOCATION").At(st.Pos()).
			WithHint("add LOCATION 's3://bucket/prefix/'")
	case len(st.Columns) == 0:
		return sqlerr.New(sqlerr.InvalidTableDefinition, "a table needs at least one column").At(st.Pos())
	case st.OrReplace:
		return sqlerr.Unsupported("CREATE OR REPLACE TABLE").At(st.Pos())
	case len(st.Options) > 0:
		return sqlerr.Unsupported("CREATE EXTERNAL TABLE .. WITH (..)").At(st.Options[0].Pos()).
			WithHint("say STORED AS, PARTITIONED BY and LOCATION")
	case st.OnCommit != "":
		return sqlerr.Unsupported("ON COMMIT").At(st.Pos())
	case len(st.PrimaryKey) > 0 || len(st.Constraints) > 0:
		return sqlerr.Unsupported("constraints of external tables").At(st.Pos())
	}
	return nil
}

// folder returns a location with its final slash.
func folder(url string) string {
	if url == "" || strings.HasSuffix(url, "/") {
		return url
	}
	return url + "/"
}

func columnDefs(defs []parser.ColumnDef) ([]catalog.Column, error) {
	out := make([]catalog.Column, 0, len(defs))
	for _, d := range defs {
		if d.Type == nil {
			return nil, sqlerr.New(sqlerr.InvalidTableDefinition, "column %q needs a type", d.Name).At(d.Pos())
		}
		t, err := planner.BindType(d.Type)
		if err != nil {
			return nil, err
		}
		if d.NotNull || d.PrimaryKey || d.Unique || d.Default != nil || len(d.Options) > 0 || len(d.Constraints) > 0 {
			return nil, sqlerr.Unsupported("a constraint, default or property of column %q", d.Name).At(d.Pos())
		}
		name := strings.ToLower(d.Name)
		c := catalog.Column{Name: name, Type: t, Comment: d.Comment}
		if name != d.Name {
			c.Source = d.Name
		}
		out = append(out, c)
	}
	return out, nil
}

func checkDistinct(t *catalog.Table, pos int) error {
	seen := map[string]bool{}
	for _, c := range t.AllColumns() {
		if seen[c.Name] {
			return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name).At(pos)
		}
		seen[c.Name] = true
	}
	return nil
}

// serdes are the SerDe classes that Athena's DDL names, by their last word in lower case.
var serdes = map[string]catalog.Format{
	"lazysimpleserde": catalog.CSV, openCSV: catalog.CSV, "jsonserde": catalog.JSON, "parquethiveserde": catalog.Parquet,
}

const (
	// openCSV is the class that reads quotes, and dates as numbers.
	openCSV = "opencsvserde"
	// hiveNull is how Hive's delimited text writes NULL unless it says otherwise.
	hiveNull = `\N`
)

// serdeClass is the last word of a class in lower case.
func serdeClass(name string) string {
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// storageOf reads ROW FORMAT and STORED AS.
func storageOf(st *parser.CreateTable) (catalog.Storage, error) {
	out := catalog.Storage{FixedHeader: true}
	if st.Storage != nil {
		out.InputFormat, out.OutputFormat = st.Storage.InputFormat, st.Storage.OutputFormat
		switch format := st.Storage.Format; {
		case format == "PARQUET" || strings.Contains(strings.ToLower(out.InputFormat), "parquet"):
			out.Format = catalog.Parquet
		case format == "JSONFILE" || format == "JSON":
			out.Format = catalog.JSON
		case format == "TEXTFILE" || format == "" && strings.HasSuffix(out.InputFormat, "TextInputFormat"):
		default:
			return out, sqlerr.Unsupported("the storage format %s%s", format, out.InputFormat).At(st.Storage.Pos()).
				WithHint("the formats are PARQUET, TEXTFILE and JSON")
		}
	}
	if err := rowFormat(&out, st.RowFormat, slices.ContainsFunc(st.Columns, isNested)); err != nil {
		return out, err
	}
	if out.Format == "" {
		out.Format = formatOf(st)
	}
	if err := textProperties(&out, properties(st.Properties)); err != nil {
		return out, sqlerr.As(err).At(st.Pos())
	}
	return out, nil
}

// formatOf decides by the classification property; text without a SerDe is Hive's delimited text.
func formatOf(st *parser.CreateTable) catalog.Format {
	switch properties(st.Properties)["classification"] {
	case "parquet":
		return catalog.Parquet
	case "json":
		return catalog.JSON
	}
	return catalog.CSV
}

func isNested(c parser.ColumnDef) bool { return c.Type.IsArray() || c.Type.IsMap() || c.Type.IsRow() }

// rowFormat reads ROW FORMAT of a table that has nested columns or none.
func rowFormat(out *catalog.Storage, rf *parser.RowFormat, nested bool) error {
	if rf == nil {
		return nil
	}
	if rf.Serde != "" {
		class := serdeClass(rf.Serde)
		format, ok := serdes[class]
		if !ok {
			return sqlerr.Unsupported("the SerDe %s", rf.Serde).At(rf.Pos()).
				WithHint("the SerDes are LazySimpleSerDe, OpenCSVSerde, JsonSerDe (Hive's and openx's) and ParquetHiveSerDe")
		}
		out.Format, out.SerDe, out.SerDeProperties = format, rf.Serde, properties(rf.SerdeProperties)
		if class == openCSV {
			out.Delimiter, out.Quote, out.Escape = ',', '"', '\\'
		}
		return serdeProperties(out)
	}
	for _, d := range []struct {
		text *string
		to   *byte
	}{{rf.FieldsTerminatedBy, &out.Delimiter}, {rf.EscapedBy, &out.Escape}} {
		if d.text == nil {
			continue
		}
		if len(*d.text) != 1 {
			return sqlerr.Unsupported("a delimiter of %d bytes", len(*d.text)).At(rf.Pos())
		}
		*d.to = (*d.text)[0]
	}
	switch {
	case rf.LinesTerminatedBy != nil && *rf.LinesTerminatedBy != "\n":
		return sqlerr.Unsupported("LINES TERMINATED BY other than a new line").At(rf.Pos())
	case nested && (rf.CollectionItemsTerminatedBy != nil || rf.MapKeysTerminatedBy != nil):
		return sqlerr.Unsupported("delimiters of nested values in text").At(rf.Pos())
	}
	out.NullText = hiveNull
	if rf.NullDefinedAs != nil {
		out.NullText = *rf.NullDefinedAs
	}
	return nil
}

func serdeProperties(out *catalog.Storage) error {
	single := func(key string, to *byte) error {
		v, ok := out.SerDeProperties[key]
		switch {
		case !ok:
			return nil
		case v == "":
			if to != &out.Delimiter { // none
				*to = 0
			}
			return nil
		}
		if v = unescape(v); len(v) != 1 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "SerDe property %q must be one byte, not %q", key, v)
		}
		*to = v[0]
		return nil
	}
	for key, to := range map[string]*byte{
		"field.delim": &out.Delimiter, "separatorchar": &out.Delimiter, "separatorChar": &out.Delimiter,
		"quoteChar": &out.Quote, "escapeChar": &out.Escape, "escape.delim": &out.Escape,
	} {
		if err := single(key, to); err != nil {
			return err
		}
	}
	if v, ok := out.SerDeProperties["serialization.null.format"]; ok {
		out.NullText = v
	}
	out.IgnoreMalformed = strings.EqualFold(out.SerDeProperties["ignore.malformed.json"], "true")
	return nil
}

// unescape reads the escapes that SerDe properties use for control characters.
func unescape(s string) string {
	return strings.NewReplacer(`\t`, "\t", `\u0001`, "\x01", `\001`, "\x01", `\\`, `\`).Replace(s)
}

// textProperties applies the table properties that concern text, and the default delimiter.
func textProperties(out *catalog.Storage, props map[string]string) error {
	if v, ok := props["skip.header.line.count"]; ok {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "skip.header.line.count must be a number, not %q", v)
		}
		out.HeaderLines = n
	}
	if v, ok := props["serialization.null.format"]; ok {
		out.NullText = v
	}
	if out.Format == catalog.CSV && out.Delimiter == 0 {
		out.Delimiter = '\x01' // Hive's
	}
	return nil
}
