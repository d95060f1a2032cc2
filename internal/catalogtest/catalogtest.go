// Package catalogtest opens catalogs for tests.
package catalogtest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tarnsql/tarn/catalog/store"
)

// Open returns an empty catalog in a file, which is closed when the test ends.
func Open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "catalog.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
