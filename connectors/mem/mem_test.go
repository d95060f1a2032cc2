package mem_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/connectors/mem"
)

func rows() ([]schema.Column, [][]schema.Value) {
	columns := []schema.Column{
		{Name: "id", Type: schema.T(schema.BigInt)}, {Name: "name", Type: schema.Text}, {Name: "price", Type: schema.DecimalOf(30, 2)},
		{Name: "day", Type: schema.T(schema.Date)}, {Name: "ok", Type: schema.T(schema.Boolean)},
		{Name: "tags", Type: schema.ArrayOf(schema.Text)},
	}
	var out [][]schema.Value
	for i := range int64(50) {
		row := []schema.Value{
			schema.IntValue(columns[0].Type, i), schema.TextValue(fmt.Sprintf("name %d", i%7)),
			schema.Int128Value(columns[2].Type, schema.Int128FromInt64(i*100-700)), schema.IntValue(columns[3].Type, 20000+i%5),
			schema.BoolValue(i%2 == 0), schema.NestedValue(columns[5].Type, []schema.Value{schema.TextValue(strconv.FormatInt(i, 10))}),
		}
		if i%6 == 0 {
			row[i/6%6] = schema.NullOf(columns[i/6%6].Type)
		}
		out = append(out, row)
	}
	return columns, out
}

func TestConformance(t *testing.T) {
	for _, batchRows := range []int{0, 7} {
		c := mem.New("memory", "public")
		columns, data := rows()
		c.AddRows("public", "things", columns, data, batchRows)
		conntest.Run(t, conntest.Source{Connector: c, Schema: "public", Table: "things", Columns: columns, Rows: data})
	}
}
