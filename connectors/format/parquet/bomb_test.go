package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/memory"
)

// withFooter replaces a file's footer.
func withFooter(t *testing.T, data []byte, change func(*pqformat.FileMetaData)) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	var m pqformat.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data[len(data)-8-n:len(data)-8], &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &m)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(data[:len(data)-8-n]), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func TestFootersThatLieAreRefused(t *testing.T) {
	data := events(t, 3000)
	fields := fieldsOf(t, stored(t, data))
	chunk := func(f func(*pqformat.ColumnMetaData)) func(*pqformat.FileMetaData) {
		return func(m *pqformat.FileMetaData) {
			for g := range m.RowGroups {
				f(&m.RowGroups[g].Columns[0].MetaData)
			}
		}
	}
	cases := map[string]func(*pqformat.FileMetaData){
		"billions of rows":            func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = 1<<31 - 1 },
		"more than billions of rows":  func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = 1 << 40 },
		"negative rows":               func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = -1 },
		"a row group without columns": func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns = nil },
		"pages outside the file":      chunk(func(c *pqformat.ColumnMetaData) { c.DataPageOffset = 1 << 50 }),
		"a chunk of petabytes":        chunk(func(c *pqformat.ColumnMetaData) { c.TotalCompressedSize = 1 << 50 }),
		"another type":                chunk(func(c *pqformat.ColumnMetaData) { c.Type = pqformat.Double }),
		"an unknown codec":            chunk(func(c *pqformat.ColumnMetaData) { c.Codec = 99 }),
		"LZO":                         chunk(func(c *pqformat.ColumnMetaData) { c.Codec = pqformat.LZO }),
		"the wrong codec":             chunk(func(c *pqformat.ColumnMetaData) { c.Codec = pqformat.Zstd }),
		"values for other rows":       chunk(func(c *pqformat.ColumnMetaData) { c.NumValues = 1 << 40 }),
		"no schema":                   func(m *pqformat.FileMetaData) { m.Schema = nil },
		"children that are missing":   func(m *pqformat.FileMetaData) { m.Schema[0].NumChildren.V = 1 << 30 },
		"a decimal of 99 digits": func(m *pqformat.FileMetaData) {
			m.Schema[1].LogicalType = pqformat.LogicalType{Value: &pqformat.DecimalType{Precision: 99}}
		},
	}
	for name, change := range cases {
		bad := withFooter(t, data, change)
		readDamaged(t, bad, fields)
		if _, err := scan(request(fields, 0), stored(t, bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDeepAndWideSchemas(t *testing.T) {
	data := events(t, 10)
	deep := func(n int) []byte {
		return withFooter(t, data, func(m *pqformat.FileMetaData) {
			m.Schema = m.Schema[:0]
			for range n {
				m.Schema = append(m.Schema, pqformat.SchemaElement{Name: "g", NumChildren: thrift.New[int32](1), RepetitionType: thrift.New(pqformat.Repeated)})
			}
			m.Schema = append(m.Schema, pqformat.SchemaElement{Name: "x", Type: thrift.New(pqformat.Int32), RepetitionType: thrift.New(pqformat.Required)})
			m.RowGroups = nil
		})
	}
	_, err := Format{}.Infer(context.Background(), stored(t, deep(10_000)), format.InferOptions{})
	if err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("10,000 nested lists: %v", err)
	}
	if _, err := (Format{}).Infer(context.Background(), stored(t, deep(20)), format.InferOptions{}); err != nil {
		t.Errorf("20 nested lists: %v", err)
	}
	wide := withFooter(t, data, func(m *pqformat.FileMetaData) {
		m.Schema = m.Schema[:1]
		m.Schema[0].NumChildren.V = 70_000
		for range 70_000 {
			m.Schema = append(m.Schema, pqformat.SchemaElement{Name: "x", Type: thrift.New(pqformat.Int32), RepetitionType: thrift.New(pqformat.Required)})
		}
		m.RowGroups = nil
	})
	if _, err := (Format{}).Infer(context.Background(), stored(t, wide), format.InferOptions{}); err == nil {
		t.Error("70,000 columns were accepted")
	}
}

// A page of zeros is small when it is compressed: what it inflates to counts.
func TestInflatedPagesCountAgainstTheQuery(t *testing.T) {
	type blob struct {
		B string `parquet:"b,plain,zstd"`
	}
	var buf bytes.Buffer
	w := pq.NewGenericWriter[blob](&buf, pq.PageBufferSize(200<<20))
	row := []blob{{strings.Repeat("\x00", 1<<10)}}
	for range 64 << 10 {
		if _, err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if buf.Len() > 1<<20 {
		t.Fatalf("the bomb has %d bytes", buf.Len())
	}
	f := stored(t, buf.Bytes())
	r := request([]format.Field{{Name: "b", Type: schema.T(schema.Varbinary)}}, 0)
	r.Query.Memory = memory.NewBudget("query memory limit", 16<<20, nil)
	if _, err := scan(r, f); err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("got %v", err)
	}
	if peak := r.Query.Memory.Peak(); peak > 16<<20 {
		t.Errorf("peak %d", peak)
	}
}

// readPieces reads the pieces of row group 2 that the given rows cut it into.
func readPieces(t *testing.T, r *format.Request, f format.File, cuts []int) (out [][]string) {
	t.Helper()
	opened, err := openFile(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	o := &fileScan{begun: map[slot]*ahead{}}
	for i, from := range cuts[:len(cuts)-1] {
		o.pieces = append(o.pieces, &piece{file: opened, groups: []int{2}, from: from, to: cuts[i+1], number: i, opened: o})
	}
	rd := newReader(r)
	defer r.Query.Close()
	defer func() { _ = rd.Close() }()
	for _, p := range o.pieces {
		if err := rd.Assign(context.Background(), format.Split{File: f, Part: p}); err != nil {
			t.Fatal(err)
		}
		for {
			b, err := rd.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			out = appendText(out, b)
		}
	}
	return out
}

// The parts of a cut row group return every row once, and are billed what the whole is.
func TestRowGroupsCanBeCut(t *testing.T) {
	f := stored(t, events(t, 5000))
	fields := fieldsOf(t, f)
	for _, filter := range []connectors.Filter{
		where(1, connectors.Ge, schema.IntValue(schema.T(schema.Integer), 3)), // no page is excluded
		where(0, connectors.Ge, id(2444)),
		where(0, connectors.Lt, id(2100)),
	} {
		read := func(cuts ...int) ([][]string, int64) {
			r := request(fields, 0, 2, 4)
			r.Filters = []connectors.Filter{filter}
			return readPieces(t, r, f, cuts), r.Metrics.BilledBytes.Load()
		}
		want, whole := read(0, 1000)
		got, billed := read(0, 137, 138, 500, 999, 1000)
		compare(t, 0, filter.Text, got, want)
		if billed != whole || len(want) == 0 {
			t.Errorf("%s: billed %d, whole %d", filter.Text, billed, whole)
		}
	}
}
