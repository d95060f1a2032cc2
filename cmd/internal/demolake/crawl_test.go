package demolake_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/store"
	"github.com/tarnsql/tarn/cmd/internal/demolake"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/parquet"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
)

func TestX(t *testing.T) {
	ctx := context.Background()
	lake := objstore.NewMemory("demo")
	m, err := demolake.Generate(ctx, lake, demolake.Options{Scale: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "c.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer cat.Close()
	set, _ := objstore.NewSet(ctx)
	set.Add("mem://demo/", lake)
	e := crawler.New(cat, set, map[catalog.Format]format.Format{catalog.Parquet: parquet.Format{}}, crawler.Options{})
	start := time.Now()
	p, run, err := e.Run(ctx, catalog.Crawler{Name: "demo", Targets: []string{"mem://demo/"}}, crawler.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start), m.Tables, run)
	for _, c := range p.Changes {
		t.Log(strings.TrimSpace(c.Action + " " + c.Object + " " + c.After + " " + c.Reason))
	}
}
