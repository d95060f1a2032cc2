package rules

import (
	"hash/maphash"

	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// shareSubplans finds joins and groups that a statement computes twice and computes them once for both readers.
func shareSubplans(c *Context, p *Plan) {
	s := &sharer{c: c, byHash: map[uint64][]*candidate{}, seed: maphash.MakeSeed()}
	s.visit(p.Root)
	if !s.found {
		return
	}
	p.Root = s.replace(p.Root)
	c.fired()
}

// candidate is a subplan with those that equal it.
type candidate struct {
	node logical.Node
	cte  *logical.CTE
	// same maps the columns of each further occurrence to those of node.
	same map[logical.Node]map[expr.ColumnID]expr.ColumnID
}

type sharer struct {
	c      *Context
	byHash map[uint64][]*candidate
	seed   maphash.Seed
	found  bool
	hashes map[logical.Node]uint64
}

// visit looks at subplans from the largest to the smallest; what is inside of a shared one is not looked at again.
func (s *sharer) visit(n logical.Node) {
	if worthSharing(n) && logical.Free(n).Empty() && !volatilePlan(n) && !readsWorkTable(n) {
		h := s.hash(n)
		for _, cand := range s.byHash[h] {
			m := matcher{columns: map[expr.ColumnID]expr.ColumnID{}}
			if m.nodes(n, cand.node) {
				if cand.same == nil {
					cand.same = map[logical.Node]map[expr.ColumnID]expr.ColumnID{}
				}
				cand.same[n] = m.columns
				s.found = true
				return
			}
		}
		s.byHash[h] = append(s.byHash[h], &candidate{node: n})
	}
	if a, ok := n.(*logical.Apply); ok {
		s.visit(a.Left)
		return
	}
	if r, ok := n.(*logical.RecursiveUnion); ok {
		s.visit(r.Base)
		return
	}
	for _, in := range n.Inputs() {
		s.visit(in)
	}
}

// worthSharing reports whether a plan does more than read a table: reading twice shares decoded data anyway.
func worthSharing(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Join:
		return n.Kind != logical.Inner || len(n.On) > 0
	case *logical.Aggregate:
		return true
	}
	return false
}

// volatilePlan reports whether a plan gives other rows each time that it runs.
func volatilePlan(n logical.Node) bool {
	volatile := false
	logical.Walk(n, func(n logical.Node) bool {
		n.Each(func(e expr.Expr) { volatile = volatile || expr.IsVolatile(e) })
		return !volatile
	})
	return volatile
}

// readsWorkTable reports whether a plan has a part that reads the rows of the round before of a recursive query.
func readsWorkTable(n logical.Node) bool {
	reads := false
	logical.Walk(n, func(n logical.Node) bool {
		_, ok := n.(*logical.WorkTable)
		reads = reads || ok
		return !reads
	})
	return reads
}

// hash tells plans of different shapes apart.
func (s *sharer) hash(n logical.Node) uint64 {
	if h, ok := s.hashes[n]; ok {
		return h
	}
	if s.hashes == nil {
		s.hashes = map[logical.Node]uint64{}
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	write := func(x uint64) {
		for i := range 8 {
			_ = h.WriteByte(byte(x >> (8 * i)))
		}
	}
	switch n := n.(type) {
	case *logical.Scan:
		_, _ = h.WriteString(n.Table.Name().String())
	case *logical.Join:
		write(uint64(n.Kind) + 1)
	case *logical.Aggregate:
		write(uint64(len(n.Keys)) + 100)
	case *logical.Filter:
		write(200)
	case *logical.Project:
		write(201)
	default:
		write(202)
	}
	sum := uint64(0)
	n.Each(func(e expr.Expr) { sum += expr.Hash(e) })
	if _, project := n.(*logical.Project); !project {
		write(sum)
	}
	for _, in := range n.Inputs() {
		write(s.hash(in))
	}
	v := h.Sum64()
	s.hashes[n] = v
	return v
}

// replace puts readers of common table expressions in the places of shared subplans.
func (s *sharer) replace(n logical.Node) logical.Node {
	if s.hashes[n] != 0 {
		for _, cand := range s.byHash[s.hashes[n]] {
			if cand.same == nil {
				continue
			}
			if cand.node == n {
				return s.reader(cand, n, nil)
			}
			if m, ok := cand.same[n]; ok {
				return s.reader(cand, n, m)
			}
		}
	}
	return logical.MapInputs(n, s.replace)
}

func (s *sharer) reader(cand *candidate, n logical.Node, columns map[expr.ColumnID]expr.ColumnID) logical.Node {
	if cand.cte == nil {
		plan := logical.MapInputs(cand.node, s.replace)
		cand.cte = &logical.CTE{ID: s.c.IDs.CTE(), Name: "shared", Plan: plan, Cols: cand.node.Columns()}
	}
	ref := &logical.CTERef{Def: cand.cte}
	for _, col := range n.Columns() {
		id := col.ID
		if columns != nil {
			id = columns[col.ID]
		}
		for i, d := range cand.cte.Cols {
			if d.ID == id {
				ref.Cols, ref.From = append(ref.Cols, col), append(ref.From, i)
				break
			}
		}
	}
	return ref
}

// matcher compares two plans and collects which column of the first is which of the second.
type matcher struct {
	columns map[expr.ColumnID]expr.ColumnID
}

func (m *matcher) rename(id expr.ColumnID) expr.ColumnID {
	if to, ok := m.columns[id]; ok {
		return to
	}
	return -1
}

// anyOrder compares conditions, whose order means nothing.
func (m *matcher) anyOrder(a, b []expr.Expr) bool {
	if len(a) != len(b) {
		return false
	}
	used := make([]bool, len(b))
next:
	for _, x := range a {
		for i, y := range b {
			if !used[i] && (expr.EqualUnder(x, y, m.rename) || m.swapped(x, y)) {
				used[i] = true
				continue next
			}
		}
		return false
	}
	return true
}

func (m *matcher) swapped(x, y expr.Expr) bool {
	c, ok := x.(*expr.Compare)
	return ok && expr.EqualUnder(&expr.Compare{Op: c.Op.Swap(), Left: c.Right, Right: c.Left}, y, m.rename)
}

func (m *matcher) nodes(a, b logical.Node) bool {
	ia, ib := a.Inputs(), b.Inputs()
	if len(ia) != len(ib) {
		return false
	}
	for i := range ia {
		if !m.nodes(ia[i], ib[i]) {
			return false
		}
	}
	switch a := a.(type) {
	case *logical.Scan:
		b, ok := b.(*logical.Scan)
		return ok && m.scans(a, b)
	case *logical.Filter:
		b, ok := b.(*logical.Filter)
		return ok && m.anyOrder(a.Conds, b.Conds)
	case *logical.Project:
		b, ok := b.(*logical.Project)
		return ok && m.items(a.Items, b.Items)
	case *logical.Join:
		b, ok := b.(*logical.Join)
		if !ok || a.Kind != b.Kind || a.NullAware != b.NullAware || !m.anyOrder(a.On, b.On) {
			return false
		}
		m.columns[a.MarkCol.ID] = b.MarkCol.ID
		return true
	case *logical.Aggregate:
		b, ok := b.(*logical.Aggregate)
		return ok && m.aggregates(a, b)
	case *logical.CTERef:
		b, ok := b.(*logical.CTERef)
		return ok && m.refs(a, b)
	}
	return false
}

func (m *matcher) scans(a, b *logical.Scan) bool {
	if a.Table != b.Table && a.Table.Name() != b.Table.Name() {
		return false
	}
	for i, o := range a.Ordinals {
		found := false
		for j, p := range b.Ordinals {
			if o == p {
				m.columns[a.Cols[i].ID] = b.Cols[j].ID
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// items matches each computed column with one of the other projection.
func (m *matcher) items(a, b []logical.Item) bool {
	for _, x := range a {
		found := false
		for _, y := range b {
			if expr.EqualUnder(x.Expr, y.Expr, m.rename) {
				m.columns[x.Col.ID] = y.Col.ID
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (m *matcher) aggregates(a, b *logical.Aggregate) bool {
	if a.Sets != nil || b.Sets != nil || len(a.Keys) != len(b.Keys) || len(a.Aggs) > len(b.Aggs) {
		return false
	}
	for i := range a.Keys {
		if !expr.EqualUnder(a.Keys[i].Expr, b.Keys[i].Expr, m.rename) {
			return false
		}
	}
	// Arguments are compared before keys that are computed get their columns.
	found := make([]expr.ColumnID, len(a.Aggs))
	for i := range a.Aggs {
		call := a.Aggs[i].Call.Map(m.renamed)
		found[i] = -1
		for j := range b.Aggs {
			if expr.EqualAggregates(&call, &b.Aggs[j].Call) {
				found[i] = b.Aggs[j].Col.ID
			}
		}
		if found[i] < 0 {
			return false
		}
	}
	for i := range a.Keys {
		m.columns[a.Keys[i].Col.ID] = b.Keys[i].Col.ID
	}
	for i := range a.Aggs {
		m.columns[a.Aggs[i].Col.ID] = found[i]
	}
	return true
}

// renamed is an expression over the columns of the second plan.
func (m *matcher) renamed(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if r, ok := e.(*expr.ColumnRef); ok {
			return &expr.ColumnRef{ID: m.rename(r.ID), Name: r.Name, Typ: r.Typ}
		}
		return e
	})
}

func (m *matcher) refs(a, b *logical.CTERef) bool {
	if a.Def != b.Def {
		return false
	}
	for i, from := range a.From {
		found := false
		for j, other := range b.From {
			if from == other {
				m.columns[a.Cols[i].ID] = b.Cols[j].ID
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}
