package expr

import (
	"fmt"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
)

var compareNames = [...]string{"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}

// String returns the operator in SQL.
func (o CompareOp) String() string { return compareNames[o] }

// Negate returns the operator that is true where o is false.
func (o CompareOp) Negate() CompareOp {
	return [...]CompareOp{Ne, Eq, Ge, Gt, Le, Lt, NotDistinct, Distinct}[o]
}

// Swap returns the operator with its operands exchanged.
func (o CompareOp) Swap() CompareOp {
	return [...]CompareOp{Eq, Ne, Gt, Ge, Lt, Le, Distinct, NotDistinct}[o]
}

// String returns the column's name.
func (e *ColumnRef) String() string { return schema.QuoteUnusual(e.Name) }

// String returns the column's name.
func (e *InputRef) String() string {
	if e.Name == "" {
		return fmt.Sprintf("#%d", e.Index)
	}
	return schema.QuoteUnusual(e.Name)
}

// String returns the literal.
func (e *Const) String() string { return e.Value.Literal() }

// String returns $n.
func (e *Param) String() string { return fmt.Sprintf("$%d", e.Index+1) }

// String returns the comparison in SQL.
func (e *Compare) String() string { return fmt.Sprintf("(%s %s %s)", e.Left, e.Op, e.Right) }

// String returns the conjunction in SQL.
func (e *And) String() string { return "(" + join(e.Args, " AND ") + ")" }

// String returns the disjunction in SQL.
func (e *Or) String() string { return "(" + join(e.Args, " OR ") + ")" }

// String returns the negation in SQL.
func (e *Not) String() string { return "(NOT " + e.Arg.String() + ")" }

// String returns the test in SQL.
func (e *IsNull) String() string {
	if e.Negated {
		return "(" + e.Arg.String() + " IS NOT NULL)"
	}
	return "(" + e.Arg.String() + " IS NULL)"
}

// String returns the test in SQL.
func (e *In) String() string {
	var items []string
	for _, v := range e.Set {
		items = append(items, v.Literal())
	}
	if e.SetNull {
		items = append(items, "NULL")
	}
	for _, x := range e.List {
		items = append(items, x.String())
	}
	not := ""
	if e.Negated {
		not = " NOT"
	}
	return fmt.Sprintf("(%s%s IN (%s))", e.Arg, not, strings.Join(items, ", "))
}

// String returns the CASE in SQL.
func (e *Case) String() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		fmt.Fprintf(&b, " WHEN %s THEN %s", w.Cond, w.Result)
	}
	fmt.Fprintf(&b, " ELSE %s END", e.Else)
	return b.String()
}

// String returns the call in SQL.
func (e *Coalesce) String() string { return "coalesce(" + join(e.Args, ", ") + ")" }

// String returns the cast in SQL; implicit ones are not shown.
func (e *Cast) String() string {
	switch {
	case e.Implicit:
		return e.Arg.String()
	case e.Try:
		return fmt.Sprintf("try_cast(%s AS %s)", e.Arg, e.Typ)
	}
	return fmt.Sprintf("CAST(%s AS %s)", e.Arg, e.Typ)
}

// String returns the call in SQL.
func (e *Call) String() string {
	if e.Fn.Operator {
		switch len(e.Args) {
		case 1:
			return fmt.Sprintf("(%s %s)", e.Fn.Name, e.Args[0])
		case 2:
			return fmt.Sprintf("(%s %s %s)", e.Args[0], e.Fn.Name, e.Args[1])
		}
	}
	return e.Fn.Name + "(" + join(e.Args, ", ") + ")"
}

// String returns the lambda in SQL.
func (e *LambdaExpr) String() string {
	return "(" + strings.Join(e.Names, ", ") + ") -> " + e.Body.String()
}

// String returns the parameter's name.
func (e *LambdaRef) String() string { return e.Name }

// String returns the access in SQL.
func (e *Field) String() string { return "(" + e.Arg.String() + ")." + schema.QuoteUnusual(e.Name) }

// String returns the constructor in SQL.
func (e *MakeRow) String() string { return "ROW(" + join(e.Args, ", ") + ")" }

// String returns the constructor in SQL.
func (e *MakeArray) String() string { return "ARRAY[" + join(e.Args, ", ") + "]" }

// String returns the column's name.
func (e *OuterRef) String() string { return "outer." + schema.QuoteUnusual(e.Name) }

// String returns a short form of the subquery.
func (e *Subquery) String() string {
	switch e.Kind {
	case ExistsSubquery:
		return negated(e.Negated) + "EXISTS (subquery)"
	case InSubquery:
		return fmt.Sprintf("(%s) %sIN (subquery)", join(e.Test, ", "), negated(e.Negated))
	case AnySubquery:
		return fmt.Sprintf("(%s) %s ANY (subquery)", join(e.Test, ", "), e.Op)
	case AllSubquery:
		return fmt.Sprintf("(%s) %s ALL (subquery)", join(e.Test, ", "), e.Op)
	case ArraySubquery:
		return "ARRAY (subquery)"
	}
	return "(subquery)"
}

func negated(n bool) string {
	if n {
		return "NOT "
	}
	return ""
}

// String returns the call in SQL.
func (c *AggregateCall) String() string {
	var b strings.Builder
	b.WriteString(c.Fn.Name + "(")
	if c.Distinct {
		b.WriteString("DISTINCT ")
	}
	if len(c.Args) == 0 && c.Fn.Name == "count" {
		b.WriteByte('*')
	}
	b.WriteString(join(c.Args, ", "))
	if len(c.OrderBy) > 0 {
		b.WriteString(" ORDER BY " + FormatSortKeys(c.OrderBy))
	}
	b.WriteByte(')')
	if c.Filter != nil {
		b.WriteString(" FILTER (WHERE " + c.Filter.String() + ")")
	}
	return b.String()
}

// FormatSortKeys returns the keys as ORDER BY lists them; only what differs from the default is spelled out.
func FormatSortKeys(keys []SortKey) string {
	items := make([]string, len(keys))
	for i, k := range keys {
		items[i] = k.Expr.String()
		if k.Descending {
			items[i] += " DESC"
		}
		if k.NullsFirst != k.Descending {
			items[i] += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
	}
	return strings.Join(items, ", ")
}

func join(es []Expr, sep string) string {
	items := make([]string, len(es))
	for i, e := range es {
		items[i] = e.String()
	}
	return strings.Join(items, sep)
}
