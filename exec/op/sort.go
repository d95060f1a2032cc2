package op

import (
	"context"
	"io"
	"slices"

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

// Sort returns all rows in order. Each worker sorts its rows; what does not fit in
// memory is written in sorted runs; all runs are merged.
type Sort struct {
	env    *Env
	grant  *Grant
	chains []SortChain
	keys   []expr.SortKey
	types  []schema.Type
	merge  *merger
	ran    bool
	runs   []*spill.Stream
}

// NewSort returns a sort of the rows of chains, whose columns have the given types.
func NewSort(env *Env, grant *Grant, chains []SortChain, keys []expr.SortKey, types []schema.Type) *Sort {
	return &Sort{env: env, grant: grant, chains: chains, keys: keys, types: types}
}

// Open has nothing to do: the input is read by the first Next.
func (s *Sort) Open(context.Context) error { return nil }

// storedTypes are the columns that are kept: the input's and the keys.
func storedTypes(types []schema.Type, keys []expr.SortKey) []schema.Type {
	types = slices.Clone(types)
	for _, k := range keys {
		types = append(types, k.Expr.Type())
	}
	return types
}

// withKeys appends the values of the sort keys to the columns of a batch.
func withKeys(ctx context.Context, cols []vector.Vector, b *vector.Batch, keys []*eval.Evaluator) ([]vector.Vector, error) {
	cols = append(cols[:0], b.Cols...)
	for _, k := range keys {
		v, err := k.Eval(ctx, b)
		if err != nil {
			return nil, err
		}
		cols = append(cols, v)
	}
	return cols, nil
}

// sorter is one worker of a sort.
type sorter struct {
	s      *Sort
	store  *rowStore
	memory part
	runs   []*spill.Stream
}

// itemBytes is what sorting takes beside the row.
const itemBytes = 44

func (w *sorter) size() int64 { return w.store.size() + int64(w.store.rows)*itemBytes }

func (w *sorter) add(ctx context.Context, cols []vector.Vector, n int, sel []uint32) error {
	w.store.add(cols, n, sel)
	size := w.size()
	if w.memory.fit(size) || w.memory.buffers(size) { // where others have the memory, runs must not become tiny
		return nil
	}
	return w.spill(ctx)
}

// spill writes what is there as a sorted run.
func (w *sorter) spill(ctx context.Context) error {
	cols, n := w.store.finish()
	if n == 0 {
		return nil
	}
	perm, err := sortRows(ctx, cols[len(w.s.types):], w.s.keys, n)
	if err != nil {
		return err
	}
	run := w.s.env.Spill.Stream(w.store.types)
	w.runs = append(w.runs, run)
	w.s.grant.began()
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
	return w.memory.must(0)
}

func (s *Sort) run(ctx context.Context) error {
	workers := make([]*sorter, len(s.chains))
	cursors := make([]*cursor, len(s.chains))
	for i := range workers {
		workers[i] = &sorter{s: s, store: newRowStore(storedTypes(s.types, s.keys)), memory: part{g: s.grant}}
	}
	err := Parallel(ctx, sortInputs(s.chains), func(ctx context.Context, w int, c Operator) error {
		var cols []vector.Vector
		err := Each(ctx, c, func(b *vector.Batch) (err error) {
			if cols, err = withKeys(ctx, cols, b, s.chains[w].Keys); err != nil {
				return err
			}
			return workers[w].add(ctx, cols, b.Len, b.Sel)
		})
		if err != nil {
			return err
		}
		all, n := workers[w].store.finish()
		perm, err := sortRows(ctx, all[len(s.types):], s.keys, n)
		if err != nil {
			return err
		}
		cursors[w], err = newCursor(ctx, nil, all, perm, s.keys, len(s.types))
		return err
	})
	for _, w := range workers {
		s.runs = append(s.runs, w.runs...)
	}
	if err != nil {
		return err
	}
	if err := s.reduceRuns(ctx); err != nil {
		return err
	}
	all := make([]*cursor, 0, len(s.runs)+len(cursors))
	for _, r := range s.runs { // they have the first rows
		c, err := openRun(ctx, r, s.keys, len(s.types))
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	s.merge = newMerger(append(all, cursors...), s.keys, s.env.batchRows(), s.types)
	return nil
}

func openRun(ctx context.Context, run *spill.Stream, keys []expr.SortKey, columns int) (*cursor, error) {
	r, err := run.Reader()
	if err != nil {
		return nil, err
	}
	return newCursor(ctx, r, nil, nil, keys, columns)
}

// mergeWidth is how many runs are merged at once: each takes about two blocks of memory.
const mergeWidth = 64

// reduceRuns merges neighbouring runs until all can be merged at once.
func (s *Sort) reduceRuns(ctx context.Context) error {
	for len(s.runs) > mergeWidth {
		var longer []*spill.Stream
		for len(s.runs) > 0 {
			group := s.runs[:min(mergeWidth, len(s.runs))]
			out, err := s.mergeRuns(ctx, group)
			if out != nil {
				longer = append(longer, out)
			}
			if err != nil {
				s.runs = append(s.runs, longer...)
				return err
			}
			s.runs = s.runs[len(group):]
		}
		s.runs = longer
	}
	return nil
}

// mergeRuns merges runs into one and removes them.
func (s *Sort) mergeRuns(ctx context.Context, group []*spill.Stream) (*spill.Stream, error) {
	var cursors []*cursor
	for _, r := range group {
		c, err := openRun(ctx, r, s.keys, len(s.types))
		if err != nil {
			return nil, err
		}
		cursors = append(cursors, c)
	}
	m := newMerger(cursors, s.keys, s.env.batchRows(), group[0].Types())
	out := s.env.Spill.Stream(group[0].Types())
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
	s.grant.wrote(out.Bytes())
	return out, closeAll(group)
}

// Next returns the next rows.
func (s *Sort) Next(ctx context.Context) (*vector.Batch, error) {
	if !s.ran {
		s.ran = true
		if err := s.run(ctx); err != nil {
			return nil, err
		}
	}
	if s.merge == nil {
		return nil, io.EOF
	}
	return s.merge.next(ctx)
}

// Close closes the inputs and frees the rows.
func (s *Sort) Close() error {
	first := closeAll(sortInputs(s.chains))
	s.merge = nil
	for _, r := range s.runs {
		if err := r.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.runs = nil
	s.grant.Close()
	return first
}

// cursor is the place in a sorted run: batches of a file, or rows in memory in the order of perm.
type cursor struct {
	in       *spill.Reader // nil: in memory
	cols     []vector.Vector
	perm     []uint32
	keyCols  []vector.Vector
	prefixes []uint64
	scratch  []uint64
	exact    bool
	keys     []expr.SortKey
	columns  int
	at, n    int
}

func newCursor(ctx context.Context, in *spill.Reader, cols []vector.Vector, perm []uint32, keys []expr.SortKey, columns int) (*cursor, error) {
	c := &cursor{in: in, cols: cols, perm: perm, keys: keys, columns: columns}
	if in != nil {
		err := c.load(ctx)
		return c, err
	}
	c.n = len(perm)
	c.prepare(len(perm))
	return c, nil
}

func (c *cursor) prepare(n int) {
	c.keyCols = c.cols[c.columns:]
	if n > 0 && len(c.keys) > 0 {
		c.prefixes, c.exact = orderPrefix(c.keyCols[0], &c.keys[0], n, nil, &c.scratch)
	}
}

// load reads the next batch of a file.
func (c *cursor) load(ctx context.Context) error {
	b, err := c.in.Next(ctx)
	if done(err) {
		c.at, c.n = 0, 0
		return nil
	}
	if err != nil {
		return err
	}
	c.cols, c.at, c.n = b.Cols, 0, b.Len
	c.prepare(b.Len)
	return nil
}

func (c *cursor) ended() bool { return c.at >= c.n }

func (c *cursor) row() int {
	if c.perm != nil {
		return int(c.perm[c.at])
	}
	return c.at
}

// merger merges sorted runs by a heap of cursors.
type merger struct {
	heap   []*cursor
	order  map[*cursor]int // ties go to the run that comes first
	keys   []expr.SortKey
	rows   int
	types  []schema.Type
	gather []kernel.Gatherer
	out    vector.Batch
	store  *rowStore
	chunk  []uint32
}

func newMerger(cursors []*cursor, keys []expr.SortKey, rows int, types []schema.Type) *merger {
	m := &merger{keys: keys, rows: rows, types: types, gather: make([]kernel.Gatherer, len(types)), order: map[*cursor]int{}}
	for i, c := range cursors {
		m.order[c] = i
		if !c.ended() {
			m.heap = append(m.heap, c)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m
}

func (m *merger) less(a, b *cursor) bool {
	i, j := a.row(), b.row()
	from := 0
	if len(m.keys) > 0 {
		if p, q := a.prefixes[i], b.prefixes[j]; p != q {
			return p < q
		}
		if a.exact && b.exact {
			from = 1
		}
	}
	if r := compareRows(m.keys, from, a.keyCols, i, b.keyCols, j); r != 0 {
		return r < 0
	}
	return m.order[a] < m.order[b]
}

func (m *merger) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(m.heap) {
			return
		}
		if c+1 < len(m.heap) && m.less(m.heap[c+1], m.heap[c]) {
			c++
		}
		if !m.less(m.heap[c], m.heap[i]) {
			return
		}
		m.heap[i], m.heap[c] = m.heap[c], m.heap[i]
		i = c
	}
}

// next returns the next rows of the first len(types) columns.
func (m *merger) next(ctx context.Context) (*vector.Batch, error) {
	if len(m.heap) == 0 {
		return nil, io.EOF
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(m.heap) == 1 && m.heap[0].in == nil {
		return m.rest(), nil
	}
	m.store = newRowStore(m.types)
	for m.store.rows < m.rows && len(m.heap) > 0 {
		// Rows of one run that follow each other are copied together.
		c := m.heap[0]
		m.chunk = m.chunk[:0]
		for m.store.rows+len(m.chunk) < m.rows {
			m.chunk = append(m.chunk, uint32(c.row()))
			if c.at++; c.ended() {
				break
			}
			if m.down(0); m.heap[0] != c {
				break
			}
		}
		m.store.add(c.cols, 0, m.chunk)
		if c.ended() {
			if err := m.replace(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	cols, n := m.store.finish()
	m.out = vector.Batch{Len: n, Cols: cols}
	return &m.out, nil
}

// replace loads the next batch of the cursor at the top of the heap, or removes it.
func (m *merger) replace(ctx context.Context, c *cursor) error {
	if c.in != nil {
		if err := c.load(ctx); err != nil {
			return err
		}
	}
	if c.ended() {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.down(0)
	return nil
}

// rest returns the next rows of the only run, which is in memory.
func (m *merger) rest() *vector.Batch {
	c := m.heap[0]
	rows := c.perm[c.at:min(c.at+m.rows, c.n)]
	c.at += len(rows)
	if c.ended() {
		m.heap = nil
	}
	m.out = vector.Batch{Len: len(rows), Cols: make([]vector.Vector, len(m.types))}
	for i := range m.types {
		m.out.Cols[i] = m.gather[i].Gather(c.cols[i], rows, false)
	}
	return &m.out
}
