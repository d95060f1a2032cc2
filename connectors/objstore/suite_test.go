package objstore_test

import (
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
	"github.com/tarnsql/tarn/connectors/objstore/objstoretest"
)

func TestMemory(t *testing.T) {
	objstoretest.Run(t, func(*testing.T, string) objstore.Store { return objstore.NewMemory("b") })
}

func TestDir(t *testing.T) {
	objstoretest.Run(t, func(t *testing.T, _ string) objstore.Store { return openDir(t, t.TempDir()) })
}

func openDir(t *testing.T, dir string) *objstore.Dir {
	t.Helper()
	d, err := objstore.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestRetryingMemory(t *testing.T) {
	objstoretest.Run(t, func(*testing.T, string) objstore.Store {
		return objstore.Retrying(objstore.NewMemory("b"), objstore.Policy{})
	})
}

func TestFaultyWithoutRules(t *testing.T) {
	objstoretest.Run(t, func(*testing.T, string) objstore.Store { return faulty.New(objstore.NewMemory("b"), 1) })
}
