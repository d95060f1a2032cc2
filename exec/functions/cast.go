package functions

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Cast converts the argument of a call to the call's type; with try a value that cannot be converted is NULL. Numbers and times
// have loops of their own, all else goes value by value.
func Cast(c *Call, try bool) (vector.Vector, error) {
	from := c.Args[0].Type()
	if v := sameForm(c, from); v != nil {
		return v, nil
	}
	if k := castKernel(from, c.Type); k != nil && !try {
		return k(c)
	}
	return castValues(c, try)
}

// sameForm relabels values whose representation does not change.
func sameForm(c *Call, from schema.Type) vector.Vector {
	to := c.Type
	same := from.Equal(to)
	if !same && from.Physical() == schema.PhysBytes && to.Physical() == schema.PhysBytes {
		switch {
		case to.Kind == schema.Varchar && to.Precision == 0 && (from.Kind == schema.Varchar || from.Kind == schema.Name || from.Kind == schema.Unknown || from.Kind == schema.InternalChar):
			same = true
		case to.Kind == schema.Name && from.Kind == schema.Varchar, to.Kind == schema.JSON && from.Kind == schema.JSONB:
			same = true
		}
	}
	if !same && (to.IsReg() && from.IsReg() || from.Kind == schema.BigInt && to.IsReg() && to.Kind != schema.OID) {
		same = true
	}
	if !same && from.Kind == to.Kind && from.IsTemporal() && to.Digits() < 0 {
		same = true
	}
	if !same {
		return nil
	}
	return Relabel(c.Args[0], to)
}

// Relabel returns v with another type of the same representation, sharing its memory.
func Relabel(v vector.Vector, t schema.Type) vector.Vector {
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return &vector.Flat[bool]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[int32]:
		return &vector.Flat[int32]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[int64]:
		return &vector.Flat[int64]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[float32]:
		return &vector.Flat[float32]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[float64]:
		return &vector.Flat[float64]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[schema.Int128]:
		return &vector.Flat[schema.Int128]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Flat[schema.IntervalValue]:
		return &vector.Flat[schema.IntervalValue]{Typ: t, Values: v.Values, Null: v.Null}
	case *vector.Bytes:
		return &vector.Bytes{Typ: t, Views: v.Views, Buffers: v.Buffers, Null: v.Null}
	case *vector.Const:
		return &vector.Const{Value: Relabel(v.Value, t), N: v.N}
	case *vector.Dict:
		return &vector.Dict{Codes: v.Codes, Values: Relabel(v.Values, t), ID: v.ID, Null: v.Null}
	case *vector.List:
		return &vector.List{Typ: t, Offsets: v.Offsets, Children: v.Children, Null: v.Null}
	case *vector.Struct:
		return &vector.Struct{Typ: t, N: v.N, Children: v.Children, Null: v.Null}
	}
	return v
}

// limits are the bounds of the integer types.
var limits = map[schema.Kind][2]int64{
	schema.TinyInt: {math.MinInt8, math.MaxInt8}, schema.SmallInt: {math.MinInt16, math.MaxInt16}, schema.Integer: {math.MinInt32, math.MaxInt32},
	schema.BigInt: {math.MinInt64, math.MaxInt64}, schema.OID: {0, math.MaxUint32},
}

// castKernel returns the loop of a numeric or temporal cast, or nil.
func castKernel(from, to schema.Type) Kernel {
	p, q := from.Physical(), to.Physical()
	switch {
	case from.IsInteger() && to.IsInteger():
		lim := limits[to.Kind]
		check := func(v int64) error {
			if v < lim[0] || v > lim[1] {
				return outOfRange(schema.PostgresName(to))
			}
			return nil
		}
		switch {
		case p == schema.PhysInt32 && q == schema.PhysInt64:
			return unary(func(a int32) int64 { return int64(a) })
		case p == schema.PhysInt64 && q == schema.PhysInt32:
			return unaryErr(func(a int64) (int32, error) { return int32(a), check(a) })
		case p == schema.PhysInt32:
			return unaryErr(func(a int32) (int32, error) { return a, check(int64(a)) })
		}
	case to.Kind == schema.Double && p == schema.PhysInt32 && from.IsInteger():
		return unary(func(a int32) float64 { return float64(a) })
	case to.Kind == schema.Double && p == schema.PhysInt64 && from.IsInteger():
		return unary(func(a int64) float64 { return float64(a) })
	case to.Kind == schema.Double && from.Kind == schema.Real:
		return unary(func(a float32) float64 { return float64(a) })
	case to.Kind == schema.Double && from.Kind == schema.Decimal && p == schema.PhysInt64:
		f := math.Pow10(int(from.Scale))
		return unary(func(a int64) float64 { return float64(a) / f })
	case to.Kind == schema.Decimal && (from.IsInteger() || from.Kind == schema.Decimal):
		return castDecimal(from, to)
	case from.Kind == schema.Date && to.Kind == schema.Timestamp:
		return unary(dateToTimestamp)
	case from.Kind == schema.Timestamp && to.Kind == schema.Date:
		return unary(timestampToDate)
	}
	return nil
}

func timestampToDate(ts int64) int32 {
	switch ts {
	case schema.TimestampInfinity:
		return schema.DateInfinity
	case schema.TimestampMinusInfinity:
		return schema.DateMinusInfinity
	}
	days, _ := schema.SplitTimestamp(ts)
	return int32(days)
}

// castDecimal changes scale and width. A widening that cannot overflow is a multiplication.
func castDecimal(from, to schema.Type) Kernel {
	up := int(to.Scale - from.Scale)
	wholeFrom := from.Precision - from.Scale
	if from.IsInteger() {
		wholeFrom = int32(integerDigits[from.Kind])
	}
	safe := up >= 0 && to.Precision-to.Scale >= wholeFrom
	if safe && to.Physical() == schema.PhysInt64 {
		f := schema.Pow10Int64(up)
		if from.Physical() == schema.PhysInt32 {
			return unary(func(a int32) int64 { return int64(a) * f })
		}
		return unary(func(a int64) int64 { return a * f })
	}
	return func(c *Call) (vector.Vector, error) {
		at := integers(c.Args[0])
		return putDecimals(c, func(i int) (schema.Int128, error) {
			v, ok := RescaleDecimal(at(i), int(from.Scale), int(to.Scale), int(to.Precision))
			if !ok {
				return v, decimalOverflow(to)
			}
			return v, nil
		})
	}
}

func decimalOverflow(t schema.Type) error {
	return sqlerr.New(sqlerr.NumericOutOfRange, "numeric field overflow").
		WithDetail("A field with precision %d, scale %d must round to an absolute value less than 10^%d.", t.Precision, t.Scale, t.Precision-t.Scale)
}

// integers returns the unscaled values of an integer or decimal vector.
func integers(v vector.Vector) func(i int) schema.Int128 {
	if v.Type().Physical() == schema.PhysInt32 {
		c := kernel.FlatCol[int32](v, nil)
		return func(i int) schema.Int128 { return schema.Int128FromInt64(int64(c.At(i))) }
	}
	d := decimalCol(v, &decimalRoom{})
	return d.at
}

func castValues(c *Call, try bool) (vector.Vector, error) {
	k := values(func(c *Call, a []schema.Value) (schema.Value, error) {
		v, err := CastValue(c.Ctx, c.Env, a[0], c.Type)
		if err != nil && try {
			return nullOf(c)
		}
		return v, err
	})
	return k(c)
}

// CastValue converts one value by the rules of an explicit cast.
func CastValue(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	from := v.Type
	if !v.Valid {
		return schema.NullOf(to), nil
	}
	if from.Kind == schema.JSON || from.Kind == schema.JSONB {
		return castJSON(ctx, env, v, to)
	}
	switch {
	case to.IsString() && !from.IsReg():
		return toText(env, v, to)
	case from.IsString():
		return fromText(ctx, env, v, to)
	case from.IsReg() && to.IsString():
		return regToText(ctx, env, v, to)
	case from.IsNumeric() && to.IsNumeric():
		return castNumber(v, to)
	case from.Kind == schema.Boolean && to.IsInteger():
		return schema.IntValue(to, v.I), nil
	case from.IsInteger() && to.Kind == schema.Boolean:
		return schema.BoolValue(v.I != 0), nil
	case (from.IsInteger() || from.IsReg()) && (to.IsReg() || to.IsInteger()):
		return castReg(v, to)
	case from.IsTemporal() && to.IsTemporal():
		return castTime(env, v, to)
	case from.Kind == schema.Time && to.Kind == schema.Interval:
		return schema.IntervalOf(schema.IntervalValue{Micros: v.I}), nil
	case from.Kind == schema.Interval && to.Kind == schema.Time:
		return schema.IntValue(to, wrapTime(v.Interval().Micros)), nil
	case from.Kind == schema.Interval && to.Kind == schema.Interval:
		v.Type = to
		return v, nil
	case to.Kind == schema.JSON || to.Kind == schema.JSONB:
		return castJSON(ctx, env, schema.StringValue(schema.T(schema.JSON), string(v.AppendJSON(nil, env.Location))), to)
	case from.Physical() == schema.PhysList && to.Kind == schema.Array && from.Kind != schema.Map:
		return castElements(ctx, env, v, to)
	case from.Kind == schema.Map && to.Kind == schema.Map:
		return castMap(ctx, env, v, to)
	case from.Kind == schema.Row && to.Kind == schema.Row && len(from.Fields()) == len(to.Fields()):
		return castRow(ctx, env, v, to)
	case from.Kind == to.Kind:
		v.Type = to
		return v, nil
	}
	return v, sqlerr.New(sqlerr.CannotCoerce, "cannot cast type %s to %s", schema.PostgresName(from), schema.PostgresName(to))
}

func toText(env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	s := string(v.AppendText(nil, env.Location))
	switch {
	case v.Type.Kind == schema.Char && to.Kind != schema.Char:
		s = strings.TrimRight(s, " ")
	case to.Kind == schema.InternalChar && len(s) > 1:
		s = s[:1]
	}
	if to.Precision > 0 && (to.Kind == schema.Varchar || to.Kind == schema.Char) {
		runes := []rune(s)
		if len(runes) > int(to.Precision) { // an explicit cast cuts
			s = string(runes[:to.Precision])
		} else if to.Kind == schema.Char {
			s += strings.Repeat(" ", int(to.Precision)-len(runes))
		}
	}
	return schema.StringValue(to, s), nil
}

func fromText(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	if to.Kind == schema.Varbinary {
		return schema.Parse(to, v.S)
	}
	s := v.S
	if to.IsReg() && to.Kind != schema.OID && (s == "" || !isDigit(s[0])) {
		if s == "-" {
			return schema.IntValue(to, 0), nil
		}
		if env.Session == nil {
			return v, sqlerr.New(sqlerr.FeatureNotSupported, "a cast to %s needs a session", to)
		}
		oid, ok, err := env.Session.Lookup(ctx, to.Kind, s)
		if err != nil {
			return v, err
		}
		if !ok {
			return v, missingObject(to.Kind, s)
		}
		return schema.IntValue(to, oid), nil
	}
	if to.Kind == schema.Date || to.Kind == schema.Timestamp || to.Kind == schema.TimestampTZ {
		if w, ok := relativeTime(env, strings.ToLower(strings.TrimSpace(s)), to); ok {
			return w, nil
		}
	}
	return schema.ParseIn(to, s, env.Location)
}

func missingObject(kind schema.Kind, name string) error {
	switch kind {
	case schema.RegClass:
		return sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", name)
	case schema.RegType:
		return sqlerr.New(sqlerr.UndefinedObject, "type %q does not exist", name)
	case schema.RegNamespace:
		return sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %q does not exist", name)
}

// relativeTime reads now, today, tomorrow and yesterday.
func relativeTime(env *Env, s string, to schema.Type) (schema.Value, bool) {
	now := env.Start.UnixMicro()
	days, _ := schema.SplitTimestamp(schema.UTCToLocal(now, env.Location))
	switch s {
	case "now":
		v, err := castTime(env, schema.IntValue(schema.T(schema.TimestampTZ), now), to)
		return v, err == nil
	case "today":
	case "tomorrow":
		days++
	case "yesterday":
		days--
	default:
		return schema.Value{}, false
	}
	v, err := castTime(env, schema.IntValue(schema.T(schema.Date), days), to)
	return v, err == nil
}

func regToText(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	if v.Type.Kind != schema.OID && env.Session != nil {
		if v.I == 0 {
			return schema.StringValue(to, "-"), nil
		}
		name, ok, err := env.Session.Describe(ctx, v.Type.Kind, v.I)
		if err != nil {
			return v, err
		}
		if ok {
			return schema.StringValue(to, name), nil
		}
	}
	return schema.StringValue(to, v.Text()), nil
}

func castReg(v schema.Value, to schema.Type) (schema.Value, error) {
	n := v.I
	if to.Kind == schema.Integer || to.Kind == schema.SmallInt {
		if lim := limits[to.Kind]; n < lim[0] || n > lim[1] {
			if to.Kind == schema.Integer && v.Type.IsReg() && n <= math.MaxUint32 {
				return schema.IntValue(to, int64(int32(uint32(n)))), nil
			}
			return v, outOfRange(schema.PostgresName(to))
		}
	}
	if to.IsReg() && (n < 0 || n > math.MaxUint32) {
		if n >= math.MinInt32 && n < 0 && v.Type.Kind == schema.Integer {
			n = int64(uint32(n))
		} else {
			return v, sqlerr.New(sqlerr.NumericOutOfRange, "OID out of range")
		}
	}
	return schema.IntValue(to, n), nil
}

func castNumber(v schema.Value, to schema.Type) (schema.Value, error) {
	from := v.Type
	name := schema.PostgresName(to)
	switch {
	case to.IsFloat():
		f := v.F
		switch {
		case from.IsInteger():
			f = float64(v.I)
		case from.Kind == schema.Decimal:
			parsed, err := schema.Parse(to, v.Text())
			return parsed, err
		case to.Kind == schema.Real:
			if w := float32(f); math.IsInf(float64(w), 0) && !math.IsInf(f, 0) {
				return v, sqlerr.New(sqlerr.NumericOutOfRange, "value out of range: overflow")
			}
		}
		if to.Kind == schema.Real {
			f = float64(float32(f))
		}
		return schema.FloatValue(to, f), nil
	case to.IsInteger():
		n, ok := integerOf(v)
		if lim := limits[to.Kind]; !ok || n < lim[0] || n > lim[1] {
			return v, outOfRange(name)
		}
		return schema.IntValue(to, n), nil
	}
	var n schema.Int128
	ok := true
	switch {
	case from.IsFloat():
		if math.IsNaN(v.F) || math.IsInf(v.F, 0) {
			return v, sqlerr.New(sqlerr.NumericOutOfRange, "NaN and infinity do not fit %s", to)
		}
		digits := 15 // that a double surely has, and a real 6: what PostgreSQL takes over
		if from.Kind == schema.Real {
			digits = 6
		}
		text := strconv.AppendFloat(nil, v.F, 'e', digits-1, 64)
		var err error
		if n, err = schema.ParseDecimal(string(text), int(to.Precision), int(to.Scale)); err != nil {
			return v, err
		}
	case from.IsInteger():
		n, ok = RescaleDecimal(schema.Int128FromInt64(v.I), 0, int(to.Scale), int(to.Precision))
	default:
		n, ok = RescaleDecimal(v.Int128(), int(from.Scale), int(to.Scale), int(to.Precision))
	}
	if !ok {
		return v, decimalOverflow(to)
	}
	if to.Physical() == schema.PhysInt128 {
		return schema.Int128Value(to, n), nil
	}
	small, _ := n.Int64()
	return schema.IntValue(to, small), nil
}

// integerOf rounds a number to an integer: decimals half away from zero, floats half to even.
func integerOf(v schema.Value) (int64, bool) {
	switch {
	case v.Type.IsInteger():
		return v.I, true
	case v.Type.IsFloat():
		f := math.RoundToEven(v.F)
		return int64(f), f >= -(1<<63) && f < 1<<63
	}
	return roundQuo(v.Int128(), schema.Pow10(int(v.Type.Scale))).Int64()
}

func castTime(env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	from := v.Type.Kind
	// local is what clocks show, instant the moment.
	var localTS int64
	switch from {
	case schema.Date:
		localTS = dateToTimestamp(int32(v.I))
	case schema.Timestamp:
		localTS = v.I
	case schema.TimestampTZ:
		if to.Kind == schema.TimestampTZ {
			return schema.IntValue(to, roundTo(v.I, to.Digits())), nil
		}
		localTS = schema.UTCToLocal(v.I, env.Location)
	case schema.Time:
		if to.Kind != schema.Time {
			return v, sqlerr.New(sqlerr.CannotCoerce, "cannot cast type %s to %s", schema.PostgresName(v.Type), schema.PostgresName(to))
		}
		return schema.IntValue(to, roundTo(v.I, to.Digits())), nil
	}
	switch to.Kind {
	case schema.Date:
		return schema.IntValue(to, int64(timestampToDate(localTS))), nil
	case schema.Time:
		_, ofDay := schema.SplitTimestamp(localTS)
		return schema.IntValue(to, roundTo(ofDay, to.Digits())), nil
	case schema.TimestampTZ:
		return schema.IntValue(to, roundTo(schema.LocalToUTC(localTS, env.Location), to.Digits())), nil
	}
	return schema.IntValue(to, roundTo(localTS, to.Digits())), nil
}

// roundTo rounds microseconds to a number of digits; -1 is all.
func roundTo(ts int64, digits int) int64 {
	if digits < 0 || digits >= 6 || infinite(ts) {
		return ts
	}
	unit := schema.Pow10Int64(6 - digits)
	up := ts + unit/2
	return up - ((up%unit)+unit)%unit
}

func castElements(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	out := make([]schema.Value, len(v.Elems))
	for i, e := range v.Elems {
		var err error
		if out[i], err = CastValue(ctx, env, e, to.Elem()); err != nil {
			return v, err
		}
	}
	return schema.NestedValue(to, out), nil
}

func castMap(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	out := make([]schema.Value, len(v.Elems))
	for i, e := range v.Elems {
		t := to.Key()
		if i%2 == 1 {
			t = to.Elem()
		}
		var err error
		if out[i], err = CastValue(ctx, env, e, t); err != nil {
			return v, err
		}
	}
	return schema.NestedValue(to, out), nil
}

func castRow(ctx context.Context, env *Env, v schema.Value, to schema.Type) (schema.Value, error) {
	out := make([]schema.Value, len(v.Elems))
	for i, e := range v.Elems {
		var err error
		if out[i], err = CastValue(ctx, env, e, to.Fields()[i].Type); err != nil {
			return v, err
		}
	}
	return schema.NestedValue(to, out), nil
}
