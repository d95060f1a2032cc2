package crawler

import (
	"context"
	"slices"
	"sync"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// running knows the crawlers that run.
type running struct {
	mu      *sync.Mutex
	cancels map[string]context.CancelCauseFunc
}

func newRunning() running {
	return running{mu: &sync.Mutex{}, cancels: map[string]context.CancelCauseFunc{}}
}

// begin takes the place of a crawler. The returned function gives it back.
func (r running) begin(ctx context.Context, name string) (context.Context, func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, busy := r.cancels[name]; busy {
		return nil, nil, sqlerr.New(sqlerr.ObjectInUse, "crawler %q is running", name).WithHint("Wait for it, or stop it with STOP CRAWLER.")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.cancels[name] = cancel
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.cancels, name)
		cancel(nil)
	}, nil
}

// Stop ends the running crawl of a crawler without changing the catalog. It reports whether there was one.
func (e *Engine) Stop(name string) bool {
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	cancel, ok := e.running.cancels[name]
	if ok {
		cancel(sqlerr.New(sqlerr.QueryCanceled, "crawler %q was stopped", name))
	}
	return ok
}

// Running lists the crawlers that run, by name.
func (e *Engine) Running() []string {
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	out := make([]string, 0, len(e.running.cancels))
	for name := range e.running.cancels {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
