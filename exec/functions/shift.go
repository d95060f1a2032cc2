package functions

import (
	"math"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Shift returns a key plus or minus the offset of a RANGE frame. What overflows is the end of the type's range.
func Shift(key, offset schema.Value, minus bool) (schema.Value, error) {
	switch {
	case key.Type.IsFloat():
		f := offset.F
		if f < 0 || math.IsNaN(f) {
			return key, badOffset()
		}
		if minus {
			f = -f
		}
		key.F += f
		return key, nil
	case key.Type.IsNumeric():
		return shiftNumber(key, offset, minus)
	case key.Type.IsTemporal() && offset.Type.Kind == schema.Interval:
		iv := offset.Interval()
		if iv.Compare(interval{}) < 0 {
			return key, badOffset()
		}
		if minus {
			iv = negInterval(iv)
		}
		switch key.Type.Kind {
		case schema.Date:
			ts, err := addInterval(dateToTimestamp(int32(key.I)), iv)
			days, _ := schema.SplitTimestamp(ts)
			return schema.IntValue(key.Type, days), err
		case schema.TimestampTZ:
			ts, err := addIntervalTZ(key.I, iv, time.UTC)
			return schema.IntValue(key.Type, ts), err
		case schema.Timestamp:
			ts, err := addInterval(key.I, iv)
			return schema.IntValue(key.Type, ts), err
		}
		return schema.IntValue(key.Type, key.I+iv.Micros), nil
	}
	return key, sqlerr.Unsupported("RANGE with offset for column type %s and offset type %s", schema.PostgresName(key.Type), schema.PostgresName(offset.Type))
}

func badOffset() error {
	return sqlerr.New("22013", "invalid preceding or following size in window function")
}

func shiftNumber(key, offset schema.Value, minus bool) (schema.Value, error) {
	scale := int(key.Type.Scale)
	if key.Type.IsInteger() {
		scale = 0
	}
	n, ok := RescaleDecimal(offset.Int128(), int(offset.Type.Scale), scale, schema.MaxDecimal)
	if n.Sign() < 0 || !ok {
		return key, badOffset()
	}
	if minus {
		n = n.Neg()
	}
	sum := key.Int128().Add(n)
	if key.Type.Physical() == schema.PhysInt128 {
		return schema.Int128Value(key.Type, sum), nil
	}
	v, fits := sum.Int64()
	if !fits {
		v = math.MaxInt64
		if minus {
			v = math.MinInt64
		}
	}
	if key.Type.Physical() == schema.PhysInt32 {
		v = min(max(v, math.MinInt32), math.MaxInt32)
	}
	return schema.IntValue(key.Type, v), nil
}
