package demolake_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/demolake"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/csv"
	"github.com/tarnsql/tarn/connectors/format/json"
	"github.com/tarnsql/tarn/connectors/format/parquet"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/internal/catalogtest"
)

// demoTables is what a crawl of the demo's lake finds: the columns of the files, then those of the folders.
var demoTables = map[string]string{
	"events":    "event_id ts type session user_id product_id query referrer client value | dt date, country varchar",
	"orders":    "order_id ordered_at customer_id product_id quantity unit_price currency status coupon ship_city note | year integer, month integer, day integer, hour integer, date date",
	"products":  "product_id name category list_price_eur weight_g added_on discontinued | ",
	"sensors":   "read_at temperature humidity battery status | device_id varchar, year integer, month integer, day integer, date date",
	"telemetry": "ts seq firmware cpu_pct memory net temps tags error | year integer, month integer, day integer, device varchar, date date",
}

// TestCrawlFindsTheDemosTables crawls a generated lake by the real formats.
func TestCrawlFindsTheDemosTables(t *testing.T) {
	ctx := context.Background()
	lake := objstore.NewMemory("demo")
	m, err := demolake.Generate(ctx, lake, demolake.Options{Scale: 0.1, Days: 35})
	if err != nil {
		t.Fatal(err)
	}
	cat := catalogtest.Open(t)
	set, err := objstore.NewSet(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Add("mem://demo/", lake); err != nil {
		t.Fatal(err)
	}
	formats := map[catalog.Format]format.Format{catalog.Parquet: parquet.Format{}, catalog.CSV: csv.Format{}, catalog.JSON: json.Format{}}
	e := crawler.New(cat, set, formats, crawler.Options{})
	definition := catalog.Crawler{Name: "demo", Targets: []string{"mem://demo/"}}
	p, run, err := e.Run(ctx, definition, crawler.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Changes {
		if c.Action == crawler.ActionWarning || c.Action == crawler.ActionSkip {
			t.Errorf("%s %s: %s", c.Action, c.Object, c.Reason)
		}
	}
	if run.TablesAdded != int64(len(demoTables)) || run.Lists > 40 {
		t.Errorf("%+v", run)
	}
	checkTables(t, cat, m)

	// The second crawl has nothing to do; a new file is a new partition and nothing else.
	if p, run, err = e.Run(ctx, definition, crawler.RunOptions{}); err != nil || !p.Empty() || run.Gets != 0 {
		t.Fatalf("second crawl: %+v %v %+v", p.Changes, err, run)
	}
	day := demolake.DefaultEnd.AddDate(0, 0, 1).Format("2006/01/02")
	old, err := lake.Stat(ctx, "orders/"+demolake.DefaultEnd.Format("2006/01/02")+"/12/orders.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	data, err := objstore.ReadAll(ctx, lake, old, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lake.Put(ctx, "orders/"+day+"/12/orders.csv.gz", bytes.NewReader(data), int64(len(data)), objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
	if p, run, err = e.Run(ctx, definition, crawler.RunOptions{}); err != nil || run.PartitionsAdded != 1 || run.TablesChanged != 1 || run.TablesAdded != 0 {
		t.Errorf("third crawl: %+v %v %+v", p.Changes, err, run)
	}
}

func checkTables(t *testing.T, cat catalog.Catalog, m demolake.Manifest) {
	ctx := context.Background()
	snap, err := cat.Snapshot(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close() //nolint:errcheck // only read from
	tables, err := snap.Tables(ctx, "public")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		size := m.Tables[demolake.Table(table.Name)]
		got := columnNames(table.Columns) + " | " + keysText(table.Keys)
		if want := demoTables[table.Name]; sortedWords(got) != sortedWords(want) {
			t.Errorf("%s has\n%s\nwant\n%s", table.Name, got, want)
		}
		set, err := snap.Partitions(ctx, table)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Keys) > 0 && int64(len(set.List)) != size.Files {
			t.Errorf("%s has %d partitions for %d folders", table.Name, len(set.List), size.Files)
		}
		s := table.Stats
		if s.Files != size.Files || s.Bytes != size.Bytes || s.Rows < size.Rows/2 || s.Rows > size.Rows*2 {
			t.Errorf("%s: %d files, %d bytes, about %d rows; it has %+v", table.Name, s.Files, s.Bytes, s.Rows, size)
		}
		if table.Storage.Format != catalog.JSON && (table.Name == "sensors" || table.Name == "products") && s.Rows != size.Rows {
			t.Errorf("%s: %d rows, it has %d", table.Name, s.Rows, size.Rows)
		}
		for _, c := range table.Columns {
			if c.Name == "unit_price" && c.Type.String() != "decimal(18,2)" {
				t.Errorf("unit_price is %s", c.Type)
			}
		}
	}
}

func columnNames(columns []catalog.Column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return strings.Join(out, " ")
}

// keysText are the partition columns with their types, in order.
func keysText(columns []catalog.Column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = fmt.Sprintf("%s %s", c.Name, c.Type)
	}
	return strings.Join(out, ", ")
}

// sortedWords makes the columns of the files comparable: the order of JSON's is that of their first appearance.
func sortedWords(s string) string {
	columns, keys, _ := strings.Cut(s, " | ")
	words := strings.Fields(columns)
	slices.Sort(words)
	return strings.Join(words, " ") + " | " + keys
}
