package csv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format"
)

// The directive is "infer key=name [csv]", its input the file, in which ␉ is a tab, ␁ the byte 1 and ␛ the escape of a
// leading blank line.
func TestInfer(t *testing.T) {
	datadriven.RunTest(t, "testdata/infer", func(t *testing.T, d *datadriven.TestData) string {
		key := "f.csv"
		d.MaybeScanArgs(t, "key", &key)
		in := strings.NewReplacer("␉", "\t", "␁", "\x01", "␍", "\r").Replace(d.Input)
		o := format.InferOptions{}
		header := -1
		if d.HasArg("header") {
			d.ScanArgs(t, "header", &header)
			o.Storage = comma
			o.Storage.HeaderLines, o.Storage.FixedHeader = header, header == 0
		}
		got, err := New().Infer(context.Background(), fileOf(t, key, []byte(in+"\n")), o)
		if errors.Is(err, format.ErrNotRecognised) {
			return "not recognised\n"
		}
		if err != nil {
			return err.Error() + "\n"
		}
		return describe(got)
	})
}

func describe(in *format.Inferred) string {
	var b strings.Builder
	s := in.Storage
	fmt.Fprintf(&b, "delimiter %q quote %q escape %q null %q header %d decided %v rows %d\n", s.Delimiter, s.Quote, s.Escape, s.NullText, s.HeaderLines, in.HeaderDecided, in.Rows)
	for i, f := range in.Fields {
		c := in.Columns[i]
		fmt.Fprintf(&b, "  %s %s", f.Name, f.Type)
		if f.Source != "" {
			fmt.Fprintf(&b, " source %q", f.Source)
		}
		fmt.Fprintf(&b, " nulls %.2f distinct %.0f", c.NullFraction, c.Distinct)
		if c.Min.Valid {
			fmt.Fprintf(&b, " %s to %s", c.Min.Literal(), c.Max.Literal())
		}
		b.WriteByte('\n')
	}
	if in.Header != nil {
		fmt.Fprintf(&b, "  perhaps a header: %q\n", in.Header)
	}
	fmt.Fprintf(&b, "  %.2f: %s\n", in.Confidence, in.Evidence)
	return b.String()
}

// What is inferred must be read without errors.
func TestInferredFilesAreRead(t *testing.T) {
	data, _ := bigFile(3000)
	data = append([]byte("i,a,c,d\n"), data...)
	f := fileOf(t, "f.csv", data)
	in, err := New().Infer(context.Background(), f, format.InferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(t, request(in.Fields, in.Storage), f, 1)
	if err != nil || int64(len(got)) != in.Rows || in.Storage.HeaderLines != 1 {
		t.Fatalf("%d rows, inferred %d, %d header lines: %v", len(got), in.Rows, in.Storage.HeaderLines, err)
	}
}

func FuzzInferredFilesAreRead(f *testing.F) {
	input, err := os.ReadFile("testdata/infer")
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(string(input), "\n\n") {
		f.Add([]byte(block))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			return
		}
		file := fileOf(t, "f.csv", data)
		in, err := New().Infer(context.Background(), file, format.InferOptions{})
		if err != nil {
			return
		}
		if in.Storage.Format != catalog.CSV || len(in.Fields) == 0 || len(in.Columns) != len(in.Fields) || len(in.Sample) != len(in.Fields) {
			t.Fatalf("%+v", in)
		}
		rows, err := readAll(t, request(in.Fields, in.Storage), file, 1)
		if err == nil && in.Rows >= 0 && int64(len(rows)) != in.Rows {
			t.Fatalf("%d rows, inferred %d", len(rows), in.Rows)
		}
	})
}
