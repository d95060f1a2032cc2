package cost_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/plantest"
)

// scans defines tables r0, r1, ... of integer columns and returns scans of them, column j of table i being i*10+j+1.
func scans(t *testing.T, text string) []*logical.Scan {
	c := plantest.New()
	if err := c.Define(text); err != nil {
		t.Fatal(err)
	}
	conn, err := c.Connector(context.Background(), "lake")
	if err != nil {
		t.Fatal(err)
	}
	list, err := conn.Tables(context.Background(), &connectors.Query{}, "public")
	if err != nil {
		t.Fatal(err)
	}
	var out []*logical.Scan
	for i, info := range list {
		table, err := conn.Table(context.Background(), &connectors.Query{}, "public", info.Name)
		if err != nil {
			t.Fatal(err)
		}
		s := &logical.Scan{Table: table, Alias: info.Name}
		for j, col := range table.Columns() {
			s.Cols = append(s.Cols, logical.Column{ID: expr.ColumnID(i*10 + j + 1), Name: col.Name, Type: col.Type})
			s.Ordinals = append(s.Ordinals, j)
		}
		out = append(out, s)
	}
	return out
}

func compare(op expr.CompareOp, c logical.Column, v int64) expr.Expr {
	return &expr.Compare{Op: op, Left: c.Ref(), Right: &expr.Const{Value: schema.IntValue(c.Type, v)}}
}

func TestFiltersKeepTrinosShares(t *testing.T) {
	s := scans(t, "table lake.public.r0 rows=1000\n a integer ndv=100 min=1 max=100 nulls=0.1\n b integer ndv=10 min=1 max=10\n c integer")[0]
	a, b, c := s.Cols[0], s.Cols[1], s.Cols[2]
	for _, test := range []struct {
		name  string
		conds []expr.Expr
		rows  float64
	}{
		{"equal", []expr.Expr{compare(expr.Eq, a, 5)}, 1000 * 0.9 / 100},
		{"equal to what is outside", []expr.Expr{compare(expr.Eq, a, 500)}, 0},
		{"not equal", []expr.Expr{compare(expr.Ne, a, 5)}, 1000 * (0.9 - 0.9/100)},
		{"range", []expr.Expr{compare(expr.Le, b, 4)}, 1000 * 3.0 / 9},
		{"range of nothing", []expr.Expr{compare(expr.Gt, b, 40)}, 0},
		{"two bounds of one column multiply as a range", []expr.Expr{compare(expr.Ge, b, 4), compare(expr.Le, b, 7)}, 1000 * 3.0 / 9},
		{"null", []expr.Expr{&expr.IsNull{Arg: a.Ref()}}, 100},
		{"not null", []expr.Expr{&expr.IsNull{Arg: a.Ref(), Negated: true}}, 900},
		{"unknown column", []expr.Expr{compare(expr.Eq, c, 5)}, 100},
		{"in", []expr.Expr{&expr.In{Arg: b.Ref(), Set: []schema.Value{schema.IntValue(b.Type, 1), schema.IntValue(b.Type, 2)}}}, 200},
		{"or", []expr.Expr{expr.OrOf(compare(expr.Eq, b, 1), compare(expr.Eq, b, 2))}, 1000 * (0.1 + 0.1 - 0.01)},
		{"different columns are partly independent", []expr.Expr{compare(expr.Eq, a, 5), compare(expr.Eq, b, 5)},
			1000 * 0.9 / 100 * math.Pow(0.1, 0.75)},
		{"false", []expr.Expr{expr.False}, 0},
	} {
		e := cost.NewEstimator(context.Background())
		if got := e.Rows(logical.Where(s, test.conds...)); math.Abs(got-test.rows) > 1e-6 {
			t.Errorf("%s: %v rows, want %v", test.name, got, test.rows)
		}
	}
}

func TestJoinsDivideByTheLargerNumberOfKeys(t *testing.T) {
	s := scans(t, "table lake.public.r0 rows=1000\n a integer ndv=100 min=1 max=100\ntable lake.public.r1 rows=50\n a integer ndv=50 min=1 max=50")
	eq := &expr.Compare{Op: expr.Eq, Left: s[0].Cols[0].Ref(), Right: s[1].Cols[0].Ref()}
	for _, test := range []struct {
		kind logical.JoinKind
		rows float64
	}{
		{logical.Inner, 500}, {logical.LeftOuter, 1000}, {logical.FullOuter, 1000}, {logical.Semi, 500}, {logical.Anti, 500},
		{logical.Single, 1000}, {logical.Mark, 1000},
	} {
		e := cost.NewEstimator(context.Background())
		j := &logical.Join{Kind: test.kind, Left: s[0], Right: s[1], On: []expr.Expr{eq}}
		if got := e.Rows(j); got != test.rows {
			t.Errorf("%v join: %v rows, want %v", test.kind, got, test.rows)
		}
	}
}

// TestOrderNeverCrossesWhatIsConnected orders chains and stars of up to 40 relations, written in the worst order.
func TestOrderNeverCrossesWhatIsConnected(t *testing.T) {
	for _, n := range []int{2, 5, 10, 11, 40} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "table lake.public.r%02d rows=%d\n a integer ndv=10\n b integer ndv=10\n", i, 100+i)
		}
		s := scans(t, text.String())
		for _, shape := range []string{"chain", "star"} {
			g := &cost.Graph{}
			// The even relations first, then the odd ones: neighbours in the text are not connected.
			for odd := range 2 {
				for i := odd; i < n; i += 2 {
					g.Relations = append(g.Relations, s[i])
				}
			}
			for i := 1; i < n; i++ {
				other := s[i-1].Cols[1]
				if shape == "star" {
					other = s[0].Cols[1]
				}
				left := other.Ref()
				g.Conds = append(g.Conds, &expr.Compare{Op: expr.Eq, Left: left, Right: s[i].Cols[0].Ref()})
			}
			joins := 0
			logical.Walk(cost.NewEstimator(context.Background()).Order(g), func(n logical.Node) bool {
				if j, ok := n.(*logical.Join); ok {
					joins++
					if len(j.On) == 0 {
						t.Errorf("%s of %d relations has a cross product", shape, len(s))
					}
				}
				return true
			})
			if joins != n-1 {
				t.Errorf("%s of %d relations has %d joins", shape, n, joins)
			}
		}
	}
}

func TestUniqueFollowsKeysAndGroups(t *testing.T) {
	s := scans(t, "table lake.public.r0 rows=1000 unique=(a) unique=(b,c)\n a integer\n b integer\n c integer")[0]
	a, b, c := s.Cols[0].ID, s.Cols[1].ID, s.Cols[2].ID
	e := cost.NewEstimator(context.Background())
	group := &logical.Aggregate{Input: s, Keys: []logical.Item{logical.Pass(s.Cols[1])}}
	fixed := logical.Where(s, compare(expr.Eq, s.Cols[2], 3))
	for _, test := range []struct {
		name string
		n    logical.Node
		cols expr.ColSet
		want bool
	}{
		{"a key", s, expr.SetOf(a), true},
		{"more than a key", s, expr.SetOf(a, c), true},
		{"both parts of a key", s, expr.SetOf(b, c), true},
		{"a part of a key", s, expr.SetOf(b), false},
		{"a part whose rest is fixed", fixed, expr.SetOf(b), true},
		{"the key of a group", group, expr.SetOf(b), true},
		{"nothing", s, expr.ColSet{}, false},
		{"the only row", &logical.Aggregate{Input: s}, expr.ColSet{}, true},
	} {
		if got := e.Unique(test.n, test.cols); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
