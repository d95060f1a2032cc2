package lake_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestPartitionFiltersChooseFolders(t *testing.T) {
	w := newWorld(t)
	w.csvTable("sales", "id bigint; item varchar", "day date; shop varchar", "2026-01-01/a", "2026-01-01/b", "2026-01-02/a", "2026-01-02/NULL mem://b/elsewhere/x/")
	w.put("sales/2026-01-01/a/f1", "1,pen\n2,ink\n")
	w.put("sales/2026-01-01/b/f1", "3,pen\n")
	w.put("sales/2026-01-02/a/f1", "4,cup\n")
	w.put("elsewhere/x/f1", "5,pot\n")

	s := w.statement("sales")
	s.expect(s.scan("id item day shop", connectors.ScanRequest{}),
		"1|pen|2026-01-01|a", "2|ink|2026-01-01|a", "3|pen|2026-01-01|b", "4|cup|2026-01-02|a", "5|pot|2026-01-02|NULL")

	sc := s.scan("id", connectors.ScanRequest{Filters: []connectors.Filter{
		s.filter("day", func(v []string) bool { return v[0] == "2026-01-02" }),
		s.filter("shop", func(v []string) bool { return v[0] == "NULL" }),
	}})
	if sc.Verdicts()[0] != connectors.Exact || property(sc, "Partitions") != "1/4" || property(sc, "Files") != "1" || property(sc, "Bytes") != "6 B" {
		t.Errorf("verdicts %v, %v", sc.Verdicts(), sc.Explain())
	}
	s.expect(sc, "5")
	if m := s.metrics; m.PartitionsSelected.Load() != 5 || m.PartitionsTotal.Load() != 8 || m.FilesTotal.Load() != 5 {
		t.Errorf("partitions %d of %d, %d files", m.PartitionsSelected.Load(), m.PartitionsTotal.Load(), m.FilesTotal.Load())
	}
	if sc := s.scan("id", connectors.ScanRequest{Filters: []connectors.Filter{s.filter("shop", func([]string) bool { return false })}}); property(sc, "Files") != "0" {
		t.Errorf("no partition is left, but %v", sc.Explain())
	} else {
		s.expect(sc)
	}
}

func TestFiltersOfEverySort(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint; b bigint", "k varchar", "x", "y")
	w.put("t/x/f1", "1,1\n2,2\n")
	w.put("t/x/f2", "3,3\n")
	w.put("t/y/f1", "4,4\n5,0\n")
	s := w.statement("t")
	for _, c := range []struct {
		columns string
		keep    func(v []string) bool
		want    string
		files   string
	}{
		{"a", func(v []string) bool { return v[0] > "2" }, "3 4 5", "3"},
		{"a b", func(v []string) bool { return v[0] == v[1] }, "1 2 3 4", "3"},
		{"k", func(v []string) bool { return v[0] == "y" }, "4 5", "1"},
		{"$path", func(v []string) bool { return strings.HasSuffix(v[0], "f1") }, "1 2 4 5", "2"},
		{"k $path", func(v []string) bool { return v[0] == "x" && v[1] == "mem://b/t/x/f2" }, "3", "1"},
		{"$file_size", func(v []string) bool { return v[0] == "4" }, "3", "1"},
		{"$partition", func(v []string) bool { return v[0] == "k=x" }, "1 2 3", "2"},
		{"b k", func(v []string) bool { return v[0] == "0" || v[1] == "x" }, "1 2 3 5", "3"},
		{"a $path", func(v []string) bool { return v[0] == "1" || strings.Contains(v[1], "/y/") }, "1 4 5", "3"},
	} {
		sc := s.scan("a", connectors.ScanRequest{Filters: []connectors.Filter{s.filter(c.columns, c.keep)}})
		if sc.Verdicts()[0] != connectors.Exact || property(sc, "Files") != c.files {
			t.Errorf("filter over %s: %v, %v", c.columns, sc.Verdicts(), sc.Explain())
		}
		s.expect(sc, strings.Fields(c.want)...)
	}
}

func TestHiddenColumnsAndFiles(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "k varchar", "x y", "y mem://b/t/y/")
	w.update(func(tx catalog.Tx) error {
		_, err := tx.DropPartitions(context.Background(), &catalog.Table{Database: "public", Name: "t", ID: mustID(w, "t"), Keys: columns(t, "k varchar")},
			[]catalog.Partition{{Values: []schema.Value{schema.TextValue("x")}}})
		return err
	})
	w.put("t/y/f", "1\n")
	w.put("t/y/sub/g", "2\n")
	w.put("t/y/_SUCCESS", "3\n")
	w.put("t/y/.part.crc", "4\n")
	w.put("t/y/_temporary/0/h", "5\n")
	w.put("t/y/empty", "")
	w.put("t/y/sub_$folder$", "6\n")
	w.put("t/yy/f", "7\n")
	s := w.statement("t")
	s.expect(s.scan("a $path $file_size $partition", connectors.ScanRequest{}), "1|mem://b/t/y/f|2|k=y", "2|mem://b/t/y/sub/g|2|k=y")
}

func mustID(w *world, table string) int64 {
	s := w.statement(table)
	return s.table.(*lake.Table).OID()
}

func TestListingCost(t *testing.T) {
	w := newWorld(t)
	var parts []string
	for d := 1; d <= 60; d++ {
		for h := range 24 {
			day := fmt.Sprintf("2026-%02d-%02d", 1+(d-1)/28, 1+(d-1)%28)
			parts = append(parts, fmt.Sprintf("%s/%d", day, h))
			w.put(fmt.Sprintf("t/%s/%d/data", day, h), "1\n")
		}
	}
	w.csvTable("t", "a bigint", "day date; hour integer", parts...)
	for _, c := range []struct {
		name  string
		keep  func(v []string) bool
		files string
		most  int64
	}{
		{"all", func([]string) bool { return true }, "1440", 2},
		{"one day", func(v []string) bool { return v[0] == "2026-02-03" }, "24", 1},
		{"one hour", func(v []string) bool { return v[0] == "2026-02-03" && v[1] == "7" }, "1", 1},
		{"one hour of each day", func(v []string) bool { return v[1] == "7" }, "60", 2},
		{"two days", func(v []string) bool { return v[0] == "2026-02-03" || v[0] == "2026-01-01" }, "48", 2},
	} {
		s := w.statement("t")
		sc := s.scan("", connectors.ScanRequest{Filters: []connectors.Filter{s.filter("day hour", c.keep)}})
		if n := s.metrics.Lists.Load(); property(sc, "Files") != c.files || n > c.most {
			t.Errorf("%s: %s files by %d LIST requests, want %s by at most %d", c.name, property(sc, "Files"), n, c.files, c.most)
		}
	}
}

// TestForeignObjectsDoNotFloodAListing has folders beside the partitions that the catalog does not know.
func TestForeignObjectsDoNotFloodAListing(t *testing.T) {
	w := newWorld(t)
	var parts []string
	for h := range 10 {
		parts = append(parts, strconv.Itoa(h))
		w.put(fmt.Sprintf("t/%d/data", h), "1\n")
	}
	for i := range 9000 {
		w.put(fmt.Sprintf("t/0x/%d", i), "1\n")
	}
	w.csvTable("t", "a bigint", "hour integer", parts...)
	s := w.statement("t")
	sc := s.scan("", connectors.ScanRequest{})
	if n := s.metrics.Lists.Load(); property(sc, "Files") != "10" || n > 16 {
		t.Errorf("%s files by %d LIST requests", property(sc, "Files"), n)
	}
}

func TestStatementSeesOneListingAndOneCatalog(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "")
	w.put("t/f", "1\n")
	s := w.statement("t")
	first := s.scan("a", connectors.ScanRequest{})
	w.put("t/g", "2\n")
	w.update(func(tx catalog.Tx) error { return tx.DropTable(context.Background(), "public", "t") })
	s.expect(s.scan("a", connectors.ScanRequest{}), "1")
	s.expect(first, "1")
	if n := s.metrics.Lists.Load(); n != 1 {
		t.Errorf("%d LIST requests for two scans of a statement", n)
	}
	if _, err := w.lake.Table(context.Background(), s.query, "public", "t"); err != nil {
		t.Errorf("the statement lost its table: %v", err)
	}
	if _, err := w.lake.Table(context.Background(), &connectors.Query{}, "public", "t"); !sqlerr.Is(err, sqlerr.UndefinedTable) {
		t.Errorf("a new statement: %v", err)
	}
}

func TestReplacedFileIsAnError(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "")
	w.put("t/f", "1\n")
	s := w.statement("t")
	sc := s.scan("a", connectors.ScanRequest{})
	w.put("t/f", "2\n")
	if _, err := s.read(sc); !errors.Is(err, objstore.ErrChanged) || sqlerr.As(err).Table != "t" {
		t.Errorf("%v, want %v of table t", err, objstore.ErrChanged)
	}
}

func TestLocationWithoutSlash(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for name, location := range map[string]string{"folder": "mem://b/t", "object": "mem://b/t/f.csv"} {
		w.update(func(tx catalog.Tx) error {
			return tx.CreateTable(ctx, &catalog.Table{Database: "public", Name: name, Location: location, Columns: columns(t, "a integer"),
				Storage: catalog.Storage{Format: catalog.CSV, FixedHeader: true}})
		})
	}
	w.put("t/f.csv", "1\n")
	w.put("t/f.csv2", "2\n")
	w.put("t2/f", "3\n")
	s := w.statement("folder")
	s.expect(s.scan("a", connectors.ScanRequest{}), "1", "2")
	s = w.statement("object")
	s.expect(s.scan("a", connectors.ScanRequest{}), "1")
}

func TestRowsAreCountedAfterAllFilters(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "k varchar", "x", "y")
	w.put("t/x/f", "1\n2\n3\n")
	w.put("t/y/f", "4\n")
	s := w.statement("t")
	s.expect(s.scan("a", connectors.ScanRequest{Filters: []connectors.Filter{s.filter("a k", func(v []string) bool { return v[0] == "2" || v[1] == "y" })}}), "2", "4")
	if n := s.metrics.Rows.Load(); n != 2 {
		t.Errorf("%d rows are counted", n)
	}
}

func TestJoinKeysPrunePartitions(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "k varchar", "x", "y", "z")
	for _, k := range []string{"x", "y", "z"} {
		w.put("t/"+k+"/f", "1\n")
	}
	for _, await := range []bool{true, false} {
		s := w.statement("t")
		keys := connectors.NewJoinKeys()
		sc := s.scan("k", connectors.ScanRequest{Dynamic: []connectors.DynamicFilter{{Column: s.ordinal("k"), Keys: keys, Await: await}}})
		y, bloom := schema.TextValue("y"), connectors.NewBloom(1)
		bloom.Add(vector.HashBytes([]byte("y")))
		go keys.Publish(&connectors.KeySet{Type: schema.Text, Count: 1, Min: y, Max: y, List: []schema.Value{y}, Bloom: bloom})
		if !await {
			keys.Wait(context.Background()) //nolint:errcheck // it ends
		}
		s.expect(sc, "y")
		if m := s.metrics; m.PartitionsSelected.Load() != 1 || m.FilesTotal.Load() != 1 || m.FilesRead.Load() != 1 {
			t.Errorf("%d partitions, %d of %d files were read", m.PartitionsSelected.Load(), m.FilesRead.Load(), m.FilesTotal.Load())
		}
	}
}

func TestViewsAndErrors(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.csvTable("t", "a bigint", "")
	w.update(func(tx catalog.Tx) error {
		if err := tx.CreateTable(ctx, &catalog.Table{Database: "public", Name: "v", View: "SELECT 1 AS a", Columns: columns(t, "a integer")}); err != nil {
			return err
		}
		return tx.CreateTable(ctx, &catalog.Table{Database: "public", Name: "lost", Location: "mem://nowhere/x/", Columns: columns(t, "a integer"),
			Storage: catalog.Storage{Format: catalog.CSV}})
	})
	q := &connectors.Query{}
	defer q.Close()
	v, err := w.lake.Table(ctx, q, "public", "v")
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := v.(connectors.Viewer); !ok || x.ViewSQL() != "SELECT 1 AS a" || len(v.Columns()) != 1 {
		t.Errorf("%T", v)
	}
	lost, err := w.lake.Table(ctx, q, "public", "lost")
	if err != nil {
		t.Fatal(err)
	}
	_, err = lost.Scan(ctx, connectors.ScanRequest{Query: q, Metrics: &connectors.Metrics{}})
	if e := sqlerr.As(err); e == nil || e.Code == sqlerr.InternalError || e.Table != "lost" {
		t.Errorf("missing storage: %v", err)
	}
	s := w.statement("t")
	s.expect(s.scan("a", connectors.ScanRequest{})) // a folder without files is an empty table
}

func TestEstimates(t *testing.T) {
	w := newWorld(t)
	w.csvTable("t", "a bigint", "k varchar", "x", "y")
	w.put("t/x/f", "1\n2\n")
	w.put("t/y/f", "3\n4\n5\n6\n")
	s := w.statement("t")
	sc := s.scan("a", connectors.ScanRequest{Filters: []connectors.Filter{s.filter("k", func(v []string) bool { return v[0] == "y" })}})
	if e := sc.Estimate(); e.Bytes != 8 || !e.BytesExact || e.Rows != -1 {
		t.Errorf("%+v", e)
	}
	if _, err := s.read(sc); err != nil || s.metrics.BilledBytes.Load() != 8 {
		t.Errorf("billed %d, %v", s.metrics.BilledBytes.Load(), err)
	}
	st, err := s.table.Statistics(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if k := st.Columns[s.ordinal("k")]; k.Distinct != 2 || k.Min.S != "x" || k.Max.S != "y" || st.Rows != -1 {
		t.Errorf("%+v", st)
	}
}

func TestConformance(t *testing.T) {
	w := newWorld(t)
	w.csvTable("plain", "id bigint; name varchar; price decimal(20,2); at timestamp", "")
	w.csvTable("parted", "id bigint; name varchar; price decimal(20,2)", "day date; shop varchar", "2026-01-01/a", "2026-01-01/b", "2026-01-02/NULL", "2026-01-03/a")
	for _, name := range []string{"plain", "parted"} {
		src := conntest.Source{Connector: w.lake, Schema: "public", Table: name}
		s := w.statement(name)
		for _, c := range s.table.Columns() {
			if !c.Hidden {
				src.Columns = append(src.Columns, c)
			}
		}
		files := []string{"plain/f1", "plain/f2", "plain/sub/f3"}
		last := []string{"", "", ""}
		if name == "parted" {
			files = []string{"parted/2026-01-01/a/f", "parted/2026-01-01/b/f", "parted/2026-01-02/NULL/f", "parted/2026-01-03/a/f"}
			last = []string{"2026-01-01,a", "2026-01-01,b", "2026-01-02,", "2026-01-03,a"}
		}
		for f, key := range files {
			var content strings.Builder
			for i := range 15 {
				id := f*15 + i
				cells := []string{strconv.Itoa(id), fmt.Sprintf("name %d", id%4), fmt.Sprintf("%d.5", id-20)}
				if i%5 == 4 {
					cells[i%3] = ""
				}
				if name == "plain" {
					cells = append(cells, fmt.Sprintf("2026-01-02 03:04:%02d.25", id%60))
				}
				content.WriteString(strings.Join(cells, ",") + "\n")
				if last[f] != "" {
					cells = append(cells, strings.Split(last[f], ",")...)
				}
				row := make([]schema.Value, len(cells))
				for k, cell := range cells {
					row[k] = schema.NullOf(src.Columns[k].Type)
					if cell == "" {
						continue
					}
					v, err := schema.Parse(src.Columns[k].Type, cell)
					if err != nil {
						t.Fatal(err)
					}
					row[k] = v
				}
				src.Rows = append(src.Rows, row)
			}
			w.put(key, content.String())
		}
		t.Run(name, func(t *testing.T) { conntest.Run(t, src) })
	}
}
