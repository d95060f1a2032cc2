package s3gateway

import (
	"os"

	"golang.org/x/sys/unix"
)

// probeXattr sets and reads a user attribute.
func probeXattr(f *os.File) bool {
	const name = "user.tarn-probe"
	if err := unix.Fsetxattr(int(f.Fd()), name, []byte("1"), 0); err != nil {
		return false
	}
	var b [1]byte
	n, err := unix.Fgetxattr(int(f.Fd()), name, b[:])
	return err == nil && n == 1
}
