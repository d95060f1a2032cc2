package json

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// stored puts content into a store.
func stored(t testing.TB, key string, content []byte) format.File {
	t.Helper()
	s := objstore.NewMemory("bucket")
	obj, err := s.Put(context.Background(), key, bytes.NewReader(content), int64(len(content)), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return format.File{Store: s, Object: obj}
}

// request asks for all of the fields, which are written "name type, name type".
func request(t testing.TB, columns string) *format.Request {
	t.Helper()
	r := &format.Request{
		Query:   &connectors.Query{Memory: memory.NewBudget("test", 1<<30, nil), Workers: 2},
		Metrics: &connectors.Metrics{}, Table: schema.TableName{Catalog: "lake", Schema: "public", Table: "things"},
		Storage: catalog.Storage{Format: catalog.JSON},
	}
	for i, c := range strings.Split(columns, "; ") {
		name, text, _ := strings.Cut(c, " ")
		typ, err := schema.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		r.Fields = append(r.Fields, format.Field{Name: name, Type: typ})
		r.Output = append(r.Output, i)
	}
	return r
}

// rows reads a file and returns its rows in text form.
func rows(r *format.Request, f format.File) (out []string, err error) {
	err = eachBatch(r, f, func(b *vector.Batch) { out = append(out, texts(b)...) })
	return out, err
}

// count reads a file and returns the number of its rows.
func count(r *format.Request, f format.File) (n int, err error) {
	err = eachBatch(r, f, func(b *vector.Batch) { n += b.Rows() })
	return n, err
}

func eachBatch(r *format.Request, f format.File, each func(*vector.Batch)) (err error) {
	ctx := context.Background()
	splits, err := New().Splits(ctx, r, f)
	if err != nil {
		return err
	}
	x := New().NewReader(r)
	defer func() { err = errors.Join(err, x.Close()) }()
	for _, s := range splits {
		if err := x.Assign(ctx, s); err != nil {
			return err
		}
		for {
			b, err := x.Next(ctx)
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

func texts(b *vector.Batch) (out []string) {
	b = b.Clone()
	for i := range b.Len {
		var row []string
		for _, c := range b.Cols {
			v := vector.ValueAt(c, i)
			if !v.Valid {
				row = append(row, "NULL")
				continue
			}
			row = append(row, v.Text())
		}
		out = append(out, strings.Join(row, " | "))
	}
	return out
}
