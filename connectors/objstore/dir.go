package objstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Dir is a Store over a directory tree: keys are slash-separated paths below it. Access is confined to the tree;
// symbolic links that lead out of it are refused. ETags are made of size, modification time and inode, so a file that
// is replaced or written to is another version.
//
// Links to files inside the tree are followed, links to directories are not listed (they could form a cycle). Names
// that start with ".tarn-" are the store's own and not listed.
type Dir struct {
	root *os.Root
	path string
}

// ownPrefix starts the names that the store uses for itself.
const ownPrefix = ".tarn-"

// maxDepth bounds how deep a listing descends.
const maxDepth = 200

// OpenDir returns the store over the directory. It must exist.
func OpenDir(directory string) (*Dir, error) {
	abs, err := filepath.Abs(directory)
	if err != nil {
		return nil, sqlerr.New(sqlerr.IOError, "cannot find directory %q: %w", directory, err)
	}
	d := &Dir{path: filepath.ToSlash(abs)}
	if d.root, err = os.OpenRoot(abs); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fail(sqlerr.UndefinedFile, ErrNoBucket, nil, "directory %q does not exist", d.URL("")).
				WithHint("Create it, or correct the storage configuration.")
		}
		return nil, d.pathError(OpList, "", err)
	}
	return d, nil
}

// Close releases the directory. The store must not be used afterwards.
func (d *Dir) Close() error { return d.root.Close() }

// URL implements Store.
func (d *Dir) URL(key string) string { return "file://" + strings.TrimSuffix(d.path, "/") + "/" + key }

// pathError turns an error of the operating system into ours.
func (d *Dir) pathError(op Op, key string, err error) error {
	u := d.URL(key)
	cause := err
	var pe *fs.PathError
	if errors.As(err, &pe) {
		cause = pe.Err
	}
	switch {
	case sqlerr.As(err) != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist), op != OpPut && errors.Is(err, syscall.ENOTDIR):
		return NotFound(u)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ELOOP), strings.Contains(cause.Error(), "escapes"):
		return AccessDenied(op.String(), u, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return sqlerr.New(sqlerr.DiskFull, "cannot %s %q: %w", op, u, cause)
	}
	return fail(sqlerr.IOError, ErrUnavailable, err, "cannot %s %q: %s", op, u, cause)
}

// checkKey refuses keys that are no plain path below the root.
func (d *Dir) checkKey(key string) error {
	switch {
	case key == "" || key == "." || !fs.ValidPath(key):
		return InvalidKey(key, "a file needs a path without empty parts, \".\" and \"..\"")
	case strings.ContainsRune(key, 0):
		return InvalidKey(key, "it holds a zero byte")
	case slices.ContainsFunc(strings.Split(key, "/"), func(s string) bool { return strings.HasPrefix(s, ownPrefix) }):
		return InvalidKey(key, "names that start with "+ownPrefix+" are reserved")
	}
	return nil
}

// objectAt describes a regular file.
func objectAt(key string, info fs.FileInfo) Object {
	return Object{Key: key, Size: info.Size(), ETag: fileETag(info), Modified: info.ModTime().UTC()}
}

// fileETag names the version of a file.
func fileETag(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), inode(info))
}

// Stat implements Store.
func (d *Dir) Stat(ctx context.Context, key string) (Object, error) {
	if err := ctx.Err(); err != nil {
		return Object{}, err
	}
	if err := d.checkKey(key); err != nil {
		return Object{}, err
	}
	countersOf(ctx).request(OpStat)
	info, err := d.root.Stat(key)
	if err != nil {
		return Object{}, d.pathError(OpStat, key, err)
	}
	if !info.Mode().IsRegular() {
		return Object{}, NotFound(d.URL(key))
	}
	return objectAt(key, info), nil
}

// openPinned opens the file of obj if it is still the version that obj names.
func (d *Dir) openPinned(ctx context.Context, obj Object) (*os.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := d.checkKey(obj.Key); err != nil {
		return nil, err
	}
	countersOf(ctx).request(OpRead)
	f, err := d.root.OpenFile(obj.Key, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe must not block
	if err != nil {
		return nil, d.pathError(OpRead, obj.Key, err)
	}
	if err := d.unchanged(f, obj); err != nil {
		_ = f.Close() // opened for reading
		return nil, err
	}
	return f, nil
}

func (d *Dir) unchanged(f *os.File, obj Object) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return d.pathError(OpRead, obj.Key, err)
	case !info.Mode().IsRegular():
		return NotFound(d.URL(obj.Key))
	case obj.ETag != "" && fileETag(info) != obj.ETag, info.Size() != obj.Size:
		return Changed(d.URL(obj.Key))
	}
	return nil
}

// ReadAt implements Store.
func (d *Dir) ReadAt(ctx context.Context, obj Object, p []byte, off int64) error {
	if err := checkRange(d, obj, off, int64(len(p))); err != nil || len(p) == 0 {
		return err
	}
	f, err := d.openPinned(ctx, obj)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	n, err := f.ReadAt(p, off)
	countersOf(ctx).fetched(int64(n))
	if n < len(p) {
		if errors.Is(err, io.EOF) {
			return Changed(d.URL(obj.Key)) // it was cut off after the check
		}
		return d.pathError(OpRead, obj.Key, err)
	}
	return d.unchanged(f, obj) // written to in place while it was read
}

// Open implements Store.
func (d *Dir) Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error) {
	if err := checkRange(d, obj, off, 0); err != nil {
		return nil, err
	}
	f, err := d.openPinned(ctx, obj)
	if err != nil {
		return nil, err
	}
	r := &dirReader{d: d, f: f, ctx: ctx, obj: obj, off: off}
	return &countingReader{ReadCloser: r, l: countersOf(ctx)}, nil
}

// dirReader streams a file and checks at its end that it was not written to meanwhile.
type dirReader struct {
	d   *Dir
	f   *os.File
	ctx context.Context
	obj Object
	off int64
}

func (r *dirReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	left := r.obj.Size - r.off
	if left == 0 {
		if err := r.d.unchanged(r.f, r.obj); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	n, err := r.f.ReadAt(p[:min(int64(len(p)), left)], r.off)
	r.off += int64(n)
	switch {
	case n > 0 || err == nil:
		return n, nil
	case err == io.EOF:
		return 0, Changed(r.d.URL(r.obj.Key))
	}
	return 0, r.d.pathError(OpRead, r.obj.Key, err)
}

func (r *dirReader) Close() error { return r.f.Close() }

// List implements Store. One directory's names are held in memory at a time, for each level.
func (d *Dir) List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := checkDelimiter(o); err != nil {
			yield(Object{}, err)
			return
		}
		folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
		if folder != "" && !fs.ValidPath(strings.TrimSuffix(folder, "/")) {
			return // no file can have such a key
		}
		w := dirWalk{d: d, ctx: ctx, prefix: prefix, o: o, yield: yield}
		w.walk(folder, 0)
	}
}

type dirWalk struct {
	d      *Dir
	ctx    context.Context
	prefix string
	o      ListOptions
	yield  func(Object, error) bool
}

// walk lists the directory with the given key ("" or ending in a slash) and reports whether to go on.
func (w *dirWalk) walk(folder string, depth int) bool {
	if err := w.ctx.Err(); err != nil {
		return w.stop(err)
	}
	if depth > maxDepth {
		return w.stop(sqlerr.New(sqlerr.ProgramLimit, "directory %q is more than %d levels deep", w.d.URL(folder), maxDepth))
	}
	keys, err := w.names(folder)
	if err != nil {
		return w.stop(err)
	}
	for _, key := range keys {
		isDir := strings.HasSuffix(key, "/")
		if !w.wanted(key, isDir) {
			continue
		}
		if isDir && w.o.Delimiter == "" {
			if !w.walk(key, depth+1) {
				return false
			}
			continue
		}
		if !w.give(key, isDir) {
			return false
		}
	}
	return true
}

func (w *dirWalk) stop(err error) bool {
	w.yield(Object{}, err)
	return false
}

// names returns the keys in a directory in the byte order of keys: a folder counts with its slash.
func (w *dirWalk) names(folder string) ([]string, error) {
	countersOf(w.ctx).request(OpList)
	f, err := w.d.root.Open(path.Clean("./" + folder))
	if err != nil {
		err = w.d.pathError(OpList, folder, err)
		if folder != "" && errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	entries, err := f.ReadDir(-1)
	if err != nil {
		if errors.Is(err, syscall.ENOTDIR) {
			return nil, nil
		}
		return nil, w.d.pathError(OpList, folder, err)
	}
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), ownPrefix):
		case e.IsDir():
			keys = append(keys, folder+e.Name()+"/")
		case e.Type().IsRegular(), e.Type()&fs.ModeSymlink != 0:
			keys = append(keys, folder+e.Name())
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// wanted reports whether the key, or something below the folder, can be part of the answer.
func (w *dirWalk) wanted(key string, isDir bool) bool {
	if !strings.HasPrefix(key, w.prefix) {
		return false
	}
	if isDir && w.o.Delimiter == "" && strings.HasPrefix(w.o.StartAfter, key) {
		return true
	}
	return key > w.o.StartAfter
}

// give yields one entry. A folder is one only if a file is somewhere below it, as in S3.
func (w *dirWalk) give(key string, isDir bool) bool {
	if isDir {
		full, err := w.hasFile(key, 0)
		switch {
		case err != nil:
			return w.stop(err)
		case !full:
			return true
		}
		return w.yield(Object{Key: key, Prefix: true}, nil)
	}
	info, err := w.d.root.Stat(key)
	if err != nil {
		switch err = w.d.pathError(OpList, key, err); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrAccessDenied):
			return true // deleted meanwhile, or a link that leads out
		}
		return w.stop(err)
	}
	if !info.Mode().IsRegular() {
		return true
	}
	return w.yield(objectAt(key, info), nil)
}

// hasFile reports whether any file is below a folder.
func (w *dirWalk) hasFile(folder string, depth int) (bool, error) {
	if err := w.ctx.Err(); err != nil || depth > maxDepth {
		return false, err
	}
	keys, err := w.names(folder)
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		if !strings.HasSuffix(key, "/") {
			return true, nil
		}
	}
	for _, key := range keys {
		if full, err := w.hasFile(key, depth+1); full || err != nil {
			return full, err
		}
	}
	return false, nil
}
