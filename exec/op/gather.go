package op

import (
	"context"
	"io"
	"runtime/debug"
	"sync"

	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Gather joins chains of workers into one stream. Each chain runs in a goroutine of its own; what it returns is copied,
// because its buffers go on to be used.
type Gather struct {
	chains []Operator
	ctx    context.Context //nolint:containedctx // of the workers, ended by Close
	cancel context.CancelCauseFunc
	out    chan *vector.Batch
	wg     sync.WaitGroup
	start  sync.Once
	mu     sync.Mutex
	err    error
}

// NewGather returns the stream of several chains. One chain is returned as it is.
func NewGather(chains []Operator) Operator {
	if len(chains) == 1 {
		return chains[0]
	}
	return &Gather{chains: chains}
}

// Open starts the workers, which open their chains.
func (g *Gather) Open(ctx context.Context) error {
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	g.out = make(chan *vector.Batch, 2*len(g.chains))
	return nil
}

func (g *Gather) run() {
	for _, c := range g.chains {
		g.wg.Go(func() {
			if err := Guard(func() error { return g.drain(c) }); err != nil {
				g.fail(err)
			}
		})
	}
	go func() {
		g.wg.Wait()
		close(g.out)
	}()
}

func (g *Gather) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
		g.cancel(err)
	}
}

func (g *Gather) drain(c Operator) error {
	if err := c.Open(g.ctx); err != nil {
		return err
	}
	for {
		b, err := c.Next(g.ctx)
		if done(err) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case g.out <- b.Clone():
		case <-g.ctx.Done():
			return context.Cause(g.ctx)
		}
	}
}

// Next returns the next batch of any chain.
func (g *Gather) Next(ctx context.Context) (*vector.Batch, error) {
	g.start.Do(g.run)
	select {
	case b, ok := <-g.out:
		if ok {
			return b, nil
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.err != nil {
			return nil, g.err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Close stops the workers, waits for them, and closes their chains.
func (g *Gather) Close() error {
	if g.cancel != nil {
		g.cancel(context.Canceled) // frees workers that wait for room
		g.start.Do(func() { close(g.out) })
		g.wg.Wait()
	}
	return closeAll(g.chains)
}

// Guard runs f and turns a panic into an internal error: a fault in one worker must not end the server.
func Guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok && sqlerr.As(e) != nil {
				err = e
				return
			}
			err = sqlerr.New(sqlerr.InternalError, "internal error in a worker: %v", p).WithDetail("%s", debug.Stack())
		}
	}()
	return f()
}

// Parallel runs f for every chain at once and returns the first error. A single chain runs in the caller's goroutine.
func Parallel(ctx context.Context, chains []Operator, f func(ctx context.Context, worker int, c Operator) error) error {
	if len(chains) == 1 {
		return f(ctx, 0, chains[0])
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for i, c := range chains {
		wg.Go(func() {
			if err := Guard(func() error { return f(ctx, i, c) }); err != nil {
				once.Do(func() {
					first = err
					cancel(err)
				})
			}
		})
	}
	wg.Wait()
	return first
}

// Each opens a chain and calls f for every batch of it.
func Each(ctx context.Context, c Operator, f func(b *vector.Batch) error) error {
	if err := c.Open(ctx); err != nil {
		return err
	}
	for {
		b, err := c.Next(ctx)
		if done(err) {
			return nil
		}
		if err == nil {
			err = f(b)
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
}
