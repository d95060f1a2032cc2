package op

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/physical"
)

// JoinSpec describes a hash join to all its workers.
type JoinSpec struct {
	Kind      physical.JoinKind
	LeftTypes []schema.Type
	// RightTypes are the build side's columns, without the keys.
	RightTypes []schema.Type
	KeyTypes   []schema.Type
	NullSafe   []bool
	NullAware  bool
	Publish    []*connectors.JoinKeys
	Output     []int
}

// JoinBuild is the build side, shared by the probing workers.
type JoinBuild struct {
	spec   *JoinSpec
	chains []Operator
	keys   [][]*eval.Evaluator // of each chain
	once   sync.Once
	err    error
	table  *joinTable
	acct   *memory.Account
	// matched marks build rows that found a partner, for the kinds that return build rows; workers mark their own set and
	// merge at their end.
	mu      sync.Mutex
	matched vector.Bitmap
	left    atomic.Int32 // workers that still probe
	closed  sync.Once
}

// NewJoinBuild returns the build side of a join that workers probe. keys are the evaluators of each chain.
func NewJoinBuild(spec *JoinSpec, chains []Operator, keys [][]*eval.Evaluator, workers int, acct *memory.Account) *JoinBuild {
	b := &JoinBuild{spec: spec, chains: chains, keys: keys, acct: acct}
	b.left.Store(int32(workers))
	return b
}

// build reads the build side and publishes its keys. All workers call it before they open their probe side.
func (b *JoinBuild) build(ctx context.Context) error {
	b.once.Do(func() {
		b.err = b.run(ctx)
		if b.err != nil {
			for _, p := range b.spec.Publish {
				if p != nil {
					p.Publish(nil)
				}
			}
		}
	})
	return b.err
}

func (b *JoinBuild) run(ctx context.Context) error {
	var mu sync.Mutex
	types := append(append([]schema.Type(nil), b.spec.RightTypes...), b.spec.KeyTypes...)
	store := newRowStore(types, b.acct)
	err := Parallel(ctx, b.chains, func(ctx context.Context, w int, c Operator) error {
		cols := make([]vector.Vector, len(types))
		return Each(ctx, c, func(batch *vector.Batch) error {
			copy(cols, batch.Cols[:len(b.spec.RightTypes)])
			for i, k := range b.keys[w] {
				v, err := k.Eval(ctx, batch)
				if err != nil {
					return err
				}
				cols[len(b.spec.RightTypes)+i] = v
			}
			mu.Lock()
			defer mu.Unlock()
			return store.add(cols, batch.Len, batch.Sel)
		})
	})
	if err != nil {
		return err
	}
	cols := store.finish()
	n := len(b.spec.RightTypes)
	b.table = newJoinTable(cols[:n], cols[n:], store.rows, b.spec.NullSafe)
	if err := b.acct.Grow(b.table.memory()); err != nil {
		return err
	}
	if b.returnsBuild() {
		b.matched = vector.NewBitmap(store.rows)
	}
	for i, p := range b.spec.Publish {
		if p != nil {
			p.Publish(b.table.keySet(i))
		}
	}
	return nil
}

// returnsBuild says that build rows are returned by whether they matched.
func (b *JoinBuild) returnsBuild() bool {
	switch b.spec.Kind {
	case physical.RightOuter, physical.FullOuter, physical.RightSemi, physical.RightAnti:
		return true
	}
	return false
}

// close frees the build side once.
func (b *JoinBuild) close() (err error) {
	b.closed.Do(func() {
		err = closeAll(b.chains)
		b.acct.Close()
	})
	return err
}

// HashJoin probes a build side with the rows of one worker.
type HashJoin struct {
	shared   *JoinBuild
	probe    Operator
	keys     []*eval.Evaluator
	residual *eval.Evaluator

	keyCols []vector.Vector
	hashes  []uint64
	batch   *vector.Batch
	heads   []uint32 // chain of each row of the batch
	row     int      // place in the selection
	entry   uint32
	hit     vector.Bitmap // probe rows of the batch with a match
	nulls   vector.Bitmap // probe rows with a NULL key
	unsure  vector.Bitmap
	own     vector.Bitmap // matched build rows
	left    []uint32
	right   []uint32
	g       []kernel.Gatherer
	res     []kernel.Gatherer
	out     vector.Batch
	tail    int // 0 probing, 1 build rows to come, 2 ended
	tailAt  int
	ended   bool
}

// NewHashJoin returns the join of one worker.
func NewHashJoin(shared *JoinBuild, probe Operator, keys []*eval.Evaluator, residual *eval.Evaluator) *HashJoin {
	return &HashJoin{shared: shared, probe: probe, keys: keys, residual: residual, entry: noEntry,
		keyCols: make([]vector.Vector, len(keys)), g: make([]kernel.Gatherer, len(shared.spec.Output)),
		res: make([]kernel.Gatherer, len(shared.spec.LeftTypes)+len(shared.spec.RightTypes))}
}

// Open builds, then opens the probe side: its scans find the keys published.
func (j *HashJoin) Open(ctx context.Context) error {
	if err := j.shared.build(ctx); err != nil {
		return err
	}
	if j.shared.returnsBuild() {
		j.own = vector.NewBitmap(j.shared.table.rows)
	}
	if j.shared.table.rows == 0 && j.emptyWithoutBuild() {
		j.tail = 2
		return nil
	}
	return j.probe.Open(ctx)
}

// emptyWithoutBuild says that an empty build side makes an empty result.
func (j *HashJoin) emptyWithoutBuild() bool {
	switch j.shared.spec.Kind {
	case physical.Inner, physical.Semi, physical.RightOuter, physical.RightSemi, physical.RightAnti:
		return true
	}
	return false
}

// joinPairs is about how many pairs are made at once.
const joinPairs = 2048

// Next returns the next batch.
func (j *HashJoin) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		switch j.tail {
		case 1:
			return j.buildRows()
		case 2:
			return nil, io.EOF
		}
		if j.batch == nil {
			b, err := j.probe.Next(ctx)
			if done(err) {
				j.endProbe()
				continue
			}
			if err != nil {
				return nil, err
			}
			if err := j.begin(ctx, b); err != nil {
				return nil, err
			}
		}
		out, err := j.step(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// begin looks up the keys of a batch.
func (j *HashJoin) begin(ctx context.Context, b *vector.Batch) error {
	j.batch, j.row, j.entry, j.ended = b, 0, noEntry, false
	for i, k := range j.keys {
		v, err := k.Eval(ctx, b)
		if err != nil {
			return err
		}
		j.keyCols[i] = v
	}
	j.hit = j.hit.Resize(b.Len)
	j.unsure = j.unsure.Resize(b.Len)
	j.nulls = nil
	for i, v := range j.keyCols {
		if !j.shared.spec.NullSafe[i] && v.Nulls() != nil {
			if j.nulls == nil {
				j.nulls = vector.NewBitmap(b.Len)
			}
			j.nulls.Or(kernel.Nulls(v, b.Len))
		}
	}
	j.heads = kernel.Grow(&j.heads, b.Len)
	j.lookUp(b)
	return nil
}

// lookUp finds the first entry of each row's chain.
func (j *HashJoin) lookUp(b *vector.Batch) {
	t := j.shared.table
	if t.dense {
		switch v := j.keyCols[0].(type) {
		case *vector.Flat[int32]:
			lookUpDense(j, t, v.Values, b)
			return
		case *vector.Flat[int64]:
			lookUpDense(j, t, v.Values, b)
			return
		}
		at, ok := keyInts(kernel.Flatten(j.keyCols[0]))
		if ok {
			eachSelected(b, func(r uint32) {
				j.heads[r] = noEntry
				if d := uint64(at(int(r)) - t.min); d < uint64(len(t.head)) && !j.nulls.Get(int(r)) {
					j.heads[r] = t.head[d]
				}
			})
			return
		}
	}
	j.hashes = kernel.Grow(&j.hashes, b.Len)
	hashKeys(j.keyCols, b.Len, b.Sel, j.hashes)
	eachSelected(b, func(r uint32) {
		j.heads[r] = noEntry
		if !j.nulls.Get(int(r)) {
			j.heads[r] = t.head[j.hashes[r]>>t.shift]
		}
	})
}

func lookUpDense[T int32 | int64](j *HashJoin, t *joinTable, keys []T, b *vector.Batch) {
	if b.Sel == nil {
		for r, k := range keys[:b.Len] {
			j.heads[r] = noEntry
			if d := uint64(int64(k) - t.min); d < uint64(len(t.head)) {
				j.heads[r] = t.head[d]
			}
		}
	} else {
		for _, r := range b.Sel {
			j.heads[r] = noEntry
			if d := uint64(int64(keys[r]) - t.min); d < uint64(len(t.head)) {
				j.heads[r] = t.head[d]
			}
		}
	}
	if j.nulls != nil {
		for r := range b.Len {
			if j.nulls.Get(r) {
				j.heads[r] = noEntry
			}
		}
	}
}

func eachSelected(b *vector.Batch, f func(r uint32)) {
	if b.Sel == nil {
		for r := range uint32(b.Len) {
			f(r)
		}
		return
	}
	for _, r := range b.Sel {
		f(r)
	}
}

// equal compares the keys of a probe row with those of a build row.
func (j *HashJoin) equal(r, entry uint32) bool {
	t := j.shared.table
	if t.dense {
		return true
	}
	if j.hashes[r] != t.hashes[entry] {
		return false
	}
	for i, k := range j.keyCols {
		if j.shared.spec.NullSafe[i] {
			a, b := vector.NullAt(k, int(r)), vector.NullAt(t.keys[i], int(entry))
			if a || b {
				if a != b {
					return false
				}
				continue
			}
		}
		if kernel.Compare(k, int(r), t.keys[i], int(entry)) != 0 {
			return false
		}
	}
	return true
}

// step makes the next pairs of the batch, or ends it; nil says that there was nothing to return.
func (j *HashJoin) step(ctx context.Context) (*vector.Batch, error) {
	if j.ended {
		b := j.batch
		j.batch = nil
		return j.unmatched(b)
	}
	j.pairs()
	if j.residual != nil && len(j.left) > 0 {
		if err := j.applyResidual(ctx); err != nil {
			return nil, err
		}
	}
	return j.useMatches()
}

// pairs fills left and right with candidates whose keys are equal.
func (j *HashJoin) pairs() {
	j.left, j.right = j.left[:0], j.right[:0]
	t, b := j.shared.table, j.batch
	rows := b.Rows()
	first := j.residual == nil && j.existence()
	for len(j.left) < joinPairs {
		if j.entry == noEntry {
			if j.row >= rows {
				j.ended = true
				return
			}
			j.entry = j.heads[j.current()]
			if j.entry == noEntry {
				j.row++
				continue
			}
		}
		r := j.current()
		for j.entry != noEntry && len(j.left) < 4*joinPairs {
			e := j.entry
			j.entry = t.next[e]
			if j.equal(r, e) {
				j.left, j.right = append(j.left, r), append(j.right, e)
				if first {
					j.entry = noEntry
				}
			}
		}
		if j.entry == noEntry {
			j.row++
		}
	}
}

func (j *HashJoin) current() uint32 {
	if j.batch.Sel != nil {
		return j.batch.Sel[j.row]
	}
	return uint32(j.row)
}

// existence says that one match of a probe row is enough.
func (j *HashJoin) existence() bool {
	switch j.shared.spec.Kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti, physical.Mark:
		return true
	}
	return false
}

// applyResidual keeps the pairs for which the condition is true. NULL makes a probe row unsure, which NOT IN cares about.
func (j *HashJoin) applyResidual(ctx context.Context) error {
	cols := j.pairColumns()
	v, err := j.residual.EvalRows(ctx, cols, len(j.left), nil)
	if err != nil {
		return err
	}
	k := 0
	for i := range j.left {
		if vector.NullAt(v, i) {
			j.unsure.Set(int(j.left[i]))
			continue
		}
		if isTrue(v, i) {
			j.left[k], j.right[k] = j.left[i], j.right[i]
			k++
		}
	}
	j.left, j.right = j.left[:k], j.right[:k]
	return nil
}

func isTrue(v vector.Vector, i int) bool { return vector.ValueAt(v, i).I != 0 }

// pairColumns gathers all columns of the pairs: left, then right.
func (j *HashJoin) pairColumns() []vector.Vector {
	spec := j.shared.spec
	cols := make([]vector.Vector, 0, len(spec.LeftTypes)+len(spec.RightTypes))
	for i := range spec.LeftTypes {
		cols = append(cols, j.res[i].Gather(j.batch.Cols[i], j.left, false))
	}
	for i := range spec.RightTypes {
		cols = append(cols, j.res[len(spec.LeftTypes)+i].Gather(j.shared.table.cols[i], j.right, false))
	}
	return cols
}

// useMatches marks matches and returns the pairs where the join returns them.
func (j *HashJoin) useMatches() (*vector.Batch, error) {
	spec := j.shared.spec
	for _, r := range j.left {
		if spec.Kind == physical.Single && j.hit.Get(int(r)) {
			return nil, moreThanOne()
		}
		j.hit.Set(int(r))
	}
	if spec.Kind == physical.Single {
		for i := 1; i < len(j.left); i++ {
			if j.left[i] == j.left[i-1] {
				return nil, moreThanOne()
			}
		}
	}
	if j.own != nil {
		for _, e := range j.right {
			j.own.Set(int(e))
		}
	}
	switch spec.Kind {
	case physical.Inner, physical.LeftOuter, physical.RightOuter, physical.FullOuter, physical.Single:
		if len(j.left) > 0 {
			return j.emit(j.left, j.right, false), nil
		}
	}
	return nil, nil //nolint:nilnil // nothing to return yet
}

func moreThanOne() error {
	return sqlerr.New(sqlerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// emit gathers the output columns of pairs; holes have no build row.
func (j *HashJoin) emit(left, right []uint32, holes bool) *vector.Batch {
	spec := j.shared.spec
	j.out = vector.Batch{Len: len(left), Cols: make([]vector.Vector, len(spec.Output))}
	for i, o := range spec.Output {
		if o < len(spec.LeftTypes) {
			j.out.Cols[i] = j.g[i].Gather(j.batch.Cols[o], left, false)
			continue
		}
		col := j.shared.table.cols[o-len(spec.LeftTypes)]
		if holes {
			j.out.Cols[i] = kernel.NullConst(col.Type(), len(left))
			continue
		}
		j.out.Cols[i] = j.g[i].Gather(col, right, false)
	}
	return &j.out
}

// unmatched returns, at the end of a probe batch, the rows that the kind returns by whether they matched.
func (j *HashJoin) unmatched(b *vector.Batch) (*vector.Batch, error) {
	spec := j.shared.spec
	if spec.Kind == physical.Mark {
		return j.mark(b), nil
	}
	want := spec.Kind == physical.Semi
	switch spec.Kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti, physical.LeftOuter, physical.FullOuter, physical.Single:
	default:
		return nil, nil //nolint:nilnil // nothing to return
	}
	if spec.Kind == physical.NullAwareAnti && j.shared.table.rows > 0 && j.shared.table.anyNull && j.residual == nil {
		return nil, nil //nolint:nilnil // NOT IN a list with NULL is never true
	}
	j.left = j.left[:0]
	eachSelected(b, func(r uint32) {
		if j.hit.Get(int(r)) != want {
			return
		}
		if spec.Kind == physical.NullAwareAnti && j.shared.table.rows > 0 && (j.nulls.Get(int(r)) || j.unsure.Get(int(r))) {
			return
		}
		j.left = append(j.left, r)
	})
	if len(j.left) == 0 {
		return nil, nil //nolint:nilnil // nothing to return
	}
	if spec.Kind == physical.LeftOuter || spec.Kind == physical.FullOuter || spec.Kind == physical.Single {
		j.batch = b
		out := j.emit(j.left, nil, true)
		j.batch = nil
		return out, nil
	}
	j.out = vector.Batch{Len: b.Len, Sel: j.left, Cols: make([]vector.Vector, len(spec.Output))}
	for i, o := range spec.Output {
		j.out.Cols[i] = b.Cols[o]
	}
	return &j.out, nil
}

// mark returns the probe rows with a boolean column.
func (j *HashJoin) mark(b *vector.Batch) *vector.Batch {
	spec := j.shared.spec
	m := &vector.Flat[bool]{Typ: schema.T(schema.Boolean), Values: make([]bool, b.Len)}
	t := j.shared.table
	eachSelected(b, func(r uint32) {
		i := int(r)
		m.Values[i] = j.hit.Get(i)
		if spec.NullAware && !m.Values[i] && t.rows > 0 && (j.nulls.Get(i) || t.anyNull || j.unsure.Get(i)) {
			if m.Null == nil {
				m.Null = vector.NewBitmap(b.Len)
			}
			m.Null.Set(i)
		}
	})
	j.out = vector.Batch{Len: b.Len, Sel: b.Sel, Cols: make([]vector.Vector, len(spec.Output))}
	for i, o := range spec.Output {
		if o == len(spec.LeftTypes) {
			j.out.Cols[i] = m
			continue
		}
		j.out.Cols[i] = b.Cols[o]
	}
	return &j.out
}

// endProbe merges the matched build rows; the last worker goes on to return build rows.
func (j *HashJoin) endProbe() {
	j.tail = 2
	if j.own == nil {
		return
	}
	s := j.shared
	s.mu.Lock()
	s.matched.Or(j.own)
	s.mu.Unlock()
	if s.left.Add(-1) == 0 {
		j.tail = 1
	}
}

// buildRows returns the build rows that matched, or that did not.
func (j *HashJoin) buildRows() (*vector.Batch, error) {
	s := j.shared
	want := s.spec.Kind == physical.RightSemi
	j.right = j.right[:0]
	for ; j.tailAt < s.table.rows && len(j.right) < joinPairs; j.tailAt++ {
		if s.matched.Get(j.tailAt) == want {
			j.right = append(j.right, uint32(j.tailAt))
		}
	}
	if len(j.right) == 0 {
		j.tail = 2
		return nil, io.EOF
	}
	onlyRight := s.spec.Kind == physical.RightSemi || s.spec.Kind == physical.RightAnti
	j.out = vector.Batch{Len: len(j.right), Cols: make([]vector.Vector, len(s.spec.Output))}
	for i, o := range s.spec.Output {
		switch {
		case onlyRight:
			j.out.Cols[i] = j.g[i].Gather(s.table.cols[o], j.right, false)
		case o < len(s.spec.LeftTypes):
			j.out.Cols[i] = kernel.NullConst(s.spec.LeftTypes[o], len(j.right))
		default:
			j.out.Cols[i] = j.g[i].Gather(s.table.cols[o-len(s.spec.LeftTypes)], j.right, false)
		}
	}
	return &j.out, nil
}

// Close closes the probe side and, once, the build side.
func (j *HashJoin) Close() error {
	err := j.probe.Close()
	if buildErr := j.shared.close(); err == nil {
		err = buildErr
	}
	return err
}
