package parser

// Walk calls f for n and, where f returns true, for every node below it, parents first and in the order of the text.
// Parts of a node that are no nodes of their own interface (a select item, a window, a frame bound) are passed over; the
// expressions, tables, query bodies and statements inside them are visited, and so are types.
func Walk(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	w := walker{visit: func(c Node) { Walk(c, f) }}
	w.children(n)
}

// deeperThan reports whether the tree has a path of more than limit nodes.
func deeperThan(n Node, limit int) bool {
	if limit == 0 {
		return true
	}
	deep := false
	w := walker{visit: func(c Node) { deep = deep || deeperThan(c, limit-1) }}
	w.children(n)
	return deep
}

// walker enumerates the children of a node.
type walker struct{ visit func(Node) }

func (w walker) expr(list ...Expr) {
	for _, e := range list {
		if e != nil {
			w.visit(e)
		}
	}
}

func (w walker) query(q *Query) {
	if q != nil {
		w.visit(q)
	}
}

func (w walker) typ(t *TypeName) {
	if t != nil {
		w.visit(t)
	}
}

func (w walker) order(list []OrderItem) {
	for _, o := range list {
		w.expr(o.Expr)
	}
}

func (w walker) items(list []SelectItem) {
	for _, i := range list {
		w.expr(i.Expr)
	}
}

func (w walker) tables(list ...TableExpr) {
	for _, t := range list {
		if t != nil {
			w.visit(t)
		}
	}
}

func (w walker) options(list []Option) {
	for _, o := range list {
		w.expr(o.Value)
	}
}

func (w walker) columns(list []ColumnDef) {
	for _, c := range list {
		w.typ(c.Type)
		w.expr(c.Default)
		w.options(c.Options)
	}
}

func (w walker) alias(a *TableAlias) {
	if a != nil {
		w.columns(a.Defs)
	}
}

func (w walker) partition(list []PartitionValue) {
	for _, v := range list {
		w.expr(v.Value)
	}
}

func (w walker) with(with *With) {
	if with == nil {
		return
	}
	for _, c := range with.CTEs {
		w.visit(c.Statement)
		if c.Cycle != nil {
			w.expr(c.Cycle.MarkValue, c.Cycle.Default)
		}
	}
}

func (w walker) window(s *WindowSpec) {
	if s == nil {
		return
	}
	w.expr(s.PartitionBy...)
	w.order(s.OrderBy)
	if s.Frame != nil {
		w.expr(s.Frame.Start.Offset, s.Frame.End.Offset)
	}
}

func (w walker) groups(list []GroupElement) {
	for _, g := range list {
		w.expr(g.Exprs...)
		w.groups(g.Elements)
	}
}

func (w walker) children(n Node) {
	switch n := n.(type) {
	case Expr:
		w.exprChildren(n)
	case TableExpr:
		w.tableChildren(n)
	case QueryBody:
		w.bodyChildren(n)
	case Statement:
		w.statementChildren(n)
	case *TypeName:
		for _, e := range n.Elems {
			w.typ(e)
		}
		for _, f := range n.Fields {
			w.typ(f.Type)
		}
	}
}

func (w walker) tableChildren(t TableExpr) {
	switch t := t.(type) {
	case *TableName:
		if t.Travel != nil {
			w.expr(t.Travel.AsOf)
		}
		w.sample(t.Sample)
	case *DerivedTable:
		w.query(t.Query)
		w.sample(t.Sample)
	case *FuncTable:
		for _, c := range t.Calls {
			w.expr(c.Call)
			w.columns(c.Defs)
		}
		w.alias(t.Alias)
	case *Join:
		w.tables(t.Left, t.Right)
		w.expr(t.On)
	}
}

func (w walker) sample(s *TableSample) {
	if s != nil {
		w.expr(s.Args...)
		w.expr(s.Repeatable)
	}
}

func (w walker) bodyChildren(b QueryBody) {
	switch b := b.(type) {
	case *Query:
		w.with(b.With)
		w.visit(b.Body)
		w.order(b.OrderBy)
		w.expr(b.Limit, b.Offset)
	case *Select:
		w.selectChildren(b)
	case *Values:
		for _, row := range b.Rows {
			w.expr(row...)
		}
	case *TableQuery:
	case *SetOperation:
		w.visit(b.Left)
		w.visit(b.Right)
	}
}

func (w walker) selectChildren(s *Select) {
	w.expr(s.DistinctOn...)
	w.items(s.Items)
	w.tables(s.From...)
	w.expr(s.Where)
	if s.GroupBy != nil {
		w.groups(s.GroupBy.Items)
	}
	w.expr(s.Having)
	for _, d := range s.Windows {
		w.window(d.Spec)
	}
	w.expr(s.Qualify)
}

func (w walker) exprChildren(e Expr) {
	switch e := e.(type) {
	case *NumberLit, *StringLit, *BitStringLit, *BoolLit, *NullLit, *IntervalLit, *Param, *SpecialValue, *ColumnRef,
		*DefaultExpr:
	case *TypedLit:
		w.typ(e.Type)
	case *Star:
		w.items(e.Replace)
	case *FieldStar:
		w.expr(e.Expr)
	case *AndExpr:
		w.expr(e.Args...)
	case *OrExpr:
		w.expr(e.Args...)
	case *NotExpr:
		w.expr(e.Expr)
	case *UnaryExpr:
		w.expr(e.Expr)
	case *BinaryExpr:
		w.expr(e.Left, e.Right)
	case *IsNull:
		w.expr(e.Expr)
	case *IsTruth:
		w.expr(e.Expr)
	case *IsDistinct:
		w.expr(e.Left, e.Right)
	case *Between:
		w.expr(e.Expr, e.Low, e.High)
	case *InList:
		w.expr(e.Expr)
		w.expr(e.List...)
	case *LikeExpr:
		w.expr(e.Expr, e.Pattern, e.Escape)
	default:
		w.nestedChildren(e)
	}
}

// nestedChildren is the part of exprChildren for expressions that hold queries, types and calls.
func (w walker) nestedChildren(e Expr) {
	switch e := e.(type) {
	case *InSubquery:
		w.expr(e.Expr)
		w.query(e.Query)
	case *QuantifiedExpr:
		w.expr(e.Left, e.Array)
		w.query(e.Query)
	case *ExistsExpr:
		w.query(e.Query)
	case *SubqueryExpr:
		w.query(e.Query)
	case *ArraySubquery:
		w.query(e.Query)
	case *ArrayExpr:
		w.expr(e.Items...)
	case *RowExpr:
		w.expr(e.Items...)
	case *Subscript:
		w.expr(e.Expr, e.Index)
	case *Slice:
		w.expr(e.Expr, e.Low, e.High)
	case *FieldAccess:
		w.expr(e.Expr)
	case *CaseExpr:
		w.expr(e.Operand)
		for _, when := range e.Whens {
			w.expr(when.Cond, when.Result)
		}
		w.expr(e.Else)
	case *CastExpr:
		w.expr(e.Expr)
		w.typ(e.Type)
	case *CollateExpr:
		w.expr(e.Expr)
	case *AtTimeZone:
		w.expr(e.Expr, e.Zone)
	case *ExtractExpr:
		w.expr(e.From)
	case *LambdaExpr:
		w.expr(e.Body)
	case *NamedArg:
		w.expr(e.Value)
	case *FuncCall:
		w.expr(e.Args...)
		w.order(e.OrderBy)
		w.order(e.WithinGroup)
		w.expr(e.Filter)
		w.window(e.Over)
	}
}
