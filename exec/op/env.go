package op

import (
	"sync/atomic"

	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
)

// Env is what the operators of one query share. It is safe for concurrent use.
type Env struct {
	// Budget is what operators take memory from.
	Budget *memory.Budget
	// Spill is where they put what does not fit.
	Spill *spill.Dir
	// BatchRows is the greatest number of rows of a batch; 0 is vector.DefaultRows.
	BatchRows int
	// Keepers is how many operators of the plan keep rows: each may hold its share of the budget before it spills.
	Keepers int
	// ForceSpill makes every operator that keeps rows spill them, for tests.
	ForceSpill bool
}

func (e *Env) batchRows() int {
	if e.BatchRows > 0 {
		return e.BatchRows
	}
	return vector.DefaultRows
}

// pairs is how many rows an operator makes at once that makes more rows than it reads.
func (e *Env) pairs() int { return e.batchRows() }

// forcedBytes is what an operator may hold when spilling is forced.
const forcedBytes = 1 << 10

// workBytes is the most that a worker of an operator that spills takes for buffers beyond its operator's share.
const workBytes = 256 << 10

// Usage is what the operators of one node of a plan used: the most memory that one of them held, in bytes, the bytes that
// they wrote to files, and how often one began to write.
type Usage struct{ Peak, Spilled, Spills atomic.Int64 }

// Grant is the memory of one operator, shared by its workers. It is safe for concurrent use.
type Grant struct {
	env   *Env
	usage *Usage
	quota int64 // 0: none
	held  atomic.Int64
}

// Grant returns the memory of a new operator, which is counted in usage.
func (e *Env) Grant(usage *Usage) *Grant {
	g := &Grant{env: e, usage: usage}
	if limit := e.Budget.Limit(); limit > 0 {
		// A quarter stays free for scans and for the buffers of those that spill.
		g.quota = max(limit*3/4/int64(min(max(e.Keepers, 1), 4)), 1)
	}
	return g
}

// Try takes n more bytes if the operator's share and the budget have them.
func (g *Grant) Try(n int64) bool {
	if n <= 0 {
		g.Release(-n)
		return true
	}
	if g.env.ForceSpill && g.held.Load()+n > forcedBytes {
		return false
	}
	return g.TryFree(n)
}

// TryFree is Try for what was spilled already: forced spilling does not count.
func (g *Grant) TryFree(n int64) bool {
	if n <= 0 {
		g.Release(-n)
		return true
	}
	if g.quota > 0 && g.held.Load()+n > g.quota || !g.env.Budget.Try(n) {
		return false
	}
	g.took(n)
	return true
}

// TryBeyond takes n more bytes if the budget has them, whatever the operator's share.
func (g *Grant) TryBeyond(n int64) bool {
	if n <= 0 {
		g.Release(-n)
		return true
	}
	if !g.env.Budget.Try(n) {
		return false
	}
	g.took(n)
	return true
}

// Grow takes n more bytes or returns the 53200 error.
func (g *Grant) Grow(n int64) error {
	if n <= 0 {
		g.Release(-n)
		return nil
	}
	if err := g.env.Budget.Reserve(n); err != nil {
		return err
	}
	g.took(n)
	return nil
}

func (g *Grant) took(n int64) {
	held := g.held.Add(n)
	for {
		p := g.usage.Peak.Load()
		if held <= p || g.usage.Peak.CompareAndSwap(p, held) {
			return
		}
	}
}

// Release gives n bytes back.
func (g *Grant) Release(n int64) {
	if n > 0 {
		g.env.Budget.Release(n)
		g.held.Add(-n)
	}
}

// Close gives back all that is held.
func (g *Grant) Close() { g.env.Budget.Release(g.held.Swap(0)) }

// work is what a worker that spills takes for buffers, if the budget has it.
func (g *Grant) work() int64 {
	if g.quota == 0 {
		return workBytes
	}
	return min(max(g.quota/16, 16<<10), workBytes)
}

// wrote counts bytes written to files.
func (g *Grant) wrote(n int64) { g.usage.Spilled.Add(n) }

// began counts a beginning of writing.
func (g *Grant) began() { g.usage.Spills.Add(1) }

// part is one worker's part of a grant: it follows the size of what the worker keeps. It is not safe for concurrent use.
type part struct {
	g    *Grant
	held int64
}

// fit brings the part to n bytes and reports whether they were free.
func (p *part) fit(n int64) bool {
	if !p.g.Try(n - p.held) {
		return false
	}
	p.held = n
	return true
}

// fitFree is fit for what was spilled already.
func (p *part) fitFree(n int64) bool {
	if !p.g.TryFree(n - p.held) {
		return false
	}
	p.held = n
	return true
}

// buffers brings the part to n bytes that are no more than a worker that spills needs to write in large pieces, and reports
// whether the budget had them: without them it writes in smaller ones.
func (p *part) buffers(n int64) bool {
	if p.g.env.ForceSpill || n >= p.g.work() || !p.g.TryBeyond(n-p.held) {
		return false
	}
	p.held = n
	return true
}

// must brings the part to n bytes or returns the 53200 error.
func (p *part) must(n int64) error {
	if err := p.g.Grow(n - p.held); err != nil {
		return err
	}
	p.held = n
	return nil
}
