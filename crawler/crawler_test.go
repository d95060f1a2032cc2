package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/internal/catalogtest"
)

// spec is a format whose files say what they hold: "csv rows=3 id:integer device:varchar=gw-1 n:varchar?". A value behind =
// is the column's only one. "undecided=a|b" is a first record that may be a header, "broken" a file that cannot be read,
// "bytes=n" makes the file so long.
type spec struct {
	format.Format
	name catalog.Format
}

func (s spec) Infer(ctx context.Context, f format.File, o format.InferOptions) (*format.Inferred, error) {
	data, err := objstore.ReadAll(ctx, f.Store, f.Object, 1<<16)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(string(data))
	if len(words) == 0 || words[0] != string(s.name) {
		return nil, format.ErrNotRecognised
	}
	out := &format.Inferred{Storage: catalog.Storage{Format: s.name}, Rows: -1, Confidence: 0.9, HeaderDecided: true}
	if o.Storage.Format != "" {
		out.Storage = o.Storage
	}
	var names []string
	for _, w := range words[1:] {
		switch k, v, _ := strings.Cut(w, "="); {
		case w == "broken":
			return nil, io.ErrUnexpectedEOF
		case k == "rows":
			out.Rows, _ = strconv.ParseInt(v, 10, 64)
		case k == "groups":
			out.RowGroups, _ = strconv.ParseInt(v, 10, 64)
		case k == "bytes":
		case k == "undecided" && o.Storage.Format == "":
			out.Header, out.HeaderDecided = strings.Split(v, "|"), false
		case k == "undecided":
			names = strings.Split(v, "|")
		case k == "header":
			out.Storage.HeaderLines = 1
		default:
			if err := s.field(out, k, v); err != nil {
				return nil, err
			}
		}
	}
	if o.Storage.HeaderLines > 0 {
		for i, n := range names {
			out.Fields[i].Name = n
		}
	}
	return out, nil
}

var specTypes = map[string]schema.Type{
	"null": {}, "int": schema.T(schema.Integer), "bigint": schema.T(schema.BigInt), "double": schema.T(schema.Double), "text": schema.Text,
	"date": schema.T(schema.Date), "ts": schema.T(schema.Timestamp), "bool": schema.T(schema.Boolean), "ints": schema.ArrayOf(schema.T(schema.Integer)),
	"row": schema.RowOf(schema.Field{Name: "a", Type: schema.T(schema.Integer)}), "row2": schema.RowOf(schema.Field{Name: "b", Type: schema.Text}),
}

func (s spec) field(out *format.Inferred, text, value string) error {
	name, kind, _ := strings.Cut(text, ":")
	t, ok := specTypes[kind]
	if !ok {
		return fmt.Errorf("no type %s", kind)
	}
	out.Fields = append(out.Fields, format.Field{Name: name, Type: t})
	var stats catalog.ColumnStats
	var sample []string
	if value != "" {
		sample = []string{value, value}
		if i, err := strconv.ParseInt(value, 10, 64); err == nil && t.IsInteger() {
			stats.Min, stats.Max = schema.IntValue(t, i), schema.IntValue(t, i)
		}
	}
	out.Columns, out.Sample = append(out.Columns, stats), append(out.Sample, sample)
	return nil
}

// world is a lake and a catalog.
type world struct {
	t       *testing.T
	lake    *objstore.Memory
	catalog catalog.Catalog
	engine  *Engine
}

func newWorld(t *testing.T) *world {
	cat := catalogtest.Open(t)
	w := &world{t: t, lake: objstore.NewMemory("lake"), catalog: cat}
	set, err := objstore.NewSet(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Add("mem://lake/", w.lake); err != nil {
		t.Fatal(err)
	}
	formats := map[catalog.Format]format.Format{}
	for _, f := range order {
		formats[f] = spec{name: f}
	}
	w.engine = New(cat, set, formats, Options{Parallel: 4})
	return w
}

// expand writes out {01..03} in a key; content has the values as $1, $2.
func expand(key, content string, n int) [][2]string {
	open := strings.IndexByte(key, '{')
	if open < 0 {
		return [][2]string{{key, content}}
	}
	end := open + strings.IndexByte(key[open:], '}')
	var values []string
	if from, to, ok := strings.Cut(key[open+1:end], ".."); ok {
		lo, _ := strconv.Atoi(from)
		hi, _ := strconv.Atoi(to)
		for i := lo; i <= hi; i++ {
			values = append(values, fmt.Sprintf("%0*d", len(from), i))
		}
	} else {
		values = strings.Split(key[open+1:end], ",")
	}
	var out [][2]string
	for _, v := range values {
		out = append(out, expand(key[:open]+v+key[end+1:], strings.ReplaceAll(content, "$"+strconv.Itoa(n), v), n+1)...)
	}
	return out
}

func (w *world) put(line string) {
	key, content, _ := strings.Cut(line, " ")
	for _, f := range expand(key, content, 1) {
		data := f[1]
		if i := strings.Index(data, "bytes="); i >= 0 {
			var n int
			fmt.Sscanf(data[i:], "bytes=%d", &n) //nolint:errcheck // of a test
			data += strings.Repeat(" ", max(0, n-len(data)))
		}
		if _, err := w.lake.Put(context.Background(), f[0], bytes.NewReader([]byte(data)), int64(len(data)), objstore.Condition{}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func crawlerOf(d *datadriven.TestData) (catalog.Crawler, RunOptions) {
	c := catalog.Crawler{Name: "c", Targets: []string{"mem://lake/"}, Options: map[string]string{}}
	var o RunOptions
	for _, a := range d.CmdArgs {
		v := strings.Join(a.Vals, ",")
		switch a.Key {
		case "target":
			c.Targets = a.Vals
		case "exclude":
			c.Exclude = a.Vals
		case "name":
			c.Name = v
		case "database":
			c.Database = v
		case "prefix":
			c.Prefix = v
		case "only":
			o.Only = v
		default:
			c.Options[a.Key] = v
		}
	}
	return c, o
}

func printPlan(p *Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s %s", c.Action, c.Object)
		if c.Before != "" || c.After != "" {
			fmt.Fprintf(&b, "\n    %q -> %q", c.Before, c.After)
		}
		fmt.Fprintf(&b, "\n    %.2f %s\n", c.Confidence, c.Reason)
	}
	return b.String()
}

func (w *world) tables(database string) string {
	ctx := context.Background()
	snap, err := w.catalog.Snapshot(ctx, 0)
	if err != nil {
		return err.Error()
	}
	defer snap.Close() //nolint:errcheck // only read from
	tables, err := snap.Tables(ctx, database)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "%s (%s) %s by %s\n", t.Name, t.Storage.Format, t.Location, t.CreatedBy)
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "  %s %s", c.Name, c.Type)
			if c.Source != "" {
				fmt.Fprintf(&b, " from %s", c.Source)
			}
			b.WriteByte('\n')
		}
		for _, k := range t.Keys {
			fmt.Fprintf(&b, "  key %s %s %s\n", k.Name, k.Type, k.Expr)
		}
		fmt.Fprintf(&b, "  %s\n", statsText(t.Stats))
		set, err := snap.Partitions(ctx, t)
		if err != nil {
			return err.Error()
		}
		for i, p := range set.List {
			if i == 3 && len(set.List) > 4 {
				fmt.Fprintf(&b, "  ... %d partitions\n", len(set.List))
			}
			if i < 3 || i == len(set.List)-1 {
				fmt.Fprintf(&b, "  %s at %s rows %d\n", partitionText(t.Keys, p), p.Location, p.Stats.Rows)
			}
		}
	}
	return b.String()
}

// TestCrawls runs testdata/crawl/*.
func TestCrawls(t *testing.T) {
	ctx := context.Background()
	datadriven.Walk(t, "testdata/crawl", func(t *testing.T, path string) {
		w := newWorld(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "reset":
				w = newWorld(t)
				return ""
			case "put":
				for _, l := range strings.Split(d.Input, "\n") {
					w.put(l)
				}
				return ""
			case "rm":
				for _, l := range strings.Split(d.Input, "\n") {
					for _, f := range expand(l, "", 1) {
						if err := w.lake.Delete(ctx, f[0]); err != nil {
							t.Fatal(err)
						}
					}
				}
				return ""
			case "ddl":
				var name, location string
				d.ScanArgs(t, "name", &name)
				d.ScanArgs(t, "location", &location)
				_, err := w.catalog.Update(ctx, func(tx catalog.Tx) error {
					if err := tx.CreateDatabase(ctx, catalog.Database{Name: "public"}); err != nil {
						return err
					}
					return tx.CreateTable(ctx, &catalog.Table{Database: "public", Name: name, Location: location, CreatedBy: "ddl", Columns: []catalog.Column{{Name: "x", Type: schema.Text}}})
				})
				if err != nil {
					return err.Error()
				}
				return ""
			case "plan":
				c, o := crawlerOf(d)
				p, err := w.engine.Plan(ctx, c, o)
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return printPlan(p)
			case "run":
				c, o := crawlerOf(d)
				p, run, err := w.engine.Run(ctx, c, o)
				if err != nil {
					return "error: " + err.Error() + "\n"
				}
				return printPlan(p) + fmt.Sprintf("version %d: %d tables added, %d changed, %d partitions added, %d gone\n", run.Version,
					run.TablesAdded, run.TablesChanged, run.PartitionsAdded, run.PartitionsGone)
			case "tables":
				database := "public"
				if d.HasArg("database") {
					d.ScanArgs(t, "database", &database)
				}
				return w.tables(database)
			}
			t.Fatalf("no command %s", d.Cmd)
			return ""
		})
	})
}
