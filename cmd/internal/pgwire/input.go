package pgwire

import (
	"errors"
	"io"
	"net"
	"time"
)

// input is what the client sends. Until start is called it reads from the socket; then a goroutine reads ahead.
type input struct {
	nc net.Conn
	// ending is closed when the server wants the connection to end.
	ending <-chan struct{}
	// gone is told when the client has closed its side, or the connection broke.
	gone func(error)

	full, free chan []byte
	quit       chan struct{}
	err        error // why full was closed
	chunk      []byte
	left       []byte // the unread part of chunk
}

const (
	// readAhead is the size of a chunk; a connection has two.
	readAhead = 8 << 10
	chunks    = 2
)

// errEnding says that the server wants the connection to end.
var errEnding = errors.New("the server ends the connection")

// errIdle says that a client was idle for too long.
var errIdle = errors.New("idle for too long")

// start begins reading ahead.
func (in *input) start() {
	in.full, in.free, in.quit = make(chan []byte, chunks), make(chan []byte, chunks), make(chan struct{})
	for range chunks {
		in.free <- make([]byte, readAhead)
	}
	go in.pump()
}

// stop ends the reading goroutine, once the socket is closed.
func (in *input) stop() {
	if in.quit != nil {
		close(in.quit)
	}
}

func (in *input) pump() {
	for {
		var b []byte
		select {
		case b = <-in.free:
		case <-in.quit:
			return
		}
		n, err := in.nc.Read(b[:readAhead])
		if n > 0 {
			in.full <- b[:n] // there is room for every chunk
		}
		if err != nil {
			in.err = err
			close(in.full)
			in.gone(err)
			return
		}
	}
}

// Read returns bytes of the client.
func (in *input) Read(p []byte) (int, error) {
	if in.full == nil {
		return in.nc.Read(p)
	}
	if err := in.wait(0); err != nil {
		return 0, err
	}
	n := copy(p, in.left)
	in.left = in.left[n:]
	return n, nil
}

// wait returns when there is a byte to read, errEnding when the server ends, and errIdle after a time, if it is not 0.
func (in *input) wait(limit time.Duration) error {
	if len(in.left) > 0 {
		return nil
	}
	if in.chunk != nil {
		in.free <- in.chunk
		in.chunk = nil
	}
	select {
	case <-in.ending: // before what waits in full
		return errEnding
	default:
	}
	var timeout <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case b, ok := <-in.full:
		if !ok {
			return in.closed()
		}
		in.chunk, in.left = b, b
		return nil
	case <-in.ending:
		return errEnding
	case <-timeout:
		return errIdle
	}
}

func (in *input) closed() error {
	if in.err == nil {
		return io.EOF
	}
	return in.err
}
