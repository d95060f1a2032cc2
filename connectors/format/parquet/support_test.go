package parquet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
)

// stored puts a file into a store of its own.
func stored(t testing.TB, data []byte) format.File {
	t.Helper()
	s := objstore.NewMemory("test")
	obj, err := s.Put(context.Background(), "dir/file.parquet", bytes.NewReader(data), int64(len(data)), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return format.File{Store: s, Object: obj}
}

// shortTail makes the first request read no more than the end of the footer, in every other round: small files are then
// read as large ones are.
func shortTail(t testing.TB, round uint64) {
	t.Helper()
	old := tailBytes
	t.Cleanup(func() { tailBytes = old })
	tailBytes = 128 << 10
	if round%2 == 1 {
		tailBytes = 12
	}
}

// request reads the given fields of a file.
func request(fields []format.Field, output ...int) *format.Request {
	return &format.Request{
		Query: &connectors.Query{}, Metrics: &connectors.Metrics{}, Table: schema.TableName{Schema: "public", Table: "t"},
		Fields: fields, Output: output,
	}
}

// fieldsOf are the columns that a file says it has.
func fieldsOf(t testing.TB, f format.File) []format.Field {
	t.Helper()
	inferred, err := Format{}.Infer(context.Background(), f, format.InferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return inferred.Fields
}

// scan reads a file by one reader and returns the text of its rows.
func scan(r *format.Request, f format.File) (out [][]string, err error) {
	err = eachBatch(r, f, func(b *vector.Batch) { out = appendText(out, b) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scanBatches reads a file by one reader and passes the values of the first column on.
func scanBatches(r *format.Request, f format.File, each func(schema.Value)) error {
	return eachBatch(r, f, func(b *vector.Batch) {
		for i := range b.Len {
			each(vector.ValueAt(b.Cols[0], i))
		}
	})
}

func eachBatch(r *format.Request, f format.File, each func(*vector.Batch)) error {
	ctx := context.Background()
	splits, err := Format{}.Splits(ctx, r, f)
	if err != nil {
		return err
	}
	rd := Format{}.NewReader(r)
	defer func() { _ = rd.Close() }()
	for _, s := range splits {
		if err := rd.Assign(ctx, s); err != nil {
			return err
		}
		for {
			b, err := rd.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			each(b)
		}
	}
	return nil
}

func appendText(out [][]string, b *vector.Batch) [][]string {
	sel := b.Sel
	if sel == nil {
		sel = make([]uint32, b.Len)
		for i := range sel {
			sel[i] = uint32(i)
		}
	}
	for _, r := range sel {
		row := make([]string, len(b.Cols))
		for i, c := range b.Cols {
			row[i] = textOf(vector.ValueAt(c, int(r)))
		}
		out = append(out, row)
	}
	return out
}

func textOf(v schema.Value) string {
	if !v.Valid {
		return "NULL"
	}
	return v.Text()
}

// where makes a filter of one predicate, evaluated value by value.
func where(column int, op connectors.Op, values ...schema.Value) connectors.Filter {
	p := connectors.Predicate{Column: column, Op: op, Values: values}
	return connectors.Filter{
		Columns: []int{column}, Predicates: []connectors.Predicate{p}, Exact: true, Text: p.Describe("c"),
		NewMatcher: func() connectors.Matcher {
			return &slowMatcher{test: func(vs []schema.Value) bool { return holds(&p, vs[0]) }}
		},
	}
}

// slowMatcher tests rows one by one.
type slowMatcher struct {
	test func([]schema.Value) bool
	out  []uint32
}

func (m *slowMatcher) Match(_ context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	m.out = append(m.out[:0:0], make([]uint32, 0, 1)...)
	vs := make([]schema.Value, len(cols))
	test := func(r uint32) {
		for i, c := range cols {
			vs[i] = vector.ValueAt(c, int(r))
		}
		if m.test(vs) {
			m.out = append(m.out, r)
		}
	}
	if sel == nil {
		for r := range uint32(n) {
			test(r)
		}
		return m.out, nil
	}
	for _, r := range sel {
		test(r)
	}
	return m.out, nil
}

// holds evaluates a predicate as a WHERE clause does.
func holds(p *connectors.Predicate, v schema.Value) bool {
	switch p.Op {
	case connectors.IsNull:
		return !v.Valid
	case connectors.IsNotNull:
		return v.Valid
	}
	if !v.Valid {
		return false
	}
	c := v.Compare(p.Values[0])
	switch p.Op {
	case connectors.Eq:
		return c == 0
	case connectors.Ne:
		return c != 0
	case connectors.Lt:
		return c < 0
	case connectors.Le:
		return c <= 0
	case connectors.Gt:
		return c > 0
	case connectors.Ge:
		return c >= 0
	case connectors.In:
		for _, x := range p.Values {
			if v.Compare(x) == 0 {
				return true
			}
		}
		return false
	case connectors.Prefix:
		return len(v.S) >= len(p.Values[0].S) && v.S[:len(p.Values[0].S)] == p.Values[0].S
	}
	return false
}
