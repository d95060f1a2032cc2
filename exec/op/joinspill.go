package op

import (
	"context"

	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
)

// joinWork is what is left of a spilled join: parts of both sides that have the same hash bits (the grace hash join). The last
// worker to end the probe side joins them one after the other.
type joinWork struct {
	parts  []joinPart
	memory part
	open   []*spill.Stream
}

// joinPart is one part: rows of both sides whose hashes agree in the bits of all levels above.
type joinPart struct {
	build, probe *spill.Stream
	level        int
}

// split writes the probe side to files; the last worker goes on with the parts.
func (j *HashJoin) split(ctx context.Context) error {
	var hashes []uint64
	for {
		b, err := j.probe.Next(ctx)
		if done(err) {
			break
		}
		if err != nil {
			return err
		}
		for i, k := range j.keys {
			if j.keyCols[i], err = k.Eval(ctx, b); err != nil {
				return err
			}
		}
		hashes = kernel.Grow(&hashes, b.Len)
		hashKeys(j.keyCols, b.Len, b.Sel, hashes)
		if err := j.shared.probeParts.addHashed(ctx, b.Cols, hashes, b.Len, b.Sel); err != nil {
			return err
		}
	}
	if j.shared.left.Add(-1) > 0 {
		j.phase = endPhase
		return nil
	}
	j.work = &joinWork{memory: part{g: j.shared.grant}}
	for i := range fanOut {
		j.work.parts = append(j.work.parts, joinPart{j.shared.build.streams[i], j.shared.probeParts.streams[i], 0})
	}
	return j.nextPart(ctx)
}

// nextPart begins the next part whose result is not surely empty.
func (j *HashJoin) nextPart(ctx context.Context) error {
	w := j.work
	if err := w.closeOpen(); err != nil {
		return err
	}
	j.table, j.own, j.tail = nil, nil, nil
	for len(w.parts) > 0 {
		p := w.parts[len(w.parts)-1]
		w.parts = w.parts[:len(w.parts)-1]
		w.open = append(w.open, p.build, p.probe)
		if p.build.Rows() == 0 && j.spec.emptyWithoutBuild() || p.probe.Rows() == 0 && !j.spec.returnsBuild() {
			if err := w.closeOpen(); err != nil {
				return err
			}
			continue
		}
		fits, err := j.loadPart(ctx, p)
		if err != nil {
			return err
		}
		if fits {
			return nil
		}
		if err := j.splitPart(ctx, p); err != nil {
			return err
		}
	}
	j.phase = endPhase
	return w.memory.must(0)
}

// loadPart builds the table of a part; false says that it must be split again.
func (j *HashJoin) loadPart(ctx context.Context, p joinPart) (bool, error) {
	w, spec := j.work, j.spec
	store := newRowStore(spec.storedTypes)
	r, err := p.build.Reader()
	if err != nil {
		return false, err
	}
	for {
		b, err := r.Next(ctx)
		if done(err) {
			break
		}
		if err != nil {
			return false, err
		}
		store.add(b.Cols, b.Len, nil)
		size := store.size() + int64(store.rows)*entryBytes
		if w.memory.fitFree(size) {
			continue
		}
		if p.level < maxLevel {
			return false, w.memory.must(0)
		}
		if err := w.memory.must(size); err != nil {
			return false, err
		}
	}
	cols, n := store.finish()
	if j.table, err = newJoinTable(cols, spec.keySlot, n, spec.NullSafe, j.shared.keysOnly()); err != nil {
		return false, err
	}
	if j.source, err = p.probe.Reader(); err != nil {
		return false, err
	}
	if spec.returnsBuild() {
		j.own = vector.NewBitmap(n)
	}
	j.phase = probePhase
	return true, nil
}

// splitPart splits both sides of a part by the next bits of the hash.
func (j *HashJoin) splitPart(ctx context.Context, p joinPart) error {
	s, level := j.shared, p.level+1
	build := newPartitions(s.env, s.grant, p.build.Types(), level)
	probe := newPartitions(s.env, s.grant, p.probe.Types(), level)
	for i := range fanOut {
		j.work.parts = append(j.work.parts, joinPart{build.streams[i], probe.streams[i], level})
	}
	err := readAll(ctx, p.build, func(b *vector.Batch) error {
		keys := make([]vector.Vector, len(j.spec.keySlot))
		for i, k := range j.spec.keySlot {
			keys[i] = b.Cols[k]
		}
		return build.add(ctx, b.Cols, keys, b.Len, nil)
	})
	if err != nil {
		return err
	}
	err = readAll(ctx, p.probe, func(b *vector.Batch) (err error) {
		for i, k := range j.keys {
			if j.keyCols[i], err = k.Eval(ctx, b); err != nil {
				return err
			}
		}
		return probe.add(ctx, b.Cols, j.keyCols, b.Len, nil)
	})
	if err != nil {
		return err
	}
	return j.work.closeOpen()
}

// readAll calls f for every batch of a stream.
func readAll(ctx context.Context, s *spill.Stream, f func(b *vector.Batch) error) error {
	r, err := s.Reader()
	if err != nil {
		return err
	}
	for {
		b, err := r.Next(ctx)
		if done(err) {
			return nil
		}
		if err == nil {
			err = f(b)
		}
		if err != nil {
			return err
		}
	}
}

func (w *joinWork) closeOpen() error {
	err := closeAll(w.open)
	w.open = nil
	return err
}

func (w *joinWork) close() error {
	err := w.closeOpen()
	for _, p := range w.parts {
		for _, s := range []*spill.Stream{p.build, p.probe} {
			if closeErr := s.Close(); err == nil {
				err = closeErr
			}
		}
	}
	w.parts = nil
	return err
}
