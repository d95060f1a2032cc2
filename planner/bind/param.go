package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// maxParams is the greatest number of a parameter: the protocol counts them in 16 bits.
const maxParams = 65535

// param binds $n: its value, or an expression of its type when the statement is only described.
func (b *binder) param(p *parser.Param) expr.Expr {
	n := p.Number
	if n < 1 || n > maxParams || !b.describe && n > len(b.env.Params) {
		fail(p.Pos(), sqlerr.UndefinedParameter, "there is no parameter $%d", n)
	}
	if !b.describe {
		return &expr.Const{Value: b.env.Params[n-1]}
	}
	for len(b.params) < n {
		b.params = append(b.params, schema.Type{})
	}
	for len(b.seen) < n {
		b.seen = append(b.seen, false)
	}
	b.seen[n-1] = true
	return &expr.Param{Index: n - 1, Typ: b.params[n-1]}
}

// typeParam decides the type of a parameter at the first place that asks for one.
func (b *binder) typeParam(i int, t schema.Type) expr.Expr {
	if b.params[i].Kind == schema.Unknown {
		b.params[i] = t
		switch t.Kind {
		case schema.Varchar, schema.Char:
			b.params[i] = schema.Text
		case schema.Decimal:
			// The value may have more digits than the column that it is compared with.
			b.params[i] = Numeric
		}
	}
	return b.coerce(&expr.Param{Index: i, Typ: b.params[i]}, t, 0)
}

// checkParams refuses parameters of which nothing tells the type. One that the statement does not use is text.
func (b *binder) checkParams() {
	for i, t := range b.params {
		if t.Kind != schema.Unknown {
			continue
		}
		if i >= len(b.seen) || !b.seen[i] {
			fail(0, sqlerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
		b.params[i] = schema.Text
	}
}
