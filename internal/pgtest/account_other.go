//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

// account exists only where the supervisor's shell does.
type account struct{}

func serverAccount() (*account, error) {
	return nil, errors.New("a PostgreSQL server for tests is started on Unix systems only")
}

func (*account) own(string) error { return nil }

func (*account) apply(*exec.Cmd) {}

func detach(*exec.Cmd) {}
