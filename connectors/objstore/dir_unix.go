//go:build unix

package objstore

import (
	"errors"
	"io/fs"
	"syscall"
)

// inode is the file's number in its file system.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino) //nolint:unconvert // narrower on some systems
	}
	return 0
}

// lock takes the directory's write lock. The lock is on an open file description, so it excludes the goroutines of
// this process as well as other processes, and it ends with the process.
func (d *Dir) lock() (unlock func(), err error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close() // the first error is the one that counts
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
