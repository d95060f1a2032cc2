package lower

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// deriver finds what a condition demands of single columns of a table, in the form of comparisons with constants.
type deriver struct {
	scan *logical.Scan
	zone *time.Location
}

// maxNotEqual is the greatest number of values of a NOT IN that become predicates.
const maxNotEqual = 16

// derive returns predicates that every row passing the condition meets, and whether they say all that the condition does.
func (d deriver) derive(c expr.Expr) (preds []connectors.Predicate, exact bool) {
	switch c := c.(type) {
	case *expr.And:
		exact = true
		for _, a := range c.Args {
			p, e := d.derive(a)
			preds, exact = append(preds, p...), exact && e
		}
		return preds, exact
	case *expr.Or:
		return d.or(c)
	case *expr.Compare:
		return d.compare(c)
	case *expr.In:
		return d.in(c)
	case *expr.IsNull:
		if o := d.column(c.Arg); o >= 0 {
			op := connectors.IsNull
			if c.Negated {
				op = connectors.IsNotNull
			}
			return []connectors.Predicate{{Column: o, Op: op}}, true
		}
	case *expr.ColumnRef:
		return d.truth(c, true)
	case *expr.Not:
		return d.truth(c.Arg, false)
	case *expr.Call:
		return d.call(c)
	}
	return nil, false
}

// column returns the ordinal of a plain column, or -1.
func (d deriver) column(e expr.Expr) int {
	if r, ok := e.(*expr.ColumnRef); ok {
		return d.scan.Ordinal(r.ID)
	}
	return -1
}

func (d deriver) truth(e expr.Expr, want bool) ([]connectors.Predicate, bool) {
	if o := d.column(e); o >= 0 && e.Type().Kind == schema.Boolean {
		return []connectors.Predicate{{Column: o, Op: connectors.Eq, Values: []schema.Value{schema.BoolValue(want)}}}, true
	}
	return nil, false
}

var scanOps = map[expr.CompareOp]connectors.Op{expr.Eq: connectors.Eq, expr.Ne: connectors.Ne, expr.Lt: connectors.Lt,
	expr.Le: connectors.Le, expr.Gt: connectors.Gt, expr.Ge: connectors.Ge, expr.NotDistinct: connectors.Eq}

func (d deriver) compare(c *expr.Compare) ([]connectors.Predicate, bool) {
	k, ok := c.Right.(*expr.Const)
	if !ok || !k.Value.Valid {
		return nil, false
	}
	if o := d.column(c.Left); o >= 0 {
		op, ok := scanOps[c.Op]
		v, same := d.value(o, k.Value)
		if !ok || !same {
			return nil, false
		}
		return []connectors.Predicate{{Column: o, Op: op, Values: []schema.Value{v}}}, true
	}
	return d.unwrap(c.Op, c.Left, k.Value), false
}

// value gives a constant the column's own type. Types that compare otherwise than their values do are left out.
func (d deriver) value(ordinal int, v schema.Value) (schema.Value, bool) {
	t := d.scan.Table.Columns()[ordinal].Type
	switch t.Kind {
	case schema.Array, schema.Map, schema.Row, schema.JSON, schema.JSONB, schema.Interval, schema.Int2Vector, schema.OIDVector:
		return v, false
	}
	if v.Type.Kind != t.Kind || v.Type.Physical() != t.Physical() || v.Type.Scale != t.Scale {
		return v, false
	}
	v.Type = t
	return v, true
}

func (d deriver) in(c *expr.In) ([]connectors.Predicate, bool) {
	o := d.column(c.Arg)
	if o < 0 || len(c.List) > 0 {
		return d.inFunction(c), false
	}
	values := make([]schema.Value, len(c.Set))
	for i, v := range c.Set {
		var ok bool
		if values[i], ok = d.value(o, v); !ok {
			return nil, false
		}
	}
	switch {
	case !c.Negated && len(values) > 0:
		return []connectors.Predicate{{Column: o, Op: connectors.In, Values: values}}, true
	case c.Negated && !c.SetNull && len(values) > 0 && len(values) <= maxNotEqual:
		var preds []connectors.Predicate
		for _, v := range values {
			preds = append(preds, connectors.Predicate{Column: o, Op: connectors.Ne, Values: []schema.Value{v}})
		}
		return preds, true
	}
	return nil, false
}

// inFunction handles f(column) IN (..) as a disjunction.
func (d deriver) inFunction(c *expr.In) []connectors.Predicate {
	if c.Negated || len(c.List) > 0 || len(c.Set) == 0 || len(c.Set) > 64 {
		return nil
	}
	var hulls []*hull
	for _, v := range c.Set {
		hulls = append(hulls, hullsOf(d.unwrap(expr.Eq, c.Arg, v))...)
		if len(hulls) == 0 {
			return nil
		}
	}
	joined := hulls[0]
	for _, h := range hulls[1:] {
		if h.column != joined.column {
			return nil
		}
		joined = joined.union(h)
	}
	return joined.predicates()
}

// or derives what all branches demand of the same column.
func (d deriver) or(c *expr.Or) ([]connectors.Predicate, bool) {
	var common []*hull
	exact := true
	for i, a := range c.Args {
		preds, e := d.derive(a)
		hulls := hullsOf(preds)
		exact = exact && e && len(preds) == 1 && (preds[0].Op == connectors.Eq || preds[0].Op == connectors.In)
		if i == 0 {
			common = hulls
			continue
		}
		var next []*hull
		for _, h := range common {
			for _, o := range hulls {
				if h.column == o.column {
					next = append(next, h.union(o))
				}
			}
		}
		common = next
	}
	var preds []connectors.Predicate
	for _, h := range common {
		preds = append(preds, h.predicates()...)
	}
	return preds, exact && len(common) == 1 && common[0].set != nil
}

func (d deriver) call(c *expr.Call) ([]connectors.Predicate, bool) {
	if len(c.Args) != 2 || c.Fn.Name != "~~" && c.Fn.Name != "starts_with" {
		return nil, false
	}
	o := d.column(c.Args[0])
	k, ok := c.Args[1].(*expr.Const)
	if o < 0 || !ok || !k.Value.Valid || d.scan.Table.Columns()[o].Type.Kind != schema.Varchar {
		return nil, false
	}
	prefix, rest := k.Value.S, "%"
	if c.Fn.Name == "~~" {
		prefix, rest = likePrefix(k.Value.S)
	}
	v, same := d.value(o, schema.TextValue(prefix))
	switch {
	case !same:
		return nil, false
	case rest == "":
		return []connectors.Predicate{{Column: o, Op: connectors.Eq, Values: []schema.Value{v}}}, true
	case prefix == "":
		return nil, false
	}
	return []connectors.Predicate{{Column: o, Op: connectors.Prefix, Values: []schema.Value{v}}}, strings.Trim(rest, "%") == ""
}

// likePrefix splits a pattern into the text before its first wildcard and the rest. A trailing escape, an error of the
// statement, counts as a wildcard.
func likePrefix(pattern string) (prefix, rest string) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '%', '_':
			return b.String(), pattern[i:]
		case '\\':
			if i+1 == len(pattern) {
				return b.String(), "\\"
			}
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String(), ""
}

// unwrap derives ranges of a column from a comparison of a function of it with a constant.
func (d deriver) unwrap(op expr.CompareOp, e expr.Expr, v schema.Value) []connectors.Predicate {
	switch e := e.(type) {
	case *expr.Cast:
		if o := d.column(e.Arg); o >= 0 && e.Typ.Kind == schema.Date && v.Type.Kind == schema.Date {
			return d.days(op, o, v.I)
		}
	case *expr.Call:
		return d.unwrapCall(op, e, v)
	}
	return nil
}

func (d deriver) unwrapCall(op expr.CompareOp, e *expr.Call, v schema.Value) []connectors.Predicate {
	switch e.Fn.Name {
	case "date":
		if len(e.Args) == 1 && v.Type.Kind == schema.Date {
			if o := d.column(e.Args[0]); o >= 0 {
				return d.days(op, o, v.I)
			}
		}
	case "year":
		if len(e.Args) == 1 {
			return d.years(op, d.column(e.Args[0]), v)
		}
	case "extract", "date_part":
		if f, ok := e.Args[0].(*expr.Const); ok && len(e.Args) == 2 && f.Value.S == "year" {
			return d.years(op, d.column(e.Args[1]), v)
		}
	case "date_trunc":
		if f, ok := e.Args[0].(*expr.Const); ok && len(e.Args) == 2 {
			return d.trunc(op, d.column(unwidened(e.Args[1])), strings.ToLower(f.Value.S), v)
		}
	case "substr", "substring", "left":
		return d.substring(op, e, v)
	}
	return nil
}

// unwidened takes a cast of a date to a timestamp off.
func unwidened(e expr.Expr) expr.Expr {
	if c, ok := e.(*expr.Cast); ok && c.Arg.Type().Kind == schema.Date && c.Typ.Kind == schema.Timestamp {
		return c.Arg
	}
	return e
}

// days bounds a timestamp whose day is compared. The day of a timestamp with time zone depends on the zone: its bounds are
// a day wider.
func (d deriver) days(op expr.CompareOp, o int, day int64) []connectors.Predicate {
	if day <= schema.DateMinusInfinity || day >= schema.DateInfinity {
		return nil
	}
	return d.between(op, o, day, day+1)
}

// between bounds a column whose step, the days from start to end, is compared by op with the step of the constant.
func (d deriver) between(op expr.CompareOp, o int, start, end int64) []connectors.Predicate {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch op {
	case expr.Eq, expr.NotDistinct:
		low, high = start, end
	case expr.Lt:
		high = start
	case expr.Le:
		high = end
	case expr.Gt:
		low = end
	case expr.Ge:
		low = start
	default:
		return nil
	}
	return d.dayRange(o, low, high)
}

// dayRange is low <= column < high in days since 1970.
func (d deriver) dayRange(o int, low, high int64) []connectors.Predicate {
	if o < 0 {
		return nil
	}
	t := d.scan.Table.Columns()[o].Type
	scale, slack := int64(1), int64(0)
	switch t.Kind {
	case schema.Date:
	case schema.Timestamp:
		scale = schema.MicrosPerDay
	case schema.TimestampTZ:
		scale, slack = schema.MicrosPerDay, 1
	default:
		return nil
	}
	const most = 100_000_000 // days that as microseconds fit 64 bits
	var preds []connectors.Predicate
	if low > -most && low < most {
		preds = append(preds, connectors.Predicate{Column: o, Op: connectors.Ge, Values: []schema.Value{schema.IntValue(t, (low-slack)*scale)}})
	}
	if high > -most && high < most {
		preds = append(preds, connectors.Predicate{Column: o, Op: connectors.Lt, Values: []schema.Value{schema.IntValue(t, (high+slack)*scale)}})
	}
	return preds
}

func numeric(v schema.Value) (float64, bool) {
	switch {
	case v.Type.IsInteger():
		return float64(v.I), true
	case v.Type.IsFloat():
		return v.F, !math.IsNaN(v.F)
	case v.Type.Kind == schema.Decimal:
		return v.Int128().Float64() / math.Pow10(int(v.Type.Scale)), true
	}
	return 0, false
}

// years bounds a date or timestamp whose year is compared.
func (d deriver) years(op expr.CompareOp, o int, v schema.Value) []connectors.Predicate {
	y, ok := numeric(v)
	if !ok || o < 0 || y < -4000 || y > 200_000 {
		return nil
	}
	// The year is whole: y <= 2020.5 is y <= 2020, y < 2020.5 as well.
	floor := int(math.Floor(y))
	whole := y == math.Floor(y)
	switch {
	case !whole && (op == expr.Eq || op == expr.NotDistinct):
		return nil
	case !whole && op == expr.Lt:
		op = expr.Le
	case !whole && op == expr.Ge:
		op = expr.Gt
	}
	return d.between(op, o, startOfYear(floor), startOfYear(floor+1))
}

// startOfYear returns the first day of a year as dates are written: -1 is the year before 1, and 0 is none.
func startOfYear(y int) int64 {
	if y <= 0 {
		y++
	}
	return schema.DateOf(y, 1, 1)
}

// trunc bounds a timestamp that is compared after it was cut to a unit of days or more. Finer units are left alone: their
// steps are not whole days.
func (d deriver) trunc(op expr.CompareOp, o int, unit string, v schema.Value) []connectors.Predicate {
	if o < 0 || v.Type.Kind != schema.Timestamp && v.Type.Kind != schema.TimestampTZ && v.Type.Kind != schema.Date {
		return nil
	}
	day, ofDay := v.I, int64(0)
	if v.Type.Kind != schema.Date {
		day, ofDay = schema.SplitTimestamp(v.I)
	}
	if day < -100_000_000 || day > 100_000_000 {
		return nil
	}
	if v.Type.Kind == schema.TimestampTZ {
		// The steps are those of the session's zone.
		zone := d.zone
		if zone == nil {
			zone = time.UTC
		}
		_, offset := time.UnixMicro(v.I).In(zone).Zone()
		day, ofDay = schema.SplitTimestamp(v.I + int64(offset)*schema.MicrosPerSecond)
	}
	start, end, ok := unitAround(unit, day)
	if !ok {
		return nil
	}
	switch aligned := start == day && ofDay == 0; {
	case aligned, op == expr.Eq, op == expr.NotDistinct:
	case op == expr.Lt:
		// The cut value is below the constant when its step begins no later than the one that the constant is in.
		op = expr.Le
	case op == expr.Ge:
		op = expr.Gt
	}
	return d.between(op, o, start, end)
}

// unitAround returns the first day of the unit that a day is in, and that of the next one.
func unitAround(unit string, day int64) (start, end int64, ok bool) {
	y, m, _ := schema.Civil(day)
	switch unit {
	case "day":
		return day, day + 1, true
	case "week":
		// Weeks begin on Monday; 1970-01-05 was one.
		start = day - ((day-4)%7+7)%7
		return start, start + 7, true
	case "month":
		return schema.DateOf(y, m, 1), schema.DateOf(y, m+1, 1), true
	case "quarter":
		q := (m-1)/3*3 + 1
		return schema.DateOf(y, q, 1), schema.DateOf(y, q+3, 1), true
	case "year":
		return schema.DateOf(y, 1, 1), schema.DateOf(y+1, 1, 1), true
	}
	return 0, 0, false
}

// substring derives a prefix from a comparison of the first characters of a column.
func (d deriver) substring(op expr.CompareOp, e *expr.Call, v schema.Value) []connectors.Predicate {
	o := d.column(e.Args[0])
	if o < 0 || op != expr.Eq || d.scan.Table.Columns()[o].Type.Kind != schema.Varchar || !v.Type.IsString() || v.S == "" {
		return nil
	}
	args := e.Args[1:]
	if e.Fn.Name != "left" {
		start, ok := args[0].(*expr.Const)
		if !ok || len(args) != 2 || !start.Value.Valid || !start.Value.Type.IsInteger() || start.Value.I != 1 {
			return nil
		}
		args = args[1:]
	}
	n, ok := args[0].(*expr.Const)
	if !ok || len(args) != 1 || !n.Value.Valid || !n.Value.Type.IsInteger() || n.Value.I < 0 {
		return nil
	}
	value, same := d.value(o, schema.TextValue(v.S))
	if !same {
		return nil
	}
	if int64(utf8.RuneCountInString(v.S)) < n.Value.I {
		return []connectors.Predicate{{Column: o, Op: connectors.Eq, Values: []schema.Value{value}}}
	}
	return []connectors.Predicate{{Column: o, Op: connectors.Prefix, Values: []schema.Value{value}}}
}

// hull is a set of values, or the range around them, that a column is in.
type hull struct {
	column      int
	set         []schema.Value // nil for a range; values() sorts it
	own         bool           // set belongs to the hull and may grow
	low, high   schema.Value   // not Valid is infinite
	lowOp       connectors.Op
	highOp      connectors.Op
	isPrefix    bool
	prefixValue schema.Value
}

// hullsOf returns a hull for each column that the predicates bound. Several bounds of one column meet.
func hullsOf(preds []connectors.Predicate) []*hull {
	var out []*hull
	for _, p := range preds {
		h := &hull{column: p.Column}
		switch p.Op {
		case connectors.Eq, connectors.In:
			h.set = p.Values
		case connectors.Lt, connectors.Le:
			h.high, h.highOp = p.Values[0], p.Op
		case connectors.Gt, connectors.Ge:
			h.low, h.lowOp = p.Values[0], p.Op
		case connectors.Prefix:
			h.isPrefix, h.prefixValue = true, p.Values[0]
		default:
			continue
		}
		met := false
		for _, o := range out {
			if o.column == h.column && o.set == nil && h.set == nil && !o.isPrefix && !h.isPrefix {
				o.meet(h)
				met = true
			}
		}
		if !met {
			out = append(out, h)
		}
	}
	return out
}

func (h *hull) meet(o *hull) {
	if o.low.Valid && !h.low.Valid {
		h.low, h.lowOp = o.low, o.lowOp
	}
	if o.high.Valid && !h.high.Valid {
		h.high, h.highOp = o.high, o.highOp
	}
}

// bounds returns the hull as a range.
func (h *hull) bounds() *hull {
	if h.set == nil {
		return h
	}
	set := h.values()
	return &hull{column: h.column, low: set[0], lowOp: connectors.Ge, high: set[len(set)-1], highOp: connectors.Le}
}

// values returns the set in order and without duplicates.
func (h *hull) values() []schema.Value {
	if h.own {
		slices.SortFunc(h.set, schema.Value.Compare)
		h.set = slices.CompactFunc(h.set, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
	}
	return h.set
}

// union returns a hull of both.
func (h *hull) union(o *hull) *hull {
	if h.isPrefix || o.isPrefix {
		if h.isPrefix && o.isPrefix && h.prefixValue.Compare(o.prefixValue) == 0 {
			return h
		}
		return &hull{column: h.column}
	}
	if h.set != nil && o.set != nil {
		if !h.own {
			h = &hull{column: h.column, set: slices.Clone(h.set), own: true}
		}
		h.set = append(h.set, o.set...)
		return h
	}
	a, b := h.bounds(), o.bounds()
	out := &hull{column: h.column}
	if a.low.Valid && b.low.Valid {
		out.low, out.lowOp = a.low, a.lowOp
		switch c := b.low.Compare(a.low); {
		case c < 0:
			out.low, out.lowOp = b.low, b.lowOp
		case c == 0 && b.lowOp == connectors.Ge:
			out.lowOp = connectors.Ge
		}
	}
	if a.high.Valid && b.high.Valid {
		out.high, out.highOp = a.high, a.highOp
		switch c := b.high.Compare(a.high); {
		case c > 0:
			out.high, out.highOp = b.high, b.highOp
		case c == 0 && b.highOp == connectors.Le:
			out.highOp = connectors.Le
		}
	}
	return out
}

func (h *hull) predicates() []connectors.Predicate {
	switch set := h.values(); {
	case len(set) == 1:
		return []connectors.Predicate{{Column: h.column, Op: connectors.Eq, Values: set}}
	case set != nil:
		return []connectors.Predicate{{Column: h.column, Op: connectors.In, Values: set}}
	case h.isPrefix:
		return []connectors.Predicate{{Column: h.column, Op: connectors.Prefix, Values: []schema.Value{h.prefixValue}}}
	}
	var out []connectors.Predicate
	if h.low.Valid {
		out = append(out, connectors.Predicate{Column: h.column, Op: h.lowOp, Values: []schema.Value{h.low}})
	}
	if h.high.Valid {
		out = append(out, connectors.Predicate{Column: h.column, Op: h.highOp, Values: []schema.Value{h.high}})
	}
	return out
}
