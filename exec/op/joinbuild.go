package op

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
)

// JoinBuild is the build side of a hash join, shared by the workers that probe.
type JoinBuild struct {
	env    *Env
	grant  *Grant
	spec   *JoinSpec
	chains []Operator
	keys   [][]*eval.Evaluator // of each chain

	once  sync.Once
	err   error
	table *joinTable
	// rows and anyNull are of the whole build side, whatever was left out or spilled.
	rows    atomic.Int64
	anyNull atomic.Bool

	// spilling says that the build side did not fit: its rows are in parts, and so will be those of the probe side.
	spilling   atomic.Bool
	build      *partitions
	probeParts *partitions

	// matched marks build rows that found a partner; workers mark their own set and merge at their end.
	mu      sync.Mutex
	matched vector.Bitmap
	left    atomic.Int32 // workers that still probe
	open    atomic.Int32 // probes that are not closed
	closed  sync.Once
	keep    bool
}

// Keep makes the build side stay when a probe is closed, so that others can follow; it must then fit in memory, and Close ends
// it.
func (b *JoinBuild) Keep() { b.keep = true }

// Close ends a build side that was kept. It is idempotent.
func (b *JoinBuild) Close() error {
	b.keep = false
	return b.close()
}

// NewJoinBuild returns the build side of a join that workers probe. keys are the evaluators of each chain.
func NewJoinBuild(env *Env, grant *Grant, spec *JoinSpec, chains []Operator, keys [][]*eval.Evaluator, workers int) *JoinBuild {
	spec.prepare()
	b := &JoinBuild{env: env, grant: grant, spec: spec, chains: chains, keys: keys}
	b.left.Store(int32(workers))
	b.open.Store(int32(workers))
	return b
}

// leave ends one probe. Chains end one by one (a union closes each as it is done), so that only the last frees the build side.
func (b *JoinBuild) leave() error {
	if b.open.Add(-1) > 0 {
		return nil
	}
	return b.close()
}

// run reads the build side and publishes its keys, once. All workers call it before they open their probe side.
func (b *JoinBuild) run(ctx context.Context) error {
	b.once.Do(func() {
		b.err = Guard(func() error { return b.collect(ctx) })
		for i, p := range b.spec.Publish {
			if p == nil {
				continue
			}
			if b.err != nil || b.spilling.Load() {
				p.Publish(nil)
				continue
			}
			p.Publish(keySetOf(b.table.cols[b.spec.keySlot[i]], b.table.rows))
		}
	})
	return b.err
}

// buildWorker keeps the rows of one chain.
type buildWorker struct {
	b      *JoinBuild
	store  *rowStore
	memory part
	cols   []vector.Vector
	keys   []vector.Vector
	null   vector.Bitmap
	sel    []uint32
}

func (b *JoinBuild) collect(ctx context.Context) error {
	workers := make([]*buildWorker, len(b.chains))
	for i := range workers {
		workers[i] = &buildWorker{b: b, store: newRowStore(b.spec.storedTypes), memory: part{g: b.grant}, cols: make([]vector.Vector, len(b.spec.storedTypes))}
	}
	err := Parallel(ctx, b.chains, func(ctx context.Context, w int, c Operator) error {
		return Each(ctx, c, func(batch *vector.Batch) error { return workers[w].add(ctx, batch, b.keys[w]) })
	})
	if err != nil {
		return err
	}
	if err := closeAll(b.chains); err != nil { // the scans' buffers are of no more use
		return err
	}
	if !b.spilling.Load() {
		fits, err := b.makeTable(workers)
		if err != nil || fits {
			return err
		}
	}
	for _, w := range workers {
		if err := w.partition(ctx); err != nil {
			return err
		}
	}
	return nil
}

// add keeps the rows of a batch.
func (w *buildWorker) add(ctx context.Context, batch *vector.Batch, keys []*eval.Evaluator) error {
	spec := w.b.spec
	for i, c := range spec.stored {
		w.cols[i] = batch.Cols[c]
	}
	for i, k := range spec.computed {
		v, err := keys[k].Eval(ctx, batch)
		if err != nil {
			return err
		}
		w.cols[len(spec.stored)+i] = v
	}
	w.b.rows.Add(int64(batch.Rows()))
	sel := w.usable(batch)
	w.store.add(w.cols, batch.Len, sel)
	size := w.store.size() + int64(w.store.rows)*entryBytes
	switch {
	case w.b.spilling.Load():
		if w.memory.buffers(size) {
			return nil
		}
	case w.memory.fit(size):
		return nil
	case w.b.keep:
		return w.memory.must(size)
	}
	return w.partition(ctx)
}

// usable leaves out rows with a NULL key, which match nothing, if they are not returned either.
func (w *buildWorker) usable(batch *vector.Batch) []uint32 {
	spec := w.b.spec
	w.keys = w.keys[:0]
	for _, s := range spec.keySlot {
		w.keys = append(w.keys, w.cols[s])
	}
	w.null = nullKeys(w.keys, batch.Len, spec.NullSafe, w.null)
	if w.null == nil {
		return batch.Sel
	}
	w.sel = someRows(w.sel)
	eachSelected(batch, func(r uint32) {
		if !w.null.Get(int(r)) {
			w.sel = append(w.sel, r)
		}
	})
	if len(w.sel) == batch.Rows() {
		return batch.Sel
	}
	w.b.anyNull.Store(true)
	if spec.returnsBuild() {
		return batch.Sel
	}
	return w.sel
}

// makeTable builds the table in memory; false says that it does not fit.
func (b *JoinBuild) makeTable(workers []*buildWorker) (bool, error) {
	stores := make([]*rowStore, len(workers))
	rows, extra := 0, int64(0)
	for i, w := range workers {
		stores[i] = w.store
		rows += w.store.rows
		if len(workers) > 1 {
			extra += w.store.size()
		}
	}
	extra += tableExtra(rows)
	if !b.grant.TryFree(extra) {
		if !b.keep {
			return false, nil
		}
		if err := b.grant.Grow(extra); err != nil {
			return false, err
		}
	}
	cols, n := joined(stores)
	var err error
	b.table, err = newJoinTable(cols, b.spec.keySlot, n, b.spec.NullSafe, b.keysOnly())
	if err != nil {
		return false, err
	}
	b.grant.Release(extra - max(b.table.memory()-int64(n)*entryBytes, 0))
	if b.spec.returnsBuild() {
		b.matched = vector.NewBitmap(n)
	}
	return true, nil
}

// keysOnly says that the table need only know which keys there are.
func (b *JoinBuild) keysOnly() bool { return b.spec.existence() && !b.spec.Residual }

// partition moves what is kept to files by the hash of the keys.
func (w *buildWorker) partition(ctx context.Context) error {
	b := w.b
	b.mu.Lock()
	if b.build == nil {
		b.build = newPartitions(b.env, b.grant, b.spec.storedTypes, 0)
		b.probeParts = newPartitions(b.env, b.grant, b.spec.LeftTypes, 0)
		b.spilling.Store(true)
		b.grant.began()
	}
	b.mu.Unlock()
	cols, n := w.store.finish()
	if n > 0 {
		keys := make([]vector.Vector, len(b.spec.keySlot))
		for i, s := range b.spec.keySlot {
			keys[i] = cols[s]
		}
		if err := b.build.add(ctx, cols, keys, n, nil); err != nil {
			return err
		}
	}
	return w.memory.must(0)
}

// close frees the build side once.
func (b *JoinBuild) close() (err error) {
	if b.keep {
		return nil
	}
	b.closed.Do(func() {
		err = closeAll(b.chains)
		for _, p := range []*partitions{b.build, b.probeParts} {
			if p != nil {
				if partErr := p.close(); err == nil {
					err = partErr
				}
			}
		}
		b.table = nil
		b.grant.Close()
	})
	return err
}

// fanOut is into how many files rows are split at once; partitionBits is its logarithm.
const (
	partitionBits = 5
	fanOut        = 1 << partitionBits
	// maxLevel is how often rows are split again before what is left must fit.
	maxLevel = 4
)

// partitions are rows in files by some bits of the hash of their keys. Adding is safe for concurrent use.
type partitions struct {
	env     *Env
	grant   *Grant
	level   int
	streams [fanOut]*spill.Stream
}

func newPartitions(env *Env, grant *Grant, types []schema.Type, level int) *partitions {
	p := &partitions{env: env, grant: grant, level: level}
	for i := range p.streams {
		p.streams[i] = env.Spill.Stream(types)
	}
	return p
}

// partitionOf is the file of a hash on a level. Tables use the top bits, so the low ones are used here.
func partitionOf(h uint64, level int) uint64 { return h >> (level * partitionBits) & (fanOut - 1) }

// add writes rows to their files.
func (p *partitions) add(ctx context.Context, cols, keys []vector.Vector, n int, sel []uint32) error {
	hashes := make([]uint64, n)
	hashKeys(keys, n, sel, hashes)
	return p.addHashed(ctx, cols, hashes, n, sel)
}

func (p *partitions) addHashed(ctx context.Context, cols []vector.Vector, hashes []uint64, n int, sel []uint32) error {
	var lists [fanOut][]uint32
	vector.EachRow(n, sel, func(r int) {
		i := partitionOf(hashes[r], p.level)
		lists[i] = append(lists[i], uint32(r))
	})
	for i, rows := range lists {
		s := p.streams[i]
		for len(rows) > 0 {
			k := min(len(rows), p.env.batchRows())
			written, err := s.Write(cols, n, rows[:k])
			if err != nil {
				return err
			}
			p.grant.wrote(written)
			rows = rows[k:]
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (p *partitions) close() error { return closeAll(p.streams[:]) }
