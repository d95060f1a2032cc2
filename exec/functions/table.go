package functions

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/keywords"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// TableFunc returns the rows of a set-returning function for one set of arguments, one at a time: each is the value of the
// result's only column, or of its fields. yield returns false when no more rows are wanted.
type TableFunc func(c *Call, args []schema.Value, yield func(row []schema.Value) bool) error

// TableOf returns the code of a table function.
func TableOf(fn *expr.Function) (TableFunc, bool) {
	f, ok := fn.Impl.(TableFunc)
	return f, ok
}

func (r *Registry) table(sig string, f TableFunc, about string) *overload {
	o := parseSignature(sig)
	o.fn.Impl, o.about = f, about
	return r.add(expr.TableFunction, o)
}

func registerTables(r *Registry) {
	for _, t := range []string{"integer", "bigint"} {
		r.table("generate_series("+t+", "+t+", "+t+"?) "+t, generateSeries, "")
	}
	o := r.table("generate_series(numeric, numeric, numeric?) numeric", generateDecimals, "")
	o.custom = generatedDecimals
	for _, t := range []string{"timestamp", "timestamptz"} {
		r.table("generate_series("+t+", "+t+", interval) "+t, generateTimes, "").stable()
	}
	o = r.table("unnest(anyarray) anyelement", unnest, "the elements of an array as rows")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 {
			return nil, false
		}
		t := args[0].Type
		switch t.Kind {
		case schema.Array:
			if elem := t.Elem(); elem.Kind == schema.Array { // PostgreSQL unnests all dimensions
				for elem.Kind == schema.Array {
					elem = elem.Elem()
				}
				return &expr.Resolved{Args: []schema.Type{t}, Result: elem}, true
			}
			return &expr.Resolved{Args: []schema.Type{t}, Result: t.Elem()}, true
		case schema.Map:
			return &expr.Resolved{Args: []schema.Type{t}, Result: schema.RowOf(schema.Field{Name: "key", Type: t.Key()}, schema.Field{Name: "value", Type: t.Elem()})}, true
		case schema.Int2Vector, schema.OIDVector:
			return &expr.Resolved{Args: []schema.Type{t}, Result: t.Elem()}, true
		}
		return nil, false
	}
	r.table("generate_subscripts(anyarray, integer, boolean?) integer", func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		base, list := int64(1), a[0]
		if a[0].Type.Kind != schema.Array {
			base = 0
		}
		for d := a[1].I; d > 1 && len(list.Elems) > 0 && list.Elems[0].Type.Kind == schema.Array; d-- {
			list = list.Elems[0]
			a[1].I--
		}
		if a[1].I != 1 {
			return nil
		}
		for i := range int64(len(list.Elems)) {
			n := i + base
			if len(a) == 3 && a[2].Bool() {
				n = int64(len(list.Elems)) - 1 - i + base
			}
			if !yield([]schema.Value{schema.IntValue(schema.T(schema.Integer), n)}) {
				return nil
			}
		}
		return nil
	}, "")
	o = r.table("_pg_expandarray(anyarray) json", func(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		for i, e := range a[0].Elems {
			if !yield([]schema.Value{e, schema.IntValue(schema.T(schema.Integer), int64(i)+1)}) {
				return nil
			}
		}
		return nil
	}, "elements with their numbers")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 || args[0].Type.Physical() != schema.PhysList || args[0].Type.Kind == schema.Map {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{args[0].Type}, Result: schema.RowOf(schema.Field{Name: "x", Type: args[0].Type.Elem()}, schema.Field{Name: "n", Type: schema.T(schema.Integer)})}, true
	}
	for _, t := range []string{"json", "jsonb"} {
		r.table(t+"_array_elements("+t+") "+t, jsonElements(false), "")
		r.table(t+"_array_elements_text("+t+") text", jsonElements(true), "")
		r.table(t+"_object_keys("+t+") text", jsonKeys, "")
		for _, asText := range []bool{false, true} {
			name, typ := t+"_each", columnTypeOf(t)
			if asText {
				name, typ = name+"_text", schema.Text
			}
			o := r.table(name+"("+t+") json", jsonEach(asText), "")
			o.result.param = param{typ: schema.RowOf(schema.Field{Name: "key", Type: schema.Text}, schema.Field{Name: "value", Type: typ})}
		}
	}
	r.table("jsonb_path_query(jsonb, text) jsonb", func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		p, err := parseSQLPath(a[1].S)
		if err != nil {
			return err
		}
		return p.follow(jsonOf([]byte(a[0].S)), func(v jsonValue) bool { return yield([]schema.Value{jsonMember(c.Type, v, false)}) })
	}, "the values that a path leads to")
	registerTextTables(r)
}

// registerTextTables declares what cuts strings into rows, and the tables that clients of PostgreSQL ask for.
func registerTextTables(r *Registry) {
	r.table("regexp_split_to_table(text, text, text?) text", func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		re, err := regexpOf(c, []byte(a[1].S), flagsOf(a, 2))
		if err != nil {
			return err
		}
		return yieldTexts(re.Split(a[0].S, -1), yield)
	}, "")
	r.table("regexp_matches(text, text, text?) text[]", regexpMatches, "")
	r.table("string_to_table(text, text, text?) text", func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		v, err := stringToArray(c, a)
		if err != nil {
			return err
		}
		for _, e := range v.Elems {
			if !yield([]schema.Value{e}) {
				return nil
			}
		}
		return nil
	}, "")
	o := r.table("pg_get_keywords() json", listKeywords, "PostgreSQL's keywords")
	o.result.param = param{typ: schema.RowOf(schema.Field{Name: "word", Type: schema.Text}, schema.Field{Name: "catcode", Type: schema.T(schema.InternalChar)},
		schema.Field{Name: "barelabel", Type: schema.T(schema.Boolean)}, schema.Field{Name: "catdesc", Type: schema.Text}, schema.Field{Name: "baredesc", Type: schema.Text})}
	o = r.table("pg_options_to_table(text[]) json", func(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		for _, e := range a[0].Elems {
			name, value, ok := strings.Cut(e.S, "=")
			row := []schema.Value{schema.TextValue(name), schema.NullOf(schema.Text)}
			if ok {
				row[1] = schema.TextValue(value)
			}
			if !yield(row) {
				return nil
			}
		}
		return nil
	}, "")
	o.result.param = param{typ: schema.RowOf(schema.Field{Name: "option_name", Type: schema.Text}, schema.Field{Name: "option_value", Type: schema.Text})}
	o = r.table("aclexplode(text[]) json", func(*Call, []schema.Value, func([]schema.Value) bool) error { return nil }, "")
	o.result.param = param{typ: schema.RowOf(schema.Field{Name: "grantor", Type: schema.T(schema.OID)}, schema.Field{Name: "grantee", Type: schema.T(schema.OID)},
		schema.Field{Name: "privilege_type", Type: schema.Text}, schema.Field{Name: "is_grantable", Type: schema.T(schema.Boolean)})}
}

// keywordClasses are what pg_get_keywords says of each class.
var keywordClasses = map[keywords.Class]string{keywords.Unreserved: "unreserved", keywords.ColName: "unreserved (cannot be function or type name)",
	keywords.TypeFuncName: "reserved (can be function or type name)", keywords.Reserved: "reserved"}

func listKeywords(_ *Call, _ []schema.Value, yield func([]schema.Value) bool) error {
	for _, k := range keywords.All() {
		bare := "requires AS"
		if k.Bare {
			bare = "can be bare label"
		}
		if !yield([]schema.Value{schema.TextValue(k.Word), schema.StringValue(schema.T(schema.InternalChar), string(k.Class)), schema.BoolValue(k.Bare),
			schema.TextValue(keywordClasses[k.Class]), schema.TextValue(bare)}) {
			return nil
		}
	}
	return nil
}

func columnTypeOf(name string) schema.Type {
	if name == "jsonb" {
		return schema.T(schema.JSONB)
	}
	return schema.T(schema.JSON)
}

func yieldTexts(list []string, yield func([]schema.Value) bool) error {
	for _, s := range list {
		if !yield([]schema.Value{schema.TextValue(s)}) {
			return nil
		}
	}
	return nil
}

func generateSeries(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	step := int64(1)
	if len(a) == 3 {
		step = a[2].I
	}
	if step == 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
	}
	for v := a[0].I; step > 0 && v <= a[1].I || step < 0 && v >= a[1].I; v += step {
		if !yield([]schema.Value{schema.IntValue(a[0].Type, v)}) || v+step > v != (step > 0) {
			return nil
		}
	}
	return nil
}

// generatedDecimals gives all arguments of generate_series the scale of the finest.
func generatedDecimals(args []expr.Arg) (*expr.Resolved, bool) {
	if len(args) != 2 && len(args) != 3 {
		return nil, false
	}
	decimals, scale, res := false, 0, &expr.Resolved{}
	for _, a := range args {
		t, ok := numericType(a.Type)
		if !ok {
			return nil, false
		}
		decimals = decimals || a.Type.Kind == schema.Decimal
		scale = max(scale, int(t.Scale))
	}
	res.Result = schema.DecimalOf(schema.MaxDecimal, scale)
	for range args {
		res.Args = append(res.Args, res.Result)
	}
	return res, decimals
}

func generateDecimals(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	step := schema.Pow10(int(a[0].Type.Scale))
	if len(a) == 3 {
		step = a[2].Int128()
	}
	sign := step.Sign()
	if sign == 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
	}
	limit, ok := a[1].Int128(), true
	for v := a[0].Int128(); ok && v.Compare(limit)*sign <= 0; v, ok = v.AddChecked(step) {
		if !yield([]schema.Value{schema.Int128Value(a[0].Type, v)}) {
			return nil
		}
	}
	return nil
}

func generateTimes(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	iv := a[2].Interval()
	sign := iv.Compare(interval{})
	if sign == 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "step size cannot equal zero")
	}
	for ts := a[0].I; sign > 0 && ts <= a[1].I || sign < 0 && ts >= a[1].I; {
		if !yield([]schema.Value{schema.IntValue(a[0].Type, ts)}) {
			return nil
		}
		var err error
		if a[0].Type.Kind == schema.TimestampTZ {
			ts, err = addIntervalTZ(ts, iv, c.Env.Location)
		} else {
			ts, err = addInterval(ts, iv)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func unnest(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	if a[0].Type.Kind == schema.Map {
		for i := 0; i+1 < len(a[0].Elems); i += 2 {
			if !yield([]schema.Value{a[0].Elems[i], a[0].Elems[i+1]}) {
				return nil
			}
		}
		return nil
	}
	for _, e := range a[0].Elems {
		if e.Type.Kind == schema.Array {
			if err := unnest(nil, []schema.Value{e}, yield); err != nil {
				return err
			}
			continue
		}
		row := []schema.Value{e}
		if e.Type.Kind == schema.Row {
			row = e.Elems
			if !e.Valid {
				row = make([]schema.Value, len(e.Type.Fields()))
				for i, f := range e.Type.Fields() {
					row[i] = schema.NullOf(f.Type)
				}
			}
		}
		if !yield(row) {
			return nil
		}
	}
	return nil
}

func jsonElements(asText bool) TableFunc {
	return func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		v := jsonOf([]byte(a[0].S))
		if v.kind != '[' {
			return sqlerr.New(sqlerr.InvalidParameterValue, "cannot extract elements from a scalar or an object")
		}
		v.each(func(_ []byte, m jsonValue) bool { return yield([]schema.Value{jsonMember(c.Type, m, asText)}) })
		return nil
	}
}

func jsonMember(t schema.Type, m jsonValue, asText bool) schema.Value {
	if !asText {
		return schema.StringValue(t, string(m.raw))
	}
	s, ok := m.text()
	if !ok {
		return schema.NullOf(schema.Text)
	}
	return schema.TextValue(s)
}

func jsonKeys(_ *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	v := jsonOf([]byte(a[0].S))
	if v.kind != '{' {
		return sqlerr.New(sqlerr.InvalidParameterValue, "cannot call json_object_keys on an array or a scalar")
	}
	v.members(func(k string, _ jsonValue) bool { return yield([]schema.Value{schema.TextValue(k)}) })
	return nil
}

func jsonEach(asText bool) TableFunc {
	return func(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
		v := jsonOf([]byte(a[0].S))
		if v.kind != '{' {
			return sqlerr.New(sqlerr.InvalidParameterValue, "cannot deconstruct an array or a scalar")
		}
		t := c.Type.Fields()[1].Type
		v.members(func(k string, m jsonValue) bool {
			return yield([]schema.Value{schema.TextValue(k), jsonMember(t, m, asText)})
		})
		return nil
	}
}

func regexpMatches(c *Call, a []schema.Value, yield func([]schema.Value) bool) error {
	flags := flagsOf(a, 2)
	re, err := regexpOf(c, []byte(a[1].S), flags)
	if err != nil {
		return err
	}
	limit := 1
	for _, f := range flags {
		if f == 'g' {
			limit = -1
		}
	}
	for _, m := range re.FindAllStringSubmatchIndex(a[0].S, limit) {
		v, err := groups(c, m, a[0].S)
		if err != nil || !yield([]schema.Value{v}) {
			return err
		}
	}
	return nil
}
