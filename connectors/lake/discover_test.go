package lake_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestDiscoverPartitions(t *testing.T) {
	w := newWorld(t)
	table := w.csvTable("t", "a bigint", "day date; shop varchar")
	for _, key := range []string{
		"t/day=2026-01-02/shop=a/f", "t/day=2026-01-02/shop=a/g", "t/DAY=2026-01-01/Shop=b%2Fc/f", "t/day=2026-01-03/shop=__HIVE_DEFAULT_PARTITION__/f",
		"t/day=2026-01-04/f", "t/other/thing/f", "t/day=2026-01-05/shop=x/_SUCCESS", "t/shop=a/day=2026-01-01/f", "tt/day=2026-01-09/shop=a/f",
	} {
		w.put(key, "1\n")
	}
	got, err := lake.DiscoverPartitions(context.Background(), w.set, table)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range got {
		shop := "NULL"
		if p.Values[1].Valid {
			shop = p.Values[1].Text()
		}
		texts = append(texts, p.Values[0].Text()+" "+shop+" "+p.Location)
	}
	want := []string{
		"2026-01-01 b/c mem://b/t/DAY=2026-01-01/Shop=b%2Fc/", "2026-01-02 a mem://b/t/day=2026-01-02/shop=a/",
		"2026-01-03 NULL mem://b/t/day=2026-01-03/shop=__HIVE_DEFAULT_PARTITION__/",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("%q\nwant %q", texts, want)
	}
	w.put("t/day=yesterday/shop=a/f", "1\n")
	if _, err := lake.DiscoverPartitions(context.Background(), w.set, table); !sqlerr.Is(err, sqlerr.InvalidDatetimeFormat) {
		t.Errorf("a value that is no date: %v", err)
	}
}
