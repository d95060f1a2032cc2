package lower

import (
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/physical"
)

// dynamic is a filter on its way from a join down to the scans of its probe side.
type dynamic struct {
	id    expr.ColumnID
	typ   expr.Expr
	keys  *connectors.JoinKeys
	await bool
	// used says that it reached a scan, as reached tells.
	used    bool
	reached []reach
	// origin is the filter that this one is under another column's name.
	origin *dynamic
}

type reach struct {
	scan   *physical.Scan
	column string
}

// as returns the same filter for another column that has the same values.
func (d *dynamic) as(id expr.ColumnID) *dynamic {
	return &dynamic{id: id, typ: d.typ, keys: d.keys, await: d.await, origin: d}
}

// root notes at the filter's origin what happened to it under other names.
func (d *dynamic) settle(all []*dynamic) {
	for _, o := range all {
		if o.comesFrom(d) && o.used {
			d.used = true
			d.reached = append(d.reached, o.reached...)
			o.reached = nil
		}
	}
}

func (d *dynamic) comesFrom(o *dynamic) bool {
	for p := d.origin; p != nil; p = p.origin {
		if p == o {
			return true
		}
	}
	return false
}

// claim is a filter at the scan of its column.
type claim struct {
	d   *dynamic
	col logical.Column
}

// dynamicFor returns the filters that a scan can use: those on its columns, of the very type.
func (b *builder) dynamicFor(n *logical.Scan, ds []*dynamic) []claim {
	var out []claim
	for _, d := range ds {
		for _, c := range n.Cols {
			if c.ID != d.id {
				continue
			}
			t, k := c.Type, d.typ.Type()
			if t.Kind == k.Kind && t.Physical() == k.Physical() && t.Scale == k.Scale {
				out = append(out, claim{d, c})
			}
		}
	}
	return out
}

// within returns the filters on columns of a plan.
func within(ds []*dynamic, n logical.Node) []*dynamic {
	if len(ds) == 0 {
		return nil
	}
	out := logical.Out(n)
	var kept []*dynamic
	for _, d := range ds {
		if out.Has(d.id) {
			kept = append(kept, d)
		}
	}
	return kept
}

// throughItems returns the filters below a projection or a group: those on columns that it passes on or renames.
func throughItems(ds []*dynamic, items []logical.Item) (below, renamed []*dynamic) {
	for _, d := range ds {
		for _, it := range items {
			if it.Col.ID != d.id {
				continue
			}
			ref, ok := it.Expr.(*expr.ColumnRef)
			switch {
			case !ok:
			case ref.ID == d.id:
				below = append(below, d)
			default:
				r := d.as(ref.ID)
				below, renamed = append(below, r), append(renamed, r)
			}
		}
	}
	return below, renamed
}

// settleAll notes at all filters what happened to their renamed forms.
func settleAll(ds, renamed []*dynamic) {
	if len(renamed) == 0 {
		return
	}
	for _, d := range ds {
		d.settle(renamed)
	}
}
