package lower

import (
	"slices"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/physical"
)

// joinPlan is a join on its way to an algorithm. Left probes, right is built.
type joinPlan struct {
	kind        physical.JoinKind
	left, right logical.Node
	// leftKeys and rightKeys are the two sides of equalities; rest are the other conditions.
	leftKeys, rightKeys []expr.Expr
	nullsEqual          []bool
	rest                []expr.Expr
	nullAware           bool
	mark                logical.Column
}

// join lowers a join: on equality of keys by hashing, otherwise by nested loops.
func (b *builder) join(n *logical.Join, r request) rel {
	p := &joinPlan{left: n.Left, right: n.Right, nullAware: n.NullAware, mark: n.MarkCol}
	p.kind = map[logical.JoinKind]physical.JoinKind{logical.Inner: physical.Inner, logical.LeftOuter: physical.LeftOuter,
		logical.FullOuter: physical.FullOuter, logical.Semi: physical.Semi, logical.Anti: physical.Anti,
		logical.Mark: physical.Mark, logical.Single: physical.Single}[n.Kind]
	p.split(n.On)
	if p.nullAware && !p.keepNullAware(n.On) {
		return b.nestedLoop(n, p, r)
	}
	if len(p.leftKeys) == 0 {
		return b.nestedLoop(n, p, r)
	}
	if !b.o.SyntacticSides {
		b.chooseSides(p, n.Ordered)
	}
	return b.hashJoin(n, p, r)
}

// split sorts the conditions into key pairs and others.
func (p *joinPlan) split(on []expr.Expr) {
	left, right := logical.Out(p.left), logical.Out(p.right)
	if !p.nullAware {
		var flat []expr.Expr
		for _, c := range on {
			flat = expr.Conjuncts(flat, c)
		}
		on = flat
	}
	for _, c := range on {
		l, r, ok := cost.KeyPair(c, left, right)
		if !ok || !sameShape(l, r) {
			p.rest = append(p.rest, c)
			continue
		}
		p.leftKeys, p.rightKeys = append(p.leftKeys, l), append(p.rightKeys, r)
		p.nullsEqual = append(p.nullsEqual, c.(*expr.Compare).Op == expr.NotDistinct)
	}
}

// sameShape reports whether two keys hash alike.
func sameShape(a, b expr.Expr) bool {
	s, t := a.Type(), b.Type()
	return s.Kind == t.Kind && s.Physical() == t.Physical() && s.Scale == t.Scale
}

// keepNullAware reports whether a hash join has the rules of IN and NOT IN for these conditions: there is one key pair and
// nothing else. NOT IN over anything else counts a comparison that is NULL as a match.
func (p *joinPlan) keepNullAware(on []expr.Expr) bool {
	single := len(on) == 1 && len(p.leftKeys) == 1 && len(p.rest) == 0 && !p.nullsEqual[0]
	if p.kind != physical.Anti {
		return single
	}
	p.nullAware = false
	if single {
		p.kind = physical.NullAwareAnti
		return true
	}
	p.leftKeys, p.rightKeys, p.nullsEqual = nil, nil, nil
	p.rest = []expr.Expr{&expr.Compare{Op: expr.Distinct, Left: expr.AndOf(on...), Right: expr.False}}
	return true
}

// chooseSides exchanges the sides where that builds from the smaller one.
func (b *builder) chooseSides(p *joinPlan, ordered bool) {
	swapped, ok := map[physical.JoinKind]physical.JoinKind{physical.Inner: physical.Inner, physical.LeftOuter: physical.RightOuter,
		physical.FullOuter: physical.FullOuter, physical.Semi: physical.RightSemi, physical.Anti: physical.RightAnti}[p.kind]
	if !ok {
		return
	}
	swap := !ordered && b.bytes(p.left) < b.bytes(p.right)
	switch {
	case b.lookup(p.left, p.leftKeys, p.right):
		// The left side finds rows by key: it probes.
		swap = false
	case b.lookup(p.right, p.rightKeys, p.left):
		swap = true
	}
	if swap {
		p.kind = swapped
		p.left, p.right = p.right, p.left
		p.leftKeys, p.rightKeys = p.rightKeys, p.leftKeys
	}
}

// bytes is about how much memory a table of a plan's rows takes.
func (b *builder) bytes(n logical.Node) float64 { return b.o.Cost.Rows(n) * (8 + b.o.Cost.Width(n)) }

// maxLookups is the greatest estimated number of keys that are looked up instead of reading a table.
const maxLookups = connectors.MaxListedKeys

// lookup reports whether a plan reads a table that finds rows by the value of a key, and the other side has few keys.
func (b *builder) lookup(n logical.Node, keys []expr.Expr, other logical.Node) bool {
	if b.o.Cost.Rows(other) > maxLookups || b.o.NoDynamic {
		return false
	}
	for {
		switch m := n.(type) {
		case *logical.Filter:
			n = m.Input
			continue
		case *logical.Project:
			n = m.Input
			continue
		case *logical.Scan:
			for _, o := range b.o.Cost.Table(m.Table).LookupColumns {
				for _, k := range keys {
					if ref, ok := k.(*expr.ColumnRef); ok && m.Ordinal(ref.ID) == o {
						return b.o.Cost.Rows(m) > b.o.Cost.Rows(other)
					}
				}
			}
		}
		return false
	}
}

// filtersProbe says of which kinds of joins a probe row without a match is not used.
var filtersProbe = map[physical.JoinKind]bool{physical.Inner: true, physical.Semi: true, physical.RightOuter: true,
	physical.RightSemi: true, physical.RightAnti: true}

func (b *builder) hashJoin(n *logical.Join, p *joinPlan, r request) rel {
	need := r.need.Union(expr.Columns(p.rest...))
	need.AddSet(expr.Columns(p.leftKeys...))
	need.AddSet(expr.Columns(p.rightKeys...))

	pass, renamed := b.equalSides(p, r.dynamic)
	own := b.ownFilters(p)
	var toLeft, toRight []*dynamic
	if p.kind != physical.FullOuter {
		if p.kind != physical.RightOuter && p.kind != physical.RightSemi && p.kind != physical.RightAnti {
			toLeft = within(pass, p.left)
		}
		if p.kind != physical.LeftOuter && p.kind != physical.Single && p.kind != physical.Anti && p.kind != physical.NullAwareAnti && p.kind != physical.Mark {
			toRight = within(pass, p.right)
		}
	}
	for _, d := range own {
		if d != nil {
			toLeft = append(toLeft, d)
		}
	}
	// The build side is lowered first: it runs first.
	right := b.lower(p.right, request{need: need, dynamic: toRight})
	left := b.lower(p.left, request{need: need, dynamic: toLeft})
	settleAll(r.dynamic, renamed)

	node := &physical.HashJoin{Kind: p.kind, Left: left.node, Right: right.node, NullsEqual: p.nullsEqual, NullAware: p.nullAware}
	node.LeftKeys, node.RightKeys = b.exprs(p.leftKeys, left.cols), b.exprs(p.rightKeys, right.cols)
	both := slices.Concat(left.cols, right.cols)
	if len(p.rest) > 0 {
		node.Residual = b.expr(expr.AndOf(p.rest...), both)
	}
	node.Publish = make([]*connectors.JoinKeys, len(p.leftKeys))
	for i, d := range own {
		if d != nil && d.used {
			node.Publish[i] = d.keys
			for _, at := range d.reached {
				b.filters[at.scan] = append(b.filters[at.scan], DynamicFilter{Column: at.column, Join: node, Await: d.await})
			}
		}
	}
	node.BuildUnique = b.buildUnique(p)
	var cols []logical.Column
	node.Output, cols = joinOutput(p.kind, left.cols, right.cols, p.mark, r.need)
	work := left.node.Props().Rows*tupleCost + right.node.Props().Rows*tupleCost*1.5
	return b.finish(node, cols, n, work)
}

// equalSides adds to the filters from above those that hold for the other side of a key pair as well.
func (b *builder) equalSides(p *joinPlan, ds []*dynamic) (pass, renamed []*dynamic) {
	if p.kind != physical.Inner && p.kind != physical.Semi {
		return ds, nil
	}
	pass = slices.Clone(ds)
	add := func(d *dynamic, id expr.ColumnID) {
		for _, known := range pass {
			if known.keys == d.keys && known.id == id {
				return
			}
		}
		r := d.as(id)
		pass, renamed = append(pass, r), append(renamed, r)
	}
	for _, d := range ds {
		for i := range p.leftKeys {
			l, ok1 := p.leftKeys[i].(*expr.ColumnRef)
			r, ok2 := p.rightKeys[i].(*expr.ColumnRef)
			if !ok1 || !ok2 {
				continue
			}
			switch d.id {
			case l.ID:
				add(d, r.ID)
			case r.ID:
				add(d, l.ID)
			}
		}
	}
	return pass, renamed
}

// maxAwaited is the greatest estimated number of build rows for which a scan waits.
const maxAwaited = 20_000_000

// ownFilters makes a filter for each key pair that a scan of the probe side could use; nil for the others.
func (b *builder) ownFilters(p *joinPlan) []*dynamic {
	own := make([]*dynamic, len(p.leftKeys))
	if b.o.NoDynamic || b.repeated || !filtersProbe[p.kind] {
		return own
	}
	build := b.o.Cost.Rows(p.right)
	for i, k := range p.leftKeys {
		ref, ok := k.(*expr.ColumnRef)
		if !ok || p.nullsEqual[i] {
			continue
		}
		if b.keepsAll(p, ref, p.rightKeys[i]) {
			continue
		}
		own[i] = &dynamic{id: ref.ID, typ: k, keys: connectors.NewJoinKeys(), await: build <= maxAwaited}
	}
	return own
}

// uselessShare is the share of a column's values that may pass a filter for it to be worth its work.
const uselessShare = 0.9

// keepsAll reports whether nearly all values of a probe column are expected to be among the build keys.
func (b *builder) keepsAll(p *joinPlan, probe *expr.ColumnRef, build expr.Expr) bool {
	key, ok := build.(*expr.ColumnRef)
	if !ok {
		return false
	}
	have, known1 := b.o.Cost.Stats(p.left).Column(probe.ID)
	keys, known2 := b.o.Cost.Stats(p.right).Column(key.ID)
	if !known1 || !known2 || have.Distinct <= 0 || keys.Distinct <= 0 {
		return false
	}
	return keys.Distinct >= have.Distinct*uselessShare
}

func (b *builder) buildUnique(p *joinPlan) bool {
	var keys expr.ColSet
	for _, k := range p.rightKeys {
		if ref, ok := k.(*expr.ColumnRef); ok {
			keys.Add(ref.ID)
		}
	}
	return !keys.Empty() && b.o.Cost.Unique(p.right, keys)
}

// joinOutput picks the columns that are needed among those that the kind of join has.
func joinOutput(kind physical.JoinKind, left, right []logical.Column, mark logical.Column, need expr.ColSet) ([]int, []logical.Column) {
	var all []logical.Column
	switch kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti:
		all = left
	case physical.RightSemi, physical.RightAnti:
		all = right
	case physical.Mark:
		all = slices.Concat(left, []logical.Column{mark})
	default:
		all = slices.Concat(left, right)
	}
	output, cols := []int{}, []logical.Column{}
	for i, c := range all {
		if need.Has(c.ID) {
			output, cols = append(output, i), append(cols, c)
		}
	}
	return output, cols
}

func (b *builder) nestedLoop(n *logical.Join, p *joinPlan, r request) rel {
	conds := p.rest
	if len(p.leftKeys) > 0 {
		conds = n.On
	}
	if p.kind == physical.Inner && !b.o.SyntacticSides && !n.Ordered && b.bytes(p.left) < b.bytes(p.right) {
		p.left, p.right = p.right, p.left
	}
	need := r.need.Union(expr.Columns(conds...))
	right := b.lower(p.right, request{need: need})
	left := b.lower(p.left, request{need: need, dynamic: leftFilters(p.kind, within(r.dynamic, p.left))})
	node := &physical.NestedLoopJoin{Kind: p.kind, Left: left.node, Right: right.node, NullAware: p.nullAware}
	both := slices.Concat(left.cols, right.cols)
	if len(conds) > 0 {
		node.Cond = b.expr(expr.AndOf(conds...), both)
	}
	var cols []logical.Column
	node.Output, cols = joinOutput(p.kind, left.cols, right.cols, p.mark, r.need)
	return b.finish(node, cols, n, left.node.Props().Rows*max(right.node.Props().Rows, 1)*operatorCost)
}

func leftFilters(kind physical.JoinKind, ds []*dynamic) []*dynamic {
	if kind == physical.FullOuter {
		return nil
	}
	return ds
}

// apply lowers what could not become a join.
func (b *builder) apply(n *logical.Apply, r request) rel {
	need := r.need.Union(expr.Columns(n.On...))
	need.AddSet(logical.Free(n.Right))
	left := b.lower(n.Left, request{need: need, dynamic: within(r.dynamic, n.Left)})
	node := &physical.Apply{Left: left.node, NullAware: n.NullAware}
	node.Kind = map[logical.JoinKind]physical.JoinKind{logical.Inner: physical.Inner, logical.LeftOuter: physical.LeftOuter,
		logical.Semi: physical.Semi, logical.Anti: physical.Anti, logical.Mark: physical.Mark, logical.Single: physical.Single}[n.Kind]
	on := n.On
	if n.NullAware && n.Kind == logical.Anti {
		node.NullAware = false
		on = []expr.Expr{&expr.Compare{Op: expr.Distinct, Left: expr.AndOf(n.On...), Right: expr.False}}
	}
	outer, repeated := b.outer, b.repeated
	b.outer = b.outer.Clone()
	for id := range logical.Free(n.Right).All {
		if i := indexOf(left.cols, id); i >= 0 {
			node.Params = append(node.Params, physical.ApplyParam{ID: id, Index: i})
			b.outer.Add(id)
		}
	}
	b.repeated = true
	right := b.lower(n.Right, request{need: need})
	b.outer, b.repeated = outer, repeated
	node.Right = right.node
	both := slices.Concat(left.cols, right.cols)
	if len(on) > 0 {
		node.Cond = b.expr(expr.AndOf(on...), both)
	}
	var cols []logical.Column
	node.Output, cols = joinOutput(node.Kind, left.cols, right.cols, n.MarkCol, r.need)
	return b.finish(node, cols, n, left.node.Props().Rows*max(right.node.Props().Cost, 1))
}
