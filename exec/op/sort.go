package op

import (
	"context"
	"io"
	"math/bits"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// SortChain is the input of one worker with the evaluators of the sort keys.
type SortChain struct {
	Input Operator
	Keys  []*eval.Evaluator
}

func sortInputs(chains []SortChain) []Operator {
	inputs := make([]Operator, len(chains))
	for i, c := range chains {
		inputs[i] = c.Input
	}
	return inputs
}

// Sort returns all rows in order. Each worker keeps its rows; what does not fit in memory is written in sorted runs; all runs
// are merged. With several outputs, rows go to one by the values of the first keys, and each output is in order.
type Sort struct {
	env     *Env
	grant   *Grant
	chains  []SortChain
	layout  *sortLayout
	spread  int // how many keys tell a row's output
	outputs int
	workers []*sorter

	once sync.Once
	err  error
	mu   sync.Mutex
	open int
}

// NewSort returns a sort of the rows of chains, whose columns have the given types. Its rows come from its outputs.
func NewSort(env *Env, grant *Grant, chains []SortChain, keys []expr.SortKey, types []schema.Type) *Sort {
	return &Sort{env: env, grant: grant, chains: chains, layout: newSortLayout(types, keys)}
}

// Outputs returns n operators that share the rows: those that are equal in the first spread keys come from one of them. Without
// such keys there must be one.
func (s *Sort) Outputs(n, spread int) []Operator {
	s.outputs, s.open, s.spread = n, n, spread
	out := make([]Operator, n)
	for i := range out {
		out[i] = &sortPart{s: s, number: i}
	}
	return out
}

// sorter is one worker of a sort.
type sorter struct {
	s      *Sort
	stores []*rowStore // for each output
	runs   [][]*spill.Stream
	memory part
	sorted *cursor // of a sort with one output: what is in memory
	hashes []uint64
	sels   [][]uint32
}

func (s *Sort) newSorter() *sorter {
	w := &sorter{s: s, memory: part{g: s.grant}, stores: make([]*rowStore, s.outputs), runs: make([][]*spill.Stream, s.outputs),
		sels: make([][]uint32, s.outputs)}
	for i := range w.stores {
		w.stores[i] = newRowStore(s.layout.types)
	}
	return w
}

// size is the memory of the rows and of what sorting takes beside them: two items, a row number and a word for each key.
func (w *sorter) size() int64 {
	total := int64(0)
	for _, store := range w.stores {
		total += store.size() + int64(store.rows)*int64(36+8*len(w.s.layout.keys))
	}
	return total
}

func (w *sorter) add(ctx context.Context, cols []vector.Vector, n int, sel []uint32) error {
	if len(w.stores) == 1 {
		w.stores[0].add(cols, n, sel)
	} else {
		w.scatter(cols, n, sel)
	}
	size := w.size()
	if w.memory.fit(size) || w.memory.buffers(size) { // where others have the memory, runs must not become tiny
		return nil
	}
	return w.spill(ctx)
}

// scatter gives each row to the output of its first keys.
func (w *sorter) scatter(cols []vector.Vector, n int, sel []uint32) {
	hashes := kernel.Grow(&w.hashes, n)
	for i, k := range w.s.layout.of(cols)[:w.s.spread] {
		kernel.Hash(k, n, sel, hashes, i > 0)
	}
	for i := range w.sels {
		w.sels[i] = someRows(w.sels[i])
	}
	vector.EachRow(n, sel, func(r int) {
		to, _ := bits.Mul64(hashes[r], uint64(len(w.sels)))
		w.sels[to] = append(w.sels[to], uint32(r))
	})
	for i, rows := range w.sels {
		if len(rows) > 0 {
			w.stores[i].add(cols, n, rows)
		}
	}
}

// spill writes what is there as sorted runs.
func (w *sorter) spill(ctx context.Context) error {
	w.s.grant.began()
	for i := range w.stores {
		if err := w.spillOne(ctx, i); err != nil {
			return err
		}
	}
	return w.memory.must(0)
}

func (w *sorter) spillOne(ctx context.Context, output int) error {
	store := w.stores[output]
	cols, n := store.finish()
	if n == 0 {
		return nil
	}
	perm, err := sortRows(ctx, w.s.layout.of(cols), w.s.layout.keys, n)
	if err != nil {
		return err
	}
	run := w.s.env.Spill.Stream(store.types)
	w.runs[output] = append(w.runs[output], run)
	for len(perm) > 0 {
		k := min(len(perm), w.s.env.batchRows())
		if _, err := run.Write(cols, n, perm[:k]); err != nil {
			return err
		}
		perm = perm[k:]
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	w.s.grant.wrote(run.Bytes())
	return nil
}

// run reads all input, once.
func (s *Sort) run(ctx context.Context) error {
	s.once.Do(func() { s.err = Guard(func() error { return s.collect(ctx) }) })
	return s.err
}

func (s *Sort) collect(ctx context.Context) error {
	s.workers = make([]*sorter, len(s.chains))
	for i := range s.workers {
		s.workers[i] = s.newSorter()
	}
	inputs := sortInputs(s.chains)
	err := Parallel(ctx, inputs, func(ctx context.Context, i int, c Operator) error {
		var cols []vector.Vector
		w := s.workers[i]
		err := Each(ctx, c, func(b *vector.Batch) (err error) {
			if cols, err = s.layout.kept(ctx, cols, b, s.chains[i].Keys); err != nil {
				return err
			}
			return w.add(ctx, cols, b.Len, b.Sel)
		})
		if err == nil && s.outputs == 1 { // the workers sort at the same time; otherwise the outputs do
			w.sorted, err = s.sorted(ctx, w.stores)
		}
		return err
	})
	if err != nil {
		return err
	}
	return closeAll(inputs)
}

// sorted returns the rows of stores in order, and empties them.
func (s *Sort) sorted(ctx context.Context, stores []*rowStore) (*cursor, error) {
	cols, n := joined(stores)
	perm, err := sortRows(ctx, s.layout.of(cols), s.layout.keys, n)
	if err != nil {
		return nil, err
	}
	return newCursor(ctx, nil, cols, perm, s.layout)
}

func (s *Sort) closeOne() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open--; s.open > 0 {
		return nil
	}
	first := closeAll(sortInputs(s.chains))
	for _, w := range s.workers {
		for _, runs := range w.runs {
			if err := closeAll(runs); err != nil && first == nil {
				first = err
			}
		}
	}
	s.workers = nil
	s.grant.Close()
	return first
}

// sortPart is an output of a sort.
type sortPart struct {
	s               *Sort
	number          int
	runs            []*spill.Stream
	merge           *merger
	started, closed bool
}

// Open has nothing to do: the input is read by the first Next.
func (p *sortPart) Open(context.Context) error { return nil }

// Next returns the next rows.
func (p *sortPart) Next(ctx context.Context) (*vector.Batch, error) {
	if !p.started {
		p.started = true
		if err := p.s.run(ctx); err != nil {
			return nil, err
		}
		if err := p.begin(ctx); err != nil {
			return nil, err
		}
	}
	if p.merge == nil {
		return nil, io.EOF
	}
	return p.merge.next(ctx)
}

// begin takes the rows of this output from the workers.
func (p *sortPart) begin(ctx context.Context) error {
	var inMemory []*cursor
	stores := make([]*rowStore, len(p.s.workers))
	for i, w := range p.s.workers {
		p.runs = append(p.runs, w.runs[p.number]...)
		w.runs[p.number] = nil
		stores[i] = w.stores[p.number]
		if w.sorted != nil {
			inMemory = append(inMemory, w.sorted)
		}
	}
	if p.s.outputs > 1 {
		c, err := p.s.sorted(ctx, stores)
		if err != nil {
			return err
		}
		inMemory = append(inMemory, c)
	}
	if len(p.runs) == 0 {
		all, err := p.mergeInMemory(ctx, inMemory)
		if err != nil {
			return err
		}
		p.merge = newMerger([]*cursor{all}, p.s.layout.keys, p.s.env.batchRows(), p.s.layout.types[:p.s.layout.input])
		return nil
	}
	if err := p.reduceRuns(ctx); err != nil {
		return err
	}
	all := make([]*cursor, 0, len(p.runs)+len(inMemory))
	for _, r := range p.runs { // they have the first rows
		c, err := openRun(ctx, r, p.s.layout)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	p.merge = newMerger(append(all, inMemory...), p.s.layout.keys, p.s.env.batchRows(), p.s.layout.types[:p.s.layout.input])
	return nil
}

// mergeInMemory puts the rows of all workers into one run: their order first, then one column after another.
func (p *sortPart) mergeInMemory(ctx context.Context, workers []*cursor) (*cursor, error) {
	if len(workers) == 1 {
		return workers[0], nil
	}
	rows, first := 0, make(map[*cursor]uint32, len(workers))
	for _, c := range workers {
		first[c] = uint32(rows)
		rows += c.n
	}
	perm := make([]uint32, 0, rows)
	for m := newMerger(workers, p.s.layout.keys, 0, nil); len(m.heap) > 0; {
		c := m.heap[0]
		perm = append(perm, first[c]+c.perm[c.at])
		if c.at++; c.ended() {
			m.drop()
		}
		m.down(0)
		if len(perm)&0xffff == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	for _, c := range workers {
		c.keyCols = nil
	}
	all := &cursor{perm: perm, n: rows, cols: make([]vector.Vector, p.s.layout.input)}
	for i, t := range p.s.layout.types[:p.s.layout.input] {
		b := vector.NewBuilder(t, rows)
		for _, c := range workers {
			b.Adopt(c.cols[i])
			c.cols[i] = nil
		}
		all.cols[i] = b.Build()
	}
	return all, nil
}

// mergeWidth is how many runs are merged at once: each takes about two blocks of memory.
const mergeWidth = 64

// reduceRuns merges neighbouring runs until all can be merged at once.
func (p *sortPart) reduceRuns(ctx context.Context) error {
	for len(p.runs) > mergeWidth {
		var longer []*spill.Stream
		for len(p.runs) > 0 {
			group := p.runs[:min(mergeWidth, len(p.runs))]
			out, err := p.mergeRuns(ctx, group)
			if out != nil {
				longer = append(longer, out)
			}
			if err != nil {
				p.runs = append(p.runs, longer...)
				return err
			}
			p.runs = p.runs[len(group):]
		}
		p.runs = longer
	}
	return nil
}

// mergeRuns merges runs into one and removes them.
func (p *sortPart) mergeRuns(ctx context.Context, group []*spill.Stream) (*spill.Stream, error) {
	var cursors []*cursor
	for _, r := range group {
		c, err := openRun(ctx, r, p.s.layout)
		if err != nil {
			return nil, err
		}
		cursors = append(cursors, c)
	}
	m := newMerger(cursors, p.s.layout.keys, p.s.env.batchRows(), group[0].Types())
	out := p.s.env.Spill.Stream(group[0].Types())
	for {
		b, err := m.next(ctx)
		if done(err) {
			break
		}
		if err == nil {
			_, err = out.WriteBatch(b)
		}
		if err != nil {
			return out, err
		}
	}
	p.s.grant.wrote(out.Bytes())
	return out, closeAll(group)
}

// Close lets go; the last output closes the inputs and frees the memory.
func (p *sortPart) Close() error {
	if p.closed {
		return nil
	}
	p.closed, p.merge = true, nil
	first := closeAll(p.runs)
	p.runs = nil
	if err := p.s.closeOne(); first == nil {
		first = err
	}
	return first
}
