package parser

func (p *printer) call(c *FuncCall) {
	p.callName(c)
	p.put("(")
	p.putIf(c.Distinct, "DISTINCT ")
	p.putIf(c.Star, "*")
	for i, a := range c.Args {
		p.comma(i)
		p.putIf(c.Variadic && i == len(c.Args)-1, "VARIADIC ")
		if i == 0 && len(c.Name) == 1 && c.Name[0] == "position" && !c.Quoted {
			// The parser expects POSITION(a IN b) here, whose first operand is restricted.
			p.operand(a, precUnary)
			continue
		}
		if looksLikeLambda(c, i, a) {
			p.operand(a, precPrimary)
			continue
		}
		p.expr(a)
	}
	if len(c.OrderBy) > 0 {
		p.put(" ORDER BY ")
		p.orderItems(c.OrderBy)
	}
	p.put(")")
	if len(c.WithinGroup) > 0 {
		p.put(" WITHIN GROUP (ORDER BY ")
		p.orderItems(c.WithinGroup)
		p.put(")")
	}
	if c.Filter != nil {
		p.put(" FILTER (WHERE ")
		p.expr(c.Filter)
		p.put(")")
	}
	p.put([...]string{"", " RESPECT NULLS", " IGNORE NULLS"}[c.Nulls])
	if c.Over != nil {
		p.put(" OVER ")
		p.window(c.Over)
	}
}

// looksLikeLambda reports whether argument i, which is no lambda, begins as one does: with a name and -> in an argument
// that may be a lambda, or with names in parentheses and ->.
func looksLikeLambda(c *FuncCall, i int, arg Expr) bool {
	first := arg
	for {
		next := leftOperand(first)
		if next == nil {
			break
		}
		first = next
	}
	switch first := first.(type) {
	case *ColumnRef:
		return i > 0 && len(c.Name) == 1 && lambdaFunctions[c.Name[0]]
	case *RowExpr:
		return !first.Explicit
	}
	return false
}

// leftOperand returns the operand with which the text of an operation begins, nil when it does not begin with one.
func leftOperand(e Expr) Expr {
	switch e := e.(type) {
	case *AndExpr:
		return e.Args[0]
	case *OrExpr:
		return e.Args[0]
	case *BinaryExpr:
		return e.Left
	case *QuantifiedExpr:
		return e.Left
	case *IsDistinct:
		return e.Left
	case *IsNull:
		return e.Expr
	case *IsTruth:
		return e.Expr
	case *Between:
		return e.Expr
	case *InList:
		return e.Expr
	case *InSubquery:
		return e.Expr
	case *LikeExpr:
		return e.Expr
	case *CollateExpr:
		return e.Expr
	case *AtTimeZone:
		return e.Expr
	}
	return nil
}

// callName writes the function's name. A keyword stays bare: without quotes it is what was written.
func (p *printer) callName(c *FuncCall) {
	if len(c.Name) == 1 && !c.Quoted && isPlainName(c.Name[0]) {
		p.put(c.Name[0])
		return
	}
	if len(c.Name) == 1 {
		p.quoted(c.Name[0])
		return
	}
	p.name(c.Name)
}

func (p *printer) orderItems(list []OrderItem) {
	for i, o := range list {
		p.comma(i)
		p.expr(o.Expr)
		if o.Using != "" {
			p.put(" USING ", o.Using)
		}
		p.put([...]string{"", " ASC", " DESC"}[o.Direction])
		p.put([...]string{"", " NULLS FIRST", " NULLS LAST"}[o.Nulls])
	}
}

func (p *printer) window(w *WindowSpec) {
	if w.Ref != "" {
		p.ident(w.Ref)
		return
	}
	p.put("(")
	sep := ""
	if w.Base != "" {
		p.ident(w.Base)
		sep = " "
	}
	if len(w.PartitionBy) > 0 {
		p.put(sep, "PARTITION BY ")
		p.exprs(w.PartitionBy)
		sep = " "
	}
	if len(w.OrderBy) > 0 {
		p.put(sep, "ORDER BY ")
		p.orderItems(w.OrderBy)
		sep = " "
	}
	if f := w.Frame; f != nil {
		p.put(sep, [...]string{"ROWS", "RANGE", "GROUPS"}[f.Unit], " BETWEEN ")
		p.bound(f.Start)
		p.put(" AND ")
		p.bound(f.End)
		p.put([...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
	}
	p.put(")")
}

func (p *printer) bound(b FrameBound) {
	switch b.Kind {
	case UnboundedPreceding:
		p.put("UNBOUNDED PRECEDING")
	case UnboundedFollowing:
		p.put("UNBOUNDED FOLLOWING")
	case CurrentRow:
		p.put("CURRENT ROW")
	case OffsetPreceding:
		p.operand(b.Offset, precOther)
		p.put(" PRECEDING")
	case OffsetFollowing:
		p.operand(b.Offset, precOther)
		p.put(" FOLLOWING")
	}
}

func (p *printer) typeName(t *TypeName) {
	p.putIf(t.SetOf, "SETOF ")
	switch {
	case t.IsArray():
		p.typeName(t.Elems[0])
		p.put("[]")
	case t.IsMap():
		p.put("map(")
		p.typeName(t.Elems[0])
		p.put(", ")
		p.typeName(t.Elems[1])
		p.put(")")
	case t.IsRow():
		p.rowType(t)
	case len(t.Name) == 1 && !t.Quoted:
		p.plainType(t)
	case len(t.Name) == 1:
		p.quoted(t.Name[0])
		p.mods(t)
	default:
		p.name(t.Name)
		p.mods(t)
	}
}

func (p *printer) plainType(t *TypeName) {
	switch name := t.Name[0]; name {
	case "timestamptz", "timetz":
		p.put(name[:len(name)-2])
		p.mods(t)
		p.put(" with time zone")
	case "varbit":
		p.put("bit varying")
		p.mods(t)
	case "double":
		p.put("double precision")
	case "interval":
		p.put(name)
		p.units(t.From, t.To)
		p.mods(t)
	default:
		if isPlainName(name) {
			p.put(name)
		} else {
			p.quoted(name)
		}
		p.mods(t)
	}
}

func (p *printer) mods(t *TypeName) {
	if len(t.Mods) == 0 {
		return
	}
	p.put("(")
	for i, m := range t.Mods {
		p.comma(i)
		p.int(int64(m))
	}
	p.put(")")
}

func (p *printer) rowType(t *TypeName) {
	p.put("row(")
	for i, f := range t.Fields {
		p.comma(i)
		if f.Name != "" {
			p.ident(f.Name)
			p.put(" ")
		}
		p.typeName(f.Type)
		if f.Comment != "" {
			p.put(" COMMENT ")
			p.str(f.Comment)
		}
	}
	p.put(")")
}
