package pgwire

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	// flushSize is how many bytes are gathered before they are written.
	flushSize = 64 << 10
	// writePiece is how many bytes the client must take before the stall time ends.
	writePiece = 64 << 10
)

// buffers holds write buffers of connections that do not stream rows now.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, flushSize+16<<10); return &b }}

// output is what the client receives. Messages gather in buf. flush writes them; while rows stream, handOver has another goroutine
// write them, and the next rows gather in a second buffer meanwhile: that is all that a slow client can make the server hold.
type output struct {
	nc net.Conn
	// stall is how long the client may take nothing before the connection is given up.
	stall time.Duration
	// gone is told when writing fails while a statement runs.
	gone func(error)

	buf     []byte
	flying  []byte // being written, nil when nothing is
	landed  chan error
	failure error
}

// send gathers a message.
func (o *output) send(m pgproto3.BackendMessage) error {
	at := len(o.buf)
	out, err := m.Encode(o.buf)
	if err != nil {
		o.buf = o.buf[:at]
		return sqlerr.New(sqlerr.ProgramLimit, "message too long for the protocol: %w", err)
	}
	o.buf = out
	return nil
}

// roomy makes the buffer large enough for rows.
func (o *output) roomy() {
	if cap(o.buf) < flushSize {
		b := *buffers.Get().(*[]byte) //nolint:errcheck,forcetypeassert // the pool has nothing else
		o.buf = append(b[:0], o.buf...)
	}
}

// handOver has the gathered bytes written while the caller goes on. It waits for the bytes before them, until ctx ends.
func (o *output) handOver(ctx context.Context) error {
	if err := o.await(ctx); err != nil {
		return err
	}
	o.launch()
	return nil
}

// offer has the gathered bytes written if nothing is being written: the producer may pause now.
func (o *output) offer() {
	select {
	case err := <-o.landed:
		o.land(err)
	default:
	}
	if o.flying == nil && o.failure == nil && len(o.buf) > 0 {
		o.launch()
	}
}

func (o *output) launch() {
	if o.landed == nil {
		o.landed = make(chan error, 1)
	}
	b := o.buf
	o.flying, o.buf = b, *buffers.Get().(*[]byte) //nolint:errcheck,forcetypeassert // the pool has nothing else
	stall := o.stall
	go func() {
		err := o.write(b, stall)
		if err != nil {
			o.gone(err)
		}
		o.landed <- err
	}()
}

// await waits until nothing is being written.
func (o *output) await(ctx context.Context) error {
	if o.flying != nil {
		select {
		case err := <-o.landed:
			o.land(err)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return lost(o.failure)
}

func (o *output) land(err error) {
	recycle(o.flying)
	o.flying = nil
	if o.failure == nil {
		o.failure = err
	}
}

func recycle(b []byte) {
	if cap(b) >= flushSize && cap(b) <= 4*flushSize {
		b = b[:0]
		buffers.Put(&b)
	}
}

// flush writes all gathered bytes.
func (o *output) flush() error {
	if err := o.await(context.Background()); err != nil {
		return err
	}
	if len(o.buf) == 0 {
		return nil
	}
	o.failure = o.write(o.buf, o.stall)
	if cap(o.buf) >= flushSize { // was for rows
		recycle(o.buf)
		o.buf = nil
	} else {
		o.buf = o.buf[:0]
	}
	return lost(o.failure)
}

func (o *output) write(b []byte, stall time.Duration) error {
	for len(b) > 0 {
		if stall > 0 {
			if err := o.nc.SetWriteDeadline(time.Now().Add(stall)); err != nil {
				return err
			}
		}
		n, err := o.nc.Write(b[:min(len(b), writePiece)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
