package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/jdbc"
	"github.com/tarnsql/tarn/connectors/kv"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/internal/pgtest"
)

// federation is an engine with a lake of orders, a key-value store of devices, and customers and regions in SQLite and
// PostgreSQL.
type federation struct {
	*running
	dsn     string
	devices string // the folder of the key-value store
	regions *pgtest.Database
}

const (
	federatedDevices   = 2000
	federatedCustomers = 500
)

func newFederation(t *testing.T) *federation {
	t.Helper()
	bucket := objstore.NewMemory("shop")
	var orders strings.Builder
	orders.WriteString("order_id,device,customer,amount\n")
	for i := range 200 {
		fmt.Fprintf(&orders, "%d,dev-%04d,%d,%d\n", i, i%40*50, i%25, i*10)
	}
	if _, err := bucket.Put(t.Context(), "orders/part.csv", strings.NewReader(orders.String()), int64(orders.Len()), objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
	stores, err := objstore.NewSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Add("mem://shop", bucket); err != nil {
		t.Fatal(err)
	}
	f := &federation{devices: filepath.Join(t.TempDir(), "devices"), regions: pgtest.Start(t).NewDatabase(t)}
	f.dsn, f.running = serveStores(t, stores)
	if _, _, err := f.crawler.Run(t.Context(), catalog.Crawler{Name: "shop", Targets: []string{"mem://shop/"}, Database: defaultDatabase}, crawler.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	writeFederatedDevices(t, f.devices)
	customers := writeFederatedCustomers(t)
	f.regions.Exec(t, "CREATE TABLE regions (region_id integer PRIMARY KEY, name text, country text)",
		"INSERT INTO regions SELECT g, 'region ' || g, CASE g % 2 WHEN 0 THEN 'DE' ELSE 'FR' END FROM generate_series(0, 199) g", "ANALYZE regions")
	f.run(t, fmt.Sprintf(`create catalog kv using pebble with ("connection-url" = 'file://%s');
		create catalog crm using sqlite with ("connection-url" = 'jdbc:sqlite:%s');
		create catalog geo using postgresql with ("connection-url" = '%s')`, f.devices, customers, f.regions.DSN))
	return f
}

func writeFederatedDevices(t *testing.T, path string) {
	t.Helper()
	store, err := kv.Open(path, kv.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // the writer's end tells
	def := kv.Definition{Name: "devices", Key: []kv.KeyColumn{{Name: "id", Type: schema.Text}},
		Columns: []kv.CellColumn{{Name: "site", Type: schema.Text, Family: "info", Qualifier: "site"}, {Name: "secret", Type: schema.Text, Family: "other", Qualifier: "secret"}}}
	if err := store.CreateTable(def); err != nil {
		t.Fatal(err)
	}
	w, err := store.NewWriter(def.Name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range federatedDevices {
		if err := w.Put([]schema.Value{schema.TextValue(fmt.Sprintf("dev-%04d", i)), schema.TextValue(fmt.Sprintf("site %d", i%7)), schema.TextValue("s")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func writeFederatedCustomers(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "crm.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // Exec tells
	for _, s := range []string{
		"CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, segment VARCHAR(10), region INTEGER)",
		fmt.Sprintf(`WITH RECURSIVE g(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM g WHERE n < %d)
			INSERT INTO customers SELECT n, 'customer ' || n, CASE n %% 2 WHEN 0 THEN 'gold' ELSE 'basic' END, n %% 10 FROM g`, federatedCustomers-1),
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func (f *federation) run(t *testing.T, text string) {
	t.Helper()
	var out strings.Builder
	if err := runSQL(context.WithoutCancel(t.Context()), f.engine, session.LakeName, text, streams{out: io.Discard, err: &out}); err != nil {
		t.Fatalf("%s: %v: %s", text, err, out.String())
	}
}

// One statement joins the lake with all three kinds of source. Its orders name 40 devices and 25 customers; the WHERE clause
// leaves 10 orders, of 10 devices.
const federatedQuery = `select o.order_id, d.site, c.name, g.name from orders o
	join kv.public.devices d on d.id = o.device
	join crm.main.customers c on c.id = o.customer
	join geo.public.regions g on g.region_id = c.region
	where o.amount < 200 and c.segment = 'gold' and g.country = 'DE' order by o.order_id`

func TestJoinPushesDownToEverySource(t *testing.T) {
	f := newFederation(t)
	// The connectors of one process share a store, so this one counts what the engine's reads.
	counted, err := kv.OpenCatalog(t.Context(), "count", map[string]string{"connection-url": "file://" + f.devices})
	if err != nil {
		t.Fatal(err)
	}
	defer counted.Close()                    //nolint:errcheck // it is not the store's last user
	store := counted.(*kv.Connector).Store() //nolint:forcetypeassert // what OpenCatalog makes
	var mu sync.Mutex
	var toSQLite []string
	ctx := jdbc.WithTrace(context.WithoutCancel(t.Context()), func(table schema.TableName, text string, args []any) {
		mu.Lock()
		defer mu.Unlock()
		if table.Catalog == "crm" {
			toSQLite = append(toSQLite, fmt.Sprintf("%s %v", text, args))
		}
	})
	recording := f.regions.Record(t)
	before := store.RowsRead()
	var out, problems strings.Builder
	if err := runSQL(ctx, f.engine, session.LakeName, federatedQuery, streams{out: &out, err: &problems}); err != nil {
		t.Fatal(problems.String())
	}
	read := store.RowsRead() - before
	if !strings.Contains(out.String(), "(10 rows)") {
		t.Errorf("answer:\n%s", out.String())
	}
	var toPostgreSQL []string
	for _, s := range recording.Statements(t) {
		if strings.Contains(s.SQL, `FROM "public"."regions"`) {
			toPostgreSQL = append(toPostgreSQL, s.SQL+" "+s.Parameters)
		}
	}
	if read != 10 {
		t.Errorf("%d rows of the key-value store were read; 10 match", read)
	}
	if ledger := rowsOf(t, f.running, "select lookups, statements from tarn.queries where query like 'select o.order_id%'"); ledger[0] != "10|2" {
		t.Errorf("the ledger has %s look-ups and statements, want 10|2", ledger[0])
	}
	// The regions of the one country and the customers of the orders that match are the keys of the statement to SQLite.
	var values strings.Builder
	marks := func(from, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("?%d", from+i))
		}
		return strings.Join(list, ", ")
	}
	for i := range 100 {
		fmt.Fprintf(&values, " %d", 2*i)
	}
	for i := range 20 {
		fmt.Fprintf(&values, " %d", i)
	}
	want := fmt.Sprintf(`SELECT "id", "name", "region" FROM "customers" WHERE "segment" COLLATE BINARY IN (?1, CAST(?1 AS BLOB)) AND "region" IN (%s) AND "id" IN (%s) [gold%s]`,
		marks(2, 100), marks(102, 20), values.String())
	if len(toSQLite) != 1 || toSQLite[0] != want {
		t.Errorf("SQLite was sent %q\nwant %q", toSQLite, want)
	}
	if want := `SELECT "region_id", "name" FROM "public"."regions" WHERE "country" COLLATE "C" = $1 $1 = 'DE'`; len(toPostgreSQL) != 1 || toPostgreSQL[0] != want {
		t.Errorf("PostgreSQL was sent %q\nwant %q", toPostgreSQL, want)
	}
}
