package objstore

import (
	"errors"
	"io"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// errSize says that a writer's reader gave another number of bytes than announced.
var errSize = errors.New("size differs from the announced one")

func wrongSize(url string, size int64, long bool) error {
	word := "fewer"
	if long {
		word = "more"
	}
	return fail(sqlerr.InternalError, errSize, nil, "content for object %q has %s than the announced %d bytes", url, word, size)
}

// exactReader passes exactly n bytes on and turns both a shorter and a longer source into an error. It finds out that
// the source is longer before it passes the last bytes on, so that a transport cannot complete a wrong object.
type exactReader struct {
	r    io.Reader
	url  string
	size int64
	left int64
	err  error
}

func newExactReader(url string, r io.Reader, size int64) *exactReader {
	return &exactReader{r: r, url: url, size: size, left: size}
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if e.left == 0 {
		e.err = e.probe()
		return 0, e.err
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case err == io.EOF && e.left > 0:
		e.err = wrongSize(e.url, e.size, false)
		return n, e.err
	case err != nil && err != io.EOF: //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
		e.err = err
		return n, err
	case e.left == 0 && n > 0:
		if err := e.probe(); err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
			e.err = err
			return 0, err
		}
		e.err = io.EOF
	}
	return n, nil
}

// probe answers io.EOF when the source is at its end.
func (e *exactReader) probe() error {
	var b [1]byte
	for range 100 {
		n, err := e.r.Read(b[:])
		if n > 0 {
			return wrongSize(e.url, e.size, true)
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// readExactly reads size bytes and the end of r. Memory grows with what arrives, not with what was announced.
func readExactly(url string, r io.Reader, size int64) ([]byte, error) {
	data, err := io.ReadAll(newExactReader(url, r, size))
	if err != nil {
		return nil, err
	}
	return data, nil
}
