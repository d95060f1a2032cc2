package functions

import (
	"math/big"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// sizeUnits are the units of pg_size_pretty, each 1024 times the one before.
var sizeUnits = []string{"bytes", "kB", "MB", "GB", "TB", "PB"}

// registerSizes declares the functions that write and read numbers of bytes.
func registerSizes(r *Registry) {
	r.strict("pg_size_pretty(bigint) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		return schema.TextValue(sizePretty(big.NewInt(a[0].I))), nil
	}), "a number of bytes with a unit")
	r.strict("pg_size_pretty(numeric) text", strictValues(func(_ *Call, a []schema.Value) (schema.Value, error) {
		whole, _ := a[0].Int128().QuoRem(schema.Pow10(int(a[0].Type.Scale)))
		n, _ := new(big.Int).SetString(schema.Int128Value(schema.DecimalOf(schema.MaxDecimal, 0), whole).Text(), 10)
		return schema.TextValue(sizePretty(n)), nil
	}), "a number of bytes with a unit")
	r.strict("pg_size_bytes(text) bigint", strictValues(sizeBytes), "the number of bytes of a size with a unit")
}

// sizePretty shows up to four digits: a unit is left at 10240 of it. Halves are rounded away from zero, at the end only.
func sizePretty(n *big.Int) string {
	limit := big.NewInt(10240)
	i, half := 0, false
	for ; i < len(sizeUnits)-1 && new(big.Int).Abs(n).Cmp(limit) >= 0; i++ {
		limit.SetInt64(20*1024 - 1) // from here on n counts half units
		shift := uint(10)
		if !half {
			shift = 9
		}
		n, half = new(big.Int).Quo(n, new(big.Int).Lsh(big.NewInt(1), shift)), true
	}
	if half {
		n = new(big.Int).Quo(new(big.Int).Add(n, big.NewInt(int64(n.Sign()))), big.NewInt(2))
	}
	return n.String() + " " + sizeUnits[i]
}

func sizeBytes(c *Call, a []schema.Value) (schema.Value, error) {
	text := strings.TrimSpace(a[0].S)
	end := 0
	for end < len(text) && strings.IndexByte("+-.0123456789", text[end]) >= 0 {
		end++
	}
	if rest := text[end:]; len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') && strings.IndexByte("+-0123456789", rest[1]) >= 0 {
		for end += 2; end < len(text) && isDigit(text[end]); end++ {
			continue
		}
	}
	bad := sqlerr.New(sqlerr.InvalidParameterValue, "invalid size: %q", a[0].S)
	if len(text) > 100 {
		return a[0], bad
	}
	v, ok := new(big.Rat).SetString(text[:end])
	if !ok {
		return a[0], bad
	}
	unit := strings.ToLower(strings.TrimSpace(text[end:]))
	shift := 0
	for i, u := range sizeUnits {
		if unit == strings.ToLower(u) || unit == "b" && i == 0 {
			shift, unit = 10*i, ""
		}
	}
	if unit != "" {
		return a[0], bad.WithDetail("Invalid size unit: %q.", strings.TrimSpace(text[end:])).
			WithHint("Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
	}
	v.Mul(v, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(shift))))
	whole := new(big.Int).Quo(v.Num(), v.Denom())
	if !whole.IsInt64() {
		return a[0], outOfRange("bigint")
	}
	return intResult(c, whole.Int64())
}
