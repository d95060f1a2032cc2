package datasets

import (
	"context"
	"os"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
)

// Put writes the tables' files into a store, each under prefix and its key; the prefix is empty or ends with a slash.
func Put(t testing.TB, store objstore.Store, prefix string, tables ...Table) {
	t.Helper()
	for _, table := range tables {
		if err := put(context.Background(), store, prefix+table.Key, table.Path(t)); err != nil {
			t.Fatalf("put %s: %v", table.Name, err)
		}
	}
}

func put(ctx context.Context, store objstore.Store, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, key, f, info.Size(), objstore.Condition{})
	return err
}
