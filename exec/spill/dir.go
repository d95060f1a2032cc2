package spill

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// prefix begins the names of the directories that Sweep may remove.
const prefix = "tarn-spill-"

// Dir is the place of one query's spill files. It is safe for concurrent use.
type Dir struct {
	parent string

	mu     sync.Mutex
	path   string
	closed bool
	files  int
	bytes  atomic.Int64
}

// NewDir returns a place under parent ("": the system's directory for temporary files), which is made when it is first
// needed.
func NewDir(parent string) *Dir { return &Dir{parent: parent} }

// Bytes returns how many bytes were written in all.
func (d *Dir) Bytes() int64 { return d.bytes.Load() }

// create makes a new file.
func (d *Dir) create() (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, sqlerr.New(sqlerr.InternalError, "spill directory is closed")
	}
	if d.path == "" {
		parent := d.parent
		if parent == "" {
			parent = os.TempDir()
		}
		if err := os.MkdirAll(parent, 0o700); err != nil {
			return nil, ioError("make spill directory", err)
		}
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, ioError("make spill directory", err)
		}
		d.path = path
	}
	d.files++
	f, err := os.OpenFile(filepath.Join(d.path, strconv.Itoa(d.files)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, ioError("make spill file", err)
	}
	return f, nil
}

// Close removes all files. It is idempotent; streams that are still open fail.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.path == "" {
		return nil
	}
	path := d.path
	d.path = ""
	if err := os.RemoveAll(path); err != nil {
		return ioError("remove spill directory", err)
	}
	return nil
}

// Sweep removes the spill directories under parent that a process left behind. Call it before queries run.
func Sweep(parent string) error {
	if parent == "" {
		parent = os.TempDir()
	}
	entries, err := os.ReadDir(parent)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return ioError("list spill directory", err)
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
			return ioError("remove spill directory", err)
		}
	}
	return nil
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
