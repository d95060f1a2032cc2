package parquet

import (
	"bytes"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/vector"
)

// An offset index that lists no pages says nothing: a large row group must not vanish with it.
func TestOffsetIndexWithoutPages(t *testing.T) {
	const rows = 600_000
	var buf bytes.Buffer
	w := pq.NewGenericWriter[struct {
		N int64 `parquet:"n"`
	}](&buf)
	chunk := make([]struct {
		N int64 `parquet:"n"`
	}, rows)
	if _, err := w.Write(chunk); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	f, err := openFile(t.Context(), stored(t, data))
	if err != nil {
		t.Fatal(err)
	}
	c := f.meta.RowGroups[0].Columns[0]
	index := data[c.OffsetIndexOffset : c.OffsetIndexOffset+int64(c.OffsetIndexLength)]
	clear(index)
	index[0], index[1] = 0x19, 0x0c // field 1, a list of no structs
	r := request([]format.Field{{Name: "n", Type: f.columns[0].typ}}, 0)
	r.Query = &connectors.Query{Workers: 4}
	n := 0
	if err := eachBatch(r, stored(t, data), func(b *vector.Batch) { n += b.Rows() }); err != nil || n != rows {
		t.Errorf("%d rows, %v; want %d", n, err, rows)
	}
}
