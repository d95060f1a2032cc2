package json

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
)

func inferred(t *testing.T, key string, data []byte, o format.InferOptions) (*format.Inferred, string) {
	t.Helper()
	got, err := New().Infer(context.Background(), stored(t, key, data), o)
	if errors.Is(err, format.ErrNotRecognised) {
		return nil, "not recognised"
	}
	if err != nil {
		t.Fatal(err)
	}
	var cols []string
	for _, f := range got.Fields {
		cols = append(cols, f.Name+" "+f.Type.String())
	}
	return got, strings.Join(cols, "; ")
}

func TestInferTypes(t *testing.T) {
	var wide strings.Builder
	for i := range 200 {
		fmt.Fprintf(&wide, "{\"m\":{\"k%d\":%d}}\n", i, i)
	}
	for _, c := range []struct{ name, data, want string }{
		{"numbers", `{"a":1,"b":1.5,"c":1}{"a":2,"b":2,"c":null}`, "a bigint; b double; c bigint"},
		{"texts that look like numbers", `{"a":"1"}`, "a varchar"},
		{"times", `{"d":"2026-01-01","t":"2026-01-01T00:00:00Z","x":"2026-01-01"}{"d":"2026-01-02","t":"2026-01-01 10:00:00","x":"soon"}`, "d date; t timestamp; x varchar"},
		{"booleans", `{"a":true}{"a":false}`, "a boolean"},
		{"boolean and number", `{"a":true}{"a":1}`, "a varchar"},
		{"nothing but null", `{"a":null}`, "a unknown"},
		{"rows", `{"r":{"x":1}}{"r":{"y":"q","x":2.5}}`, "r row(x double, y varchar)"},
		{"arrays", `{"a":[1,2],"b":[],"c":[{"x":1}]}`, "a array(bigint); b array(varchar); c array(row(x bigint))"},
		{"mixed", `{"a":[1]}{"a":2}`, "a json"},
		{"empty object", `{"a":{}}`, "a json"},
		{"keys that are data", wide.String(), "m map(varchar, bigint)"},
		{"array of objects", "[{\"a\":1},\n{\"b\":true}]", "a bigint; b boolean"},
		{"indented", "{\n\"a\": 1\n}\n{\"a\": 2}", "a bigint"},
		{"capitals", `{"userId":1,"A b":2}`, "userId bigint; A b bigint"},
		{"array of numbers", `[1,2]`, "not recognised"},
		{"CSV", "a,b\n1,2\n", "not recognised"},
		{"malformed", `{"a":1`, "not recognised"},
		{"binary", "{\"a\":\x00}", "not recognised"},
		{"blank", " \n", "not recognised"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, got := inferred(t, "f.json", []byte(c.data), format.InferOptions{}); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestInferSamples(t *testing.T) {
	data := events()
	whole, _ := inferred(t, "f.json", data[:bytes.LastIndexByte(data[:100_000], '\n')+1], format.InferOptions{})
	if whole.Rows <= 0 || len(whole.Sample[3]) == 0 || whole.Sample[3][0] != "page_view" || whole.Columns[3].Distinct != 1 {
		t.Errorf("%d rows, sample %q, %+v", whole.Rows, whole.Sample[3], whole.Columns[3])
	}
	part, _ := inferred(t, "f.json", data, format.InferOptions{MaxBytes: 10_000})
	if part.Rows >= 0 || len(part.Fields) != len(whole.Fields) {
		t.Errorf("%d rows of a sample, %d fields", part.Rows, len(part.Fields))
	}
	few, _ := inferred(t, "f.json", data, format.InferOptions{MaxRows: 3})
	if few.Rows >= 0 || len(few.Sample[0]) != 3 {
		t.Errorf("%d rows, %d samples", few.Rows, len(few.Sample[0]))
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(data) //nolint:errcheck // to memory
	w.Close()     //nolint:errcheck // to memory
	for _, key := range []string{"f.json.gz", "f.json"} {
		packed, _ := inferred(t, key, z.Bytes(), format.InferOptions{})
		if len(packed.Fields) != len(whole.Fields) || !strings.Contains(packed.Evidence, "gzip") {
			t.Errorf("%s: %d fields, %s", key, len(packed.Fields), packed.Evidence)
		}
	}
}

// FuzzInferredFilesAreRead infers the columns of any file and reads it by them: all records that were counted, or an error.
func FuzzInferredFilesAreRead(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1,\"b\":\"x\"}\n{\"a\":2.5,\"c\":[1,null]}", `[{"m":{"x":true}},{"m":{"y":"2026-01-01"}}]`, "{\n\"a\": 1\n}\n{\"A\": \"\\ud83d\\ude00\"}", `{"a":{},"b":[[]],"c":[{"d":[{}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			return
		}
		file := stored(t, "f.json", data)
		in, err := New().Infer(context.Background(), file, format.InferOptions{})
		if err != nil {
			return
		}
		r := request(t, "a bigint")
		r.Storage, r.Fields, r.Output = in.Storage, nil, nil
		for i, c := range in.Fields {
			if c.Type.Kind == schema.Unknown {
				c.Type = schema.Text
			}
			r.Fields, r.Output = append(r.Fields, c), append(r.Output, i)
		}
		got, err := count(r, file)
		if err == nil && in.Rows >= 0 && int64(got) != in.Rows {
			t.Fatalf("%d rows, inferred %d", got, in.Rows)
		}
		if n := r.Query.Memory.Used(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}
