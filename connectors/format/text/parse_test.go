package text

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
)

// fast parses by the fast parser of a type alone.
func fast(t schema.Type, s string) (schema.Value, bool) {
	b := []byte(s)
	switch t.Kind {
	case schema.Boolean:
		v, ok := parseBool(b)
		return schema.BoolValue(v), ok
	case schema.Integer:
		v, ok := parseSmall(math.MaxInt32)(b)
		return schema.IntValue(t, int64(v)), ok
	case schema.BigInt:
		v, ok := parseInt64(b)
		return schema.IntValue(t, v), ok
	case schema.Real:
		v, ok := parseFloat32(b)
		return schema.FloatValue(t, float64(v)), ok
	case schema.Double:
		v, ok := parseFloat64(b)
		return schema.FloatValue(t, v), ok
	case schema.Decimal:
		if t.Physical() == schema.PhysInt128 {
			v, ok := parseDecimal128(int(t.Precision), int(t.Scale))(b)
			return schema.Int128Value(t, v), ok
		}
		v, ok := parseDecimal64(int(t.Precision), int(t.Scale))(b)
		return schema.IntValue(t, v), ok
	case schema.Date:
		v, ok := parseDate(b)
		return schema.IntValue(t, int64(v)), ok
	case schema.Time:
		v, ok := parseTime(b)
		return schema.IntValue(t, v), ok
	case schema.TimestampTZ:
		v, ok := parseTimestamp(b)
		return schema.IntValue(t, v), ok
	}
	panic("no fast parser")
}

var fastTypes = []schema.Type{
	schema.T(schema.Boolean), schema.T(schema.Integer), schema.T(schema.BigInt), schema.T(schema.Real), schema.T(schema.Double),
	schema.DecimalOf(10, 2), schema.DecimalOf(18, 0), schema.DecimalOf(18, 18), schema.DecimalOf(38, 4), schema.DecimalOf(38, 30),
	schema.T(schema.Date), schema.T(schema.Time), schema.T(schema.TimestampTZ),
}

// agrees checks that what a fast parser accepts means the same to the slow one.
func agrees(t *testing.T, typ schema.Type, s string) {
	t.Helper()
	got, ok := fast(typ, s)
	if !ok {
		return
	}
	want, err := schema.Parse(typ, s)
	if err != nil {
		t.Errorf("%s %q: the fast parser says %s, the slow one %v", typ, s, got.Text(), err)
		return
	}
	if got.Compare(want) != 0 || math.Signbit(got.F) != math.Signbit(want.F) {
		t.Errorf("%s %q: %s, want %s", typ, s, got.Text(), want.Text())
	}
}

var texts = []string{
	"0", "-0", "+7", "007", "1.", ".5", ".", "-", "1e5", "1e-5", "1E+400", "1e-400", "9007199254740993", "9007199254740992.0", "0.1e23", "123456789012345678",
	"999999999999999999", "0.000000000000000000000001", "1.005", "-1.005", "99999999.994", "99999999.995", "0.5", "-0.5", "1e18", "5e-19", "4e-19",
	"0.4999999999999999999", "12345678901234567890.12345", "true", "False", "t", "on", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "0001-01-01",
	"9999-12-31", "2024-02-29 23:59:59.999999", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.5+05:30", "2024-02-29 00:00:00-0800", "2024-02-29 00:00:00 +01",
	"2024/02/29", "2024/2/9", "2024/2/30", "2024/2/29 12:30:01.5+02", "2024/12/1T23:59", "20240229T123001", "20240229T1230Z", "20240229T123001.25-0130",
	"2024-02-29 24:00:00", "2024-02-29 12:60", "2024-02-29 12:30:60", "23:59", "00:00:00.000001", "0001-01-01 00:00:00.0000007", "23:59:59.9999999", "00:00:00.0000005", "12:30:01.12345678901234567890", "20240229T123001.1234565", "1e1.5", "--1", "1_000", "0x10", "1,5", "３",
}

func TestFastParsersAgreeWithSlowOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const alphabet = "0123456789012345678901234567890.-+eE:T Z/"
	for range 200_000 {
		b := make([]byte, 1+rng.IntN(22))
		for i := range b {
			b[i] = alphabet[rng.IntN(len(alphabet))]
		}
		agrees(t, fastTypes[rng.IntN(len(fastTypes))], string(b))
	}
	for _, typ := range fastTypes {
		for _, s := range texts {
			agrees(t, typ, s)
		}
		for range 20_000 {
			agrees(t, typ, randomText(rng))
		}
	}
}

// randomText is like a value in a file.
func randomText(rng *rand.Rand) string {
	two := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	sign := [...]string{"-", "-", "/", ""}[rng.IntN(4)]
	date := two(rng.IntN(30)) + two(rng.IntN(100)) + sign + two(rng.IntN(14)) + sign + two(rng.IntN(33))
	clock := two(rng.IntN(25)) + ":" + two(rng.IntN(61)) + ":" + two(rng.IntN(61))
	v := schema.IntValue(schema.DecimalOf(18, rng.IntN(19)), rng.Int64N(1<<uint(1+rng.IntN(62)))%999_999_999_999_999_999)
	switch rng.IntN(5) {
	case 0:
		return date
	case 1:
		return date + "T" + clock + "." + two(rng.IntN(100)) + [...]string{"", two(rng.IntN(100)) + two(rng.IntN(100)), "12345" + two(rng.IntN(100))}[rng.IntN(3)] + "+" + two(rng.IntN(16)) + ":" + two(rng.IntN(61))
	case 2:
		return clock
	case 3:
		return "-" + v.Text()
	}
	return v.Text()
}

// Timestamps without time zone: an offset turns them to UTC, and is not dropped as in PostgreSQL.
func TestOffsetsCountInTimestamps(t *testing.T) {
	for s, want := range map[string]string{
		"2024-01-01T00:30:00+01:00": "2023-12-31 23:30:00", "2024-01-01 00:30:00Z": "2024-01-01 00:30:00", "Jan 1 2024 00:30 +01": "2023-12-31 23:30:00",
	} {
		data := []byte(s)
		v, _, err := NewSink(schema.T(schema.Timestamp), false).Convert(&Source{Data: data, Spans: []Span{MakeSpan(0, len(data), 0)}, ValidUTF8: true}, nil)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if got := valueText(v, 0); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func FuzzFastParsers(f *testing.F) {
	for i, s := range texts {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, i uint8, s string) { agrees(t, fastTypes[int(i)%len(fastTypes)], s) })
}
