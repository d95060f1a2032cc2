package cost

import (
	"math"
	"math/bits"

	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// Graph is a group of inner joins without an order: relations and the conditions on them.
type Graph struct {
	Relations []logical.Node
	Conds     []expr.Expr
}

// MaxRelations is the greatest number of relations of a graph: sets of them are words of 64 bits.
const MaxRelations = 60

// maxExhaustive is the greatest number of relations whose orders are all looked at.
const maxExhaustive = 10

// Order returns the joins of a graph in an order that makes the fewest rows on the way, by dynamic programming over the
// connected sets of relations (after Moerkotte and Neumann, "Analysis of Two Existing and One New Dynamic Programming
// Algorithm", 2006), and by greedily joining the cheapest pair (Fegaras' GOO) when there are many. Relations that no
// condition connects are joined last. The right side of each join is the one to build a table from.
func (e *Estimator) Order(g *Graph) logical.Node {
	o := newOrderer(e, g)
	var best *joined
	if len(g.Relations) <= maxExhaustive {
		best = o.exhaustive()
	} else {
		best = o.greedy(o.leaves)
	}
	return logical.Where(o.node(best), o.leftOver()...)
}

// joined is a way to join a set of relations.
type joined struct {
	set         uint64
	left, right *joined
	leaf        logical.Node
	// stats and width are those of the set, however it is joined.
	stats *Stats
	width float64
	cost  float64
}

// node makes the plan.
func (o *orderer) node(j *joined) logical.Node {
	if j.leaf != nil {
		return j.leaf
	}
	return &logical.Join{Kind: logical.Inner, Left: o.node(j.left), Right: o.node(j.right),
		On: o.between(j.left.set, j.right.set), Ordered: true}
}

type orderer struct {
	e      *Estimator
	leaves []*joined
	conds  []condition
	// classes are the sets of equal columns: one equality of each class suffices between two sets of relations.
	classes [][]member
	outs    []expr.ColSet
	// neighbours are the relations that a class or a condition of two relations connects each one with.
	neighbours []uint64
}

// condition is a condition and the relations that it reads. An equality of two columns is in a class instead.
type condition struct {
	expr expr.Expr
	set  uint64
}

// member is a column of a class of equal columns.
type member struct {
	ref *expr.ColumnRef
	rel int
}

func newOrderer(e *Estimator, g *Graph) *orderer {
	o := &orderer{e: e, neighbours: make([]uint64, len(g.Relations))}
	for _, r := range g.Relations {
		o.outs = append(o.outs, logical.Out(r))
	}
	for _, c := range g.Conds {
		if !o.addToClass(c) {
			o.conds = append(o.conds, o.condition(c))
		}
	}
	relations := append([]logical.Node(nil), g.Relations...)
	for _, class := range o.classes {
		o.connectClass(class, relations)
	}
	for i, r := range relations {
		o.leaves = append(o.leaves, &joined{set: 1 << i, leaf: r, stats: e.Stats(r), width: e.Width(r)})
	}
	return o
}

func (o *orderer) condition(c expr.Expr) condition {
	cond := condition{expr: c}
	cols := expr.Columns(c)
	for i, out := range o.outs {
		if cols.Intersects(out) {
			cond.set |= 1 << i
		}
	}
	if bits.OnesCount64(cond.set) == 2 {
		a, b := bits.TrailingZeros64(cond.set), 63-bits.LeadingZeros64(cond.set)
		o.neighbours[a] |= 1 << b
		o.neighbours[b] |= 1 << a
	}
	return cond
}

// connectClass makes all relations of a class neighbours. Two columns of one relation are compared in it at once.
func (o *orderer) connectClass(class []member, relations []logical.Node) {
	first := map[int]*expr.ColumnRef{}
	set := uint64(0)
	for _, m := range class {
		if f, ok := first[m.rel]; ok {
			if f.ID != m.ref.ID {
				relations[m.rel] = logical.Where(relations[m.rel], &expr.Compare{Op: expr.Eq, Left: f, Right: m.ref})
			}
			continue
		}
		first[m.rel] = m.ref
		set |= 1 << m.rel
	}
	for rel := range first {
		o.neighbours[rel] |= set &^ (1 << rel)
	}
}

func (o *orderer) relationOf(r *expr.ColumnRef) int {
	for i, out := range o.outs {
		if out.Has(r.ID) {
			return i
		}
	}
	return -1
}

// addToClass puts an equality of columns of two relations into a class of equal columns.
func (o *orderer) addToClass(c expr.Expr) bool {
	cmp, ok := c.(*expr.Compare)
	if !ok || cmp.Op != expr.Eq {
		return false
	}
	l, ok1 := cmp.Left.(*expr.ColumnRef)
	r, ok2 := cmp.Right.(*expr.ColumnRef)
	if !ok1 || !ok2 {
		return false
	}
	a, b := member{l, o.relationOf(l)}, member{r, o.relationOf(r)}
	if a.rel < 0 || b.rel < 0 || a.rel == b.rel {
		return false
	}
	ca, cb := o.classOf(l), o.classOf(r)
	switch {
	case ca >= 0 && cb >= 0 && ca != cb:
		o.classes[ca] = append(o.classes[ca], o.classes[cb]...)
		o.classes = append(o.classes[:cb], o.classes[cb+1:]...)
	case ca >= 0 && cb < 0:
		o.classes[ca] = append(o.classes[ca], b)
	case cb >= 0 && ca < 0:
		o.classes[cb] = append(o.classes[cb], a)
	case ca < 0:
		o.classes = append(o.classes, []member{a, b})
	}
	return true
}

func (o *orderer) classOf(r *expr.ColumnRef) int {
	for i, c := range o.classes {
		for _, m := range c {
			if m.ref.ID == r.ID {
				return i
			}
		}
	}
	return -1
}

// connected reports whether a class or a condition of two relations connects two sets.
func (o *orderer) connected(a, b uint64) bool {
	for s := a; s != 0; s &= s - 1 {
		if o.neighbours[bits.TrailingZeros64(s)]&b != 0 {
			return true
		}
	}
	return false
}

// between returns the conditions that become testable when two sets of relations are joined.
func (o *orderer) between(a, b uint64) []expr.Expr {
	var conds []expr.Expr
	for _, class := range o.classes {
		var left, right *expr.ColumnRef
		for _, m := range class {
			bit := uint64(1) << m.rel
			switch {
			case a&bit != 0 && left == nil:
				left = m.ref
			case b&bit != 0 && right == nil:
				right = m.ref
			}
		}
		if left != nil && right != nil {
			conds = append(conds, &expr.Compare{Op: expr.Eq, Left: left, Right: right})
		}
	}
	for _, c := range o.conds {
		if c.set&^(a|b) == 0 && c.set&a != 0 && c.set&b != 0 {
			conds = append(conds, c.expr)
		}
	}
	return conds
}

// join returns the cheaper way to join two sets. The stats of the joined set are computed when they are not known.
func (o *orderer) join(a, b, known *joined, cross bool) *joined {
	probe, build := a, b
	if o.smaller(a, b) {
		probe, build = b, a
	}
	j := &joined{set: a.set | b.set, left: probe, right: build}
	if known != nil {
		j.stats, j.width = known.stats, known.width
	} else {
		j.stats, j.width = o.stats(a, b), a.width+b.width
	}
	// Building costs more a row than probing; every row made costs by its width.
	j.cost = a.cost + b.cost + probe.stats.Rows + 2*build.stats.Rows + j.stats.Rows*(1+j.width/256)
	if cross {
		j.cost += probe.stats.Rows * build.stats.Rows
	}
	return j
}

// smaller reports whether a is the better side to build a table from.
func (o *orderer) smaller(a, b *joined) bool {
	return a.stats.Rows*(8+a.width) < b.stats.Rows*(8+b.width)
}

// stats estimates the join of two sets.
func (o *orderer) stats(l, r *joined) *Stats {
	e := o.e
	out := &Stats{Known: l.stats.Known && r.stats.Known, from: []*Stats{l.stats, r.stats}}
	var shares []float64
	var rest []expr.Expr
	lout, rout := o.columns(l.set), o.columns(r.set)
	for _, c := range o.between(l.set, r.set) {
		lk, rk, ok := KeyPair(c, lout, rout)
		if !ok {
			rest = append(rest, c)
			continue
		}
		lc, rc := e.ofExpr(lk, l.stats), e.ofExpr(rk, r.stats)
		d := math.Max(distinctOr(lc, l.stats), distinctOr(rc, r.stats))
		shares = append(shares, (1-lc.Nulls)*(1-rc.Nulls)/math.Max(d, 1))
		e.narrowKeys(out, lk, rk, lc, rc)
	}
	out.Rows = l.stats.Rows * r.stats.Rows * keyShare(shares)
	if len(rest) > 0 {
		out.Rows = e.Filter(out, rest).Rows
	}
	return out
}

func (o *orderer) columns(set uint64) expr.ColSet {
	if bits.OnesCount64(set) == 1 {
		return o.outs[bits.TrailingZeros64(set)]
	}
	var cols expr.ColSet
	for s := set; s != 0; s &= s - 1 {
		cols.AddSet(o.outs[bits.TrailingZeros64(s)])
	}
	return cols
}

// exhaustive finds the best order of each connected set from those of its parts.
func (o *orderer) exhaustive() *joined {
	n := len(o.leaves)
	best := make([]*joined, 1<<n)
	for i, l := range o.leaves {
		best[1<<i] = l
	}
	for set := uint64(1); set < 1<<n; set++ {
		if set&(set-1) == 0 {
			continue
		}
		// Each pair of parts once: the part with the lowest relation comes first.
		low := set & -set
		for part := (set - 1) & set; part > 0; part = (part - 1) & set {
			if part&low == 0 {
				continue
			}
			a, b := best[part], best[set&^part]
			if a == nil || b == nil {
				continue
			}
			if !o.connected(a.set, b.set) {
				continue
			}
			if j := o.join(a, b, best[set], false); best[set] == nil || j.cost < best[set].cost {
				best[set] = j
			}
		}
	}
	if all := best[1<<n-1]; all != nil {
		return all
	}
	// The graph falls apart: join its connected parts.
	var parts []*joined
	covered := uint64(0)
	for covered != 1<<n-1 {
		var biggest *joined
		for set, j := range best {
			if j != nil && uint64(set)&covered == 0 && (biggest == nil || bits.OnesCount64(j.set) > bits.OnesCount64(biggest.set)) {
				biggest = j
			}
		}
		parts = append(parts, biggest)
		covered |= biggest.set
	}
	return o.greedy(parts)
}

// greedy joins the pair with the fewest rows again and again, and pairs that nothing connects only when no other is left.
func (o *orderer) greedy(parts []*joined) *joined {
	parts = append([]*joined(nil), parts...)
	for len(parts) > 1 {
		var best *joined
		bi, bj := 0, 1
		for pass := 0; best == nil; pass++ {
			for i := range parts {
				for k := i + 1; k < len(parts); k++ {
					connected := o.connected(parts[i].set, parts[k].set)
					if !connected && pass == 0 {
						continue
					}
					j := o.join(parts[i], parts[k], nil, !connected)
					if best == nil || j.stats.Rows < best.stats.Rows || j.stats.Rows == best.stats.Rows && j.cost < best.cost {
						best, bi, bj = j, i, k
					}
				}
			}
		}
		parts[bi] = best
		parts = append(parts[:bj], parts[bj+1:]...)
	}
	return parts[0]
}

// leftOver returns the conditions that no join tests: those that read no relation or one.
func (o *orderer) leftOver() []expr.Expr {
	var out []expr.Expr
	for _, c := range o.conds {
		if bits.OnesCount64(c.set) < 2 {
			out = append(out, c.expr)
		}
	}
	return out
}
