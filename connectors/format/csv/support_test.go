package csv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// comma is the usual storage: commas, double quotes.
var comma = catalog.Storage{Format: catalog.CSV, Delimiter: ',', Quote: '"', FixedHeader: true}

// fileOf stores content in memory.
func fileOf(t testing.TB, key string, content []byte) format.File {
	t.Helper()
	s := objstore.NewMemory("b")
	obj, err := s.Put(context.Background(), key, bytes.NewReader(content), int64(len(content)), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return format.File{Store: s, Object: obj}
}

// fieldsOf reads "name type, name type"; a type may be followed by =source.
func fieldsOf(t testing.TB, text string) []format.Field {
	t.Helper()
	var out []format.Field
	for _, part := range strings.Split(text, "; ") {
		name, typ, _ := strings.Cut(part, " ")
		typ, source, _ := strings.Cut(typ, "=")
		parsed, err := schema.ParseType(typ)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, format.Field{Name: name, Type: parsed, Source: source})
	}
	return out
}

// request asks for all fields.
func request(fields []format.Field, s catalog.Storage) *format.Request {
	r := &format.Request{Query: &connectors.Query{Memory: memory.NewBudget("test", 1<<30, nil), Workers: 4}, Metrics: &connectors.Metrics{},
		Table: schema.TableName{Schema: "public", Table: "t"}, Fields: fields, Storage: s}
	for i := range fields {
		r.Output = append(r.Output, i)
	}
	return r
}

// readAll reads a file with the given number of readers and returns the rows, fields joined by bars, in any order.
func readAll(t testing.TB, r *format.Request, f format.File, readers int) ([]string, error) {
	t.Helper()
	splits, err := New().Splits(context.Background(), r, f)
	if err != nil {
		return nil, err
	}
	work := make(chan format.Split, len(splits))
	for _, s := range splits {
		work <- s
	}
	close(work)
	var mu sync.Mutex
	var rows []string
	var failed error
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			x := New().NewReader(r)
			defer x.Close() //nolint:errcheck // nothing was written
			for s := range work {
				part, err := drain(x, s)
				mu.Lock()
				rows = append(rows, part...)
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n := r.Query.Memory.Used(); n != 0 {
		t.Errorf("%d bytes were not given back", n)
	}
	return rows, failed
}

func drain(x format.Reader, s format.Split) (rows []string, err error) {
	ctx := context.Background()
	if err := x.Assign(ctx, s); err != nil {
		return nil, err
	}
	for {
		b, err := x.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		sel := b.Sel
		if sel == nil {
			for i := range b.Len {
				sel = append(sel, uint32(i))
			}
		}
		for _, i := range sel {
			rows = append(rows, rowText(b, int(i)))
		}
	}
}

func rowText(b *vector.Batch, i int) string {
	var out []string
	for _, c := range b.Cols {
		v := vector.ValueAt(c, i)
		if !v.Valid {
			out = append(out, "∅")
			continue
		}
		out = append(out, string(v.AppendText(nil, time.UTC)))
	}
	return strings.Join(out, "|")
}

// equal compares rows in order.
func equal(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d\n got %q\nwant %q", len(got), len(want), got[:min(len(got), 20)], want[:min(len(want), 20)])
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("row %d: %q, want %q", i, got[i], want[i])
		}
	}
}

// filter keeps rows whose columns, joined by bars, satisfy keep.
func filter(columns []int, keep func(string) bool) connectors.Filter {
	return connectors.Filter{Columns: columns, NewMatcher: func() connectors.Matcher { return &matcher{keep: keep} }}
}

type matcher struct {
	keep func(string) bool
	out  []uint32
}

func (m *matcher) Match(_ context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	m.out = m.out[:0]
	if m.out == nil {
		m.out = []uint32{}
	}
	if sel == nil {
		for i := range n {
			sel = append(sel, uint32(i))
		}
	}
	b := &vector.Batch{Len: n, Cols: cols}
	for _, i := range sel {
		if m.keep(rowText(b, int(i))) {
			m.out = append(m.out, i)
		}
	}
	return m.out, nil
}

// tightBudget has room for ordinary records only.
func tightBudget() *memory.Budget { return memory.NewBudget("query memory limit", 16<<20, nil) }
