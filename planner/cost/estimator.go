package cost

import (
	"context"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// Defaults for what nothing is known about.
const (
	// defaultRows is assumed of a table whose size nobody knows.
	defaultRows = 100_000
	// unknownFilter is the share of rows that pass a condition nothing is known about (Trino's).
	unknownFilter = 0.9
	// unknownEqual and unknownRange are the shares for comparisons with values nothing is known about.
	unknownEqual, unknownRange = 0.1, 0.33
	// likeFilter is the share that passes a LIKE.
	likeFilter = 0.1
	// funcRows is how many rows a set-returning function is assumed to return.
	funcRows = 10
)

// Estimator derives statistics of the nodes of one statement. It remembers them by node, so that asking again is cheap.
type Estimator struct {
	ctx    context.Context
	memo   map[logical.Node]*Stats
	tables map[connectors.Table]*connectors.Statistics
}

// NewEstimator returns an estimator for one statement.
func NewEstimator(ctx context.Context) *Estimator {
	return &Estimator{ctx: ctx, memo: map[logical.Node]*Stats{}, tables: map[connectors.Table]*connectors.Statistics{}}
}

// Table returns the statistics of a table; those of one that fails to tell are unknown.
func (e *Estimator) Table(t connectors.Table) *connectors.Statistics {
	if s, ok := e.tables[t]; ok {
		return s
	}
	s, err := t.Statistics(e.ctx)
	if err != nil {
		s = connectors.UnknownStatistics()
	}
	e.tables[t] = &s
	return &s
}

// Rows returns the estimated number of rows of a node.
func (e *Estimator) Rows(n logical.Node) float64 { return e.Stats(n).Rows }

// Width returns the estimated size of a row of a node in bytes.
func (e *Estimator) Width(n logical.Node) float64 {
	s := e.Stats(n)
	w := 0.0
	for _, c := range n.Columns() {
		w += e.ColumnWidth(s, c)
	}
	return w
}

// ColumnWidth returns the estimated size of a column's values in bytes.
func (e *Estimator) ColumnWidth(s *Stats, c logical.Column) float64 {
	if cs, ok := s.Column(c.ID); ok && cs.Width > 0 {
		return cs.Width
	}
	return widthOf(c.Type)
}

// Stats returns the assumptions about the output of a node.
func (e *Estimator) Stats(n logical.Node) *Stats {
	if s, ok := e.memo[n]; ok {
		return s
	}
	s := e.derive(n)
	if math.IsNaN(s.Rows) || s.Rows < 0 {
		s.Rows = 0
	}
	e.memo[n] = s
	return s
}

func (e *Estimator) derive(n logical.Node) *Stats {
	switch n := n.(type) {
	case *logical.Scan:
		return e.scan(n)
	case *logical.Values:
		return e.values(n)
	case *logical.Filter:
		return e.Filter(e.Stats(n.Input), n.Conds)
	case *logical.Project:
		return e.project(n)
	case *logical.Join:
		return e.Join(n.Kind, e.Stats(n.Left), e.Stats(n.Right), n.Left, n.Right, n.On, n.MarkCol)
	case *logical.Apply:
		return e.Join(n.Kind, e.Stats(n.Left), e.Stats(n.Right), n.Left, n.Right, n.On, n.MarkCol)
	case *logical.Aggregate:
		return e.aggregate(n)
	case *logical.Window:
		s := e.Stats(n.Input).scaled(e.Stats(n.Input).Rows)
		for _, c := range n.Calls {
			s.set(c.Col.ID, unknownColumn(c.Col.Type))
		}
		return s
	case *logical.Sort:
		return e.Stats(n.Input)
	case *logical.Limit:
		return e.limited(n.Input, n.Count, n.Offset)
	case *logical.TopN:
		return e.limited(n.Input, n.Count, n.Offset)
	case *logical.DistinctOn:
		in := e.Stats(n.Input)
		return in.scaled(e.groups(in, n.Keys))
	case *logical.Union:
		return e.union(n)
	case *logical.SetOp:
		return e.setOp(n)
	case *logical.TableFunc:
		return e.tableFunc(n)
	case *logical.CTERef:
		return e.cteRef(n)
	case *logical.RecursiveUnion:
		return &Stats{Rows: e.Stats(n.Base).Rows * 10}
	case *logical.WorkTable:
		return &Stats{Rows: 10}
	}
	return &Stats{Rows: defaultRows}
}

func (e *Estimator) scan(n *logical.Scan) *Stats {
	t := e.Table(n.Table)
	s := &Stats{Rows: t.Rows, Known: true}
	if t.Rows < 0 {
		s.Rows, s.Known = defaultRows, false
		if t.Bytes > 0 {
			s.Rows = math.Max(float64(t.Bytes)/64, 1)
		}
	}
	for i, c := range n.Cols {
		cs := unknownColumn(c.Type)
		if t.Columns != nil && n.Ordinals[i] < len(t.Columns) {
			known := t.Columns[n.Ordinals[i]]
			cs.Distinct, cs.Nulls = known.Distinct, known.NullFraction
			cs.Low, cs.High = numberOf(known.Min), numberOf(known.Max)
			if known.Width > 0 {
				cs.Width = known.Width
			}
			if cs.Distinct == 0 {
				cs.Distinct = distinctOfRange(c.Type, cs.Low, cs.High, s.Rows)
			}
		}
		for _, k := range t.UniqueKeys {
			if len(k) == 1 && k[0] == n.Ordinals[i] {
				cs.Distinct = math.Max(s.Rows, 1)
			}
		}
		s.set(c.ID, cs)
	}
	return s
}

// distinctOfRange bounds the number of distinct values of an integer column by the length of its range: footers tell
// bounds and no counts.
func distinctOfRange(t schema.Type, low, high, rows float64) float64 {
	if math.IsNaN(low) || math.IsNaN(high) || !(t.IsInteger() || t.Kind == schema.Date || t.Kind == schema.Boolean) {
		return 0
	}
	return math.Min(high-low+1, math.Max(rows, 1))
}

func (e *Estimator) values(n *logical.Values) *Stats {
	s := &Stats{Rows: float64(len(n.Rows)), Known: true}
	for i, c := range n.Cols {
		cs := unknownColumn(c.Type)
		cs.Distinct = s.Rows
		for _, r := range n.Rows {
			if k, ok := r[i].(*expr.Const); ok && k.Value.Valid {
				v := numberOf(k.Value)
				cs.Low, cs.High = minKnown(cs.Low, v), maxKnown(cs.High, v)
			}
		}
		s.set(c.ID, cs)
	}
	return s
}

func minKnown(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	if math.IsNaN(b) {
		return a
	}
	return math.Min(a, b)
}

func maxKnown(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	if math.IsNaN(b) {
		return a
	}
	return math.Max(a, b)
}

func (e *Estimator) project(n *logical.Project) *Stats {
	in := e.Stats(n.Input)
	s := in.scaled(in.Rows)
	for _, it := range n.Items {
		if !it.Passes() {
			s.set(it.Col.ID, e.ofExpr(it.Expr, in))
		}
	}
	return s
}

// ofExpr returns the assumptions about the value of an expression.
func (e *Estimator) ofExpr(x expr.Expr, in *Stats) Column {
	switch x := x.(type) {
	case *expr.ColumnRef:
		if c, ok := in.Column(x.ID); ok {
			return c
		}
	case *expr.Const:
		c := unknownColumn(x.Value.Type)
		c.Distinct = 1
		c.Low = numberOf(x.Value)
		c.High = c.Low
		return c
	case *expr.Cast:
		c := e.ofExpr(x.Arg, in)
		c.Width = widthOf(x.Typ)
		if x.Typ.IsString() != x.Arg.Type().IsString() || x.Typ.IsTemporal() {
			c.Low, c.High = math.NaN(), math.NaN()
		}
		return c
	case *expr.Compare, *expr.And, *expr.Or, *expr.Not, *expr.IsNull, *expr.In:
		c := unknownColumn(x.Type())
		c.Distinct = 2
		return c
	case *expr.Call:
		return e.ofCall(x, in)
	}
	c := unknownColumn(x.Type())
	c.Distinct = distinctOfParts(x, in)
	return c
}

// ofCall knows the functions whose results are few.
func (e *Estimator) ofCall(x *expr.Call, in *Stats) Column {
	c := unknownColumn(x.Typ)
	c.Distinct = distinctOfParts(x, in)
	limit := 0.0
	switch x.Fn.Name {
	case "extract", "date_part":
		limit = 31
		if f, ok := x.Args[0].(*expr.Const); ok && (f.Value.S == "year" || f.Value.S == "epoch") {
			limit = 100
		}
	case "year", "isoyear":
		limit = 100
	case "month":
		limit = 12
	case "day", "day_of_month":
		limit = 31
	case "hour":
		limit = 24
	case "dow", "day_of_week":
		limit = 7
	case "minute", "second":
		limit = 60
	}
	if limit > 0 {
		c.Distinct = math.Min(math.Max(c.Distinct, 1), limit)
		if distinctOfParts(x, in) == 0 {
			c.Distinct = limit
		}
	}
	return c
}

// distinctOfParts bounds the distinct values of an expression by those of its columns.
func distinctOfParts(x expr.Expr, in *Stats) float64 {
	n := 1.0
	for id := range expr.Columns(x).All {
		c, ok := in.Column(id)
		if !ok || c.Distinct == 0 {
			return 0
		}
		n *= c.Distinct
	}
	return math.Min(n, math.Max(in.Rows, 1))
}

func (e *Estimator) aggregate(n *logical.Aggregate) *Stats {
	in := e.Stats(n.Input)
	s := &Stats{Known: in.Known, from: []*Stats{in}}
	keys := make([]expr.Expr, len(n.Keys))
	for i, k := range n.Keys {
		keys[i] = k.Expr
		if !k.Passes() {
			s.set(k.Col.ID, e.ofExpr(k.Expr, in))
		}
	}
	switch {
	case n.Scalar():
		s.Rows = 1
	case n.Sets != nil:
		for _, set := range n.Sets {
			var part []expr.Expr
			for _, k := range set {
				part = append(part, keys[k])
			}
			s.Rows += e.groups(in, part)
		}
		s.set(n.GroupingID.ID, Column{Distinct: float64(len(n.Sets)), Low: math.NaN(), High: math.NaN(), Width: 8})
	default:
		s.Rows = e.groups(in, keys)
	}
	for _, a := range n.Aggs {
		c := unknownColumn(a.Col.Type)
		switch a.Call.Fn.Name {
		case "min", "max", "any_value", "arbitrary":
			// These return a value of their argument.
			c = e.ofExpr(a.Call.Args[0], in)
		}
		s.set(a.Col.ID, c)
	}
	return s
}

// groups estimates the number of distinct combinations of keys.
func (e *Estimator) groups(in *Stats, keys []expr.Expr) float64 {
	if len(keys) == 0 {
		return math.Min(in.Rows, 1)
	}
	n := 1.0
	for _, k := range keys {
		c := e.ofExpr(k, in)
		d := c.Distinct
		if d == 0 {
			d = math.Max(math.Sqrt(in.Rows), 1)
		}
		if c.Nulls > 0 {
			d++
		}
		n *= d
		if n > in.Rows {
			return in.Rows
		}
	}
	return math.Min(n, in.Rows)
}

func (e *Estimator) limited(input logical.Node, count, offset int64) *Stats {
	in := e.Stats(input)
	rows := math.Max(in.Rows-float64(offset), 0)
	if count >= 0 {
		rows = math.Min(rows, float64(count))
	}
	return in.scaled(rows)
}

func (e *Estimator) union(n *logical.Union) *Stats {
	s := &Stats{Known: true}
	for i, c := range n.Cols {
		sum := Column{Low: math.NaN(), High: math.NaN(), Width: widthOf(c.Type)}
		for j, in := range n.All {
			cs, ok := e.Stats(in).Column(n.Maps[j][i])
			if !ok || cs.Distinct == 0 {
				sum.Distinct = math.NaN()
				continue
			}
			sum.Distinct += cs.Distinct
			sum.Low, sum.High = minKnown(sum.Low, cs.Low), maxKnown(sum.High, cs.High)
		}
		if math.IsNaN(sum.Distinct) {
			sum.Distinct = 0
		}
		s.set(c.ID, sum)
	}
	for _, in := range n.All {
		is := e.Stats(in)
		s.Rows += is.Rows
		s.Known = s.Known && is.Known
	}
	return s
}

func (e *Estimator) setOp(n *logical.SetOp) *Stats {
	l, r := e.Stats(n.Left), e.Stats(n.Right)
	s := &Stats{Rows: l.Rows, Known: l.Known && r.Known}
	if n.Kind == logical.Intersect {
		s.Rows = math.Min(l.Rows, r.Rows)
	}
	for i, c := range n.Cols {
		if cs, ok := l.Column(n.LeftCols[i]); ok {
			s.set(c.ID, cs)
		}
	}
	return s
}

func (e *Estimator) tableFunc(n *logical.TableFunc) *Stats {
	in := e.Stats(n.Input)
	rows := 0.0
	for _, f := range n.Calls {
		rows = math.Max(rows, rowsOfFunc(f.Call))
	}
	s := in.scaled(in.Rows * rows)
	for _, f := range n.Calls {
		for _, c := range f.Cols {
			s.set(c.ID, unknownColumn(c.Type))
		}
	}
	return s
}

func rowsOfFunc(c *expr.Call) float64 {
	if c.Fn.Name == "generate_series" || c.Fn.Name == "sequence" {
		if len(c.Args) >= 2 {
			lo, ok1 := c.Args[0].(*expr.Const)
			hi, ok2 := c.Args[1].(*expr.Const)
			if ok1 && ok2 && lo.Value.Valid && hi.Value.Valid && lo.Value.Type.IsInteger() {
				return math.Max(float64(hi.Value.I)-float64(lo.Value.I)+1, 0)
			}
		}
		return 1000
	}
	if len(c.Args) > 0 {
		switch a := c.Args[0].(type) {
		case *expr.MakeArray:
			return float64(len(a.Args))
		case *expr.Const:
			return float64(len(a.Value.Elems))
		}
	}
	return funcRows
}

func (e *Estimator) cteRef(n *logical.CTERef) *Stats {
	in := e.Stats(n.Def.Plan)
	s := &Stats{Rows: in.Rows, Known: in.Known}
	for i, c := range n.Cols {
		if cs, ok := in.Column(n.Def.Cols[n.From[i]].ID); ok {
			s.set(c.ID, cs)
		}
	}
	return s
}
