package objstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
)

// Put implements Store. The content goes to a temporary file that is synced and then renamed; the parent directory is
// synced too, so an acknowledged write survives a power cut. The check of a condition and the rename happen under a
// lock that other processes using this directory through this package also take.
func (d *Dir) Put(ctx context.Context, key string, r io.Reader, size int64, c Condition) (Object, error) {
	if err := checkPut(key, size, c); err != nil {
		return Object{}, err
	}
	if err := d.checkKey(key); err != nil {
		return Object{}, err
	}
	countersOf(ctx).request(OpPut)
	tmp, err := d.writeTemp(ctx, key, r, size)
	if err != nil {
		return Object{}, d.pathError(OpPut, key, err)
	}
	obj, err := d.publish(ctx, key, tmp, c)
	if err != nil {
		_ = d.root.Remove(tmp) // the first error is the one that counts
		return Object{}, d.pathError(OpPut, key, err)
	}
	return obj, nil
}

// writeTemp writes the content to a new file in the root and returns its name.
func (d *Dir) writeTemp(ctx context.Context, key string, r io.Reader, size int64) (string, error) {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	name := ownPrefix + "put-" + hex.EncodeToString(b[:])
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, newExactReader(d.URL(key), &contextReader{ctx: ctx, r: r}, size))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = d.root.Remove(name) // the first error is the one that counts
		return "", err
	}
	return name, nil
}

// publish gives the temporary file its name if the condition holds.
func (d *Dir) publish(ctx context.Context, key, tmp string, c Condition) (Object, error) {
	unlock, err := d.lock()
	if err != nil {
		return Object{}, err
	}
	defer unlock()
	if err := ctx.Err(); err != nil {
		return Object{}, err
	}
	if err := d.holds(key, c); err != nil {
		return Object{}, err
	}
	parent := path.Dir(key)
	if err := d.root.MkdirAll(parent, 0o755); err != nil {
		return Object{}, err
	}
	if err := d.root.Rename(tmp, key); err != nil {
		return Object{}, err
	}
	for dir := parent; ; dir = path.Dir(dir) {
		if err := d.syncDir(dir); err != nil {
			return Object{}, err
		}
		if dir == "." {
			break
		}
	}
	info, err := d.root.Stat(key)
	if err != nil {
		return Object{}, err
	}
	return objectAt(key, info), nil
}

func (d *Dir) holds(key string, c Condition) error {
	if c == (Condition{}) {
		return nil
	}
	info, err := d.root.Stat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if c.IfAbsent {
			return nil
		}
		return Conflict(d.URL(key), c)
	case err != nil:
		return err
	case c.IfAbsent, fileETag(info) != c.IfMatch:
		return Conflict(d.URL(key), c)
	}
	return nil
}

func (d *Dir) syncDir(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Delete implements Store. Directories that become empty go too: a folder without files does not exist.
func (d *Dir) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.checkKey(key); err != nil {
		return err
	}
	countersOf(ctx).request(OpDelete)
	unlock, err := d.lock()
	if err != nil {
		return d.pathError(OpDelete, key, err)
	}
	defer unlock()
	info, err := d.root.Lstat(key)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		err = d.root.Remove(key)
	}
	if err != nil {
		if err = d.pathError(OpDelete, key, err); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if d.root.Remove(dir) != nil { // not empty
			break
		}
	}
	return nil
}

// contextReader ends a copy when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
