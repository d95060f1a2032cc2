package exec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// joinCase is a join of two relations: columns 0 to keys-1 of both are the keys, and the column after them is for the residual.
type joinCase struct {
	kind        physical.JoinKind
	left, right relation
	keys        int
	nullsEqual  []bool
	residual    bool // left.c[keys] < right.c[keys]
	nullAware   bool
}

// truth is what SQL says of a condition: 1, 0 or -1 for NULL.
func (c *joinCase) truth(l, r row) int {
	out := 1
	for k := range c.keys {
		switch a, b := l[k], r[k]; {
		case k < len(c.nullsEqual) && c.nullsEqual[k]:
			if a.Valid != b.Valid || a.Valid && a.Compare(b) != 0 {
				return 0
			}
		case !a.Valid || !b.Valid:
			out = -1
		case a.Compare(b) != 0:
			return 0
		}
	}
	if c.residual {
		a, b := l[c.keys], r[c.keys]
		if !a.Valid || !b.Valid {
			return min(out, -1)
		}
		if a.Compare(b) >= 0 {
			return 0
		}
	}
	return out
}

// want is the definition of every kind.
func (c *joinCase) want() (out []row, twice bool) {
	hit := make([]bool, len(c.right.rows))
	for _, l := range c.left.rows {
		matches, unsure := 0, false
		for i, r := range c.right.rows {
			switch c.truth(l, r) {
			case -1:
				unsure = true
			case 1:
				matches++
				hit[i] = true
				switch c.kind {
				case physical.Inner, physical.LeftOuter, physical.RightOuter, physical.FullOuter, physical.Single:
					out = append(out, concat(l, r))
				}
			}
		}
		twice = twice || matches > 1
		switch c.kind {
		case physical.LeftOuter, physical.FullOuter, physical.Single:
			if matches == 0 {
				out = append(out, concat(l, nulls(c.right.types)))
			}
		case physical.Semi:
			if matches > 0 {
				out = append(out, l)
			}
		case physical.Anti:
			if matches == 0 {
				out = append(out, l)
			}
		case physical.NullAwareAnti:
			if matches == 0 && !unsure {
				out = append(out, l)
			}
		case physical.Mark:
			mark := schema.BoolValue(matches > 0)
			if matches == 0 && unsure && c.nullAware {
				mark = schema.NullOf(boolType)
			}
			out = append(out, concat(l, row{mark}))
		}
	}
	for i, r := range c.right.rows {
		switch c.kind {
		case physical.RightOuter, physical.FullOuter:
			if !hit[i] {
				out = append(out, concat(nulls(c.left.types), r))
			}
		case physical.RightSemi, physical.RightAnti:
			if hit[i] == (c.kind == physical.RightSemi) {
				out = append(out, r)
			}
		}
	}
	return out, twice
}

func (c *joinCase) outputTypes() []schema.Type {
	l, r := c.left.types, c.right.types
	switch c.kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti:
		return l
	case physical.RightSemi, physical.RightAnti:
		return r
	case physical.Mark:
		return append(l[:len(l):len(l)], boolType)
	}
	return append(l[:len(l):len(l)], r...)
}

func (c *joinCase) residualExpr() expr.Expr {
	if !c.residual {
		return nil
	}
	return &expr.Compare{Op: expr.Lt, Left: ref(c.keys, c.left.types[c.keys]), Right: ref(len(c.left.types)+c.keys, c.right.types[c.keys])}
}

func (c *joinCase) hash(p *plan) physical.Node {
	out := c.outputTypes()
	n := &physical.HashJoin{P: p.props(out...), Kind: c.kind, Left: p.scan(c.left), Right: p.scan(c.right),
		LeftKeys: refs(c.left.types, upTo(c.keys)...), RightKeys: refs(c.right.types, upTo(c.keys)...), NullsEqual: make([]bool, c.keys),
		NullAware: c.nullAware, Output: upTo(len(out)), Publish: make([]*connectors.JoinKeys, c.keys), Residual: c.residualExpr()}
	copy(n.NullsEqual, c.nullsEqual)
	return n
}

// loop is the same join by nested loops, if it has the kind.
func (c *joinCase) loop(p *plan) physical.Node {
	switch c.kind {
	case physical.RightOuter, physical.RightSemi, physical.RightAnti, physical.NullAwareAnti:
		return nil
	}
	var conds []expr.Expr
	for k := range c.keys {
		op := expr.Eq
		if k < len(c.nullsEqual) && c.nullsEqual[k] {
			op = expr.NotDistinct
		}
		conds = append(conds, &expr.Compare{Op: op, Left: ref(k, c.left.types[k]), Right: ref(len(c.left.types)+k, c.right.types[k])})
	}
	if c.residual {
		conds = append(conds, c.residualExpr())
	}
	out := c.outputTypes()
	return &physical.NestedLoopJoin{P: p.props(out...), Kind: c.kind, Left: p.scan(c.left), Right: p.scan(c.right), Cond: expr.AndOf(conds...),
		NullAware: c.nullAware, Output: upTo(len(out))}
}

func (c *joinCase) check(t *testing.T, s setup) {
	want, twice := c.want()
	for _, node := range []func(*plan) physical.Node{c.hash, c.loop} {
		p := &plan{t: t, setup: s}
		n := node(p)
		if n == nil {
			continue
		}
		got, err := p.run(n)
		if c.kind == physical.Single && twice {
			if !sqlerr.Is(err, sqlerr.CardinalityViolation) {
				t.Fatalf("error is %v, want one of code 21000", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
}

var allKinds = map[string]physical.JoinKind{"inner": physical.Inner, "left": physical.LeftOuter, "right": physical.RightOuter,
	"full": physical.FullOuter, "semi": physical.Semi, "anti": physical.Anti, "right semi": physical.RightSemi,
	"right anti": physical.RightAnti, "not in": physical.NullAwareAnti, "mark": physical.Mark, "single": physical.Single}

func TestJoinsOfAllKinds(t *testing.T) {
	keys := map[string][]schema.Type{"int": {intType}, "sparse": {bigType}, "text": {textType}, "char": {charType}, "wide": {wideType}, "float": {floatType},
		"two": {intType, bigType}, "mixed": {textType, intType, boolType}}
	for name, kind := range allKinds {
		for keyName, types := range keys {
			for _, residual := range []bool{false, true} {
				if residual && kind == physical.NullAwareAnti || len(types) > 1 && kind == physical.NullAwareAnti {
					continue // the planner makes these of another kind
				}
				t.Run(fmt.Sprintf("%s/%s/residual=%v", name, keyName, residual), func(t *testing.T) {
					r := rand.New(rand.NewPCG(uint64(len(name)*31+len(keyName)), 0))
					for i, s := range setups {
						if s.spill && keyName != "int" && keyName != "mixed" {
							continue // files do not know keys
						}
						cols := slices.Concat(types, []schema.Type{intType, textType})
						c := joinCase{kind: kind, keys: len(types), residual: residual, left: randomRelation(r, 40+i*23, 12, cols...),
							right: randomRelation(r, 30+i*11, 12, cols...)}
						c.check(t, s)
						if len(types) == 1 && !residual && kind == physical.Mark {
							c.nullAware = true
							c.check(t, s)
						}
						if kind != physical.NullAwareAnti && kind != physical.Mark {
							c.nullsEqual = make([]bool, len(types))
							c.nullsEqual[0] = true
							c.check(t, setups[i%3])
						}
					}
				})
			}
		}
	}
}

func TestJoinsOfUniqueAndEmptySides(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	unique := relation{types: []schema.Type{bigType, textType}}
	for _, k := range r.Perm(100) {
		unique.rows = append(unique.rows, row{schema.IntValue(bigType, int64(k)*3), schema.TextValue(strconv.Itoa(k))})
	}
	probe := relation{types: []schema.Type{bigType, textType}}
	for i := range 200 {
		probe.rows = append(probe.rows, row{schema.IntValue(bigType, int64(r.IntN(400))), schema.TextValue(strconv.Itoa(i))})
	}
	onlyNull := relation{types: probe.types, rows: []row{{schema.NullOf(bigType), schema.TextValue("n")}}}
	sparse := relation{types: probe.types}
	for i, x := range unique.rows {
		sparse.rows = append(sparse.rows, row{schema.IntValue(bigType, x[0].I*1_000_003), schema.TextValue(strconv.Itoa(i))})
	}
	empty := relation{types: probe.types}
	for name, kind := range allKinds {
		t.Run(name, func(t *testing.T) {
			for _, s := range setups {
				for _, right := range []relation{unique, onlyNull, sparse, empty} {
					for _, left := range []relation{probe, sparse, empty} {
						c := joinCase{kind: kind, keys: 1, left: left, right: right}
						c.check(t, s)
					}
				}
			}
		})
	}
}
