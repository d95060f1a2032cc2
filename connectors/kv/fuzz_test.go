package kv

import (
	"bytes"
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// keyLayout has parts of every sort, the string last or not, ascending and descending.
var keyLayout = []KeyColumn{
	{Name: "b", Type: schema.T(schema.Boolean)}, {Name: "s", Type: schema.Text}, {Name: "d", Type: schema.T(schema.Date), Descending: true},
	{Name: "t", Type: schema.Text, Descending: true}, {Name: "n", Type: schema.T(schema.BigInt)},
}

// FuzzRowKeys reads any bytes as a row key. What can be read is what is written for the values that were read.
func FuzzRowKeys(f *testing.F) {
	values := []schema.Value{
		schema.BoolValue(true), schema.TextValue("a\x00b"), schema.IntValue(schema.T(schema.Date), -1), schema.TextValue(""), schema.IntValue(schema.T(schema.BigInt), 1<<40),
	}
	var key []byte
	for i, v := range values {
		key = appendKey(key, v, keyLayout[i].Descending)
	}
	f.Add(key)
	f.Add(key[:len(key)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, key []byte) {
		out := make([]*vector.Builder, len(keyLayout))
		for i, c := range keyLayout {
			out[i] = vector.NewBuilder(c.Type, 1)
		}
		d := keyDecoder{columns: keyLayout}
		if err := d.decode(key, out); err != nil {
			if !sqlerr.Is(err, sqlerr.DataCorrupted) {
				t.Fatal(err)
			}
			return
		}
		var again []byte
		for i, b := range out {
			again = appendKey(again, vector.ValueAt(b.Build(), 0), keyLayout[i].Descending)
		}
		if len(key) > 0 && key[0] <= 1 && !bytes.Equal(again, key) {
			t.Fatalf("%x was read and is written %x", key, again)
		}
	})
}

// FuzzCells reads any bytes as a cell of each type.
func FuzzCells(f *testing.F) {
	f.Add([]byte{1})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 7})
	f.Add([]byte("text"))
	f.Fuzz(func(t *testing.T, cell []byte) {
		for _, typ := range []schema.Type{
			schema.T(schema.Boolean), schema.T(schema.Integer), schema.T(schema.BigInt), schema.T(schema.Real), schema.T(schema.Double), schema.Text, schema.T(schema.TimestampTZ),
		} {
			b := vector.NewBuilder(typ, 1)
			err := decodeCell(b, cell)
			if err != nil && !sqlerr.Is(err, sqlerr.DataCorrupted) {
				t.Fatalf("%s: %v", typ, err)
			}
			if err == nil && b.Build().Len() != 1 {
				t.Fatalf("%s: a cell of %d bytes became no value", typ, len(cell))
			}
		}
	})
}
