package pgwire

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Listen opens the address of a server: host:port, or an absolute path for a Unix socket.
func Listen(addr string) (net.Listener, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
		if err := removeStale(addr); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen(network, addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errInUse(addr)
	case errors.Is(err, fs.ErrPermission):
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "listen on %s: %w", addr, err).
			WithHint("ports below 1024 need privileges: choose another one with --listen")
	}
	return nil, sqlerr.New(sqlerr.SystemError, "listen on %s: %w", addr, err).WithHint("choose another address with --listen")
}

func errInUse(addr string) error {
	return sqlerr.New(sqlerr.ObjectInUse, "address %s is already in use", addr).
		WithHint("another server runs there: stop it, or choose another address with --listen")
}

// removeStale removes the socket that a server which runs no more has left.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return sqlerr.New(sqlerr.ObjectInUse, "listen on %s: there is a file of the name", path).WithHint("choose another address with --listen")
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return errInUse(path)
	}
	if err := os.Remove(path); err != nil {
		return sqlerr.New(sqlerr.SystemError, "listen on %s: %w", path, err)
	}
	return nil
}
