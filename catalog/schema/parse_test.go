package schema

import (
	"testing"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestParseReadsPostgreSQLsInput(t *testing.T) {
	for _, c := range []struct {
		typ      Type
		in, want string
	}{
		{T(Boolean), " T ", "true"}, {T(Boolean), "off", "false"}, {T(Boolean), "o", "22P02"}, {T(Boolean), "1", "true"},
		{T(SmallInt), "-32768", "-32768"}, {T(SmallInt), "32768", "22003"}, {T(BigInt), "9223372036854775808", "22003"}, {T(Integer), "1.0", "22P02"},
		{T(Double), "1e400", "22003"}, {T(Double), "-inf", "-Infinity"}, {T(Double), "nan", "NaN"}, {T(Real), "1.5", "1.5"},
		{DecimalOf(5, 2), "1.005", "1.01"}, {DecimalOf(5, 2), "-1.005", "-1.01"}, {DecimalOf(5, 2), "999.995", "22003"},
		{DecimalOf(5, 2), "1e2", "100.00"}, {DecimalOf(38, 10), "12345678901234567890.5", "12345678901234567890.5000000000"},
		{DecimalOf(5, 2), ".5", "0.50"}, {DecimalOf(5, 2), "0.001", "0.00"}, {DecimalOf(5, 2), "1e-9", "0.00"}, {DecimalOf(5, 2), "1.2.3", "22P02"},
		{T(Date), "2024-02-29", "2024-02-29"}, {T(Date), "2023-02-29", "22008"}, {T(Date), "20240229", "2024-02-29"},
		{T(Date), "Jan 8, 1999", "1999-01-08"}, {T(Date), "8 January 1999", "1999-01-08"}, {T(Date), "01/08/1999", "1999-01-08"},
		{T(Date), "0044-03-15 BC", "0044-03-15 BC"}, {T(Date), "infinity", "infinity"}, {T(Date), "2024-02-29 10:00", "2024-02-29"}, {T(Date), "x", "22007"},
		{T(Time), "13:14:15.1234567", "13:14:15.123457"}, {T(Time), "24:00", "24:00:00"}, {T(Time), "04:05 PM", "16:05:00"}, {T(Time), "25:00", "22008"},
		{T(Timestamp), "2024-02-29T13:14:15.5Z", "2024-02-29 13:14:15.5"}, {TimeOf(Timestamp, 0), "2024-02-29 13:14:15.5", "2024-02-29 13:14:16"},
		{T(Timestamp), "2026-11-22 02:13:07.889148109Z", "2026-11-22 02:13:07.889148"},
		{T(TimestampTZ), "2024-02-29 13:14:15+05:30", "2024-02-29 07:44:15+00"}, {T(TimestampTZ), "2024-07-01 12:00 Europe/Berlin", "2024-07-01 10:00:00+00"},
		{T(TimestampTZ), "2024-07-01 12:00", "2024-07-01 10:00:00+00"}, {T(TimestampTZ), "2024-07-01 12:00 -0700", "2024-07-01 19:00:00+00"},
		{T(Interval), "1 year 2 mons 3 days 04:05:06.789", "1 year 2 mons 3 days 04:05:06.789"}, {T(Interval), "1.5 days", "1 day 12:00:00"},
		{T(Interval), "P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"}, {T(Interval), "1-2", "1 year 2 mons"}, {T(Interval), "3 4:05:06", "3 days 04:05:06"},
		{T(Interval), "1 day ago", "-1 days"}, {T(Interval), "90", "00:01:30"}, {T(Interval), "1.5 months", "1 mon 15 days"}, {T(Interval), "2 fish", "22007"},
		{T(UUID), "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {T(UUID), "a0ee", "22P02"},
		{T(Varbinary), `\xDEADbeef`, `\xdeadbeef`}, {T(Varbinary), `a\\b\001`, `\x615c6201`},
		{VarcharOf(3), "abc  ", "abc"}, {VarcharOf(3), "abcd", "22001"}, {CharOf(5), "ab", "ab   "},
		{ArrayOf(T(Integer)), "{1, 2,NULL}", "{1,2,NULL}"}, {ArrayOf(Text), `{"a b",c\,d,"null",""}`, `{"a b","c,d","null",""}`}, {ArrayOf(T(Integer)), "{1,2", "22P02"},
		{T(Date), "2020-01-01 junk", "22007"}, {T(Date), "2020-01-01 10:00 junk", "22007"}, {T(Date), "2020-01-01T00:00:00.000Z", "2020-01-01"},
		{T(Timestamp), "2020-01-01 10:00 junk", "22007"}, {T(Timestamp), "2020-01-01 10:00 Nowhere/City", "22023"},
		{T(Timestamp), "294247-01-09 23:59:59", "294247-01-09 23:59:59"}, {T(Timestamp), "294247-01-10", "22008"},
		{T(TimestampTZ), "294276-12-31 23:59:59", "22008"}, {T(Timestamp), "4714-11-24 BC", "4714-11-24 00:00:00 BC"},
		{T(Interval), "nan:00", "22007"}, {T(Interval), "0x10:00", "22007"}, {T(Interval), "1e2:00", "22007"}, {T(Interval), "1_0:00", "22007"},
		{T(Interval), "1:60", "22015"}, {T(Interval), "1:2:60", "01:03:00"}, {T(Interval), "1:2:61", "22015"}, {T(Interval), "59:59.5", "00:59:59.5"},
		{T(UUID), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "22P02"}, {T(UUID), " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "22P02"},
		{ArrayOf(T(Integer)), "[1:2]={1,2}", "{1,2}"}, {ArrayOf(T(Integer)), "[x]={1}", "22P02"}, {ArrayOf(T(Integer)), "[={1}", "22P02"},
		{T(Int2Vector), "1 2 3", "1 2 3"}, {T(JSON), `{"a": [1]}`, `{"a": [1]}`}, {T(JSON), "{", "22P02"},
	} {
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		v, err := ParseIn(c.typ, c.in, berlin)
		got := v.Text()
		if err != nil {
			got = string(sqlerr.CodeOf(err))
		}
		if got != c.want {
			t.Errorf("%s %q: got %s (%v), want %s", c.typ, c.in, got, err, c.want)
		}
	}
}

func TestTypeNamesReadBack(t *testing.T) {
	for in, want := range map[string]string{
		"int": "integer", "INT8": "bigint", "decimal(10,2)": "decimal(10,2)", "numeric(5)": "decimal(5,0)", "string": "varchar",
		"character varying(20)": "varchar(20)", "double precision": "double", "timestamp(3) with time zone": "timestamp(3) with time zone",
		"timestamp without time zone": "timestamp", "array<int>": "array(integer)", "int[][]": "array(array(integer))",
		"map<string,bigint>": "map(varchar, bigint)", "struct<a:int,b:array<string>>": "row(a integer, b array(varchar))",
		"row(x double precision, \"Y z\" date)": "row(x double, \"Y z\" date)", "row(bigint, varchar(3))": "row(bigint, varchar(3))",
		"row(time time, double double)": "row(time time, double double)", `"char"`: `"char"`, "varchar(0)": "error", "char(10485760)": "char(10485760)", "char(10485761)": "error", "decimal(39,0)": "error", "frog": "error",
		"array<int": "error", "int int": "error",
	} {
		typ, err := ParseType(in)
		got := typ.String()
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", in, got, err, want)
			continue
		}
		if err == nil {
			if again, err := ParseType(got); err != nil || !again.Equal(typ) {
				t.Errorf("%s does not read back: %v %v", got, again, err)
			}
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	for _, s := range []string{"{1,{2}}", "2024-01-01 10:00+02", "P1Y", "1e9", `\x0`, "1 day ago", "struct<a:int>", "[0:1]={1,2}"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		for _, typ := range []Type{T(Boolean), T(BigInt), T(Double), DecimalOf(20, 3), T(Date), T(Time), T(Timestamp), T(TimestampTZ), T(Interval),
			T(UUID), T(Varbinary), ArrayOf(T(Integer)), ArrayOf(ArrayOf(Text)), T(OIDVector), T(JSON), CharOf(4)} {
			if v, err := Parse(typ, s); err == nil {
				_ = v.Text()
			}
		}
		_, _ = ParseType(s)
	})
}
