package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// window is a partition and an order with the functions over it.
type window struct {
	partition []expr.Expr
	order     []expr.SortKey
	calls     []logical.WindowItem
}

// windowCall binds a function with OVER and returns the column of its result.
func (x *exprBinder) windowCall(name string, c *parser.FuncCall) expr.Expr {
	switch {
	case x.inWin:
		fail(c.Pos(), sqlerr.WindowingError, "window function calls cannot be nested")
	case x.inAgg:
		fail(c.Pos(), sqlerr.GroupingError, "aggregate function calls cannot contain window function calls")
	case x.sel == nil || !x.wins:
		fail(c.Pos(), sqlerr.WindowingError, "window functions are not allowed in %s", x.clause)
	case len(c.OrderBy) > 0 || len(c.WithinGroup) > 0:
		unsupported(c.Pos(), "ORDER BY in the arguments of a window function")
	}
	inner := *x
	inner.inWin, inner.srfs = true, false
	spec := x.sel.windowSpec(c.Over)
	w := window{}
	for _, p := range spec.PartitionBy {
		w.partition = append(w.partition, inner.value(p))
	}
	w.order = inner.sortKeys(spec.OrderBy)
	call := inner.window(name, c)
	call.Frame = inner.frame(spec, w.order)
	col := x.b.ids.Column(name, call.Typ)
	x.sel.addWindow(w, logical.WindowItem{Col: col, Call: call})
	return col.Ref()
}

func (x *exprBinder) window(name string, c *parser.FuncCall) expr.WindowCall {
	kind := expr.WindowFunction
	if !x.b.env.Registry.Has(kind, name) {
		kind = expr.Aggregate
	}
	if kind == expr.WindowFunction && c.Filter != nil {
		fail(c.Pos(), sqlerr.FeatureNotSupported, "FILTER for a window function that is no aggregate is not supported")
	}
	if c.Distinct {
		fail(c.Pos(), sqlerr.FeatureNotSupported, "DISTINCT in a window function is not supported")
	}
	args, infos, poss := x.callArgs(name, c)
	r, err := x.b.env.Registry.Resolve(kind, name, infos)
	if err != nil {
		if !x.b.env.Registry.Has(kind, name) && x.b.env.Registry.Has(expr.Scalar, name) {
			fail(c.Pos(), sqlerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
		}
		raise(err, c.Pos())
	}
	if c.Nulls == parser.IgnoreNulls && !takesNulls[name] {
		fail(c.Pos(), sqlerr.WrongObjectType, "IGNORE NULLS specified, but %s does not choose a row", name)
	}
	call := expr.WindowCall{Fn: r.Fn, Args: x.arguments(r, args, poss), Typ: r.Result, IgnoreNulls: c.Nulls == parser.IgnoreNulls}
	if c.Filter != nil {
		call.Filter = x.condition(c.Filter, "FILTER")
	}
	return call
}

// takesNulls are the window functions that give the value of one row, for which IGNORE NULLS means something.
var takesNulls = map[string]bool{"first_value": true, "last_value": true, "nth_value": true, "lag": true, "lead": true}

var (
	frameModes = map[parser.FrameUnit]expr.FrameMode{parser.RowsFrame: expr.Rows, parser.RangeFrame: expr.Range, parser.GroupsFrame: expr.Groups}
	boundKinds = map[parser.BoundKind]expr.BoundKind{parser.UnboundedPreceding: expr.UnboundedPreceding,
		parser.OffsetPreceding: expr.Preceding, parser.CurrentRow: expr.CurrentRow, parser.OffsetFollowing: expr.Following,
		parser.UnboundedFollowing: expr.UnboundedFollowing}
	exclusions = map[parser.FrameExclusion]expr.Exclusion{parser.ExcludeNoOthers: expr.ExcludeNothing,
		parser.ExcludeCurrentRow: expr.ExcludeCurrentRow, parser.ExcludeGroup: expr.ExcludeGroup, parser.ExcludeTies: expr.ExcludeTies}
)

// frame binds the frame of a window: without one it is RANGE UNBOUNDED PRECEDING.
func (x *exprBinder) frame(spec *parser.WindowSpec, order []expr.SortKey) expr.Frame {
	if spec.Frame == nil {
		return expr.Frame{Mode: expr.Range, Start: expr.Bound{Kind: expr.UnboundedPreceding}, End: expr.Bound{Kind: expr.CurrentRow}}
	}
	f := spec.Frame
	out := expr.Frame{Mode: frameModes[f.Unit], Exclude: exclusions[f.Exclude]}
	out.Start = x.frameBound(f, f.Start, order)
	out.End = x.frameBound(f, f.End, order)
	switch {
	case f.Start.Kind == parser.UnboundedFollowing:
		fail(f.Pos(), sqlerr.WindowingError, "frame start cannot be UNBOUNDED FOLLOWING")
	case f.End.Kind == parser.UnboundedPreceding:
		fail(f.Pos(), sqlerr.WindowingError, "frame end cannot be UNBOUNDED PRECEDING")
	case f.Start.Kind == parser.CurrentRow && f.End.Kind == parser.OffsetPreceding:
		fail(f.Pos(), sqlerr.WindowingError, "frame starting from current row cannot have preceding rows")
	case f.Start.Kind == parser.OffsetFollowing && (f.End.Kind == parser.OffsetPreceding || f.End.Kind == parser.CurrentRow):
		fail(f.Pos(), sqlerr.WindowingError, "frame starting from following row cannot have preceding rows")
	case out.Mode == expr.Groups && len(order) == 0:
		fail(f.Pos(), sqlerr.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	return out
}

func (x *exprBinder) frameBound(f *parser.WindowFrame, p parser.FrameBound, order []expr.SortKey) expr.Bound {
	b := expr.Bound{Kind: boundKinds[p.Kind]}
	if p.Offset == nil {
		return b
	}
	off := x.bind(p.Offset)
	if !expr.Columns(off).Empty() {
		fail(p.Offset.Pos(), sqlerr.InvalidColumnReference, "argument of %s must not contain variables", "frame offset")
	}
	if f.Unit != parser.RangeFrame {
		b.Offset = x.b.coerceInteger(off, "frame offset", p.Offset.Pos())
		return b
	}
	if len(order) != 1 {
		fail(f.Pos(), sqlerr.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	t := order[0].Expr.Type()
	if t.IsTemporal() {
		t = schema.T(schema.Interval)
	}
	if _, ok := Unify(t, off.Type()); !ok {
		fail(p.Offset.Pos(), sqlerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s",
			TypeName(order[0].Expr.Type()), TypeName(off.Type()))
	}
	b.Offset = x.b.coerce(off, t, p.Offset.Pos())
	return b
}

// coerceInteger makes an offset or a count a bigint.
func (b *binder) coerceInteger(e expr.Expr, what string, pos int) expr.Expr {
	t := e.Type()
	if t.Kind != schema.Unknown && !t.IsNumeric() {
		fail(pos, sqlerr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", what, TypeName(t))
	}
	if t.Kind == schema.BigInt {
		return e
	}
	return b.coerce(e, schema.T(schema.BigInt), pos)
}

// windowSpec resolves the names of windows in a specification.
func (st *selectState) windowSpec(spec *parser.WindowSpec) *parser.WindowSpec {
	name := spec.Ref
	if name == "" {
		name = spec.Base
	}
	if name == "" {
		return spec
	}
	base := st.namedWindow(name, spec.Pos())
	if spec.Ref != "" {
		return base
	}
	switch {
	case len(spec.PartitionBy) > 0:
		fail(spec.Pos(), sqlerr.WindowingError, "cannot override PARTITION BY clause of window %q", name)
	case len(spec.OrderBy) > 0 && len(base.OrderBy) > 0:
		fail(spec.Pos(), sqlerr.WindowingError, "cannot override ORDER BY clause of window %q", name)
	case base.Frame != nil:
		fail(spec.Pos(), sqlerr.WindowingError, "cannot copy window %q because it has a frame clause", name)
	}
	out := *spec
	out.Base, out.PartitionBy = "", base.PartitionBy
	if len(out.OrderBy) == 0 {
		out.OrderBy = base.OrderBy
	}
	return &out
}

func (st *selectState) namedWindow(name string, pos int) *parser.WindowSpec {
	for i := range st.named {
		if st.named[i].Name == name {
			// A window may be based on those before it alone.
			earlier := &selectState{named: st.named[:i]}
			return earlier.windowSpec(st.named[i].Spec)
		}
	}
	fail(pos, sqlerr.UndefinedObject, "window %q does not exist", name)
	return nil
}

// addWindow puts a function with others over the same window.
func (st *selectState) addWindow(w window, item logical.WindowItem) {
	for i := range st.windows {
		if expr.EqualLists(st.windows[i].partition, w.partition) && expr.EqualKeys(st.windows[i].order, w.order) {
			st.windows[i].calls = append(st.windows[i].calls, item)
			return
		}
	}
	w.calls = []logical.WindowItem{item}
	st.windows = append(st.windows, w)
}
