package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// answer runs a statement and returns its rows, or its error as SQLSTATE, message and hint.
func answer(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return strings.TrimSpace(fmt.Sprintf("%s %s %s", refused.Code, refused.Message, refused.Hint))
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var rows []string
	for _, r := range results {
		for _, row := range r.Rows {
			cells := make([]string, len(row))
			for i, c := range row {
				cells[i] = string(c)
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	return strings.Join(rows, " ")
}

func TestCatalogsOfOtherSources(t *testing.T) {
	f := newFederation(t)
	conn, err := pgx.Connect(t.Context(), f.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the server is closed after it
	folder := t.TempDir()
	closed := "127.0.0.1:1"
	for _, c := range []struct{ sql, want string }{
		{"show catalogs", "lake crm geo kv"},
		{"show schemas from kv", "public"},
		{"show schemas from crm", "main"},
		{"show schemas from geo", "public"},
		{"show tables from kv.public", "devices"},
		{"show tables from crm.main", "customers"},
		{"show tables from geo.public", "regions"},
		{"show tables from crm", "customers"},
		{"show tables from kv", "devices"},
		{"show tables from lakes", `3F000 schema "lakes" does not exist`},
		{"show tables from geo.nowhere", `3F000 schema "nowhere" does not exist`},
		{"select count(*) from kv.public.devices", "2000"},
		{"select count(*) from kv.devices", "2000"},
		{"select site from kv.public.devices where id = 'dev-0001'", "site 1"},
		{"select count(*), min(name) from crm.main.customers where region = 3", "50|customer 103"},
		{"select name from geo.public.regions where region_id = 7 and country = 'FR'", "region 7"},
		{"select 1 from kv.public.device", `42P01 relation "kv.public.device" does not exist Perhaps you meant the table "devices".`},
		{"select 1 from kv.main.devices", `3F000 schema "main" does not exist in catalog "kv" Its schemas are public.`},
		{"select 1 from geo.main.regions", `3F000 schema "main" does not exist in catalog "geo" Its schemas are public.`},
		{"select 1 from lake.sales.orders", `3F000 schema "sales" does not exist in catalog "lake" Its schemas are public.`},
		{"select 1 from nowhere.public.t", `3D000 catalog "nowhere" does not exist`},
		{"create catalog crm using sqlite with (\"connection-url\" = 'x')", `42710 catalog "crm" already exists`},
		{"create catalog x using oracle with (\"connection-url\" = 'x')", `42704 connector "oracle" does not exist the connectors are pebble, postgresql, sqlite`},
		{"create catalog x using sqlite with (\"connection-uri\" = 'x')", `42704 unknown property "connection-uri" of connector sqlite did you mean "connection-url"?`},
		{"create catalog x using sqlite", `22023 connector sqlite needs the property "connection-url"`},
		{"create catalog x using sqlite with (\"connection-url\" = 'jdbc:sqlite:" + folder + "/none')", "58P01 the SQLite file " + folder + "/none does not exist connection-url is jdbc:sqlite:/path/to/file"},
		{"create catalog x using pebble with (\"connection-url\" = 'file://" + folder + "')", "58P01 the folder " + folder + " holds no key-value store connection-url is the folder of a Pebble store that tarn made"},
		{"create catalog lake using sqlite with (\"connection-url\" = 'x')", `42710 catalog "lake" already exists`},
		{"drop catalog lake", `2BP01 cannot drop catalog "lake": it is the lake's own`},
		{"drop catalog nowhere", `42704 catalog "nowhere" does not exist`},
		{"drop catalog if exists nowhere", ""},
		{"show catalogs", "lake crm geo kv"},
		{"drop catalog kv", ""},
		{"select 1 from kv.public.devices", `3D000 catalog "kv" does not exist`},
		{"create catalog again using pebble with (\"connection-url\" = 'file://" + f.devices + "')", ""},
		{"select count(*) from again.public.devices", "2000"},
	} {
		if got := answer(t, conn, c.sql); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.sql, got, c.want)
		}
	}
	unreachable := answer(t, conn, `create catalog x using postgresql with ("connection-url" = 'jdbc:postgresql://`+closed+`/d', "connection-password" = 'hunter2')`)
	if !strings.HasPrefix(unreachable, "58030 catalog x (PostgreSQL) cannot be reached") || strings.Contains(unreachable, "hunter2") {
		t.Errorf("an unreachable server: %s", unreachable)
	}
	f.regions.Exec(t, "DROP TABLE regions")
	if got := answer(t, conn, "select 1 from geo.public.regions"); got != `42P01 relation "geo.public.regions" does not exist` {
		t.Errorf("a table that was dropped: %s", got)
	}
}
