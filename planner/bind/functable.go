package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// funcTable binds functions in FROM. Their arguments may read the items of FROM before them.
func (b *binder) funcTable(t *parser.FuncTable, s *scope) (logical.Node, []scopeCol) {
	inner := newScope(s, s.ctes)
	x := b.exprs(inner, "functions in FROM")
	n := &logical.TableFunc{Input: logical.OneRow()}
	var outs []outCol
	scalars := newProjection(b, n.Input)
	name := ""
	for _, c := range t.Calls {
		items, scalar := x.tableCall(c.Call)
		fn := columnName(c.Call)
		if name == "" {
			name = fn
		}
		defs := c.Defs
		if t.Alias != nil && len(t.Calls) == 1 && len(t.Alias.Defs) > 0 {
			defs = t.Alias.Defs
		}
		if scalar != nil {
			outs = append(outs, b.scalarInFrom(scalars, scalar, fn, t, c)...)
			continue
		}
		for _, it := range items {
			n.Calls = append(n.Calls, it)
			for _, col := range it.Cols {
				outs = append(outs, outCol{name: col.Name, col: col})
			}
		}
		if len(defs) > 0 {
			outs = defineColumns(outs, defs)
		}
	}
	var plan logical.Node = n
	if len(n.Calls) == 0 {
		plan = scalars.node()
	} else if scalars.computed {
		n.Input = scalars.node()
	}
	plan, outs = b.ordinality(plan, n, outs, t)
	return plan, s.addRelation(funcRelation(t, name, outs), t.Pos())
}

// ordinality adds the column of WITH ORDINALITY.
func (b *binder) ordinality(plan logical.Node, n *logical.TableFunc, outs []outCol, t *parser.FuncTable) (logical.Node, []outCol) {
	if !t.Ordinality {
		return plan, outs
	}
	col := b.ids.Column("ordinality", schema.T(schema.BigInt))
	if len(n.Calls) > 0 {
		n.Ordinality = &col
		return plan, append(outs, outCol{name: col.Name, col: col})
	}
	p := newProjection(b, plan)
	for _, c := range plan.Columns() {
		p.add(c.Ref(), c.Name)
	}
	one := p.add(&expr.Const{Value: schema.IntValue(schema.T(schema.BigInt), 1)}, col.Name)
	return p.node(), append(outs, outCol{name: col.Name, col: one})
}

// funcRelation names the columns of functions in FROM: a function of one column gives it the name of the alias.
func funcRelation(t *parser.FuncTable, name string, outs []outCol) *relation {
	alias := name
	var columns []string
	if t.Alias != nil {
		columns = t.Alias.Columns
		if t.Alias.Name != "" {
			alias = t.Alias.Name
		}
	}
	values := len(outs)
	if t.Ordinality {
		values--
	}
	single := len(t.Calls) == 1 && values == 1 && (t.Alias == nil || len(t.Alias.Defs) == 0)
	if single && len(columns) == 0 {
		outs[0].name = alias
	}
	outs = renameColumns(outs, columns, alias, t.Pos())
	rel := relationOf(alias, outs)
	rel.scalar = single && !t.Ordinality
	return rel
}

// tableCall binds one function in FROM: set-returning ones give items, any other expression is a row of one value.
func (x *exprBinder) tableCall(e parser.Expr) ([]logical.FuncItem, expr.Expr) {
	c, ok := e.(*parser.FuncCall)
	if !ok {
		return nil, x.value(e)
	}
	name := functionName(c.Name, c.Pos())
	if c.Over != nil || c.Filter != nil || c.Distinct || c.Star || len(c.OrderBy) > 0 {
		fail(c.Pos(), sqlerr.SyntaxError, "a function in FROM has arguments alone")
	}
	if !x.b.env.Registry.Has(expr.TableFunction, name) {
		return nil, x.value(e)
	}
	args, infos, poss := x.callArgs(name, c)
	if name == "unnest" && len(args) > 1 {
		var items []logical.FuncItem
		for i := range args {
			items = append(items, x.tableFunction(name, args[i:i+1], infos[i:i+1], poss[i:i+1], c.Pos()))
		}
		return items, nil
	}
	return []logical.FuncItem{x.tableFunction(name, args, infos, poss, c.Pos())}, nil
}

func (x *exprBinder) tableFunction(name string, args []expr.Expr, infos []expr.Arg, poss []int, pos int) logical.FuncItem {
	r, err := x.b.env.Registry.Resolve(expr.TableFunction, name, infos)
	if err != nil {
		raise(err, pos)
	}
	call := &expr.Call{Fn: r.Fn, Args: x.arguments(r, args, poss), Typ: r.Result}
	return x.b.funcItem(call, name)
}

// scalarInFrom adds the value of a scalar function in FROM; a row becomes its fields.
func (b *binder) scalarInFrom(p *projection, e expr.Expr, name string, t *parser.FuncTable, c parser.FuncTableCall) []outCol {
	if t.Alias != nil && len(t.Alias.Defs) > 0 || len(c.Defs) > 0 {
		fail(c.Pos(), sqlerr.SyntaxError, "a column definition list is only allowed for functions returning \"record\"")
	}
	if e.Type().Kind != schema.Row {
		return []outCol{{name: name, col: p.add(e, name)}}
	}
	var outs []outCol
	for i, f := range e.Type().Fields() {
		outs = append(outs, outCol{name: f.Name, col: p.add(fieldOf(e, i), f.Name)})
	}
	return outs
}

// defineColumns gives the columns of a function that returns records the names of a column definition list.
func defineColumns(outs []outCol, defs []parser.ColumnDef) []outCol {
	if len(defs) != len(outs) {
		fail(defs[0].Pos(), sqlerr.DatatypeMismatch, "function return row and query-specified return row do not match")
	}
	for i, d := range defs {
		outs[i].name = d.Name
	}
	return outs
}
