package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// cursor is the place in a sorted run: batches of a file, or rows in memory in the order of perm.
type cursor struct {
	in      *spill.Reader // nil: in memory
	cols    []vector.Vector
	perm    []uint32
	keyCols []vector.Vector
	// words are the numbers of the first keys, in order of the rows. Equal ones of the first exact keys mean equal keys.
	words  [][]uint64
	exact  int
	layout *sortLayout
	at, n  int
}

func newCursor(ctx context.Context, in *spill.Reader, cols []vector.Vector, perm []uint32, layout *sortLayout) (*cursor, error) {
	c := &cursor{in: in, cols: cols, perm: perm, layout: layout, n: len(perm)}
	if in != nil {
		err := c.load(ctx)
		return c, err
	}
	return c, nil
}

// prepare computes what tells the order of the rows from that of other cursors.
func (c *cursor) prepare() {
	c.keyCols = c.layout.of(c.cols)
	for c.exact = 0; c.exact < len(c.keyCols); c.exact++ {
		if len(c.words) == c.exact {
			c.words = append(c.words, nil)
		}
		words, t := orderPrefix(c.keyCols[c.exact], &c.layout.keys[c.exact], 0, c.n, nil, &c.words[c.exact])
		if c.perm != nil {
			c.words[c.exact] = make([]uint64, c.n)
			for i, r := range c.perm {
				c.words[c.exact][i] = words[r]
			}
		}
		if t != tiedEqual {
			c.words = c.words[:c.exact+1]
			return
		}
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
	c.prepare()
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
	for _, c := range m.heap {
		if c.in == nil && len(m.heap) > 1 {
			c.prepare()
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m
}

func (m *merger) less(a, b *cursor) bool {
	from := 0
	for from < len(a.words) && from < len(b.words) {
		if p, q := a.words[from][a.at], b.words[from][b.at]; p != q {
			return p < q
		}
		if from >= a.exact || from >= b.exact {
			break
		}
		from++
	}
	if from < len(m.keys) {
		if r := compareRows(m.keys, from, a.keyCols, a.row(), b.keyCols, b.row()); r != 0 {
			return r < 0
		}
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
		m.drop()
	}
	m.down(0)
	return nil
}

// drop removes the cursor at the top of the heap.
func (m *merger) drop() {
	last := len(m.heap) - 1
	m.heap[0] = m.heap[last]
	m.heap = m.heap[:last]
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

func openRun(ctx context.Context, run *spill.Stream, layout *sortLayout) (*cursor, error) {
	r, err := run.Reader()
	if err != nil {
		return nil, err
	}
	return newCursor(ctx, r, nil, nil, layout)
}
