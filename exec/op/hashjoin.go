package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// HashJoin probes a build side with the rows of one worker.
type HashJoin struct {
	shared   *JoinBuild
	spec     *JoinSpec
	probe    Operator
	keys     []*eval.Evaluator
	residual *eval.Evaluator

	phase  joinPhase
	table  *joinTable
	source vector.Source // the probe side, or a part of it in a file
	work   *joinWork     // the parts that this worker joins when the build side was spilled
	own    vector.Bitmap // matched build rows
	tail   vector.Bitmap // the build rows to return at the end
	tailAt int

	probing
	out    joinOutput
	closed bool
}

// joinPhase is what the next call does.
type joinPhase uint8

const (
	probePhase joinPhase = iota
	tailPhase            // return build rows
	splitPhase           // write the probe side to files, then join part by part
	endPhase
)

// probing is the state of one probe batch.
type probing struct {
	batch  *vector.Batch
	row    int // place in the selection
	from   uint64
	to     uint64 // entries of the current row that are left
	entry  uint32 // of a chain
	fresh  bool   // the current row is not looked up yet
	ended  bool
	hit    vector.Bitmap // probe rows with a match
	unsure vector.Bitmap // probe rows for which the condition was NULL
	nulls  vector.Bitmap // probe rows with a NULL key

	keyCols []vector.Vector
	ints    []int64 // the only key by row: the column itself, or intBuf
	intBuf  []int64
	hashes  []uint64
	heads   []uint32 // by row: the head of its chain
	words   []uint64 // by row: the first entry of its bucket
	ends    []uint64
	left    []uint32
	right   []uint32
	nullBuf vector.Bitmap
}

// NewHashJoin returns the join of one worker. It is not the only one that closes the build side.
func NewHashJoin(shared *JoinBuild, probe Operator, keys []*eval.Evaluator, residual *eval.Evaluator) *HashJoin {
	j := &HashJoin{shared: shared, spec: shared.spec, probe: probe, keys: keys, residual: residual}
	j.keyCols = make([]vector.Vector, len(keys))
	j.out.init(shared.spec)
	return j
}

// Open builds, then opens the probe side: its scans find the keys published.
func (j *HashJoin) Open(ctx context.Context) error {
	if err := j.shared.run(ctx); err != nil {
		return err
	}
	if j.shared.rows.Load() == 0 && j.spec.emptyWithoutBuild() {
		j.phase = endPhase
		return nil
	}
	if j.shared.spilling.Load() {
		j.phase = splitPhase
	} else {
		j.table, j.source = j.shared.table, j.probe
		if j.spec.returnsBuild() {
			j.own = vector.NewBitmap(j.table.rows)
		}
	}
	return j.probe.Open(ctx)
}

// Next returns the next batch.
func (j *HashJoin) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		out, err := j.advance(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// advance does one step; nil says that there was nothing to return.
func (j *HashJoin) advance(ctx context.Context) (*vector.Batch, error) {
	switch j.phase {
	case splitPhase:
		return nil, j.split(ctx)
	case tailPhase:
		return j.buildRows(ctx)
	case endPhase:
		return nil, io.EOF
	}
	if j.batch == nil {
		b, err := j.source.Next(ctx)
		if done(err) {
			return nil, j.endProbe(ctx)
		}
		if err != nil {
			return nil, err
		}
		if err := j.begin(ctx, b); err != nil {
			return nil, err
		}
		if out, ok := j.wholeBatch(b); ok {
			return out, nil
		}
	}
	if j.ended {
		b := j.batch
		j.batch = nil
		return j.unmatched(b), nil
	}
	j.pairs()
	if j.residual != nil && len(j.left) > 0 {
		if err := j.applyResidual(ctx); err != nil {
			return nil, err
		}
	}
	return j.useMatches()
}

// begin looks up the keys of a batch.
func (j *HashJoin) begin(ctx context.Context, b *vector.Batch) error {
	j.batch, j.row, j.fresh, j.ended = b, 0, true, false
	for i, k := range j.keys {
		v, err := k.Eval(ctx, b)
		if err != nil {
			return err
		}
		j.keyCols[i] = v
	}
	j.hit = j.hit.Resize(b.Len)
	j.unsure = j.unsure.Resize(b.Len)
	j.nulls = nullKeys(j.keyCols, b.Len, j.spec.NullSafe, j.nullBuf)
	if j.nulls != nil {
		j.nullBuf = j.nulls
	}
	j.lookUp(b)
	return nil
}

// current is the row of the batch that is at the current place.
func (j *HashJoin) current() uint32 {
	if j.batch.Sel != nil {
		return j.batch.Sel[j.row]
	}
	return uint32(j.row)
}

// pairs fills left and right with candidates whose keys are equal.
func (j *HashJoin) pairs() {
	j.left, j.right = j.left[:0], j.right[:0]
	limit := j.shared.env.pairs()
	rows := j.batch.Rows()
	if j.table.form == bitsForm || j.spec.existence() && j.residual == nil {
		j.markHits(rows)
		j.ended = true
		return
	}
	for len(j.left) < limit {
		if j.row >= rows {
			j.ended = true
			return
		}
		r := j.current()
		if !j.nextOf(r, limit) {
			return
		}
		j.row++
		j.fresh = true
	}
}

// nextOf adds the pairs of a row and reports whether that were all.
func (j *HashJoin) nextOf(r uint32, limit int) bool {
	t := j.table
	switch t.form {
	case denseForm:
		if j.fresh {
			j.entry, j.fresh = j.heads[r], false
		}
		for j.entry != noEntry {
			if len(j.left) >= limit {
				return false
			}
			j.left, j.right = append(j.left, r), append(j.right, j.entry)
			if t.next == nil {
				return true
			}
			j.entry = t.next[j.entry]
		}
	case intForm, hashForm:
		if j.fresh {
			j.from, j.to, j.fresh = j.words[r], j.ends[r], false
		}
		word := j.wordOf(r)
		for ; j.from < j.to; j.from++ {
			e := &t.entries[j.from]
			if e.key != word || t.form == hashForm && !j.equal(r, e.row) {
				continue
			}
			if len(j.left) >= limit {
				return false
			}
			j.left, j.right = append(j.left, r), append(j.right, e.row)
		}
	}
	return true
}

// wordOf is what entries must have to match a row.
func (j *HashJoin) wordOf(r uint32) uint64 {
	if j.table.form == intForm {
		return uint64(j.ints[r])
	}
	return j.hashes[r]
}

// markHits finds for each row of the batch whether it has a match.
func (j *HashJoin) markHits(rows int) {
	t := j.table
	for k := range rows {
		r := uint32(k)
		if j.batch.Sel != nil {
			r = j.batch.Sel[k]
		}
		switch t.form {
		case bitsForm, denseForm:
			if j.heads[r] != noEntry {
				j.hit.Set(int(r))
			}
		case intForm, hashForm:
			word := j.wordOf(r)
			for i := j.words[r]; i < j.ends[r]; i++ {
				if e := &t.entries[i]; e.key == word && (t.form == intForm || j.equal(r, e.row)) {
					j.hit.Set(int(r))
					break
				}
			}
		}
	}
}

// equal compares the keys of a probe row with those of a build row.
func (j *HashJoin) equal(r, row uint32) bool {
	for i, k := range j.keyCols {
		b := j.table.keys[i]
		if j.spec.NullSafe[i] {
			x, y := vector.NullAt(k, int(r)), vector.NullAt(b, int(row))
			if x || y {
				if x != y {
					return false
				}
				continue
			}
		}
		if kernel.Compare(k, int(r), b, int(row)) != 0 {
			return false
		}
	}
	return true
}

// applyResidual keeps the pairs for which the condition is true. NULL makes a probe row unsure, which IN cares about.
func (j *HashJoin) applyResidual(ctx context.Context) error {
	v, err := j.residual.EvalRows(ctx, j.out.pairColumns(j.batch, j.table, j.left, j.right), len(j.left), nil)
	if err != nil {
		return err
	}
	k := 0
	keep := boolAt(v)
	for i := range j.left {
		switch keep(i) {
		case 1:
			j.left[k], j.right[k] = j.left[i], j.right[i]
			k++
		case -1:
			j.unsure.Set(int(j.left[i]))
		}
	}
	j.left, j.right = j.left[:k], j.right[:k]
	return nil
}

// boolAt returns a function that tells for each row of a boolean vector whether it is true (1), false (0) or NULL (-1).
func boolAt(v vector.Vector) func(i int) int {
	c := kernel.FlatCol[bool](v, nil)
	return func(i int) int {
		switch {
		case c.AllNull || c.Null.Get(i):
			return -1
		case c.V[i&c.Mask]:
			return 1
		}
		return 0
	}
}

// useMatches marks matches and returns the pairs where the join returns them.
func (j *HashJoin) useMatches() (*vector.Batch, error) {
	if j.spec.Kind == physical.Single {
		for i, r := range j.left {
			if j.hit.Get(int(r)) {
				return nil, moreThanOne()
			}
			j.hit.Set(int(j.left[i]))
		}
	} else {
		for _, r := range j.left {
			j.hit.Set(int(r))
		}
	}
	if j.own != nil {
		for _, e := range j.right {
			j.own.Set(int(e))
		}
	}
	if j.spec.returnsPairs() && len(j.left) > 0 {
		return j.out.pairs(j.batch, j.table, j.left, j.right), nil
	}
	return nil, nil //nolint:nilnil // nothing to return yet
}

func moreThanOne() error {
	return sqlerr.New(sqlerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// unmatched returns, at the end of a probe batch, the rows that the kind returns by whether they matched.
func (j *HashJoin) unmatched(b *vector.Batch) *vector.Batch {
	hasRows, anyNull := j.shared.rows.Load() > 0, j.shared.anyNull.Load()
	kind := j.spec.Kind
	switch {
	case kind == physical.Mark:
		null := func(i int) bool {
			return j.spec.NullAware && hasRows && (j.nulls.Get(i) || anyNull || j.unsure.Get(i))
		}
		return j.out.mark(b, j.hit, null)
	case kind == physical.NullAwareAnti && hasRows && anyNull && j.residual == nil:
		return nil // NOT IN a list with NULL is never true
	case !j.spec.existence() && !j.spec.keepsProbe():
		return nil
	}
	want := kind == physical.Semi
	aware := kind == physical.NullAwareAnti && hasRows
	j.left = j.left[:0]
	eachSelected(b, func(r uint32) {
		if j.hit.Get(int(r)) == want && !(aware && (j.nulls.Get(int(r)) || j.unsure.Get(int(r)))) {
			j.left = append(j.left, r)
		}
	})
	switch {
	case len(j.left) == 0:
		return nil
	case j.spec.keepsProbe():
		return j.out.padded(b, j.left)
	}
	return j.out.selected(b, j.left)
}

// endProbe merges the matched build rows; the last worker goes on to return build rows.
func (j *HashJoin) endProbe(ctx context.Context) error {
	if j.work != nil { // a part of a spilled join, which nobody else knows of
		j.tail, j.tailAt, j.phase = j.own, 0, tailPhase
		if j.own == nil {
			return j.nextPart(ctx)
		}
		return nil
	}
	j.phase = endPhase
	if j.own == nil {
		return nil
	}
	s := j.shared
	s.mu.Lock()
	s.matched.Or(j.own)
	s.mu.Unlock()
	if s.left.Add(-1) == 0 {
		j.tail, j.phase = s.matched, tailPhase
	}
	return nil
}

// buildRows returns the build rows that matched, or that did not.
func (j *HashJoin) buildRows(ctx context.Context) (*vector.Batch, error) {
	want := j.spec.Kind == physical.RightSemi
	j.right = j.right[:0]
	for ; j.tailAt < j.table.rows && len(j.right) < j.shared.env.batchRows(); j.tailAt++ {
		if j.tail.Get(j.tailAt) == want {
			j.right = append(j.right, uint32(j.tailAt))
		}
	}
	if len(j.right) == 0 {
		if j.work != nil {
			return nil, j.nextPart(ctx)
		}
		j.phase = endPhase
		return nil, nil //nolint:nilnil // the end comes next
	}
	return j.out.buildOnly(j.table, j.right), nil
}

// Close closes the probe side; the last worker closes the build side.
func (j *HashJoin) Close() error {
	if j.closed {
		return nil
	}
	j.closed = true
	err := j.probe.Close()
	if j.work != nil {
		if workErr := j.work.close(); err == nil {
			err = workErr
		}
	}
	if buildErr := j.shared.leave(); err == nil {
		err = buildErr
	}
	return err
}
