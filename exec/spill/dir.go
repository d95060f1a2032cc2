package spill

import (
	"errors"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// pattern is how files are named, for the moment that they have a name.
const pattern = "tarn-spill-*"

// Dir is the place of one query's spill files. A file loses its name as soon as it is made, so that nothing is left of it
// when the process ends, however it ends; where a system keeps the names of open files, closing removes it. It is safe for
// concurrent use.
type Dir struct {
	parent string

	mu     sync.Mutex
	named  map[*os.File]bool // the open files, and whether they have kept their names
	closed bool
	bytes  atomic.Int64
}

// NewDir returns a place in the directory parent ("": the system's for temporary files), which is made when it is first
// needed.
func NewDir(parent string) *Dir { return &Dir{parent: parent, named: map[*os.File]bool{}} }

// Bytes returns how many bytes were written in all.
func (d *Dir) Bytes() int64 { return d.bytes.Load() }

// create makes a new file.
func (d *Dir) create() (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, sqlerr.New(sqlerr.InternalError, "spill directory is closed")
	}
	if d.parent != "" && len(d.named) == 0 {
		if err := os.MkdirAll(d.parent, 0o700); err != nil {
			return nil, ioError("make spill directory", err)
		}
	}
	f, err := os.CreateTemp(d.parent, pattern)
	if err != nil {
		return nil, ioError("make spill file", err)
	}
	d.named[f] = os.Remove(f.Name()) != nil
	return f, nil
}

// remove closes a file, and with it frees its space.
func (d *Dir) remove(f *os.File) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	named, open := d.named[f]
	if !open {
		return nil
	}
	delete(d.named, f)
	err := f.Close()
	if named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	if err != nil {
		return ioError("remove spill file", err)
	}
	return nil
}

// Close removes all files. It is idempotent; streams that are still open fail.
func (d *Dir) Close() error {
	d.mu.Lock()
	d.closed = true
	files := slices.Collect(maps.Keys(d.named))
	d.mu.Unlock()
	var err error
	for _, f := range files {
		err = errors.Join(err, d.remove(f))
	}
	return err
}

// ioError gives a failed operation its SQLSTATE: 53100 when the disk is full.
func ioError(what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return sqlerr.New(sqlerr.DiskFull, "could not %s: %w", what, err).
			WithHint("free space in the spill directory, or raise the memory limit of queries")
	}
	return sqlerr.New(sqlerr.IOError, "could not %s: %w", what, err)
}

func damaged(what string) error {
	return sqlerr.New(sqlerr.DataCorrupted, "spill file is damaged: %s", what)
}
