package lake_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/conntest"
)

// TestConformanceOfNestedColumns reads JSON lines, an array and a compressed file, with arrays, rows and maps.
func TestConformanceOfNestedColumns(t *testing.T) {
	w := newWorld(t)
	def := &catalog.Table{
		Database: "public", Name: "docs", Location: "mem://b/docs/", Storage: catalog.Storage{Format: catalog.JSON},
		Columns: columns(t, "id bigint; tags array(varchar); r row(x bigint, y varchar); m map(varchar, double); at timestamp; flag boolean"),
		Keys:    columns(t, "part integer"),
	}
	w.update(func(tx catalog.Tx) error {
		ctx := context.Background()
		if err := tx.CreateTable(ctx, def); err != nil {
			return err
		}
		var parts []catalog.Partition
		for i := range int64(3) {
			parts = append(parts, catalog.Partition{Location: fmt.Sprintf("mem://b/docs/%d/", i), Values: []schema.Value{schema.IntValue(def.Keys[0].Type, i)}})
		}
		return tx.AddPartitions(ctx, def, parts, false)
	})
	src := conntest.Source{Connector: w.lake, Schema: "public", Table: "docs"}
	for _, c := range def.AllColumns() {
		src.Columns = append(src.Columns, schema.Column{Name: c.Name, Type: c.Type})
	}
	for part := range int64(3) {
		var objects []string
		for i := range int64(12) {
			row := document(def, part*12+i)
			objects = append(objects, string(schema.NestedValue(rowType(def), row).AppendJSON(nil, time.UTC)))
			src.Rows = append(src.Rows, append(row, schema.IntValue(def.Keys[0].Type, part)))
		}
		switch part {
		case 0:
			w.put("docs/0/lines.json", strings.Join(objects, "\n"))
		case 1:
			w.put("docs/1/array.json", "[\n"+strings.Join(objects, ",\n")+"\n]\n")
		default:
			var z bytes.Buffer
			g := gzip.NewWriter(&z)
			fmt.Fprintln(g, strings.Join(objects, "\n")) //nolint:errcheck // to memory
			g.Close()                                    //nolint:errcheck // to memory
			w.put("docs/2/lines.json.GZ", z.String())
		}
	}
	conntest.Run(t, src)
}

func rowType(t *catalog.Table) schema.Type {
	var fields []schema.Field
	for _, c := range t.Columns {
		fields = append(fields, schema.Field{Name: c.Name, Type: c.Type})
	}
	return schema.RowOf(fields...)
}

// document returns a row; every sixth value is NULL.
func document(t *catalog.Table, i int64) []schema.Value {
	typ := func(k int) schema.Type { return t.Columns[k].Type }
	text := schema.TextValue
	row := []schema.Value{
		schema.IntValue(typ(0), i),
		schema.NestedValue(typ(1), []schema.Value{text(fmt.Sprintf("tag %d", i%3)), text("ü\"\n")}),
		schema.NestedValue(typ(2), []schema.Value{schema.IntValue(schema.T(schema.BigInt), i*i), text("y")}),
		schema.NestedValue(typ(3), []schema.Value{text("k"), schema.FloatValue(schema.T(schema.Double), float64(i)/4)}),
		schema.IntValue(typ(4), 1_700_000_000_123_456+i*1_000_000),
		schema.BoolValue(i%2 == 0),
	}
	if i%6 == 5 {
		k := int(i/6) % len(row)
		row[k] = schema.NullOf(typ(k))
	}
	return row
}
