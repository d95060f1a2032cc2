package op

import (
	"context"
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
)

const (
	// cacheGroups is the number of groups beyond which a table is left as it is, unless it reduces its input by
	// wellReduced.
	cacheGroups = 1 << 15
	// clusteredGroups is the size of the tables that are put aside one after another where keys are clustered.
	clusteredGroups = 1 << 13
	wellReduced     = 2
	// radixParts is into how many parts further rows are kept; a part is the low bits of the hash.
	radixBits  = 8
	radixParts = 1 << radixBits
	// serialGroups is how many groups, with what DISTINCT has seen of them, are merged by one worker without parts.
	serialGroups = 1 << 15
)

// grouping is one grouping set.
type grouping struct {
	a        *Aggregate
	set      []int
	layout   rowLayout
	workers  []*groupWorker
	files    *partitions
	spilling bool
}

// groupWorker is one worker's part of a grouping: a table, and rows that are kept for later.
type groupWorker struct {
	g      *grouping
	base   *groups
	memory part
	seen   int64 // rows that base took
	grows  bool  // the states of known groups grow with their rows

	// full are tables that went before base, with their memory and the rows that they took.
	full                []*groups
	fullBytes, fullSeen int64
	// spread says that groups come back long after they began: one table has them all.
	spread bool

	parts    []*rowStore
	partRows int
	checked  int   // rows when the size was last taken
	rowBytes int64 // about the size of a row
	// absorb says that rows of known groups still go to the table; frozen that it begins no groups.
	absorb, frozen bool
	hits, tries    int64

	ids, hitRows, hitIDs, missRows []uint32
	hashes                         []uint64
	lists                          [][]uint32

	sealed []*sealedGroups
}

// seal makes of the tables what tasks read of them at the same time.
func (w *groupWorker) seal(parts int) {
	w.sealed = nil
	for _, g := range append(w.full, w.base) {
		if g.table.n > 0 {
			w.sealed = append(w.sealed, seal(g, parts))
		}
	}
}

func newGrouping(a *Aggregate, set []int, workers int) (*grouping, error) {
	g := &grouping{a: a, set: set, layout: layoutOf(a.spec, set)}
	for range workers {
		base, err := newGroups(a.spec, set)
		if err != nil {
			return nil, err
		}
		g.workers = append(g.workers, &groupWorker{g: g, base: base, memory: part{g: a.grant}, absorb: true, grows: base.keepRows()})
	}
	return g, nil
}

// add groups the rows of a batch or keeps them for later.
func (w *groupWorker) add(ctx context.Context, b *vector.Batch, keys []vector.Vector, in *aggregateInput) error {
	w.seen += int64(b.Rows())
	if !w.frozen && len(w.g.set) > 0 && !w.reserve(w.fullBytes+2*w.base.memory(), b, keys, in) {
		w.frozen, w.absorb = true, w.base.table.n > 0
	}
	if !w.frozen {
		if err := w.base.update(w.base.assign(keys, b.Len, b.Sel), b.Len, b.Sel, in); err != nil {
			return err
		}
		return w.check()
	}
	rows := b.Sel
	if w.absorb && w.grows && !w.reserve(w.size(), b, keys, in) {
		w.absorb = false
	}
	if w.absorb {
		w.split(b, keys)
		if len(w.hitRows) > 0 {
			if err := w.base.update(w.hitIDs, b.Len, w.hitRows, in); err != nil {
				return err
			}
		}
		rows = w.missRows
		if w.tries > 1<<15 && w.hits*4 < w.tries || !w.memory.fit(w.size()) {
			w.absorb = false
		}
		if len(rows) == 0 {
			return nil
		}
	}
	return w.keep(ctx, b, rows, keys, in)
}

// check freezes the table when it has become too large, or puts another in its place.
func (w *groupWorker) check() error {
	size := w.fullBytes + w.base.memory()
	if len(w.g.set) == 0 { // one group
		return w.memory.must(size)
	}
	n, limit := w.base.table.n, cacheGroups
	if len(w.full) > 0 {
		limit = clusteredGroups
	}
	reduced := w.seen >= int64(n)*wellReduced
	if n > limit && !w.spread && reduced {
		if err := w.next(); err != nil {
			return err
		}
		size = w.fullBytes + w.base.memory()
	}
	if n > limit && !reduced || !w.memory.fit(size) {
		w.frozen = true
		return w.memory.must(size)
	}
	return nil
}

// next begins another table after a full one. Where keys are clustered, as in a table that is sorted by them, the groups of the full one
// do not come back, and tables that stay in the cache are faster than a large one. The second table shows whether that is so:
// when most of its groups were in the first, the first takes it in and grows from then on.
func (w *groupWorker) next() error {
	if len(w.full) == 1 && w.overlaps() {
		first := w.full[0]
		var m groupMerger
		if err := m.merge(first, seal(w.base, 1), 0, 0); err != nil {
			return err
		}
		w.base, w.seen, w.full, w.fullBytes, w.spread = first, w.fullSeen+w.seen, nil, 0, true
		return nil
	}
	base, err := newGroups(w.g.a.spec, w.g.set)
	if err != nil {
		return err
	}
	w.full, w.fullBytes, w.fullSeen = append(w.full, w.base), w.fullBytes+w.base.memory(), w.fullSeen+w.seen
	base.table.keys.expect(clusteredGroups)
	w.base, w.seen = base, 0
	return nil
}

// overlaps says that most groups of the table are in the one before it.
func (w *groupWorker) overlaps() bool {
	n := w.base.table.n
	w.ids = growIDs(w.ids, n)
	w.full[0].table.find(w.base.table.built(), n, nil, w.ids)
	known := 0
	for _, id := range w.ids {
		if id != noGroup {
			known++
		}
	}
	return known > n/2
}

// reserve takes memory for a table of the given size with the rows of a batch, before they are added: a table cannot give back
// what it took. Tables leave half of the operator's share for the rows that come after them.
func (w *groupWorker) reserve(size int64, b *vector.Batch, keys []vector.Vector, in *aggregateInput) bool {
	g := w.memory.g
	if g.env.ForceSpill { // tables have some groups then, so that all paths are taken
		return true
	}
	size += int64(b.Rows()) * w.g.layout.groupBytes()
	for _, k := range keys {
		size += 3 * textBytes(k, b.Len, b.Sel)
	}
	for i := range in.args {
		for _, list := range [][]vector.Vector{in.args[i], in.orders[i]} {
			for _, v := range list {
				size += 3 * textBytes(v, b.Len, in.sels[i])
			}
		}
	}
	if !w.frozen && g.quota > 0 && g.held.Load()+size-w.memory.held > g.quota/2 {
		return false
	}
	return w.memory.fit(size)
}

// split tells the rows of known groups from the others.
func (w *groupWorker) split(b *vector.Batch, keys []vector.Vector) {
	w.ids = growIDs(w.ids, b.Rows())
	w.base.table.find(keys, b.Len, b.Sel, w.ids)
	w.hitRows, w.hitIDs, w.missRows = w.hitRows[:0], w.hitIDs[:0], w.missRows[:0]
	for k, id := range w.ids {
		r := uint32(k)
		if b.Sel != nil {
			r = b.Sel[k]
		}
		if id == noGroup {
			w.missRows = append(w.missRows, r)
			continue
		}
		w.hitRows, w.hitIDs = append(w.hitRows, r), append(w.hitIDs, id)
	}
	w.tries += int64(len(w.ids))
	w.hits += int64(len(w.hitRows))
}

// keep stores rows by the part that the hash of their keys names.
func (w *groupWorker) keep(ctx context.Context, b *vector.Batch, rows []uint32, keys []vector.Vector, in *aggregateInput) error {
	if w.parts == nil {
		w.parts, w.lists = make([]*rowStore, radixParts), make([][]uint32, radixParts)
		for i := range w.parts {
			w.parts[i] = newRowStore(w.g.layout.types)
		}
	}
	w.hashes = kernel.Grow(&w.hashes, b.Len)
	hashKeys(keys, b.Len, rows, w.hashes)
	vector.EachRow(b.Len, rows, func(r int) {
		p := w.hashes[r] % radixParts
		w.lists[p] = append(w.lists[p], uint32(r))
	})
	cols := w.g.layout.columns(b.Len, keys, in)
	for p, list := range w.lists {
		if len(list) > 0 {
			w.parts[p].add(cols, b.Len, list)
			w.partRows += len(list)
			w.lists[p] = list[:0]
		}
	}
	return w.fitParts(ctx)
}

// size is about the memory of the table and of the rows that are kept.
func (w *groupWorker) size() int64 {
	if w.partRows > 0 && (w.partRows > 2*w.checked || w.partRows > w.checked+1<<16) {
		total := int64(0)
		for _, p := range w.parts {
			total += p.size()
		}
		w.checked, w.rowBytes = w.partRows, total/int64(w.partRows)+1
	}
	return w.fullBytes + w.base.memory() + int64(w.partRows)*w.rowBytes
}

// fitParts writes the kept rows to files when they do not fit.
func (w *groupWorker) fitParts(ctx context.Context) error {
	size := w.size()
	if w.memory.fit(size) {
		return nil
	}
	if kept := int64(w.partRows) * w.rowBytes; kept < w.memory.g.work() && w.memory.buffers(size) {
		return nil
	}
	return w.spill(ctx)
}

// spill writes all kept rows to files.
func (w *groupWorker) spill(ctx context.Context) error {
	g := w.g
	g.a.mu.Lock()
	if g.files == nil {
		g.files = newPartitions(g.a.env, g.a.grant, g.layout.types, 0)
		g.spilling = true
	}
	g.a.mu.Unlock()
	g.a.grant.began()
	for i, p := range w.parts {
		cols, n := p.finish()
		s := g.files.streams[partitionOf(uint64(i), 0)]
		for from := 0; from < n; from += g.a.env.batchRows() {
			written, err := s.Write(cols, n, iota32(&w.ids, from, min(g.a.env.batchRows(), n-from)))
			if err != nil {
				return err
			}
			g.a.grant.wrote(written)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	w.partRows, w.checked = 0, 0
	return w.memory.must(w.fullBytes + w.base.memory())
}

// finish returns the tasks that make the groups, in the reverse of the order in which they are taken.
func (g *grouping) finish(ctx context.Context) ([]*groupTask, error) {
	total, kept, full := 0, 0, 0
	for _, w := range g.workers {
		total += w.base.states()
		kept += w.partRows
		full += len(w.full)
	}
	if len(g.set) == 0 {
		g.workers[0].base.table.n = 1
	}
	if !g.spilling && kept == 0 && full == 0 && (total <= serialGroups || len(g.workers) == 1) {
		return []*groupTask{{g: g, whole: true, memory: part{g: g.a.grant}}}, nil
	}
	if g.spilling {
		for _, w := range g.workers {
			if w.partRows > 0 {
				if err := w.spill(ctx); err != nil {
					return nil, err
				}
			}
		}
	}
	count := radixParts
	switch {
	case g.spilling:
		count = fanOut
	case kept == 0: // parts of tables alone are as few as leaves each in the cache
		count = min(max(1<<bits.Len(uint(total/clusteredGroups)), 4), radixParts)
	}
	for _, w := range g.workers {
		w.seal(count)
	}
	tasks := make([]*groupTask, count)
	for i := range tasks {
		t := &groupTask{g: g, mask: uint64(count - 1), value: uint64(count - 1 - i), memory: part{g: g.a.grant}}
		if g.spilling {
			t.file = g.files.streams[t.value]
		}
		tasks[i] = t
	}
	return tasks, nil
}

func (g *grouping) close() error {
	g.workers = nil
	if g.files != nil {
		return g.files.close()
	}
	return nil
}

// groupTask makes the groups whose hash has the given bits: of the tables of all workers, and of the rows that were kept or
// written to a file.
type groupTask struct {
	g           *grouping
	whole       bool // all groups, which are in the tables alone
	mask, value uint64
	level       int
	file        *spill.Stream
	memory      part
}

func (t *groupTask) close() error {
	err := t.memory.must(0)
	if t.file != nil {
		if closeErr := t.file.Close(); err == nil {
			err = closeErr
		}
	}
	return err
}

// run returns the groups, or nil when they were too many and other tasks took the place of this one.
func (t *groupTask) run(ctx context.Context, m *groupMerger) (*groups, error) {
	g := t.g
	if t.whole {
		return t.mergeAll(m)
	}
	out, err := newGroups(g.a.spec, g.set)
	if err != nil {
		return nil, err
	}
	if n := t.expected(); n > minimumEntries/2 && out.table.keys != nil {
		out.table.keys.expect(n)
	}
	for _, w := range g.workers {
		for _, s := range w.sealed {
			if err := m.merge(out, s, t.mask, t.value); err != nil {
				return nil, err
			}
		}
		if w.parts == nil || g.spilling {
			continue
		}
		cols, n := w.parts[t.value].finish()
		g.a.grant.Release(int64(n) * w.rowBytes)
		if err := t.addRows(ctx, out, cols, n); err != nil {
			return nil, err
		}
	}
	if t.file == nil {
		return out, t.memory.must(out.memory())
	}
	fits := true
	err = readAll(ctx, t.file, func(b *vector.Batch) error {
		if !fits {
			return nil
		}
		if err := t.addRows(ctx, out, b.Cols, b.Len); err != nil {
			return err
		}
		if fits = t.memory.fitFree(out.memory()); !fits && t.level >= maxLevel {
			fits = true
			return t.memory.must(out.memory())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if fits {
		return out, nil
	}
	return nil, t.split(ctx)
}

// expected is the greatest number of groups, and about the number of them: rows were kept because groups have few of them.
func (t *groupTask) expected() int {
	n := 0
	for _, w := range t.g.workers {
		for _, s := range w.sealed {
			n += len(s.parts.of(t.value & s.mask))
		}
		if w.parts != nil && !t.g.spilling {
			n += w.parts[t.value].rows
		}
	}
	return n
}

// mergeAll merges the tables of all workers into the first.
func (t *groupTask) mergeAll(m *groupMerger) (*groups, error) {
	first := t.g.workers[0].base
	for _, w := range t.g.workers[1:] {
		if w.base.table.n == 0 {
			continue
		}
		if err := m.merge(first, seal(w.base, 1), 0, 0); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// addRows adds rows that were kept.
func (t *groupTask) addRows(ctx context.Context, out *groups, cols []vector.Vector, n int) error {
	if n == 0 {
		return nil
	}
	l := &t.g.layout
	const chunk = 1 << 14 // so that numbers of groups and the like stay in the cache
	var sel []uint32
	for from := 0; from < n; from += chunk {
		rows := &keptRows{layout: l, cols: cols}
		if n > chunk {
			rows.sel = iota32(&sel, from, min(chunk, n-from))
		}
		rows.n = n
		if err := out.update(out.assign(cols[:l.keys], n, rows.sel), n, rows.sel, rows); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// split divides the rows of the file by the next bits of the hash and leaves the parts as tasks.
func (t *groupTask) split(ctx context.Context) error {
	g := t.g
	if err := t.memory.must(0); err != nil {
		return err
	}
	files := newPartitions(g.a.env, g.a.grant, g.layout.types, t.level+1)
	err := readAll(ctx, t.file, func(b *vector.Batch) error {
		return files.add(ctx, b.Cols, b.Cols[:g.layout.keys], b.Len, nil)
	})
	if err != nil {
		return err
	}
	shift := uint64((t.level + 1) * partitionBits)
	tasks := make([]*groupTask, fanOut)
	for i := range tasks {
		tasks[i] = &groupTask{g: g, mask: t.mask | (fanOut-1)<<shift, value: t.value | uint64(i)<<shift, level: t.level + 1,
			file: files.streams[i], memory: part{g: g.a.grant}}
	}
	g.a.mu.Lock()
	g.a.tasks = append(g.a.tasks, tasks...)
	g.a.mu.Unlock()
	return nil
}

// rowLayout is how rows are kept: the keys, then for each aggregate whether the row passes its filter, if it has one, its
// arguments, and its order keys.
type rowLayout struct {
	spec    *AggregateSpec
	keys    int
	types   []schema.Type
	filters []int // of each aggregate: the column, -1 without a filter
	args    []int // the first column
	orders  []int
}

func layoutOf(spec *AggregateSpec, set []int) rowLayout {
	l := rowLayout{spec: spec, keys: len(set)}
	for _, k := range set {
		l.types = append(l.types, spec.KeyTypes[k])
	}
	for i := range spec.Aggs {
		c := &spec.Aggs[i]
		l.filters = append(l.filters, -1)
		if c.Filter != nil {
			l.filters[i] = len(l.types)
			l.types = append(l.types, schema.T(schema.Boolean))
		}
		l.args = append(l.args, len(l.types))
		for _, a := range c.Args {
			l.types = append(l.types, a.Type())
		}
		l.orders = append(l.orders, len(l.types))
		for _, k := range c.OrderBy {
			l.types = append(l.types, k.Expr.Type())
		}
	}
	return l
}

// groupBytes is about the most that a row takes as a group of its own, without the bytes of texts.
func (l *rowLayout) groupBytes() int64 {
	n := groupEntryBytes + 64*int64(len(l.spec.Aggs))
	for _, t := range l.types {
		n += 3 * fixedBytes(t)
	}
	for i := range l.spec.Aggs {
		if l.spec.Aggs[i].Distinct {
			n += groupEntryBytes
		}
	}
	return n
}

// columns returns the rows of a batch in the layout.
func (l *rowLayout) columns(n int, keys []vector.Vector, in *aggregateInput) []vector.Vector {
	cols := append(make([]vector.Vector, 0, len(l.types)), keys...)
	for i := range l.spec.Aggs {
		args, orders := in.args[i], in.orders[i]
		if l.filters[i] < 0 {
			cols = append(append(cols, args...), orders...)
			continue
		}
		pass := &vector.Flat[bool]{Typ: schema.T(schema.Boolean), Values: make([]bool, n)}
		for _, r := range in.sels[i] {
			pass.Values[r] = true
		}
		cols = append(cols, pass)
		// Arguments were computed for the passing rows alone: the others have no value that may be looked at.
		for _, v := range args {
			cols = append(cols, onlyPassing(v, pass.Values))
		}
		for _, v := range orders {
			cols = append(cols, onlyPassing(v, pass.Values))
		}
	}
	return cols
}

// onlyPassing returns v with NULL in the rows that do not pass.
func onlyPassing(v vector.Vector, pass []bool) vector.Vector {
	b := vector.NewBuilder(v.Type(), len(pass))
	one := make([]uint32, 1)
	for r, p := range pass {
		if !p {
			b.AppendNull()
			continue
		}
		one[0] = uint32(r)
		b.AppendRows(v, one)
	}
	return b.Build()
}

// keptRows are rows in the layout.
type keptRows struct {
	layout *rowLayout
	cols   []vector.Vector
	n      int
	sel    []uint32
	pass   []uint32
}

func (k *keptRows) arguments(i int) (args, orders []vector.Vector) {
	l := k.layout
	c := &l.spec.Aggs[i]
	return k.cols[l.args[i] : l.args[i]+len(c.Args)], k.cols[l.orders[i] : l.orders[i]+len(c.OrderBy)]
}

func (k *keptRows) passing(i int) ([]uint32, bool) {
	f := k.layout.filters[i]
	if f < 0 {
		return nil, false
	}
	pass := k.cols[f].(*vector.Flat[bool]).Values
	k.pass = someRows(k.pass)
	vector.EachRow(k.n, k.sel, func(r int) {
		if pass[r] {
			k.pass = append(k.pass, uint32(r))
		}
	})
	return k.pass, true
}
