package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// setCall binds a set-returning function in a select list and returns what it gives for one row: a column, or a row of
// columns.
func (x *exprBinder) setCall(name string, c *parser.FuncCall) expr.Expr {
	switch {
	case x.inAgg:
		fail(c.Pos(), sqlerr.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls")
	case x.inWin:
		fail(c.Pos(), sqlerr.FeatureNotSupported, "window function calls cannot contain set-returning function calls")
	case x.sel == nil || !x.srfs:
		fail(c.Pos(), sqlerr.FeatureNotSupported, "set-returning functions are not allowed in %s", x.clause)
	}
	before := len(x.sel.srfs)
	args, infos, poss := x.callArgs(name, c)
	level := 0
	for _, s := range x.sel.srfs[before:] {
		// A function inside the arguments runs before this one.
		level = max(level, s.level+1)
	}
	r, err := x.b.env.Registry.Resolve(expr.TableFunction, name, infos)
	if err != nil {
		raise(err, c.Pos())
	}
	call := &expr.Call{Fn: r.Fn, Args: x.arguments(r, args, poss), Typ: r.Result}
	for _, s := range x.sel.srfs {
		// (f(x)).a, (f(x)).b calls f once.
		if s.level == level && expr.Equal(s.item.Call, call) {
			return funcValue(s.item)
		}
	}
	item := x.b.funcItem(call, name)
	x.sel.srfs = append(x.sel.srfs, setFunc{item: item, level: level})
	return funcValue(item)
}

// setFunc is a set-returning function of a select list. Those of one level run side by side, those of a higher one over
// their rows.
type setFunc struct {
	item  logical.FuncItem
	level int
}

// funcItem gives columns to the rows of a set-returning function.
func (b *binder) funcItem(call *expr.Call, name string) logical.FuncItem {
	item := logical.FuncItem{Call: call}
	if call.Typ.Kind != schema.Row {
		item.Cols = []logical.Column{b.ids.Column(name, call.Typ)}
		return item
	}
	for i, f := range call.Typ.Fields() {
		n := f.Name
		if n == "" {
			n = rowFieldName(i)
		}
		item.Cols = append(item.Cols, b.ids.Column(n, f.Type))
	}
	return item
}

func funcValue(item logical.FuncItem) expr.Expr {
	if item.Call.Typ.Kind != schema.Row {
		return item.Cols[0].Ref()
	}
	row := &expr.MakeRow{Typ: item.Call.Typ}
	for _, c := range item.Cols {
		row.Args = append(row.Args, c.Ref())
	}
	return row
}
