package schema

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

func TestInt128AgreesWithBigArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	mod := new(big.Int).Lsh(big.NewInt(1), 128)
	toBig := func(a Int128) *big.Int {
		b := new(big.Int).Lsh(big.NewInt(a.Hi), 64)
		return b.Add(b, new(big.Int).SetUint64(a.Lo))
	}
	draw := func() Int128 {
		a := Int128{Hi: r.Int64() - r.Int64(), Lo: r.Uint64()}
		switch r.IntN(4) {
		case 0:
			return Int128FromInt64(int64(a.Lo) >> r.IntN(64))
		case 1:
			a.Hi >>= r.IntN(64)
		}
		return a
	}
	for range 200_000 {
		a, b := draw(), draw()
		x, y := toBig(a), toBig(b)
		if got := toBig(a.Add(b)); new(big.Int).Mod(new(big.Int).Sub(got, new(big.Int).Add(x, y)), mod).Sign() != 0 {
			t.Fatalf("%v + %v = %v", x, y, got)
		}
		if got, ok := a.MulChecked(b); ok && toBig(got).Cmp(new(big.Int).Mul(x, y)) != 0 {
			t.Fatalf("%v * %v = %v", x, y, toBig(got))
		}
		if a.Compare(b) != x.Cmp(y) || a.String() != x.String() {
			t.Fatalf("compare or print %v, %v", x, y)
		}
		if b.Sign() != 0 {
			q, rem := a.QuoRem(b)
			wantQ, wantR := new(big.Int).QuoRem(x, y, new(big.Int))
			if toBig(rem).Cmp(wantR) != 0 || new(big.Int).Mod(new(big.Int).Sub(toBig(q), wantQ), mod).Sign() != 0 {
				t.Fatalf("%v / %v = %v rem %v, want %v rem %v", x, y, toBig(q), toBig(rem), wantQ, wantR)
			}
		}
	}
}

func TestCivilAgreesWithTime(t *testing.T) {
	for days := int64(-800_000); days < 800_000; days += 13 {
		y, m, d := Civil(days)
		want := time.Unix(days*86400, 0).UTC()
		if y != want.Year() || m != int(want.Month()) || d != want.Day() || DateOf(y, m, d) != days {
			t.Fatalf("day %d: %d-%d-%d, want %v", days, y, m, d, want)
		}
	}
}

func TestTextIsPostgreSQLs(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	array := NestedValue(ArrayOf(Text), []Value{TextValue("a b"), NullOf(Text), TextValue(""), TextValue("null"), TextValue("x")})
	for _, c := range []struct {
		v    Value
		want string
	}{
		{FloatValue(T(Double), 1e15), "1e+15"},
		{FloatValue(T(Double), 123456789012345), "123456789012345"},
		{FloatValue(T(Double), 0.0001), "0.0001"},
		{FloatValue(T(Double), 0.00001), "1e-05"},
		{FloatValue(T(Real), 1e6), "1e+06"},
		{FloatValue(T(Double), math.Inf(-1)), "-Infinity"},
		{IntValue(DecimalOf(5, 2), -5), "-0.05"},
		{IntValue(T(Date), DateOf(-43, 3, 15)), "0044-03-15 BC"},
		{IntValue(T(Date), DateOf(12024, 2, 29)), "12024-02-29"},
		{IntValue(T(Timestamp), 1_500_000), "1970-01-01 00:00:01.5"},
		{IntValue(T(TimestampTZ), 0), "1970-01-01 05:30:00+05:30"},
		{IntervalOf(IntervalValue{Months: 14, Days: 3, Micros: 4*MicrosPerHour + 789_000}), "1 year 2 mons 3 days 04:00:00.789"},
		{IntervalOf(IntervalValue{Months: -1, Days: 2, Micros: -MicrosPerSecond}), "-1 mons +2 days -00:00:01"},
		{IntervalOf(IntervalValue{}), "00:00:00"},
		{array, `{"a b",NULL,"","null",x}`},
		{StringValue(T(Varbinary), "\x00\xff"), `\x00ff`},
	} {
		if got := string(c.v.AppendText(nil, kolkata)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.v.Type, got, c.want)
		}
	}
}
