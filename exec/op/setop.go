package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// SetOp is INTERSECT or EXCEPT: it counts the rows of the right side and lets left rows pass by the counts. When the distinct rows do
// not fit in memory, the rows that the table does not have go to files on both sides, and part after part is worked on
// in the same way.
type SetOp struct {
	env         *Env
	grant       *Grant
	kind        physical.SetOpKind
	all         bool
	left, right Operator
	types       []schema.Type
	level       int

	memory      part
	table       *groupTable
	counts      []int64
	passed      []bool
	frozen      bool
	files       [2]*partitions // of the left and the right side
	ids         []uint32
	sel, misses []uint32
	out         vector.Batch
	phase       setPhase
	parts       int
	sub         *SetOp
}

type setPhase uint8

const (
	rightPhase setPhase = iota
	leftPhase
	partsPhase
)

// NewSetOp returns the operation on two inputs with the same columns.
func NewSetOp(env *Env, grant *Grant, kind physical.SetOpKind, all bool, left, right Operator, types []schema.Type) *SetOp {
	return newSetOp(env, grant, kind, all, left, right, types, 0)
}

func newSetOp(env *Env, grant *Grant, kind physical.SetOpKind, all bool, left, right Operator, types []schema.Type, level int) *SetOp {
	return &SetOp{env: env, grant: grant, kind: kind, all: all, left: left, right: right, types: types, level: level,
		memory: part{g: grant}, table: newGroupTable(types)}
}

// Open has nothing to do: the right side is read by the first Next.
func (s *SetOp) Open(context.Context) error { return nil }

// assign finds the numbers of a batch's rows. Rows that the table does not have and may not take go to a file; they are in
// misses then, and the others in sel.
func (s *SetOp) assign(ctx context.Context, b *vector.Batch, side int) error {
	s.ids = growIDs(s.ids, b.Rows())
	s.sel, s.misses = s.sel[:0], s.misses[:0]
	if !s.frozen {
		s.reserve(b)
	}
	if !s.frozen {
		s.table.assign(b.Cols, b.Len, b.Sel, s.ids)
		for len(s.counts) < s.table.n {
			s.counts, s.passed = append(s.counts, 0), append(s.passed, false)
		}
		s.sel = rowsOf(b, 0, b.Rows(), s.sel)
		return s.charge()
	}
	s.table.find(b.Cols, b.Len, b.Sel, s.ids)
	k := 0
	for i, id := range s.ids {
		r := uint32(i)
		if b.Sel != nil {
			r = b.Sel[i]
		}
		if id == noGroup {
			s.misses = append(s.misses, r)
			continue
		}
		s.ids[k] = id
		k++
		s.sel = append(s.sel, r)
	}
	s.ids = s.ids[:k]
	if len(s.misses) == 0 {
		return nil
	}
	return s.files[side].add(ctx, b.Cols, b.Cols, b.Len, s.misses)
}

func (s *SetOp) charge() error {
	size := s.size()
	if s.fits(size) {
		return nil
	}
	s.freeze()
	return s.memory.must(size)
}

func (s *SetOp) size() int64 { return s.table.memory() + int64(len(s.counts))*9 }

func (s *SetOp) fits(size int64) bool {
	if s.level > 0 {
		return s.memory.fitFree(size)
	}
	return s.memory.fit(size)
}

// reserve takes memory for the rows of a batch before they are added, as a table cannot give back what it took; without, the
// table takes no more.
func (s *SetOp) reserve(b *vector.Batch) {
	if s.env.ForceSpill || s.level == maxLevel {
		return
	}
	size := 2*s.size() + int64(b.Rows())*groupEntryBytes
	for i, c := range b.Cols {
		size += 3 * (int64(b.Rows())*fixedBytes(s.types[i]) + textBytes(c, b.Len, b.Sel))
	}
	if !s.fits(size) {
		s.freeze()
	}
}

// freeze ends the growth of the table: rows that it does not have go to files.
func (s *SetOp) freeze() {
	if s.level == maxLevel {
		return
	}
	s.frozen = true
	s.grant.began()
	for i := range s.files {
		s.files[i] = newPartitions(s.env, s.grant, s.types, s.level)
	}
}

func (s *SetOp) readRight(ctx context.Context) error {
	err := Each(ctx, s.right, func(b *vector.Batch) error {
		if err := s.assign(ctx, b, 1); err != nil {
			return err
		}
		for _, id := range s.ids {
			s.counts[id]++
		}
		return nil
	})
	if err == nil {
		err = s.right.Close()
	}
	if err != nil {
		return err
	}
	return s.left.Open(ctx)
}

// Next returns the next rows that pass.
func (s *SetOp) Next(ctx context.Context) (*vector.Batch, error) {
	if s.phase == rightPhase {
		s.phase = leftPhase
		if err := s.readRight(ctx); err != nil {
			return nil, err
		}
	}
	for s.phase == leftPhase {
		b, err := s.left.Next(ctx)
		if done(err) {
			if s.files[0] == nil {
				return nil, io.EOF
			}
			s.phase, s.table, s.counts, s.passed = partsPhase, nil, nil, nil
			if err := s.memory.must(0); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if err := s.assign(ctx, b, 0); err != nil {
			return nil, err
		}
		k := 0
		for i, id := range s.ids {
			if s.passes(id) {
				s.sel[k] = s.sel[i]
				k++
			}
		}
		if k > 0 {
			s.out = vector.Batch{Len: b.Len, Sel: s.sel[:k], Cols: b.Cols}
			return &s.out, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return s.nextOfParts(ctx)
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

// nextOfParts returns rows of the parts that were written to files.
func (s *SetOp) nextOfParts(ctx context.Context) (*vector.Batch, error) {
	for {
		if s.sub == nil {
			if s.parts == fanOut {
				return nil, io.EOF
			}
			left, right := s.files[0].streams[s.parts], s.files[1].streams[s.parts]
			s.sub = newSetOp(s.env, s.grant, s.kind, s.all, &streamSource{stream: left}, &streamSource{stream: right}, s.types, s.level+1)
			s.parts++
		}
		b, err := s.sub.Next(ctx)
		if !done(err) {
			return b, err
		}
		if err := s.sub.Close(); err != nil {
			return nil, err
		}
		s.sub = nil
	}
}

// Close closes both inputs.
func (s *SetOp) Close() error {
	err := closeAll([]Operator{s.left, s.right})
	if s.sub != nil {
		if subErr := s.sub.Close(); err == nil {
			err = subErr
		}
		s.sub = nil
	}
	for _, f := range s.files {
		if f != nil {
			if fileErr := f.close(); err == nil {
				err = fileErr
			}
		}
	}
	s.grant.Release(s.memory.held)
	s.memory.held = 0
	return err
}

// streamSource reads a file as an operator and removes it at its end.
type streamSource struct {
	stream *spill.Stream
	in     *spill.Reader
}

// Open begins to read.
func (s *streamSource) Open(context.Context) (err error) {
	s.in, err = s.stream.Reader()
	return err
}

// Next returns the next batch.
func (s *streamSource) Next(ctx context.Context) (*vector.Batch, error) { return s.in.Next(ctx) }

// Close removes the file.
func (s *streamSource) Close() error { return s.stream.Close() }
