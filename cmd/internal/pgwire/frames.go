package pgwire

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	// maxMessage is the greatest length of a message that carries text or values.
	maxMessage = 64 << 20
	// maxSmall is the greatest length of other messages, and of all before the login.
	maxSmall = 10_000
	// keptBody is how much memory for messages a connection keeps.
	keptBody = 64 << 10
	// bodyStep is the memory taken before the bytes for it arrive: an announced length is only a claim.
	bodyStep = 1 << 20
)

// lostError says that the connection is of no more use: the client is gone, or out of step.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *lostError) Unwrap() error { return e.err }

// Is makes it session.ErrClientGone.
func (e *lostError) Is(target error) bool { return target == session.ErrClientGone }

func lost(err error) error {
	if err == nil {
		return nil
	}
	return &lostError{err}
}

func isLost(err error) bool {
	var l *lostError
	return errors.As(err, &l)
}

// frames reads messages.
type frames struct {
	r    io.Reader
	body []byte

	bind     pgproto3.Bind
	closing  pgproto3.Close
	describe pgproto3.Describe
	execute  pgproto3.Execute
	flush    pgproto3.Flush
	parse    pgproto3.Parse
	query    pgproto3.Query
	sync     pgproto3.Sync
	end      pgproto3.Terminate
	data     pgproto3.CopyData
	done     pgproto3.CopyDone
	failed   pgproto3.CopyFail
	call     pgproto3.FunctionCall
}

// passwordMessage is the type of the messages of an authentication exchange.
const passwordMessage = 'p'

// next reads a message's type and body, which is valid until the next call.
func (f *frames) next(limit func(kind byte) int) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return 0, nil, lost(err)
	}
	kind = head[0]
	n := int64(binary.BigEndian.Uint32(head[1:])) - 4
	most := limit(kind)
	switch {
	case most < 0:
		return 0, nil, violation("invalid frontend message type %d", kind)
	case n < 0 || n > int64(most):
		return 0, nil, violation("invalid message length")
	}
	if cap(f.body) > keptBody && n <= keptBody {
		f.body = nil
	}
	f.body = f.body[:0]
	for len(f.body) < int(n) {
		at, step := len(f.body), min(int(n)-len(f.body), bodyStep)
		if cap(f.body)-at < step {
			f.body = append(make([]byte, 0, max(2*at, at+step)), f.body...)
		}
		f.body = f.body[:at+step]
		if _, err := io.ReadFull(f.r, f.body[at:]); err != nil {
			return 0, nil, lost(err)
		}
	}
	return kind, f.body, nil
}

// violation is an error after which the bytes of the client mean nothing.
func violation(format string, args ...any) error {
	return fatalError{sqlerr.New(sqlerr.ProtocolViolation, format, args...)}
}

// fatalError is an error that ends the connection after the client was told.
type fatalError struct{ err error }

func (e fatalError) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e fatalError) Unwrap() error { return e.err }

func isFatal(err error) bool {
	var f fatalError
	return errors.As(err, &f) || sqlerr.Is(err, sqlerr.AdminShutdown)
}

// limitOf is the greatest length of a message by its type, -1 for a type that a client cannot send.
func limitOf(kind byte) int {
	switch kind {
	case 'Q', 'P', 'B', 'F', 'd':
		return maxMessage
	case 'C', 'D', 'E', 'H', 'S', 'X', 'c', 'f':
		return maxSmall
	}
	return -1
}

// limitBeforeLogin admits the messages of an authentication exchange.
func limitBeforeLogin(kind byte) int {
	if kind == passwordMessage {
		return maxSmall
	}
	return -1
}

// message reads and decodes a message, which is valid until the next call.
func (f *frames) message() (pgproto3.FrontendMessage, error) {
	kind, body, err := f.next(limitOf)
	if err != nil {
		return nil, err
	}
	m := f.messageOf(kind)
	if err := m.Decode(body); err != nil {
		return nil, violation("invalid message format: %w", err)
	}
	return m, nil
}

func (f *frames) messageOf(kind byte) pgproto3.FrontendMessage {
	switch kind {
	case 'B':
		return &f.bind
	case 'C':
		return &f.closing
	case 'D':
		return &f.describe
	case 'E':
		return &f.execute
	case 'H':
		return &f.flush
	case 'P':
		return &f.parse
	case 'Q':
		return &f.query
	case 'S':
		return &f.sync
	case 'd':
		return &f.data
	case 'c':
		return &f.done
	case 'f':
		return &f.failed
	case 'F':
		return &f.call
	}
	return &f.end
}
