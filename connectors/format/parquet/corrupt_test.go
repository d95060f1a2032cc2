package parquet

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// readDamaged reads a file that may be damaged, as text, filtered and inferred, and checks how it fails: with an error that
// says where, within a memory budget, and without a panic (which the reader would have turned into an error with a
// stack in its detail).
func readDamaged(t *testing.T, data []byte, fields []format.Field) {
	t.Helper()
	if len(data) == 0 {
		return
	}
	shortTail(t, uint64(len(data)+int(data[len(data)/2])))
	f := stored(t, data)
	check := func(err error) {
		t.Helper()
		if err == nil {
			return
		}
		e := sqlerr.As(err)
		if e == nil || strings.Contains(e.Detail, "goroutine") {
			t.Fatalf("a panic or an error without a code: %v\n%s", err, detail(e))
		}
		switch e.Code {
		case sqlerr.DataCorrupted, sqlerr.FeatureNotSupported, sqlerr.DatatypeMismatch:
			if !strings.Contains(e.Message, f.Store.URL(f.Object.Key)) && e.Code == sqlerr.DataCorrupted {
				t.Fatalf("the error does not say which file: %v", err)
			}
		case sqlerr.OutOfMemory:
		default:
			t.Fatalf("unexpected code %s: %v", e.Code, err)
		}
	}
	start := time.Now()
	if _, err := (Format{}).Infer(context.Background(), f, format.InferOptions{}); err != nil {
		check(err)
	}
	output := make([]int, len(fields))
	for i := range output {
		output[i] = i
	}
	budget := memory.NewBudget("query memory limit", 64<<20, nil)
	r := request(fields, output...)
	r.Query.Memory = budget
	_, err := scanAtMost(r, f, 50_000)
	check(err)
	r.Query.Close()
	r = request(fields, output...)
	r.Query.Memory = budget
	r.Filters = []connectors.Filter{where(0, connectors.IsNotNull), where(len(fields)-1, connectors.IsNotNull)}
	_, err = scanAtMost(r, f, 50_000)
	check(err)
	r.Query.Close()
	if used := budget.Used(); used != 0 {
		t.Fatalf("%d bytes were not given back", used)
	}
	if spent := time.Since(start); spent > 4*time.Second {
		t.Fatalf("took %v", spent)
	}
}

func detail(e *sqlerr.Error) string {
	if e == nil {
		return ""
	}
	return e.Detail
}

// scanAtMost reads until it has n rows: damaged counts may promise billions of NULLs.
func scanAtMost(r *format.Request, f format.File, n int64) ([][]string, error) {
	r.Limit = n
	return scan(r, f)
}

// damaged are the files that the tests of damage start from.
func damaged(t testing.TB) [][]byte {
	var out [][]byte
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 4))
		if seed%3 == 0 {
			data, _ := writeNested(t, r, 40)
			out = append(out, data)
		} else {
			out = append(out, randomFile(t, r).data)
		}
	}
	return out
}

func TestTruncatedFilesAreRefused(t *testing.T) {
	for _, data := range damaged(t) {
		fields := fieldsOf(t, stored(t, data))
		for i := range 50 {
			readDamaged(t, data[:len(data)*i/50], fields)
		}
	}
}

func TestDamagedBytesNeverPanic(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	for seed, data := range damaged(t) {
		fields := fieldsOf(t, stored(t, data))
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		for range rounds {
			bad := append([]byte(nil), data...)
			for range 1 + r.IntN(3) {
				at := r.IntN(len(bad))
				if r.IntN(2) == 0 && len(bad) > 600 {
					at = len(bad) - 1 - r.IntN(600) // the footer
				}
				bad[at] = []byte{0, 0xff, 0x7f, 0x80, byte(r.Uint32()), bad[at] ^ 1<<r.IntN(8)}[r.IntN(6)]
			}
			readDamaged(t, bad, fields)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	data := events(t, 3000)
	f := stored(t, data)
	fields := fieldsOf(t, f)
	opened, err := openFile(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := opened.offsets(context.Background(), f, 1, 0)
	if err != nil || len(pages) < 4 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for i := pages[3].Size / 2; i < pages[3].Size; i++ {
		data[pages[3].Offset+int64(i)] ^= 0x55
	}
	_, err = scan(request(fields, 0), stored(t, data))
	e := sqlerr.As(err)
	if e == nil || e.Code != sqlerr.DataCorrupted || e.Table != "t" || e.Schema != "public" {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{f.Store.URL(f.Object.Key), "row group 1", `column "id"`, "page 3", "checksum"} {
		if !strings.Contains(e.Message, part) {
			t.Errorf("%q does not say %q", e.Message, part)
		}
	}
}

func TestNotParquetIsNotRecognised(t *testing.T) {
	for text, recognised := range map[string]bool{
		"": false, "PAR1": false, "a,b,c\n1,2,3\n4,5,6\n": false, "PAR1" + strings.Repeat("\x00", 15) + "\xff\xff\xff\x7fPAR1": true,
	} {
		_, err := Format{}.Infer(context.Background(), stored(t, []byte(text)), format.InferOptions{})
		if err == nil || errors.Is(err, format.ErrNotRecognised) == recognised || !sqlerr.Is(err, sqlerr.DataCorrupted) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, data := range damaged(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		file := stored(t, data)
		fields := []format.Field{{Name: "id", Type: schema.T(schema.BigInt)}}
		if in, err := (Format{}).Infer(context.Background(), file, format.InferOptions{}); err == nil && len(in.Fields) > 0 {
			fields = in.Fields
		}
		readDamaged(t, data, fields)
	})
}
