package objstore_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
)

func TestDirDoesNotLeaveItsRoot(t *testing.T) {
	top := t.TempDir()
	root := filepath.Join(top, "root")
	mustDo(t, os.Mkdir(root, 0o755), os.WriteFile(filepath.Join(top, "secret"), []byte("secret"), 0o644),
		os.WriteFile(filepath.Join(root, "plain"), []byte("plain"), 0o644),
		os.Symlink("../secret", filepath.Join(root, "out")), os.Symlink(filepath.Join(top, "secret"), filepath.Join(root, "abs")),
		os.Symlink("plain", filepath.Join(root, "in")), os.Symlink("..", filepath.Join(root, "up")),
		os.Symlink("loop", filepath.Join(root, "loop")))
	d := openDir(t, root)
	ctx := context.Background()
	for _, key := range []string{"out", "abs", "up/secret", "loop"} {
		if _, err := d.Stat(ctx, key); !errors.Is(err, objstore.ErrAccessDenied) {
			t.Errorf("stat %s: %v", key, err)
		}
		obj := objstore.Object{Key: key, Size: 6}
		if err := d.ReadAt(ctx, obj, make([]byte, 6), 0); !errors.Is(err, objstore.ErrAccessDenied) {
			t.Errorf("read %s: %v", key, err)
		}
	}
	for _, key := range []string{"../secret", "/etc/passwd", "a/../../secret", "a//b", ".", "a/", "./a", ".tarn-x/a"} {
		if _, err := d.Put(ctx, key, strings.NewReader("x"), 1, objstore.Condition{}); !errors.Is(err, objstore.ErrInvalidKey) {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if _, err := d.Put(ctx, "up/new", strings.NewReader("x"), 1, objstore.Condition{}); err == nil {
		t.Error("wrote through a link that leads out")
	}
	if _, err := os.Stat(filepath.Join(top, "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file appeared outside: %v", err)
	}
	var keys []string
	for o, err := range d.List(ctx, "", objstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	if got := strings.Join(keys, " "); got != "in plain" {
		t.Errorf("listed %q", got)
	}
}

func mustDo(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestDirSeesWritesOfOthers(t *testing.T) {
	root := t.TempDir()
	d := openDir(t, root)
	ctx := context.Background()
	obj, err := d.Put(ctx, "a/k", strings.NewReader("0123456789"), 10, objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(root, "a/k"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("more")
	mustDo(t, err, f.Close())
	if err := d.ReadAt(ctx, obj, make([]byte, 5), 0); !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("%v", err)
	}
	if _, err := d.Put(ctx, "a/k", strings.NewReader("x"), 1, objstore.Condition{IfMatch: obj.ETag}); !errors.Is(err, objstore.ErrConflict) {
		t.Errorf("%v", err)
	}
}

func TestDirStreamNoticesAChange(t *testing.T) {
	root := t.TempDir()
	d := openDir(t, root)
	ctx := context.Background()
	obj, err := d.Put(ctx, "k", strings.NewReader("0123456789"), 10, objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(ctx, obj, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // a test
	p := make([]byte, 4)
	if _, err := r.Read(p); err != nil {
		t.Fatal(err)
	}
	mustDo(t, os.Truncate(filepath.Join(root, "k"), 6))
	for err == nil {
		_, err = r.Read(p)
	}
	if !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("%v", err)
	}
}

func TestDirLeavesNoTemporaryFiles(t *testing.T) {
	root := t.TempDir()
	d := openDir(t, root)
	ctx := context.Background()
	if _, err := d.Put(ctx, "k", strings.NewReader("x"), 1, objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(ctx, "k", strings.NewReader("x"), 1, objstore.Condition{IfAbsent: true}); err == nil {
		t.Fatal("no conflict")
	}
	if _, err := d.Put(ctx, "k/below", strings.NewReader("x"), 1, objstore.Condition{}); err == nil {
		t.Fatal("a file became a directory")
	}
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) != 1 || entries[0].Name() != "k" {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestDirOfAMissingDirectory(t *testing.T) {
	if _, err := objstore.OpenDir(t.TempDir() + "/none"); !errors.Is(err, objstore.ErrNoBucket) {
		t.Errorf("%v", err)
	}
}
