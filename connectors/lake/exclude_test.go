package lake_test

import (
	"context"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// exclude sets the property of a table.
func (w *world) exclude(t *catalog.Table, text string) {
	w.t.Helper()
	changed := *t
	changed.Properties = map[string]string{"exclusions": text}
	w.update(func(tx catalog.Tx) error { return tx.AlterTable(context.Background(), &changed) })
}

func TestExcludedFilesAreNotRead(t *testing.T) {
	w := newWorld(t)
	plain := w.csvTable("plain", "a bigint", "")
	w.put("plain/1.csv", "1\n")
	w.put("plain/2.tmp", "x\n")
	w.put("plain/sub/3.csv", "3\n")
	w.put("plain/sub/4.tmp", "x\n")
	parts := w.csvTable("parts", "a bigint", "k varchar", "x", "y", "z mem://b/elsewhere/")
	w.put("parts/x/1.csv", "1\n")
	w.put("parts/x/2.tmp", "x\n")
	w.put("parts/y/3.csv", "3\n")
	w.put("elsewhere/4.tmp", "4\n")
	for _, c := range []struct {
		table   *catalog.Table
		pattern string
		want    []string
	}{
		{plain, `["mem://b/plain/**.tmp"]`, []string{"1", "3"}},
		{plain, `["**.tmp"]`, []string{"1", "3"}},
		{plain, `["mem://b/**.tmp", "mem://b/plain/sub/"]`, []string{"1"}},
		{plain, `["*.{tmp,csv}", "sub/4.*"]`, []string{"3"}},
		{plain, `["*", "sub/*"]`, nil},
		{parts, `["**.tmp"]`, []string{"1|x", "3|y", "4|z"}},
		{parts, `["mem://b/parts/y/", "mem://b/**/2.tmp"]`, []string{"1|x", "4|z"}},
	} {
		w.exclude(c.table, c.pattern)
		s := w.statement(c.table.Name)
		names := "a"
		if c.table == parts {
			names = "a k"
		}
		s.expect(s.scan(names, connectors.ScanRequest{}), c.want...)
	}
}

func TestExclusionsThatAreNoPatternsFailTheScan(t *testing.T) {
	w := newWorld(t)
	def := w.csvTable("t", "a bigint", "k varchar", "x")
	w.put("t/x/1", "1\n")
	for _, text := range []string{"**.tmp", `["[a"]`, `{"a": 1}`} {
		w.exclude(def, text)
		s := w.statement("t")
		_, err := s.table.Scan(context.Background(), connectors.ScanRequest{Query: s.query, Metrics: s.metrics, Columns: s.ordinals("a")})
		if !sqlerr.Is(err, sqlerr.InvalidParameterValue) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestExcludedFoldersAreNoPartitions(t *testing.T) {
	w := newWorld(t)
	def := w.csvTable("t", "a bigint", "k varchar")
	w.put("t/k=x/1.csv", "1\n")
	w.put("t/k=y/1.tmp", "1\n")
	changed := *def
	changed.Properties = map[string]string{"exclusions": `["**.tmp"]`}
	found, err := lake.DiscoverPartitions(context.Background(), w.set, &changed)
	if err != nil || len(found) != 1 || found[0].Location != "mem://b/t/k=x/" {
		t.Errorf("%+v, %v", found, err)
	}
}
