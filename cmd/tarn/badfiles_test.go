package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
)

// refused runs statements of which the last must fail, and returns its SQLSTATE and all that a client is told.
func refused(t *testing.T, dsn string, statements ...string) (code, text string) {
	t.Helper()
	last := len(statements) - 1
	runAll(t, dsn, statements[:last]...)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.PgConn().Exec(t.Context(), statements[last]).ReadAll()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Errorf("%s: %v, want an error of the server", statements[last], err)
		return "", ""
	}
	return e.Code, fmt.Sprintf("%s\ndetail: %s\nhint: %s\nwhere: %s\ntable: %s.%s\ncolumn: %s", e.Message, e.Detail, e.Hint, e.Where, e.SchemaName, e.TableName, e.ColumnName)
}

// names checks the SQLSTATE and that a text has all parts.
func names(t *testing.T, what, code, want, text string, parts ...string) {
	t.Helper()
	if code != want {
		t.Errorf("%s: SQLSTATE %s, want %s\n%s", what, code, want, text)
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: no %q in\n%s", what, p, text)
		}
	}
}

// packed compresses a text.
func packed(t *testing.T, text string, by func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var out bytes.Buffer
	w := by(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// hurt flips bits in the middle of a text.
func hurt(text string) string {
	b := []byte(text)
	for i := range 4 {
		b[len(b)/2+i] ^= 0x55
	}
	return string(b)
}

// bzip2OfLines is what bzip2 makes of "1,2\n3,4\n": the standard library only reads the format.
const bzip2OfLines = "425a683931415926535993b70d0c0000025800001000043c00200030c00869b28823278bb9229c284849db868600"

const (
	badCSV     = "(a int, b int) row format delimited fields terminated by ','"
	badText    = "(a string, b string) row format delimited fields terminated by ','"
	badQuoted  = "(a string, b string) row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
	badJSON    = "(a bigint, s string, n struct<x:int>) row format serde 'org.openx.data.jsonserde.JsonSerDe'"
	badParquet = "(id bigint) stored as parquet"
)

// A file that cannot be read as its table wants it is named, with the place in it and what to do about it.
func TestBadFilesAreNamed(t *testing.T) {
	var lines strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&lines, "%d,%d\n", i, i*7919%10007)
	}
	gz := packed(t, lines.String(), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	zst := packed(t, lines.String(), func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
	sn := packed(t, lines.String(), func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) })
	bz, err := hex.DecodeString(bzip2OfLines)
	if err != nil {
		t.Fatal(err)
	}
	parquet := parquetRows(t, 0, 5000)
	for _, c := range []struct {
		name, file, content, ddl, code string
		want                           []string
	}{
		{"denied", "x.csv", "1,2\n", badCSV, "42501", []string{"storage denies access to", "hint: Grant the configured credentials the right to read"}},
		{"denied_parquet", "x.parquet", parquet, badParquet, "42501", []string{"storage denies access to"}},
		{"changed", "x.csv", "1,2\n", badCSV, "40001", []string{"changed while the query was reading it", "hint: Run the query again"}},
		{"broken", "x.csv", "1,2\n", badCSV, "58030", []string{"ServiceUnavailable", "detail: Tried 3 times", "hint: Check that the storage endpoint is up"}},
		{"footer_cut", "x.parquet", parquet[:len(parquet)-100], badParquet, "XX001", []string{"is not a Parquet file: it does not end with PAR1", "hint: Write the file anew"}},
		{"page_cut", "x.parquet", parquet[:2000] + parquet[2600:], badParquet, "XX001", []string{`row group `, `column "id", page 0 is corrupt`, "hint: Write the file anew"}},
		{"page_hurt", "x.parquet", parquet[:300] + "?!" + parquet[302:], badParquet, "XX001", []string{`row group 1, column "id", page 0 is corrupt: the checksum of a page is wrong`}},
		{"no_magic", "x.parquet", "this is a letter and no Parquet file", badParquet, "XX001", []string{"is not a Parquet file"}},
		{"no_footer", "x.parquet", "PAR1", badParquet, "XX001", []string{"is not a Parquet file: it has only 4 bytes"}},
		{"gzip_cut", "x.csv.gz", gz[:len(gz)/2], badCSV, "XX001", []string{"ends in the middle of its gzip stream", "hint: Write the file anew"}},
		{"gzip_hurt", "x.csv.gz", hurt(gz), badCSV, "XX001", []string{"is not valid gzip"}},
		{"gzip_none", "x.csv.gz", lines.String(), badCSV, "XX001", []string{"is not valid gzip"}},
		{"zstd_cut", "x.csv.zst", zst[:len(zst)/2], badCSV, "XX001", []string{"ends in the middle of its zstd stream", "hint: Write the file anew"}},
		{"zstd_hurt", "x.csv.zst", hurt(zst), badCSV, "XX001", []string{"is not valid zstd"}},
		{"zstd_none", "x.csv.zst", lines.String(), badCSV, "XX001", []string{"is not valid zstd"}},
		{"bzip2_cut", "x.csv.bz2", string(bz[:30]), badCSV, "XX001", []string{"ends in the middle of its bzip2 stream", "hint: Write the file anew"}},
		{"bzip2_hurt", "x.csv.bz2", hurt(string(bz)), badCSV, "XX001", []string{"is not valid bzip2"}},
		{"snappy_cut", "x.csv.snappy", sn[:len(sn)/2], badCSV, "XX001", []string{"is not valid snappy", "hint: Write the file anew"}},
		{"snappy_hurt", "x.csv.snappy", hurt(sn), badCSV, "XX001", []string{"is not valid snappy"}},
		{"snappy_none", "x.csv.snappy", lines.String(), badCSV, "XX001", []string{"is not valid snappy"}},
		{"wide_row", "x.csv", "1,2\n3,4\n5,6,7\n", badCSV, "22P04", []string{"the record has 3 fields, more than the 2 of table", "row 3 of", "hint: Write the file anew"}},
		{"wrong_type", "x.csv", "1,2\n3,four\n", badCSV, "22P02", []string{`column "b" of table lake.public.wrong_type cannot hold "four" as integer`, "row 2 of", "column: b", "hint: Correct the file"}},
		{"open_quote", "x.csv", "1,2\n3,\"four\n5,6\n", badQuoted, "22P04", []string{"a quoted field is not closed", "row 2 of"}},
		{"not_utf8", "x.csv", "1,2\n3,\xff\xfe\n", badText, "22021", []string{"is not valid UTF-8", "row 2 of", "column: b"}},
		{"json_type", "x.json", "{\"a\": 1}\n{\"a\": \"many\"}\n", badJSON, "22P02", []string{`column "a" of table lake.public.json_type cannot hold "many" as bigint`, "row 2 of", "column: a", "hint: Correct the file"}},
		{"json_inner", "x.json", "{\"n\": {\"x\": 1}}\n{\"n\": {\"x\": [1]}}\n", badJSON, "22P02", []string{`column "n" of table lake.public.json_inner cannot hold "{\"x\": [1]}"`, "row 2 of", "column: n"}},
		{"json_range", "x.json", "{\"a\": 99999999999999999999}\n", badJSON, "22003", []string{`cannot hold "99999999999999999999" as bigint`, "row 1 of", "column: a"}},
		{"json_cut", "x.json", "{\"a\": 1}\n{\"a\": 2\n{\"a\": 3}\n", badJSON, "22P04", []string{"malformed JSON: the record ends inside a value", "row 2 of", "hint: Write the file anew"}},
	} {
		bucket := objstore.NewMemory("bad")
		put(t, bucket, c.name+"/"+c.file, c.content)
		faults := faulty.New(bucket, 1, faulty.Rule{Kind: faulty.Denied, Keys: "denied*/x*"}, faulty.Rule{Kind: faulty.Changed, Keys: "changed/x*"},
			faulty.Rule{Kind: faulty.Unavailable, Keys: "broken/x*"})
		policy := objstore.Policy{BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, MaxAttempts: 3, Budget: objstore.NewBudget(1e9, 1e9)}
		stores, err := objstore.NewSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := stores.Add("mem://bad", objstore.Retrying(faults, policy)); err != nil {
			t.Fatal(err)
		}
		dsn, _ := serveStores(t, stores)
		code, text := refused(t, dsn, "create external table "+c.name+" "+c.ddl+" location 'mem://bad/"+c.name+"/'", "select *, count(*) over () from "+c.name)
		names(t, c.name, code, c.code, text, append(c.want, "mem://bad/"+c.name+"/"+c.file, "table: public."+c.name, "table lake.public."+c.name)...)
	}
}

func put(t *testing.T, s objstore.Store, key, content string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(content), int64(len(content)), objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// alterStatement is the statement in the hint about a file that cannot be read.
var alterStatement = regexp.MustCompile(`ALTER TABLE .*\)`)

// The hint about a bad file is a statement that helps.
func TestBadFilesCanBeLeftOut(t *testing.T) {
	dsn := serveFiles(t, map[string]string{"t/k=1/a.csv": "1,2\n", "t/k=1/it's [bad].csv": "1,2,3\n", "t/k=2/c.csv.gz": "\x1f\x8bno", "t/k=2/d.csv": "3,4\n"})
	runAll(t, dsn, "create external table t "+strings.Replace(badCSV, ") row", ") partitioned by (k int) row", 1)+" location 'mem://ddl/t/'", "msck repair table t")
	for range 2 {
		_, text := refused(t, dsn, "select sum(a) from t")
		alter := alterStatement.FindString(text)
		if alter == "" {
			t.Fatalf("no statement in\n%s", text)
		}
		runAll(t, dsn, alter)
	}
	if got := runAll(t, dsn, "select sum(a), count(*) from t"); got[0] != "4|2" {
		t.Errorf("got %q", got)
	}
}
