package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestFieldsAndNulls(t *testing.T) {
	header := comma
	header.HeaderLines, header.FixedHeader = 1, false
	fixed := comma
	fixed.HeaderLines = 1
	pipe := catalog.Storage{Format: catalog.CSV, Delimiter: '|', FixedHeader: true}
	hive := catalog.Storage{Format: catalog.CSV, Delimiter: 1, Escape: '\\', NullText: `\N`, FixedHeader: true}
	open := comma
	open.Escape, open.SerDe = '\\', "org.apache.hadoop.hive.serde2.OpenCSVSerde"
	ignore := comma
	ignore.IgnoreMalformed = true
	for _, c := range []struct {
		name, fields, in string
		s                catalog.Storage
		want             []string
	}{
		{"plain", "a varchar; b bigint", "x,1\ny,2\n", comma, []string{"x|1", "y|2"}},
		{"no line break at the end", "a varchar; b bigint", "x,1\ny,2", comma, []string{"x|1", "y|2"}},
		{"CR LF", "a varchar; b bigint", "x,1\r\ny,2\r\n", comma, []string{"x|1", "y|2"}},
		{"CR LF and quotes", "a varchar; b varchar", "\"x\",\"1\"\r\ny,\"2\"\r\n", comma, []string{"x|1", "y|2"}},
		{"byte order mark", "a varchar; b bigint", "\xef\xbb\xbfx,1\n", comma, []string{"x|1"}},
		{"byte order mark and quote", "a varchar; b bigint", "\xef\xbb\xbf\"x,y\",1\n", comma, []string{"x,y|1"}},
		{"empty lines", "a varchar; b bigint", "\nx,1\n\n\r\ny,2\n\n", comma, []string{"x|1", "y|2"}},
		{"quotes", "a varchar; b varchar", "\"a,b\",\"c \"\"d\"\"\"\n\"line\nbreak\",\"\"\n", comma, []string{"a,b|c \"d\"", "line\nbreak|"}},
		{"quote inside a field is text", "a varchar; b varchar", "5\" disk,a\"b\n", comma, []string{"5\" disk|a\"b"}},
		{"empty is NULL, quoted empty is text", "a varchar; b varchar", ",\"\"\n", comma, []string{"∅|"}},
		{"empty numbers are NULL, also quoted", "a bigint; b double", ",\"\"\n", comma, []string{"∅|∅"}},
		{"missing fields are NULL", "a varchar; b bigint; c date", "x\ny,2\n", comma, []string{"x|∅|∅", "y|2|∅"}},
		{"delimiter at the end", "a varchar; b bigint", "x,1,\n", comma, []string{"x|1"}},
		{"pipes at the end", "a varchar; b bigint", "x|1|\ny|2|\n", pipe, []string{"x|1", "y|2"}},
		{"header by name", "b bigint; a varchar", "a,b\nx,1\n", header, []string{"1|x"}},
		{"header without regard to case", "b bigint; a varchar", "A , B\nx,1\n", header, []string{"1|x"}},
		{"header by source", "n bigint=Unit Count; a varchar", "a,Unit Count\nx,1\n", header, []string{"1|x"}},
		{"header lacks a column", "c date; b bigint", "a,b\nx,1\n", header, []string{"∅|1"}},
		{"header with more than the table", "b bigint", "a,b,c\nx,1,z\n", header, []string{"1"}},
		{"header with a name twice", "v bigint=v; w bigint=v", "v,v\n1,2\n", header, []string{"1|2"}},
		{"quoted header with a line break", "b bigint", "\"a\nz\",b\nx,1\n", header, []string{"1"}},
		{"fixed header", "x varchar; y bigint", "a,b\nx,1\n", fixed, []string{"x|1"}},
		{"empty lines before a header", "b bigint; a varchar", "\xef\xbb\xbf\n\r\na,b\nx,1\n", header, []string{"1|x"}},
		{"empty lines and no more", "b bigint", "\r\n\r", header, nil},
		{"an empty line is a line of a fixed header", "x varchar; y bigint", "\nx,1\n", fixed, []string{"x|1"}},
		{"header only", "a varchar", "a,b\n", header, nil},
		{"hive", "a varchar; b bigint; c varchar", "x\\\x01y\x011\x01\\N\n\x01\\N\x01a\\nb\n", hive, []string{"x\x01y|1|∅", "|∅|a\nb"}},
		{"escape in quotes", "a varchar; b varchar", `"a\"b","c\\"` + "\n", open, []string{`a"b|c\`}},
		{"OpenCSVSerde's dates", "d date; t timestamp", "\"19723\",\"1704067200123\"\n2024-01-01,2024-01-01 00:00:00\n", open,
			[]string{"2024-01-01|2024-01-01 00:00:00.123", "2024-01-01|2024-01-01 00:00:00"}},
		{"malformed values ignored", "a bigint; b date; c varchar", "x,2024-02-30,\"q\"r\n", ignore, []string{"∅|∅|∅"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(t, request(fieldsOf(t, c.fields), c.s), fileOf(t, "t/f.csv", []byte(c.in)), 1)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, c.want)
		})
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct{ typ, in, want string }{
		{"boolean", "true,T,0,FALSE,yes", "true|true|false|false|true"},
		{"tinyint", "127,-128,+5", "127|-128|5"},
		{"integer", "2147483647,-2147483648,0007,1e3,5.0, 12 ", "2147483647|-2147483648|7|1000|5|12"},
		{"bigint", "9223372036854775807,-9223372036854775808,999999999999999999", "9223372036854775807|-9223372036854775808|999999999999999999"},
		{"real", "1.5,3.4028235e38", "1.5|3.4028235e+38"},
		{"double", "1,0.1,-2.5e-3,1e22,1e23,123456789012345678901234567890,NaN,-Infinity,.5,5.",
			"1|0.1|-0.0025|1e+22|1e+23|1.2345678901234568e+29|NaN|-Infinity|0.5|5"},
		{"decimal(10,2)", "1,1.5,-1.005,1.0049,12345678.99,1e2", "1.00|1.50|-1.01|1.00|12345678.99|100.00"},
		{"decimal(38,4)", "1.5,12345678901234567890123456789012.1234", "1.5000|12345678901234567890123456789012.1234"},
		{"date", "2024-02-29,1970-01-01,0001-01-01,20240131", "2024-02-29|1970-01-01|0001-01-01|2024-01-31"},
		{"timestamp", "2024-01-31 01:02:03,2024-01-31T01:02:03.5Z,2024-01-31T01:02:03+02:00,2024-01-31,2024-01-31 01:02,2024-01-31 01:02:03.1234567",
			"2024-01-31 01:02:03|2024-01-31 01:02:03.5|2024-01-30 23:02:03|2024-01-31 00:00:00|2024-01-31 01:02:00|2024-01-31 01:02:03.123457"},
		{"timestamp with time zone", "2024-01-31T01:02:03-05:00", "2024-01-31 06:02:03+00"},
		{"time", "01:02:03.25,23:59", "01:02:03.25|23:59:00"},
		{"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"varchar(3)", "abcdef,äöüß,ab", "abc|äöü|ab"},
		{"char(3)", "abcdef,ä", "abc|ä  "},
		{"varbinary", "ab", `\x6162`},
		{"json", `"{""a"":1}"`, `{"a":1}`},
	} {
		t.Run(c.typ, func(t *testing.T) {
			typ, err := schema.ParseType(c.typ)
			if err != nil {
				t.Fatal(err)
			}
			fields := fieldsOf(t, strings.TrimSuffix(strings.Repeat("x varchar; ", len(strings.Split(c.want, "|"))), "; "))
			for i := range fields {
				fields[i].Type = typ
			}
			got, err := readAll(t, request(fields, comma), fileOf(t, "f", []byte(c.in+"\n")), 1)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, []string{c.want})
		})
	}
}

func TestErrorsNameTheirPlace(t *testing.T) {
	header := comma
	header.HeaderLines, header.FixedHeader = 1, false
	for _, c := range []struct {
		name, fields, in string
		s                catalog.Storage
		code             sqlerr.Code
		want             []string
	}{
		{"value", "a varchar; price bigint", "x,1\ny,abc\n", comma, sqlerr.InvalidTextRepresent, []string{`"price"`, "public.t", `"abc"`, "row 2", "mem://b/t/f.csv"}},
		{"range", "a varchar; price integer", "x,1\n\n\ny,3000000000\n", comma, sqlerr.NumericOutOfRange, []string{`"price"`, "row 4"}},
		{"header counts", "a varchar; b date", "a,b\nx,2024-13-01\n", header, sqlerr.DatetimeOverflow, []string{"row 2", `"b"`}},
		{"too many fields", "a varchar; b bigint", "x,1\ny,2,3\n", comma, "22P04", []string{"3 fields", "2 of table", "row 2", "mem://b/t/f.csv"}},
		{"too many quoted fields", "a varchar; b bigint", "\"x\",1\n\"y\",2,\"\"\n", comma, "22P04", []string{"3 fields", "row 2"}},
		{"quote never closed", "a varchar; b bigint", "x,1\n\"y,2\n", comma, "22P04", []string{"not closed", "row 2"}},
		{"text after a quote", "a varchar; b bigint", "\"x\"y,1\n", comma, "22P04", []string{"closing quote", `"a"`, "row 1"}},
		{"not UTF-8", "a varchar; b bigint", "x,1\n\xe4,2\n", comma, sqlerr.CharacterNotInRepertoire, []string{"UTF-8", `"a"`, "row 2"}},
		{"foreign header", "a varchar; b bigint", "p,q\nx,1\n", header, sqlerr.DataCorrupted, []string{"header", "public.t"}},
		{"UTF-16", "a varchar", "\xff\xfea\x00\n\x00", comma, sqlerr.FeatureNotSupported, []string{"UTF-16"}},
		{"nested type", "a array(bigint)", "1\n", comma, sqlerr.FeatureNotSupported, []string{`"a"`, "array(bigint)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readAll(t, request(fieldsOf(t, c.fields), c.s), fileOf(t, "t/f.csv", []byte(c.in)), 1)
			if err == nil || sqlerr.CodeOf(err) != c.code {
				t.Fatalf("%v (%s), want SQLSTATE %s", err, sqlerr.CodeOf(err), c.code)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("message %q does not have %q", err, w)
				}
			}
		})
	}
}

// bigFile makes records of which many hold line breaks, quotes and delimiters, and the rows they stand for.
func bigFile(n int) (data []byte, rows []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	w := stdcsv.NewWriter(&b)
	pieces := []string{"plain", "with,comma", "line\nbreak", "\"quoted\"", "", "ä€😀", "\n", strings.Repeat("long ", 40)}
	for i := range n {
		a, c := pieces[rng.IntN(len(pieces))], pieces[rng.IntN(len(pieces))]
		if err := w.Write([]string{strconv.Itoa(i), a, c, fmt.Sprintf("%d.25", i%1000)}); err != nil {
			panic(err)
		}
		text := func(s string) string {
			if s == "" {
				return "∅"
			}
			return s
		}
		rows = append(rows, fmt.Sprintf("%d|%s|%s|%d.25", i, text(a), text(c), i%1000))
	}
	w.Flush()
	return b.Bytes(), rows
}

const bigFields = "i bigint; a varchar; c varchar; d double"

// The file has several chunks, and its records cross their borders everywhere.
func TestChunksKeepRecordsWhole(t *testing.T) {
	data, want := bigFile(120_000)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for _, f := range []struct {
		key  string
		data []byte
	}{{"f.csv", data}, {"f.csv.gz", zipped.Bytes()}, {"no_extension", zipped.Bytes()}} {
		for _, readers := range []int{1, 4} {
			r := request(fieldsOf(t, bigFields), comma)
			got, err := readAll(t, r, fileOf(t, f.key, f.data), readers)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			equal(t, got, want)
			if n := r.Metrics.BilledBytes.Load(); n != int64(len(f.data)) {
				t.Errorf("%s with %d readers: %d bytes billed, the file has %d", f.key, readers, n, len(f.data))
			}
			if r.Metrics.FilesRead.Load() != 1 || r.Metrics.Rows.Load() != int64(len(want)) {
				t.Errorf("%d files, %d rows counted", r.Metrics.FilesRead.Load(), r.Metrics.Rows.Load())
			}
		}
	}
}

func TestFiltersRunInPasses(t *testing.T) {
	data, all := bigFile(20_000)
	r := request(fieldsOf(t, bigFields), comma)
	r.Output = []int{3, 0, 0}
	r.Filters = []connectors.Filter{
		filter([]int{1}, func(s string) bool { return strings.Contains(s, "comma") }),
		filter([]int{0, 2}, func(s string) bool { return strings.HasSuffix(s, "7|plain") }),
	}
	got, err := readAll(t, r, fileOf(t, "f.csv", data), 2)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range all {
		f := strings.SplitN(row, "|", 4)
		if strings.Contains(f[1], "comma") && f[2] == "plain" && strings.HasSuffix(f[0], "7") {
			want = append(want, f[3]+"|"+f[0]+"|"+f[0])
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 {
		t.Fatal("the test has no rows")
	}
	equal(t, got, want)
}

// A value that its type cannot hold is no error in a row that a filter on another column has dropped.
func TestDroppedRowsAreNotConverted(t *testing.T) {
	r := request(fieldsOf(t, "a varchar; n bigint"), comma)
	r.Filters = []connectors.Filter{filter([]int{0}, func(s string) bool { return s == "x" })}
	got, err := readAll(t, r, fileOf(t, "f.csv", []byte("x,1\ny,abc\nx,2\n")), 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, []string{"x|1", "x|2"})
}

func TestJoinKeysDropRows(t *testing.T) {
	data, _ := bigFile(5000)
	keys := connectors.NewJoinKeys()
	typ := schema.T(schema.BigInt)
	lo, hi := schema.IntValue(typ, 10), schema.IntValue(typ, 12)
	keys.Publish(&connectors.KeySet{Type: typ, Count: 3, Min: lo, Max: hi})
	r := request(fieldsOf(t, bigFields), comma)
	r.Output = []int{0}
	r.Dynamic = []connectors.DynamicFilter{{Column: 0, Keys: keys}}
	got, err := readAll(t, r, fileOf(t, "f.csv", data), 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, []string{"10", "11", "12"})
}

func TestLimitStopsEarly(t *testing.T) {
	data, _ := bigFile(120_000)
	r := request(fieldsOf(t, bigFields), comma)
	r.Limit = 10
	got, err := readAll(t, r, fileOf(t, "f.csv", data), 1)
	if err != nil || len(got) != 10 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if n := r.Metrics.BilledBytes.Load(); n > 2<<20 || n >= int64(len(data)) {
		t.Errorf("%d of %d bytes billed for ten rows", n, len(data))
	}
	r.Filters = []connectors.Filter{filter([]int{1}, func(s string) bool { return s == "plain" })}
	if got, err = readAll(t, r, fileOf(t, "f.csv", data), 1); err != nil || len(got) != 10 {
		t.Fatalf("%d rows with a filter, %v", len(got), err)
	}
}

func TestCountOfRecords(t *testing.T) {
	data, all := bigFile(30_000)
	r := request(fieldsOf(t, bigFields), comma)
	r.Output = nil
	got, err := readAll(t, r, fileOf(t, "f.csv", data), 2)
	if err != nil || len(got) != len(all) {
		t.Fatalf("%d rows, want %d; %v", len(got), len(all), err)
	}
}

func TestTruncatedAndCorruptFiles(t *testing.T) {
	data, _ := bigFile(2000)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(zipped.Bytes())
	flipped[len(flipped)/2] ^= 0x40
	for name, content := range map[string][]byte{"cut": zipped.Bytes()[:zipped.Len()-20], "header": zipped.Bytes()[:5], "plain": data} {
		_, err := readAll(t, request(fieldsOf(t, bigFields), comma), fileOf(t, "t/f.csv.GZ", content), 1)
		if sqlerr.CodeOf(err) != sqlerr.DataCorrupted || !strings.Contains(err.Error(), "mem://b/t/f.csv.GZ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The checksum comes last: what a flipped bit made of the text may be found before.
	_, err := readAll(t, request(fieldsOf(t, bigFields), comma), fileOf(t, "t/f.csv.gz", flipped), 1)
	if err == nil || !strings.Contains(err.Error(), "mem://b/t/f.csv.gz") {
		t.Errorf("flipped bit: %v", err)
	}
	_, err = readAll(t, request(fieldsOf(t, bigFields), comma), fileOf(t, "t/f.csv.lzo", data), 1)
	if sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("lzo: %v", err)
	}
}

// A small file that inflates to a record without end must not fill the memory.
func TestEndlessRecordIsRefused(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	zeros := make([]byte, 1<<20)
	for range 100 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := readAll(t, request(fieldsOf(t, "a varchar"), comma), fileOf(t, "f.csv.gz", zipped.Bytes()), 1)
	if sqlerr.CodeOf(err) != sqlerr.ProgramLimit {
		t.Fatal(err)
	}
}

func TestMemoryLimitRefusesBigRecords(t *testing.T) {
	r := request(fieldsOf(t, "a varchar"), comma)
	data := append([]byte("x\n\""), bytes.Repeat([]byte("y"), 40<<20)...)
	data = append(data, '"', '\n')
	r.Query.Memory = tightBudget()
	_, err := readAll(t, r, fileOf(t, "f.csv", data), 1)
	if sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Fatal(err)
	}
}
