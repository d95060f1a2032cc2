package op

import (
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// SetOp is INTERSECT or EXCEPT: it counts the rows of the right side and lets left rows pass by the counts.
type SetOp struct {
	kind        physical.SetOpKind
	all         bool
	left, right Operator
	types       []schema.Type
	account     *memory.Account
	table       *groupTable
	counts      []int64
	passed      []bool
	ids         []uint32
	sel         []uint32
	out         vector.Batch
	ran         bool
}

// NewSetOp returns the operation on two inputs with the same columns.
func NewSetOp(kind physical.SetOpKind, all bool, left, right Operator, types []schema.Type, account *memory.Account) *SetOp {
	return &SetOp{kind: kind, all: all, left: left, right: right, types: types, account: account, table: newGroupTable(types)}
}

// Open has nothing to do: the right side is read by the first Next.
func (s *SetOp) Open(context.Context) error { return nil }

func (s *SetOp) assign(b *vector.Batch) error {
	s.ids = growIDs(s.ids, b.Rows())
	s.table.assign(b.Cols, b.Len, b.Sel, s.ids)
	for len(s.counts) < s.table.n {
		s.counts, s.passed = append(s.counts, 0), append(s.passed, false)
	}
	return s.account.Resize(s.table.memory() + int64(len(s.counts))*9)
}

func (s *SetOp) run(ctx context.Context) error {
	err := Each(ctx, s.right, func(b *vector.Batch) error {
		if err := s.assign(b); err != nil {
			return err
		}
		for _, id := range s.ids {
			s.counts[id]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.left.Open(ctx)
}

// Next returns the next rows that pass.
func (s *SetOp) Next(ctx context.Context) (*vector.Batch, error) {
	if !s.ran {
		s.ran = true
		if err := s.run(ctx); err != nil {
			return nil, err
		}
	}
	for {
		b, err := s.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.assign(b); err != nil {
			return nil, err
		}
		s.sel = s.sel[:0]
		for k, id := range s.ids {
			if !s.passes(id) {
				continue
			}
			r := uint32(k)
			if b.Sel != nil {
				r = b.Sel[k]
			}
			s.sel = append(s.sel, r)
		}
		if len(s.sel) > 0 {
			s.out = vector.Batch{Len: b.Len, Sel: s.sel, Cols: b.Cols}
			return &s.out, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

func (s *SetOp) passes(id uint32) bool {
	in := s.counts[id] > 0
	if s.all {
		s.counts[id]--
		return in == (s.kind == physical.Intersect)
	}
	if s.passed[id] || in != (s.kind == physical.Intersect) {
		return false
	}
	s.passed[id] = true
	return true
}

// Close closes both inputs.
func (s *SetOp) Close() error {
	err := s.left.Close()
	if rightErr := s.right.Close(); err == nil {
		err = rightErr
	}
	s.account.Close()
	return err
}

// DistinctOn keeps the first row of each run of equal keys.
type DistinctOn struct {
	Operator
	keys []*eval.Evaluator
	last []schema.Value
	sel  []uint32
	out  vector.Batch
}

// NewDistinctOn returns the first rows of an input that is sorted by the keys.
func NewDistinctOn(in Operator, keys []*eval.Evaluator) *DistinctOn {
	return &DistinctOn{Operator: in, keys: keys}
}

// Next returns the next first rows.
func (d *DistinctOn) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := d.Operator.Next(ctx)
		if err != nil {
			return nil, err
		}
		cols := make([]vector.Vector, len(d.keys))
		for i, k := range d.keys {
			if cols[i], err = k.Eval(ctx, b); err != nil {
				return nil, err
			}
		}
		d.sel = d.sel[:0]
		eachSelected(b, func(r uint32) {
			row := make([]schema.Value, len(cols))
			same := d.last != nil
			for i, c := range cols {
				row[i] = vector.ValueAt(c, int(r))
				same = same && row[i].Compare(d.last[i]) == 0
			}
			if !same {
				d.sel = append(d.sel, r)
			}
			d.last = row
		})
		if len(d.sel) > 0 {
			d.out = vector.Batch{Len: b.Len, Sel: d.sel, Cols: b.Cols}
			return &d.out, nil
		}
	}
}

// Shared runs a plan once for several readers: the first that comes reads it whole and keeps it.
type Shared struct {
	input   Operator
	types   []schema.Type
	account *memory.Account
	once    sync.Once
	err     error
	batches []*vector.Batch
	mu      sync.Mutex
	readers int
	// forever says that the number of readers is unknown: the rows live as long as the statement.
	forever bool
}

// NewShared returns a common plan with a number of readers; 0 says that it is unknown.
func NewShared(input Operator, types []schema.Type, readers int, account *memory.Account) *Shared {
	return &Shared{input: input, types: types, readers: readers, forever: readers == 0, account: account}
}

// Reader returns one reader.
func (s *Shared) Reader() Operator { return &sharedReader{shared: s} }

func (s *Shared) read(ctx context.Context) error {
	s.once.Do(func() {
		s.err = Each(ctx, s.input, func(b *vector.Batch) error {
			c := b.Clone()
			s.batches = append(s.batches, c)
			return s.account.Grow(batchBytes(c))
		})
		if s.forever && s.err == nil {
			s.err = s.input.Close()
		}
	})
	return s.err
}

// batchBytes is about the memory of a batch that owns it.
func batchBytes(b *vector.Batch) int64 {
	n := int64(0)
	for _, c := range b.Cols {
		switch c := c.(type) {
		case *vector.Bytes:
			n += int64(len(c.Views)) * 16
			for _, buf := range c.Buffers {
				n += int64(cap(buf))
			}
		case *vector.Dict:
			n += int64(len(c.Codes)) * 4
		case *vector.Const:
			n += 64
		default:
			n += int64(c.Len()) * 16
		}
	}
	return n
}

func (s *Shared) closeOne() error {
	if s.forever {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers--; s.readers > 0 {
		return nil
	}
	s.batches = nil
	s.account.Close()
	return s.input.Close()
}

type sharedReader struct {
	shared *Shared
	at     int
	closed bool
}

// Open reads the plan if nobody has.
func (r *sharedReader) Open(ctx context.Context) error { return r.shared.read(ctx) }

// Next returns the next batch.
func (r *sharedReader) Next(context.Context) (*vector.Batch, error) {
	if r.at >= len(r.shared.batches) {
		return nil, io.EOF
	}
	r.at++
	b := *r.shared.batches[r.at-1] // a copy: readers must not change each other's
	return &b, nil
}

// Close lets go; the last reader closes the plan.
func (r *sharedReader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.shared.closeOne()
}

// WorkTable is the rows of the last round of a recursive query.
type WorkTable struct{ batches []*vector.Batch }

// Reader returns an operator over the current rows.
func (w *WorkTable) Reader() Operator { return &workReader{table: w} }

type workReader struct {
	table *WorkTable
	rows  *Rows
}

// Open takes the current rows.
func (r *workReader) Open(context.Context) error {
	r.rows = NewRows(r.table.batches...)
	return nil
}

// Next returns the next batch.
func (r *workReader) Next(ctx context.Context) (*vector.Batch, error) { return r.rows.Next(ctx) }

// Close has nothing to free.
func (r *workReader) Close() error { return nil }

// Recursive is WITH RECURSIVE: the base, then the step over the rows of the round before, until a round is empty.
type Recursive struct {
	base    Operator
	step    func() (Operator, error)
	work    *WorkTable
	seen    *groupTable
	account *memory.Account
	current Operator
	fresh   []*vector.Batch
	ids     []uint32
	rounds  int
}

// NewRecursive returns a recursive union; step makes the plan of a round, which reads work. types are of a UNION that drops
// duplicates, nil for UNION ALL.
func NewRecursive(base Operator, step func() (Operator, error), work *WorkTable, types []schema.Type, account *memory.Account) *Recursive {
	r := &Recursive{base: base, step: step, work: work, account: account, current: base}
	if types != nil {
		r.seen = newGroupTable(types)
	}
	return r
}

// Open opens the base.
func (r *Recursive) Open(ctx context.Context) error { return r.base.Open(ctx) }

// Next returns the next new rows.
func (r *Recursive) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := r.current.Next(ctx)
		if done(err) {
			if err := r.nextRound(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		c := r.unseen(b).Clone()
		if c.Len == 0 {
			continue
		}
		if err := r.account.Grow(batchBytes(c)); err != nil {
			return nil, err
		}
		r.fresh = append(r.fresh, c)
		out := *c
		return &out, nil
	}
}

func (r *Recursive) unseen(b *vector.Batch) *vector.Batch {
	if r.seen == nil {
		return b
	}
	before := r.seen.n
	r.ids = growIDs(r.ids, b.Rows())
	r.seen.assign(b.Cols, b.Len, b.Sel, r.ids)
	sel := []uint32{}
	next := uint32(before)
	for k, id := range r.ids {
		if id != next {
			continue
		}
		next++
		row := uint32(k)
		if b.Sel != nil {
			row = b.Sel[k]
		}
		sel = append(sel, row)
	}
	return &vector.Batch{Len: b.Len, Sel: sel, Cols: b.Cols}
}

func (r *Recursive) nextRound(ctx context.Context) error {
	if r.current != r.base {
		if err := r.current.Close(); err != nil {
			return err
		}
	}
	if len(r.fresh) == 0 {
		return io.EOF
	}
	r.account.Close()
	r.work.batches, r.fresh = r.fresh, nil
	r.rounds++
	op, err := r.step()
	if err != nil {
		return err
	}
	r.current = op
	return op.Open(ctx)
}

// Close closes the base and the current round.
func (r *Recursive) Close() error {
	err := r.base.Close()
	if r.current != r.base {
		if stepErr := r.current.Close(); err == nil {
			err = stepErr
		}
	}
	r.account.Close()
	return err
}
