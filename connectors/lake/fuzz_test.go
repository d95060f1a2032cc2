package lake_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// FuzzDiscover reads partitions from any object name: what is found must lie below the table's root and have a value for
// each key.
func FuzzDiscover(f *testing.F) {
	for _, s := range []string{"day=2026-01-01/n=1/f", "DAY=__HIVE_DEFAULT_PARTITION__/n=%31/x/y", "day=a/n=", "=/=/=", "day=2026-01-01/n=1%/f", "//f"} {
		f.Add(s)
	}
	table := &catalog.Table{Name: "t", Location: "mem://b/t", Keys: []catalog.Column{{Name: "day", Type: schema.T(schema.Date)}, {Name: "n", Type: schema.T(schema.Integer)}}}
	f.Fuzz(func(t *testing.T, name string) {
		ctx := context.Background()
		bucket := objstore.NewMemory("b")
		if _, err := bucket.Put(ctx, "t/"+name, bytes.NewReader([]byte{'x'}), 1, objstore.Condition{}); err != nil {
			return
		}
		var set objstore.Set
		if err := set.Add("mem://b", bucket); err != nil {
			t.Fatal(err)
		}
		got, err := lake.DiscoverPartitions(ctx, &set, table)
		if err != nil {
			return
		}
		for _, p := range got {
			if len(p.Values) != 2 || len(p.Location) <= len("mem://b/t/") || p.Location[:10] != "mem://b/t/" {
				t.Fatalf("%+v", p)
			}
		}
	})
}
