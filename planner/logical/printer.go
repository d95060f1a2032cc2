package logical

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// Format returns the plan as an indented tree, columns with their identities (name#3), and below it the plans of the CTEs
// that it reads and those of subqueries in expressions.
func Format(n Node) string {
	p := printer{}
	p.node(n, 0)
	for i := 0; i < len(p.ctes); i++ {
		fmt.Fprintf(&p.b, "cte %d (%s)\n", p.ctes[i].ID, p.columns(p.ctes[i].Cols))
		p.node(p.ctes[i].Plan, 1)
	}
	return p.b.String()
}

type printer struct {
	b    strings.Builder
	ctes []*CTE
}

func (p *printer) node(n Node, depth int) {
	p.b.WriteString(strings.Repeat("  ", depth))
	p.b.WriteString(p.line(n))
	p.b.WriteByte('\n')
	n.Each(func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*expr.Subquery); ok {
				p.b.WriteString(strings.Repeat("  ", depth+1) + "subquery\n")
				p.node(s.Input.(Node), depth+2)
			}
			return true
		})
	})
	for _, c := range n.Inputs() {
		p.node(c, depth+1)
	}
}

func (p *printer) line(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return "scan " + n.Table.Name().String() + " (" + p.columns(n.Cols) + ")"
	case *Values:
		return p.values(n)
	case *Filter:
		return "filter " + p.exprs(n.Conds)
	case *Project:
		return "project " + p.items(n.Items)
	case *Join:
		return p.join("join", n.Kind, n.On, n.MarkCol, n.NullAware)
	case *Apply:
		return p.join("apply", n.Kind, n.On, n.MarkCol, n.NullAware)
	case *Aggregate:
		return p.aggregate(n)
	case *Window:
		return p.window(n)
	case *Sort:
		return "sort " + p.keys(n.Keys)
	case *Limit:
		return fmt.Sprintf("limit %d offset %d", n.Count, n.Offset)
	case *TopN:
		return fmt.Sprintf("top %d offset %d by %s", n.Count, n.Offset, p.keys(n.Keys)) + when(n.WithTies, " with ties")
	case *DistinctOn:
		return "distinct on " + p.exprs(n.Keys)
	case *Union:
		return "union (" + p.columns(n.Cols) + ")" + p.maps(n.Maps)
	case *SetOp:
		return [...]string{"intersect", "except"}[n.Kind] + when(n.All, " all") + " (" + p.columns(n.Cols) + ")" +
			p.maps([][]expr.ColumnID{n.LeftCols, n.RightCols})
	case *TableFunc:
		return p.tableFunc(n)
	case *CTERef:
		return p.cteRef(n)
	case *RecursiveUnion:
		return fmt.Sprintf("recursive union %d", n.ID) + when(n.Distinct, " distinct") + " (" + p.columns(n.Cols) + ")" +
			p.maps([][]expr.ColumnID{n.BaseCols, n.StepCols})
	case *WorkTable:
		return fmt.Sprintf("work table %d (%s)", n.ID, p.columns(n.Cols))
	}
	return fmt.Sprintf("%T", n)
}

func when(cond bool, text string) string {
	if cond {
		return text
	}
	return ""
}

func (p *printer) cteRef(n *CTERef) string {
	known := false
	for _, c := range p.ctes {
		known = known || c == n.Def
	}
	if !known {
		p.ctes = append(p.ctes, n.Def)
	}
	return fmt.Sprintf("cte reference %d (%s)", n.Def.ID, p.columns(n.Cols))
}

func (p *printer) values(n *Values) string {
	if IsOneRow(n) {
		return "one row"
	}
	rows := make([]string, len(n.Rows))
	for i, r := range n.Rows {
		rows[i] = "(" + p.exprs(r) + ")"
	}
	return "values (" + p.columns(n.Cols) + ") " + strings.Join(rows, ", ")
}

func (p *printer) join(word string, kind JoinKind, on []expr.Expr, mark Column, nullAware bool) string {
	s := kind.String() + " " + word + when(nullAware, " null-aware")
	if kind == Mark {
		s += " " + column(mark)
	}
	if len(on) == 0 {
		return s
	}
	return s + " on " + p.exprs(on)
}

func (p *printer) aggregate(n *Aggregate) string {
	s := "aggregate"
	if len(n.Keys) > 0 {
		s += " by " + p.items(n.Keys)
	}
	if n.Sets != nil {
		s += fmt.Sprintf(" sets %v %s", n.Sets, column(n.GroupingID))
	}
	for i, a := range n.Aggs {
		call := a.Call.Map(numbered)
		s += when(i > 0, ",") + " " + column(a.Col) + " := " + call.String()
	}
	return s
}

func (p *printer) window(n *Window) string {
	s := "window"
	if len(n.Partition) > 0 {
		s += " partition by " + p.exprs(n.Partition)
	}
	if len(n.Order) > 0 {
		s += " order by " + p.keys(n.Order)
	}
	for i, c := range n.Calls {
		args := p.exprs(c.Call.Args)
		s += when(i > 0, ",") + " " + column(c.Col) + " := " + c.Call.Fn.Name + "(" + args + ")"
	}
	return s
}

func (p *printer) tableFunc(n *TableFunc) string {
	s := "table function" + when(n.Outer, " outer")
	for i, c := range n.Calls {
		s += when(i > 0, ",") + " " + p.expr(c.Call) + " as (" + p.columns(c.Cols) + ")"
	}
	if n.Ordinality != nil {
		s += " ordinality " + column(*n.Ordinality)
	}
	return s
}

func (p *printer) maps(maps [][]expr.ColumnID) string {
	var b strings.Builder
	for _, m := range maps {
		b.WriteString(" [")
		for i, id := range m {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString("#" + strconv.Itoa(int(id)))
		}
		b.WriteByte(']')
	}
	return b.String()
}

func column(c Column) string { return schema.QuoteUnusual(c.Name) + "#" + strconv.Itoa(int(c.ID)) }

func (p *printer) columns(cols []Column) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = column(c)
	}
	return strings.Join(out, ", ")
}

func (p *printer) items(items []Item) string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = column(it.Col)
		if !it.Passes() {
			out[i] += " := " + p.expr(it.Expr)
		}
	}
	return strings.Join(out, ", ")
}

func (p *printer) keys(keys []expr.SortKey) string {
	return expr.FormatSortKeys(expr.MapKeys(keys, numbered))
}

func (p *printer) exprs(es []expr.Expr) string {
	out := make([]string, len(es))
	for i, e := range es {
		out[i] = p.expr(e)
	}
	return strings.Join(out, ", ")
}

func (p *printer) expr(e expr.Expr) string { return numbered(e).String() }

// numbered returns e with the identity of each column in its name.
func numbered(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if r, ok := e.(*expr.ColumnRef); ok {
			return &expr.LambdaRef{Name: column(Column{ID: r.ID, Name: r.Name})}
		}
		return e
	})
}
